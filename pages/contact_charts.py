"""The chart of a contact's page as a Vega-Lite description, written once; the page sends data only."""

from __future__ import annotations

from pages.charts import JOINED_COLOR, Spec

BEFORE_COLOR = "#98A1B5"

_STATE: Spec = {
    "field": "state", "type": "nominal", "title": None, "legend": None,
    "scale": {"domain": ["member now", "member before"], "range": [JOINED_COLOR, BEFORE_COLOR]},
}  # fmt: skip

# Rows: segment, place, from, to, state, when, short. A stretch too short for a bar is a point.
STRETCHES: Spec = {
    "encoding": {
        "x": {
            "field": "from", "type": "temporal", "title": None,
            "axis": {"grid": True, "format": "%-d %b", "tickCount": 6},
        },
        "y": {
            "field": "segment", "type": "nominal", "title": None, "sort": {"field": "place"},
            "axis": {"labelLimit": 220, "ticks": False, "domain": False},
        },
        "color": _STATE,
        "tooltip": [
            {"field": "segment", "type": "nominal", "title": "Segment"},
            {"field": "when", "type": "nominal", "title": "Membership"},
        ],
    },
    "layer": [
        {"mark": {"type": "bar", "height": 10, "cornerRadius": 3}, "encoding": {"x2": {"field": "to"}}},
        {
            "transform": [{"filter": "datum.short"}],
            "mark": {"type": "point", "filled": True, "size": 60, "opacity": 1},
        },
    ],
}  # fmt: skip
