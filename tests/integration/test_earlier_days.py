"""What a result is compared with where there are many a day: earlier days at the same time of day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from segment_engine.db import checks
from segment_engine.domain.automatic_checks import DayCount, ResultFacts, check_automatically
from segment_engine.domain.run import Claim, RunId
from tests.integration.alert_world import AlertWorld, world

__all__ = ("world",)  # a fixture

ZONE = "Europe/Amsterdam"
MONDAY = datetime(2026, 3, 23, tzinfo=UTC)
BUSY = (40, 40, 40, 40, 40, 8, 8)


def published(world: AlertWorld, segment_id: UUID, results: list[tuple[datetime, int]]) -> None:
    """Load results, oldest first."""
    world.sql(
        "INSERT INTO runs (organization_id, segment_id, version, criteria, status, reason, requested_at, started_at, "
        "finished_at, as_of, published_sequence, member_count, joined_count, left_count, attempt) "
        "SELECT :o, :s, 1, '{}', 'success', 'scheduled', at, at, at, at, place, count, 0, 0, 1 "
        "FROM unnest(cast(:at AS timestamptz[]), cast(:counts AS integer[])) WITH ORDINALITY AS m (at, count, place)",
        s=segment_id, at=[at for at, _ in results], counts=[count for _, count in results],
    )  # fmt: skip


def days_before(world: AlertWorld, segment_id: UUID, at: datetime) -> tuple[DayCount, ...]:
    """Read the days before an instant."""
    claim = Claim(world.context.organization_id, RunId(segment_id), segment_id, 1, 1, {}, at)
    with world.databases.worker.transaction(world.context.organization_id, read_only=True) as transaction:
        return checks.earlier_days(transaction, claim, zone=ZONE)


def found(world: AlertWorld, segment_id: UUID, at: datetime, count: int) -> list[str]:
    """Check a count as a worker does, by the days before it."""
    today = at.date()
    facts = ResultFacts(
        count, [count], [each for each in days_before(world, segment_id, at) if each.day < today], today
    )
    return [each.code for each in check_automatically(facts)]


def test_a_count_that_grows_during_the_day_is_compared_with_the_same_hour(world: AlertWorld) -> None:
    """“Ordered today”, every three hours: few on a Monday morning are as usual, as few in the evening are not."""
    segment = world.segment("ordered today")
    world.sql("DELETE FROM runs WHERE organization_id = :o")
    moments = [MONDAY - timedelta(days=35) + timedelta(hours=3 * each, minutes=5) for each in range(35 * 8)]
    published(world, segment, [(at, 1 + at.hour * BUSY[at.weekday()] // 3) for at in moments])
    for hours, count in ((3, 41), (6, 79), (12, 162), (21, 283)):
        assert found(world, segment, MONDAY + timedelta(hours=hours), count) == [], hours
    assert found(world, segment, MONDAY + timedelta(hours=21), 41) == ["sudden_change"]
    assert found(world, segment, MONDAY + timedelta(hours=3), 283) == ["sudden_change"]


def test_one_result_a_day_counts_whenever_it_came(world: AlertWorld) -> None:
    """A run that is late today finds all the days before, by the calendar of the criteria and over a clock change."""
    segment = world.segment("daily")
    world.sql("DELETE FROM runs WHERE organization_id = :o")
    first = datetime(2026, 3, 16, 23, 30, tzinfo=UTC)
    published(world, segment, [(first + timedelta(days=each), 10 + each) for each in range(14)])
    days = days_before(world, segment, first + timedelta(days=14, hours=5))
    assert list(days) == [DayCount(date(2026, 3, 17) + timedelta(days=each), 10 + each) for each in range(14)]
