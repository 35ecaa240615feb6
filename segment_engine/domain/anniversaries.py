"""Days that come back every year: the month-day numbers around the local date of `as_of`. Pure calendar arithmetic."""

from __future__ import annotations

from calendar import isleap
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from segment_engine.domain.criteria import Anniversary, Calendar
from segment_engine.domain.moments import local_date

LEAP_DAY = 229
_LEAP_DAY_FALLS_ON = {"feb_28": 228, "mar_1": 301}


@dataclass(frozen=True, slots=True)
class AnniversaryYear:
    """One calendar year touched by the days looked at.

    Shape: `days` are month x 100 + day numbers in order; a value matches when its number is among them and its year is
        at most `latest_year`.
    """

    year: int
    days: tuple[int, ...]
    latest_year: int


def day_number(day: date) -> int:
    """Give month x 100 + day: 301 for 1 March."""
    return day.month * 100 + day.day


def anniversary_days(value: Anniversary, *, as_of: datetime, calendar: Calendar) -> tuple[AnniversaryYear, ...]:
    """List, per calendar year touched, the month-day numbers on which an anniversary lies.

    Shape:  one or two years, in order; 229 is listed in a common year where the calendar's `leap_day` is.
    Units:  local dates in calendar.time_zone, both ends included.
    Raises: LimitExceeded when `as_of` is outside 1900-2200.
    Source: docs/criteria.md §4.15.
    """
    today = local_date(as_of, calendar)
    years: dict[int, list[int]] = {}
    for offset in range(-value.before, value.after + 1):
        day = today + timedelta(days=offset)
        numbers = years.setdefault(day.year, [])
        numbers.append(day_number(day))
        if not isleap(day.year) and day_number(day) == _LEAP_DAY_FALLS_ON[calendar.leap_day]:
            numbers.append(LEAP_DAY)
    return tuple(
        AnniversaryYear(year, tuple(sorted(numbers)), year - value.min_years) for year, numbers in years.items()
    )
