"""What an act on many would do, or has done, to each: one table for every dialog and report."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd
import streamlit as st

from pages.parts import table
from pages.words import counted
from segment_engine import Verdict

ROW_HEIGHT = 36
ROWS_SHOWN = 8


def said(verdict: Verdict) -> str:
    """Give the reason of a verdict, with its warning behind it."""
    return f"{verdict.reason}; {verdict.warning}" if verdict.warning else verdict.reason


def verdicts_table(
    verdicts: Sequence[Verdict], title: str, *, key: str, words: Callable[[Verdict], str] = said
) -> None:
    """Draw one line for each verdict, with the name of its segment and what `words` say about it."""
    columns = st.column_config
    table(
        pd.DataFrame(
            {
                "name": [verdict.name or "Unknown" for verdict in verdicts],
                "verdict": [words(verdict) for verdict in verdicts],
            }
        ),
        {"name": columns.TextColumn("Segment", width=220), "verdict": columns.TextColumn(title, width=420)},
        key=f"{key}.{title}.{hash(tuple(verdicts))}", row_height=ROW_HEIGHT, rows_shown=ROWS_SHOWN,
        alt=f"{title}, for each of {counted(len(verdicts), 'segment', 'segments')}",
    )  # fmt: skip
