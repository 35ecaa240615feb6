"""The charts of one segment as Vega-Lite descriptions, written once; the pages send data only."""

from __future__ import annotations

from functools import cache

from pages.charts import STATUS_COLORS, Spec

# Colors are fixed only where they mean something; everything else follows the theme, light or dark.
DROPPED_COLOR = "#98A1B5"
TIME_AXIS: Spec = {
    "field": "at", "type": "temporal", "title": None, "axis": {"grid": False, "format": "%-d %b", "tickCount": 5},
}  # fmt: skip
TOOLTIP_TIME: Spec = {"field": "when", "type": "nominal", "title": "As of"}

# What people did stands out; what data do by themselves is gray.
CAUSE_COLORS = {
    "By hand": "#A06CD5", "Criteria edited": "#5B6BF0", "Time passed": "#E0A030", "Segment it reads": "#2BA8C7",
    "Data": "#98A1B5", "Data or time": "#6B7489",
}  # fmt: skip

# Where more than data and time moved the members: a shape for each cause, so that no color has to be told apart.
MARK_SHAPES = {"By hand": "triangle-up", "Criteria edited": "diamond", "Segment it reads": "square"}

_MEMBERS_AXIS: Spec = {
    "field": "members", "type": "quantitative", "title": None, "scale": {"zero": False},
    "axis": {"format": "~s", "tickCount": 5},
}  # fmt: skip
_MEMBERS_TOOLTIP: list[Spec] = [
    TOOLTIP_TIME,
    {"field": "members", "type": "quantitative", "title": "Members", "format": ","},
    {"field": "joined", "type": "nominal", "title": "Joined"},
    {"field": "left", "type": "nominal", "title": "Left"},
    {"field": "why", "type": "nominal", "title": "Because of"},
]

# Rows: at, when, members, joined, left, why; version and mark where the criteria changed with a run; and moved, the
# cause of a mark.
_MEMBERS_OVER_TIME: Spec = {
    "encoding": {"x": TIME_AXIS},
    "layer": [
        {
            "transform": [{"filter": "isValid(datum.version)"}],
            "mark": {"type": "rule", "strokeDash": [4, 3], "color": DROPPED_COLOR},
            "encoding": {
                "tooltip": [TOOLTIP_TIME, {"field": "version", "type": "nominal", "title": "First run of version"}]
            },
        },
        {
            "transform": [{"filter": "isValid(datum.version)"}],
            "mark": {"type": "text", "align": "left", "dx": 4, "fontSize": 11, "color": DROPPED_COLOR},
            "encoding": {"text": {"field": "mark"}, "y": {"value": 8}},
        },
        {
            "mark": {"type": "line", "interpolate": "monotone", "strokeWidth": 2},
            "encoding": {"y": _MEMBERS_AXIS},
        },
        {
            "mark": {"type": "point", "filled": True, "size": 22, "opacity": 0.9},
            "encoding": {"y": {"field": "members", "type": "quantitative"}, "tooltip": _MEMBERS_TOOLTIP},
        },
    ],
}  # fmt: skip


@cache
def members_chart(marked: tuple[str, ...]) -> Spec:
    """Give the members over time with a mark for each of these causes; the legend names no others."""
    scale: Spec = {"domain": list(marked), "range": [CAUSE_COLORS[word] for word in marked]}
    shapes: Spec = {"domain": list(marked), "range": [MARK_SHAPES[word] for word in marked]}
    legend: Spec = {"orient": "top", "columns": 2}
    marks: Spec = {
        "transform": [{"filter": "isValid(datum.moved)"}],
        "mark": {"type": "point", "filled": True, "size": 85, "opacity": 1},
        "encoding": {
            "y": {"field": "members", "type": "quantitative"},
            "color": {"field": "moved", "type": "nominal", "title": None, "scale": scale, "legend": legend},
            "shape": {"field": "moved", "type": "nominal", "title": None, "scale": shapes, "legend": legend},
            "tooltip": _MEMBERS_TOOLTIP,
        },
    }
    layers: list[Spec] = _MEMBERS_OVER_TIME["layer"]
    return _MEMBERS_OVER_TIME | {"layer": [*layers, marks]} if marked else _MEMBERS_OVER_TIME


# Rows: at, when, cause, what, count, change. Who joined stands above the line, who left below it, by cause.
CAUSES: Spec = {
    "mark": {"type": "bar", "width": 7, "cornerRadius": 1},
    "encoding": {
        "x": TIME_AXIS,
        "y": {
            "field": "change", "type": "quantitative", "title": None, "stack": True,
            "axis": {"format": "~s", "tickCount": 4},
        },
        "color": {
            "field": "cause", "type": "nominal", "title": None, "legend": {"orient": "top", "columns": 3},
            "scale": {"domain": list(CAUSE_COLORS), "range": list(CAUSE_COLORS.values())},
        },
        "tooltip": [
            TOOLTIP_TIME,
            {"field": "cause", "type": "nominal", "title": "Cause"},
            {"field": "what", "type": "nominal", "title": "Contacts that"},
            {"field": "count", "type": "quantitative", "title": "Number", "format": ","},
        ],
    },
}  # fmt: skip

# Rows: from, to, when, status. A calm strip of what the calculation was doing at any time.
STATUS_TIMELINE: Spec = {
    "mark": {"type": "bar", "height": 26},
    "encoding": {
        "x": {"field": "from", "type": "temporal", "title": None, "axis": {"grid": False, "format": "%-d %b"}},
        "x2": {"field": "to"},
        "y": {"value": 14},
        "color": {
            "field": "status", "type": "nominal", "legend": None,
            "scale": {"domain": list(STATUS_COLORS), "range": list(STATUS_COLORS.values())},
        },
        "tooltip": [
            {"field": "status", "type": "nominal", "title": "Status"},
            {"field": "when", "type": "nominal", "title": "Since"},
            {"field": "lasted", "type": "nominal", "title": "For"},
        ],
    },
}  # fmt: skip

# Rows: place, gate, left, before, dropped, share, label, room (for the labels). Each bar is who is left; the pale rest
# of it was stopped here.
REACH: Spec = {
    "encoding": {
        "y": {
            "field": "gate", "type": "nominal", "title": None, "sort": {"field": "place"},
            "axis": {"labelLimit": 190, "ticks": False, "domain": False, "labelPadding": 8},
        },
        "tooltip": [
            {"field": "gate", "type": "nominal", "title": "Gate"},
            {"field": "left", "type": "quantitative", "title": "Contacts left", "format": ","},
            {"field": "dropped", "type": "quantitative", "title": "Stopped here", "format": ","},
            {"field": "share", "type": "nominal", "title": "Of the members"},
        ],
    },
    "layer": [
        {
            "mark": {"type": "bar", "height": 18, "cornerRadiusEnd": 3, "color": DROPPED_COLOR, "opacity": 0.35},
            "encoding": {
                "x": {"field": "left", "type": "quantitative", "title": None, "axis": None},
                "x2": {"field": "before"},
            },
        },
        {
            "mark": {"type": "bar", "height": 18, "cornerRadiusEnd": 3},
            "encoding": {"x": {"field": "left", "type": "quantitative", "title": None, "axis": None}},
        },
        {"mark": {"type": "tick", "opacity": 0}, "encoding": {"x": {"field": "room", "type": "quantitative"}}},
        {
            "mark": {"type": "text", "align": "left", "dx": 6, "color": DROPPED_COLOR, "fontWeight": 600},
            "encoding": {
                "x": {"field": "before", "type": "quantitative"}, "text": {"field": "label", "type": "nominal"},
            },
        },
    ],
}  # fmt: skip

# Rows: at, when, rate, of, count, whose, few. A hollow point rests on few deliveries.
ENGAGEMENT: Spec = {
    "encoding": {
        "x": TIME_AXIS,
        "y": {
            "field": "rate", "type": "quantitative", "title": None,
            "axis": {"format": ".1~%", "tickCount": 4}, "scale": {"zero": True},
        },
        "color": {
            "field": "whose", "type": "nominal", "title": None,
            "legend": {"orient": "top", "symbolType": "circle", "symbolFillColor": None},
        },
        "strokeDash": {"field": "whose", "type": "nominal", "legend": None},
    },
    "layer": [
        {"mark": {"type": "line", "strokeWidth": 2}},
        {
            "mark": {"type": "point", "size": 46, "strokeWidth": 2},
            "encoding": {
                "fill": {
                    "condition": {"test": "datum.few", "value": "transparent"}, "field": "whose", "legend": None,
                },
                "tooltip": [
                    {"field": "when", "type": "nominal", "title": "Week of"},
                    {"field": "whose", "type": "nominal", "title": "Whose"},
                    {"field": "exact", "type": "nominal", "title": "Rate"},
                    {"field": "note", "type": "nominal", "title": "Note"},
                ],
            },
        },
    ],
}  # fmt: skip

# Rows of edges: x, y, x2, y2; rows of nodes: x, y, name, what. Columns from left to right: reads, this one, readers.
DEPENDENCIES: Spec = {
    "encoding": {
        "x": {"field": "x", "type": "quantitative", "axis": None, "scale": {"domain": [0, 3]}},
        "y": {"field": "y", "type": "quantitative", "axis": None, "scale": {"domain": [0, 1]}},
    },
    "layer": [
        {
            "transform": [{"filter": "datum.part == 'edge'"}],
            "mark": {"type": "rule", "color": DROPPED_COLOR, "opacity": 0.7, "strokeWidth": 1.5},
            "encoding": {"x2": {"field": "x2"}, "y2": {"field": "y2"}},
        },
        {
            "transform": [{"filter": "datum.part == 'arrow'"}],
            "mark": {"type": "point", "shape": "triangle-right", "filled": True, "size": 60, "color": DROPPED_COLOR},
        },
        {
            "transform": [{"filter": "datum.part == 'node'"}],
            "mark": {"type": "point", "filled": True, "size": 110, "opacity": 1},
            "encoding": {
                "color": {"field": "what", "type": "nominal", "title": None, "legend": {"orient": "top"}},
                "shape": {"field": "what", "type": "nominal", "title": None},
                "tooltip": [
                    {"field": "full", "type": "nominal", "title": "Name"},
                    {"field": "what", "type": "nominal", "title": "What"},
                    {"field": "members", "type": "nominal", "title": "Members"},
                ],
            },
        },
        {
            "transform": [{"filter": "datum.part == 'node'"}],
            "mark": {"type": "text", "align": "left", "dx": -4, "dy": -14, "fontSize": 12, "color": DROPPED_COLOR},
            "encoding": {"text": {"field": "name", "type": "nominal"}},
        },
    ],
}  # fmt: skip
