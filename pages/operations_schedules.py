"""What is calculated by itself: what is suspended and why, what is due, and the pause of all schedules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pandas as pd
import streamlit as st

from auth.guard import current_context, running_engine
from pages.operations_acts import MOST_AT_ONCE, REPORT
from pages.parts import action, emphasis, flash, nothing_here, open_clicked, page, table
from pages.schedule_words import COUNTED, SCHEDULE_LOOKS, outlook, sentence
from pages.words import counted, exact, plain
from segment_engine import (
    OperationsFigures,
    OrganizationContext,
    Permission,
    ScheduledSegment,
    SchedulesPause,
    ScheduleStanding,
    refusal,
)

ROW_HEIGHT = 36
ROWS_SHOWN, ROWS_SENT = 10, 300
SUSPENDED, OTHERS = "suspended", "others"
TIMED = frozenset({ScheduleStanding.OVERDUE, ScheduleStanding.DUE, ScheduleStanding.WAITING, ScheduleStanding.PAUSED})


def schedules(context: OrganizationContext, _figures: OperationsFigures) -> None:
    """Draw the tab: the pause, what is suspended, what is due, and every schedule."""
    report = running_engine().schedules.report(context)
    if report.pause is not None:
        _paused(context, report.pause)
    if not report.scheduled:
        step = nothing_here(
            "Nothing is calculated by itself",
            "Every segment waits for somebody to ask. Open one and set a schedule: daily, weekly, every so often, or "
            "whenever its data change.",
            icon=":material/event_repeat:",
        )
        step.page_link(page("segments"), label="Show the segments", icon=":material/group_work:")
        return
    suspended = [each for each in report.scheduled if each.standing is ScheduleStanding.SUSPENDED]
    _summary(context, report.scheduled, paused=report.pause is not None)
    if suspended:
        _suspended(context, suspended)
    others = [each for each in report.scheduled if each.standing is not ScheduleStanding.SUSPENDED]
    if others:
        with st.container(border=True, gap="small"):
            st.subheader("By when they are due", anchor=False)
            _table(context, others, OTHERS)


def _paused(context: OrganizationContext, pause: SchedulesPause) -> None:
    """Say on top that nothing is kept, since when and by whom, with the way back."""
    by = f" by {pause.by}" if pause.by else ""
    with st.container(border=True, horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(
            f":orange[:material/pause_circle:] **All schedules are paused** since {plain(exact(pause.since, context))}"
            f"{plain(by)}. Each that becomes due meanwhile is made up for once.",
            width="stretch",
        )
        _pause_button("Keep schedules again", ":material/play_arrow:", _resume_all, primary=True)


def _summary(context: OrganizationContext, scheduled: Sequence[ScheduledSegment], *, paused: bool) -> None:
    counts = Counter(each.standing for each in scheduled)
    told = ", ".join(f"{counts[standing]:,} {word}" for standing, word in COUNTED.items() if counts[standing])
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(f"{counted(len(scheduled), 'segment has', 'segments have')} a schedule: {told}.", width="stretch")
        if not paused:
            with st.popover("Pause all…", icon=":material/pause:", disabled=_why_not() is not None, help=_why_not()):
                st.text(
                    f"No schedule of {context.organization_name} starts anything until somebody keeps them again. Runs "
                    "that wait or work go on, and everybody can still ask for one."
                )
                _pause_button("Pause all schedules", ":material/pause:", _pause_all, primary=True)


def _why_not() -> str | None:
    context = current_context()
    return None if context.may(Permission.SOURCES_MANAGE) else refusal(context, Permission.SOURCES_MANAGE)


def _pause_button(label: str, icon: str, act: object, *, primary: bool) -> None:
    why_not = _why_not()
    st.button(
        label, icon=icon, type=emphasis() if primary else "secondary", key="operations.schedules.pause",
        on_click=act, disabled=why_not is not None, help=why_not,  # pyright: ignore[reportArgumentType] - a callback
    )  # fmt: skip


def _suspended(context: OrganizationContext, suspended: Sequence[ScheduledSegment]) -> None:
    ids = [each.segment_id for each in suspended][:MOST_AT_ONCE]
    may = context.may(Permission.SEGMENTS_EDIT)
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.subheader("Suspended", anchor=False, width="content")
            st.badge(counted(len(suspended), "segment", "segments"), color="red", icon=":material/block:")
            st.space("stretch")
            st.button(
                f"Resume {'all ' if len(ids) > 1 else ''}{counted(len(ids), 'segment', 'segments')}",
                icon=":material/play_arrow:", key="operations.schedules.resume", on_click=_resume, args=(ids,),
                disabled=not may, help=None if may else refusal(context, Permission.SEGMENTS_EDIT),
            )  # fmt: skip
        st.caption(
            "They failed five times in a row, so nothing calculates them by itself. Correct the cause first: it stands "
            "under Failures. A success or an edit of the criteria resumes a schedule too."
        )
        _table(context, suspended, SUSPENDED)


def _table(context: OrganizationContext, scheduled: Sequence[ScheduledSegment], name: str) -> None:
    """Draw schedules: for those that are suspended since when and why, for the others how they stand and when."""
    shown = list(scheduled)[:ROWS_SENT]
    ids = tuple(each.segment_id for each in shown)
    columns, click = st.column_config, f"operations.schedules.open.{name}"
    frame = pd.DataFrame(
        {
            "open": ["Open"] * len(shown),
            "name": [each.name for each in shown],
            "schedule": [sentence(each) for each in shown],
        }
    )
    described = {
        "open": columns.ButtonColumn(
            "", type="tertiary", width=64, key=click, on_click=open_clicked, args=("segment", click, ids)
        ),
        "name": columns.TextColumn("Segment", width=260),
        "schedule": columns.TextColumn("Schedule", width=270),
    }
    more = _why(frame, shown, context) if name == SUSPENDED else _when(frame, shown, context)
    table(
        frame, described | more, key=f"operations.schedules.{name}.{hash(ids)}", row_height=ROW_HEIGHT,
        rows_shown=ROWS_SHOWN, alt=f"{counted(len(shown), 'schedule', 'schedules')} with how each stands",
    )  # fmt: skip
    if len(scheduled) > ROWS_SENT:
        st.caption(f"The first {ROWS_SENT:,} of {len(scheduled):,}.")


def _why(frame: pd.DataFrame, shown: Sequence[ScheduledSegment], context: OrganizationContext) -> dict[str, Any]:
    frame["since"] = pd.Series([each.suspended_at for each in shown], dtype="datetime64[us, UTC]")
    frame["why"] = [outlook(each, context) for each in shown]
    columns, zone = st.column_config, context.calendar.time_zone
    return {
        "since": columns.DatetimeColumn("Suspended", format="distance", timezone=zone, width=120),
        "why": columns.TextColumn("Why, and what ends it", width=300),
    }


def _when(frame: pd.DataFrame, shown: Sequence[ScheduledSegment], context: OrganizationContext) -> dict[str, Any]:
    frame["standing"] = [[SCHEDULE_LOOKS[each.standing].word] for each in shown]
    frame["next"] = pd.Series([_next(each) for each in shown], dtype="datetime64[us, UTC]")
    frame["last"] = pd.Series([each.last_due_at for each in shown], dtype="datetime64[us, UTC]")
    columns, zone, looks = st.column_config, context.calendar.time_zone, tuple(SCHEDULE_LOOKS.values())
    return {
        "standing": columns.MultiselectColumn(
            "Standing", options=[look.word for look in looks], color=[look.color for look in looks], width=140
        ),
        "next": columns.DatetimeColumn("Due", format="D MMM, HH:mm", timezone=zone, width=130),
        "last": columns.DatetimeColumn("Due before", format="distance", timezone=zone, width=130),
    }


def _next(scheduled: ScheduledSegment) -> object:
    return scheduled.next_due_at if scheduled.standing in TIMED else None


@action
def _resume(segment_ids: Sequence[UUID]) -> None:
    verdicts = running_engine().schedules.resume(current_context(), segment_ids)
    changed = sum(verdict.changed for verdict in verdicts)
    said = f"{counted(changed, 'schedule', 'schedules')} resumed, {len(verdicts) - changed:,} left as they were."
    st.session_state[REPORT] = (said, verdicts)
    flash(said)


@action
def _pause_all() -> None:
    running_engine().schedules.pause_all(current_context())
    flash("All schedules are paused.", icon=":material/pause_circle:")


@action
def _resume_all() -> None:
    running_engine().schedules.resume_all(current_context())
    flash("Schedules are kept again; what became due meanwhile is one run each.")
