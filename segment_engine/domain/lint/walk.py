"""Walks criteria for the linter: every node with its place, also those inside `where` and `has`, and all rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from segment_engine.domain.criteria import (
    Aggregate,
    Campaign,
    CompareFields,
    Condition,
    Criteria,
    Event,
    EventHas,
    EventTime,
    FieldValue,
    Group,
    GroupKind,
    Node,
    Related,
    Rows,
    Sequence,
    Source,
    ValueExpression,
)

_OPPOSITE = {GroupKind.ALL: GroupKind.ANY, GroupKind.ANY: GroupKind.ALL}


@dataclass(frozen=True, slots=True)
class Spot:
    """A node where it stands.

    Shape: `source` names the rows whose properties are asked inside `where` and `has`, None in the tree itself.
        `negated` tells whether it counts in the opposite sense, below an odd number of `none`; `root` whether it is the
        outermost group of the tree, of a `where` or of a `has`.
    """

    node: Node
    path: str
    source: Source | None = None
    negated: bool = False
    root: bool = False

    @property
    def joins(self) -> GroupKind | None:
        """How the children of a group count in the end: all, any or at_least; None for a condition.

        Source: docs/criteria.md §8, step 4. `none` is all of the negated, and so on.
        """
        if not isinstance(self.node, Group):
            return None
        if self.node.kind is GroupKind.AT_LEAST:
            return GroupKind.AT_LEAST
        kind = GroupKind.ANY if self.node.kind is GroupKind.NONE else self.node.kind
        return _OPPOSITE[kind] if self.negated is not (self.node.kind is GroupKind.NONE) else kind

    def children(self) -> tuple[Spot, ...]:
        """The nodes of a group, none of a condition."""
        if not isinstance(self.node, Group):
            return ()
        negated = self.negated is not (self.node.kind is GroupKind.NONE)
        return tuple(
            Spot(child, f"{self.path}.of[{place}]", self.source, negated) for place, child in enumerate(self.node.of)
        )


@dataclass(frozen=True, slots=True)
class RowsSpot:
    """Rows where they are chosen; `path` is that of the object that holds `where` and `window`."""

    rows: Rows
    path: str


def trees(criteria: Criteria) -> Iterator[Spot]:
    """Yield the root of the tree and of every `where` and `has`, in the order of the document."""
    root = Spot(criteria.root, "$.root", root=True)
    yield root
    for spot in below(root):
        if not isinstance(spot.node, Group):
            yield from inner_trees(spot.node, spot.path)
    for rows in limit_rows(criteria):
        yield from _where(rows)


def below(spot: Spot) -> Iterator[Spot]:
    """Yield a node and everything under it in its own tree, in the order of the document."""
    yield spot
    for child in spot.children():
        yield from below(child)


def every_node(criteria: Criteria) -> Iterator[Spot]:
    """Yield every node of the tree and of everything inside it."""
    for tree in trees(criteria):
        yield from below(tree)


def inner_trees(node: Condition, path: str) -> Iterator[Spot]:
    """Yield the groups a condition holds."""
    for rows in rows_in(node, path):
        yield from _where(rows)
    if isinstance(node, EventHas):
        yield Spot(node.has, f"{path}.has", node.rows.source, root=True)


def _where(spot: RowsSpot) -> Iterator[Spot]:
    if spot.rows.where is not None:
        yield Spot(spot.rows.where, f"{spot.path}.where", spot.rows.source, root=True)


def rows_in(node: Condition, path: str) -> tuple[RowsSpot, ...]:
    """List the rows a condition chooses."""
    match node:
        case Event() | Aggregate() | EventTime() | EventHas() | Campaign() | Related():
            return (RowsSpot(node.rows, path),)
        case Sequence(first, _, then):
            return RowsSpot(first, f"{path}.first"), RowsSpot(then, f"{path}.then")
        case CompareFields(left, _, right):
            return (*_of_value(left, f"{path}.left"), *_of_value(right, f"{path}.right"))
        case _:
            return ()


def _of_value(value: ValueExpression, path: str) -> tuple[RowsSpot, ...]:
    if isinstance(value, FieldValue):
        return ()
    key = "event_time" if hasattr(value, "which") else "aggregate"
    return (RowsSpot(value.rows, f"{path}.{key}"),)


def limit_rows(criteria: Criteria) -> tuple[RowsSpot, ...]:
    """List the rows that order a limit."""
    keys = () if criteria.limit is None else criteria.limit.order_by
    return tuple(
        spot for place, key in enumerate(keys) for spot in _of_value(key.value, f"$.limit.order_by[{place}].value")
    )


def every_rows(criteria: Criteria) -> Iterator[RowsSpot]:
    """Yield all rows chosen anywhere, those of the limit last."""
    for spot in below(Spot(criteria.root, "$.root")):
        if not isinstance(spot.node, Group):
            yield from rows_in(spot.node, spot.path)
    yield from limit_rows(criteria)
