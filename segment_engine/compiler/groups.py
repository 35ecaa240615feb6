"""Groups of conditions, in the tree and inside `where`. What a leaf means is the caller's matter."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

from sqlalchemy import ColumnElement, Integer, cast

from segment_engine.compiler.binding import bound_small
from segment_engine.compiler.brackets import all_of, any_of, none_of
from segment_engine.domain.criteria import Condition, Group, GroupKind


def combine(group: Group, leaf: Callable[[Condition], ColumnElement[bool]]) -> ColumnElement[bool]:
    """Compile a group and the groups in it; every one keeps its parentheses.

    Raises: InputError when a group is empty (M13).
    Source: docs/criteria.md §1.
    """
    children = [combine(child, leaf) if isinstance(child, Group) else leaf(child) for child in group.of]
    return joined(group, children)


def joined(group: Group, children: list[ColumnElement[bool]]) -> ColumnElement[bool]:
    """Join compiled children the way the group says. Raises: InputError when there are none."""
    match group.kind:
        case GroupKind.ALL:
            return all_of(*children)
        case GroupKind.ANY:
            return any_of(*children)
        case GroupKind.NONE:
            return none_of(*children)
        case GroupKind.AT_LEAST:
            return all_of(_how_many(children) >= bound_small(group.k or 1, name="at_least"))


def _how_many(children: list[ColumnElement[bool]]) -> ColumnElement[int]:
    # Children are never NULL (M1), so each counts as 0 or 1; equal children count separately.
    first, *rest = [cast(child, Integer) for child in children]
    return reduce(lambda total, child: total + child, rest, first)
