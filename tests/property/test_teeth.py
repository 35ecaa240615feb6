"""The comparison bites: every classic mistake of a segment compiler, made on purpose, is found by it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import BindParameter, ColumnElement, Select, not_

from segment_engine.compiler import figures, groups, operands, operators, rows, tree
from segment_engine.compiler.brackets import all_of, any_of
from segment_engine.compiler.operands import Clock, Operand, TypeClass
from segment_engine.compiler.scope import Scope
from segment_engine.db.session import Database
from segment_engine.domain.catalog import RowType
from segment_engine.domain.criteria import Calendar, Count, Rows, Test, Window
from segment_engine.domain.moments import Bounds
from tests.property.comparison import BATCH, StoredWorld, differences
from tests.property.hostile_documents import Documents

MOST_DOCUMENTS = 1_600
_Patch = pytest.MonkeyPatch
_Predicate = ColumnElement[bool]


def _like(value: ColumnElement[Any], text: ColumnElement[Any]) -> _Predicate:
    return value.like("%" + text + "%")


def typed_signs_become_wildcards(patch: _Patch) -> None:
    """T36: LIKE without escaping."""
    patch.setitem(operators.LINES, ("contains", TypeClass.TEXT), operators._text_line(_like))


def missing_values_are_forgotten(patch: _Patch) -> None:
    """T01 T06: the comparison alone, which is NULL where the value is missing."""

    def condition(operand: Operand, test: Test, clock: Clock) -> _Predicate:
        if test.op in {"is_set", "is_not_set"}:
            return real(operand, test, clock)
        return operators.comparison(operators._subject(operand, operators.operator_of(operand, test)), test, clock)

    real = operators.condition
    patch.setattr(rows, "condition", condition)
    patch.setattr(tree, "condition", condition)


def missing_is_zero(patch: _Patch) -> None:
    """T07: a number that is missing counts as 0."""

    def condition(operand: Operand, test: Test, clock: Clock) -> _Predicate:
        if operand.field.key == "contact.age":
            operand = replace(operand, value=operators.func.coalesce(operand.value, operators.plain(0)))
        return real(operand, test, clock)

    real = operators.condition
    patch.setattr(rows, "condition", condition)
    patch.setattr(tree, "condition", condition)


def less_than_takes_the_border_in(patch: _Patch) -> None:
    """`<=` instead of `<`: `lt` is the opposite of `gte`, which is written `>` here."""
    patch.setitem(
        operators.LINES, ("gte", TypeClass.NUMBER), operators._number_line(lambda value, number: value > number)
    )


def no_rows_are_not_zero(patch: _Patch) -> None:
    """T10: a count over rows that has no line for contacts without any."""

    def interval(count: Count) -> tuple[int, int | None, bool]:
        return (1, count.n, True) if count.op == "lte" else real(count)

    real = figures._interval
    patch.setattr(figures, "_interval", interval)


def a_sum_of_nothing_is_missing(patch: _Patch) -> None:
    """T07 T10: no COALESCE around a sum."""

    def holds_at_zero(_operand: Operand, _test: Test) -> bool:
        return False

    patch.setattr(figures, "_holds_at_zero", holds_at_zero)


def or_stands_for_and(patch: _Patch) -> None:
    """T15 T18: a group `all` that joins with OR."""
    patch.setattr(groups, "all_of", any_of)


def none_means_not_all(patch: _Patch) -> None:
    """T12: De Morgan forgotten."""

    def none_of(*children: _Predicate) -> _Predicate:
        return not_(all_of(*children))

    patch.setattr(groups, "none_of", none_of)


def the_window_takes_its_end_in(patch: _Patch) -> None:
    """M10: a closed range instead of a half-open one."""

    def bound(value: datetime, *, name: str = "moment") -> BindParameter[datetime]:
        return real(value + timedelta(microseconds=1) if name == "until" else value, name=name)

    real = rows.bound_instant
    patch.setattr(rows, "bound_instant", bound)


def later_rows_count(patch: _Patch) -> None:
    """M11: rows after `as_of` are seen."""

    def edge(_clock: Clock, _kind: RowType) -> datetime:
        return datetime(2201, 1, 1, tzinfo=UTC)

    patch.setattr(rows, "_edge", edge)


def days_are_counted_in_utc(patch: _Patch) -> None:
    """T21: the zone of the document is not used for windows."""

    def bounds(window: Window, *, as_of: datetime, calendar: Calendar) -> Bounds:
        return real(window, as_of=as_of, calendar=replace(calendar, time_zone="UTC"))

    real = rows.window_bounds
    patch.setattr(rows, "window_bounds", bounds)


def a_literal_is_only_lowered(patch: _Patch) -> None:
    """M5: lower() instead of case folding."""
    patch.setattr(operands, "fold", str.lower)


def several_parts_need_all(patch: _Patch) -> None:
    """T09: none of several parts means lacking one of them."""

    def line(operand: Operand, test: Test, clock: Clock) -> _Predicate:
        parts = test.value if isinstance(test.value, tuple) else ()
        one = operators.LINES["contains", TypeClass.TEXT]
        return all_of(*(one(operand, replace(test, value=part), clock) for part in parts))

    patch.setitem(operators.LINES, ("contains_any_of", TypeClass.TEXT), line)


def neighbors_are_seen(patch: _Patch) -> None:
    """T88: the rows of every organization."""

    def contacts_with(scope: Scope, chosen: Rows, having: _Predicate | None = None) -> Select[Any]:
        statement = real(scope, chosen, having)
        statement._where_criteria = statement._where_criteria[1:]
        return statement

    real = rows.contacts_with
    patch.setattr(figures, "contacts_with", contacts_with)


BUGS: tuple[Callable[[_Patch], None], ...] = (
    typed_signs_become_wildcards,
    missing_values_are_forgotten,
    missing_is_zero,
    less_than_takes_the_border_in,
    no_rows_are_not_zero,
    a_sum_of_nothing_is_missing,
    or_stands_for_and,
    none_means_not_all,
    the_window_takes_its_end_in,
    later_rows_count,
    days_are_counted_in_utc,
    a_literal_is_only_lowered,
    several_parts_need_all,
    neighbors_are_seen,
)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.__name__)
def test_a_bug_is_caught(
    bug: Callable[[_Patch], None],
    worlds: tuple[StoredWorld, ...],
    hostile_database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Within the number of documents the comparison draws in the suite, each of these bugs shows."""
    bug(monkeypatch)
    drawn = 0
    while drawn < MOST_DOCUMENTS:
        stored = worlds[drawn // BATCH % len(worlds)]
        drawer = Documents(Random(drawn), stored.world)  # noqa: S311 - repeatable data
        with hostile_database.transaction(read_only=True) as transaction:
            documents = (drawer.criteria() for _ in range(BATCH))
            if next(differences(transaction.connection, stored, documents), None) is not None:
                return
        drawn += BATCH
    pytest.fail(f"{bug.__name__} was not found in {drawn} documents")
