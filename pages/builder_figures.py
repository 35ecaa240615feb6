"""Asks for a figure over rows: which function, of which property."""

from __future__ import annotations

from pages import builder_subjects as subjects
from pages.builder_drawing import Drawing
from pages.builder_spot import Spot, together, word
from pages.builder_subjects import source_of
from pages.builder_tree import Node
from segment_engine import aggregate_result

FUNCTIONS = {
    "count": "number of rows", "count_distinct": "number of different", "sum": "sum of", "avg": "average of",
    "min": "smallest", "max": "largest",
}  # fmt: skip


def ask_figure(drawing: Drawing, spot: Spot, held: Node) -> Node:
    """Ask for function and property; a property that the function cannot be computed of is not offered."""
    source = source_of(held)
    with together():
        function = spot.choice("figure", FUNCTIONS, held.get("function"), width=165)
        if function == "count":
            return {"function": function, "of": None}
        own = subjects.properties(source, drawing.catalog, own=True)
        possible = {key: each.label for key, each in own.items() if aggregate_result(function, each)}
        if not possible:
            word("– there is no property for that")
            return {"function": function, "of": None}
        of = spot.asking(function).choice("property", possible, held.get("of"), width=150)
    return {"function": function, "of": of}
