"""The list of segments: figures that filter, search, filters, order and pages, as cards or as a table, and choosing."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from auth.guard import running_engine
from pages import segments_address as address
from pages import segments_filters as filters
from pages import segments_selection as selection
from pages.editor_draft import forget
from pages.parts import emphasis, page
from pages.segments_acts import dialogs, report_link
from pages.segments_empty import no_match, nothing_yet
from pages.segments_saved import saved_views
from pages.segments_views import show_cards, show_table
from pages.standing import READINESS_LOOKS
from pages.words import STATE_LOOKS
from segment_engine import (
    OrganizationContext,
    Page,
    Permission,
    Readiness,
    SegmentCard,
    SegmentState,
    SegmentSummary,
    refusal,
)

_PAGE = "segments.page"


def render(context: OrganizationContext) -> None:
    """Draw the page."""
    segments = running_engine().segments
    selection.enter(context)
    summary = segments.summary(context)
    nothing = not summary.total and not summary.archived
    views = _header(context)
    if nothing:
        nothing_yet(context, summary, _open_editor)
        return
    _tiles(summary)
    options = address.options_of(segments.choices(context))
    filters.toolbar(options)
    with views:
        # Only now is the address read: what it says decides which view is marked.
        saved_views(context)
    filters.chips()
    query = address.query_of(options)
    found = segments.find(context, query)
    if found.items:
        bar = st.container()
        (show_table if address.one(address.VIEW) == address.TABLE else show_cards)(found.items, context)
        with bar:
            # Only now is it known which rows of the table are marked.
            selection.bar(context, found, query)
        _pages(context, found)
    else:
        no_match(context, query)
    dialogs(context)


def _header(context: OrganizationContext) -> DeltaGenerator:
    """Draw the title and the way to a new segment; give the place of the saved views."""
    may = context.may(Permission.SEGMENTS_CREATE)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title("Segments", anchor=False, width="content")
        st.space("stretch")
        views = st.container(width="content")
        st.button(
            "New segment", icon=":material/add:", type=emphasis(), on_click=_open_editor, disabled=not may,
            help=None if may else refusal(context, Permission.SEGMENTS_CREATE), key="new_segment",
        )  # fmt: skip
    return views


def _open_editor() -> None:
    forget()
    st.switch_page(page("edit"))


# The figures above the list ----------------------------------------------------------------------------------------


def _tiles(summary: SegmentSummary) -> None:
    with st.grid(4, min_column_width=150):
        _tile("Segments", summary.total, f"Show {summary.active:,} active", None, STATE_LOOKS[SegmentState.ACTIVE].word)
        for readiness in Readiness:
            word = READINESS_LOOKS[readiness].word
            _tile(word, summary.by_readiness.get(readiness, 0), f"Show “{word}”", word)


def _tile(label: str, value: int, link: str, ready: str | None, state: str = address.ALL_STATES) -> None:
    """Draw one figure with the filter that shows what it counts."""
    with st.container(border=True, height="stretch", gap="xsmall"):
        st.metric(label, value, format="localized")
        st.button(
            link, type="tertiary", key=f"tile.{label}", on_click=_filter, args=(ready, state), disabled=not value,
            icon=":material/filter_list:",
        )  # fmt: skip


def _filter(ready: str | None, state: str) -> None:
    address.reset()
    st.session_state[address.READY] = [ready] if ready else []
    st.session_state[address.STATE] = state


# Below the list ----------------------------------------------------------------------------------------------------


def _pages(context: OrganizationContext, found: Page[SegmentCard]) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        report_link(context)
        st.space("stretch")
        if found.pages > 1:
            # Bound to the address it would keep its page when another filter takes that away; so it is set from there.
            st.session_state[_PAGE] = found.page
            st.pagination(found.pages, key=_PAGE, on_change=_turn_page)


def _turn_page() -> None:
    address.go_to_page(int(st.session_state[_PAGE]))
