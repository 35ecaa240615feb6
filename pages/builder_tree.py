"""The criteria while they are edited: the document itself, with a key on every node. Pure functions; nothing is drawn.

Every function returns a new tree. A rerun may be broken off half-way, and must not leave half a change behind.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, cast

from segment_engine import GroupKind
from segment_engine.errors import Problem

Node = dict[str, Any]
KEY = "form_key"
DEEPEST = 5
DEEPEST_FILTER = 2
ROOT_PATH = "$.root"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a node stands: its parent, its number as people read it, and its path as problems name it.

    Shape: `filter` is True for conditions on the properties of an event; `level` counts groups from 1.
    """

    node: Node
    parent: Node | None
    number: str
    path: str
    level: int
    filter: bool = False


def is_group(node: Node) -> bool:
    """Tell groups from conditions."""
    return "group" in node


def fields_of(value: object) -> dict[str, Any]:
    """Take an object of the document, an empty one where something else stands."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def items_of(value: object) -> list[Any]:
    """Take a list of the document, an empty one where something else stands."""
    return cast("list[Any]", value) if isinstance(value, list) else []


def children(node: Node) -> list[Node]:
    """Give the children of a group."""
    return node.get("of", []) if is_group(node) else []


# Making nodes ------------------------------------------------------------------------------------------------------


def keyed(node: Node) -> Node:
    """Give a node and all below it keys of their own."""
    node[KEY] = secrets.token_hex(5)
    for child in children(node):
        keyed(child)
    if isinstance(node.get("where"), dict):
        keyed(node["where"])
    return node


def new_group(kind: GroupKind = GroupKind.ALL, *of: Node) -> Node:
    """Make a group."""
    return keyed({"group": kind.value, "of": list(of)})


def copied(node: Node) -> Node:
    """Copy a node with new keys; what has to be unique within a document is left out."""
    twin = deepcopy(node)
    for each in walk(twin):
        each.node.pop("id", None)
    return keyed(twin)


def opened(document: dict[str, Any]) -> Node:
    """Take the tree of a stored document for editing."""
    root = deepcopy(fields_of(document.get("root")))
    return keyed(root) if is_group(root) else new_group()


def document_of(root: Node, stored: dict[str, Any] | None = None) -> dict[str, Any]:
    """Write the document; what the form does not edit (the calendar above all) stays as it was stored."""
    document = {"format": "segment-criteria", "version": 1, "base": "contacts"} | (stored or {})
    return document | {"root": _bare(root)}


def _bare(node: Node) -> Node:
    left_out = {KEY, "where", "of"} if is_group(node) else {KEY, "where"}
    bare = {key: _told(value) for key, value in node.items() if key not in left_out and value is not None}
    if is_group(node):
        bare["of"] = [_bare(child) for child in children(node)]
    where = fields_of(node.get("where"))
    if where.get("of"):  # a filter whose last condition was removed is none
        bare["where"] = _bare(where)
    return bare


def _told(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Leave out what is missing still, so that the parser calls it missing and not wrong."""
    if isinstance(value, dict):
        return {key: _told(each) for key, each in fields_of(cast("object", value)).items() if each is not None}
    return value


# Finding nodes -----------------------------------------------------------------------------------------------------


def walk(root: Node, *, number: str = "", path: str = ROOT_PATH, level: int = 1) -> Iterator[Standing]:
    """Give every node with where it stands, from the top; filters of an event follow their condition."""
    yield from _below(Standing(root, None, number, path, level))


def _below(standing: Standing) -> Iterator[Standing]:
    yield standing
    node = standing.node
    if is_group(node):
        for place, child in enumerate(children(node)):
            number = f"{standing.number}.{place + 1}".lstrip(".")
            level = standing.level + is_group(child)
            yield from _below(Standing(child, node, number, f"{standing.path}.of[{place}]", level, standing.filter))
    elif isinstance(node.get("where"), dict):
        number = f"{standing.number} filter"
        yield from _below(Standing(node["where"], None, number, f"{standing.path}.where", 1, filter=True))


def numbers(root: Node) -> dict[str, str]:
    """Give every node's number by its key: 1.3.2, and “1.2 filter.1” for a filter."""
    return {each.node[KEY]: each.number.replace("filter.", "filter ") for each in walk(root)}


def conditions(root: Node) -> list[Standing]:
    """Give every condition, filters among them."""
    return [each for each in walk(root) if not is_group(each.node)]


def problems_by_key(root: Node, problems: tuple[Problem, ...]) -> dict[str, list[Problem]]:
    """Sort problems to the node that each of them is about: the one with the longest path that leads there."""
    found: dict[str, list[Problem]] = {}
    places = sorted(((each.path, each.node[KEY]) for each in walk(root)), key=lambda place: -len(place[0]))
    for problem in problems:
        owner = next((key for path, key in places if _leads_to(path, problem.path)), root[KEY])
        found.setdefault(owner, []).append(problem)
    return found


def _leads_to(path: str, problem: str) -> bool:
    return problem == path or problem.startswith((f"{path}.", f"{path}["))


# Changing the tree -------------------------------------------------------------------------------------------------


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


def with_filter(root: Node, key: str, node: Node) -> Node:
    """Put a condition into the filter of an event condition, which is made when there is none."""
    tree, found = _with(root, key)
    found.node.setdefault("where", new_group())["of"].append(node)
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
