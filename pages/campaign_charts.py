"""The charts of campaigns as Vega-Lite descriptions, written once; the pages send data only."""

from __future__ import annotations

from pages.charts import Spec

# Rows: at, when, count, what. Each figure has a color, a dash and a shape of its own, on one axis.
FIGURES_BY_DAY: Spec = {
    "encoding": {
        "x": {
            "field": "at", "type": "temporal", "title": None,
            "axis": {"grid": False, "format": "%-d %b", "tickCount": "day", "labelOverlap": "parity"},
        },
        "y": {
            "field": "count", "type": "quantitative", "title": "Contacts a day",
            "axis": {"format": "~s", "tickCount": 4}, "scale": {"zero": True},
        },
        "color": {"field": "what", "type": "nominal", "title": None, "legend": {"orient": "top"}, "sort": None},
        "tooltip": [
            {"field": "when", "type": "nominal", "title": "Day"},
            {"field": "what", "type": "nominal", "title": "Figure"},
            {"field": "count", "type": "quantitative", "title": "Contacts", "format": ","},
        ],
    },
    "layer": [
        {
            "mark": {"type": "line", "strokeWidth": 2},
            "encoding": {"strokeDash": {"field": "what", "type": "nominal", "legend": None, "sort": None}},
        },
        {
            "mark": {"type": "point", "filled": True, "size": 48, "opacity": 0.9},
            "encoding": {"shape": {"field": "what", "type": "nominal", "title": None, "sort": None}},
        },
    ],
}  # fmt: skip

# Rows: place, when, count. One figure, a bar a day; the axis is that of the chart below.
SMALL_BARS: Spec = {
    "mark": {"type": "bar", "cornerRadiusEnd": 1},
    "encoding": {
        "x": {"field": "place", "type": "ordinal", "axis": None, "scale": {"paddingInner": 0.4}},
        "y": {"field": "count", "type": "quantitative", "axis": None},
        "tooltip": [
            {"field": "when", "type": "nominal", "title": "Day"},
            {"field": "count", "type": "quantitative", "title": "Contacts", "format": ","},
        ],
    },
}  # fmt: skip
