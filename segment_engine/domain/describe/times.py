"""Says moments, spans, periods and their bounds in English. Dates read 2 Mar 2026 14:00, whatever the locale."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

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
    Span,
    TodayMoment,
    Unit,
    Value,
    Window,
)
from segment_engine.domain.literals import instant_of
from segment_engine.domain.moments import (
    Bounds,
    DateBounds,
    local_date,
    operator_bounds,
    operator_dates,
    window_bounds,
    window_dates,
)
from segment_engine.errors import InputError, LimitExceeded

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_PERIODS = {(Unit.DAY, -1): "yesterday", (Unit.DAY, 0): "today", (Unit.DAY, 1): "tomorrow"}


@dataclass(frozen=True, slots=True)
class Clock:
    """The instant and the calendar for which relative times are spelled out."""

    as_of: datetime
    calendar: Calendar


def day_text(day: date) -> str:
    """Write 2 Mar 2026."""
    return f"{day.day} {MONTHS[day.month - 1][:3]} {day.year}"


def instant_text(instant: datetime, calendar: Calendar, *, as_typed: bool = False) -> str:
    """Write 2 Mar 2026 14:00 in the zone of the calendar, with seconds only where there are some.

    Shape: parts of a second are written where a person typed them; of a computed instant nobody reads them.
    """
    local = instant.astimezone(ZoneInfo(calendar.time_zone))
    precise = "microseconds" if as_typed and local.microsecond else "seconds" if local.second else "minutes"
    return f"{day_text(local.date())} {local.time().isoformat(precise)}"


def length_text(n: int, unit: Unit) -> str:
    """Write 1 day, 30 days, 10,000 hours."""
    return f"{n:,} {unit.value.replace('_', ' ')}{'' if n == 1 else 's'}"


def period_text(period: InPeriod) -> str:
    """Write this month, last week, the quarter 3 quarters ago."""
    unit = period.unit.value.replace("_", " ")
    near = {-1: f"last {unit}", 0: f"this {unit}", 1: f"next {unit}"}
    if (period.unit, period.offset) in _PERIODS:
        return _PERIODS[period.unit, period.offset]
    length = length_text(abs(period.offset), period.unit)
    return near.get(period.offset, f"the {unit} {length} {'ago' if period.offset < 0 else 'ahead'}")


def moment_text(moment: Moment, clock: Clock) -> str:
    """Write a moment; a relative one carries what it means now."""
    match moment:
        case DayMoment(day):
            return day_text(day)
        case InstantMoment(text):
            return f"{instant_text(instant_of(text), clock.calendar, as_typed=True)} ({clock.calendar.time_zone})"
        case TodayMoment(n, unit):
            now = _resolved(lambda: day_text(_dates("on", moment, clock).lo or date.max))
            return f"{_relative(n, unit, 'today')} ({now})"
        case NowMoment(n, unit):
            now = _resolved(lambda: instant_text(_instants("before", moment, clock).hi or clock.as_of, clock.calendar))
            return f"{_relative(n, unit, 'now')} ({now}, {clock.calendar.time_zone})"


def _relative(n: int, unit: Unit, anchor: str) -> str:
    return anchor if n == 0 else f"{length_text(abs(n), unit)} {'before' if n < 0 else 'after'} {anchor}"


def _dates(op: str, value: Value, clock: Clock) -> DateBounds:
    return operator_dates(op, value, as_of=clock.as_of, calendar=clock.calendar)


def _instants(op: str, value: Value, clock: Clock) -> Bounds:
    return operator_bounds(op, value, as_of=clock.as_of, calendar=clock.calendar)


def _resolved(words: Callable[[], str]) -> str:
    """Say bounds; where there are none now, say that instead of nothing: the sentence must always be readable."""
    try:
        return words()
    except (LimitExceeded, InputError):
        return "outside the years 1900 to 2200"


def bounds_text(bounds: Bounds | DateBounds, calendar: Calendar) -> str:
    """Write half-open bounds so that it is clear what counts; days are named as whole days."""
    if isinstance(bounds, DateBounds):
        return _date_bounds_text(bounds)
    lo, hi = bounds.lo, bounds.hi
    zone = calendar.time_zone
    if lo is None or hi is None:
        edge = f"from {instant_text(lo, calendar)} on" if lo else hi and f"before {instant_text(hi, calendar)}"
        return f"{edge}, {zone}" if edge else ""
    if lo >= hi:
        return "nothing lies within"
    return f"from {instant_text(lo, calendar)} until {instant_text(hi, calendar)}, {zone}; the end not included"


def _date_bounds_text(bounds: DateBounds) -> str:
    lo, hi = bounds.lo, bounds.hi
    if lo is None or hi is None:
        return f"from {day_text(lo)} on" if lo else f"before {day_text(hi)}" if hi else ""
    last = hi - timedelta(days=1)
    return day_text(lo) if lo == last else f"from {day_text(lo)} until {day_text(last)}, both included"


def window_text(window: Window, kind: FieldType | None, clock: Clock) -> str:
    """Write a window: in the last 30 days (from … until …)."""
    match window:
        case AnyTime():
            return "at any time"
        case MomentRange():
            return range_text(window, clock)
        case InLast(n, unit):
            words = f"in the last {length_text(n, unit)}"
        case InNext(n, unit):
            words = f"in the next {length_text(n, unit)}"
        case BetweenAgo():
            words = f"between {between_text(window)} ago"
        case InPeriod():
            words = period_text(window) if (window.unit, window.offset) in _PERIODS else f"in {period_text(window)}"
    if kind is None:
        return words
    resolve = window_dates if kind is FieldType.DATE else window_bounds
    bounds = _resolved(lambda: bounds_text(resolve(window, as_of=clock.as_of, calendar=clock.calendar), clock.calendar))
    return f"{words} ({bounds})"


def between_text(value: BetweenAgo) -> str:
    """Write 90 and 30 days."""
    return f"{value.start:,} and {length_text(value.end, value.unit)}"


def range_text(value: MomentRange, clock: Clock) -> str:
    """Write a range of moments; named days are whole and included, a named instant as the end is not."""
    start = value.start and f"from {moment_text(value.start, clock)}"
    if value.end is None:
        return f"{start} on"
    whole = isinstance(value.end, DayMoment | TodayMoment)
    until = f"{moment_text(value.end, clock)}, {'that day included' if whole else 'the end not included'}"
    return f"{start} to {until}" if start else f"until {until}"


TimeValue = Moment | MomentRange | Span | BetweenAgo | InPeriod | Anniversary


def time_value_text(op: str, value: TimeValue, kind: FieldType | None, clock: Clock) -> tuple[str, str]:
    """Write the value of a time operator: the words for its phrase, and the bounds that follow in parentheses."""
    match value:
        case MomentRange():
            return range_text(value, clock).removeprefix("from "), ""
        case Span(n, unit):
            words = length_text(n, unit)
        case BetweenAgo():
            words = between_text(value)
        case InPeriod():
            words = period_text(value)
        case Anniversary():
            return _anniversary_text(value, clock)
        case _:
            return moment_text(value, clock), ""
    if kind is None:
        return words, ""
    resolve = _dates if kind is FieldType.DATE else _instants
    return words, _resolved(lambda: bounds_text(resolve(op, value, clock), clock.calendar))


def _anniversary_text(value: Anniversary, clock: Clock) -> tuple[str, str]:
    today = local_date(clock.as_of, clock.calendar)
    first, last = today - timedelta(days=value.before), today + timedelta(days=value.after)
    around = [
        f"the {length_text(n, Unit.DAY)} {side} it"
        for n, side in ((value.before, "before"), (value.after, "after"))
        if n
    ]
    words = " and ".join(("today", *around)) if around else "today alone"
    years = f"at least {length_text(value.min_years, Unit.YEAR)} later"
    return words, f"from {day_text(first)} until {day_text(last)}, both included; {years}"
