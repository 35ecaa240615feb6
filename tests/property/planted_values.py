"""Mistakes about single values, groups and missing values that a compiler of segments makes, planted on purpose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import BindParameter, ColumnElement, not_

from segment_engine.compiler import figures, groups, operands, operators, rows, tree
from segment_engine.compiler.brackets import all_of, any_of
from segment_engine.compiler.operands import Clock, Operand, TypeClass
from segment_engine.domain.anniversaries import AnniversaryYear
from segment_engine.domain.catalog import FieldType
from segment_engine.domain.criteria import Anniversary, Calendar, Literal, Test
from tests.property.focused import Draw, figure, of_type, whole

Patch = pytest.MonkeyPatch
Predicate = ColumnElement[bool]


def _like(value: ColumnElement[Any], text: ColumnElement[Any]) -> Predicate:
    return value.like("%" + text + "%")


def typed_signs_become_wildcards(patch: Patch) -> None:
    """T36: LIKE without escaping."""
    patch.setitem(operators.LINES, ("contains", TypeClass.TEXT), operators._text_line(_like))


def missing_values_are_forgotten(patch: Patch) -> None:
    """T01 T06: the comparison alone, which is NULL where the value is missing."""

    def condition(operand: Operand, test: Test, clock: Clock) -> Predicate:
        operator = operators.operator_of(operand, test)
        if operator.missing is None:
            return real(operand, test, clock)
        return operators.comparison(operators._subject(operand, operator), test, clock)

    real = operators.condition
    for module in (tree, rows):
        patch.setattr(module, "condition", condition)


def missing_is_zero(patch: Patch) -> None:
    """T07: a number that is missing counts as 0."""

    def condition(operand: Operand, test: Test, clock: Clock) -> Predicate:
        if operand.field.key == "contact.age":
            operand = replace(operand, value=operators.func.coalesce(operand.value, operators.plain(0)))
        return real(operand, test, clock)

    real = operators.condition
    patch.setattr(tree, "condition", condition)


def negations_leave_the_missing_out(patch: Patch) -> None:
    """T06 M3: an opposite that keeps the same answer for missing values."""

    def complement(operand: Operand, test: Test) -> Test:
        turned = real(operand, test)
        return turned if turned.on_missing is None else replace(turned, on_missing=test.on_missing)

    real = operators.complement
    patch.setattr(figures, "complement", complement)


def less_than_takes_the_border_in(patch: Patch) -> None:
    """`<=` instead of `<`: `lt` is the opposite of `gte`, which is written `>` here."""
    line = operators._number_line(lambda value, number: value > number)
    patch.setitem(operators.LINES, ("gte", TypeClass.NUMBER), line)


def a_range_of_numbers_leaves_its_end_out(patch: Patch) -> None:
    """M10: numbers have both ends in."""

    def line(operand: Operand, test: Test, clock: Clock) -> Predicate:  # noqa: ARG001 - one signature
        value: Any = test.value
        return all_of(operand.value >= operand.number(value.start), operand.value < operand.number(value.end))

    patch.setitem(operators.LINES, ("between", TypeClass.NUMBER), line)


def a_literal_is_only_lowered(patch: Patch) -> None:
    """M5: lower() instead of case folding."""
    patch.setattr(operands, "fold", str.lower)


def a_literal_is_not_folded(patch: Patch) -> None:
    """T39 M5: the stored twin is folded, the literal is not."""

    def text(operand: Operand, literal: Literal, *, folded: bool) -> str:  # noqa: ARG001 - one signature
        return str(operand.unit(literal))

    patch.setattr(Operand, "text", text)


def several_parts_need_all(patch: Patch) -> None:
    """T09: none of several parts means lacking one of them."""

    def line(operand: Operand, test: Test, clock: Clock) -> Predicate:
        parts = test.value if isinstance(test.value, tuple) else ()
        one = operators.LINES["contains", TypeClass.TEXT]
        return all_of(*(one(operand, replace(test, value=part), clock) for part in parts))

    patch.setitem(operators.LINES, ("contains_any_of", TypeClass.TEXT), line)


def every_element_means_any(patch: Patch) -> None:
    """T18: a set that includes one of several counts as including all."""
    patch.setitem(operators.LINES, ("includes_all", TypeClass.SET), operators._set_line("&&"))


def a_set_is_counted_folded(patch: Patch) -> None:
    """§5: the size of a set counts exact elements, not those that fold together."""

    def line(operand: Operand, test: Test, clock: Clock) -> Predicate:
        folded = operand.value if operand.folded is None else operand.folded
        return real(replace(operand, value=folded), test, clock)

    real = operators.LINES["size", TypeClass.SET]
    patch.setitem(operators.LINES, ("size", TypeClass.SET), line)


def choices_are_ordered_by_name(patch: Patch) -> None:
    """§2: an ordered choice compares positions, not the alphabet."""

    def ranked(operand: Operand) -> Operand:
        return real(replace(operand, field=replace(operand.field, values=tuple(sorted(operand.field.values)))))

    real = operands.ranked
    patch.setattr(operators, "ranked", ranked)


def a_choice_outside_the_list_comes_first(patch: Patch) -> None:
    """§2: a stored value outside the list has no position, so it is missing to ordering operators."""

    def ranked(operand: Operand) -> Operand:
        placed = real(operand)
        return replace(placed, value=operators.func.coalesce(placed.value, operators.plain(0)))

    real = operands.ranked
    patch.setattr(operators, "ranked", ranked)


# Groups ----------------------------------------------------------------------------------------------------------


def or_stands_for_and(patch: Patch) -> None:
    """T15 T18: a group `all` that joins with OR."""
    patch.setattr(groups, "all_of", any_of)


def none_means_not_all(patch: Patch) -> None:
    """T12: De Morgan forgotten."""

    def none_of(*children: Predicate) -> Predicate:
        return not_(all_of(*children))

    patch.setattr(groups, "none_of", none_of)


def at_least_is_more_than(patch: Patch) -> None:
    """§1: at least k, off by one."""

    def bound_small(value: int, *, name: str = "number") -> BindParameter[int]:
        return real(value + 1, name=name)

    real = groups.bound_small
    patch.setattr(groups, "bound_small", bound_small)


# Days ------------------------------------------------------------------------------------------------------------


def the_leap_day_is_always_in_february(patch: Patch) -> None:
    """T23 §4.15: the document says where 29 February falls in common years."""

    def anniversary_days(value: Anniversary, *, calendar: Calendar, **known: Any) -> tuple[AnniversaryYear, ...]:
        return tuple(real(value, calendar=replace(calendar, leap_day="feb_28"), **known))

    real = operators.anniversary_days
    patch.setattr(operators, "anniversary_days", anniversary_days)


def anniversaries_need_no_year(patch: Patch) -> None:
    """T23 §4.15: the day itself is no anniversary."""

    def anniversary_days(value: Anniversary, **known: Any) -> tuple[AnniversaryYear, ...]:
        return tuple(real(replace(value, min_years=0), **known))

    real = operators.anniversary_days
    patch.setattr(operators, "anniversary_days", anniversary_days)


def weekdays_are_those_of_utc(patch: Patch) -> None:
    """T21 T22: an instant's local date is that of the zone of the document."""

    def day(operand: Operand) -> ColumnElement[Any]:
        return real(operand if operand.zone is None else replace(operand, zone="UTC"))

    real = Operand.day
    patch.setattr(Operand, "day", day)


_TEXTS = of_type(FieldType.TEXT)
_NUMBERS = of_type(FieldType.INTEGER, FieldType.MONEY)
_SETS = of_type(FieldType.SET)
_CHOICES = of_type(FieldType.CHOICE, ordered=True)
_ANNIVERSARIES = of_type(FieldType.DATE, operators=("anniversary_within", "not_anniversary_within"))

BUGS: dict[Callable[[Patch], None], Draw] = {
    typed_signs_become_wildcards: _TEXTS,
    missing_values_are_forgotten: whole,
    missing_is_zero: _NUMBERS,
    negations_leave_the_missing_out: figure("min", "max", "avg"),
    less_than_takes_the_border_in: _NUMBERS,
    a_range_of_numbers_leaves_its_end_out: _NUMBERS,
    a_literal_is_only_lowered: _TEXTS,
    a_literal_is_not_folded: _TEXTS,
    several_parts_need_all: _TEXTS,
    every_element_means_any: _SETS,
    a_set_is_counted_folded: _SETS,
    choices_are_ordered_by_name: _CHOICES,
    a_choice_outside_the_list_comes_first: _CHOICES,
    or_stands_for_and: whole,
    none_means_not_all: whole,
    at_least_is_more_than: whole,
    the_leap_day_is_always_in_february: _ANNIVERSARIES,
    anniversaries_need_no_year: _ANNIVERSARIES,
    weekdays_are_those_of_utc: of_type(FieldType.INSTANT),
}
"""Each mistake, and the documents in which it must show."""
