"""One segment: whether it is ready, who is in it and why, what happened to it, who uses it. The engine decides."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import streamlit as st

from auth.guard import running_engine
from pages.editor_draft import dialog_closed
from pages.parts import badge, boundary, nothing_here, page
from pages.segment_about import about
from pages.segment_actions import actions
from pages.segment_by_hand import by_hand
from pages.segment_checks import checks_tab, withheld_banner
from pages.segment_counts import condition_counts
from pages.segment_history import members_over_time, tiles
from pages.segment_members import members
from pages.segment_overview import criteria_card, used_by
from pages.segment_progress import progress
from pages.segment_reach import reach
from pages.segment_rule import criteria
from pages.segment_runs import runs_tab
from pages.segment_schedule import schedule_card
from pages.segment_sources import sources
from pages.segment_standing import verdict
from pages.segment_usage import usage
from pages.segment_versions import versions
from pages.segment_why import why
from pages.words import STATE_LOOKS, STATUS_LOOKS, ago, exact, plain, plain_badge, readable
from segment_engine import OrganizationContext, Run, Segment
from segment_engine.errors import NotFound

TAB = "tab"
Draw = Callable[[OrganizationContext, Segment, tuple[Run, ...]], None]


def render(context: OrganizationContext) -> None:
    """Draw the page of the segment that the address names."""
    dialog_closed()  # whoever draws the whole page has closed what was open
    segment_id = _asked_for()
    try:
        segment = running_engine().segments.get(context, segment_id)
    except NotFound:
        _not_found()
        return
    runs = running_engine().runs.find(context, segment.segment_id)
    _back()
    _header(context, segment, runs)
    with st.container():  # what polls stands first in a container of its own: what follows keeps its place
        progress(context, segment, runs)
    _broken(segment)
    withheld_banner(context, segment, runs)
    with boundary():
        verdict(context, segment, running_engine().segments.standing(context, segment.segment_id))
    # Only the open tab is computed; which one it is stands in the address.
    tabs = st.tabs(list(TABS), key=TAB, on_change="rerun", bind="query-params")
    for tab, draw in zip(tabs, TABS.values(), strict=True):
        if tab.open:
            with tab, boundary():
                draw(context, segment, runs)


def _asked_for() -> UUID:
    """Read the id in the address; one that is none is the nil id, which no segment has."""
    try:
        return UUID(st.query_params.get("id", ""))
    except ValueError:
        return UUID(int=0)


def _back() -> None:
    st.page_link(page("segments"), label="Segments", icon=":material/arrow_back:")


def _not_found() -> None:
    _back()
    step = nothing_here(
        "No such segment",
        "It was deleted, or it belongs to an organization you are not in. Check the address, or look in the list.",
        icon=":material/search_off:",
    )
    step.page_link(page("segments"), label="Show all segments", icon=":material/group_work:")


def _header(context: OrganizationContext, segment: Segment, runs: tuple[Run, ...]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.title(plain(segment.name), anchor=False, width="content")
        badge(STATUS_LOOKS[segment.status])
        badge(STATE_LOOKS[segment.state])
        st.space("stretch")
        actions(context, segment, runs)
    if segment.description:
        st.text(segment.description)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        for tag in segment.tags:
            st.badge(plain_badge(tag), icon=":material/label:", color="gray")
        owner = f"Owner: {segment.owner.name}" if segment.owner else "No owner"
        st.caption(plain(owner), width="content")
        edited = f"Edited {ago(segment.updated_at)}"
        by = f" by {segment.updated_by}" if segment.updated_by else ""
        st.caption(
            plain(f"{edited}{by} · version {segment.version}"), help=exact(segment.updated_at, context),
            width="content",
        )  # fmt: skip


def _broken(segment: Segment) -> None:
    """Say on every tab that the criteria cannot be read: nothing can be calculated before they are repaired."""
    if segment.criteria_problem is not None:
        st.warning(
            f"{plain(readable(segment.criteria_problem))}  \nEdit the segment to repair its criteria.",
            title="These criteria cannot be read any more", icon=":material/warning:",
        )  # fmt: skip


# The tabs ----------------------------------------------------------------------------------------------------------


def _overview(context: OrganizationContext, segment: Segment, runs: tuple[Run, ...]) -> None:
    tiles(runs)
    schedule_card(context, segment, runs)
    left, right = st.columns([5, 3])
    with left:
        members_over_time(context, segment, runs)
    with right:
        criteria_card(context, segment)
    left, right = st.columns([5, 3])
    with left:
        reach(segment)
    with right:
        used_by(context, segment)


def _criteria(context: OrganizationContext, segment: Segment, _runs: tuple[Run, ...]) -> None:
    left, right = st.columns([5, 3])
    with left:
        criteria(context, segment)
    with right:
        sources(context, segment)
    condition_counts(segment)


def _members(context: OrganizationContext, segment: Segment, runs: tuple[Run, ...]) -> None:
    members(context, segment, runs)
    left, right = st.columns([5, 3])
    with left:
        why(context, segment, runs)
    with right:
        by_hand(context, segment)


TABS: dict[str, Draw] = {
    "Overview": _overview,
    "Criteria": _criteria,
    "Members": _members,
    "Runs": runs_tab,
    "Checks": checks_tab,
    "Usage": usage,
    "Versions": versions,
    "About": about,
}
