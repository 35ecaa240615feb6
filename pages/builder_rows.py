"""Draws one condition: what it is about, which operator, which value. It gives back the condition as answered."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages import builder_kinds_people as people
from pages import builder_kinds_rows as rows
from pages import builder_kinds_values as values
from pages import builder_new as new
from pages import builder_subjects as subjects
from pages.builder_drawing import Drawing
from pages.builder_spot import Spot, word
from pages.builder_subjects import FAMILIES, Family
from pages.builder_test import ask_test
from pages.builder_tree import KEY, Node
from segment_engine import Source

SUBJECT_WIDTH = 200
_Draw = Callable[[Drawing, Node], Node]


def draw_condition(drawing: Drawing, node: Node) -> Node:
    """Draw a condition of the tree, without its filter."""
    node = _about(drawing, node)
    subject = subjects.subject_of(node)
    if subject == subjects.BLANK:
        return node
    if subject not in drawing.subjects:
        word("is not in the catalog any more: choose something else")
        return node
    return _KINDS[str(node["kind"])](drawing, node)


def _about(drawing: Drawing, node: Node) -> Node:
    """Ask what the condition is about. Its own family comes first in the menu; the others follow by their names."""
    family, spot = subjects.family_of(node, drawing.catalog), drawing.place(node)
    held = subjects.subject_of(node)
    control = spot.asking(family.value).control("subject")
    answer = st.session_state.get(control)
    if answer and answer != held:
        node = new.new_condition(answer, drawing.catalog) | {KEY: node[KEY]}
        held, family = answer, subjects.family_of(node, drawing.catalog)
    names = _names(drawing, family, held)
    # The key carries the family: the names in the menu depend on it, and a control remembers the name it showed.
    chosen = spot.asking(family.value).choice(
        "subject", names, None if held == subjects.BLANK else held, width=SUBJECT_WIDTH, icon=FAMILIES[family][1],
        placeholder="Choose what to ask about",
    )  # fmt: skip
    if not chosen or chosen == held:
        return node
    return new.new_condition(chosen, drawing.catalog) | {KEY: node[KEY]}


def _names(drawing: Drawing, family: Family, held: str) -> dict[str, str]:
    own = {key: each.name for key, each in drawing.subjects.items() if each.family is family}
    others = {
        key: f"{FAMILIES[each.family][0]}: {each.name}"
        for key, each in drawing.subjects.items()
        if each.family is not family
    }
    gone = {} if held == subjects.BLANK or held in drawing.subjects else {held: f"Gone: {held.partition(':')[2]}"}
    return gone | own | others


def draw_filter(drawing: Drawing, node: Node, source: Source) -> Node:
    """Draw a condition on a property of rows."""
    known = subjects.properties(source, drawing.catalog)
    names = {key: each.label for key, each in known.items()}
    place = drawing.place(node)
    chosen = place.choice("property", names, node.get("field"), width=170)
    if chosen != node.get("field"):
        node = {"kind": "property", "field": chosen, "op": subjects.first_operator(known.get(chosen)), KEY: node[KEY]}
    return node | ask_test(drawing, Spot(place.label, node[KEY], chosen), node, known.get(chosen))


def _attribute(drawing: Drawing, node: Node) -> Node:
    return node | ask_test(drawing, drawing.spot(node), node, drawing.catalog.fields.get(node.get("field") or ""))


_KINDS: dict[str, _Draw] = {
    "attribute": _attribute,
    "all_contacts": lambda _, node: node,
    "event": rows.event,
    "aggregate": rows.aggregate,
    "event_time": rows.event_time,
    "event_has": rows.event_has,
    "sequence": rows.sequence,
    "campaign": rows.campaign,
    "related": rows.related,
    "segment": people.segment,
    "static_list": people.static_list,
    "consent": people.consent,
    "reachable": people.reachable,
    "sample": people.sample,
    "bucket": people.bucket,
    "compare_fields": values.compare_fields,
}
