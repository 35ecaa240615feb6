"""One segment: how it stands, who is in it and why, what happened to it. Its actions ask the engine, which decides."""

from __future__ import annotations

from uuid import UUID

import streamlit as st

from auth.guard import running_engine
from pages.parts import badge, nothing_here, page
from pages.segment_actions import actions
from pages.segment_by_hand import by_hand
from pages.segment_counts import condition_counts
from pages.segment_history import history, members_over_time, runs_strip_and_table, tiles
from pages.segment_members import members
from pages.segment_progress import progress
from pages.segment_rule import campaigns, criteria, sources
from pages.segment_why import why
from pages.words import STATE_LOOKS, STATUS_LOOKS, ago, exact, plain, readable
from segment_engine import OrganizationContext, Run, RunStatus, Segment
from segment_engine.errors import NotFound


def render(context: OrganizationContext) -> None:
    """Draw the page of the segment that the address names."""
    segment_id = _asked_for()
    try:
        segment = running_engine().segments.get(context, segment_id)
    except NotFound:
        _not_found()
        return
    runs = running_engine().runs.find(context, segment.segment_id)
    _back()
    _header(context, segment, runs)
    progress(context, segment, runs)
    _failure(context, segment, runs)
    tiles(runs)
    left, right = st.columns([5, 3])
    with left:
        members_over_time(context, runs)
    with right:
        criteria(context, segment)
    condition_counts(segment)
    left, right = st.columns([5, 3])
    with left:
        why(context, segment, runs)
    with right:
        by_hand(context, segment)
    left, right = st.columns([5, 3])
    with left:
        runs_strip_and_table(context, segment, runs)
    with right:
        sources(context, segment)
        campaigns(segment)
    members(context, segment)
    history(context, segment)


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
    edited = f"Edited {ago(segment.updated_at)}"
    by = f" by {segment.updated_by}" if segment.updated_by else ""
    st.caption(plain(f"{edited}{by} · version {segment.version}"), help=exact(segment.updated_at, context))


def _failure(context: OrganizationContext, segment: Segment, runs: tuple[Run, ...]) -> None:
    """Say what went wrong and of when the members are that are still shown."""
    ended = next((run for run in runs if not run.active and run.status is not RunStatus.CANCELLED), None)
    if ended is None or ended.status is not RunStatus.FAILED:
        return
    sentence = ended.error_sentence or "The run did not end. Recalculate; if it fails again, ask an administrator."
    kept = (
        f"The members below are those of {exact(segment.last_calculated_at, context)}."
        if segment.last_calculated_at
        else "There are no members yet."
    )
    st.error(
        f"{plain(readable(sentence))}  \n{plain(kept)}",
        title=f"The last run failed {ago(ended.finished_at)}", icon=":material/error:",
    )  # fmt: skip
