"""Conditions on the rows of a contact: how many, which figure, when first or last. No rows is a case of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import cast

from sqlalchemy import BigInteger, ColumnElement, Numeric, distinct, false, func, true

from segment_engine.compiler.binding import bound_number, plain
from segment_engine.compiler.brackets import all_of
from segment_engine.compiler.membership import Answer, Leaf, Membership, judged
from segment_engine.compiler.operands import Operand, column_operand
from segment_engine.compiler.operators import comparison, complement, condition, operator_of
from segment_engine.compiler.rows import contacts_with, kind_of, numbers_with, property_of_rows
from segment_engine.compiler.scope import Scope
from segment_engine.compiler.tables import events
from segment_engine.domain.aggregates import AVERAGE_DECIMALS, NEVER_MISSING, aggregate_result
from segment_engine.domain.criteria import (
    Aggregate,
    Campaign,
    Case,
    Count,
    Event,
    EventTime,
    Figure,
    Literal,
    LiteralRange,
    OnMissing,
    Rows,
    Test,
)
from segment_engine.errors import Unresolved


def event(scope: Scope, node: Event) -> Leaf:
    """Compile did and did not. No row is 0 rows, never a missing value (T02, T10).

    Source: docs/criteria.md §4.2.
    """
    return Leaf(_times(scope, node.rows, node.count, func.count(type_=BigInteger()), surely=1))


def campaign(scope: Scope, node: Campaign) -> Leaf:
    """Compile interactions with campaigns; counted are interactions, or the different campaigns they belong to.

    Source: docs/criteria.md §4.9.
    """
    if node.counted == "interactions":
        return Leaf(_times(scope, node.rows, node.count, func.count(type_=BigInteger()), surely=1))
    campaigns = func.count(distinct(events.c.campaign_id), type_=BigInteger())
    return Leaf(_times(scope, node.rows, node.count, campaigns, surely=0))


def _times(scope: Scope, rows: Rows, count: Count | None, number: ColumnElement[int], *, surely: int) -> Answer:
    """Compare a number of rows; `surely` is how many there are wherever there is a row at all."""
    least, most, inside = _interval(count or Count("eq", 0))
    if least <= 0:
        if most is None:
            kind_of(scope, rows.source)
            return true() if inside else false()
        # Zero counts, and contacts without rows appear in no statement over rows: look for the others instead.
        least, most, inside = most + 1, None, not inside
    bounds: list[ColumnElement[bool]] = []
    if least > surely:
        bounds.append(number >= bound_number(least, exact=False))
    if most is not None:
        bounds.append(number <= bound_number(most, exact=False))
    numbers = contacts_with(scope, rows, all_of(*bounds)) if bounds else numbers_with(scope, rows)
    return Membership(numbers, inside=inside)


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


def event_time(scope: Scope, node: EventTime) -> Leaf:
    """Compile when the first or last row happened; missing when there is none.

    Source: docs/criteria.md §4.4.
    """
    return _may_miss(scope, node.rows, time_operand(scope, node.which, node.rows), node.test)


def aggregate(scope: Scope, node: Aggregate) -> Leaf:
    """Compile a figure over rows. Sums and counts of no rows are 0; averages, minima and maxima of none are missing.

    Source: docs/criteria.md §4.3.
    """
    operand = figure_operand(scope, node.figure)
    if node.function not in NEVER_MISSING:
        return _may_miss(scope, node.rows, operand, node.test)
    test = node.test
    if not _holds_at_zero(operand, test):
        return Leaf(Membership(contacts_with(scope, node.rows, comparison(operand, test, scope.clock)), inside=True))
    others = comparison(operand, complement(operand, test), scope.clock)
    return Leaf(Membership(contacts_with(scope, node.rows, others), inside=False))


def _may_miss(scope: Scope, rows: Rows, operand: Operand, test: Test) -> Leaf:
    """Let `on_missing` decide for contacts without rows: they appear in no statement over rows."""
    operator = operator_of(operand, test)
    include = (test.on_missing or operator.missing) is OnMissing.INCLUDE or test.op == "is_not_set"
    if scope.judges and operator.missing is not None:
        known = contacts_with(scope, rows, operand.value.is_not(None))
        return judged(known.add_columns(comparison(operand, test, scope.clock).label("holds")), include=include)
    if include:
        others = condition(operand, complement(operand, test), scope.clock)
        return Leaf(Membership(contacts_with(scope, rows, others), inside=False))
    return Leaf(Membership(contacts_with(scope, rows, condition(operand, test, scope.clock)), inside=True))


def time_operand(scope: Scope, which: str, rows: Rows) -> Operand:
    """Write when the first or last of a contact's rows happened; NULL without any."""
    operand = property_of_rows(scope, rows.source, "@time")
    return replace(operand, value=(func.min if which == "first" else func.max)(operand.value))


def figure_operand(scope: Scope, figure: Figure) -> Operand:
    """Write a figure over a contact's rows as an operand of its result type.

    Raises: Unresolved when the source or the property is gone, or no longer allows the figure.
    """
    kind_of(scope, figure.rows.source)
    source = None if figure.of is None else property_of_rows(scope, figure.rows.source, figure.of)
    field = aggregate_result(figure.function, None if source is None else source.field)
    if field is None:
        raise Unresolved(
            f"“{figure.function}” cannot be computed of “{figure.of}” any more, because its type has changed. "
            "Edit the criteria."
        )
    if source is None:
        return column_operand(func.count(type_=BigInteger()), field, scope.clock)
    match figure.function:
        case "count_distinct":
            folded = figure.distinct_case is Case.FOLD and source.folded is not None
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
            value = (func.min if figure.function == "min" else func.max)(source.value)
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
