"""Time in the reference evaluator, worked out by hand from the paper: shifts, date edge, periods, days, instants."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from segment_engine.domain.catalog import Catalog, Field, FieldType
from segment_engine.domain.criteria import (
    Anniversary,
    Attribute,
    BetweenAgo,
    Calendar,
    Criteria,
    DayMoment,
    Group,
    GroupKind,
    InPeriod,
    InstantMoment,
    MomentRange,
    NowMoment,
    OnMissing,
    Span,
    Test,
    TodayMoment,
    Unit,
    Value,
)
from segment_engine.domain.evaluate import ContactRecord, evaluate
from segment_engine.domain.evaluate.times import ticks
from segment_engine.errors import InputError, LimitExceeded, Unresolved

AMSTERDAM = Calendar(time_zone="Europe/Amsterdam")
TICK = timedelta(microseconds=1)
FIELDS = {
    "contact.day": Field("contact.day", "day", FieldType.DATE, "date_1"),
    "contact.seen": Field("contact.seen", "seen", FieldType.INSTANT, "instant_1"),
}
CATALOG = Catalog(fields=FIELDS)


def at(text: str) -> datetime:
    """Read an instant."""
    return datetime.fromisoformat(text)


def holds(
    op: str,
    value: Value,
    stored: date | None,
    *,
    as_of: str = "2026-03-29T10:00Z",
    calendar: Calendar = AMSTERDAM,
    on_missing: OnMissing | None = None,
) -> bool:
    """Ask one operator of one date or instant."""
    key = "contact.seen" if isinstance(stored, datetime) else "contact.day"
    root = Group(GroupKind.ALL, (Attribute(key, Test(op, value, on_missing=on_missing)),))
    return evaluate(Criteria(root, calendar), ContactRecord({key: stored}), catalog=CATALOG, as_of=at(as_of))


def first_in(op: str, value: Value, border: str, *, as_of: str, calendar: Calendar = AMSTERDAM) -> bool:
    """Tell whether the border instant is the first one inside."""
    inside, outside = at(border), at(border) - TICK
    return holds(op, value, inside, as_of=as_of, calendar=calendar) and not holds(
        op, value, outside, as_of=as_of, calendar=calendar
    )


@pytest.mark.parametrize(
    ("as_of", "n", "unit", "border"),
    [
        pytest.param("2026-03-29T10:00Z", 1, Unit.DAY, "2026-03-28T11:00Z", id="V1"),
        pytest.param("2026-03-29T10:00Z", 24, Unit.HOUR, "2026-03-28T10:00Z", id="V2"),
        pytest.param("2026-03-31T10:00Z", 1, Unit.MONTH, "2026-02-28T11:00Z", id="V3"),
        pytest.param("2026-03-30T00:30Z", 1, Unit.DAY, "2026-03-29T01:30Z", id="V4"),
        pytest.param("2026-10-26T01:30Z", 1, Unit.DAY, "2026-10-25T00:30Z", id="V5"),
        pytest.param("2024-02-29T12:00Z", 1, Unit.YEAR, "2023-02-28T12:00Z", id="leap day, a year back"),
        pytest.param("2026-05-31T12:00Z", 1, Unit.QUARTER, "2026-02-28T13:00Z", id="quarter, short month"),
        pytest.param("2026-03-30T10:00Z", 1, Unit.WEEK, "2026-03-23T11:00Z", id="week over a clock change"),
        pytest.param("2026-03-29T10:00Z", 90, Unit.MINUTE, "2026-03-29T08:30Z", id="minutes"),
    ],
)
def test_a_shift_back_is_calendar_time_from_day_up_and_elapsed_time_below(
    as_of: str, n: int, unit: Unit, border: str
) -> None:
    """T21 T33: the check values V1 to V5 of the paper, month ends and leap days, at the microsecond."""
    assert first_in("in_last", Span(n, unit), border, as_of=as_of)
    assert not holds("in_last", Span(n, unit), at(as_of), as_of=as_of)
    assert holds("in_last", Span(n, unit), at(as_of) - TICK, as_of=as_of)


def test_in_zone_utc_one_day_is_24_hours() -> None:
    """T33: where clocks never change, N days before T is T minus N times 24 hours."""
    for span in (Span(90, Unit.DAY), Span(90 * 24, Unit.HOUR)):
        border = "2025-12-29T10:00Z"
        assert first_in("in_last", span, border, as_of="2026-03-29T10:00Z", calendar=Calendar())


@pytest.mark.parametrize(
    ("as_of", "inside", "outside"),
    [
        # 14:00 local: the edge is tomorrow, seven dates end with today.
        ("2026-03-10T13:00Z", ("2026-03-04", "2026-03-10"), ("2026-03-03", "2026-03-11")),
        # midnight local (23:00 UTC): the edge is the date that just began, seven dates end with yesterday.
        ("2026-03-09T23:00Z", ("2026-03-03", "2026-03-09"), ("2026-03-02", "2026-03-10")),
        # one microsecond past midnight: today counts again.
        ("2026-03-09T23:00:00.000001Z", ("2026-03-04", "2026-03-10"), ("2026-03-03", "2026-03-11")),
    ],
)
def test_the_last_seven_days_of_a_date_are_always_seven_dates(
    as_of: str, inside: tuple[str, str], outside: tuple[str, str]
) -> None:
    """T21 T22: plain dates are counted from the date edge, which only a midnight `as_of` moves back."""
    span = Span(7, Unit.DAY)
    assert all(holds("in_last", span, date.fromisoformat(day), as_of=as_of) for day in inside)
    assert not any(holds("in_last", span, date.fromisoformat(day), as_of=as_of) for day in outside)


def test_the_next_seven_days_of_a_date_begin_at_the_edge() -> None:
    """T28: `in_next` begins where `in_last` ends, so that no date is in both."""
    span = Span(7, Unit.DAY)
    found = [day for day in range(1, 25) if holds("in_next", span, date(2026, 3, day), as_of="2026-03-10T13:00Z")]
    assert found == [11, 12, 13, 14, 15, 16, 17]
    assert holds("more_than_ahead", span, date(2026, 3, 18), as_of="2026-03-10T13:00Z")
    assert not holds("more_than_ahead", span, date(2026, 3, 17), as_of="2026-03-10T13:00Z")


def test_today_is_not_the_last_24_hours() -> None:
    """T27: `in_period day 0` is the local day, also the part still to come; `in_last 24 hour` is elapsed time."""
    as_of = "2026-03-10T13:00Z"
    yesterday_evening, this_evening = at("2026-03-09T20:00Z"), at("2026-03-10T20:00Z")
    today, last_day = InPeriod(Unit.DAY, 0), Span(24, Unit.HOUR)
    assert not holds("in_period", today, yesterday_evening, as_of=as_of)
    assert holds("in_period", today, this_evening, as_of=as_of)
    assert holds("in_last", last_day, yesterday_evening, as_of=as_of)
    assert not holds("in_last", last_day, this_evening, as_of=as_of)


@pytest.mark.parametrize(
    ("unit", "offset", "calendar", "first", "last"),
    [
        (Unit.DAY, -1, Calendar(), "2026-03-10", "2026-03-10"),
        (Unit.WEEK, 0, Calendar(), "2026-03-09", "2026-03-15"),
        (Unit.WEEK, 0, Calendar(week_starts_on="sunday"), "2026-03-08", "2026-03-14"),
        (Unit.WEEK, -1, Calendar(week_starts_on="saturday"), "2026-02-28", "2026-03-06"),
        (Unit.MONTH, -1, Calendar(), "2026-02-01", "2026-02-28"),
        (Unit.QUARTER, 1, Calendar(), "2026-04-01", "2026-06-30"),
        (Unit.YEAR, 0, Calendar(), "2026-01-01", "2026-12-31"),
        (Unit.FISCAL_YEAR, 0, Calendar(fiscal_year_start_month=4), "2025-04-01", "2026-03-31"),
        (Unit.FISCAL_YEAR, -1, Calendar(fiscal_year_start_month=3), "2025-03-01", "2026-02-28"),
        (Unit.FISCAL_QUARTER, 0, Calendar(fiscal_year_start_month=2), "2026-02-01", "2026-04-30"),
        (Unit.FISCAL_QUARTER, -1, Calendar(fiscal_year_start_month=12), "2025-12-01", "2026-02-28"),
    ],
)
def test_a_period_is_whole(unit: Unit, offset: int, calendar: Calendar, first: str, last: str) -> None:
    """T26: weeks, months, quarters and years by the settings in the document; first and last day are both in."""
    one = timedelta(days=1)
    low, high = date.fromisoformat(first), date.fromisoformat(last)
    answers = [
        holds("in_period", InPeriod(unit, offset), day, as_of="2026-03-11T12:00Z", calendar=calendar)
        for day in (low - one, low, high, high + one)
    ]
    assert answers == [False, True, True, False]


def test_a_named_day_means_the_whole_local_day() -> None:
    """T22: 1 March in Amsterdam runs from 23:00 UTC the day before up to 23:00 UTC, the end left out."""
    day = DayMoment(date(2026, 3, 1))
    first, past = at("2026-02-28T23:00Z"), at("2026-03-01T23:00Z")
    for op, before, start, last, after in (
        ("on", False, True, True, False),
        ("before", True, False, False, False),
        ("on_or_after", False, True, True, True),
        ("after", False, False, False, True),
        ("on_or_before", True, True, True, False),
        ("not_on", True, False, False, True),
    ):
        found = tuple(holds(op, day, moment) for moment in (first - TICK, first, past - TICK, past))
        assert found == (before, start, last, after), op


def test_a_range_takes_whole_days_in_and_leaves_an_end_instant_out() -> None:
    """T22: both named days count wholly; an instant at the end is the first one outside."""
    days = MomentRange(DayMoment(date(2026, 3, 1)), DayMoment(date(2026, 3, 2)))
    assert holds("between", days, at("2026-03-02T22:59:59.999999Z"))
    assert not holds("between", days, at("2026-03-02T23:00Z"))
    to_instant = MomentRange(DayMoment(date(2026, 3, 1)), InstantMoment("2026-03-02T12:00:00+02:00"))
    assert holds("between", to_instant, at("2026-03-02T09:59:59.999999Z"))
    assert not holds("between", to_instant, at("2026-03-02T10:00Z"))
    assert holds("between", days, date(2026, 3, 2))
    assert not holds("between", days, date(2026, 3, 3))


def test_relative_moments_move_with_as_of() -> None:
    """T24 T25: `today` and `now` are resolved for each run, and "now" is an instant where "today" is a day."""
    yesterday = TodayMoment(-1, Unit.DAY)
    assert holds("on", yesterday, date(2026, 3, 28), as_of="2026-03-29T10:00Z")
    assert holds("on", yesterday, date(2026, 3, 29), as_of="2026-03-29T22:00Z")
    half_an_hour_ago = NowMoment(-30, Unit.MINUTE)
    assert holds("after", half_an_hour_ago, at("2026-03-29T09:30:00.000001Z"))
    assert not holds("after", half_an_hour_ago, at("2026-03-29T09:30Z"))
    assert holds("on_or_after", half_an_hour_ago, at("2026-03-29T09:30Z"))


def test_moving_by_nothing_changes_nothing() -> None:
    """T33: within the second of two equal hours, 0 days ago is now and not an hour earlier."""
    as_of = "2026-10-25T01:30Z"  # 02:30 in Amsterdam, for the second time
    assert first_in("on_or_after", NowMoment(0, Unit.DAY), as_of, as_of=as_of)
    assert holds("between_ago", BetweenAgo(1, 0, Unit.DAY), at(as_of) - TICK, as_of=as_of)


def test_a_range_that_resolves_to_nothing_matches_nobody_known() -> None:
    """T28: an empty range is false, and its complement true, for every value that is present."""
    empty = MomentRange(DayMoment(date(2026, 4, 2)), TodayMoment(0, Unit.DAY))
    assert not holds("between", empty, date(2026, 4, 2))
    assert holds("not_between", empty, date(2026, 4, 2))


def test_between_ago_has_its_older_end_in_and_its_newer_end_out() -> None:
    """T21: from 90 to 30 days ago is half-open like every range."""
    span = BetweenAgo(90, 30, Unit.DAY)
    assert first_in("between_ago", span, "2025-12-29T11:00Z", as_of="2026-03-29T10:00Z")
    assert not holds("between_ago", span, at("2026-02-27T11:00Z"), as_of="2026-03-29T10:00Z")
    assert holds("between_ago", span, at("2026-02-27T11:00Z") - TICK, as_of="2026-03-29T10:00Z")


@pytest.mark.parametrize(
    ("zone", "day", "first"),
    [
        ("America/Sao_Paulo", date(2018, 11, 4), "2018-11-04T03:00Z"),  # midnight is skipped
        ("America/Havana", date(2025, 11, 2), "2025-11-02T04:00Z"),  # midnight happens twice: the first
        ("Asia/Tokyo", date(2026, 3, 1), "2026-02-28T15:00Z"),
        ("America/Los_Angeles", date(2026, 3, 1), "2026-03-01T08:00Z"),
    ],
)
def test_a_day_begins_at_its_first_instant(zone: str, day: date, first: str) -> None:
    """T21 T31: also where midnight is skipped or repeated, and far from UTC on both sides."""
    assert first_in("on_or_after", DayMoment(day), first, as_of="2026-03-29T10:00Z", calendar=Calendar(time_zone=zone))


@pytest.mark.parametrize(
    ("leap_day", "as_of", "expected"),
    [
        ("feb_28", "2026-02-28T12:00Z", True),
        ("feb_28", "2026-03-01T12:00Z", False),
        ("mar_1", "2026-02-28T12:00Z", False),
        ("mar_1", "2026-03-01T12:00Z", True),
        ("feb_28", "2028-02-29T12:00Z", True),
        ("feb_28", "2028-02-28T12:00Z", False),
        ("mar_1", "2028-03-01T12:00Z", False),
    ],
)
def test_a_leap_day_birthday_falls_where_the_document_says(leap_day: str, as_of: str, *, expected: bool) -> None:
    """T23: in common years on 28 February or 1 March, in leap years on its own day only."""
    calendar = Calendar(leap_day=leap_day)
    born = date(2000, 2, 29)
    assert holds("anniversary_within", Anniversary(0, 0), born, as_of=as_of, calendar=calendar) is expected
    assert holds("not_anniversary_within", Anniversary(0, 0), born, as_of=as_of, calendar=calendar) is not expected


def test_an_anniversary_crosses_the_new_year_and_counts_years() -> None:
    """T23: the day may lie in the next year; `min_years` counts from the year of the value to the year of that day."""
    around = "2026-12-30T12:00Z"
    assert holds("anniversary_within", Anniversary(0, 7), date(1990, 1, 3), as_of=around)
    assert not holds("anniversary_within", Anniversary(0, 3), date(1990, 1, 3), as_of=around)
    assert holds("anniversary_within", Anniversary(0, 7), date(2026, 1, 3), as_of=around)
    assert not holds("anniversary_within", Anniversary(0, 7, 2), date(2026, 1, 3), as_of=around)
    assert not holds("anniversary_within", Anniversary(3, 3), date(2026, 12, 30), as_of=around)
    assert holds("anniversary_within", Anniversary(3, 3, 0), date(2026, 12, 30), as_of=around)


def test_month_and_weekday_are_those_of_the_local_date() -> None:
    """T21: 23:30 UTC on Saturday 28 February is Sunday 1 March in Amsterdam."""
    moment = at("2026-02-28T23:30Z")
    assert holds("month_is", (3,), moment)
    assert not holds("month_is", (2,), moment)
    assert holds("weekday_is", (7,), moment)
    assert holds("weekday_is_not", (6,), moment)
    assert holds("month_is", (2,), moment, calendar=Calendar())


def test_never_seen_counts_as_not_in_the_last_days() -> None:
    """T28 T01: every window has its complement, and missing values are in it unless the document says otherwise."""
    assert holds("not_in_last", Span(7, Unit.DAY), None)
    assert not holds("not_in_last", Span(7, Unit.DAY), None, on_missing=OnMissing.EXCLUDE)
    assert not holds("in_last", Span(7, Unit.DAY), None)
    assert holds("in_last", Span(7, Unit.DAY), None, on_missing=OnMissing.INCLUDE)


def test_times_outside_the_calendar_are_missing() -> None:
    """T04: a stored date or instant outside the years 1900 to 2200 is missing, the first and last day are not."""
    assert [holds("is_set", None, day) for day in (date(1899, 12, 31), date(1900, 1, 1))] == [False, True]
    assert [holds("is_set", None, day) for day in (date(2200, 12, 31), date(2201, 1, 1))] == [True, False]
    edge = datetime(1900, 1, 1, tzinfo=UTC)
    assert [holds("is_set", None, moment) for moment in (edge - TICK, edge)] == [False, True]


def test_a_bound_outside_the_calendar_is_refused_with_a_sentence() -> None:
    """T33: no bound silently wraps or is cut; the sentence says what to do."""
    with pytest.raises(LimitExceeded, match="1900 to 2200"):
        holds("in_last", Span(10_000, Unit.YEAR), date(2026, 3, 1))
    with pytest.raises(LimitExceeded, match="shorter"):
        holds("in_next", Span(200, Unit.YEAR), date(2026, 3, 1))


def test_an_unknown_zone_or_a_naive_as_of_is_refused() -> None:
    """T21 T31: no zone is ever assumed."""
    with pytest.raises(Unresolved, match="Mars/Olympus"):
        holds("in_last", Span(1, Unit.DAY), date(2026, 3, 1), calendar=Calendar(time_zone="Mars/Olympus"))
    with pytest.raises(InputError, match="no time zone"):
        holds("in_last", Span(1, Unit.DAY), date(2026, 3, 1), as_of="2026-03-29T10:00")


def test_instants_keep_their_microseconds() -> None:
    """T29: the line of time is whole microseconds, before 1970 as well."""
    assert ticks(at("1969-12-31T23:59:59.999999Z")) == -1
    assert ticks(at("1970-01-01T00:00:00.000001Z")) == 1
