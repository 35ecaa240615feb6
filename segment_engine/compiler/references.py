"""Membership in other segments and in static lists. What cannot be read fails; it never counts as empty (M16).

Source: docs/criteria.md §4.7, §4.8.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from segment_engine.compiler.brackets import all_of, any_of, opposite
from segment_engine.compiler.membership import Leaf
from segment_engine.compiler.scope import Predicate, Scope
from segment_engine.compiler.stored_members import StoredMembers
from segment_engine.compiler.tables import membership_blocks, static_list_blocks
from segment_engine.domain.catalog import SegmentReference
from segment_engine.domain.criteria import Criteria, ListMembership, SegmentMembership
from segment_engine.domain.limits import REFERENCE_CHAIN
from segment_engine.domain.reference_chains import LIVE
from segment_engine.errors import LimitExceeded, Unresolved

Compile = Callable[[Scope, Criteria, str], Predicate]
"""Compiles the members of a segment, given its id."""


def static_lists(scope: Scope, node: ListMembership) -> Leaf:
    """Compile membership in static lists. Raises: Unresolved when one is gone."""
    for each in node.lists:
        if each not in scope.catalog.lists:
            raise Unresolved(
                f"The list “{each}” does not exist. Take it out of the criteria, or choose another.",
                cause="reference_missing",
            )
    every, inside = _asked(node.op)
    return Leaf(StoredMembers(static_list_blocks, "list_id", tuple(dict.fromkeys(node.lists)), every, inside))


def segments(scope: Scope, node: SegmentMembership, compile_members: Compile) -> Leaf:
    """Compile membership in other segments: their stored members, or their criteria now.

    Raises: Unresolved when one cannot be read, with the cause; LimitExceeded when the chain is too long.
    """
    every, inside = _asked(node.op)
    ids = tuple(dict.fromkeys(node.segments))
    references = [_active(scope, each) for each in ids]
    if node.members != LIVE:
        for reference in references:
            _check_calculated(reference, node.max_age_hours, scope.clock.as_of)
        return Leaf(StoredMembers(membership_blocks, "segment_id", ids, every, inside))
    members = [_live(scope, reference, compile_members) for reference in references]
    joined = (all_of if every else any_of)(*members)
    return Leaf(joined if inside else opposite(joined))


def _asked(op: str) -> tuple[bool, bool]:
    """Read an operator of membership as (in every one, inside)."""
    return op.endswith("in_all"), not op.startswith("not_")


def _active(scope: Scope, segment_id: str) -> SegmentReference:
    reference = scope.catalog.segments.get(segment_id)
    if reference is None:
        raise _fails(segment_id, "does not exist", "reference_missing")
    if reference.state != "active":
        raise _fails(reference.name, f"is {reference.state}", "reference_inactive")
    if segment_id in scope.chain:
        raise _fails(reference.name, "refers to itself in a circle", "reference_cycle")
    return reference


def _check_calculated(reference: SegmentReference, hours: int | None, as_of: datetime) -> None:
    if reference.as_of is None:
        raise _fails(reference.name, "has not been calculated yet", "reference_not_calculated")
    if hours is not None and as_of - reference.as_of > timedelta(hours=hours):
        raise _fails(reference.name, f"was calculated more than {hours} hours before", "reference_too_old")


def _live(scope: Scope, reference: SegmentReference, compile_members: Compile) -> Predicate:
    """Compile the criteria of another segment completely, once for each statement."""
    segment_id, criteria = reference.segment_id, reference.criteria
    if len(scope.chain) > REFERENCE_CHAIN:
        raise LimitExceeded(
            f"The segments refer to one another over more than {REFERENCE_CHAIN} steps, at “{reference.name}”. "
            "Refer to a segment further down."
        )
    if criteria is None:
        raise _fails(reference.name, "has criteria that cannot be read any more", "reference_missing")
    if segment_id not in scope.live:
        scope.live[segment_id] = compile_members(scope.inside(segment_id, criteria.calendar), criteria, segment_id)
    return scope.live[segment_id]


def _fails(name: str, what: str, cause: str) -> Unresolved:
    return Unresolved(f"The segment “{name}” {what}. See to that segment, or edit the criteria.", cause=cause)
