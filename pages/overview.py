"""The first page: how everything stands, what to do next, and where to look. It reads stored figures only."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from auth.guard import running_engine
from pages.alerts import open_alerts_link
from pages.overview_blocks import at_risk, failed, late
from pages.overview_changes import changed, reasons
from pages.overview_steps import next_steps
from pages.parts import boundary, nothing_here, page
from pages.standing import READINESS_LOOKS
from pages.words import STATE_LOOKS, STATUS_LOOKS, ago, counted, exact, number, percent
from segment_engine import (
    NextStep,
    OrganizationContext,
    OverviewFigures,
    OverviewReport,
    Permission,
    Readiness,
    SegmentState,
    SegmentStatus,
    Topic,
)

ACTIVE = STATE_LOOKS[SegmentState.ACTIVE].word
ABOUT_READINESS = {
    Readiness.READY: "nothing speaks against them",
    Readiness.USE_WITH_CARE: "read the reasons first",
    Readiness.DO_NOT_USE: "wrong, broken or empty now",
}


def render(context: OrganizationContext) -> None:
    """Draw the page."""
    report = running_engine().overview.report(context)
    _header(context, report.figures)
    if not report.figures.total:
        _zero(context, report.steps[0])
        return
    _tiles(report.figures)
    _blocks(context, report)


def _header(context: OrganizationContext, figures: OverviewFigures) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title("Overview", anchor=False, width="content")
        st.space("stretch")
        open_alerts_link(context)
        if figures.last_calculated_at:
            st.caption(
                f"Last calculated {ago(figures.last_calculated_at)}", width="content",
                help=exact(figures.last_calculated_at, context),
            )  # fmt: skip


# Figures -----------------------------------------------------------------------------------------------------------


def _tiles(figures: OverviewFigures) -> None:
    """Draw what matters most: what can be used. Each figure leads to the list that shows what it counts."""
    with st.grid(4, min_column_width=150):
        for readiness, look in READINESS_LOOKS.items():
            value = figures.by_readiness.get(readiness, 0)
            _tile(
                look.word, value, f"{percent(value, figures.active)} of {number(figures.active)} active",
                {"state": ACTIVE, "ready": look.word}, look.icon, ABOUT_READINESS[readiness],
            )  # fmt: skip
        about = "waiting or being calculated" if figures.under_way else "nothing waits or is calculated"
        _tile("Under way", figures.under_way, about, {"state": ACTIVE, "status": "Running"}, ":material/sync:", about)


def _tile(label: str, value: int, about: str, query: Mapping[str, str], icon: str, help_text: str) -> None:
    with st.container(border=True, height="stretch", gap="xsmall"):
        st.metric(label, number(value), icon=icon, help=help_text[0].upper() + help_text[1:] + ".")
        st.caption(about)
        if value:
            st.page_link(
                page("segments"), label=f"Show {label.lower()}", icon=":material/filter_list:",
                query_params=dict(query),
            )  # fmt: skip


def _counts(figures: OverviewFigures) -> None:
    """Draw the smaller figures, each a link to the list that shows what it counts."""
    st.header("Worth a look", anchor=False)
    status = figures.by_status
    failed_word, never_word = (STATUS_LOOKS[each].word for each in (SegmentStatus.FAILED, SegmentStatus.NOT_CALCULATED))
    _count(status.get(SegmentStatus.FAILED, 0), "failed", {"status": failed_word}, ":material/error:")
    suspended = figures.by_code.get("schedule_suspended", 0)
    _count(suspended, "with a suspended schedule", {"show": "Suspended"}, ":material/block:")
    _count(figures.stale, "out of date", {"show": "Stale"}, ":material/update:")
    never = status.get(SegmentStatus.NOT_CALCULATED, 0)
    _count(never, "never calculated", {"status": never_word}, ":material/radio_button_unchecked:")
    _count(figures.unused, "used by nobody", {"show": "Unused"}, ":material/link_off:")
    _count(figures.review_due, "due for a review", {"show": "Review due"}, ":material/event_busy:")
    others = [
        f"{number(count)} {STATE_LOOKS[state].word.lower()}"
        for state, count in figures.by_state.items() if state is not SegmentState.ACTIVE
    ]  # fmt: skip
    beside = f" Besides: {', '.join(others)}." if others else ""
    st.caption(f"All figures are about {counted(figures.active, 'active segment', 'active segments')}.{beside}")


def _count(value: int, words: str, query: Mapping[str, str], icon: str) -> None:
    if not value:
        st.caption(f"{icon} 0 {words}")  # a list of nothing is no place to go
        return
    st.page_link(
        page("segments"), label=f"**{number(value)}** {words}", icon=icon, width="stretch",
        query_params={"state": ACTIVE, **query},
    )  # fmt: skip


# Blocks ------------------------------------------------------------------------------------------------------------


def _blocks(context: OrganizationContext, report: OverviewReport) -> None:
    """Draw what needs words: what to do, what is at risk, what failed, what changed."""
    failures = report.figures.by_status.get(SegmentStatus.FAILED, 0)
    left, right = st.columns([3, 2])
    with left, st.container(border=True, height="stretch"), boundary():
        next_steps(context, report.steps)
    with right:
        with st.container(border=True), boundary():
            _counts(report.figures)
        with st.container(border=True, height="stretch"), boundary():
            reasons(report.figures)
    left, right = st.columns([3, 2])
    with left:
        with st.container(border=True), boundary():
            at_risk(report.at_risk, report.campaigns_at_risk)
        with st.container(border=True, height="stretch"), boundary():
            changed(report.changed)
    with right:
        with st.container(border=True), boundary():
            failed(context, report.failed, failures)
        with st.container(border=True, height="stretch"), boundary():
            late(context, report.late)


# Nothing to show ---------------------------------------------------------------------------------------------------


def _zero(context: OrganizationContext, step: NextStep) -> None:
    """Say what comes first: contacts, then segments."""
    if step.topic is Topic.IMPORT_CONTACTS:
        sentence = "Import contacts first; then make segments of them, and this page says how they stand."
        place = nothing_here("No contacts yet", sentence, icon=":material/group_add:")
        if context.may(Permission.SOURCES_MANAGE):
            place.page_link(page("import"), label="Import a file", icon=":material/upload_file:")
        return
    sentence = "The contacts are here. Create a segment to say which of them belong together."
    place = nothing_here("No segments yet", sentence, icon=":material/group_work:")
    if context.may(Permission.SEGMENTS_CREATE):
        place.page_link(page("edit"), label="Create the first segment", icon=":material/add:")
