"""Anniversaries: month and day, every year (docs/criteria.md §4.15)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from segment_engine.domain.anniversaries import AnniversaryYear, anniversary_days
from segment_engine.domain.criteria import Anniversary, Calendar


def at(text: str) -> datetime:
    """Read a UTC instant."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_days_across_new_year_belong_to_two_years() -> None:
    """From 31 Dec to 1 Jan, each year has its own days and its own latest year of birth."""
    days = anniversary_days(Anniversary(1, 1), as_of=at("2026-01-01T12:00"), calendar=Calendar())
    assert days == (AnniversaryYear(2025, (1231,), 2024), AnniversaryYear(2026, (101, 102), 2025))


@pytest.mark.parametrize(
    ("as_of", "leap_day", "expected"),
    [
        ("2026-02-28T12:00", "feb_28", (228, 229)),
        ("2026-02-28T12:00", "mar_1", (228,)),
        ("2026-03-01T12:00", "mar_1", (229, 301)),
        ("2028-02-28T12:00", "feb_28", (228,)),
        ("2028-02-29T12:00", "mar_1", (229,)),
    ],
)
def test_29_february_falls_where_the_calendar_says(as_of: str, leap_day: str, expected: tuple[int, ...]) -> None:
    """A 29 February birthday happens every year, on the day chosen (T23)."""
    days = anniversary_days(Anniversary(0, 0), as_of=at(as_of), calendar=Calendar(leap_day=leap_day))
    assert [year.days for year in days] == [expected]


def test_today_is_the_local_date() -> None:
    """At 23:30 UTC it is already tomorrow in Tokyo (T21, T31)."""
    tokyo = Calendar(time_zone="Asia/Tokyo")
    days = anniversary_days(Anniversary(0, 0, 0), as_of=at("2026-05-01T23:30"), calendar=tokyo)
    assert days == (AnniversaryYear(2026, (502,), 2026),)


def test_the_widest_range_touches_every_day_once() -> None:
    """Before + after = 364 covers 365 different days."""
    days = anniversary_days(Anniversary(182, 182), as_of=at("2026-07-02T12:00"), calendar=Calendar())
    assert sum(len(year.days) for year in days) == 366  # 365 days and 29 February
