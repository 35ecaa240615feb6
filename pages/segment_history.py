"""How a segment moved: figures of the last runs, and members over time with who joined, who left, and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

import pandas as pd
import streamlit as st

from auth.guard import running_engine
from pages import charts
from pages.segment_charts import MARK_SHAPES, members_chart
from pages.segment_moves import Moved, marks_in_words, moved
from pages.words import exact, number, seconds, signed, zone_of
from segment_engine import OrganizationContext, Run, RunStatus, Segment


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
    with st.container(border=True, height="stretch", gap="small"):
        st.metric(label, value, change, delta_description="since the run before" if change else None, delta_color="off")
        st.space("stretch")
        recent = past[-30:]
        if len(recent) > 1:
            charts.sparkline(recent, bars=bars, alt=f"{label} over the last {len(recent)} runs")


# Members over time -------------------------------------------------------------------------------------------------


def local(moment: datetime, context: OrganizationContext) -> datetime:
    """Give the wall time of the organization without a zone: charts would turn it into the browser's otherwise."""
    return moment.astimezone(zone_of(context)).replace(tzinfo=None)


def members_over_time(context: OrganizationContext, segment: Segment, runs: Sequence[Run]) -> None:
    """Draw the count as a line, marked where more than data moved it; below it who joined and who left, and why."""
    done = [run for run in succeeded(runs) if run.as_of is not None]
    with st.container(border=True, height="stretch"):
        st.subheader("Members over time", anchor=False)
        if len(done) < 2:  # noqa: PLR2004 - a line needs two points
            st.caption("A line appears here after the second successful run.")
            return
        moves = moved(done, running_engine().changes.of_segment(context, segment.segment_id, limit=len(done)))
        marked = tuple(word for word in MARK_SHAPES if any(each.mark == word for each in moves))
        counts = [number(run.member_count) for run in (done[0], done[-1])]
        charts.draw(
            pd.DataFrame(_points(context, done, moves)), members_chart(marked), height=260 if marked else 230,
            alt=f"Members from {counts[0]} to {counts[1]} over {len(done)} runs{marks_in_words(moves)}",
        )  # fmt: skip
        compared = [run for run in later(runs) if run.as_of is not None]
        _joined_and_left(context, compared, moves[len(done) - len(compared) :])


def _points(context: OrganizationContext, done: Sequence[Run], moves: Sequence[Moved]) -> dict[str, object]:
    version = _first_of_versions(done)
    return {
        "at": [local(run.as_of, context) for run in done if run.as_of],
        "when": [exact(run.as_of, context) for run in done],
        "members": [run.member_count for run in done],
        "joined": [number(run.joined_count) for run in done],
        "left": [number(run.left_count) for run in done],
        "why": [each.why for each in moves],
        "moved": [each.mark for each in moves],
        "version": version,
        "mark": [f"v{each}" if each else None for each in version],
    }


def _first_of_versions(done: Sequence[Run]) -> list[str | None]:
    """Name the version where a run is the first one of other criteria than the run before it."""
    versions = [run.version for run in done]
    changed = [False, *(before != after for before, after in pairwise(versions))]
    return [str(version) if is_first else None for version, is_first in zip(versions, changed, strict=True)]


def _joined_and_left(context: OrganizationContext, runs: Sequence[Run], moves: Sequence[Moved]) -> None:
    st.caption(":green[:material/square:] joined  :red[:material/square:] left, per run")
    at = [local(run.as_of, context) for run in runs if run.as_of]
    when = [exact(run.as_of, context) for run in runs]
    joined, left = [run.joined_count or 0 for run in runs], [run.left_count or 0 for run in runs]
    frame = pd.DataFrame(
        {
            "at": at * 2,
            "when": when * 2,
            "kind": ["joined"] * len(runs) + ["left"] * len(runs),
            "count": joined + left,
            "change": joined + [-count for count in left],
            "why": [each.why_joined for each in moves] + [each.why_left for each in moves],
        }
    )
    charts.draw(frame, charts.JOINED_AND_LEFT, height=130, alt=f"In all {sum(joined):,} joined and {sum(left):,} left")
