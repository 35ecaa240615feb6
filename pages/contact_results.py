"""What a search for contacts found: each a link to the contact, and what was searched."""

from __future__ import annotations

import streamlit as st

from pages.contact_moves import open_contact
from pages.contact_words import FOUND_BY_WORDS, SEARCHED_WORDS, listed
from pages.parts import nothing_here, page
from pages.words import counted, plain
from segment_engine import ContactSearch, FoundContact


def results(found: ContactSearch, text: str) -> None:
    """Draw what was found, the surest first; or say what the text was compared with, so that nobody wonders."""
    if not found.contacts:
        _nothing_found(found, text)
        return
    for each in found.contacts:
        _result(each)
    if found.has_more:
        st.caption(f"These are the first {len(found.contacts)}; there are more. Type more of the key or of the name.")
    else:
        st.caption(f"{counted(len(found.contacts), 'contact', 'contacts')}. {_searched(found)}")


def _result(each: FoundContact) -> None:
    known = (f"Key {each.external_key}", each.email, each.city, each.country)
    with st.container(border=True, horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            plain(each.name or each.external_key), key=f"contact.open.{each.number}", icon=":material/person:",
            type="tertiary", on_click=open_contact, args=(each.external_key,),
        )  # fmt: skip
        st.badge(FOUND_BY_WORDS[each.found_by], color="gray")
        st.caption(plain(" · ".join(part for part in known if part)), width="content")


def _nothing_found(found: ContactSearch, text: str) -> None:
    step = nothing_here(
        "No contact found",
        f"Nothing fits “{text}”. {_searched(found)} Deleted contacts are not found, and keys are exact: capitals and "
        "leading zeros count.",
        icon=":material/person_search:",
    )
    step.page_link(page("sources"), label="See what was imported", icon=":material/database:")


def _searched(found: ContactSearch) -> str:
    """Say what the text was compared with."""
    words = [SEARCHED_WORDS[way] for way in found.searched]
    told = f"Compared with {listed(words)}." if words else "There was nothing to compare."
    slow = " Names and phone numbers could not be compared in time: use the key or the e-mail address."
    return f"{told}{slow if found.gave_up else ''}"
