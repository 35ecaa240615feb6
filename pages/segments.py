"""The list of segments: figures that filter, search, sort and pages, as cards or as a table. It changes nothing."""

from __future__ import annotations

import streamlit as st

from auth.guard import running_engine
from pages.editor_draft import forget
from pages.parts import nothing_here, page
from pages.segments_views import show_cards, show_table
from pages.words import STATE_LOOKS, STATUS_LOOKS, counted
from segment_engine import (
    OrganizationContext,
    Page,
    Permission,
    SegmentCard,
    SegmentQuery,
    SegmentSort,
    SegmentState,
    SegmentStatus,
    SegmentSummary,
    refusal,
)

CARDS, TABLE = "Cards", "Table"
ALL_STATES = "All states"
SIZES = {CARDS: 12, TABLE: 25}
# What stands in the menu and therefore in the address; the second says whether the largest or latest comes first.
SORTS: dict[str, tuple[SegmentSort, bool]] = {
    "Recently updated": (SegmentSort.UPDATED, True),
    "Recently calculated": (SegmentSort.CALCULATED, True),
    "Most members": (SegmentSort.MEMBERS, True),
    "Name": (SegmentSort.NAME, False),
    "Status": (SegmentSort.STATUS, False),
}
RUNNING = (SegmentStatus.QUEUED, SegmentStatus.PROCESSING)
# Who looks for what is under way does not care whether it waits or works: one pill for both.
STATUS_WORDS: dict[str, tuple[SegmentStatus, ...]] = {
    STATUS_LOOKS[SegmentStatus.SUCCESS].word: (SegmentStatus.SUCCESS,),
    STATUS_LOOKS[SegmentStatus.FAILED].word: (SegmentStatus.FAILED,),
    "Running": RUNNING,
    STATUS_LOOKS[SegmentStatus.NOT_CALCULATED].word: (SegmentStatus.NOT_CALCULATED,),
}
STATE_WORDS = {look.word: state for state, look in STATE_LOOKS.items()}
IMPORT_CONTACTS = (
    "python -m segment_engine import contacts contacts.csv --organization {organization} --source crm --key customer_id"
)
IMPORT_EVENTS = (
    "python -m segment_engine import events orders.csv --organization {organization} --source shop "
    "--key customer_id --event order_placed --time ordered_at"
)


def render(context: OrganizationContext) -> None:
    """Draw the page."""
    engine = running_engine()
    _header(context)
    summary = engine.segments.summary(context)
    if not summary.total:
        _zero(context, summary)
        return
    _tiles(summary)
    query = _toolbar()
    found = engine.segments.find(context, query)
    if not found.items:
        _no_match()
        return
    if st.session_state["view"] == TABLE:
        show_table(found.items, context)
    else:
        show_cards(found.items, context)
    _pages(found)


def _header(context: OrganizationContext) -> None:
    may = context.may(Permission.SEGMENTS_CREATE)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title("Segments", anchor=False, width="content")
        st.space("stretch")
        st.button(
            "New segment", icon=":material/add:", type="primary", on_click=_open_editor, disabled=not may,
            help=None if may else refusal(context, Permission.SEGMENTS_CREATE), key="new_segment",
        )  # fmt: skip


def _open_editor() -> None:
    forget()
    st.switch_page(page("edit"))


# The figures above the list ----------------------------------------------------------------------------------------


def _tiles(summary: SegmentSummary) -> None:
    with st.grid(4, min_column_width=150):
        _tile("Segments", summary.total, f"Show {summary.active:,} active", None, STATE_LOOKS[SegmentState.ACTIVE].word)
        for word in ("Success", "Failed", "Running"):
            _tile(
                word,
                sum(summary.by_status.get(status, 0) for status in STATUS_WORDS[word]),
                f"Show {word.lower()}",
                word,
            )


def _tile(label: str, value: int, link: str, status: str | None, state: str = ALL_STATES) -> None:
    """Draw one figure with the filter that shows what it counts."""
    with st.container(border=True, height="stretch", gap="xsmall"):
        st.metric(label, value, format="localized")
        st.button(
            link, type="tertiary", key=f"tile.{label}", on_click=_filter, args=(status, state), disabled=not value,
            icon=":material/filter_list:",
        )  # fmt: skip


def _filter(status: str | None, state: str) -> None:
    st.session_state["status"] = [status] if status else []
    st.session_state["state"] = state
    st.session_state["q"] = ""
    _first_page()


def _reset() -> None:
    _filter(None, ALL_STATES)


def _first_page() -> None:
    st.session_state.pop("page", None)


# The toolbar -------------------------------------------------------------------------------------------------------


def _toolbar() -> SegmentQuery:
    """Draw search, filters, sort and view, all kept in the address, and say what they ask for."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        search = st.text_input(
            "Search segments", type="search", live="300ms", placeholder="Search name or description",
            icon=":material/search:", label_visibility="collapsed", key="q", bind="query-params",
            on_change=_first_page, width=215, max_chars=200,
        )  # fmt: skip
        words = st.pills(
            "Status", list(STATUS_WORDS), selection_mode="multi", label_visibility="collapsed", key="status",
            bind="query-params", on_change=_first_page,
        )  # fmt: skip
        st.space("stretch")
        state = st.selectbox(
            "Active or inactive", [ALL_STATES, *STATE_WORDS], label_visibility="collapsed", key="state",
            bind="query-params", on_change=_first_page, width=120,
        )  # fmt: skip
        order = st.selectbox(
            "Sort by", list(SORTS), label_visibility="collapsed", key="sort", bind="query-params",
            on_change=_first_page, width=180,
        )  # fmt: skip
        view = st.segmented_control(
            "View", [CARDS, TABLE], default=CARDS, required=True, label_visibility="collapsed", key="view",
            bind="query-params", on_change=_first_page,
        )  # fmt: skip
    sort, descending = SORTS[order]
    return SegmentQuery(
        search=search or "",
        statuses=frozenset(status for word in words for status in STATUS_WORDS[word]),
        states=frozenset({STATE_WORDS[state]}) if state in STATE_WORDS else frozenset(),
        sort=sort,
        descending=descending,
        page=int(st.session_state.get("page") or st.query_params.get("page", "1") or 1) if _is_page() else 1,
        size=SIZES[view],
    )


def _is_page() -> bool:
    """Tell whether the page asked for is a number at all; the address is anybody's to change."""
    asked = st.session_state.get("page") or st.query_params.get("page", "1")
    return str(asked).isdigit() and 0 < int(asked) < 10**6


def _pages(found: Page[SegmentCard]) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(counted(found.total, "segment", "segments"), width="content")
        st.space("stretch")
        if found.pages > 1:
            st.pagination(found.pages, key="page", bind="query-params")


# Nothing to show ---------------------------------------------------------------------------------------------------


def _zero(context: OrganizationContext, summary: SegmentSummary) -> None:
    """Say what comes first: contacts, then segments."""
    if not summary.has_contacts:
        nothing_here(
            "No contacts yet",
            "Segments are made of contacts, and none have been imported. Import contacts first, then what they did:",
            icon=":material/group_add:",
            commands=tuple(
                command.format(organization=context.organization_id) for command in (IMPORT_CONTACTS, IMPORT_EVENTS)
            ),
        )
        return
    step = nothing_here(
        "No segments yet",
        "The contacts are here. Create a segment to say which of them belong together; it is calculated at once.",
        icon=":material/group_work:",
    )
    if context.may(Permission.SEGMENTS_CREATE):
        step.button("Create the first segment", icon=":material/add:", on_click=_open_editor)


def _no_match() -> None:
    step = nothing_here(
        "No segment matches",
        "There are segments, but none with this text, status and state together.",
        icon=":material/search_off:",
    )
    step.button("Reset filters", icon=":material/filter_list_off:", on_click=_reset)
