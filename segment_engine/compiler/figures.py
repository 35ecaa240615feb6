"""Conditions on the events of a contact: how many, which figure, when first or last. No rows is a case of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

from sqlalchemy import BigInteger, ColumnElement, Numeric, distinct, false, func, true

from segment_engine.compiler.binding import bound_number, plain
from segment_engine.compiler.brackets import all_of
from segment_engine.compiler.membership import Membership
from segment_engine.compiler.operands import Operand, column_operand
from segment_engine.compiler.operators import comparison, complement, condition, operator_of
from segment_engine.compiler.rows import Scope, contacts_with
from segment_engine.domain.aggregates import AVERAGE_DECIMALS, NEVER_MISSING, aggregate_result
from segment_engine.domain.catalog import EventType, event_time_field
from segment_engine.domain.criteria import (
    Aggregate,
    Case,
    Count,
    Event,
    EventTime,
    Literal,
    LiteralRange,
    OnMissing,
    Rows,
    Test,
)
from segment_engine.errors import Unresolved

Answer = Membership | ColumnElement[bool]


def event(scope: Scope, node: Event) -> Answer:
    """Compile did and did not. No row is 0 rows, never a missing value (T02, T10).

    Source: docs/criteria.md §4.2.
    """
    least, most, inside = _interval(node.count or Count("eq", 0))
    if least <= 0:
        if most is None:
            scope.event(node.rows)
            return true() if inside else false()
        # Zero counts, and contacts without rows appear in no statement over rows: look for the others instead.
        return Membership(_counted(scope, node.rows, most + 1, None), inside=not inside)
    return Membership(_counted(scope, node.rows, least, most), inside=inside)


def _interval(count: Count) -> tuple[int, int | None, bool]:
    """Read a count as one interval, both ends in, that is meant or (False) left out."""
    n, to = count.n, count.n if count.to is None else count.to
    intervals: dict[str, tuple[int, int | None, bool]] = {
        "eq": (n, n, True),
        "ne": (n, n, False),
        "gt": (n + 1, None, True),
        "lte": (n + 1, None, False),
        "gte": (n, None, True),
        "lt": (n, None, False),
        "between": (n, to, True),
        "not_between": (n, to, False),
    }
    return intervals[count.op]


def _counted(scope: Scope, rows: Rows, least: int, most: int | None) -> Any:  # noqa: ANN401 - a Select of one column
    number = func.count(type_=BigInteger())
    bounds: list[ColumnElement[bool]] = []
    if least > 1:
        bounds.append(number >= bound_number(least, exact=False))
    if most is not None:
        bounds.append(number <= bound_number(most, exact=False))
    return contacts_with(scope, rows, all_of(*bounds) if bounds else None)


def event_time(scope: Scope, node: EventTime) -> Membership:
    """Compile when the first or last row happened; missing when there is none.

    Source: docs/criteria.md §4.4.
    """
    kind = scope.event(node.rows)
    operand = scope.property(kind, event_time_field(kind).key)
    value = (func.min if node.which == "first" else func.max)(operand.value)
    return _may_miss(scope, node.rows, replace(operand, value=value), node.test)


def aggregate(scope: Scope, node: Aggregate) -> Membership:
    """Compile a figure over rows. Sums and counts of no rows are 0; averages, minima and maxima of none are missing.

    Source: docs/criteria.md §4.3.
    """
    operand = _figure(scope, scope.event(node.rows), node)
    if node.function not in NEVER_MISSING:
        return _may_miss(scope, node.rows, operand, node.test)
    test = node.test
    if not _holds_at_zero(operand, test):
        return Membership(contacts_with(scope, node.rows, comparison(operand, test, scope.clock)), inside=True)
    others = comparison(operand, complement(operand, test), scope.clock)
    return Membership(contacts_with(scope, node.rows, others), inside=False)


def _may_miss(scope: Scope, rows: Rows, operand: Operand, test: Test) -> Membership:
    """Let `on_missing` decide for contacts without rows: they appear in no statement over rows."""
    missing = test.on_missing or operator_of(operand, test).missing
    if missing is OnMissing.INCLUDE or test.op == "is_not_set":
        others = condition(operand, complement(operand, test), scope.clock)
        return Membership(contacts_with(scope, rows, others), inside=False)
    return Membership(contacts_with(scope, rows, condition(operand, test, scope.clock)), inside=True)


def _figure(scope: Scope, kind: EventType, node: Aggregate) -> Operand:
    """Write the figure as an operand of its result type. Raises: Unresolved when the property no longer allows it."""
    source = None if node.of is None else scope.property(kind, node.of)
    field = aggregate_result(node.function, None if source is None else source.field)
    if field is None:
        raise Unresolved(
            f"“{node.function}” cannot be computed of “{node.of}” any more, because its type has changed. "
            "Edit the criteria."
        )
    if source is None:
        return column_operand(func.count(type_=BigInteger()), field, scope.clock)
    match node.function:
        case "count_distinct":
            folded = node.distinct_case is Case.FOLD and source.folded is not None
            value = source.folded if folded and source.folded is not None else source.value
            return column_operand(func.count(distinct(value)), field, scope.clock)
        case "sum":
            total = func.coalesce(func.sum(source.value), plain(0), type_=Numeric())
            return replace(column_operand(total, field, scope.clock), exact=True)
        case "avg":
            # sum × 10^6 against literal × count: exact whole numbers, no division (M7).
            scaled = func.sum(source.value, type_=Numeric()) * plain(10**AVERAGE_DECIMALS)
            number = func.count(source.value)
            return replace(column_operand(scaled, field, scope.clock), exact=True, factor=number)
        case _:
            value = (func.min if node.function == "min" else func.max)(source.value)
            return replace(source, value=value, field=field)


def _holds_at_zero(operand: Operand, test: Test) -> bool:
    """Tell what a test answers for the figure 0, which every contact without rows has."""
    operator = operator_of(operand, test)
    positive = operator.complement if operator.negative else operator.key
    return AT_ZERO[positive](lambda literal: int(operand.unit(literal)), test) is not operator.negative


_Unit = Callable[[Literal], int]


def _from_to(unit: _Unit, test: Test) -> bool:
    ends = cast("LiteralRange", test.value)
    return unit(ends.start) <= 0 <= unit(ends.end)


# The number operators once more, for the one figure that is known without looking: the 0 of a contact without rows.
AT_ZERO: dict[str, Callable[[_Unit, Test], bool]] = {
    "is_set": lambda _, __: True,
    "equals": lambda unit, test: unit(cast("Literal", test.value)) == 0,
    "is_any_of": lambda unit, test: any(unit(item) == 0 for item in cast("tuple[Literal, ...]", test.value)),
    "gt": lambda unit, test: unit(cast("Literal", test.value)) < 0,
    "gte": lambda unit, test: unit(cast("Literal", test.value)) <= 0,
    "between": _from_to,
}
