"""The charts of data sources: how values are spread, and how much is missing over the imports."""

from __future__ import annotations

from pages.charts import Spec

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


def distribution_height(bars: int) -> int:
    """How high a chart of so many bars is. Units: pixels."""
    return BAR_HEIGHT * max(bars, 1) + _FRAME_HEIGHT
