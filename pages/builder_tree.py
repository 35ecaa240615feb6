"""The criteria while they are edited: the document itself, with a key on every node. Pure functions; nothing is drawn.

Every function returns a new tree. A rerun may be broken off half-way, and must not leave half a change behind.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, cast

from segment_engine import GroupKind
from segment_engine.errors import Problem

Node = dict[str, Any]
Place = tuple[str | int, ...]
KEY = "form_key"
FOLDED = "form_folded"
AS_TEXT = "form_as_text"
LIMIT = "form_limit"
FAMILY = "form_family"
# What only the form knows; it never reaches a document. The limit stands on the root while it is edited, so that one
# tree holds everything that can be changed and taken back.
FORM_KEYS = frozenset({KEY, FOLDED, AS_TEXT, LIMIT, FAMILY})
DEEPEST = 5
DEEPEST_FILTER = 2
ROOT_PATH = "$.root"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a node stands: its parent, its number as people read it, and its path as problems name it.

    Shape: `filter` is True inside a filter, where conditions ask for properties; `level` counts groups from 1.
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
    return items_of(node.get("of")) if is_group(node) else []


def filters(node: Node) -> Iterator[tuple[Place, Node]]:
    """Give the groups that choose or test the rows of a condition, with the keys that lead to them."""
    if not is_group(node):
        yield from _groups_in(node, ())


def _groups_in(value: object, place: Place) -> Iterator[tuple[Place, Node]]:
    for key, inner in _entries(value):
        if fields_of(inner) and is_group(fields_of(inner)):
            yield (*place, key), fields_of(inner)
        else:
            yield from _groups_in(inner, (*place, key))


def _entries(value: object) -> list[tuple[str | int, object]]:
    if isinstance(value, list):
        return list(enumerate(items_of(cast("object", value))))
    return [(key, inner) for key, inner in fields_of(value).items() if key not in FORM_KEYS]


def place_name(place: Place) -> str:
    """Name a filter by where it stands: filter, test, first filter, order 1 filter."""
    last = "test" if place[-1] == "has" else "filter"
    if len(place) == 1:
        return last
    return f"order {int(place[1]) + 1} {last}" if place[0] == "order_by" else f"{place[0]} {last}"


def at(node: Node, place: Place) -> Any:  # noqa: ANN401 - JSON
    """Give what stands at a place inside a condition; None where nothing does."""
    found: Any = node
    for key in place:
        found = items_of(found)[key] if isinstance(key, int) else fields_of(found).get(key)
    return found


def put_at(node: Node, place: Place, value: object) -> Node:
    """Give a condition with something else at a place."""
    changed = deepcopy(node)
    at(changed, place[:-1])[place[-1]] = value
    return changed


# Making nodes ------------------------------------------------------------------------------------------------------


def new_key() -> str:
    """Make a key no other node has."""
    return secrets.token_hex(5)


def keyed(node: Node) -> Node:
    """Give a node and all below it keys of their own."""
    for each in walk(node):
        each.node[KEY] = new_key()
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
    """Take the tree and the limit of a stored document for editing."""
    root = _without_others(bare(fields_of(document.get("root"))))
    if not is_group(root):
        return new_group()
    if fields_of(document.get("limit")):
        root[LIMIT] = bare(document["limit"])
    return keyed(root)


def _without_others(node: Node) -> Node:
    """Leave out of groups what is neither a group nor a condition: a document that was mangled can be repaired."""
    if is_group(node):
        node["of"] = [_without_others(child) for child in children(node) if fields_of(child)]
    return node


def document_of(root: Node, stored: dict[str, Any] | None = None) -> dict[str, Any]:
    """Write the document; what the form does not edit (the calendar above all) stays as it was stored."""
    document = {"format": "segment-criteria", "version": 1, "base": "contacts"} | (stored or {})
    return document | {"root": bare(root), "limit": bare(root[LIMIT]) if root.get(LIMIT) else None}


def bare(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Leave out what only the form knows, and what is missing still, so that the parser calls it missing."""
    if isinstance(value, list):
        return [bare(each) for each in items_of(cast("object", value))]
    if not isinstance(value, dict):
        return value
    return {key: bare(each) for key, each in fields_of(cast("object", value)).items() if _is_said(key, each)}


def _is_said(key: str, value: object) -> bool:
    # A filter whose last condition was removed is none.
    return value is not None and key not in FORM_KEYS and not (key == "where" and not fields_of(value).get("of"))


# Finding nodes -----------------------------------------------------------------------------------------------------


def walk(root: Node, *, number: str = "", path: str = ROOT_PATH, level: int = 1) -> Iterator[Standing]:
    """Give every node with where it stands, from the top; filters of an event follow their condition."""
    yield from _below(Standing(root, None, number, path, level))


def _below(standing: Standing) -> Iterator[Standing]:
    yield standing
    node = standing.node
    for place, child in enumerate(children(node)):
        number = f"{standing.number}.{place + 1}".lstrip(".")
        level = standing.level + is_group(child)
        yield from _below(Standing(child, node, number, f"{standing.path}.of[{place}]", level, standing.filter))
    for place, group in filters(node):
        number = f"{standing.number} {place_name(place)}"
        path = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in place)
        yield from _below(Standing(group, None, number, standing.path + path, 1, filter=True))
    if fields_of(node.get(LIMIT)):
        yield from _below(Standing(node[LIMIT], None, "limit", "$.limit", 1, filter=True))


def numbers(root: Node) -> dict[str, str]:
    """Give every node's number by its key: 1.3.2, and “1.2 filter 1” for a filter."""
    return {each.node[KEY]: re.sub(r"([a-z])\.", r"\1 ", each.number) for each in walk(root)}


def conditions(root: Node) -> list[Standing]:
    """Give every condition, filters among them."""
    return [each for each in walk(root) if not is_group(each.node)]


def problems_by_key(root: Node, problems: tuple[Problem, ...]) -> dict[str, list[Problem]]:
    """Sort problems to the node that each of them is about."""
    found: dict[str, list[Problem]] = {}
    places = places_by_path(root)
    for problem in problems:
        found.setdefault(owner(places, problem.path, root), []).append(problem)
    return found


def places_by_path(root: Node) -> list[tuple[str, str]]:
    """List path and key of every node, the longest path first."""
    return sorted(((each.path, each.node[KEY]) for each in walk(root)), key=lambda place: -len(place[0]))


def owner(places: list[tuple[str, str]], path: str, root: Node) -> str:
    """Find the node a path is about: the one with the longest path that leads there, else the root."""
    return next((key for place, key in places if _leads_to(place, path)), root[KEY])


def shown_owner(root: Node, key: str) -> str:
    """Find where something about a node can be written: its outermost folded group, else the node itself."""
    for each in walk(root):
        if each.node.get(FOLDED) and any(below.node[KEY] == key for below in walk(each.node)):
            return str(each.node[KEY])
    return key


def _leads_to(path: str, problem: str) -> bool:
    return problem == path or problem.startswith((f"{path}.", f"{path}["))
