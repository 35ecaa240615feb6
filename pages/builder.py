"""Draws the tree of criteria, group in group, and changes it when a button is pressed. One drawing, one tree back."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages import builder_subjects as subjects
from pages import builder_tree as trees
from pages.builder_rows import Drawing, draw_condition, draw_filter
from pages.builder_spot import Spot, word
from pages.builder_tree import KEY, Node
from segment_engine import Calendar, Catalog, EventType, GroupKind

Change = Callable[[Callable[[Node], Node]], None]
KINDS = {
    GroupKind.ALL.value: "All of", GroupKind.ANY.value: "Any of", GroupKind.NONE.value: "None of",
    GroupKind.AT_LEAST.value: "At least",
}  # fmt: skip
FILTER, UP, DOWN = "Count only some events", "Move up", "Move down"
OUT, INTO = "Move out of the group", "Move into the group beside"
DUPLICATE, REMOVE = "Duplicate", "Remove"
NUMBER_WIDTH = 30
ICONS = {
    FILTER: ":material/filter_alt:",
    UP: ":material/arrow_upward:",
    DOWN: ":material/arrow_downward:",
    OUT: ":material/north_west:",
    INTO: ":material/south_east:",
    DUPLICATE: ":material/content_copy:",
    REMOVE: ":material/delete:",
}


def draw(root: Node, catalog: Catalog, calendar: Calendar, change: Change) -> tuple[Node, Drawing]:
    """Draw the whole tree.

    Shape: the tree as its controls answer it at this moment, and the drawing, whose slots take the problems.
    """
    drawing = Drawing(catalog, calendar, trees.numbers(root), subjects.subjects(catalog))
    return _group(drawing, root, change, level=1), drawing


def _group(
    drawing: Drawing, node: Node, change: Change, *, level: int, event: EventType | None = None, top: bool = True
) -> Node:
    """Draw a group; with an event it is the filter of an event condition."""
    number = drawing.numbers.get(node[KEY], "")
    name = f"Group {number}" if number else "Criteria"
    with st.container(border=True, gap="small", key=f"group-{node[KEY]}"):
        head = st.container(horizontal=True, vertical_alignment="center", gap="small")
        question = head.container(horizontal=True, vertical_alignment="center", gap="small", width="content")
        head.space("stretch")
        acts = head.container(horizontal=True, vertical_alignment="center", gap="xsmall", width="content")
        drawing.slots[node[KEY]] = st.container(gap="xxsmall")
        of = [_child(drawing, child, change, level=level, event=event) for child in trees.children(node)]
        with question:
            answered = _join(Spot(name, node[KEY]), node, len(of))
        with acts:
            _group_buttons(node, change, level=level, event=event)
            if not top:
                _menu(name, node, change)
    return node | answered | {"of": of}


def _join(spot: Spot, node: Node, size: int) -> Node:
    """Ask how the children of a group combine."""
    kind = st.segmented_control(
        f"{spot.label} join", list(KINDS), default=node.get("group"), required=True, format_func=lambda key: KINDS[key],
        key=spot.control("join"), label_visibility="collapsed",
    )  # fmt: skip
    if kind != GroupKind.AT_LEAST.value:
        return {"group": kind, "k": None}
    k = spot.asking(kind).whole(
        "number of conditions", node.get("k", 1), lowest=1, highest=max(size, 1, node.get("k") or 1)
    )
    word(f"of {size}")
    return {"group": kind, "k": k}


def _group_buttons(node: Node, change: Change, *, level: int, event: EventType | None) -> None:
    key = node[KEY]
    deepest = trees.DEEPEST_FILTER if event else trees.DEEPEST

    def condition() -> Node:
        return subjects.new_filter(event) if event else subjects.blank_condition()

    def add_condition() -> None:
        change(lambda root: trees.added(root, key, condition()))

    def add_group() -> None:
        change(lambda root: trees.added(root, key, trees.new_group(GroupKind.ANY, condition())))

    what = "Add filter" if event else "Add condition"
    st.button(what, icon=":material/add:", type="tertiary", key=f"builder.{key}.add", on_click=add_condition)
    if level < deepest:
        st.button(
            "Add group", icon=":material/account_tree:", type="tertiary", key=f"builder.{key}.group", on_click=add_group
        )


def _child(drawing: Drawing, node: Node, change: Change, *, level: int, event: EventType | None) -> Node:
    if trees.is_group(node):
        return _group(drawing, node, change, level=level + 1, event=event, top=False)
    name = f"Condition {drawing.numbers.get(node[KEY], '')}"
    with st.container(gap="xsmall", key=f"row-{node[KEY]}"):
        with st.container(horizontal=True, wrap=False, gap="xsmall"):
            st.caption(name.rpartition(" ")[2], width=NUMBER_WIDTH)
            question = st.container(horizontal=True, vertical_alignment="center", gap="xsmall", width="stretch")
            acts = st.container(
                horizontal=True, vertical_alignment="center", gap="xxsmall", width="content", wrap=False
            )
        with question:
            answered = draw_filter(drawing, node, event) if event else draw_condition(drawing, node)
        kept = subjects.event_of(answered, drawing.catalog) if not event else None
        with acts:
            _menu(name, node, change, filtered=kept if not trees.children(answered.get("where") or {}) else None)
        drawing.slots[node[KEY]] = st.container(gap="xxsmall")
        where = answered.get("where")
        if kept is not None and where and trees.children(where):
            st.caption("Only events where")
            answered = answered | {"where": _group(drawing, where, change, level=1, event=kept)}
    return answered


def _adding_filter(key: str, event: EventType) -> dict[str, Callable[[Node], Node]]:
    return {FILTER: lambda root: trees.with_filter(root, key, subjects.new_filter(event))}


def _menu(name: str, node: Node, change: Change, *, filtered: EventType | None = None) -> None:
    """Draw what can be done with a row or a group as a whole; `filtered` is the event that can still get a filter."""
    key = node[KEY]
    control = f"builder.{key}.menu"
    acts: dict[str, Callable[[Node], Node]] = {
        UP: lambda root: trees.moved(root, key, -1),
        DOWN: lambda root: trees.moved(root, key, 1),
        OUT: lambda root: trees.moved_out(root, key),
        INTO: lambda root: trees.moved_in(root, key),
        DUPLICATE: lambda root: trees.duplicated(root, key),
        REMOVE: lambda root: trees.removed(root, key),
    }
    if filtered is not None:
        acts = _adding_filter(key, filtered) | acts

    def act() -> None:
        chosen = st.session_state[control]
        if chosen in acts:
            change(acts[chosen])

    st.menu_button(
        f"{name} actions", list(acts), icon=":material/more_vert:", type="tertiary", key=control, on_click=act,
        format_func=lambda option: f"{ICONS[option]} {option}", width=32, wrap=False,
    )  # fmt: skip
    st.button(
        f"Remove {name[0].lower()}{name[1:]}", icon=":material/close:", type="tertiary", width=20, wrap=False,
        key=f"builder.{key}.remove", on_click=lambda: change(acts[REMOVE]),
    )  # fmt: skip
