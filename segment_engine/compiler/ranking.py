"""The first N of the result, and members by hand: what happens after the tree, in the order of docs/criteria.md §1."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, func, or_, select

from segment_engine.compiler.binding import bound_instant, bound_number, bound_text, bound_uuid
from segment_engine.compiler.draws import own_key_order
from segment_engine.compiler.expressions import Worked, contacts_and, work_out
from segment_engine.compiler.membership import Membership, named
from segment_engine.compiler.operands import ranked
from segment_engine.compiler.scope import Scope
from segment_engine.compiler.tables import contacts, segment_overrides
from segment_engine.domain.catalog import TEXTS, FieldType
from segment_engine.domain.criteria import Limit
from segment_engine.errors import Unresolved


def first_of(scope: Scope, limit: Limit, ruled: ColumnElement[bool]) -> Membership:
    """Find the first N of the contacts for whom a predicate holds.

    Shape: `cut` is exactly N, the contact's own key deciding between equals; `keep` takes the equals of the N-th, too.
        Missing values come last in both directions.
    Raises: Unresolved when a key names what is gone or has no order.
    """
    worked, values = order_values(scope, limit)
    keys = [
        (value.desc() if key.direction == "desc" else value.asc()).nulls_last()
        for key, value in zip(limit.order_by, values, strict=True)
    ]
    number = contacts.c.number.label("contact_number")
    most = bound_number(limit.top_n, exact=False, name="top_n")
    rows = select(number).select_from(contacts_and(worked)).where(*scope.base(), ruled)
    if limit.ties == "cut":
        own_keys = [value.asc().nulls_last() for value in own_key_order()]
        return Membership(rows.order_by(*keys, *own_keys).limit(most), inside=True, name="first")
    places = rows.add_columns(func.rank().over(order_by=keys).label("place")).subquery(named("ranked"))
    return Membership(select(places.c.contact_number).where(places.c.place <= most), inside=True, name="first")


def order_values(scope: Scope, limit: Limit) -> tuple[list[Worked], list[ColumnElement[Any]]]:
    """Work out the values a limit orders by, and what each is sorted by. Raises: Unresolved for one without order."""
    worked = [work_out(scope, key.value) for key in limit.order_by]
    return worked, [_sorted_by(each) for each in worked]


def _sorted_by(worked: Worked) -> ColumnElement[Any]:
    """Write what a value is sorted by: its position, its code points or itself; an average cut off after six places."""
    operand = worked.operand
    field = operand.field
    if field.type is FieldType.SET:
        raise Unresolved(f"“{field.label}” is a set and has no order. Rank by another field.")
    if field.type is FieldType.CHOICE and field.ordered:
        return ranked(operand).value
    if field.type in TEXTS:
        return operand.value.collate("C")
    return operand.value if operand.factor is None else func.div(operand.value, operand.factor)


def _counting(scope: Scope) -> list[ColumnElement[bool]]:
    """Choose the decisions that count: now, or at the earlier instant that is asked about."""
    moment = scope.earlier.decided_at
    if moment is None:
        return [segment_overrides.c.ended_at.is_(None)]
    then = bound_instant(moment, name="decided_at")
    ended = segment_overrides.c.ended_at
    return [segment_overrides.c.created_at <= then, or_(ended.is_(None), ended > then)]


def by_hand(scope: Scope, segment_id: str, decision: str) -> Membership:
    """Find the contacts a person put in or took out, as long as nobody ended that decision.

    Source: docs/criteria.md §4.8.
    """
    numbers = select(segment_overrides.c.contact_number).where(
        *scope.within(segment_overrides),
        segment_overrides.c.segment_id == bound_uuid(segment_id, name="segment_id"),
        segment_overrides.c.decision == bound_text(decision, name="decision"),
        *_counting(scope),
    )
    return Membership(numbers, inside=True, name=decision)
