"""What to do next, as a list of links: the most urgent first, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from pages.parts import badge, page
from pages.words import Look, plain, readable, shortened
from segment_engine import NextStep, OrganizationContext, Permission, Topic, Urgency

LONGEST_WHY = 260
URGENCY_LOOKS: dict[Urgency, Look] = {
    Urgency.NOW: Look("Now", "red", ":material/priority_high:"),
    Urgency.SOON: Look("Soon", "orange", ":material/schedule:"),
    Urgency.LATER: Look("When there is time", "gray", ":material/hourglass_empty:"),
}
# Where a step leads: a page and what stands in its address; what is about one thing adds its id.
PLACES: dict[Topic, tuple[str, Mapping[str, str]]] = {
    Topic.IMPORT_CONTACTS: ("import", {}),
    Topic.CREATE_SEGMENT: ("edit", {}),
    Topic.CAMPAIGN: ("campaign", {}),
    Topic.CAMPAIGNS: ("campaigns", {}),
    Topic.WORKER: ("operations", {}),
    Topic.FAILED: ("segment", {}),
    Topic.FAILED_MANY: ("segments", {"state": "Active", "status": "Failed"}),
    Topic.SUSPENDED: ("operations", {"o_tab": "Schedules"}),
    Topic.LATE_SOURCE: ("source", {}),
    Topic.CHANGED: ("segment", {}),
    Topic.DO_NOT_USE: ("segments", {"state": "Active", "ready": "Do not use"}),
    Topic.STALE: ("operations", {"o_tab": "Out of date"}),
    Topic.NOT_CALCULATED: ("segments", {"state": "Active", "status": "Not calculated"}),
    Topic.REVIEW: ("segments", {"state": "Active", "show": "Review due"}),
    Topic.UNUSED: ("cleanup", {}),
}
_NEEDED = {"import": Permission.SOURCES_MANAGE, "source": Permission.SOURCES_VIEW, "edit": Permission.SEGMENTS_CREATE}


def next_steps(context: OrganizationContext, steps: Sequence[NextStep]) -> None:
    """Draw the steps, or the calm of having none."""
    st.header("Do next", anchor=False)
    if not steps:
        st.success(
            "Nothing to do. Every active segment is ready, every campaign stands on ready segments, and all data "
            "sources delivered in time.", icon=":material/verified:",
        )  # fmt: skip
    for step in steps:
        _step(context, step)


def _step(context: OrganizationContext, step: NextStep) -> None:
    with st.container(gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            badge(URGENCY_LOOKS[step.urgency])
            _act(context, step)
        st.caption(plain(shortened(readable(step.why), LONGEST_WHY)))


def _act(context: OrganizationContext, step: NextStep) -> None:
    """Draw what to do as a link; who may not open the page it leads to reads it as text."""
    place, query = PLACES[step.topic]
    needed = _NEEDED.get(place)
    if needed is not None and not context.may(needed):
        st.markdown(f"**{plain(step.act)}**", width="content")
        return
    named = {} if step.subject_id is None else {"id": str(step.subject_id)}
    st.page_link(page(place), label=f"**{plain(step.act)}**", icon="", query_params={**query, **named}, width="content")
