"""Moves within the page of contacts, as callbacks: where one is stands in the address, so that it can be passed on.

Links to the page itself would not do: Streamlit leaves the address as it is when a link leads to the page it stands on.
"""

from __future__ import annotations

import streamlit as st

from pages.contact_words import CAMPAIGN, KEY, RUN, SEARCH, SEGMENT, TAB, WHY_TAB
from pages.parts import action

# Not bound to the address like other widgets: while one types, a bound one keeps what was there before.
SEARCH_BOX = "contact.search"


@action
def follow_search() -> None:
    """Leave the contact when something else is searched for, and let the address name the search."""
    leave_contact()
    _name_search(st.session_state[SEARCH_BOX])


@action
def open_contact(key: str) -> None:
    """Show one contact of the results, from its first tab on."""
    leave_contact()
    st.query_params[KEY] = key


@action
def back_to_results() -> None:
    """Show the results again."""
    leave_contact()


@action
def search_again(text: str) -> None:
    """Put a text into the search, with no contact chosen."""
    leave_contact()
    st.session_state[SEARCH_BOX] = text
    _name_search(text)


def _name_search(text: str) -> None:
    if text.strip():
        st.query_params[SEARCH] = text
    else:
        st.query_params.pop(SEARCH, None)


def leave_contact() -> None:
    """Forget the contact and what was asked about it."""
    for name in (KEY, SEGMENT, RUN, CAMPAIGN):
        st.query_params.pop(name, None)
    st.session_state.pop(TAB, None)


@action
def ask_why(segment_id: str = "") -> None:
    """Ask why the contact is in a segment, or not; without one, let a segment be chosen."""
    st.session_state[TAB] = WHY_TAB
    st.query_params.pop(RUN, None)
    if segment_id:
        st.query_params[SEGMENT] = segment_id


@action
def ask_campaign(campaign_id: str = "") -> None:
    """Ask why a campaign reaches the contact, or not; without one, show all of them."""
    if campaign_id:
        st.query_params[CAMPAIGN] = campaign_id
    else:
        st.query_params.pop(CAMPAIGN, None)
