"""Draws one condition: what it is about, which operator, which value. It gives back the condition as answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages import builder_subjects as subjects
from pages import builder_tree as trees
from pages.builder_spot import Spot, together, word
from pages.builder_times import ask_window, looks_ahead
from pages.builder_tree import KEY, Node
from pages.builder_values import ask_value
from segment_engine import (
    COUNT_OPERATORS,
    TEXTS,
    Calendar,
    Case,
    Catalog,
    EventType,
    Field,
    OnMissing,
    Operator,
    aggregate_result,
    find_operator,
    operators_for,
)

FUNCTIONS = {
    "count": "number of events", "count_distinct": "number of different", "sum": "sum of", "avg": "average of",
    "min": "smallest", "max": "largest",
}  # fmt: skip
NEVER_MISSING = frozenset({"count", "count_distinct", "sum"})
COUNT_PHRASES = {key: phrase.replace("from … to …", "from") for key, (_, phrase) in COUNT_OPERATORS.items()}
MOST_TIMES = 1_000_000
LEAVE_OUT, COUNT_IN = "Leave out", "Count in"


@dataclass(frozen=True)
class Drawing:
    """What all rows of one drawing share.

    Shape: `slots` collects, by the key of a node, the place where its problems are written once they are known.
    """

    catalog: Catalog
    calendar: Calendar
    numbers: Mapping[str, str]
    subjects: Mapping[str, str]
    slots: dict[str, DeltaGenerator] = field(default_factory=dict[str, DeltaGenerator])

    def spot(self, node: Node) -> Spot:
        """Name the place of a node for its controls."""
        number = self.numbers.get(node[KEY], "")
        return Spot(f"Condition {number}", node[KEY], subjects.subject_of(node))


def draw_condition(drawing: Drawing, node: Node) -> Node:
    """Draw a condition of the tree, without its filter."""
    subject = _subject(Spot(f"Condition {drawing.numbers.get(node[KEY], '')}", node[KEY]), drawing, node)
    if subject is None:
        return node
    if subject != subjects.subject_of(node):
        node = subjects.new_condition(subject, drawing.catalog) | {KEY: node[KEY]}
    event = subjects.event_of(node, drawing.catalog)
    match node.get("kind"):
        case "event" if event is not None:
            return _event(drawing, node, event)
        case "aggregate" if event is not None:
            return _aggregate(drawing, node, event)
        case "event_time" if event is not None:
            return _event_time(drawing, node, event)
        case "attribute":
            return node | _test(drawing, drawing.spot(node), node, drawing.catalog.fields.get(node.get("field", "")))
        case "all_contacts":
            return node
        case _:
            word("is not in the catalog any more")
            return node


def _subject(spot: Spot, drawing: Drawing, node: Node) -> str | None:
    """Ask what the condition is about; something that is gone from the catalog is shown as it was stored."""
    held = subjects.subject_of(node)
    names = dict(drawing.subjects)
    if held != subjects.BLANK and held not in names:
        names = {held: f"Gone: {held.partition(':')[2]}"} | names
    return st.selectbox(
        f"{spot.label} subject", list(names), index=list(names).index(held) if held in names else None,
        format_func=lambda key: names[key], key=spot.control("subject"), label_visibility="collapsed", width=180,
        placeholder="Choose what to ask about",
    )  # fmt: skip


def draw_filter(drawing: Drawing, node: Node, event: EventType) -> Node:
    """Draw a condition on a property of an event."""
    names = {key: each.label for key, each in subjects.properties(event).items()}
    spot = drawing.spot(node)
    chosen = Spot(spot.label, node[KEY]).choice("property", names, node.get("field"), width=190)
    if chosen != node.get("field"):
        tested = subjects.properties(event).get(chosen)
        node = {"kind": "property", "field": chosen, "op": subjects.first_operator(tested), KEY: node[KEY]}
    return node | _test(drawing, spot.asking(chosen), node, subjects.properties(event).get(chosen))


# The kinds ---------------------------------------------------------------------------------------------------------


def _event(drawing: Drawing, node: Node, event: EventType) -> Node:
    spot = drawing.spot(node)
    verb = spot.choice("verb", {"did": "happened", "did_not": "did not happen"}, node.get("verb"), width=135)
    with together():
        count = _count(spot, node.get("count") or {"op": "gte", "n": 1}) if verb == "did" else None
    return node | {"verb": verb, "count": count} | _window(drawing, spot, node, event)


def _count(spot: Spot, count: Mapping[str, Any]) -> dict[str, Any]:
    op = spot.choice("count operator", COUNT_PHRASES, str(count.get("op", "gte")), width=125)
    if op not in {"between", "not_between"}:
        n = spot.whole("count", count.get("n"), lowest=0, highest=MOST_TIMES)
        word("times")
        return {"op": op, "n": n}
    start = spot.whole("count from", count.get("from"), lowest=0, highest=MOST_TIMES)
    word("to")
    end = spot.whole("count to", count.get("to"), lowest=0, highest=MOST_TIMES)
    word("times")
    return {"op": op, "from": start, "to": end}


def _aggregate(drawing: Drawing, node: Node, event: EventType) -> Node:
    spot = drawing.spot(node)
    function = spot.choice("figure", FUNCTIONS, node.get("function"), width=150)
    tested: Field | None
    of: str | None = None
    if function == "count":
        tested = aggregate_result(function, None)
    else:
        possible = {key: each for key, each in subjects.properties(event).items() if aggregate_result(function, each)}
        if not possible:
            word("– this event has no property for that")
            return node | {"function": function, "of": None}
        names = {key: each.label for key, each in possible.items()}
        of = spot.asking(function).choice("property", names, node.get("of"), width=140)
        tested = aggregate_result(function, possible.get(of))
    op = (
        node.get("op")
        if tested and find_operator(str(node.get("op")), tested.type)
        else subjects.first_operator(tested)
    )
    same = function == node.get("function") and of == node.get("of")
    answered = (node if same else {key: value for key, value in node.items() if key not in {"case", "on_missing"}}) | {
        "function": function, "of": of, "op": op,
    }  # fmt: skip
    test = _test(drawing, spot.asking(function, of or ""), answered, tested, may_miss=function not in NEVER_MISSING)
    return answered | test | _window(drawing, spot, node, event)


def _event_time(drawing: Drawing, node: Node, event: EventType) -> Node:
    spot = drawing.spot(node)
    which = spot.choice("which", {"first": "first time", "last": "last time"}, node.get("which"), width=125)
    tested = subjects.tested_field(node, drawing.catalog, event)
    return node | {"which": which} | _test(drawing, spot, node, tested) | _window(drawing, spot, node, event)


def _window(drawing: Drawing, spot: Spot, node: Node, event: EventType) -> Node:
    """Ask which events count; those ahead of the calculation only where the period lies ahead."""
    with together():
        window = ask_window(spot.asking("window"), node.get("window"), drawing.calendar, dates_only=event.date_only)
    ahead = True if looks_ahead(window) else node.get("include_future") if not looks_ahead(node.get("window")) else None
    return {"window": window, "include_future": ahead or None}


# Operator and value ------------------------------------------------------------------------------------------------


def _test(drawing: Drawing, spot: Spot, node: Node, tested: Field | None, *, may_miss: bool = True) -> Node:
    """Ask for the operator, its value, and what to do with contacts without one."""
    if tested is None:
        word("is not in the catalog any more: choose something else")
        return {}
    offered = {each.key: each.phrase for each in operators_for(tested.type, ordered=tested.ordered)}
    with together():
        op = spot.choice("operator", offered, node.get("op"), width=150)
        operator = find_operator(op, tested.type, ordered=tested.ordered)
        if operator is None:
            return {"op": op}
        asked = spot.asking(operator.shape.value)
        value = ask_value(
            asked, _fitting(node.get("value"), operator), shape=operator.shape, field=tested, calendar=drawing.calendar
        )
    # The case of a count of different texts belongs to the count, not to the operator that compares it.
    kept = node if op == node.get("op") else {"case": node.get("case") if node.get("kind") == "aggregate" else None}
    return {"op": op, "value": value} | _options(spot.asking(op), kept, operator, tested, may_miss=may_miss)


def _fitting(value: object, operator: Operator) -> object:
    """Take an answer along to a similar operator: one value into a list, the first of a list as one value."""
    listed = operator.shape.value == "literals"
    if listed and isinstance(value, str | int) and not isinstance(value, bool):
        return [value]
    if operator.shape.value == "literal" and trees.items_of(value):
        return trees.items_of(value)[0]
    return value


def _options(spot: Spot, node: Node, operator: Operator, tested: Field, *, may_miss: bool) -> Node:
    """Ask for what has a good default, out of the way: contacts without a value, and upper and lower case."""
    asks_missing = operator.missing is not None and may_miss and not tested.key.startswith("@")
    asks_case = operator.cased and tested.type in TEXTS
    answers: Node = {"on_missing": node.get("on_missing"), "case": node.get("case")}
    if not asks_missing and not asks_case:
        return answers
    with st.popover(f"{spot.label} options", icon=":material/tune:", type="tertiary", width=32, wrap=False):
        if asks_missing and operator.missing is not None:
            answers["on_missing"] = _missing(spot, node.get("on_missing"), operator.missing, tested)
        if asks_case:
            usual = Case.FOLD if tested.type.value == "text" else Case.EXACT
            held = node.get("case") or usual.value
            exact = st.toggle("Match upper and lower case", held == Case.EXACT.value, key=spot.control("case"))
            answers["case"] = Case.EXACT.value if exact else Case.FOLD.value
    return answers


def _missing(spot: Spot, held: str | None, usual: OnMissing, tested: Field) -> str:
    words = {LEAVE_OUT: OnMissing.EXCLUDE, COUNT_IN: OnMissing.INCLUDE}
    names = {each.value: name for name, each in words.items()}
    chosen = st.segmented_control(
        f"Contacts without a value for {tested.label or 'this'}", list(words), default=names[held or usual.value],
        required=True, key=spot.control("missing"),
    )  # fmt: skip
    done = "left out" if usual is OnMissing.EXCLUDE else "counted in"
    why = (
        "nobody can say that the condition holds for them"
        if usual is OnMissing.EXCLUDE
        else "a value that is not known is not this one either"
    )
    st.caption(f"Usually they are {done}: {why}.")
    return words[chosen].value
