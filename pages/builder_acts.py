"""What can be done with a row or a group as a whole: a menu, a button that removes it, one that folds it."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from pages import builder_changes as changes
from pages import builder_new as new
from pages import builder_tree as trees
from pages.builder_changes import Act
from pages.builder_drawing import Drawing
from pages.builder_filters import Filter
from pages.builder_tree import FOLDED, KEY, Node
from segment_engine import Source

UP, DOWN = "Move up", "Move down"
OUT, INTO = "Move out of the group", "Move into the group beside"
NEGATE, DUPLICATE, GROUP, REMOVE = "Negate", "Duplicate", "Put into a new group", "Remove"
FOLD_ALL, UNFOLD_ALL = "Collapse all groups", "Expand all groups"
ICONS = {
    UP: ":material/arrow_upward:",
    DOWN: ":material/arrow_downward:",
    OUT: ":material/north_west:",
    INTO: ":material/south_east:",
    NEGATE: ":material/contrast:",
    DUPLICATE: ":material/content_copy:",
    GROUP: ":material/account_tree:",
    REMOVE: ":material/delete:",
    FOLD_ALL: ":material/unfold_less:",
    UNFOLD_ALL: ":material/unfold_more:",
}
FILTER_ICON = ":material/filter_alt:"


@dataclass(frozen=True)
class Around:
    """Where a node stands among its siblings, so that only moves which lead somewhere are offered."""

    first: bool
    last: bool
    group_beside: bool
    depth: int

    @classmethod
    def of(cls, parent: Node, place: int, depth: int) -> Around:
        """Look around the child of a group at a place; `depth` is that of the group."""
        siblings = trees.children(parent)
        beside = (siblings[at] for at in (place - 1, place + 1) if 0 <= at < len(siblings))
        return cls(place == 0, place == len(siblings) - 1, any(map(trees.is_group, beside)), depth)


def draw_acts(
    drawing: Drawing, name: str, node: Node, around: Around | None, *, source: Source | None,
    filters: list[Filter] | None = None,
) -> None:  # fmt: skip
    """Draw the menu of a row or a group, and the button that removes it; the outermost group only has a menu."""
    key, control = node[KEY], f"builder.{node[KEY]}.menu"
    acts = _acts(drawing, node, around, source, filters or [])

    def act() -> None:
        chosen = st.session_state[control]
        if chosen in acts:
            drawing.change(acts[chosen])

    st.menu_button(
        f"{name} actions", list(acts), icon=":material/more_vert:", type="tertiary", key=control, on_click=act,
        format_func=lambda option: f"{ICONS.get(option, FILTER_ICON)} {option}", width=32, wrap=False,
    )  # fmt: skip
    if around is not None:
        st.button(
            f"Remove {name[0].lower()}{name[1:]}", icon=":material/close:", type="tertiary", width=20, wrap=False,
            key=f"builder.{key}.remove", on_click=lambda: drawing.change(lambda root: changes.removed(root, key)),
        )  # fmt: skip


def _acts(
    drawing: Drawing, node: Node, around: Around | None, source: Source | None, filters: list[Filter]
) -> dict[str, Act]:
    key = node[KEY]
    acts = {each.act: _filtering(drawing, key, each) for each in filters if not each.shown}
    if around is not None:
        acts |= _moves(key, around, in_filter=source is not None)
    acts[NEGATE] = lambda root: changes.negated(root, key, drawing.catalog, source)
    if around is not None:
        acts[DUPLICATE] = lambda root: changes.duplicated(root, key)
        deepest = trees.DEEPEST if source is None else trees.DEEPEST_FILTER
        if around.depth < deepest:
            acts[GROUP] = lambda root: changes.grouped(root, key)
        acts[REMOVE] = lambda root: changes.removed(root, key)
    elif source is None:
        acts[FOLD_ALL] = lambda root: changes.folded(root, fold=True)
        acts[UNFOLD_ALL] = lambda root: changes.folded(root, fold=False)
    return acts


def _moves(key: str, around: Around, *, in_filter: bool) -> dict[str, Act]:
    acts: dict[str, Act] = {}
    if not around.first:
        acts[UP] = lambda root: changes.moved(root, key, -1)
    if not around.last:
        acts[DOWN] = lambda root: changes.moved(root, key, 1)
    if around.depth > 1:
        acts[OUT] = lambda root: changes.moved_out(root, key)
    if around.group_beside and around.depth < (trees.DEEPEST_FILTER if in_filter else trees.DEEPEST):
        acts[INTO] = lambda root: changes.moved_in(root, key)
    return acts


def _filtering(drawing: Drawing, key: str, each: Filter) -> Act:
    return lambda root: changes.with_filter(root, key, each.place, new.new_filter(each.source, drawing.catalog))


def fold_button(drawing: Drawing, name: str, node: Node) -> None:
    """Draw the button that folds a group to its first line, or opens it again."""
    folded = bool(node.get(FOLDED))
    label = f"{'Expand' if folded else 'Collapse'} {name[0].lower()}{name[1:]}"
    icon = ":material/chevron_right:" if folded else ":material/expand_more:"
    st.button(
        label, icon=icon, type="tertiary", width=20, wrap=False, key=f"builder.{node[KEY]}.fold",
        on_click=lambda: drawing.change(lambda root: changes.marked(root, node[KEY], FOLDED, not folded)),
    )  # fmt: skip
