"""Blocks of the first page that compare: segments that changed a lot, and why segments are not ready."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from pages.charts import Spec, draw
from pages.parts import open_clicked, page, table
from pages.standing import CODE_WORDS, READINESS_LOOKS
from pages.words import counted, number
from segment_engine import ChangedSegment, OverviewFigures, Readiness, readiness_of

ROW_HEIGHT = 40
BAR_HEIGHT = 27
_CLICK = "overview.open"
CARE_COLOR, FORBID_COLOR = "#D98A1F", "#D64550"
_WORDS = [READINESS_LOOKS[each].word for each in (Readiness.DO_NOT_USE, Readiness.USE_WITH_CARE)]

REASONS: Spec = {
    "mark": {"type": "bar", "cornerRadius": 3, "height": 14},
    "encoding": {
        "y": {
            "field": "reason", "type": "nominal", "sort": None, "title": None,
            "axis": {"labelLimit": 190, "ticks": False, "domain": False, "labelPadding": 8},
        },
        "x": {"field": "segments", "type": "quantitative", "title": None, "axis": None},
        "color": {
            "field": "readiness", "type": "nominal", "legend": None,
            "scale": {"domain": _WORDS, "range": [FORBID_COLOR, CARE_COLOR]},
        },
        "tooltip": [
            {"field": "reason", "type": "nominal", "title": "Reason"},
            {"field": "readiness", "type": "nominal", "title": "Therefore"},
            {"field": "segments", "type": "quantitative", "title": "Segments", "format": ","},
        ],
    },
    "config": {"view": {"stroke": None}},
}  # fmt: skip


def reasons(figures: OverviewFigures) -> None:
    """Draw for how many segments each reason holds; what forbids stands above what asks for care."""
    st.header("Why segments are not ready", anchor=False)
    held = {code: figures.by_code[code] for code in CODE_WORDS if figures.by_code.get(code)}
    if not held:
        st.text("Nothing speaks against any active segment.")
        return
    frame = pd.DataFrame(
        {
            "reason": [f"{CODE_WORDS[code]}: {number(count)}" for code, count in held.items()],
            "segments": list(held.values()),
            "readiness": [READINESS_LOOKS[readiness_of(code)].word for code in held],
        }
    )
    said = "; ".join(f"{CODE_WORDS[code]}: {number(count)}" for code, count in held.items())
    draw(frame, REASONS, height=BAR_HEIGHT * len(held) + 10, alt=f"Active segments by reason. {said}")
    st.caption("Red forbids the use, orange asks for care. A segment with several reasons counts for each.")
    st.page_link(page("operations"), label="Recalculate what is out of date", icon=":material/update:",
        query_params={"o_tab": "Out of date"})  # fmt: skip


def changed(segments: Sequence[ChangedSegment]) -> None:
    """Draw the segments whose last result differs most from the one before, up or down."""
    st.header("Changed a lot", anchor=False)
    if not segments:
        st.text("No result differs from the one before by 5% or more.")
        return
    frame = pd.DataFrame(
        {
            "open": ["Open"] * len(segments),
            "name": [item.name for item in segments],
            "share": [100 * item.share for item in segments],
            "change": [item.change for item in segments],
            "members": [item.member_count for item in segments],
            "recent": [list(item.recent_counts) for item in segments],
        }
    )
    columns = st.column_config
    table(
        frame,
        {
            "open": columns.ButtonColumn(
                "", type="tertiary", width=64, key=_CLICK, on_click=open_clicked,
                args=("segment", _CLICK, tuple(item.segment_id for item in segments)),
            ),
            "name": columns.TextColumn("Segment", width=190),
            "share": columns.NumberColumn("Change", format="%+.0f%%", width=80),
            "change": columns.NumberColumn("Contacts", format="localized", width=85),
            "members": columns.NumberColumn("Members", format="localized", width=85),
            "recent": columns.AreaChartColumn("Last 30 runs", color="primary", width=110),
        },
        key=f"overview.changed.{hash(tuple(item.segment_id for item in segments))}", row_height=ROW_HEIGHT,
        alt=f"{counted(len(segments), 'segment', 'segments')} whose members changed most, with the change and its past",
    )  # fmt: skip
