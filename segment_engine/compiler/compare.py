"""Value against value, exactly: numbers by multiplying across, times by exact seconds or whole days.

Source: docs/criteria.md §4.14.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Numeric, cast, not_

from segment_engine.compiler.binding import bound_number, bound_small, plain
from segment_engine.compiler.brackets import all_of, any_of, opposite
from segment_engine.compiler.expressions import numbers_where, work_out
from segment_engine.compiler.membership import Leaf, Membership, judged
from segment_engine.compiler.operands import Operand, ascii_folded
from segment_engine.compiler.scope import Scope
from segment_engine.compiler.successions import ELAPSED, epoch
from segment_engine.domain.catalog import NUMBERS, TIMES, Field, FieldType
from segment_engine.domain.criteria import Case, CompareFields, Offset, OnMissing, Unit
from segment_engine.domain.literals import decimals_of, scaled
from segment_engine.domain.operators import COMPARE_OPERATORS
from segment_engine.errors import Unresolved

Pair = tuple[ColumnElement[Any], ColumnElement[Any]]

_POSITIVE: dict[str, Callable[[Any, Any], ColumnElement[bool]]] = {
    "equals": operator.eq,
    "gt": operator.gt,
    "gte": operator.ge,
    "before": operator.lt,
    "after": operator.gt,
}


def compare_fields(scope: Scope, node: CompareFields) -> Leaf:
    """Compile a comparison of two values; `on_missing` answers where either is missing.

    Raises: Unresolved when a side is gone, or the two do not suit each other any more.
    """
    left, right = work_out(scope, node.left), work_out(scope, node.right)
    _check(node, left.operand.field, right.operand.field)
    default = OnMissing.INCLUDE if node.op == "not_equals" else OnMissing.EXCLUDE
    include = (node.on_missing or default) is OnMissing.INCLUDE
    holds = _holds(node, left.operand, right.operand)
    missing = any_of(left.operand.value.is_(None), right.operand.value.is_(None))
    present = (left.operand.value.is_not(None), right.operand.value.is_not(None))
    if left.joined is None and right.joined is None:
        return Leaf(any_of(missing, holds) if include else all_of(*present, holds), missing)
    known = numbers_where(scope, (left, right), all_of(*present))
    if scope.judges:
        return judged(known.add_columns(holds.label("holds")), include=include)
    return Leaf(Membership(known.where(not_(holds) if include else holds), inside=not include, may_lead=False))


def _check(node: CompareFields, left: Field, right: Field) -> None:
    kinds = COMPARE_OPERATORS[node.op][2]
    if left.type not in kinds or not _suited(left, right):
        raise Unresolved(
            f"“{left.label}” and “{right.label}” cannot be compared by “{node.op}” any more, because a type, a "
            "currency or a list of values has changed. Edit the criteria."
        )


def _suited(left: Field, right: Field) -> bool:
    if left.type in NUMBERS:
        return right.type in NUMBERS and (left.currency or right.currency) == (right.currency or left.currency)
    if left.type is FieldType.CHOICE:
        return right.type is FieldType.CHOICE and left.values == right.values
    return left.type is right.type


def _holds(node: CompareFields, left: Operand, right: Operand) -> ColumnElement[bool]:
    pair = _pair(node, left, right)
    if node.op in _POSITIVE:
        return _POSITIVE[node.op](*pair)
    return opposite(_POSITIVE[COMPARE_OPERATORS[node.op][0]](*pair))


def _pair(node: CompareFields, left: Operand, right: Operand) -> Pair:
    """Bring both sides into one unit."""
    if left.field.type in NUMBERS:
        return _numbers(left, right, node.times)
    if left.field.type is FieldType.DATE:
        return left.day(), _days_later(right.day(), node.offset)
    if left.field.type in TIMES:
        return _instants(left.value, right.value, node.offset)
    return _texts(left, right, node.case)


def _numbers(left: Operand, right: Operand, times: Decimal | None) -> Pair:
    """Multiply each side by what the other is counted in: scales, the decimals of `times`, the counts of averages.

    A value is value × 10^-scale / count; nothing is divided, so nothing is rounded (M7).
    """
    factor = Decimal(1) if times is None else times
    places = decimals_of(factor)
    shared = min(left.field.scale, right.field.scale + places)
    one: list[ColumnElement[Any]] = _tens(right.field.scale + places - shared)
    other: list[ColumnElement[Any]] = _tens(left.field.scale - shared)
    if right.factor is not None:
        one.append(right.factor)
    if left.factor is not None:
        other.append(left.factor)
    if factor != 1:
        other.append(bound_number(scaled(factor, places), exact=True, name="times"))
    return _product(left.value, one), _product(right.value, other)


def _tens(exponent: int) -> list[ColumnElement[Any]]:
    return [plain(10**exponent)] if exponent else []


def _product(value: ColumnElement[Any], factors: list[ColumnElement[Any]]) -> ColumnElement[Any]:
    """Multiply in numeric, which has no largest number."""
    if not factors:
        return value
    product = cast(value, Numeric)
    for factor in factors:
        product = product * factor
    return product


def _days_later(day: ColumnElement[Any], offset: Offset | None) -> ColumnElement[Any]:
    if offset is None:
        return day
    if offset.unit is not Unit.DAY:
        raise Unresolved("Dates are moved by whole days only. Edit the criteria.")
    return day + bound_small(offset.n, name="days")


def _instants(left: ColumnElement[Any], right: ColumnElement[Any], offset: Offset | None) -> Pair:
    """Compare instants, or their distance in exact seconds: the database adds no intervals (M8)."""
    if offset is None:
        return left, right
    elapsed = ELAPSED.get(offset.unit)
    if elapsed is None:
        raise Unresolved("Instants are moved by minutes, hours or days of 24 hours only. Edit the criteria.")
    seconds = offset.n * int(elapsed.total_seconds())
    return epoch(left) - epoch(right), bound_number(seconds, exact=True, name="seconds")


def _texts(left: Operand, right: Operand, case: Case | None) -> Pair:
    if case is not Case.FOLD:  # choices have no case: their keys are compared as they are
        return left.value, right.value
    twins = left.field.fold_column is not None and right.field.fold_column is not None
    if twins and left.folded is not None and right.folded is not None:
        return left.folded, right.folded
    # Two fields fold alike only where both have a folded twin; else A-Z on either side.
    return ascii_folded(left.value), ascii_folded(right.value)
