"""Moves within the page of contacts, as callbacks: where one is stands in the address, so that it can be passed on.

Links to the page itself would not do: Streamlit leaves the address as it is when a link leads to the page it stands on.
"""

from __future__ import annotations

import streamlit as st

from pages.contact_words import CAMPAIGN, KEY, RUN, SEARCH, SEGMENT, TAB, WHY_TAB
from pages.parts import action


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
    st.session_state[SEARCH] = text


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
