"""What an analysis must say of every node, worked out by the reference evaluator: true, false and unknown by value.

A condition is asked twice, with either answer for missing values: where the two differ, the value is missing. Groups
follow three-valued logic, in which unknown is what only the answers for missing values decide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from segment_engine.domain.criteria import CompareFields, Criteria, EventHas, Group, GroupKind, Node, OnMissing, Test

Members = frozenset[int]
Ask = Callable[[Criteria], Members]


@dataclass(frozen=True)
class Counted:
    """The contacts for whom one node holds with `on_missing`, holds by value, does not hold by value, is unknown."""

    matched: Members
    true: Members
    false: Members
    unknown: Members

    def counts(self) -> tuple[int, int, int, int]:
        """Return the four numbers in the order of an analysis."""
        return len(self.matched), len(self.true), len(self.false), len(self.unknown)


def counted(criteria: Criteria, base: Members, ask: Ask) -> Iterator[Counted]:
    """Yield what is counted for every node of the tree, in document order; `ask` finds for whom a tree holds."""
    yield from _node(criteria.root, base, lambda group: ask(Criteria(group, criteria.calendar)))


def _node(node: Node, base: Members, ask: Callable[[Group], Members]) -> list[Counted]:
    if not isinstance(node, Group):
        return [_condition(node, base, ask)]
    below = [_node(child, base, ask) for child in node.of]
    children = [nodes[0] for nodes in below]
    true = frozenset(number for number in base if _surely(node, [number in child.true for child in children]))
    possible = frozenset(number for number in base if _surely(node, [number not in child.false for child in children]))
    if node.kind is GroupKind.NONE:
        true = base.difference(*(child.true | child.unknown for child in children))
        possible = base.difference(*(child.true for child in children))
    whole = Counted(ask(node), true, base - possible, possible - true)
    return [whole, *(each for nodes in below for each in nodes)]


def _surely(group: Group, holds: list[bool]) -> bool:
    wanted = {GroupKind.ALL: len(holds), GroupKind.ANY: 1, GroupKind.AT_LEAST: group.k or 1}.get(group.kind, 0)
    return sum(holds) >= wanted


def _condition(node: Node, base: Members, ask: Callable[[Group], Members]) -> Counted:
    matched = ask(_alone(node))
    if not _may_miss(node):
        return Counted(matched, matched, base - matched, frozenset())
    let_in = ask(_alone(_with_missing(node, OnMissing.INCLUDE)))
    left_out = ask(_alone(_with_missing(node, OnMissing.EXCLUDE)))
    return Counted(matched, left_out, base - let_in, let_in - left_out)


def _alone(node: Node) -> Group:
    return Group(GroupKind.ALL, (node,))


def _may_miss(node: Any) -> bool:
    test: Test | None = getattr(node, "test", None)
    return (test.on_missing if test else getattr(node, "on_missing", None)) is not None


def _with_missing(node: Any, missing: OnMissing) -> Node:
    if isinstance(node, EventHas | CompareFields):
        return replace(node, on_missing=missing)
    return replace(node, test=replace(node.test, on_missing=missing))
