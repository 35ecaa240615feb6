"""What happened to a segment: figures of the last runs, members over time, the runs, and every status change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pandas as pd
import streamlit as st

from auth.guard import running_engine
from pages import charts
from pages.parts import boundary, table
from pages.words import NOTHING, REASONS, RUN_LOOKS, counted, exact, number, readable, seconds, signed, zone_of
from segment_engine import OrganizationContext, Run, RunStatus, Segment

ROW_HEIGHT = 36
ROWS_SHOWN = 8


def succeeded(runs: Sequence[Run]) -> list[Run]:
    """Give the runs that published members, oldest first."""
    return [run for run in reversed(runs) if run.status is RunStatus.SUCCESS and run.member_count is not None]


def later(runs: Sequence[Run]) -> list[Run]:
    """Give the successes that have one before them: at the very first everybody joins, which says nothing."""
    done = succeeded(runs)
    return done[1:] if done and done[0].joined_count == done[0].member_count else done


def tiles(runs: Sequence[Run]) -> None:
    """Draw the figures of the newest success, each with its past."""
    done = succeeded(runs)
    last, compared = done[-1] if done else None, later(runs)
    counts = [run.member_count or 0 for run in done]
    change = signed(counts[-1] - counts[-2]) if len(counts) > 1 else None
    timed = [run.seconds for run in done if run.seconds is not None]
    with st.grid(4, min_column_width=150):
        _tile("Members", number(last.member_count if last else None), counts, change=change)
        _tile(
            "Joined, last run",
            number(last.joined_count if last else None),
            [run.joined_count or 0 for run in compared],
            bars=True,
        )
        _tile(
            "Left, last run",
            number(last.left_count if last else None),
            [run.left_count or 0 for run in compared],
            bars=True,
        )
        _tile("Last run took", seconds(last.seconds if last else None), timed)


def _tile(label: str, value: str, past: Sequence[float], *, change: str | None = None, bars: bool = False) -> None:
    st.metric(
        label, value, change, delta_description="since the run before" if change else None, delta_color="primary",
        chart_data=list(past[-30:]) if len(past) > 1 else None, chart_type="bar" if bars else "area",
        border=True, height="stretch",
    )  # fmt: skip


# Members over time -------------------------------------------------------------------------------------------------


def _local(moment: datetime, context: OrganizationContext) -> datetime:
    """Give the wall time of the organization without a zone: charts would turn it into the browser's otherwise."""
    return moment.astimezone(zone_of(context)).replace(tzinfo=None)


def members_over_time(context: OrganizationContext, runs: Sequence[Run]) -> None:
    """Draw the count as a line, and below it who joined and who left."""
    done = [run for run in succeeded(runs) if run.as_of is not None]
    with st.container(border=True, height="stretch"):
        st.subheader("Members over time", anchor=False)
        if len(done) < 2:  # noqa: PLR2004 - a line needs two points
            st.caption("A line appears here after the second successful run.")
            return
        at = [_local(run.as_of, context) for run in done if run.as_of]
        when = [exact(run.as_of, context) for run in done]
        counts = [run.member_count for run in done]
        charts.draw(
            pd.DataFrame({"at": at, "when": when, "members": counts}), charts.MEMBERS_OVER_TIME, height=260,
            alt=f"Members from {number(counts[0])} to {number(counts[-1])} over {len(done)} runs",
        )  # fmt: skip
        _joined_and_left(context, [run for run in later(runs) if run.as_of is not None])


def _joined_and_left(context: OrganizationContext, runs: Sequence[Run]) -> None:
    st.caption(":green[:material/square:] joined  :red[:material/square:] left, per run")
    at = [_local(run.as_of, context) for run in runs if run.as_of]
    when = [exact(run.as_of, context) for run in runs]
    joined, left = [run.joined_count or 0 for run in runs], [run.left_count or 0 for run in runs]
    frame = pd.DataFrame(
        {
            "at": at * 2,
            "when": when * 2,
            "kind": ["joined"] * len(runs) + ["left"] * len(runs),
            "count": joined + left,
            "change": joined + [-count for count in left],
        }
    )
    charts.draw(frame, charts.JOINED_AND_LEFT, height=150, alt=f"In all {sum(joined):,} joined and {sum(left):,} left")


# Runs --------------------------------------------------------------------------------------------------------------


def runs_strip_and_table(context: OrganizationContext, segment: Segment, runs: Sequence[Run]) -> None:
    """Draw the last runs as a strip, newest at the right, and as a table, newest at the top."""
    with st.container(border=True, height="stretch"):
        st.subheader("Runs", anchor=False)
        if not runs:
            st.caption("None yet. Recalculate to find out who is in this segment.")
            return
        shown = runs[: charts.MOST_BARS]
        failed = sum(run.status is RunStatus.FAILED for run in shown)
        st.caption(
            f"Last {counted(len(shown), 'run', 'runs')}: "
            ":green[:material/square:] success  :red[:material/square:] failed  :gray[:material/square:] cancelled"
        )
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
            "problem": [readable(run.error_sentence or "") for run in runs],
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


def history(context: OrganizationContext, segment: Segment) -> None:
    """Draw every status change of every run; read only when somebody opens it."""
    opened = st.expander("Status history", icon=":material/history:", on_change="rerun", key="status_history")
    if not opened.open:
        return
    with opened, boundary():
        found = running_engine().segments.history(context, segment.segment_id)
        if not found:
            st.caption("Nothing has happened yet.")
            return
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
