"""The tree of a criteria document, the limit and members by hand as one predicate over contacts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from sqlalchemy import true

from segment_engine.compiler import draws, figures, quantifiers, standing, successions
from segment_engine.compiler.brackets import all_of, any_of, opposite
from segment_engine.compiler.compare import compare_fields
from segment_engine.compiler.groups import joined
from segment_engine.compiler.membership import Answer, Leaf, Membership
from segment_engine.compiler.operands import contact_operand
from segment_engine.compiler.operators import condition, unknown
from segment_engine.compiler.ranking import by_hand, first_of
from segment_engine.compiler.references import segments, static_lists
from segment_engine.compiler.scope import Predicate, Scope
from segment_engine.domain.criteria import (
    Aggregate,
    AllContacts,
    Attribute,
    Bucket,
    Campaign,
    CompareFields,
    Condition,
    Consent,
    Criteria,
    Event,
    EventHas,
    EventTime,
    Group,
    GroupKind,
    Limit,
    ListMembership,
    Node,
    Property,
    Reachable,
    Related,
    Sample,
    SegmentMembership,
    Sequence,
)


def members(scope: Scope, criteria: Criteria, segment_id: str | None, *, leads: bool = False) -> Predicate:
    """Compile who is a member: true or false for every contact, never NULL (M1).

    Shape: with `leads`, the predicate stands alone behind the base, so that one set of numbers may lead it.
    Raises: Unresolved when something the criteria name cannot be resolved; nothing is ever dropped or widened.
    Source: docs/criteria.md §1 (Members of a run).
    """
    lead, rest = _ranked(scope, criteria, segment_id) if criteria.limit else _split(scope, criteria.root)
    if lead is not None and not leads:
        found = scope.predicate(lead)
        lead, rest = None, found if rest is None else all_of(found, rest)
    if segment_id is None:
        return _ruled(lead, rest)
    return _with_hand(scope, lead, rest, segment_id)


def leaf_of(scope: Scope, node: Condition) -> Leaf:
    """Compile one condition. Raises: TypeError for a property, which stands in `where` and `has` only."""
    if isinstance(node, Property):
        raise TypeError(node)
    return _LEAVES[type(node)](scope, node)


def root_of(scope: Scope, root: Group) -> Predicate:
    """Compile the tree alone, for a statement of its own over the base."""
    return _ruled(*_split(scope, root))


_Parts = tuple[Membership | None, Predicate | None]


def _split(scope: Scope, root: Group) -> _Parts:
    """Compile the tree as one set of numbers that leads, where there is one, and all the rest.

    The first condition of an `all` that names its contacts leads: only these are read at all.
    """
    answers = [_answer(scope, child) for child in root.of]
    if root.kind is GroupKind.ALL and scope.among is None:
        for place, answer in enumerate(answers):
            if isinstance(answer, Membership) and answer.inside and answer.may_lead:
                rest = [scope.predicate(other) for other in answers[:place] + answers[place + 1 :]]
                return answer, joined(root, rest) if rest else None
    return None, joined(root, [scope.predicate(answer) for answer in answers])


def _answer(scope: Scope, node: Node) -> Answer:
    return _group(scope, node) if isinstance(node, Group) else leaf_of(scope, node).holds


def _group(scope: Scope, group: Group) -> Predicate:
    return joined(group, [scope.predicate(_answer(scope, child)) for child in group.of])


def _ranked(scope: Scope, criteria: Criteria, segment_id: str | None) -> _Parts:
    """Rank all for whom the tree holds and whom nobody took out, whichever contacts are looked at in the end."""
    everyone = scope.everyone()
    first = ranking(everyone, cast("Limit", criteria.limit), root_of(everyone, criteria.root), segment_id)
    return (first, None) if scope.among is None else (None, scope.predicate(first))


def ranking(everyone: Scope, limit: Limit, root: Predicate, segment_id: str | None) -> Membership:
    """Find the first N of those for whom the tree holds and whom nobody took out."""
    return first_of(everyone, limit, ruled(everyone, root, segment_id))


def ruled(everyone: Scope, root: Predicate, segment_id: str | None) -> Predicate:
    """Leave those out whom a person took out of the segment, before anybody is ranked."""
    if segment_id is None:
        return root
    return all_of(root, opposite(decided(everyone, segment_id, "taken_out")))


def _ruled(lead: Membership | None, rest: Predicate | None) -> Predicate:
    if lead is None:
        return cast("Predicate", rest)
    return all_of(lead.by_array()) if rest is None else all_of(lead.by_array(), rest)


def _with_hand(scope: Scope, lead: Membership | None, rest: Predicate | None, segment_id: str) -> Predicate:
    """Add who was put in, then leave out who was taken out: taken out is stronger.

    Where numbers lead, those put in are looked up with them, and pass the rest by having been put in.
    """
    put_in = decided(scope, segment_id, "put_in")
    passing = [] if rest is None else [any_of(rest, put_in)]
    if lead is not None:
        passing.insert(0, lead.by_array(by_hand(scope, segment_id, "put_in")))
    return all_of(*passing, opposite(decided(scope, segment_id, "taken_out")))


def decided(scope: Scope, segment_id: str, decision: str) -> Predicate:
    """Tell whom a person put in, or took out."""
    found = by_hand(scope, segment_id, decision)
    return found.by_bit_if_any(scope.organization) if scope.among is None else found.by_search()


def _attribute(scope: Scope, node: Attribute) -> Leaf:
    operand = contact_operand(scope.field(node.field), scope.clock)
    return Leaf(condition(operand, node.test, scope.clock), unknown(operand, node.test))


_LEAVES: Mapping[type, Callable[[Scope, Any], Leaf]] = {
    Attribute: _attribute,
    Event: figures.event,
    Aggregate: figures.aggregate,
    EventTime: figures.event_time,
    EventHas: successions.event_has,
    Sequence: successions.sequence,
    SegmentMembership: lambda scope, node: segments(scope, node, members),
    ListMembership: static_lists,
    Campaign: figures.campaign,
    Consent: standing.consent,
    Reachable: standing.reachable,
    Related: quantifiers.related,
    Sample: lambda _, node: draws.sample(node),
    Bucket: lambda _, node: draws.bucket(node),
    CompareFields: compare_fields,
    AllContacts: lambda _, __: Leaf(true()),
}
