"""Time for the reference evaluator: `as_of` and a calendar become whole numbers on a line. It never reads data.

Two lines exist. Dates stand on the line of days (1 = 0001-01-01), instants on the line of microseconds since 1970 UTC.
Written from docs/criteria.md §3 alone, so that it can disagree with the bounds the compiler binds.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import assert_never
from zoneinfo import ZoneInfo

from segment_engine.domain.catalog import FieldType
from segment_engine.domain.criteria import (
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
    TodayMoment,
    Unit,
    Window,
)
from segment_engine.errors import LimitExceeded, Unresolved

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)
_FIRST_DAY = date(1900, 1, 1).toordinal()
_LAST_DAY = date(2200, 12, 31).toordinal()
_ELAPSED = {Unit.MINUTE: 60_000_000, Unit.HOUR: 3_600_000_000}
_DAYS = {Unit.DAY: 1, Unit.WEEK: 7}
_MONTHS = {Unit.MONTH: 1, Unit.QUARTER: 3, Unit.YEAR: 12, Unit.FISCAL_QUARTER: 3, Unit.FISCAL_YEAR: 12}
_WEEK_STARTS = {"monday": 1, "saturday": 6, "sunday": 7}
_FIRST_MOMENT = (datetime(1900, 1, 1, tzinfo=UTC) - _EPOCH) // _TICK
_PAST_MOMENT = (datetime(2201, 1, 1, tzinfo=UTC) - _EPOCH) // _TICK
_DAY_AND_A_BIT = 26 * 3_600_000_000  # no zone is further from UTC than this

Bounds = tuple[int | None, int | None]


def ticks(moment: datetime) -> int:
    """Place an aware instant on the line of microseconds."""
    return (moment - _EPOCH) // _TICK


def stored_day(value: date) -> int | None:
    """Place a stored date on the line of days; None (missing) outside the years 1900 to 2200."""
    day = value.toordinal()
    return day if _FIRST_DAY <= day <= _LAST_DAY else None


def stored_moment(value: datetime) -> int | None:
    """Place a stored instant on the line of microseconds; None (missing) outside the years 1900 to 2200."""
    moment = ticks(value)
    return moment if _FIRST_MOMENT <= moment < _PAST_MOMENT else None


@dataclass(frozen=True, slots=True)
class Clock:
    """One `as_of` seen through one calendar.

    Shape: `today` is the local date of `as_of`, `edge` the date edge of §3.3, both on the line of days; `now` is
        `as_of` on the line of microseconds.
    """

    calendar: Calendar
    zone: ZoneInfo
    wall: datetime
    now: int
    today: int
    edge: int

    def day_of(self, moment: int) -> date:
        """Return the local date of a point on the line of microseconds."""
        return (_EPOCH + timedelta(microseconds=moment)).astimezone(self.zone).date()

    def start_of_day(self, day: int) -> int:
        """Return where a local date begins on the line of microseconds, also where midnight is skipped or repeated."""
        return _wall_to_ticks(datetime.combine(date.fromordinal(day), time()), self.zone)


def read_clock(as_of: datetime, calendar: Calendar) -> Clock:
    """Look at an aware instant through a calendar.

    Raises: Unresolved when the zone is unknown here.
    """
    try:
        zone = ZoneInfo(calendar.time_zone)
    except (KeyError, ValueError, OSError) as problem:
        raise Unresolved(f"The time zone {calendar.time_zone} is not known. Choose another time zone.") from problem
    wall = as_of.astimezone(zone).replace(tzinfo=None, fold=0)
    today = wall.toordinal()
    now = ticks(as_of)
    first = _wall_to_ticks(datetime.combine(wall.date(), time()), zone)
    return Clock(calendar, zone, wall, now, today, today if now == first else today + 1)


def _wall_to_ticks(wall: datetime, zone: ZoneInfo) -> int:
    # PEP 495 with fold=0: a repeated wall time is the first one; a skipped one takes the offset before the gap, which
    # moves it later by the length of the gap.
    return ticks(wall.replace(tzinfo=zone, fold=0))


def _within(day: int) -> int:
    # One day past the last year is the left-out end of a range that covers that year.
    if not _FIRST_DAY <= day <= _LAST_DAY + 1:
        raise LimitExceeded("A time in the criteria leaves the years 1900 to 2200. Use a shorter length of time.")
    return day


def shift_day(day: int, n: int, unit: Unit) -> int:
    """Move a date by n calendar units; a month that is too short gives its last day.

    Raises: LimitExceeded when the result leaves the years 1900 to 2200.
    """
    if unit in _DAYS:
        return _within(day + n * _DAYS[unit])
    origin = date.fromordinal(day)
    year, month = divmod(origin.year * 12 + origin.month - 1 + n * _MONTHS[unit], 12)
    if not date.min.year <= year <= date.max.year:
        return _within(-1)
    return _within(date(year, month + 1, min(origin.day, monthrange(year, month + 1)[1])).toordinal())


def shift_now(clock: Clock, n: int, unit: Unit) -> int:
    """Move `as_of`: minutes and hours are elapsed time, longer units keep the local time of day."""
    if n == 0:  # nothing ago is now, also in the second of two equal hours
        return clock.now
    if unit in _ELAPSED:
        moved = clock.now + n * _ELAPSED[unit]
        if not _FIRST_MOMENT - _DAY_AND_A_BIT <= moved <= _PAST_MOMENT + _DAY_AND_A_BIT:
            _within(-1)
        return moved
    day = date.fromordinal(shift_day(clock.today, n, unit))
    return _wall_to_ticks(datetime.combine(day, clock.wall.time()), clock.zone)


def _shift(clock: Clock, n: int, unit: Unit, line: FieldType) -> int:
    return shift_day(clock.edge, n, unit) if line is FieldType.DATE else shift_now(clock, n, unit)


def _day_named(moment: DayMoment | TodayMoment, clock: Clock) -> int:
    if isinstance(moment, DayMoment):
        return _within(moment.day.toordinal())
    return shift_day(clock.today, moment.n, moment.unit)


def _moment_named(moment: InstantMoment | NowMoment, clock: Clock) -> int:
    if isinstance(moment, InstantMoment):
        return ticks(datetime.fromisoformat(moment.text.upper()))
    return shift_now(clock, moment.n, moment.unit)


def _place(day: int, clock: Clock, line: FieldType) -> int:
    return day if line is FieldType.DATE else clock.start_of_day(day)


def start(moment: Moment, clock: Clock, line: FieldType) -> int:
    """Return the first point of a moment: where its day begins, or the instant itself (§3.2)."""
    if isinstance(moment, DayMoment | TodayMoment):
        return _place(_day_named(moment, clock), clock, line)
    return _moment_named(moment, clock)


def following(moment: Moment, clock: Clock, line: FieldType) -> int:
    """Return the first point after a moment: where the next day begins, or one microsecond later (§3.2 `next`)."""
    if isinstance(moment, DayMoment | TodayMoment):
        return _place(_day_named(moment, clock) + 1, clock, line)
    return _moment_named(moment, clock) + 1


def moment_bounds(span: MomentRange, clock: Clock, line: FieldType) -> Bounds:
    """Return the range between two moments: named days are whole and both in, an instant at the end is left out."""
    lower = None if span.start is None else start(span.start, clock, line)
    if span.end is None:
        return lower, None
    if isinstance(span.end, DayMoment | TodayMoment):
        return lower, following(span.end, clock, line)
    return lower, start(span.end, clock, line)


def last_bounds(clock: Clock, line: FieldType, *, n: int, unit: Unit) -> tuple[int, int]:
    """Return the n units that end at `as_of`, or for dates at the date edge."""
    return _shift(clock, -n, unit, line), _end(clock, line)


def next_bounds(clock: Clock, line: FieldType, *, n: int, unit: Unit) -> tuple[int, int]:
    """Return the n units that begin at `as_of`, or for dates at the date edge."""
    return _end(clock, line), _shift(clock, n, unit, line)


def ago_bounds(span: BetweenAgo, clock: Clock, line: FieldType) -> tuple[int, int]:
    """Return the range from `start` units ago up to `end` units ago."""
    return _shift(clock, -span.start, span.unit, line), _shift(clock, -span.end, span.unit, line)


def _end(clock: Clock, line: FieldType) -> int:
    return clock.edge if line is FieldType.DATE else clock.now


def period_bounds(period: InPeriod, clock: Clock, line: FieldType) -> tuple[int, int]:
    """Return one whole day, week, month, quarter or year, counted from the local date of `as_of`."""
    first = _period_start(clock, period.unit)
    lower = shift_day(first, period.offset, period.unit)
    upper = shift_day(first, period.offset + 1, period.unit)
    return _place(lower, clock, line), _place(upper, clock, line)


def _period_start(clock: Clock, unit: Unit) -> int:
    today = date.fromordinal(clock.today)
    if unit is Unit.DAY:
        return clock.today
    if unit is Unit.WEEK:
        return clock.today - (today.isoweekday() - _WEEK_STARTS[clock.calendar.week_starts_on]) % 7
    fiscal = unit in {Unit.FISCAL_QUARTER, Unit.FISCAL_YEAR}
    opening = clock.calendar.fiscal_year_start_month if fiscal else 1
    back = (today.month - opening) % _MONTHS[unit]
    return shift_day(today.replace(day=1).toordinal(), -back, Unit.MONTH)


def window_bounds(window: Window | None, clock: Clock, line: FieldType) -> Bounds:
    """Return the half-open range of a window; None stands for an open end (§3.3)."""
    match window:
        case None | AnyTime():
            return None, None
        case InLast(n=n, unit=unit):
            return last_bounds(clock, line, n=n, unit=unit)
        case InNext(n=n, unit=unit):
            return next_bounds(clock, line, n=n, unit=unit)
        case BetweenAgo():
            return ago_bounds(window, clock, line)
        case InPeriod():
            return period_bounds(window, clock, line)
        case MomentRange():
            return moment_bounds(window, clock, line)
        case _:
            assert_never(window)
