"""When a schedule is due: local times across clock changes, the spread of a segment, and the words for it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from segment_engine.domain import schedules
from segment_engine.domain.schedules import Schedule, ScheduleKind, due_after, local_instant, next_due, spread
from segment_engine.errors import InputError

ZONES = sorted(zone for zone in available_timezones() if "/" in zone)
SOME_ID = UUID(int=7)
MOMENTS = some.integers(946_684_800, 2_050_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


def instants(schedule: Schedule, first: datetime, last: datetime) -> list[datetime]:
    """Walk from one due instant to the next."""
    found: list[datetime] = []
    moment = next_due(schedule, first)
    while moment <= last:
        found.append(moment)
        moment = next_due(schedule, moment)
    return found


def utc(*parts: int) -> datetime:
    """Write an instant."""
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "at", "zone", "instant"),
    [
        (date(2026, 3, 29), time(2, 30), "Europe/Amsterdam", utc(2026, 3, 29, 1)),  # skipped: 03:00 is the first
        (date(2026, 3, 29), time(3, 0), "Europe/Amsterdam", utc(2026, 3, 29, 1)),
        (date(2026, 10, 25), time(2, 30), "Europe/Amsterdam", utc(2026, 10, 25, 0, 30)),  # repeated: the first
        (date(2026, 4, 5), time(1, 45), "Australia/Lord_Howe", utc(2026, 4, 4, 14, 45)),  # half an hour repeated
        (date(2026, 10, 4), time(2, 15), "Australia/Lord_Howe", utc(2026, 10, 3, 15, 30)),  # half an hour skipped
        (date(2018, 11, 4), time(0, 0), "America/Sao_Paulo", utc(2018, 11, 4, 3)),  # a day without a midnight
        (date(2024, 3, 30), time(23, 30), "America/Nuuk", utc(2024, 3, 31, 1)),  # the gap ends with the day
        (date(2011, 12, 30), time(9, 0), "Pacific/Apia", None),  # a day that never was
        (date(2011, 12, 31), time(9, 0), "Pacific/Apia", utc(2011, 12, 30, 19)),
    ],
)
def test_local_times_across_clock_changes(day: date, at: time, zone: str, instant: datetime | None) -> None:
    """A skipped time is the first moment after the gap, a repeated one the first of the two (T21, T33)."""
    assert local_instant(day, at, ZoneInfo(zone)) == instant


@settings(max_examples=150)
@given(
    zone=some.sampled_from(ZONES),
    year=some.integers(1975, 2036),
    hour=some.integers(0, 23),
    minute=some.sampled_from((0, 15, 30, 59)),
)
def test_a_daily_schedule_is_due_on_every_local_day_once(zone: str, year: int, hour: int, minute: int) -> None:
    """In every zone and year each day that exists has one due instant, at its local time unless that was skipped."""
    schedule, info = schedules.daily(time(hour, minute), zone), ZoneInfo(zone)
    found = instants(schedule, utc(year, 1, 1), utc(year, 12, 31, 23))
    days: dict[date, datetime] = {}
    for instant in found:
        local = instant.astimezone(info)
        shown = (local - timedelta(seconds=1)).date() if local.time() < time(hour, minute) else local.date()
        day = local.date() if local.timetz().replace(tzinfo=None) >= time(hour, minute) else shown
        assert day not in days
        days[day] = instant
        wall = datetime.combine(day, time(hour, minute))
        if local.replace(tzinfo=None, fold=0) != wall:  # only where the local time does not exist
            assert wall.replace(tzinfo=info).astimezone(UTC).astimezone(info).replace(tzinfo=None) != wall
            before = (instant - timedelta(seconds=1)).astimezone(info)
            assert before.replace(tzinfo=None) < wall < local.replace(tzinfo=None, fold=0)
            assert before.utcoffset() != local.utcoffset()
        else:
            assert local.fold == 0
    first, last = min(days), max(days)
    every_day = {first + timedelta(days=number) for number in range((last - first).days + 1)}
    assert all(local_instant(day, time(hour, minute), info) is None for day in every_day - set(days))
    assert set(days) <= every_day
    assert len(found) in {364, 365, 366}


@settings(max_examples=60)
@given(zone=some.sampled_from(ZONES), year=some.integers(1975, 2036), weekday=some.integers(1, 7))
def test_a_weekly_schedule_is_due_once_a_week(zone: str, year: int, weekday: int) -> None:
    """Each week has one due instant, on its weekday."""
    found = instants(schedules.weekly(weekday, time(12), zone), utc(year, 1, 1), utc(year, 12, 31))
    local = [instant.astimezone(ZoneInfo(zone)) for instant in found]
    assert {(each + timedelta(0)).isoweekday() for each in local} == {weekday} or zone in {
        "Pacific/Apia", "Pacific/Fakaofo", "Pacific/Kwajalein", "Pacific/Enderbury", "Pacific/Kanton",
        "Pacific/Kiritimati",
    }  # fmt: skip
    assert len({each.isocalendar()[:2] for each in local}) == len(found)
    assert len(found) in {52, 53}


@settings(max_examples=100)
@given(
    minutes=some.integers(5, 43_200), number=some.integers(0, 2**64), moment=MOMENTS,
)  # fmt: skip
def test_every_so_many_minutes_is_exact_and_after(minutes: int, number: int, moment: datetime) -> None:
    """Two due instants are exactly so far apart, the first of them later than asked, and no clock change matters."""
    schedule, segment_id = schedules.every(minutes), UUID(int=number)
    first = due_after(schedule, segment_id, moment)
    assert first is not None
    assert moment < first <= moment + timedelta(minutes=minutes)
    assert due_after(schedule, segment_id, first) == first + timedelta(minutes=minutes)


@settings(max_examples=100)
@given(number=some.integers(0, 2**128 - 1), moment=MOMENTS)  # fmt: skip
def test_the_spread_of_a_segment_is_bounded_and_stays(number: int, moment: datetime) -> None:
    """A daily schedule is due within five minutes after its time, always as long after it, and strictly later."""
    schedule, segment_id = schedules.daily(time(9), "Europe/Amsterdam"), UUID(int=number)
    due = due_after(schedule, segment_id, moment)
    assert due is not None
    assert due > moment
    own = spread(segment_id, schedules.SPREAD_SECONDS)
    assert timedelta(0) <= own < timedelta(minutes=5)
    assert (due - own).astimezone(ZoneInfo("Europe/Amsterdam")).time() == time(9)
    following = due_after(schedule, segment_id, due)
    assert following is not None
    assert (following - own).astimezone(ZoneInfo("Europe/Amsterdam")).time() == time(9)


def test_segments_of_one_time_are_spread() -> None:
    """A thousand segments at 09:00 do not begin together: no ten seconds hold more than a tenth of them."""
    spreads = [spread(uuid5(SOME_ID, str(number)), schedules.SPREAD_SECONDS).seconds // 10 for number in range(1_000)]
    assert max(spreads.count(each) for each in set(spreads)) < 100
    assert len(set(spreads)) == 30


def test_the_sentence() -> None:
    """A schedule reads as people say it; 24 hours are no day, because no clock change moves them."""
    assert schedules.daily(time(6, 30), "Europe/Amsterdam").sentence == "Every day at 06:30 (Europe/Amsterdam)"
    assert schedules.weekly(1, time(7), "UTC").sentence == "Every Monday at 07:00 (UTC)"
    said = [schedules.every(minutes).sentence for minutes in (5, 60, 90, 720, 1_440)]
    assert said == ["Every 5 minutes", "Every hour", "Every 90 minutes", "Every 12 hours", "Every 24 hours"]
    assert schedules.on_change().sentence == "When something it reads has changed"
    assert due_after(schedules.on_change(), SOME_ID, utc(2026, 1, 1)) is None


@pytest.mark.parametrize(
    "wrong",
    [
        Schedule(ScheduleKind.EVERY, every_minutes=4), Schedule(ScheduleKind.EVERY),
        Schedule(ScheduleKind.EVERY, every_minutes=43_201), Schedule(ScheduleKind.DAILY, at_time=time(9)),
        Schedule(ScheduleKind.WEEKLY, at_time=time(9), time_zone="UTC"),
        Schedule(ScheduleKind.WEEKLY, at_time=time(9), weekday=8, time_zone="UTC"),
        Schedule(ScheduleKind.DAILY, at_time=time(9), time_zone="Europe/Atlantis"),
        Schedule(ScheduleKind.DAILY, at_time=time(9), time_zone="../../etc"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(wrong: Schedule) -> None:
    """A schedule that could not be kept is refused with a sentence."""
    with pytest.raises(InputError):
        schedules.checked(wrong)


def test_a_checked_schedule_has_only_what_its_kind_needs() -> None:
    """What belongs to another kind is left out, so that the database takes it."""
    crowded = Schedule(ScheduleKind.EVERY, 30, time(9), 3, "UTC")
    assert schedules.checked(crowded) == schedules.every(30)
    assert schedules.checked(Schedule(ScheduleKind.SOURCE, 30)) == schedules.on_change()
