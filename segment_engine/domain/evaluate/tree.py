"""The tree of a criteria as one question to a contact, for the reference evaluator. It never sees SQL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

from segment_engine.domain.catalog import Catalog
from segment_engine.domain.criteria import (
    Aggregate,
    AllContacts,
    Attribute,
    Bucket,
    Campaign,
    CompareFields,
    Consent,
    Event,
    EventHas,
    EventTime,
    FieldValue,
    FirstOrLast,
    Group,
    ListMembership,
    Node,
    Property,
    Reachable,
    Related,
    Sample,
    SegmentMembership,
    Sequence,
    Test,
    ValueExpression,
)
from segment_engine.domain.evaluate.compare import ask_compare
from segment_engine.domain.evaluate.expressions import work_out
from segment_engine.domain.evaluate.groups import combine
from segment_engine.domain.evaluate.histories import ask_campaign, ask_event, ask_event_has, ask_related
from segment_engine.domain.evaluate.sequences import ask_sequence
from segment_engine.domain.evaluate.standing import Asks, ask_consent, ask_lists, ask_reachable, ask_sample, belongs
from segment_engine.domain.evaluate.times import Clock
from segment_engine.domain.evaluate.values import judge_read
from segment_engine.errors import Unresolved


@dataclass(frozen=True, slots=True)
class Scope:
    """What a question may look up. Shape: `member` returns what asks whether a contact is a member of a segment."""

    catalog: Catalog
    clock: Clock
    member: Callable[[SegmentMembership, str], Asks]


def ask(node: Node, scope: Scope) -> Asks:
    """Prepare the question of a node; it is true or false for every contact (M1).

    Raises: Unresolved when something it names is gone; LimitExceeded when a time leaves the years 1900 to 2200.
    """
    match node:
        case Group():
            return combine(node, tuple(ask(child, scope) for child in node.of))
        case AllContacts():
            return lambda _: True
        case Attribute():
            return _judged(FieldValue(node.field), node.test, scope)
        case Aggregate():
            return _judged(node.figure, node.test, scope)
        case EventTime():
            return _judged(FirstOrLast(node.which, node.rows), node.test, scope)
        case CompareFields():
            return ask_compare(node, scope.catalog, scope.clock)
        case Event() | EventHas() | Campaign() | Related() | Sequence():
            return _ask_history(node, scope.catalog, scope.clock)
        case SegmentMembership() | ListMembership() | Consent() | Reachable() | Sample() | Bucket():
            return _ask_standing(node, scope)
        case Property():
            raise Unresolved(f"{node.field} is a property of rows and can only be asked inside their conditions.")
        case _:
            assert_never(node)


def _judged(expression: ValueExpression, test: Test, scope: Scope) -> Asks:
    worked = work_out(expression, scope.catalog, scope.clock)
    asks = judge_read(test, worked.field, scope.clock)
    return lambda record: asks(worked.of(record))


def _ask_history(node: Event | EventHas | Campaign | Related | Sequence, catalog: Catalog, clock: Clock) -> Asks:
    match node:
        case Event():
            return ask_event(node, catalog, clock)
        case EventHas():
            return ask_event_has(node, catalog, clock)
        case Campaign():
            return ask_campaign(node, catalog, clock)
        case Related():
            return ask_related(node, catalog, clock)
        case Sequence():
            return ask_sequence(node, catalog, clock)
        case _:
            assert_never(node)


def _ask_standing(
    node: SegmentMembership | ListMembership | Consent | Reachable | Sample | Bucket, scope: Scope
) -> Asks:
    match node:
        case SegmentMembership():
            return belongs(node.op, [scope.member(node, segment) for segment in node.segments])
        case ListMembership():
            return ask_lists(node, scope.catalog)
        case Consent():
            return ask_consent(node, scope.clock)
        case Reachable():
            return ask_reachable(node, scope.clock)
        case Sample() | Bucket():
            return ask_sample(node)
        case _:
            assert_never(node)
