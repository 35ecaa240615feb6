"""The charts of data sources: how values are spread, and how much is missing over the imports."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from pages.charts import Spec, draw

BAR_HEIGHT = 26
_FRAME_HEIGHT = 34

# The share stands in the label of every bar, so that nothing depends on color or on reading off an axis.
DISTRIBUTION: Spec = {
    "mark": {"type": "bar", "cornerRadiusEnd": 3},
    "encoding": {
        "y": {
            "field": "label", "type": "nominal", "sort": None, "title": None,
            "axis": {"labelLimit": 260, "ticks": False, "domain": False},
        },
        "x": {
            "field": "share", "type": "quantitative", "title": None, "scale": {"domainMin": 0},
            "axis": {"format": ".0%", "tickCount": 4},
        },
        "tooltip": [
            {"field": "value", "type": "nominal", "title": "Value"},
            {"field": "share", "type": "quantitative", "title": "Share", "format": ".2%"},
            {"field": "rows", "type": "quantitative", "title": "Rows, about", "format": ","},
        ],
    },
}  # fmt: skip

MISSING_OVER_TIME: Spec = {
    "encoding": {
        "x": {
            "field": "at", "type": "temporal", "title": None,
            "axis": {"grid": False, "format": "%-d %b", "tickCount": 4},
        },
        "y": {
            "field": "missing", "type": "quantitative", "title": None, "scale": {"domainMin": 0},
            "axis": {"format": ".0%", "tickCount": 3},
        },
        "tooltip": [
            {"field": "when", "type": "nominal", "title": "Import"},
            {"field": "missing", "type": "quantitative", "title": "Without a value", "format": ".1%"},
            {"field": "rows", "type": "quantitative", "title": "Rows", "format": ","},
        ],
    },
    "layer": [
        {"mark": {"type": "line", "strokeWidth": 2}},
        {"mark": {"type": "point", "filled": True, "size": 28}},
    ],
}  # fmt: skip

# Streamlit's own small chart beside a figure has no words for who cannot see it; this one has.
ROWS_OVER_IMPORTS: Spec = {
    "mark": {"type": "area", "line": {"strokeWidth": 2}, "opacity": 0.25},
    "encoding": {
        "x": {"field": "place", "type": "quantitative", "axis": None},
        "y": {"field": "rows", "type": "quantitative", "axis": None},
        "tooltip": [{"field": "rows", "type": "quantitative", "title": "Rows", "format": ","}],
    },
}
_SMALL_HEIGHT = 64


def rows_over_imports(totals: Sequence[int]) -> None:
    """Draw how many rows a source held after each of its last imports; nothing for one alone."""
    if len(totals) > 1:
        frame = pd.DataFrame({"place": range(len(totals)), "rows": list(totals)})
        alt = f"Rows after each of the last {len(totals)} imports: from {totals[0]:,} to {totals[-1]:,}"
        draw(frame, ROWS_OVER_IMPORTS, height=_SMALL_HEIGHT, alt=alt)


def distribution_height(bars: int) -> int:
    """How high a chart of so many bars is. Units: pixels."""
    return BAR_HEIGHT * max(bars, 1) + _FRAME_HEIGHT
