"""Shifts, windows and operators become absolute bounds (docs/criteria.md §3)."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

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
from segment_engine.domain.moments import (
    Bounds,
    DateBounds,
    date_edge,
    local_date,
    operator_bounds,
    operator_dates,
    shift_instant,
    start_of_day,
    window_bounds,
    window_dates,
)
from segment_engine.errors import InputError, LimitExceeded

AMSTERDAM = Calendar(time_zone="Europe/Amsterdam")
PLAIN = Calendar()
AS_OF = datetime(2026, 4, 1, 12, 0, tzinfo=UTC)  # 14:00 in Amsterdam, a Wednesday


def utc(text: str) -> datetime:
    """Read a UTC instant."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("as_of", "n", "unit", "expected"),
    [
        ("2026-03-29T10:00", -1, Unit.DAY, "2026-03-28T11:00"),
        ("2026-03-29T10:00", -24, Unit.HOUR, "2026-03-28T10:00"),
        ("2026-03-31T10:00", -1, Unit.MONTH, "2026-02-28T11:00"),
        ("2026-03-30T00:30", -1, Unit.DAY, "2026-03-29T01:30"),
        ("2026-10-26T01:30", -1, Unit.DAY, "2026-10-25T00:30"),
    ],
    ids=["V1", "V2", "V3", "V4", "V5"],
)
def test_check_values_of_the_document(as_of: str, n: int, unit: Unit, expected: str) -> None:
    """The five check values V1-V5 of docs/criteria.md §3.1 hold (T33)."""
    assert shift_instant(utc(as_of), AMSTERDAM, n=n, unit=unit) == utc(expected)


@pytest.mark.parametrize(
    ("n", "unit", "expected"),
    [
        (-1, Unit.MINUTE, "2024-02-29T09:59"),
        (1, Unit.WEEK, "2024-03-07T10:00"),
        (1, Unit.QUARTER, "2024-05-29T10:00"),
        (-1, Unit.YEAR, "2023-02-28T10:00"),
        (4, Unit.YEAR, "2028-02-29T10:00"),
        (0, Unit.MONTH, "2024-02-29T10:00"),
    ],
)
def test_units_from_a_leap_day(n: int, unit: Unit, expected: str) -> None:
    """A month without that day gives its last day; weeks are seven days, quarters three months (A14, T33)."""
    assert shift_instant(utc("2024-02-29T10:00"), PLAIN, n=n, unit=unit) == utc(expected)


def test_moving_by_nothing_keeps_the_second_of_two_equal_wall_times() -> None:
    """02:30 happens twice on 25 Oct; zero days before the second one is the second one."""
    second = utc("2026-10-25T01:30")
    assert shift_instant(second, AMSTERDAM, n=0, unit=Unit.DAY) == second


def test_a_day_begins_at_its_first_instant_where_midnight_is_skipped() -> None:
    """A14: in Cairo clocks jumped from 00:00 to 01:00 on 24 Apr 2026; the day begins with that jump."""
    cairo = Calendar(time_zone="Africa/Cairo")
    assert start_of_day(date(2026, 4, 24), cairo) == utc("2026-04-23T22:00")
    assert local_date(utc("2026-04-23T22:00"), cairo) == date(2026, 4, 24)


def test_a_day_that_never_was_is_empty() -> None:
    """Apia skipped 30 Dec 2011: its whole-day range has no length."""
    apia = Calendar(time_zone="Pacific/Apia")
    skipped = operator_bounds("on", DayMoment(date(2011, 12, 30)), as_of=AS_OF, calendar=apia)
    assert skipped.lo == skipped.hi


WINDOWS: list[tuple[Window, str | None, str | None]] = [
    (InLast(30, Unit.DAY), "2026-03-02T13:00", "2026-04-01T12:00"),
    (InNext(2, Unit.HOUR), "2026-04-01T12:00", "2026-04-01T14:00"),
    (BetweenAgo(90, 30, Unit.DAY), "2026-01-01T13:00", "2026-03-02T13:00"),
    (BetweenAgo(3, 0, Unit.HOUR), "2026-04-01T09:00", "2026-04-01T12:00"),
    (InPeriod(Unit.DAY, 0), "2026-03-31T22:00", "2026-04-01T22:00"),
    (InPeriod(Unit.DAY, -1), "2026-03-30T22:00", "2026-03-31T22:00"),
    (InPeriod(Unit.MONTH, -1), "2026-02-28T23:00", "2026-03-31T22:00"),
    (MomentRange(DayMoment(date(2026, 3, 1)), DayMoment(date(2026, 3, 31))), "2026-02-28T23:00", "2026-03-31T22:00"),
    (MomentRange(DayMoment(date(2026, 3, 1)), None), "2026-02-28T23:00", None),
    (MomentRange(None, InstantMoment("2026-03-01T09:30:00.000001+01:00")), None, "2026-03-01T08:30:00.000001"),
    (MomentRange(NowMoment(-90, Unit.MINUTE), NowMoment(0, Unit.DAY)), "2026-04-01T10:30", "2026-04-01T12:00"),
    (MomentRange(TodayMoment(-1, Unit.WEEK), TodayMoment(0, Unit.DAY)), "2026-03-24T23:00", "2026-04-01T22:00"),
    (AnyTime(), None, None),
]


@pytest.mark.parametrize(("window", "lo", "hi"), WINDOWS, ids=lambda value: str(value)[:40])
def test_windows_over_instants(window: Window, lo: str | None, hi: str | None) -> None:
    """Every window form gives half-open UTC bounds in the zone of the criteria (T21, T26, M10)."""
    expected = Bounds(None if lo is None else utc(lo), None if hi is None else utc(hi))
    assert window_bounds(window, as_of=AS_OF, calendar=AMSTERDAM) == expected


DATE_WINDOWS: list[tuple[Window, date | None, date | None]] = [
    (InLast(7, Unit.DAY), date(2026, 3, 26), date(2026, 4, 2)),
    (InNext(7, Unit.DAY), date(2026, 4, 2), date(2026, 4, 9)),
    (BetweenAgo(2, 1, Unit.MONTH), date(2026, 2, 2), date(2026, 3, 2)),
    (InPeriod(Unit.YEAR, 0), date(2026, 1, 1), date(2027, 1, 1)),
    (MomentRange(DayMoment(date(2026, 3, 1)), TodayMoment(0, Unit.DAY)), date(2026, 3, 1), date(2026, 4, 2)),
    (AnyTime(), None, None),
]


@pytest.mark.parametrize(("window", "lo", "hi"), DATE_WINDOWS, ids=lambda value: str(value)[:40])
def test_windows_over_dates(window: Window, lo: date | None, hi: date | None) -> None:
    """Dates are compared as local dates, counted from the date edge (T22)."""
    assert window_dates(window, as_of=AS_OF, calendar=AMSTERDAM) == DateBounds(lo, hi)


def test_the_date_edge_is_today_only_at_the_days_first_instant() -> None:
    """In the last 7 days covers seven dates: to today at 14:00, to yesterday at midnight."""
    midnight = utc("2026-03-31T22:00")
    assert date_edge(midnight, AMSTERDAM) == date(2026, 4, 1)
    assert date_edge(utc("2026-03-31T22:00:00.000001"), AMSTERDAM) == date(2026, 4, 2)
    at_midnight = window_dates(InLast(7, Unit.DAY), as_of=midnight, calendar=AMSTERDAM)
    assert at_midnight == DateBounds(date(2026, 3, 25), date(2026, 4, 1))


@pytest.mark.parametrize(
    ("unit", "offset", "calendar", "first", "after"),
    [
        (Unit.WEEK, 0, Calendar(), date(2026, 3, 30), date(2026, 4, 6)),
        (Unit.WEEK, 0, Calendar(week_starts_on="sunday"), date(2026, 3, 29), date(2026, 4, 5)),
        (Unit.WEEK, 0, Calendar(week_starts_on="saturday"), date(2026, 3, 28), date(2026, 4, 4)),
        (Unit.WEEK, 1, Calendar(), date(2026, 4, 6), date(2026, 4, 13)),
        (Unit.QUARTER, -1, Calendar(), date(2026, 1, 1), date(2026, 4, 1)),
        (Unit.FISCAL_YEAR, 0, Calendar(fiscal_year_start_month=7), date(2025, 7, 1), date(2026, 7, 1)),
        (Unit.FISCAL_YEAR, 0, Calendar(fiscal_year_start_month=4), date(2026, 4, 1), date(2027, 4, 1)),
        (Unit.FISCAL_QUARTER, 0, Calendar(fiscal_year_start_month=2), date(2026, 2, 1), date(2026, 5, 1)),
        (Unit.FISCAL_QUARTER, -1, Calendar(fiscal_year_start_month=2), date(2025, 11, 1), date(2026, 2, 1)),
    ],
)
def test_periods_follow_the_calendar(unit: Unit, offset: int, calendar: Calendar, first: date, after: date) -> None:
    """Weeks begin as the calendar says; fiscal years begin in its month."""
    assert window_dates(InPeriod(unit, offset), as_of=AS_OF, calendar=calendar) == DateBounds(first, after)


MARCH_1 = DayMoment(date(2026, 3, 1))
OPERATORS: list[tuple[str, Value, str | None, str | None]] = [
    ("on", MARCH_1, "2026-03-01T00:00", "2026-03-02T00:00"),
    ("not_on", MARCH_1, "2026-03-01T00:00", "2026-03-02T00:00"),
    ("before", MARCH_1, None, "2026-03-01T00:00"),
    ("on_or_after", MARCH_1, None, "2026-03-01T00:00"),
    ("after", MARCH_1, "2026-03-02T00:00", None),
    ("on_or_before", MARCH_1, "2026-03-02T00:00", None),
    ("after", InstantMoment("2026-03-01T09:30:00Z"), "2026-03-01T09:30:00.000001", None),
    ("between", MomentRange(MARCH_1, MARCH_1), "2026-03-01T00:00", "2026-03-02T00:00"),
    ("in_last", Span(1, Unit.DAY), "2026-03-31T12:00", "2026-04-01T12:00"),
    ("not_in_last", Span(1, Unit.DAY), "2026-03-31T12:00", "2026-04-01T12:00"),
    ("in_next", Span(1, Unit.DAY), "2026-04-01T12:00", "2026-04-02T12:00"),
    ("more_than_ago", Span(180, Unit.DAY), None, "2025-10-03T12:00"),
    ("more_than_ahead", Span(1, Unit.DAY), "2026-04-02T12:00", None),
    ("between_ago", BetweenAgo(2, 1, Unit.DAY), "2026-03-30T12:00", "2026-03-31T12:00"),
    ("in_period", InPeriod(Unit.MONTH, 0), "2026-04-01T00:00", "2026-05-01T00:00"),
]


@pytest.mark.parametrize(("op", "value", "lo", "hi"), OPERATORS, ids=[row[0] + str(row[1])[:15] for row in OPERATORS])
def test_operators_on_instants(op: str, value: Value, lo: str | None, hi: str | None) -> None:
    """An operator and its complement share the bounds of the positive row (M3, T28)."""
    expected = Bounds(None if lo is None else utc(lo), None if hi is None else utc(hi))
    assert operator_bounds(op, value, as_of=AS_OF, calendar=PLAIN) == expected


def test_operators_on_dates() -> None:
    """A date is compared with whole days; more than 1 day ago starts before the last day counted."""
    assert operator_dates("on", MARCH_1, as_of=AS_OF, calendar=PLAIN) == DateBounds(date(2026, 3, 1), date(2026, 3, 2))
    ago = operator_dates("not_more_than_ago", Span(1, Unit.DAY), as_of=AS_OF, calendar=PLAIN)
    assert ago == DateBounds(None, date(2026, 4, 1))


@pytest.mark.parametrize(
    ("window", "calendar"),
    [
        (InLast(10_000, Unit.YEAR), PLAIN),
        (InNext(10_000, Unit.WEEK), PLAIN),
        (InLast(10_000, Unit.QUARTER), AMSTERDAM),
        (InPeriod(Unit.YEAR, 175), PLAIN),
        (MomentRange(DayMoment(date(1899, 12, 31)), None), PLAIN),
    ],
)
def test_bounds_outside_1900_to_2200_are_refused(window: Window, calendar: Calendar) -> None:
    """A bound that leaves the years is refused with a sentence, for instants and dates alike."""
    with pytest.raises(LimitExceeded, match="1900 to 2200"):
        window_bounds(window, as_of=AS_OF, calendar=calendar)
    with pytest.raises(LimitExceeded, match="1900 to 2200"):
        window_dates(window, as_of=AS_OF, calendar=calendar)


def test_the_first_and_last_day_allowed_work_in_every_zone() -> None:
    """1900-01-01 and 2200-12-31 can be named east and west of Greenwich."""
    window = MomentRange(DayMoment(date(1900, 1, 1)), DayMoment(date(2200, 12, 31)))
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        bounds = window_bounds(window, as_of=AS_OF, calendar=Calendar(time_zone=zone))
        assert bounds.lo is not None
        assert bounds.hi is not None


@pytest.mark.parametrize("moment", [InstantMoment("2026-03-01T00:00:00Z"), NowMoment(0, Unit.DAY)])
def test_a_date_is_never_compared_with_an_instant(moment: Moment) -> None:
    """An instant moment on a date is refused, not guessed."""
    with pytest.raises(InputError, match="Choose a day"):
        operator_dates("before", moment, as_of=AS_OF, calendar=PLAIN)


def test_minutes_do_not_apply_to_dates_and_operators_without_bounds_say_so() -> None:
    """Wrong combinations end with a sentence."""
    with pytest.raises(InputError, match="day or a longer unit"):
        window_dates(InLast(5, Unit.MINUTE), as_of=AS_OF, calendar=PLAIN)
    with pytest.raises(InputError, match="no calendar period"):
        window_dates(InPeriod(Unit.HOUR, 0), as_of=AS_OF, calendar=PLAIN)
    with pytest.raises(InputError, match="no bounds"):
        operator_bounds("is_set", None, as_of=AS_OF, calendar=PLAIN)


def test_as_of_needs_a_zone() -> None:
    """The zone of the computer never decides (T31)."""
    with pytest.raises(InputError, match="no time zone"):
        window_bounds(InLast(1, Unit.DAY), as_of=AS_OF.replace(tzinfo=None), calendar=PLAIN)
