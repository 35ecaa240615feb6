"""The runs of a segment and every change of status: as strips to see at a glance, as tables to look one up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from auth.guard import running_engine
from pages import charts
from pages.parts import boundary, table
from pages.segment_causes import causes
from pages.segment_charts import STATUS_TIMELINE
from pages.segment_history import local
from pages.words import NOTHING, REASONS, RUN_LOOKS, counted, exact, number, readable, seconds
from segment_engine import OrganizationContext, Run, RunStatus, Segment, StatusEvent

ROW_HEIGHT = 36
ROWS_SHOWN = 10
FEW, MANY = 60, 500
MORE = "segment.more_runs"
LEGEND = (
    ":green[:material/square:] success  :red[:material/square:] failed  :gray[:material/square:] cancelled  "
    ":blue[:material/square:] queued or processing"
)


def runs_tab(context: OrganizationContext, segment: Segment, runs: tuple[Run, ...]) -> None:
    """Draw the runs, then every status change."""
    many = bool(st.session_state.get(MORE)) and len(runs) >= FEW
    shown = running_engine().runs.find(context, segment.segment_id, limit=MANY) if many else runs
    runs_strip_and_table(context, segment, shown)
    causes(context, segment)
    if len(runs) >= FEW:
        st.toggle(f"Show up to {MANY} runs", key=MORE, help=f"Otherwise the newest {FEW}. Older ones stay stored.")
    history(context, segment)


def runs_strip_and_table(context: OrganizationContext, segment: Segment, runs: Sequence[Run]) -> None:
    """Draw the last runs as a strip, newest at the right, and as a table, newest at the top."""
    with st.container(border=True, height="stretch"):
        st.subheader("Runs", anchor=False)
        if not runs:
            st.caption("None yet. Recalculate to find out who is in this segment.")
            return
        shown = runs[: charts.MOST_BARS]
        failed = sum(run.status is RunStatus.FAILED for run in shown)
        st.caption(f"Last {counted(len(shown), 'run', 'runs')}: {LEGEND}")
        offset = charts.MOST_BARS - len(shown)
        strip = pd.DataFrame(
            {
                "place": [offset + place for place in range(len(shown))],
                "status": [RUN_LOOKS[run.status].word for run in reversed(shown)],
                "when": [exact(run.requested_at, context) for run in reversed(shown)],
                "members": [number(run.member_count) for run in reversed(shown)],
            }
        )
        charts.draw(strip, charts.RUN_STRIP, height=44, alt=f"{len(shown)} runs, {failed} of them failed")
        _runs_table(context, segment, runs)


def _runs_table(context: OrganizationContext, segment: Segment, runs: Sequence[Run]) -> None:
    looks = tuple(RUN_LOOKS.values())
    columns = st.column_config
    frame = pd.DataFrame(
        {
            "requested": [run.requested_at for run in runs],
            "result": [[RUN_LOOKS[run.status].word] for run in runs],
            "members": pd.Series([run.member_count for run in runs], dtype="Int64"),
            "joined": pd.Series([run.joined_count for run in runs], dtype="Int64"),
            "left": pd.Series([run.left_count for run in runs], dtype="Int64"),
            "took": [seconds(run.seconds) for run in runs],
            "reason": [REASONS[run.reason] for run in runs],
            "version": [run.version for run in runs],
            "by": [run.requested_by or NOTHING for run in runs],
            "problem": [readable(run.trouble or "") for run in runs],
        }
    )
    zone = context.calendar.time_zone
    table(
        frame,
        {
            "requested": columns.DatetimeColumn("Requested", format="D MMM, HH:mm", timezone=zone, width=115),
            "result": columns.MultiselectColumn(
                "Result", options=[look.word for look in looks], color=[look.color for look in looks], width=105
            ),
            "members": columns.NumberColumn("Members", format="localized", width=85),
            "joined": columns.NumberColumn("Joined", format="localized", width=70),
            "left": columns.NumberColumn("Left", format="localized", width=70),
            "took": columns.TextColumn("Took", alignment="right", width=75),
            "reason": columns.TextColumn("Reason", width=120),
            "version": columns.NumberColumn("Version", width=70),
            "by": columns.TextColumn("Requested by", width=120),
            "problem": columns.TextColumn("What went wrong", width=400),
        },
        key=f"runs.{segment.segment_id}", row_height=ROW_HEIGHT, rows_shown=ROWS_SHOWN,
        alt=f"{counted(len(runs), 'run', 'runs')} with result and figures",
    )  # fmt: skip


# Status ------------------------------------------------------------------------------------------------------------


def history(context: OrganizationContext, segment: Segment) -> None:
    """Draw every change of status: as a line of time, and as a table."""
    with st.container(border=True), boundary():
        st.subheader("Status over time", anchor=False)
        found = running_engine().segments.history(context, segment.segment_id, limit=MANY)
        if not found:
            st.caption("Nothing has happened yet.")
            return
        _timeline(context, found)
        _changes(context, found)


def _timeline(context: OrganizationContext, found: Sequence[StatusEvent]) -> None:
    """Draw what the calculation was doing from each change to the next, up to this moment."""
    st.caption(LEGEND)
    now = datetime.now(UTC)
    events = list(reversed(found))
    ends = [*(event.happened_at for event in events[1:]), now]
    frame = pd.DataFrame(
        {
            "from": [local(event.happened_at, context) for event in events],
            "to": [local(end, context) for end in ends],
            "when": [exact(event.happened_at, context) for event in events],
            "lasted": [
                seconds((end - event.happened_at).total_seconds()) for event, end in zip(events, ends, strict=True)
            ],
            "status": [RUN_LOOKS[event.to_status].word for event in events],
        }
    )
    first = exact(events[0].happened_at, context)
    failed = sum(event.to_status is RunStatus.FAILED for event in events)
    alt = f"{counted(len(events), 'status change', 'status changes')} since {first}, {failed} of them to failed"
    charts.draw(frame, STATUS_TIMELINE, height=70, alt=alt)


def _changes(context: OrganizationContext, found: Sequence[StatusEvent]) -> None:
    words = {status: look.word for status, look in RUN_LOOKS.items()}
    frame = pd.DataFrame(
        {
            "When": [event.happened_at for event in found],
            "From": [words[event.from_status] if event.from_status else NOTHING for event in found],
            "To": [words[event.to_status] for event in found],
            "Attempt": [event.attempt for event in found],
            "Detail": [readable(event.detail or "") for event in found],
            "Run": [str(event.run_id)[:8] for event in found],
        }
    )
    zone = context.calendar.time_zone
    table(
        frame,
        {"When": st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm:ss", timezone=zone)},
        key="history", row_height=ROW_HEIGHT, rows_shown=ROWS_SHOWN,
        alt=f"{counted(len(found), 'status change', 'status changes')}, newest first",
    )  # fmt: skip
