"""One stored value against one operator, for the reference evaluator. It never sees SQL.

A value is first *read*: it becomes text, a whole number, a truth value or a point in time, or None when it is missing
(docs/criteria.md §2). A *rule* answers for a value that is present; `on_missing` answers for the rest (§5, M2, M4).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import cast

from segment_engine.domain.catalog import NUMBERS, TEXTS, TIMES, Field, FieldType
from segment_engine.domain.criteria import (
    Anniversary,
    BetweenAgo,
    Case,
    InPeriod,
    LiteralRange,
    Moment,
    MomentRange,
    OnMissing,
    Span,
    Test,
)
from segment_engine.domain.evaluate_records import Stored
from segment_engine.domain.evaluate_times import (
    Bounds,
    Clock,
    ago_bounds,
    following,
    last_bounds,
    moment_bounds,
    next_bounds,
    period_bounds,
    start,
    stored_day,
    stored_moment,
)
from segment_engine.domain.operators import find_operator
from segment_engine.errors import Unresolved

Number = int | Fraction
Read = str | Number
Rule = Callable[[Read], bool]
Answer = Callable[[Read | None], bool]

_ORDERINGS = frozenset({"gt", "gte", "lt", "lte", "between", "not_between"})

# §2: exactly these characters are blank; str.isspace() would also trim U+001C to U+001F and U+0085.
_BLANKS = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
_ONLY_A_TO_Z = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def fold_text(text: str, field: Field) -> str:
    """Return text as `fold` compares it: Unicode case folding where a folded twin is stored, else only A to Z (M5)."""
    if field.fold_column is None:
        return text.translate(_ONLY_A_TO_Z)
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def read_value(value: Stored | None, kind: FieldType) -> Read | None:
    """Return a stored value ready to compare, or None when it is missing or not of the field's type.

    Shape: text as it is, numbers as held, dates and instants as points on their line.
    """
    if kind in TEXTS:
        return value if isinstance(value, str) and value.strip(_BLANKS) else None
    if kind is FieldType.BOOLEAN:
        return value if isinstance(value, bool) else None
    if kind in NUMBERS:
        return value if isinstance(value, int) and not isinstance(value, bool) else None
    if kind is FieldType.INSTANT:
        return stored_moment(value) if isinstance(value, datetime) else None
    return stored_day(value) if isinstance(value, date) and not isinstance(value, datetime) else None


def judge(test: Test, field: Field, clock: Clock) -> Callable[[Stored | None], bool]:
    """Return the question a test asks of a stored value of this field.

    Raises: Unresolved when the operator does not suit the field's type, or an ordered choice lost a value.
    """
    kind = field.type
    decide = judge_read(test, field, clock)
    return lambda value: decide(read_value(value, kind))


def judge_read(test: Test, field: Field, clock: Clock) -> Answer:
    """Return the question a test asks of a value that was read, or calculated (an average is a fraction)."""
    operator = find_operator(test.op, field.type, ordered=field.ordered)
    if operator is None:
        raise _unsuited(test, field)
    if test.op in {"is_set", "is_not_set"}:
        wanted = test.op == "is_set"
        return lambda value: (value is not None) is wanted
    rule = _rule(test.op, test, field, clock)
    if rule is None:
        rule = _opposite(_rule(operator.complement, test, field, clock))
    if rule is None:
        raise _unsuited(test, field)
    missing = (test.on_missing or operator.missing) is OnMissing.INCLUDE
    if operator.ordered_choice_only and field.type is FieldType.CHOICE:
        return _by_position(rule, field.values, missing=missing)
    return _total(rule, missing=missing)


def _unsuited(test: Test, field: Field) -> Unresolved:
    return Unresolved(f"{field.label} cannot be asked with {test.op}. Edit that condition.")


def _total(rule: Rule, *, missing: bool) -> Answer:
    return lambda value: missing if value is None else rule(value)


def _opposite(rule: Rule | None) -> Rule | None:
    return None if rule is None else lambda value: not rule(value)


def _by_position(rule: Rule, values: tuple[str, ...], *, missing: bool) -> Answer:
    # A stored choice outside the list has no place in the order, so there it counts as missing (§2).
    places: dict[Read | None, int] = {value: place for place, value in enumerate(values)}
    decide = _total(rule, missing=missing)
    return lambda value: decide(places.get(value))


def _rule(key: str, test: Test, field: Field, clock: Clock) -> Rule | None:
    if field.type is FieldType.BOOLEAN:
        wanted = {"is_true": True, "is_false": False}.get(key)
        return None if wanted is None else lambda value: bool(value) is wanted
    if field.type in TIMES:
        return cast("Rule | None", _time_rule(key, test, field.type, clock))
    if field.type in TEXTS and key not in _ORDERINGS:
        return cast("Rule | None", _text_rule(key, test, field))
    return cast("Rule | None", _number_rule(key, test, field))


# Text ------------------------------------------------------------------------------------------------------------


def _text_rule(key: str, test: Test, field: Field) -> Callable[[str], bool] | None:
    def same(text: str) -> str:
        return fold_text(text, field) if test.case is not Case.EXACT else text

    listed = test.value if isinstance(test.value, tuple) else (test.value,)
    parts = tuple(same(cast("str", part)) for part in listed)
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
