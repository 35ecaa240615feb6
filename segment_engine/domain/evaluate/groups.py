"""How the children of a group combine, for the reference evaluator (docs/criteria.md §1). It knows no conditions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, assert_never

from segment_engine.domain.criteria import Group, GroupKind

_T = TypeVar("_T")


def combine(group: Group, children: tuple[Callable[[_T], bool], ...]) -> Callable[[_T], bool]:
    """Return the question a group asks; children are never missing, so `none` is exactly not `any`."""
    match group.kind:
        case GroupKind.ALL:
            return lambda subject: all(child(subject) for child in children)
        case GroupKind.ANY:
            return lambda subject: any(child(subject) for child in children)
        case GroupKind.NONE:
            return lambda subject: not any(child(subject) for child in children)
        case GroupKind.AT_LEAST:
            wanted = group.k or 1
            return lambda subject: sum(child(subject) for child in children) >= wanted
        case _:
            assert_never(group.kind)
