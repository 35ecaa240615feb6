"""What each operator asks of a value that is present, for the reference evaluator (docs/criteria.md §5)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import cast

from segment_engine.domain.catalog import TEXTS, TIMES, Field, FieldType
from segment_engine.domain.criteria import (
    Anniversary,
    BetweenAgo,
    Case,
    InPeriod,
    LiteralRange,
    Moment,
    MomentRange,
    Span,
    Test,
)
from segment_engine.domain.evaluate.reading import Number, Read, fold_text
from segment_engine.domain.evaluate.times import (
    Bounds,
    Clock,
    ago_bounds,
    following,
    last_bounds,
    moment_bounds,
    next_bounds,
    period_bounds,
    start,
)
from segment_engine.errors import Unresolved

Rule = Callable[[Read], bool]

_ORDERINGS = frozenset({"gt", "gte", "lt", "lte", "between", "not_between"})


def rule_of(key: str, test: Test, field: Field, clock: Clock) -> Rule | None:
    """Return what an operator asks of a present value; None where it is defined as the opposite of another one.

    Raises: Unresolved when an ordered choice lost a value; LimitExceeded when a time leaves the years 1900 to 2200.
    """
    if field.type is FieldType.BOOLEAN:
        wanted = {"is_true": True, "is_false": False}.get(key)
        return None if wanted is None else lambda value: bool(value) is wanted
    if field.type is FieldType.SET:
        return cast("Rule | None", _set_rule(key, test, field))
    if field.type in TIMES:
        return cast("Rule | None", _time_rule(key, test, field.type, clock))
    if field.type in TEXTS and key not in _ORDERINGS:
        return cast("Rule | None", _text_rule(key, test, field))
    return cast("Rule | None", _number_rule(key, test, field))


# Text and sets --------------------------------------------------------------------------------------------------


def _same(test: Test, field: Field) -> Callable[[str], str]:
    return (lambda text: text) if test.case is Case.EXACT else (lambda text: fold_text(text, field))


def _parts(test: Test, same: Callable[[str], str]) -> tuple[str, ...]:
    listed = test.value if isinstance(test.value, tuple) else (test.value,)
    return tuple(same(cast("str", part)) for part in listed)


def _set_rule(key: str, test: Test, field: Field) -> Callable[[frozenset[str]], bool] | None:
    same = _same(test, field)
    match key:
        case "includes_any":
            parts = frozenset(_parts(test, same))
            return lambda elements: any(same(element) in parts for element in elements)
        case "includes_all":
            wanted = frozenset(_parts(test, same))
            return lambda elements: wanted <= {same(element) for element in elements}
        case _:
            return None


def _text_rule(key: str, test: Test, field: Field) -> Callable[[str], bool] | None:
    same = _same(test, field)
    parts = _parts(test, same)
    known = frozenset(parts)
    match key:
        case "equals" | "is_any_of":
            return lambda text: same(text) in known
        case "contains" | "contains_any_of":
            return lambda text: any(part in same(text) for part in parts)
        case "starts_with":
            return lambda text: same(text).startswith(parts)
        case "ends_with":
            return lambda text: same(text).endswith(parts)
        case _:
            return None


# Numbers and ordered choices -------------------------------------------------------------------------------------


def _figure(literal: object, field: Field) -> Number:
    # Literal and column in one unit (M7): the literal moves up by the scale, exactly, and never the column down.
    if isinstance(literal, str):
        if literal not in field.values:
            raise Unresolved(f"{field.label} has no value “{literal}” any more. Edit that condition.")
        return field.values.index(literal)
    if isinstance(literal, int | Decimal):
        return Fraction(literal) * 10**field.scale
    raise Unresolved(f"{field.label} is compared with something that is not a number. Edit that condition.")


def _number_rule(key: str, test: Test, field: Field) -> Callable[[Number], bool] | None:
    if key == "between":
        span = cast("LiteralRange", test.value)
        low, high = _figure(span.start, field), _figure(span.end, field)
        return lambda number: low <= number <= high
    if key == "is_any_of":
        listed = frozenset(_figure(part, field) for part in cast("tuple[object, ...]", test.value))
        return lambda number: number in listed
    if key not in {"equals", "gt", "gte", "lt", "lte"}:
        return None
    figure = _figure(test.value, field)
    rules: dict[str, Callable[[Number], bool]] = {
        "equals": lambda number: number == figure,
        "gt": lambda number: number > figure,
        "gte": lambda number: number >= figure,
        "lt": lambda number: number < figure,
        "lte": lambda number: number <= figure,
    }
    return rules[key]


# Dates and instants ----------------------------------------------------------------------------------------------


def _time_rule(key: str, test: Test, line: FieldType, clock: Clock) -> Callable[[Number], bool] | None:
    if key in {"on", "before", "on_or_after", "after", "on_or_before"}:
        return _moment_rule(key, cast("Moment", test.value), line, clock)
    bounds = _bounds(key, test, line, clock)
    if bounds is not None:
        return _inside(bounds)
    if key == "anniversary_within":
        return _anniversary_rule(cast("Anniversary", test.value), line, clock)
    if key in {"month_is", "weekday_is"}:
        listed = cast("tuple[int, ...]", test.value)
        if key == "month_is":
            return lambda point: _day(point, line, clock).month in listed
        return lambda point: _day(point, line, clock).isoweekday() in listed
    return None


def _moment_rule(key: str, moment: Moment, line: FieldType, clock: Clock) -> Callable[[Number], bool]:
    first, past = start(moment, clock, line), following(moment, clock, line)
    rules: dict[str, Callable[[Number], bool]] = {
        "on": lambda point: first <= point < past,
        "before": lambda point: point < first,
        "on_or_after": lambda point: point >= first,
        "after": lambda point: point >= past,
        "on_or_before": lambda point: point < past,
    }
    return rules[key]


def _bounds(key: str, test: Test, line: FieldType, clock: Clock) -> Bounds | None:
    match key, test.value:
        case "between", MomentRange() as span:
            return moment_bounds(span, clock, line)
        case "between_ago", BetweenAgo() as span:
            return ago_bounds(span, clock, line)
        case "in_period", InPeriod() as period:
            return period_bounds(period, clock, line)
        case (("in_last" | "more_than_ago" | "in_next" | "more_than_ahead"), Span() as span):
            return _span_bounds(key, span, line, clock)
        case _:
            return None


def _span_bounds(key: str, span: Span, line: FieldType, clock: Clock) -> Bounds:
    if key in {"in_last", "more_than_ago"}:
        low, high = last_bounds(clock, line, n=span.n, unit=span.unit)
        return (low, high) if key == "in_last" else (None, low)
    low, high = next_bounds(clock, line, n=span.n, unit=span.unit)
    return (low, high) if key == "in_next" else (high, None)


def _inside(bounds: Bounds) -> Callable[[Number], bool]:
    low, high = bounds
    return lambda point: (low is None or point >= low) and (high is None or point < high)


def _day(point: Number, line: FieldType, clock: Clock) -> date:
    return date.fromordinal(int(point)) if line is FieldType.DATE else clock.day_of(int(point))


def _anniversary_rule(asked: Anniversary, line: FieldType, clock: Clock) -> Callable[[Number], bool]:
    first, last = clock.today - asked.before, clock.today + asked.after
    years = range(date.fromordinal(first).year, date.fromordinal(last).year + 1)

    def rule(point: Number) -> bool:
        day = _day(point, line, clock)
        return any(
            first <= _day_in_year(day, year, clock).toordinal() <= last
            for year in years
            if year - day.year >= asked.min_years
        )

    return rule


def _day_in_year(day: date, year: int, clock: Clock) -> date:
    try:
        return day.replace(year=year)
    except ValueError:  # 29 February in a common year: the document says where it falls (§4.6)
        return date(year, 2, 28) if clock.calendar.leap_day == "feb_28" else date(year, 3, 1)
