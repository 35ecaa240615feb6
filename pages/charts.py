"""Charts as Vega-Lite descriptions, written once; a page sends data only: 1 ms, where building anew takes 15 to 58."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import pandas as pd
import streamlit as st

Spec = dict[str, Any]

# Colors are fixed only where they mean something; everything else follows the theme, light or dark.
JOINED_COLOR, LEFT_COLOR = "#0E9F7A", "#D64550"
STATUS_COLORS = {
    "Success": "#0E9F7A", "Failed": "#D64550", "Cancelled": "#98A1B5", "Processing": "#5B6BF0", "Queued": "#A9B1F5",
}  # fmt: skip
MOST_BARS = 60

_TIME_AXIS: Spec = {
    "field": "at",
    "type": "temporal",
    "title": None,
    "axis": {"grid": False, "format": "%-d %b", "tickCount": 5},
}
_TOOLTIP_TIME: Spec = {"field": "when", "type": "nominal", "title": "As of"}

# Rows: at, when, kind, count, change, why.
JOINED_AND_LEFT: Spec = {
    "mark": {"type": "bar", "width": 4, "cornerRadius": 1},
    "encoding": {
        "x": _TIME_AXIS,
        "y": {
            "field": "change", "type": "quantitative", "title": None, "stack": None,
            "axis": {"format": "~s", "tickCount": 3},
        },
        "color": {
            "field": "kind", "type": "nominal", "legend": None,
            "scale": {"domain": ["joined", "left"], "range": [JOINED_COLOR, LEFT_COLOR]},
        },
        "tooltip": [
            _TOOLTIP_TIME,
            {"field": "kind", "type": "nominal", "title": "Contacts that"},
            {"field": "count", "type": "quantitative", "title": "Number", "format": ","},
            {"field": "why", "type": "nominal", "title": "Because of"},
        ],
    },
}  # fmt: skip

RUN_STRIP: Spec = {
    "mark": {"type": "bar", "cornerRadius": 2},
    "encoding": {
        "x": {
            "field": "place", "type": "ordinal", "axis": None,
            "scale": {"domain": list(range(MOST_BARS)), "paddingInner": 0.35},
        },
        "y": {"value": 0},
        "y2": {"value": 34},
        "color": {
            "field": "status", "type": "nominal", "legend": None,
            "scale": {"domain": list(STATUS_COLORS), "range": list(STATUS_COLORS.values())},
        },
        "tooltip": [
            {"field": "when", "type": "nominal", "title": "Requested"},
            {"field": "status", "type": "nominal", "title": "Result"},
            {"field": "members", "type": "nominal", "title": "Members"},
        ],
    },
}  # fmt: skip


# Beside a figure, where the chart of st.metric would have marks without a name for screen readers.
SPARKLINE: Spec = {
    "encoding": {
        "x": {"field": "place", "type": "quantitative", "axis": None},
        "y": {"field": "value", "type": "quantitative", "axis": None, "scale": {"zero": False, "nice": False}},
    },
    "layer": [
        {"mark": {"type": "area", "opacity": 0.22, "line": {"strokeWidth": 2}, "interpolate": "monotone"}},
        {"mark": {"type": "point", "opacity": 0, "tooltip": True}, "encoding": {
            "tooltip": [{"field": "value", "type": "quantitative", "title": "Value", "format": ",.4~r"}]}},
    ],
    "config": {"view": {"stroke": None}},
}  # fmt: skip


SPARK_BARS: Spec = {
    "mark": {"type": "bar", "cornerRadius": 1, "tooltip": True},
    "encoding": {
        "x": {"field": "place", "type": "ordinal", "axis": None, "scale": {"paddingInner": 0.4}},
        "y": {"field": "value", "type": "quantitative", "axis": None},
        "tooltip": [{"field": "value", "type": "quantitative", "title": "Contacts", "format": ","}],
    },
    "config": {"view": {"stroke": None}},
}


def sparkline(values: Sequence[float], *, alt: str, bars: bool = False, height: int = 56) -> None:
    """Draw how a figure moved, without axes; `alt` says it in words."""
    frame = pd.DataFrame({"place": range(len(values)), "value": list(values)})
    draw(frame, SPARK_BARS if bars else SPARKLINE, height=height, alt=alt)


def draw(frame: pd.DataFrame, spec: Spec, *, height: int, alt: str) -> None:
    """Draw a chart; `alt` says in words what it shows."""
    # Its signature names types of polars, which is not installed.
    st.vega_lite_chart(frame, _unspoken(spec), height=height, alt=alt)  # pyright: ignore[reportUnknownMemberType] -- see above


def _unspoken(spec: Spec) -> Spec:
    """Keep marks from being read out one by one, or as pictures without a name where there are none: `alt` speaks."""
    quiet: Spec = {key: [_unspoken(part) for part in value] if key == "layer" else value for key, value in spec.items()}
    if "mark" in quiet:
        mark = cast("str | Spec", quiet["mark"])
        quiet["mark"] = ({"type": mark} if isinstance(mark, str) else mark) | {"aria": False}
    return quiet
