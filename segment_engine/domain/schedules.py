"""When a segment is calculated by itself: every so often, daily, weekly, or when what it reads has changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from segment_engine.domain.segment import SegmentId, SegmentState, SegmentStatus
from segment_engine.domain.stored import StoredWord
from segment_engine.errors import InputError

FEWEST_MINUTES, MOST_MINUTES = 5, 43_200
# Schedules of one time are spread over so many seconds, each segment always by the same of them.
SPREAD_SECONDS = 300
# How long an import is waited for to be followed by the next file of the same delivery, and at most.
SETTLE_SECONDS, LONGEST_SETTLE_SECONDS = 60, 600
# A schedule that nobody took up for so long after it was due is overdue.
OVERDUE_SECONDS = 300
# After so many failed runs in a row a schedule is suspended; the trigger keep_schedules says the same.
FAILURES_ALLOWED = 5
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)
_HOUR_MINUTES, _DAY_MINUTES = 60, 1_440


class ScheduleKind(StoredWord):
    """What makes a segment due. A segment without a schedule is calculated by hand only."""

    EVERY = "every"
    DAILY = "daily"
    WEEKLY = "weekly"
    SOURCE = "source"


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a segment is due.

    Shape: `every_minutes` belongs to the kind every; `at_time` to daily and weekly; `weekday`, 1 for Monday to 7 for
        Sunday, to weekly. `time_zone` is that of the local time.
    """

    kind: ScheduleKind
    every_minutes: int | None = None
    at_time: time | None = None
    weekday: int | None = None
    time_zone: str | None = None

    @property
    def by_clock(self) -> bool:
        """Whether time makes it due; the other kind waits for data."""
        return self.kind is not ScheduleKind.SOURCE

    @property
    def sentence(self) -> str:
        """Say it as people do: “Every day at 06:30 (Europe/Amsterdam)”."""
        if self.kind is ScheduleKind.EVERY:
            return f"Every {_often(self.every_minutes or 0)}"
        if self.kind is ScheduleKind.SOURCE:
            return "When something it reads has changed"
        at = f"at {self.at_time:%H:%M} ({self.time_zone})"
        return f"Every day {at}" if self.weekday is None else f"Every {WEEKDAYS[self.weekday - 1]} {at}"


def every(minutes: int) -> Schedule:
    """Make a schedule of every so many minutes. Raises: InputError."""
    if not FEWEST_MINUTES <= minutes <= MOST_MINUTES:
        raise InputError("A segment can be calculated every 5 minutes at the most, and every 30 days at the least.")
    return Schedule(ScheduleKind.EVERY, every_minutes=minutes)


def daily(at_time: time, time_zone: str) -> Schedule:
    """Make a schedule of every day at a local time. Raises: InputError."""
    return Schedule(ScheduleKind.DAILY, at_time=_to_the_minute(at_time), time_zone=_checked_zone(time_zone))


def weekly(weekday: int, at_time: time, time_zone: str) -> Schedule:
    """Make a schedule of one weekday, 1 for Monday to 7 for Sunday, at a local time. Raises: InputError."""
    if not 1 <= weekday <= len(WEEKDAYS):
        raise InputError("A weekday is a number from 1 for Monday to 7 for Sunday.")
    at_time, time_zone = _to_the_minute(at_time), _checked_zone(time_zone)
    return Schedule(ScheduleKind.WEEKLY, at_time=at_time, weekday=weekday, time_zone=time_zone)


def on_change() -> Schedule:
    """Make a schedule that follows what the segment reads."""
    return Schedule(ScheduleKind.SOURCE)


def checked(schedule: Schedule) -> Schedule:
    """Make a schedule anew from what it needs, so that nothing impossible is stored. Raises: InputError."""
    if schedule.kind is ScheduleKind.SOURCE:
        return on_change()
    if schedule.kind is ScheduleKind.EVERY:
        return every(schedule.every_minutes or 0)
    if schedule.at_time is None or schedule.time_zone is None:
        raise InputError("A daily or weekly schedule needs a time and a time zone. Give both.")
    if schedule.kind is ScheduleKind.DAILY:
        return daily(schedule.at_time, schedule.time_zone)
    return weekly(schedule.weekday or 0, schedule.at_time, schedule.time_zone)


def _to_the_minute(at_time: time) -> time:
    return time(at_time.hour, at_time.minute)


def _checked_zone(time_zone: str) -> str:
    try:
        return ZoneInfo(time_zone).key
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InputError(f"There is no time zone {time_zone}. Write one such as Europe/Berlin.") from error


def _often(minutes: int) -> str:
    for size, unit in ((_DAY_MINUTES, "day"), (_HOUR_MINUTES, "hour"), (1, "minute")):
        if minutes % size == 0:
            amount = minutes // size
            if unit == "day":
                return f"{amount * 24} hours"  # not a calendar day: no clock change moves it
            return unit if amount == 1 else f"{amount} {unit}s"
    raise AssertionError(minutes)


# When it is due ----------------------------------------------------------------------------------------------------


def spread(segment_id: UUID, seconds: int) -> timedelta:
    """Give how long after the time a segment is due: below so many seconds, always the same, even over all segments."""
    digest = hashlib.blake2b(segment_id.bytes, digest_size=8).digest()
    return timedelta(seconds=int.from_bytes(digest, "big") % seconds)


def due_after(schedule: Schedule, segment_id: UUID, after: datetime) -> datetime | None:
    """Give the next instant at which a segment is due; None when only data can tell.

    Units: UTC. Shape: the instant that the schedule names, and the spread of the segment, up to five minutes.
        Where it is due every so many minutes, its spread is anywhere within them.
    """
    if schedule.kind is ScheduleKind.SOURCE:
        return None
    seconds = (schedule.every_minutes or 0) * 60 if schedule.kind is ScheduleKind.EVERY else SPREAD_SECONDS
    own = spread(segment_id, seconds)
    return next_due(schedule, after - own) + own


def next_due(schedule: Schedule, after: datetime) -> datetime:
    """Give the first instant after another one that a schedule by the clock names.

    Units: UTC. Source: skipped and repeated local times as in PEP 495 with fold=0, except that a time which a day does
        not have is the first moment after the gap.
    """
    if schedule.every_minutes is not None:
        step = timedelta(minutes=schedule.every_minutes)
        return _EPOCH + ((after - _EPOCH) // step + 1) * step
    if schedule.at_time is None or schedule.time_zone is None:
        raise InputError("Only data can tell when this schedule is due.")
    zone = ZoneInfo(schedule.time_zone)
    return next(
        instant
        for day in _days(after.astimezone(zone).date() - 2 * _DAY, schedule.weekday)
        if (instant := local_instant(day, schedule.at_time, zone)) is not None and instant > after
    )


def _days(first: date, weekday: int | None) -> Iterator[date]:
    """Count days, or the days of one weekday, from a day on."""
    day = first if weekday is None else first + ((weekday - first.isoweekday()) % 7) * _DAY
    while True:
        yield day
        day += _DAY if weekday is None else 7 * _DAY


def local_instant(day: date, at_time: time, zone: ZoneInfo) -> datetime | None:
    """Give the instant of a local time: the first of a repeated one, the end of the gap for a skipped one.

    Shape: None for a day that a zone left out altogether, as islands do that move across the date line.
    """
    wall = datetime.combine(day, at_time, tzinfo=zone)
    later = wall.astimezone(UTC)
    if later.astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
        return later
    # PEP 495: in a gap, fold=0 is read with the offset before and lands after it, fold=1 the other way round.
    end = _end_of_gap(wall.replace(fold=1).astimezone(UTC), later, zone)
    left_out = (end - _SECOND).astimezone(zone).date() < day < end.astimezone(zone).date()
    return None if left_out else end


def _end_of_gap(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Find the instant between two at which the zone's offset changes."""
    old = before.astimezone(zone).utcoffset()
    while after - before > _SECOND:
        middle = before + timedelta(seconds=(after - before) // _SECOND // 2)
        if middle.astimezone(zone).utcoffset() == old:
            before = middle
        else:
            after = middle
    return after


# How a segment stands with its schedule ----------------------------------------------------------------------------


class ScheduleStanding(StrEnum):
    """Whether a schedule is kept at this moment, and if not, why not; the first that applies."""

    NONE = "none"
    SUSPENDED = "suspended"
    NOT_ACTIVE = "not_active"
    PAUSED = "paused"
    OVERDUE = "overdue"
    DUE = "due"
    WAITING = "waiting"
    LISTENING = "listening"


@dataclass(frozen=True, slots=True)
class Due:
    """When a schedule is due next. Shape: `since` and `reason` tell what a source schedule has not followed yet."""

    at: datetime | None
    since: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class SchedulesPause:
    """Since when the schedules of an organization are not kept, and who decided that. Units: UTC."""

    since: datetime
    by: str | None


@dataclass(frozen=True, slots=True)
class ScheduledSegment:
    """A segment with its schedule, if it has one, and how that stands.

    Shape: `revision` is 0 without a schedule. `due_since` and `due_reason` tell of data or of other segments that no
        run has followed yet. Units: times in UTC; `now` is the clock of the database when this was read.
    """

    segment_id: SegmentId
    name: str
    state: SegmentState
    status: SegmentStatus
    member_count: int | None
    failed_in_row: int
    schedule: Schedule | None
    next_due_at: datetime | None
    last_due_at: datetime | None
    due_since: datetime | None
    due_reason: str | None
    suspended_at: datetime | None
    suspended_because: str | None
    revision: int
    updated_at: datetime | None
    updated_by: str | None
    paused_at: datetime | None
    now: datetime

    @property
    def standing(self) -> ScheduleStanding:
        """Say whether the schedule is kept."""
        if self.schedule is None:
            return ScheduleStanding.NONE
        if self.suspended_at is not None:
            return ScheduleStanding.SUSPENDED
        if self.state is not SegmentState.ACTIVE:
            return ScheduleStanding.NOT_ACTIVE
        if self.paused_at is not None:
            return ScheduleStanding.PAUSED
        if self.next_due_at is None:
            return ScheduleStanding.LISTENING
        late = (self.now - self.next_due_at).total_seconds()
        if late < 0:
            return ScheduleStanding.WAITING
        return ScheduleStanding.OVERDUE if late > OVERDUE_SECONDS else ScheduleStanding.DUE
