"""Draws the tree of criteria, group in group, and changes it when a button is pressed. One drawing, one tree back."""

from __future__ import annotations

from dataclasses import dataclass, replace

import streamlit as st

from pages import builder_changes as changes
from pages import builder_new as new
from pages import builder_subjects as subjects
from pages import builder_tree as trees
from pages.builder_acts import Around, draw_acts, fold_button
from pages.builder_choices import Choices
from pages.builder_drawing import Change, Drawing
from pages.builder_filters import Filter, filters_of, filters_of_limit
from pages.builder_limit import draw_limit
from pages.builder_rows import draw_condition, draw_filter
from pages.builder_spot import Spot, word
from pages.builder_subjects import FAMILIES, Family
from pages.builder_tree import FOLDED, KEY, LIMIT, Node
from pages.criteria_words import node_words
from pages.words import counted, plain, shortened
from segment_engine import Calendar, Catalog, GroupKind, Source

KINDS = {
    GroupKind.ALL.value: "All of", GroupKind.ANY.value: "Any of", GroupKind.NONE.value: "None of",
    GroupKind.AT_LEAST.value: "At least",
}  # fmt: skip
LONGEST_SUMMARY = 220
NUMBER_WIDTH, DIGIT_WIDTH = 30, 7


@dataclass(frozen=True)
class _Level:
    """Where a group stands: how deep, and inside which filter, if any."""

    depth: int = 1
    source: Source | None = None
    words: str = ""

    @property
    def deepest(self) -> int:
        return trees.DEEPEST if self.source is None else trees.DEEPEST_FILTER


def draw(
    root: Node, catalog: Catalog, calendar: Calendar, change: Change, choices: Choices | None = None
) -> tuple[Node, Drawing]:
    """Draw the whole tree and its limit.

    Shape: the tree as its controls answer it at this moment, and the drawing, whose slots take problems and counts.
    """
    drawing = Drawing(catalog, calendar, trees.numbers(root), subjects.subjects(catalog), change, choices or Choices())
    answered = _group(drawing, root, _Level(), None)
    limit = draw_limit(drawing, root.get(LIMIT))
    if limit is not None:
        limit = _filters(drawing, limit, filters_of_limit(limit, catalog))
    return answered | {LIMIT: limit}, drawing


def _group(drawing: Drawing, node: Node, level: _Level, around: Around | None) -> Node:
    """Draw a group; inside a filter its conditions ask for properties of rows."""
    number = drawing.numbers.get(node[KEY], "")
    name = f"Group {number}" if number else "Criteria"
    with st.container(border=True, gap="small", key=f"group-{node[KEY]}"):
        head = st.container(horizontal=True, vertical_alignment="center", gap="small")
        question = head.container(horizontal=True, vertical_alignment="center", gap="small", width="content")
        head.space("stretch")
        acts = head.container(horizontal=True, vertical_alignment="center", gap="xsmall", width="content")
        drawing.slots[node[KEY]] = st.container(gap="xxsmall")
        folded = bool(node.get(FOLDED))
        of = trees.children(node)
        if not folded:
            of = [_child(drawing, child, level, Around.of(node, place, level.depth)) for place, child in enumerate(of)]
        with question:
            if around is not None:
                fold_button(drawing, name, node)
            answered = _join(Spot(name, node[KEY]), node, len(of))
        if folded:
            st.caption(plain(_summary(drawing, node)))
        with acts:
            drawing.figures[node[KEY]] = st.empty()
            if not folded:
                _adding(drawing, node, level)
            draw_acts(drawing, name, node, around, source=level.source)
    return node | answered | {"of": of}


def _join(spot: Spot, node: Node, size: int) -> Node:
    """Ask how the children of a group combine; a mangled document may say what nobody knows."""
    held = node.get("group") if node.get("group") in KINDS else GroupKind.ALL.value
    kind = st.segmented_control(
        f"{spot.label} join", list(KINDS), default=held, required=True, format_func=lambda key: KINDS[key],
        key=spot.control("join"), label_visibility="collapsed",
    )  # fmt: skip
    if kind != GroupKind.AT_LEAST.value:
        return {"group": kind, "k": None}
    k = spot.asking(kind).whole(
        "number of conditions", node.get("k", 1), lowest=1, highest=max(size, 1, node.get("k") or 1), width=64
    )
    word(f"of {size}")
    return {"group": kind, "k": k}


def _summary(drawing: Drawing, node: Node) -> str:
    """Say what a folded group holds; while it is not complete, how much."""
    size = sum(not trees.is_group(each.node) and not each.filter for each in trees.walk(node))
    said = node_words(node, drawing.catalog, drawing.calendar)
    return shortened(said, LONGEST_SUMMARY) if said else counted(size, "condition", "conditions")


def _adding(drawing: Drawing, node: Node, level: _Level) -> None:
    """Draw what can be added to a group: a condition of a family of subjects, or a group."""
    key, source, change = node[KEY], level.source, drawing.change
    if source is None:
        _add_condition(drawing, key)
    else:
        st.button(
            "Add filter", icon=":material/add:", type="tertiary", key=f"builder.{key}.add",
            on_click=lambda: change(lambda root: changes.added(root, key, new.new_filter(source, drawing.catalog))),
        )  # fmt: skip
    if level.depth < level.deepest:

        def add_group() -> None:
            first = new.new_filter(source, drawing.catalog) if source is not None else new.blank_condition()
            change(lambda root: changes.added(root, key, trees.new_group(GroupKind.ANY, first)))

        st.button(
            "Add group", icon=":material/account_tree:", type="tertiary", key=f"builder.{key}.group", on_click=add_group
        )


def _add_condition(drawing: Drawing, key: str) -> None:
    control = f"builder.{key}.add"
    present = {each.family for each in drawing.subjects.values()}
    families = [each for each in FAMILIES if each in present]

    def add() -> None:
        chosen = st.session_state[control]
        if chosen in present:
            made = new.new_of_family(Family(chosen), drawing.catalog)
            drawing.change(lambda root: changes.added(root, key, made))

    st.menu_button(
        "Add condition", families, icon=":material/add:", type="tertiary", key=control, on_click=add,
        format_func=lambda family: f"{FAMILIES[family][1]} {FAMILIES[family][0]}",
    )  # fmt: skip


def _child(drawing: Drawing, node: Node, level: _Level, around: Around) -> Node:
    if trees.is_group(node):
        return _group(drawing, node, replace(level, depth=level.depth + 1), around)
    name = f"Condition {drawing.numbers.get(node[KEY], '')}"
    with st.container(gap="xsmall", key=f"row-{node[KEY]}"):
        with st.container(horizontal=True, wrap=False, gap="xsmall"):
            number = name.rpartition(" ")[2]
            st.caption(number, width=max(NUMBER_WIDTH, DIGIT_WIDTH * len(number)))
            question = st.container(horizontal=True, vertical_alignment="center", gap="xsmall", width="stretch")
            acts = st.container(
                horizontal=True, vertical_alignment="center", gap="xxsmall", width="content", wrap=False
            )
        with question:
            answered = draw_filter(drawing, node, level.source) if level.source else draw_condition(drawing, node)
        filters = [] if level.source else filters_of(answered, drawing.catalog)
        with acts:
            drawing.figures[node[KEY]] = st.empty()
            draw_acts(drawing, name, node, around, source=level.source, filters=filters)
        drawing.slots[node[KEY]] = st.container(gap="xxsmall")
        return _filters(drawing, answered, filters)


def _filters(drawing: Drawing, node: Node, filters: list[Filter]) -> Node:
    """Draw the filters of a condition below it, each as a group of its own."""
    for each in filters:
        if each.shown and each.group is not None:
            st.caption(each.words)
            drawn = _group(drawing, each.group, _Level(source=each.source, words=each.words), None)
            node = trees.put_at(node, each.place, drawn)
    return node
