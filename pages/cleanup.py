"""Cleanup: segments that could go, with every reason and what they cost; nothing goes without a look at each."""

from __future__ import annotations

import streamlit as st

from auth.guard import running_engine
from pages.cleanup_acts import open_what_was_asked, report
from pages.cleanup_archive import archived_lately
from pages.cleanup_compare import alike, comparison
from pages.cleanup_list import candidates
from pages.cleanup_words import REASON_WORDS, SCORE
from pages.parts import nothing_here, page
from pages.words import counted, number, seconds
from segment_engine import Alike, CleanupQuery, CleanupReport, OrganizationContext

REASON, DAYS, PAGE = "k_reason", "k_days", "k_page"
PERIODS = {f"Unused for {days} days": days for days in (90, 30, 180, 365)}
SIZE = 25
MOST_PAGES = 10**6


def render(context: OrganizationContext) -> None:
    """Draw the page."""
    st.title("Cleanup", anchor=False)
    st.caption("Segments that could go, and why. Archiving can be undone; nothing here ever deletes a contact.")
    report(context)
    archived_lately(context)
    tiles = st.container()
    comparison(context)
    query = _toolbar(alike(context))
    found = running_engine().cleanup.find(context, query)
    with tiles:
        _tiles(found)
    open_what_was_asked()
    _list(found, query)


def _tiles(found: CleanupReport) -> None:
    with st.grid(3, min_column_width=150):
        of_all = f"of {counted(found.looked_at, 'segment', 'segments')} that are not archived"
        _tile("Candidates", number(found.total), of_all)
        _tile("What they cost", seconds(found.seconds), "of workers’ time in the last 30 days")
        kinds = sum(bool(count) for count in found.by_reason.values())
        _tile("Reasons", number(kinds), _reasons(found) or "nothing was found")


def _reasons(found: CleanupReport) -> str:
    return " · ".join(f"{REASON_WORDS[reason].lower()} {count:,}" for reason, count in found.by_reason.items() if count)


def _tile(label: str, value: str, about: str) -> None:
    with st.container(border=True, height="stretch", gap="xsmall"):
        st.metric(label, value)
        st.caption(about)


def _toolbar(known: tuple[Alike, ...]) -> CleanupQuery:
    """Draw the filters, all kept in the address, and say what they ask for."""
    words = {word: reason for reason, word in REASON_WORDS.items()}
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        chosen = st.pills(
            "Reason", list(words), label_visibility="collapsed", key=REASON, bind="query-params",
            on_change=_first_page,
        )  # fmt: skip
        st.space("stretch")
        period = st.selectbox(
            "How long without use", list(PERIODS), key=DAYS, bind="query-params", on_change=_first_page, width=190,
            label_visibility="collapsed",
        )  # fmt: skip
    return CleanupQuery(
        reason=words.get(chosen or ""), unused_days=PERIODS[period], alike=known, page=_page(), size=SIZE
    )


def _page() -> int:
    asked = str(st.session_state.get(PAGE) or st.query_params.get(PAGE, "1"))
    return int(asked) if asked.isdigit() and 0 < int(asked) < MOST_PAGES else 1


def _first_page() -> None:
    st.session_state.pop(PAGE, None)


def _list(found: CleanupReport, query: CleanupQuery) -> None:
    if not found.looked_at:
        _no_segments()
        return
    if not found.matching:
        _nothing(query)
        return
    candidates(found.candidates, query.alike)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{counted(found.matching, 'candidate', 'candidates')}. {SCORE}")
        if found.pages > 1:
            st.pagination(found.pages, key=PAGE, bind="query-params")


def _no_segments() -> None:
    step = nothing_here(
        "No segments yet", "There is nothing to tidy. Candidates appear here when segments go out of use.",
        icon=":material/mop:",
    )  # fmt: skip
    step.page_link(page("segments"), label="Show the segments", icon=":material/group_work:")


def _nothing(query: CleanupQuery) -> None:
    if query.reason is not None:
        nothing_here(
            "Nothing for this reason", "No segment is a candidate for this reason.",
            icon=":material/filter_list_off:",
        ).button("Show all reasons", icon=":material/filter_list_off:", on_click=_reset)  # fmt: skip
        return
    nothing_here(
        "Nothing to clean up",
        "Every segment is in use or young, has contacts, is calculated and up to date, and says something of its own.",
        icon=":material/mop:",
    ).page_link(page("segments"), label="Show the segments", icon=":material/group_work:")


def _reset() -> None:
    st.session_state[REASON] = None
    _first_page()
