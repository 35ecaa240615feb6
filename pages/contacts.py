"""Looking one contact up: found by what is known of it, then its segments, why, its campaigns and its data."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from auth.guard import running_engine
from pages.contact_campaigns import campaigns_tab
from pages.contact_data import data_tab
from pages.contact_moves import SEARCH_BOX, back_to_results, follow_search, search_again
from pages.contact_results import results
from pages.contact_segments import segments_tab
from pages.contact_why import why_tab
from pages.contact_words import CAMPAIGNS_TAB, DATA_TAB, KEY, SEARCH, SEGMENTS_TAB, TAB, WHY_TAB
from pages.parts import boundary, nothing_here
from pages.words import ago, exact, plain, plain_badge
from segment_engine import ContactCard, ContactSearch, FoundBy, OrganizationContext
from segment_engine.errors import NotFound

Draw = Callable[[OrganizationContext, ContactCard], None]
TABS: dict[str, Draw] = {
    SEGMENTS_TAB: segments_tab,
    WHY_TAB: why_tab,
    CAMPAIGNS_TAB: campaigns_tab,
    DATA_TAB: data_tab,
}
SURE = frozenset({FoundBy.KEY, FoundBy.EMAIL})


def render(context: OrganizationContext) -> None:
    """Draw the page: the search, and below it what was found or the contact that the address names."""
    st.title("Contacts", anchor=False)
    text = _search()
    key = st.query_params.get(KEY, "")
    if key:
        _contact(context, key, text)
        return
    if not text:
        _nothing_asked()
        return
    with boundary():
        found = running_engine().contacts.find(context, text)
        if _is_sure(found):
            _contact(context, found.contacts[0].external_key, "")
        else:
            results(found, text)


def _search() -> str:
    """Draw the search. The address follows what is typed at once: a copied link shows what is on the screen."""
    if SEARCH_BOX not in st.session_state:
        st.session_state[SEARCH_BOX] = st.query_params.get(SEARCH, "")
    return st.text_input(
        "Search contacts", type="search", live="300ms", key=SEARCH_BOX, max_chars=200, width=520,
        placeholder="Key, e-mail, phone or name", icon=":material/search:", on_change=follow_search,
        help="Keys are exact. In addresses and names, upper and lower case letters are alike.",
    ).strip()  # fmt: skip


def _is_sure(found: ContactSearch) -> bool:
    """Tell whether there is exactly one answer: a whole key or address, and nothing else that fits."""
    return len(found.contacts) == 1 and found.contacts[0].found_by in SURE


def _nothing_asked() -> None:
    nothing_here(
        "Whom are you looking for?",
        "A whole key or e-mail address leads straight to the contact. The beginning of either, a phone number, or "
        "words of the name give a list to choose from.",
        icon=":material/person_search:",
    )


# The contact -------------------------------------------------------------------------------------------------------


def _contact(context: OrganizationContext, key: str, text: str) -> None:
    try:
        card = running_engine().contacts.get(context, key)
    except NotFound:
        _gone(key, text)
        return
    if text:
        st.button(
            "All results",
            icon=":material/arrow_back:",
            type="tertiary",
            on_click=back_to_results,
            key="contact.results",
        )
    _header(context, card)
    tabs = st.tabs(list(TABS), key=TAB, on_change="rerun", bind="query-params")
    for tab, draw in zip(tabs, TABS.values(), strict=True):
        if tab.open:
            with tab, boundary():
                draw(context, card)


def _gone(key: str, text: str) -> None:
    step = nothing_here(
        "No such contact",
        f"There is no contact with the key “{key}”. It was deleted since, or the key is not exact: capitals and "
        "leading zeros count.",
        icon=":material/person_off:",
    )
    step.button("Search again", icon=":material/search:", on_click=search_again, args=(text or key,))


def _header(context: OrganizationContext, card: ContactCard) -> None:
    """Say who it is: the name, the key that identifies it, and since when it is known."""
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.header(plain(card.name or card.external_key), anchor=False, width="content")
            st.badge(plain_badge(f"Key {card.external_key}"), icon=":material/key:", color="gray")
        with st.container(horizontal=True, gap="small"):
            st.caption(plain(card.email or "No e-mail address"), width="content")
            st.caption(f"Imported {ago(card.created_at)}", help=exact(card.created_at, context), width="content")
            if card.updated_at != card.created_at:
                changed = exact(card.updated_at, context)
                st.caption(f"Changed {ago(card.updated_at)}", help=changed, width="content")
