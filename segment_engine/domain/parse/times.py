"""Reads moments, spans, periods and windows. It resolves nothing: relative times stay as they were typed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from segment_engine.domain.catalog import FieldType
from segment_engine.domain.criteria import (
    Anniversary,
    AnyTime,
    BetweenAgo,
    Calendar,
    DayMoment,
    InLast,
    InNext,
    InPeriod,
    InstantMoment,
    Moment,
    MomentRange,
    NowMoment,
    Offset,
    Span,
    TodayMoment,
    Unit,
    Window,
)
from segment_engine.domain.limits import ANNIVERSARY_DAYS, ANNIVERSARY_YEARS, EARLIEST_DAY, LATEST_DAY, RELATIVE
from segment_engine.domain.literals import day_of, instant_of
from segment_engine.domain.moments import start_of_day
from segment_engine.domain.places import Place, quoted

_DAY_UNITS = ("day", "week", "month", "quarter", "year")
_ALL_UNITS = ("minute", "hour", *_DAY_UNITS)
_ELAPSED_UNITS = ("minute", "hour", "day")
_PERIOD_UNITS = (*_DAY_UNITS, "fiscal_quarter", "fiscal_year")
_DAY_MOMENTS = frozenset({"day", "today"})
_MOMENTS = ("day", "today", "instant", "now")
_WINDOWS = ("in_last", "in_next", "between_ago", "in_period", "range", "any_time")


def _units(kind: FieldType) -> Collection[str]:
    return _DAY_UNITS if kind is FieldType.DATE else _ALL_UNITS


def _unit(place: Place, known: Collection[str]) -> Unit | None:
    word = place.word(known, code="unit")
    return None if word is None else Unit(word)


def _within_years(place: Place, year: int) -> bool:
    if EARLIEST_DAY.year <= year < LATEST_DAY.year:
        return True
    place.refuse("limit_exceeded", f"The year {year} is outside 1900 to 2200. Choose a year within.")
    return False


def read_span(place: Place, kind: FieldType) -> Span | None:
    """Read `{"n": 30, "unit": "day"}`; dates have no units below a day."""
    keys = place.keys(("n", "unit"))
    n = keys["n"].whole(1, RELATIVE)
    unit = _unit(keys["unit"], _units(kind))
    return None if n is None or unit is None else Span(n, unit)


def read_elapsed(place: Place, *, least: int = -RELATIVE, dates: bool = False) -> Offset | None:
    """Read a gap between two rows or values: elapsed time where a day is 24 hours, or whole days between dates.

    Source: docs/criteria.md §4.6, §4.14.
    """
    keys = place.keys(("n", "unit"))
    n = keys["n"].whole(least, RELATIVE)
    unit = _unit(keys["unit"], ("day",) if dates else _ELAPSED_UNITS)
    return None if n is None or unit is None else Offset(n, unit)


def read_between_ago(place: Place, kind: FieldType) -> BetweenAgo | None:
    """Read `{"from": 90, "to": 30, "unit": "day"}`, from more than to."""
    keys = place.keys(("from", "to", "unit"))
    start, end = keys["from"].whole(1, RELATIVE), keys["to"].whole(0, RELATIVE)
    unit = _unit(keys["unit"], _units(kind))
    if start is None or end is None or unit is None:
        return None
    if start <= end:
        sentence = f"From {start} to {end} ago runs backwards. Put the larger number first: it is longer ago."
        place.refuse("range_order", sentence)
        return None
    return BetweenAgo(start, end, unit)


def read_period(place: Place) -> InPeriod | None:
    """Read `{"unit": "month", "offset": -1}`."""
    keys = place.keys(("unit", "offset"))
    unit, offset = _unit(keys["unit"], _PERIOD_UNITS), keys["offset"].whole(-RELATIVE, RELATIVE)
    return None if unit is None or offset is None else InPeriod(unit, offset)


def read_anniversary(place: Place) -> Anniversary | None:
    """Read `{"before": 0, "after": 7, "min_years": 1}`; together at most 364 days."""
    keys = place.keys(("before", "after"), ("min_years",))
    before, after = keys["before"].whole(0, ANNIVERSARY_DAYS), keys["after"].whole(0, ANNIVERSARY_DAYS)
    years = keys["min_years"].whole(0, ANNIVERSARY_YEARS) if "min_years" in keys else 1
    if before is None or after is None or years is None:
        return None
    if before + after > ANNIVERSARY_DAYS:
        sentence = f"{before} + {after} days are more than {ANNIVERSARY_DAYS}, a whole year. Choose fewer."
        place.refuse("limit_exceeded", sentence)
        return None
    return Anniversary(before, after, years)


def read_moment(place: Place, kind: FieldType, *, known: Collection[str] = _MOMENTS) -> Moment | None:
    """Read a moment; a date can only be compared with `day` and `today`."""
    found = place.one_key(_MOMENTS)
    if found is None:
        return None
    form, inner = found
    if form not in known or (kind is FieldType.DATE and form not in _DAY_MOMENTS):
        sentence = "Only a day can be compared here, not an instant. Use “day” or “today”."
        inner.refuse("moment_kind", sentence)
        return None
    if form == "day":
        return _day(inner)
    if form == "instant":
        return _instant(inner)
    return _relative(inner, form)


def read_day(place: Place, kind: FieldType) -> Moment | None:
    """Read a moment that is a whole day."""
    return read_moment(place, kind, known=_DAY_MOMENTS)


def _day(place: Place) -> DayMoment | None:
    text = place.text()
    if text is None:
        return None
    try:
        day = day_of(text)
    except ValueError:
        place.refuse("wrong_type", f"{quoted(text)} is not a day. Write it as 2026-03-01.")
        return None
    return DayMoment(day) if _within_years(place, day.year) else None


def _instant(place: Place) -> InstantMoment | None:
    text = place.text()
    if text is None:
        return None
    try:
        instant = instant_of(text)
    except ValueError:
        sentence = f"{quoted(text)} is not an instant. Write it as 2026-03-01T09:30:00Z, or with an offset as +02:00."
        place.refuse("wrong_type", sentence)
        return None
    return InstantMoment(text) if _within_years(place, instant.year) else None


def _relative(place: Place, form: str) -> TodayMoment | NowMoment | None:
    keys = place.keys(("n", "unit"))
    n = keys["n"].whole(-RELATIVE, RELATIVE)
    unit = _unit(keys["unit"], _DAY_UNITS if form == "today" else _ALL_UNITS)
    if n is None or unit is None:
        return None
    return TodayMoment(n, unit) if form == "today" else NowMoment(n, unit)


def read_moments(place: Place, kind: FieldType, calendar: Calendar) -> MomentRange | None:
    """Read `{"from": moment, "to": moment}` with both ends given."""
    keys = place.keys(("from", "to"))
    start, end = read_moment(keys["from"], kind), read_moment(keys["to"], kind)
    if start is None or end is None:
        return None
    return _ordered(place, start, end, calendar)


def _open_range(place: Place, kind: FieldType, calendar: Calendar) -> MomentRange | None:
    keys = place.keys((), ("from", "to"))
    given = {key: child for key, child in keys.items() if child.value is not None}
    if place.is_object and not given:
        place.refuse("missing_key", "A range needs “from” or “to”. Give at least one of them.")
        return None
    ends = {key: read_moment(child, kind) for key, child in given.items()}
    if not given or None in ends.values():
        return None
    return _ordered(place, ends.get("from"), ends.get("to"), calendar)


def _ordered(place: Place, start: Moment | None, end: Moment | None, calendar: Calendar) -> MomentRange | None:
    """Refuse two absolute ends in the wrong order; relative ones are compared when they are resolved."""
    match start, end:
        case DayMoment(first), DayMoment(last):
            backwards = first > last
        case ((DayMoment() | InstantMoment()), (DayMoment() | InstantMoment())):
            backwards = _absolute(start, calendar) > _absolute(end, calendar, after=1)
        case _:
            backwards = False
    if backwards:
        place.refuse("range_order", "The range ends before it begins. Exchange the two ends.")
        return None
    return MomentRange(start, end)


def _absolute(moment: DayMoment | InstantMoment, calendar: Calendar, *, after: int = 0) -> datetime:
    if isinstance(moment, InstantMoment):
        return instant_of(moment.text)
    return start_of_day(date.fromordinal(moment.day.toordinal() + after), calendar)


def read_window(place: Place, kind: FieldType, calendar: Calendar) -> Window | None:
    """Read a window over dates or instants.

    Source: docs/criteria.md §3.3.
    """
    found = place.one_key(_WINDOWS)
    if found is None:
        return None
    form, inner = found
    match form:
        case "in_last" | "in_next":
            span = read_span(inner, kind)
            return span and (InLast(span.n, span.unit) if form == "in_last" else InNext(span.n, span.unit))
        case "between_ago":
            return read_between_ago(inner, kind)
        case "in_period":
            return read_period(inner)
        case "range":
            return _open_range(inner, kind, calendar)
        case _:
            return _any_time(inner)


def _any_time(place: Place) -> AnyTime | None:
    if place.value is True:
        return AnyTime()
    place.refuse("unknown_value", "any_time can only be true. Remove the window, or write true.")
    return None


def looks_ahead(window: Window | None) -> bool:
    """Tell whether a window lies after `as_of`, where rows are seen only with include_future.

    Source: docs/criteria.md §3.4.
    """
    return isinstance(window, InNext) or (isinstance(window, InPeriod) and window.offset > 0)
