"""Arithmetic on local dates: shifts, month ends, weeks and fiscal years. No zones, no instants."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

from segment_engine.domain.criteria import Calendar, InPeriod, Unit
from segment_engine.domain.limits import EARLIEST_DAY, LATEST_DAY
from segment_engine.errors import InputError, LimitExceeded

ELAPSED_UNITS = {Unit.MINUTE: timedelta(minutes=1), Unit.HOUR: timedelta(hours=1)}
DAY_UNITS = {Unit.DAY: 1, Unit.WEEK: 7}
MONTH_UNITS = {Unit.MONTH: 1, Unit.QUARTER: 3, Unit.YEAR: 12, Unit.FISCAL_QUARTER: 3, Unit.FISCAL_YEAR: 12}
WEEKDAYS = {"monday": 0, "saturday": 5, "sunday": 6}


def shift_date(day: date, n: int, unit: Unit) -> date:
    """Move a date; months keep the day of the month, or take the month's last day when it is shorter.

    Raises: LimitExceeded when the result leaves the years 1900-2200; InputError for minutes and hours.
    Source: docs/criteria.md §3.1.
    """
    if unit in DAY_UNITS:
        ordinal = day.toordinal() + n * DAY_UNITS[unit]
        if not EARLIEST_DAY.toordinal() <= ordinal <= LATEST_DAY.toordinal():
            raise LimitExceeded(_too_far(n, unit, day))
        return date.fromordinal(ordinal)
    if unit in MONTH_UNITS:
        return _shift_months(day, n, unit)
    raise InputError(f"The unit {unit.value} cannot be used with dates. Use a day or a longer unit.")


def period_days(period: InPeriod, today: date, calendar: Calendar) -> tuple[date, date]:
    """Give the first day of a whole period and the first day after it, counted from today.

    Raises: LimitExceeded when the period leaves the years 1900-2200; InputError for minutes and hours.
    Source: docs/criteria.md §3.3 (in_period).
    """
    first = shift_date(_period_start(period.unit, today, calendar), period.offset, period.unit)
    return first, shift_date(first, 1, period.unit)


def _too_far(n: int, unit: Unit, day: date) -> str:
    return f"Moving {day} by {n} {unit.value} leaves the years 1900 to 2200. Choose a shorter time."


def _shift_months(day: date, n: int, unit: Unit) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + n * MONTH_UNITS[unit], 12)
    if not EARLIEST_DAY.year <= year <= LATEST_DAY.year:
        raise LimitExceeded(_too_far(n, unit, day))
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _period_start(unit: Unit, today: date, calendar: Calendar) -> date:
    """Give the first day of the period that contains today."""
    fiscal = calendar.fiscal_year_start_month
    if unit is Unit.DAY:
        return today
    if unit is Unit.WEEK:
        return today - timedelta(days=(today.weekday() - WEEKDAYS[calendar.week_starts_on]) % 7)
    if unit not in MONTH_UNITS:
        raise InputError(f"The unit {unit.value} is no calendar period. Use a day or a longer unit.")
    start = fiscal if unit in {Unit.FISCAL_QUARTER, Unit.FISCAL_YEAR} else 1
    return _shift_months(today.replace(day=1), -((today.month - start) % MONTH_UNITS[unit]), Unit.MONTH)
