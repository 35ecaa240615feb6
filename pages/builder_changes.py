"""Changes of the tree that a button makes. Every function takes a tree and gives a new one; the old one stays."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

from pages.builder_negation import opposite
from pages.builder_tree import (
    FOLDED,
    KEY,
    LIMIT,
    Node,
    Place,
    Standing,
    at,
    children,
    copied,
    is_group,
    keyed,
    new_group,
    new_key,
    walk,
)
from segment_engine import Catalog, GroupKind, Source

Act = Callable[[Node], Node]


def _with(root: Node, key: str) -> tuple[Node, Standing]:
    """Copy the tree and find a node in the copy. Raises: KeyError when it is gone."""
    tree = deepcopy(root)
    for each in walk(tree):
        if each.node[KEY] == key:
            return tree, each
    raise KeyError(key)


def added(root: Node, group_key: str, node: Node) -> Node:
    """Put a node at the end of a group."""
    tree, found = _with(root, group_key)
    found.node.setdefault("of", []).append(node)
    return tree


def with_filter(root: Node, key: str, place: Place, node: Node) -> Node:
    """Put a condition into a filter of a condition, which is made when there is none."""
    tree, found = _with(root, key)
    rows = at(found.node, place[:-1])
    rows.setdefault(place[-1], new_group())["of"].append(node)
    return tree


def removed(root: Node, key: str) -> Node:
    """Take a node out; the root stays."""
    tree, found = _with(root, key)
    if found.parent is not None:
        found.parent["of"].remove(found.node)
    return tree


def duplicated(root: Node, key: str) -> Node:
    """Put a copy right behind a node."""
    tree, found = _with(root, key)
    if found.parent is not None:
        siblings = found.parent["of"]
        siblings.insert(siblings.index(found.node) + 1, copied(found.node))
    return tree


def moved(root: Node, key: str, step: int) -> Node:
    """Move a node up (-1) or down (+1) among its siblings; at the end nothing moves."""
    tree, found = _with(root, key)
    if found.parent is not None:
        siblings = found.parent["of"]
        place = siblings.index(found.node)
        target = place + step
        if 0 <= target < len(siblings):
            siblings.insert(target, siblings.pop(place))
    return tree


def moved_out(root: Node, key: str) -> Node:
    """Move a node out of its group, to stand right behind it."""
    tree, found = _with(root, key)
    outer = next((each for each in walk(tree) if found.parent in children(each.node)), None)
    if found.parent is not None and outer is not None:
        found.parent["of"].remove(found.node)
        outer.node["of"].insert(outer.node["of"].index(found.parent) + 1, found.node)
    return tree


def moved_in(root: Node, key: str) -> Node:
    """Move a node into the group that stands next to it: the one below, else the one above."""
    tree, found = _with(root, key)
    if found.parent is not None:
        siblings = found.parent["of"]
        place = siblings.index(found.node)
        beside = [siblings[at] for at in (place + 1, place - 1) if 0 <= at < len(siblings) and is_group(siblings[at])]
        if beside:
            siblings.remove(found.node)
            beside[0]["of"].append(found.node)
    return tree


def grouped(root: Node, key: str) -> Node:
    """Put a node into a new group of its own, which takes its place."""
    return _replaced(root, key, lambda node: new_group(GroupKind.ANY, node))


def marked(root: Node, key: str, mark: str, value: object) -> Node:
    """Remember something that only the form knows: that a group is folded, that a list is typed."""
    tree, found = _with(root, key)
    found.node[mark] = value
    return tree


def folded(root: Node, *, fold: bool) -> Node:
    """Fold or unfold every group below the outermost one."""
    tree = deepcopy(root)
    for each in walk(tree):
        if is_group(each.node) and each.parent is not None and not each.filter:
            each.node[FOLDED] = fold
    return tree


def negated(root: Node, key: str, catalog: Catalog, source: Source | None = None) -> Node:
    """Turn a node into its opposite; inside a filter `source` says whose properties are asked.

    Shape: a node that stands alone in a group of none loses that group, so that negating twice gives the first again.
    """
    tree, found = _with(root, key)
    parent = found.parent
    if parent is not None and parent.get("group") == GroupKind.NONE.value and len(children(parent)) == 1:
        outer = next(each for each in walk(tree) if each.node is parent)
        if outer.parent is not None:
            return _replaced(tree, parent[KEY], lambda _: found.node)
    outermost = parent is None
    return _replaced(tree, key, lambda node: opposite(node, catalog, source, outermost=outermost) | {KEY: new_key()})


def _replaced(root: Node, key: str, make: Act) -> Node:
    """Put something else in the place of a node; the limit stays on the root."""
    tree, found = _with(root, key)
    limit = found.node.pop(LIMIT, None)
    made = make(dict(found.node))
    found.node.clear()
    found.node.update(made if limit is None else made | {LIMIT: limit})
    return tree


def refreshed(then: Node, now: Node) -> Node:
    """Take an earlier tree back; what differs from the present one gets new keys, so that controls forget the present.

    A control keeps the answer it was given for as long as its key stays.
    """
    shown = {each.node[KEY]: _own(each.node) for each in walk(now)}
    tree = deepcopy(then)
    for each in walk(tree):
        if shown.get(each.node[KEY]) != _own(each.node):
            each.node[KEY] = new_key()
    return tree


def _own(node: Node) -> Node:
    return {key: each for key, each in node.items() if key not in {"of", FOLDED, LIMIT}}


def with_limit(root: Node, limit: Node | None) -> Node:
    """Keep the first so many of the result only, or everybody again."""
    return root | {LIMIT: None if limit is None else keyed(deepcopy(limit))}


def without(node: Node, keys: set[str]) -> Node | None:
    """Leave conditions out by their keys, with the groups that hold none then; None when nothing is left.

    Shape: a condition goes also when one of its filters is named.
    """
    if not is_group(node):
        return None if any(each.node[KEY] in keys for each in walk(node)) else node
    of = [left for child in children(node) if (left := without(child, keys)) is not None]
    if not of:
        return None
    k = node.get("k")
    return node | {"of": of} | ({"k": min(k, len(of))} if isinstance(k, int) else {})
