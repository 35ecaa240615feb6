"""Asks for an operator and its value, and for what has a good default: missing values, upper and lower case."""

from __future__ import annotations

import streamlit as st

from pages import builder_changes as changes
from pages import builder_subjects as subjects
from pages.builder_drawing import Drawing
from pages.builder_spot import Spot, together, word
from pages.builder_tree import AS_TEXT, KEY, Node, items_of
from pages.builder_values import Question, ask_value
from segment_engine import TEXTS, Case, Field, FieldType, OnMissing, Operator, find_operator, operators_for

LEAVE_OUT, COUNT_IN = "Leave out", "Count in"
# Operators that ask for whole values, so that those which occur can be offered.
WHOLE_VALUES = frozenset(
    {
        "equals",
        "not_equals",
        "is_any_of",
        "is_none_of",
        "includes_any",
        "includes_none",
        "includes_all",
        "not_includes_all",
    }
)


def ask_test(drawing: Drawing, spot: Spot, node: Node, tested: Field | None, *, may_miss: bool = True) -> Node:
    """Ask for the operator, its value, and what to do with contacts without one."""
    if tested is None:
        word("is not in the catalog any more: choose something else")
        return {}
    offered = {each.key: each.phrase for each in operators_for(tested.type, ordered=tested.ordered)}
    with together():
        op = spot.choice("operator", offered, node.get("op"), width=165)
        operator = find_operator(op, tested.type, ordered=tested.ordered)
        if operator is None:
            return {"op": op}
        asked = spot.asking(operator.shape.value)
        value = ask_value(asked, _fitting(node.get("value"), operator), _question(drawing, node, operator, tested))
    # The case of a count of different texts belongs to the count, not to the operator that compares it.
    kept = node if op == node.get("op") else {"case": node.get("case") if node.get("kind") == "aggregate" else None}
    return {"op": op, "value": value} | _options(spot.asking(op), kept, operator, tested, may_miss=may_miss)


def _question(drawing: Drawing, node: Node, operator: Operator, tested: Field) -> Question:
    whole = operator.key in WHOLE_VALUES and not tested.key.startswith("@") and node.get("kind") != "aggregate"
    as_text = bool(node.get(AS_TEXT))

    def switch() -> None:
        drawing.change(lambda root: changes.marked(root, node[KEY], AS_TEXT, not as_text))

    return Question(
        operator.shape, tested, drawing.calendar, most=operator.most, as_text=as_text, switch=switch,
        known=drawing.choices.values(tested.key) if whole and tested.key else None,
    )  # fmt: skip


def _fitting(value: object, operator: Operator) -> object:
    """Take an answer along to a similar operator: one value into a list, the first of a list as one value."""
    listed = operator.shape.value == "literals"
    if listed and isinstance(value, str | int) and not isinstance(value, bool):
        return [value]
    if operator.shape.value == "literal" and items_of(value):
        return items_of(value)[0]
    return value


def _options(spot: Spot, node: Node, operator: Operator, tested: Field, *, may_miss: bool) -> Node:
    """Ask for what has a good default, out of the way."""
    asks_missing = operator.missing is not None and may_miss and not tested.key.startswith("@")
    asks_case = operator.cased and (tested.type in TEXTS or tested.type is FieldType.SET)
    answers: Node = {"on_missing": node.get("on_missing"), "case": node.get("case")}
    if not asks_missing and not asks_case:
        return answers
    with st.popover(f"{spot.label} options", icon=":material/tune:", type="tertiary", width=32, wrap=False):
        if asks_missing and operator.missing is not None:
            answers["on_missing"] = ask_missing(spot, node.get("on_missing"), operator.missing, tested.label or "this")
        if asks_case:
            usual = Case.EXACT if tested.type is FieldType.CHOICE or tested.values else Case.FOLD
            held = node.get("case") or usual.value
            exact = st.toggle("Match upper and lower case", held == Case.EXACT.value, key=spot.control("case"))
            answers["case"] = Case.EXACT.value if exact else Case.FOLD.value
    return answers


def ask_missing(spot: Spot, held: str | None, usual: OnMissing, what: str) -> str:
    """Ask what a condition answers for contacts without a value."""
    words = {LEAVE_OUT: OnMissing.EXCLUDE, COUNT_IN: OnMissing.INCLUDE}
    names = {each.value: name for name, each in words.items()}
    chosen = st.segmented_control(
        f"Contacts without a value for {what}", list(words), default=names[held or usual.value],
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


def missing_options(spot: Spot, held: str | None, usual: OnMissing, what: str) -> str:
    """Ask for missing values where nothing else has a good default."""
    with st.popover(f"{spot.label} options", icon=":material/tune:", type="tertiary", width=32, wrap=False):
        return ask_missing(spot, held, usual, what)


def operator_kept(node: Node, tested: Field | None) -> str:
    """Keep the operator of a condition where it still suits what is asked, else take the usual one."""
    held = str(node.get("op"))
    suits = tested is not None and find_operator(held, tested.type, ordered=tested.ordered) is not None
    return held if suits else subjects.first_operator(tested)
