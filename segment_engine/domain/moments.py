"""Turns what was asked about time into absolute bounds, from `as_of` and a calendar. It never asks for the time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

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
    Span,
    TodayMoment,
    Unit,
    Value,
    Window,
)
from segment_engine.domain.limits import EARLIEST_DAY, LATEST_DAY
from segment_engine.domain.literals import instant_of
from segment_engine.domain.operators import OPERATORS
from segment_engine.domain.periods import ELAPSED_UNITS, period_days, shift_date
from segment_engine.errors import InputError, LimitExceeded

_POSITIVE = {operator.key: operator.complement if operator.negative else operator.key for operator in OPERATORS}


@dataclass(frozen=True, slots=True)
class Bounds:
    """Half-open instants in UTC: the start is in, the end is out; None is open."""

    lo: datetime | None
    hi: datetime | None


@dataclass(frozen=True, slots=True)
class DateBounds:
    """Half-open dates: the start is in, the end is out; None is open."""

    lo: date | None
    hi: date | None


def window_bounds(window: Window, *, as_of: datetime, calendar: Calendar) -> Bounds:
    """Turn a window over instants into two absolute instants; the start is in, the end is out.

    Shape:  Bounds(lo, hi), each a UTC datetime with microseconds or None for open; lo >= hi matches nothing.
    Units:  days and longer are calendar units in calendar.time_zone; minutes and hours are elapsed time.
    Raises: LimitExceeded when a bound leaves the years 1900-2200.
    Source: docs/criteria.md §3.1-3.3; skipped and repeated local times follow PEP 495 with fold=0.
    """
    return Bounds(*_window(_Instants(as_of, calendar), window))


def window_dates(window: Window, *, as_of: datetime, calendar: Calendar) -> DateBounds:
    """Turn a window over dates into two absolute dates; the start is in, the end is out.

    Raises: LimitExceeded when a bound leaves the years 1900-2200; InputError for an instant or a unit below a day.
    Source: docs/criteria.md §3.3, counted from the date edge of `as_of`.
    """
    return DateBounds(*_window(_Dates(as_of, calendar), window))


def operator_bounds(op_key: str, value: Value, *, as_of: datetime, calendar: Calendar) -> Bounds:
    """Give the bounds of an operator on an instant: its positive row is `lo <= X < hi`.

    Shape:  for a negative operator (not_on, on_or_after, ...) the bounds of its complement; the caller negates.
    Raises: LimitExceeded when a bound leaves the years 1900-2200; InputError when the operator has no bounds.
    Source: docs/criteria.md §5.
    """
    return Bounds(*_operator(_Instants(as_of, calendar), op_key, value))


def operator_dates(op_key: str, value: Value, *, as_of: datetime, calendar: Calendar) -> DateBounds:
    """Give the bounds of an operator on a date, like operator_bounds."""
    return DateBounds(*_operator(_Dates(as_of, calendar), op_key, value))


def local_date(instant: datetime, calendar: Calendar) -> date:
    """Give the date an instant has in the zone of the calendar."""
    return _aware(instant).astimezone(ZoneInfo(calendar.time_zone)).date()


def start_of_day(day: date, calendar: Calendar) -> datetime:
    """Give 00:00 of a local date in UTC; where midnight is skipped, the instant the clock jumps.

    Source: docs/criteria.md §3.1, PEP 495 with fold=0.
    """
    return _utc(datetime.combine(day, time()), calendar)


def date_edge(as_of: datetime, calendar: Calendar) -> date:
    """Give D: today when the day begins at `as_of`, else tomorrow. Rows of date-only events happened before D.

    Source: docs/criteria.md §3.3 (Date edge), §3.4.
    """
    today = local_date(as_of, calendar)
    return today if as_of == start_of_day(today, calendar) else today + timedelta(days=1)


def shift_instant(as_of: datetime, calendar: Calendar, *, n: int, unit: Unit) -> datetime:
    """Move an instant: minutes and hours elapse; days and longer move the local date and keep the time of day.

    Raises: LimitExceeded when the result leaves the years 1900-2200.
    Source: docs/criteria.md §3.1 (V1-V5).
    """
    start = _aware(as_of).astimezone(UTC)
    if n == 0:  # moving by nothing changes nothing, also within the repeated hour of a clock change
        return start
    if unit in ELAPSED_UNITS:
        moved = start + n * ELAPSED_UNITS[unit]
        _checked(moved.date())
        return moved
    local = start.astimezone(ZoneInfo(calendar.time_zone))
    return _utc(datetime.combine(shift_date(local.date(), n, unit), local.time()), calendar)


def _aware(instant: datetime) -> datetime:
    """Refuse an instant without a zone: the zone of the computer must never decide."""
    if instant.tzinfo is None:
        raise InputError("The instant has no time zone. Add Z or an offset such as +02:00.")
    _checked(instant.date())
    return instant


def _checked(day: date) -> date:
    """Refuse a bound outside 1900-2200. Days are counted in the zone, so 1900-01-01 is allowed in every one."""
    if not EARLIEST_DAY <= day <= LATEST_DAY:
        raise LimitExceeded(f"{day} is outside the years 1900 to 2200. Choose a time within them.")
    return day


def _utc(wall: datetime, calendar: Calendar) -> datetime:
    """Convert a wall time; fold=0 moves a skipped one later by the gap and takes the first of a repeated one."""
    _checked(wall.date())
    return wall.replace(tzinfo=ZoneInfo(calendar.time_zone), fold=0).astimezone(UTC)


# One reading of windows and operators for both kinds of value; the axis says how one bound is made. -------------------

_T = TypeVar("_T", date, datetime)
_Value_co = TypeVar("_Value_co", bound=date, covariant=True)
_Pair = tuple[_T | None, _T | None]


class _Axis(Protocol[_Value_co]):
    @property
    def now(self) -> _Value_co:
        """What `in_last` ends with."""
        ...

    def shifted(self, n: int, unit: Unit) -> _Value_co:
        """Move `now`."""
        ...

    def period(self, period: InPeriod) -> tuple[_Value_co, _Value_co]:
        """Give the ends of a calendar period."""
        ...

    def start(self, moment: Moment) -> _Value_co:
        """Give the first value of a moment."""
        ...

    def next(self, moment: Moment) -> _Value_co:
        """Give the first value after a moment."""
        ...


class _Instants:
    def __init__(self, as_of: datetime, calendar: Calendar) -> None:
        self.now = _aware(as_of).astimezone(UTC)
        self.calendar = calendar

    def shifted(self, n: int, unit: Unit) -> datetime:
        return shift_instant(self.now, self.calendar, n=n, unit=unit)

    def period(self, period: InPeriod) -> tuple[datetime, datetime]:
        first, after = period_days(period, local_date(self.now, self.calendar), self.calendar)
        return start_of_day(first, self.calendar), start_of_day(after, self.calendar)

    def start(self, moment: Moment) -> datetime:
        match moment:
            case InstantMoment(text):
                return _aware(instant_of(text))
            case NowMoment(n, unit):
                return self.shifted(n, unit)
            case _:
                return start_of_day(_day(moment, self.now, self.calendar), self.calendar)

    def next(self, moment: Moment) -> datetime:
        if isinstance(moment, InstantMoment | NowMoment):
            return self.start(moment) + timedelta(microseconds=1)
        return start_of_day(_day(moment, self.now, self.calendar) + timedelta(days=1), self.calendar)


class _Dates:
    def __init__(self, as_of: datetime, calendar: Calendar) -> None:
        self.as_of = as_of
        self.calendar = calendar
        self.now = date_edge(as_of, calendar)

    def shifted(self, n: int, unit: Unit) -> date:
        return shift_date(self.now, n, unit)

    def period(self, period: InPeriod) -> tuple[date, date]:
        return period_days(period, local_date(self.as_of, self.calendar), self.calendar)

    def start(self, moment: Moment) -> date:
        return _day(moment, self.as_of, self.calendar)

    def next(self, moment: Moment) -> date:
        return self.start(moment) + timedelta(days=1)


def _day(moment: Moment, as_of: datetime, calendar: Calendar) -> date:
    """Resolve a day moment."""
    match moment:
        case DayMoment(day):
            return _checked(day)
        case TodayMoment(n, unit):
            return shift_date(local_date(as_of, calendar), n, unit)
        case _:
            raise InputError("A date can only be compared with a day, not with an instant. Choose a day.")


def _window(axis: _Axis[_T], window: Window) -> _Pair[_T]:
    match window:
        case InLast(n, unit):
            return axis.shifted(-n, unit), axis.now
        case InNext(n, unit):
            return axis.now, axis.shifted(n, unit)
        case BetweenAgo(start, end, unit):
            return axis.shifted(-start, unit), axis.shifted(-end, unit)
        case InPeriod():
            return axis.period(window)
        case MomentRange(start, end):
            return _range(axis, start, end)
        case AnyTime():
            return None, None


def _range(axis: _Axis[_T], start: Moment | None, end: Moment | None) -> _Pair[_T]:
    """Name days and both count wholly; name an instant as the end and it is left out."""
    until = axis.next if isinstance(end, DayMoment | TodayMoment) else axis.start
    return start and axis.start(start), end and until(end)


def _operator(axis: _Axis[_T], op_key: str, value: Value) -> _Pair[_T]:
    pair: _Pair[_T]
    match _POSITIVE.get(op_key), value:
        case "on", DayMoment() | TodayMoment():
            pair = axis.start(value), axis.next(value)
        case "before", DayMoment() | TodayMoment() | InstantMoment() | NowMoment():
            pair = None, axis.start(value)
        case "after", DayMoment() | TodayMoment() | InstantMoment() | NowMoment():
            pair = axis.next(value), None
        case ("between", MomentRange()) | ("between_ago", BetweenAgo()) | ("in_period", InPeriod()):
            pair = _window(axis, value)
        case "in_last", Span(n, unit):
            pair = axis.shifted(-n, unit), axis.now
        case "in_next", Span(n, unit):
            pair = axis.now, axis.shifted(n, unit)
        case "more_than_ago", Span(n, unit):
            pair = None, axis.shifted(-n, unit)
        case "more_than_ahead", Span(n, unit):
            pair = axis.shifted(n, unit), None
        case _:
            raise InputError(f"The operator {op_key} has no bounds in time for this value.")
    return pair
