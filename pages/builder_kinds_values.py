"""Draws values against values: fields, figures and times as expressions, compared or ranked."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages import builder_subjects as subjects
from pages.builder_drawing import Drawing, ask_rows_time
from pages.builder_expressions import expression_field, expression_may_miss
from pages.builder_figures import ask_figure
from pages.builder_kinds_rows import WHICH_TIME
from pages.builder_spot import Spot, together
from pages.builder_subjects import source_of
from pages.builder_test import ask_missing
from pages.builder_times import MOST
from pages.builder_tree import Node, fields_of
from segment_engine import COMPARE_OPERATORS, NUMBERS, TEXTS, TIMES, Case, Field, FieldType, OnMissing

FORMS = {"attribute": "field", "aggregate": "aggregate", "figure": "aggregate", "event_time": "event_time"}
EXACTLY, TIMES_AS_MUCH, MOVED = "as it is", "multiplied by", "moved by"
OFFSET_UNITS = {"minute": "minutes", "hour": "hours", "day": "days (24 hours)"}
DATE_UNITS = {"day": "days"}
LATER, EARLIER = "later", "earlier"


# Expressions -------------------------------------------------------------------------------------------------------


def _subject(value: object) -> str:
    held = fields_of(value)
    if "aggregate" in held:
        return subjects.subject_of({"kind": "aggregate"} | fields_of(held["aggregate"]))
    if "event_time" in held:
        return f"event_time:{fields_of(held['event_time']).get('event', '')}"
    return f"attribute:{held.get('field') or ''}"


def _new(subject: str) -> Node:
    kind, _, key = subject.partition(":")
    match kind:
        case "attribute":
            return {"field": key}
        case "event_time":
            return {"event_time": {"event": key, "which": "last"}}
        case "aggregate":
            return {"aggregate": {"from": {"event": key}, "function": "count"}}
        case _:
            return {"aggregate": {"from": {"path": key.split("/")}, "function": "count"}}


def ask_expression(drawing: Drawing, spot: Spot, what: str, value: object, *, like: Field | None = None) -> Node:
    """Ask for a field, a figure or a time; `like` leaves out what can never be compared with it."""
    held = _subject(value)
    names = {
        key: name for key, name in _named(drawing) if like is None or key == held or _may_be_like(drawing, key, like)
    }
    with together():
        chosen = spot.choice(
            what, names, None if held == subjects.BLANK else held, width=215, placeholder="Choose a value"
        )
        answer = fields_of(value) if chosen == held else _new(chosen) if chosen else {}
        inner = spot.asking(what, chosen)
        if "event_time" in answer:
            rows = fields_of(answer["event_time"])
            which = inner.choice("which", WHICH_TIME, rows.get("which"), width=125)
            return {"event_time": rows | {"which": which} | ask_rows_time(drawing, inner, rows, source_of(rows))}
        if "aggregate" not in answer:
            return answer
        figure = fields_of(answer["aggregate"])
        asked = ask_figure(drawing, inner, figure)
        kept = figure if asked["of"] == figure.get("of") else {k: each for k, each in figure.items() if k != "case"}
        return {"aggregate": kept | asked | ask_rows_time(drawing, inner, figure, source_of(figure))}


def _named(drawing: Drawing) -> list[tuple[str, str]]:
    return [(key, each.name) for key, each in drawing.subjects.items() if key.partition(":")[0] in FORMS]


def _may_be_like(drawing: Drawing, subject: str, like: Field) -> bool:
    kind, _, key = subject.partition(":")
    if kind == "attribute":
        return are_alike(drawing.catalog.fields.get(key), like)
    if kind == "event_time":
        return are_alike(drawing.catalog.property_of(key, "@time"), like)
    return like.type in NUMBERS | TIMES


def are_alike(one: Field | None, other: Field) -> bool:
    """Tell whether two values can be compared: of the same type, currency and list."""
    if one is None:
        return False
    plain = NUMBERS - {FieldType.MONEY}
    same_type = one.type == other.type or {one.type, other.type} <= plain
    same_list = one.type is not FieldType.CHOICE or one.values == other.values
    return same_type and one.currency == other.currency and same_list and one.type is not FieldType.SET


# Compare -----------------------------------------------------------------------------------------------------------


def compare_fields(drawing: Drawing, node: Node) -> Node:
    """Ask for two values, how they are compared, and by how much the right one is changed before."""
    spot = drawing.spot(node)
    left = ask_expression(drawing, spot, "left value", node.get("left"))
    kind = expression_field(left, drawing.catalog)
    if kind is None:
        return node | {"left": left or None}
    offered = {key: phrase for key, (_, phrase, types) in COMPARE_OPERATORS.items() if kind.type in types}
    held = str(node.get("op"))
    op = spot.asking(kind.type.value).choice("operator", offered, held if held in offered else None, width=150)
    right = ask_expression(drawing, spot, "right value", node.get("right"), like=kind)
    answered = node | {"left": left, "op": op, "right": right or None} | _change(spot, node, kind)
    usual = OnMissing.INCLUDE if op == "not_equals" else OnMissing.EXCLUDE
    may_miss = expression_may_miss(left) or expression_may_miss(right)
    kept = node if op == held else node | {"on_missing": None}
    return answered | _options(spot.asking(op), kept, kind, usual if may_miss else None)


def _options(spot: Spot, node: Node, kind: Field, usual: OnMissing | None) -> Node:
    answers: Node = {"on_missing": None, "case": None}
    if usual is None and kind.type is not FieldType.TEXT:
        return answers
    with st.popover(f"{spot.label} options", icon=":material/tune:", type="tertiary", width=32, wrap=False):
        if usual is not None:
            answers["on_missing"] = ask_missing(spot, node.get("on_missing"), usual, "one of the two")
        if kind.type is FieldType.TEXT:
            exact = st.toggle(
                "Match upper and lower case", node.get("case") == Case.EXACT.value, key=spot.control("case")
            )
            answers["case"] = Case.EXACT.value if exact else Case.FOLD.value
    return answers


def _change(spot: Spot, node: Node, kind: Field) -> Node:
    """Ask by how much the right value is multiplied or moved in time."""
    if kind.type in TEXTS | {FieldType.BOOLEAN}:
        return {"times": None, "offset": None}
    numeric = kind.type in NUMBERS
    how = TIMES_AS_MUCH if numeric else MOVED
    asked = spot.asking("numeric" if numeric else kind.type.value)
    with together():
        changed = node.get("times") is not None if numeric else bool(fields_of(node.get("offset")))
        chosen = asked.choice("change", {EXACTLY: EXACTLY, how: how}, how if changed else EXACTLY, width=140)
        if chosen == EXACTLY:
            return {"times": None, "offset": None}
        if numeric:
            return {"times": asked.text("times", node.get("times"), placeholder="1.5", width=90), "offset": None}
        return {"times": None, "offset": _offset(asked, node.get("offset"), dates=kind.type is FieldType.DATE)}


def _offset(spot: Spot, value: object, *, dates: bool) -> dict[str, Any]:
    held = fields_of(value) or {"unit": "day"}
    n = held.get("n")
    amount = spot.whole("amount", abs(n) if isinstance(n, int) else None, lowest=0, highest=MOST)
    unit = spot.choice("unit", DATE_UNITS if dates else OFFSET_UNITS, held.get("unit", "day"), width=135)
    ways = {LATER: LATER, EARLIER: EARLIER}
    way = spot.choice("direction", ways, EARLIER if isinstance(n, int) and n < 0 else LATER, width=105)
    return {"n": amount if amount is None or way == LATER else -amount, "unit": unit}
