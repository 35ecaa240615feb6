"""Charts of the page Operations: how long runs took and waited, and how they ended, day by day."""

from __future__ import annotations

from pages.charts import STATUS_COLORS, Spec

_DAY: Spec = {
    "field": "day",
    "type": "temporal",
    "title": None,
    "axis": {"grid": False, "format": "%-d %b", "tickCount": 6},
}
_TOOLTIP_DAY: Spec = {"field": "when", "type": "nominal", "title": "Day"}
# As people say durations; the format of numbers would write “20m” for twenty thousandths.
_DURATION = "datum.value < 1 ? format(datum.value * 1000, ',') + ' ms' : format(datum.value, ',') + ' s'"
MEDIAN, SLOW = "Median", "Slowest 5%"

# Two lines that are told apart by their dashes, not by color alone.
SECONDS_A_DAY: Spec = {
    "encoding": {
        "x": _DAY,
        "y": {
            "field": "seconds", "type": "quantitative", "title": None,
            "axis": {"tickCount": 4, "labelExpr": _DURATION},
        },
        "strokeDash": {
            "field": "figure", "type": "nominal", "scale": {"domain": [MEDIAN, SLOW], "range": [[1, 0], [4, 3]]},
            "legend": {"orient": "top", "title": None, "symbolType": "stroke", "symbolSize": 260},
        },
        "tooltip": [
            _TOOLTIP_DAY,
            {"field": "figure", "type": "nominal", "title": "Figure"},
            {"field": "exact", "type": "nominal", "title": "Took"},
        ],
    },
    "layer": [
        {"mark": {"type": "line", "interpolate": "monotone", "strokeWidth": 2}},
        {"mark": {"type": "point", "filled": True, "size": 22}},
    ],
}  # fmt: skip

RUNS_A_DAY: Spec = {
    "mark": {"type": "bar", "cornerRadius": 1, "width": 9},
    "encoding": {
        "x": _DAY,
        "y": {
            "field": "runs", "type": "quantitative", "title": "Runs", "axis": {"format": "~s", "tickCount": 4},
        },
        "color": {
            "field": "result", "type": "nominal", "legend": {"orient": "top", "title": None},
            "scale": {
                "domain": ["Success", "Failed", "Cancelled"],
                "range": [STATUS_COLORS[word] for word in ("Success", "Failed", "Cancelled")],
            },
        },
        "order": {"field": "place", "type": "quantitative"},
        "tooltip": [
            _TOOLTIP_DAY,
            {"field": "result", "type": "nominal", "title": "Result"},
            {"field": "runs", "type": "quantitative", "title": "Runs", "format": ","},
        ],
    },
}  # fmt: skip
