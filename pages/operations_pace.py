"""How long runs take and wait, how they end, and which segments cost most: charts, and tables with the exact values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import pandas as pd
import streamlit as st

from auth.guard import running_engine
from pages.charts import Spec, draw
from pages.operations_charts import MEDIAN, RUNS_A_DAY, SECONDS_A_DAY, SLOW
from pages.parts import nothing_here, open_clicked, page, table
from pages.words import NOTHING, counted, percent, seconds
from segment_engine import OperationsFigures, OrganizationContext, RunDay, RunPace, SegmentCost

ROW_HEIGHT = 36
ROWS_SHOWN = 8
CHART_HEIGHT = 210
_CLICK = "operations.cost_open"
Figure = Callable[[RunDay], float | None]


def pace(context: OrganizationContext, _figures: OperationsFigures) -> None:
    """Draw the tab."""
    found = running_engine().operations.pace(context)
    if not any(day.runs for day in found.days):
        step = nothing_here(
            "No run has ended in the last 30 days",
            "Durations, waits and costs appear here after the first calculation.",
            icon=":material/timer:",
        )
        step.page_link(page("segments"), label="Show the segments", icon=":material/group_work:")
        return
    _sums(found)
    left, right = st.columns(2)
    with left:
        _lines("How long runs took", found.days, lambda day: day.median_seconds, lambda day: day.slow_seconds)
    with right:
        _lines("How long they waited", found.days, lambda day: day.median_wait, lambda day: day.slow_wait)
    _ended(found.days)
    _costs(found)


def _sums(found: RunPace) -> None:
    runs = sum(day.runs for day in found.days)
    failed = sum(day.failed for day in found.days)
    with st.grid(4, min_column_width=150):
        _tile("Runs in 30 days", f"{runs:,}", f"{percent(failed, runs)} of them failed")
        took = [day.median_seconds for day in found.days if day.median_seconds is not None]
        slow = [day.slow_seconds for day in found.days if day.slow_seconds is not None]
        _tile("Usual duration", seconds(took[-1] if took else None), "the median of the last day with a success")
        _tile("Slowest day", seconds(max(slow, default=None)), "95% of its runs took less")
        used = NOTHING if found.used is None else f"{100 * found.used:.1f}%"
        about = "no worker was there" if found.used is None else "of their time, in runs of this organization"
        _tile("Workers used, 24 h", used, about)


def _tile(label: str, value: str, about: str) -> None:
    with st.container(border=True, height="stretch", gap="xsmall"):
        st.metric(label, value)
        st.caption(about)


def _lines(title: str, days: Sequence[RunDay], middle: Figure, slow: Figure) -> None:
    with st.container(border=True, height="stretch"):
        st.subheader(title, anchor=False)
        rows: list[dict[str, object]] = [
            {"day": _noon(day), "when": _day(day), "figure": name, "seconds": value, "exact": seconds(value)}
            for name, figure in ((MEDIAN, middle), (SLOW, slow))
            for day in days
            if (value := figure(day)) is not None
        ]
        if rows:
            worst = max(rows, key=lambda row: float(str(row["seconds"])))
            _draw(rows, SECONDS_A_DAY, f"{title}, by day, median and slowest 5 percent; at most {worst['exact']}")
        else:
            st.caption("Nothing to draw yet.")


def _draw(rows: list[dict[str, object]], spec: Spec, alt: str) -> None:
    draw(pd.DataFrame(rows), spec, height=CHART_HEIGHT, alt=alt)


def _noon(day: RunDay) -> datetime:
    return datetime(day.day.year, day.day.month, day.day.day, 12)  # noqa: DTZ001 - a chart would move a time with a zone


def _day(day: RunDay) -> str:
    return f"{day.day.day} {day.day:%b %Y}"


def _ended(days: Sequence[RunDay]) -> None:
    with st.container(border=True):
        st.subheader("How runs ended", anchor=False)
        rows: list[dict[str, object]] = [
            {"day": _noon(day), "when": _day(day), "result": word, "runs": runs, "place": place}
            for day in days
            for place, (word, runs) in enumerate(
                (("Success", day.succeeded), ("Failed", day.failed), ("Cancelled", day.cancelled))
            )
            if runs
        ]
        total = sum(day.runs for day in days)
        _draw(rows, RUNS_A_DAY, f"{counted(total, 'run', 'runs')} by day and result, over 30 days")
        with st.expander("Every day as figures", icon=":material/table:"):
            _figures_of(days)


def _figures_of(days: Sequence[RunDay]) -> None:
    newest = list(reversed(days))
    frame = pd.DataFrame(
        {
            "day": [day.day for day in newest],
            "success": [day.succeeded for day in newest],
            "failed": [day.failed for day in newest],
            "cancelled": [day.cancelled for day in newest],
            "median": [seconds(day.median_seconds) for day in newest],
            "slow": [seconds(day.slow_seconds) for day in newest],
            "waited": [seconds(day.median_wait) for day in newest],
            "waited_slow": [seconds(day.slow_wait) for day in newest],
        }
    )
    columns = st.column_config
    table(
        frame,
        {
            "day": columns.DateColumn("Day", format="D MMM YYYY", width=110),
            "success": columns.NumberColumn("Success", format="localized", width=80),
            "failed": columns.NumberColumn("Failed", format="localized", width=75),
            "cancelled": columns.NumberColumn("Cancelled", format="localized", width=90),
            "median": columns.TextColumn("Took, median", width=110),
            "slow": columns.TextColumn("Took, 95% less than", width=150),
            "waited": columns.TextColumn("Waited, median", width=125),
            "waited_slow": columns.TextColumn("Waited, 95% less than", width=160),
        },
        key="operations.days", row_height=ROW_HEIGHT, rows_shown=10,
        alt="Each of the last 30 days with its runs by result, durations and waits",
    )  # fmt: skip
    st.caption(
        "Days are those of the organization’s time zone. Durations are of successful runs, from the start of the last "
        "attempt; waits are from the request until then."
    )


def _costs(found: RunPace) -> None:
    with st.container(border=True):
        st.subheader("What costs most", anchor=False)
        st.caption(
            f"All runs of the last 30 days took {seconds(found.seconds)} of workers’ time. Segments nobody uses are "
            "candidates for the cleanup."
        )
        _cost_table(found.costs, found.seconds)
        st.page_link(page("cleanup"), label="Look for segments to clean up", icon=":material/mop:")


def _cost_table(costs: Sequence[SegmentCost], whole: float) -> None:
    frame = pd.DataFrame(
        {
            "open": ["Open"] * len(costs),
            "name": [cost.name for cost in costs],
            "share": [100 * cost.seconds / whole if whole else 0.0 for cost in costs],
            "seconds": [seconds(cost.seconds) for cost in costs],
            "runs": [cost.runs for cost in costs],
            "failed": [cost.failed for cost in costs],
            "each": [seconds(cost.seconds_a_run) for cost in costs],
            "members": pd.Series([cost.member_count for cost in costs], dtype="Int64"),
        }
    )
    columns = st.column_config
    table(
        frame,
        {
            "open": columns.ButtonColumn(
                "", type="tertiary", width=64, key=_CLICK, on_click=open_clicked,
                args=("segment", _CLICK, tuple(cost.segment_id for cost in costs)),
            ),
            "name": columns.TextColumn("Segment", width=260),
            "share": columns.ProgressColumn("Share of all", format="%.1f%%", min_value=0, max_value=100, width=140),
            "seconds": columns.TextColumn("Time", width=100, alignment="right"),
            "runs": columns.NumberColumn("Runs", format="localized", width=75),
            "failed": columns.NumberColumn("Failed", format="localized", width=75),
            "each": columns.TextColumn("A run", width=90, alignment="right"),
            "members": columns.NumberColumn("Members", format="localized", width=100),
        },
        key=f"operations.costs.{hash(tuple(cost.segment_id for cost in costs))}", row_height=ROW_HEIGHT,
        rows_shown=ROWS_SHOWN, alt=f"{counted(len(costs), 'segment', 'segments')} by the time their runs took",
    )  # fmt: skip
