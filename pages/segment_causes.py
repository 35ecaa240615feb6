"""Why the number changed: for each result, how many joined and left for which cause, as bars and as a table."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from auth.guard import running_engine
from pages import charts
from pages.check_words import CAUSE_WORDS
from pages.parts import boundary, table
from pages.segment_charts import CAUSES
from pages.segment_history import local
from pages.segment_moves import cause_word
from pages.words import NOTHING, counted, exact, plain
from segment_engine import ChangeCause, ContactMove, OrganizationContext, RunCauses, Segment, because

ROW_HEIGHT = 36
ROWS_SHOWN = 6
MOST_RUNS = 60
MOST_MOVES = 6
NOBODY_MOVED = "Nobody has joined or left since the first result; once somebody does, it is said here why."
BEFORE_CAUSES = "The results so far were published before causes were kept; from the next one on it is said here why."


def causes(context: OrganizationContext, segment: Segment) -> None:
    """Draw why the members changed with the last results; the first one says nothing about change."""
    with st.container(border=True), boundary():
        st.subheader("Why the number changed", anchor=False)
        every = running_engine().changes.of_segment(context, segment.segment_id, limit=MOST_RUNS)
        found = [run for run in every if run.counts and run.counts[0].cause is not ChangeCause.FIRST]
        if not found:
            moved = any(run.joined or run.departed for run in every[:-1])
            st.caption(BEFORE_CAUSES if moved else NOBODY_MOVED)
            return
        _bars(context, found)
        _table(context, segment, found)
        st.caption(
            "Each contact counts for one cause, the strongest: decided by hand, criteria edited, time passed, another "
            "segment that it reads, and otherwise data."
        )


def _bars(context: OrganizationContext, found: Sequence[RunCauses]) -> None:
    rows = [
        {
            "at": local(run.at, context),
            "when": exact(run.at, context),
            "cause": cause_word(each.cause, run),
            "what": what,
            "count": count,
            "change": count if what == "joined" else -count,
        }
        for run in found
        for each in run.counts
        for what, count in (("joined", each.joined), ("left", each.departed))
        if count
    ]
    joined, left = sum(run.joined for run in found), sum(run.departed for run in found)
    alt = f"{joined:,} joined and {left:,} left over {counted(len(found), 'result', 'results')}, by cause"
    charts.draw(pd.DataFrame(rows), CAUSES, height=240, alt=alt)


def _table(context: OrganizationContext, segment: Segment, found: Sequence[RunCauses]) -> None:
    columns = st.column_config
    shown = [cause for cause in CAUSE_WORDS if any(each.cause is cause for run in found for each in run.counts)]
    data: dict[str, object] = {
        "at": [run.at for run in found],
        "version": [run.version for run in found],
        "joined": [run.joined for run in found],
        "left": [run.departed for run in found],
    }
    data |= {cause.value: [_count(run, cause) for run in found] for cause in shown}
    zone = context.calendar.time_zone
    looks = {
        "at": columns.DatetimeColumn("Result as of", format="D MMM, HH:mm", timezone=zone, width=120),
        "version": columns.NumberColumn("Version", width=70),
        "joined": columns.NumberColumn("Joined", format="localized", width=75),
        "left": columns.NumberColumn("Left", format="localized", width=75),
    }
    table(
        pd.DataFrame(data),
        {**looks, **{cause.value: columns.TextColumn(CAUSE_WORDS[cause], width=125) for cause in shown}},
        key=f"causes.{segment.segment_id}", row_height=ROW_HEIGHT, rows_shown=ROWS_SHOWN,
        alt=f"{counted(len(found), 'result', 'results')} with who joined and left for which cause",
    )  # fmt: skip


def _count(run: RunCauses, cause: ChangeCause) -> str:
    for each in run.counts:
        if each.cause is cause:
            parts = [f"+{each.joined:,}" if each.joined else "", f"-{each.departed:,}" if each.departed else ""]
            return " ".join(part for part in parts if part)
    return NOTHING


def contact_moves(moves: Sequence[ContactMove], context: OrganizationContext) -> None:
    """Say when one contact joined and left, and why."""
    for move in moves[:MOST_MOVES]:
        icon = ":material/login:" if move.joined else ":material/logout:"
        did = "Joined" if move.joined else "Left"
        why = because(move.cause, is_partial=move.is_partial)
        st.caption(f"{icon} {plain(f'{did} with the result of {exact(move.at, context)}, {why}.')}")
