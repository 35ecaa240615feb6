"""The opposite of a condition: its complement where the language has one, else the condition in a group of none."""

from __future__ import annotations

from pages.builder_expressions import NEVER_MISSING, expression_may_miss
from pages.builder_subjects import field_of, source_of
from pages.builder_tree import Node, children, fields_of, is_group, new_group
from segment_engine import (
    COMPARE_OPERATORS,
    CONSENT_OPERATORS,
    COUNT_OPERATORS,
    MEMBERSHIP_OPERATORS,
    REACHABLE_OPERATORS,
    Catalog,
    Field,
    GroupKind,
    OnMissing,
    Source,
    find_operator,
)

_WORDS = {
    "segment": MEMBERSHIP_OPERATORS, "static_list": MEMBERSHIP_OPERATORS, "consent": CONSENT_OPERATORS,
    "reachable": REACHABLE_OPERATORS,
}  # fmt: skip
_ONCE = {"op": "gte", "n": 1}


def opposite(node: Node, catalog: Catalog, source: Source | None = None, *, outermost: bool = False) -> Node:
    """Give the node that holds exactly where this one does not (M3).

    Shape: `source` is that of the rows around a filter; the outermost group of a tree or filter stays a group.
    """
    if is_group(node):
        return _opposite_group(node, outermost=outermost)
    return _complement(node, catalog, source) or new_group(GroupKind.NONE, node)


def _opposite_group(group: Node, *, outermost: bool) -> Node:
    """Exchange any and none; put another group into a group of none, or take it out of one."""
    of = children(group)
    match group.get("group"):
        case GroupKind.ANY.value:
            return group | {"group": GroupKind.NONE.value}
        case GroupKind.NONE.value if len(of) == 1 and (is_group(of[0]) or not outermost):
            return of[0]
        case GroupKind.NONE.value:
            return group | {"group": GroupKind.ANY.value}
        case _:
            return new_group(GroupKind.NONE, group)


def _complement(node: Node, catalog: Catalog, source: Source | None) -> Node | None:
    kind = str(node.get("kind"))
    op = str(node.get("op"))
    if kind in _WORDS and op in _WORDS[kind]:
        return node | {"op": _WORDS[kind][op][0]}
    match kind:
        case "event" | "campaign":
            return _other_verb(node)
        case "related" if node.get("quantifier") in {"any", "none"}:
            return node | {"quantifier": "none" if node["quantifier"] == "any" else "any"}
        case "compare_fields" if op in COMPARE_OPERATORS:
            return node | {"op": COMPARE_OPERATORS[op][0]} | _other_comparison(node, op)
        case "attribute" | "property" | "event_time" | "aggregate":
            return _other_operator(node, field_of(node, catalog, source or source_of(node)))
        case _:
            return None


def _other_comparison(node: Node, op: str) -> Node:
    if not any(expression_may_miss(node.get(side)) for side in ("left", "right")):
        return {}
    return _other_choice(node, OnMissing.INCLUDE if op == "not_equals" else OnMissing.EXCLUDE)


def _other_verb(node: Node) -> Node:
    if node.get("verb") == "did_not":
        return node | {"verb": "did", "count": _ONCE}
    count = fields_of(node.get("count")) or _ONCE
    if count == _ONCE:
        return {key: each for key, each in node.items() if key not in {"count", "counted"}} | {"verb": "did_not"}
    return node | {"count": _other_count(count)}


def _other_count(count: Node) -> Node:
    op = str(count.get("op"))
    return count | {"op": COUNT_OPERATORS[op][0]} if op in COUNT_OPERATORS else count


def _other_operator(node: Node, tested: Field | None) -> Node | None:
    operator = find_operator(str(node.get("op")), tested.type, ordered=tested.ordered) if tested else None
    if operator is None:
        return None
    if operator.complement == operator.key:
        return node | {"value": _other_count(fields_of(node.get("value")))}
    if operator.missing is None or node.get("function") in NEVER_MISSING:
        return node | {"op": operator.complement}
    return node | {"op": operator.complement} | _other_choice(node, operator.missing)


def _other_choice(node: Node, usual: OnMissing) -> Node:
    """Let in without a value whom the node leaves out, so that everybody is on exactly one side."""
    held = node.get("on_missing") or usual.value
    other = OnMissing.INCLUDE if held == OnMissing.EXCLUDE.value else OnMissing.EXCLUDE
    return {"on_missing": other.value}
