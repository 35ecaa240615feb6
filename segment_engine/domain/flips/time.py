"""When time alone can change an answer: the instants at which a moving bound passes a time in the data.

A condition looks at times through bounds that move with `as_of` (docs/criteria.md §3). Between two passings nothing
changes, so looking at the instants listed here, in order, finds the first change exactly. More instants than needed do
no harm: whoever asks evaluates at each.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from segment_engine.domain.criteria import (
    Anniversary,
    BetweenAgo,
    Calendar,
    InLast,
    InNext,
    InPeriod,
    MomentRange,
    NowMoment,
    Span,
    TodayMoment,
    Unit,
    Value,
    Window,
)
from segment_engine.domain.moments import local_date, start_of_day
from segment_engine.domain.periods import ELAPSED_UNITS, MONTH_UNITS, period_days, shift_date
from segment_engine.errors import LimitExceeded

_TICK = timedelta(microseconds=1)
_DAY = timedelta(days=1)
_HOURS_OF = {Unit.MINUTE: (1, Unit.MINUTE), Unit.HOUR: (1, Unit.HOUR), Unit.DAY: (24, Unit.HOUR)}
# A month that is too short gives its last day, so from the 28th on up to four days shift to the same one.
_CLAMPED = 4
_CLAMPED_FROM = 27  # a day early, for an offset from UTC moves the date


@dataclass(frozen=True, slots=True)
class Shifted:
    """The bound that lies `n` units after `as_of` (before it, when negative): an instant, or the date edge moved."""

    n: int
    unit: Unit


@dataclass(frozen=True, slots=True)
class Day:
    """The bounds of the local day `n` units after that of `as_of`."""

    n: int
    unit: Unit


@dataclass(frozen=True, slots=True)
class Period:
    """The bounds of a calendar period counted from that of `as_of`."""

    period: InPeriod


@dataclass(frozen=True, slots=True)
class Yearly:
    """The days around the local date of `as_of` in which an anniversary may fall."""

    around: Anniversary


Edge = Shifted | Day | Period | Yearly
NOW = Shifted(0, Unit.DAY)
"""The bound `as_of` itself: rows count from the moment they have happened."""


def waiting_edge(within: Span, *, dated: bool) -> Shifted:
    """Give the end of a waiting time: between dates it is counted in whole days, else in elapsed time."""
    if dated:
        return Shifted(-within.n, Unit.DAY)
    length, unit = _HOURS_OF[within.unit]
    return Shifted(-within.n * length, unit)


def window_edges(window: Window | None) -> tuple[Edge, ...]:
    """List the bounds of a window that move with `as_of`; named days and instants stand still."""
    match window:
        case InLast(n, unit):
            return (Shifted(-n, unit), NOW)
        case InNext(n, unit):
            return (NOW, Shifted(n, unit))
        case BetweenAgo(start, end, unit):
            return (Shifted(-start, unit), Shifted(-end, unit))
        case InPeriod():
            return (Period(window),)
        case MomentRange(start, end):
            return tuple(edge for end in (start, end) for edge in value_edges("", end))
        case _:
            return ()


def value_edges(op: str, value: Value) -> tuple[Edge, ...]:
    """List the bounds of an operator's value that move with `as_of`."""
    match value:
        case Span(n, unit):
            ahead = op in {"in_next", "not_in_next", "more_than_ahead", "not_more_than_ahead"}
            return (Shifted(n if ahead else -n, unit), NOW)
        case BetweenAgo() | InPeriod() | MomentRange():
            return window_edges(value)
        case TodayMoment(n, unit):
            return (Day(n, unit),)
        case NowMoment(n, unit):
            return (Shifted(n, unit),)
        case Anniversary():
            return (Yearly(value),)
        case _:
            return ()


def passings(edge: Edge, value: date, calendar: Calendar, *, after: datetime) -> Iterator[datetime]:
    """List the instants later than `after` at which a bound may pass a time in the data, in UTC and in no order.

    Shape: `value` is an instant (an aware datetime) or a date. Bounds that leave the years 1900 to 2200 have none.
    """
    with suppress(LimitExceeded, OverflowError):
        yield from (instant for instant in _passings(edge, value, calendar, after) if instant > after)


def _passings(edge: Edge, value: date, calendar: Calendar, after: datetime) -> Iterator[datetime]:
    match edge:
        case Shifted(n, unit) | Day(n, unit) if _is_over(_local(value, calendar), n, unit, after):
            return
        case Shifted(n, unit) if isinstance(value, datetime):
            yield from _pass_instant(value.astimezone(UTC), n, unit, calendar)
        case Shifted(n, unit) | Day(n, unit):
            for day in _days_before(_local(value, calendar), n, unit):
                yield from _start(day, calendar)
        case Period(period):
            yield from _pass_period(_local(value, calendar), period, calendar)
        case Yearly(around):
            day = _local(value, calendar)
            # This year or next, or, where it is too early still, the first year that counts.
            first = max(after.year - 1, day.year + around.min_years)
            yield from _pass_year(day, around, calendar, range(first, first + 4))


def _is_over(day: date, n: int, unit: Unit, after: datetime) -> bool:
    """Tell whether a bound has left a day behind for good, as it has most rows of a contact: they cost nothing then."""
    if unit in ELAPSED_UNITS:
        return False
    return shift_date(day, -n, unit) + (_CLAMPED + 3) * _DAY < after.date()


def _local(value: date, calendar: Calendar) -> date:
    return local_date(value, calendar) if isinstance(value, datetime) else value


def _start(day: date, calendar: Calendar) -> Iterator[datetime]:
    # The date edge moves just after the first instant of a day, everything else at it (docs/criteria.md §3.3).
    first = start_of_day(day, calendar)
    yield first
    yield first + _TICK


def _reach(day: date, unit: Unit) -> int:
    """Say how many days around the obvious one may shift to the same day, too."""
    return _CLAMPED if unit in MONTH_UNITS and day.day >= _CLAMPED_FROM else 0


def _days_before(day: date, n: int, unit: Unit) -> Iterator[date]:
    """List the days that shift to about this one."""
    middle = shift_date(day, -n, unit)
    reach = _reach(day, unit) or 1
    for away in range(-reach, reach + 2):
        yield middle + timedelta(days=away)


def _pass_period(day: date, period: InPeriod, calendar: Calendar) -> Iterator[datetime]:
    """List where the periods begin and end from which this day lies `offset` periods away."""
    first, _ = period_days(InPeriod(period.unit, 0), day, calendar)
    for away in (-period.offset, 1 - period.offset):
        yield from _start(shift_date(first, away, period.unit), calendar)


def _pass_year(day: date, around: Anniversary, calendar: Calendar, years: range) -> Iterator[datetime]:
    """List where the days around an anniversary begin and end."""
    leap = (day.month, day.day) == (2, 29)
    for year in years:
        # 29 February may fall on either neighbour, and on itself; a day too many costs a look and no more.
        for there in (date(year, 2, 28), date(year, 3, 1)) if leap else (day.replace(year=year),):
            for away in (-around.after, around.before, around.before + 1):
                yield from _start(there + timedelta(days=away), calendar)


# Instants ------------------------------------------------------------------------------------------------------------


def _pass_instant(value: datetime, n: int, unit: Unit, calendar: Calendar) -> Iterator[datetime]:
    if n == 0 or unit in ELAPSED_UNITS:
        passed = value - n * ELAPSED_UNITS.get(unit, timedelta())
        yield passed
        yield passed + _TICK
        return
    zone = ZoneInfo(calendar.time_zone)
    for offset in _offsets(value, zone):
        wall = (value + offset).replace(tzinfo=None)
        middle = shift_date(wall.date(), -n, unit)
        reach = _reach(wall.date(), unit)
        for away in range(-reach, reach + 1):
            day = middle + timedelta(days=away)
            yield from _wall_instants(datetime.combine(day, wall.time()), zone)
            if reach:
                yield from _start(day, calendar)
            yield from _jumps(day, value, zone)


def _offsets(instant: datetime, zone: ZoneInfo) -> set[timedelta]:
    """Give the offsets from UTC in force around an instant: two near a clock change."""
    near = (instant - _DAY, instant, instant + _DAY)
    return {offset for each in near if (offset := zone.utcoffset(each.astimezone(zone))) is not None}


def _wall_instants(wall: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """Give every instant a wall time may stand for, and the one after it."""
    for offset in _offsets(wall.replace(tzinfo=UTC), zone):
        instant = wall.replace(tzinfo=UTC) - offset
        yield instant
        yield instant + _TICK


def _jumps(day: date, value: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """List where a bound leaps instead of moving: at a clock change of this day, and at one around the value."""
    midday = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    yield from _clock_changes(midday, zone)
    for change in _clock_changes(value, zone):
        for offset in _offsets(change, zone):
            wall = (change + offset).replace(tzinfo=None)
            yield from _wall_instants(datetime.combine(day, wall.time()), zone)


def _clock_changes(around: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """Find the clock change within a day and a half of an instant, if there is one."""
    low, high = around - 1.5 * _DAY, around + 1.5 * _DAY

    def offset(instant: datetime) -> timedelta | None:
        return instant.astimezone(zone).utcoffset()

    before = offset(low)
    if before == offset(high):
        return
    while high - low > _TICK:
        middle = low + (high - low) // 2
        if offset(middle) == before:
            low = middle
        else:
            high = middle
    yield high
