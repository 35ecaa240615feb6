"""Bounds in time that are compared for good: not only as of this moment but as of every later one.

A named day stands still; “30 days ago” moves on with `as_of`. Whether one bound is never before another is proven from
their kinds, or not claimed. What is not claimed only makes the linter more silent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from segment_engine.domain.criteria import (
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
from segment_engine.domain.moments import date_edge, operator_bounds, operator_dates, window_bounds, window_dates
from segment_engine.domain.periods import ELAPSED_UNITS, MONTH_UNITS

_DAY = 86_400
# A calendar day may be an hour shorter or longer, and a zone may change by a whole day once.
_SLACK = 26 * 3_600


@dataclass(frozen=True, slots=True)
class Edge:
    """One bound.

    Shape: `at` is where it lies as of this moment. `flow` is None for a bound that stands still, else what it moves
        with: equal flows are ordered by `n`. `low` and `high` bound its distance from `as_of`.
    Units: seconds; on the line of dates every day counts 86,400 of them.
    """

    at: date
    flow: tuple[str, str] | None = None
    n: int = 0
    low: int = 0
    high: int = 0

    def never_before(self, other: Edge) -> bool:
        """Tell whether this bound is at or after the other one, now and as of every later moment."""
        if self.flow is None:
            return other.flow is None and self.at >= other.at
        if other.flow is None:
            return self.at >= other.at  # it moves on, the other one does not
        if self.flow == other.flow:
            return self.n >= other.n
        return self.low >= other.high


@dataclass(frozen=True, slots=True)
class Stretch:
    """A half-open stretch of time; None is open."""

    lo: Edge | None
    hi: Edge | None

    @property
    def is_void(self) -> bool:
        """Whether nothing can ever lie in it."""
        return self.lo is not None and self.hi is not None and self.lo.never_before(self.hi)

    def covers(self, lo: Edge | None, hi: Edge | None) -> bool:
        """Tell whether it always contains everything from `lo` up to `hi`."""
        starts = self.lo is None or (lo is not None and lo.never_before(self.lo))
        return starts and (self.hi is None or (hi is not None and self.hi.never_before(hi)))


WHOLE = Stretch(None, None)


@dataclass(frozen=True, slots=True)
class TimeLine:
    """What bounds are resolved with: `as_of`, the calendar, and whether values are dates."""

    as_of: datetime
    calendar: Calendar
    dates: bool

    def of_operator(self, op: str, value: Value) -> Stretch:
        """Give the stretch of an operator's positive row. Raises: LimitExceeded, InputError as `operator_bounds`."""
        resolve = operator_dates if self.dates else operator_bounds
        bounds = resolve(op, value, as_of=self.as_of, calendar=self.calendar)
        first, last = _ends_of_operator(op, value)
        return self._stretch(bounds.lo, bounds.hi, first, last)

    def of_window(self, window: Window) -> Stretch:
        """Give the stretch of a window. Raises: LimitExceeded as `window_bounds`."""
        resolve = window_dates if self.dates else window_bounds
        bounds = resolve(window, as_of=self.as_of, calendar=self.calendar)
        first, last = _ends_of_window(window)
        return self._stretch(bounds.lo, bounds.hi, first, last)

    def so_far(self) -> Edge:
        """Give the end of what has happened: `as_of`, for dates the date edge."""
        at = date_edge(self.as_of, self.calendar) if self.dates else self.as_of
        return self._edge(at, ("edge", 0, Unit.DAY))

    def _stretch(self, lo: date | None, hi: date | None, first: _End, last: _End) -> Stretch:
        return Stretch(
            None if lo is None else self._edge(lo, first),
            None if hi is None else self._edge(hi, last),
        )

    def _edge(self, at: date, end: _End) -> Edge:
        if end is None:
            return Edge(at)
        anchor, n, unit = end
        low, high = _distance(n, unit, exact=self.dates)
        early, late = self._reach(anchor)
        period = unit.value if n or anchor == "period" else ""
        return Edge(at, (anchor, period), n, low + early, high + late)

    def _reach(self, anchor: str) -> tuple[int, int]:
        """Bound how far what a bound is counted from lies from `as_of`, or from today on the line of dates."""
        match anchor:
            case "edge":
                return (0, _DAY) if self.dates else (0, 0)
            case "today":
                return (0, 0) if self.dates else (-_SLACK, 0)
            case "tomorrow":
                return (_DAY, _DAY) if self.dates else (0, _SLACK)
            case "after":
                return 0, 1
            case _:  # the beginning of a period lies up to the longest one back
                return -366 * _DAY - _SLACK, 0


# What a bound is counted from, by how many units; None where it stands still.
_End = tuple[str, int, Unit] | None


def _distance(n: int, unit: Unit, *, exact: bool) -> tuple[int, int]:
    """Bound a shift by n units; calendar units vary in length."""
    if unit in ELAPSED_UNITS:
        length = int(ELAPSED_UNITS[unit] / timedelta(seconds=1)) * n
        return length, length
    if unit in MONTH_UNITS:
        months = abs(n) * MONTH_UNITS[unit]
        short, long = (months // 12) * 365 + months % 12 * 28, (months // 12) * 366 + months % 12 * 31
    else:
        short = long = abs(n) * (7 if unit is Unit.WEEK else 1)
    slack = 0 if exact or n == 0 else _SLACK
    near, far = max(0, short * _DAY - slack), long * _DAY + slack
    return (near, far) if n >= 0 else (-far, -near)


def _start(moment: Moment | None) -> _End:
    match moment:
        case TodayMoment(n, unit):
            return "today", n, unit
        case NowMoment(n, unit):
            return "edge", n, unit
        case _:
            return None


def _next(moment: Moment | None) -> _End:
    match moment:
        case TodayMoment(n, unit):
            return "tomorrow", n, unit
        case NowMoment(n, unit):
            return "after", n, unit
        case _:
            return None


def _ends_of_range(value: MomentRange) -> tuple[_End, _End]:
    day = isinstance(value.end, TodayMoment)
    return _start(value.start), _next(value.end) if day else _start(value.end)


def _ends_of_window(window: Window) -> tuple[_End, _End]:
    match window:
        case InLast(n, unit):
            return ("edge", -n, unit), ("edge", 0, unit)
        case InNext(n, unit):
            return ("edge", 0, unit), ("edge", n, unit)
        case BetweenAgo(start, end, unit):
            return ("edge", -start, unit), ("edge", -end, unit)
        case InPeriod(unit, offset):
            return ("period", offset, unit), ("period", offset + 1, unit)
        case MomentRange():
            return _ends_of_range(window)
        case _:
            return None, None


def _ends_of_operator(op: str, value: Value) -> tuple[_End, _End]:
    match value:
        case Span(n, unit) if "last" in op:
            return _ends_of_window(InLast(n, unit))
        case Span(n, unit) if "next" in op:
            return _ends_of_window(InNext(n, unit))
        case Span(n, unit):  # more_than_ago has an end only, more_than_ahead a beginning only
            return ("edge", n, unit), ("edge", -n, unit)
        case BetweenAgo() | InPeriod() | MomentRange():
            return _ends_of_window(value)
        case DayMoment() | TodayMoment() | InstantMoment() | NowMoment():
            return _ends_of_moment(op, value)
        case _:
            return None, None


def _ends_of_moment(op: str, value: Moment) -> tuple[_End, _End]:
    if op in {"before", "on_or_after"}:
        return None, _start(value)
    if op in {"after", "on_or_before"}:
        return _next(value), None
    return _start(value), _next(value)
