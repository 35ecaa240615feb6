"""A schedule is kept or says why not: whatever comes in between, no time and no change is swallowed in silence."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from segment_engine.databases import Databases
from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.readiness import Readiness
from segment_engine.domain.run import RunReason, RunStatus
from segment_engine.domain.schedules import ScheduleStanding, daily, on_change
from segment_engine.domain.segment import SegmentDraft
from segment_engine.engine import Engine
from segment_engine.worker.scheduling import tick
from tests.integration.importing import Importer
from tests.integration.reference_worlds import ACCEPTED, calculate, city, document, in_segments, save
from tests.integration.scheduled_world import let_be_due, newest, schedule, work
from tests.integration.test_readiness import AGE, CONTACTS, Change, change, codes, importer, utrecht

__all__ = ("change", "importer", "utrecht")  # fixtures

NINE = daily(time(9), "Europe/Amsterdam")
NOW = timedelta(0)


def test_a_zone_that_is_gone_stops_its_own_schedule_alone(
    engine: Engine, context: OrganizationContext, databases: Databases, utrecht: UUID, change: Change
) -> None:
    """Zones are renamed and dropped: that schedule is suspended and says why, and all others are kept (T33, T43)."""
    other = save(engine, context, "Gent", document(city("Gent")))
    calculate(databases)
    for each in (utrecht, other):
        schedule(engine, context, each, NINE)
    gone = "UPDATE segment_schedules SET time_zone = 'Mars/Base' WHERE organization_id = :o AND segment_id = :segment"
    change(gone, segment=utrecht)
    let_be_due(databases, utrecht, other, ago=NOW)
    assert tick(databases.worker) == 1
    assert newest(engine, context, other).reason is RunReason.SCHEDULED
    held = engine.schedules.get(context, utrecht)
    assert held.standing is ScheduleStanding.SUSPENDED
    assert held.suspended_because == "There is no time zone Mars/Base any more. Choose another one."
    assert codes(engine.segments.standing(context, utrecht)) == ["schedule_suspended"]
    engine.schedules.resume(context, (utrecht,))
    assert tick(databases.worker) == 0
    assert engine.schedules.get(context, utrecht).standing is ScheduleStanding.SUSPENDED
    schedule(engine, context, utrecht, NINE)
    engine.schedules.resume(context, (utrecht,))
    assert engine.schedules.get(context, utrecht).standing is ScheduleStanding.WAITING


def test_a_run_as_of_an_earlier_moment_keeps_no_time_of_today(
    engine: Engine, context: OrganizationContext, databases: Databases, utrecht: UUID, importer: Importer
) -> None:
    """Somebody asks for the members of last winter: what is due meanwhile is due still, and is calculated after it."""
    asked = datetime(2026, 1, 10, tzinfo=UTC)
    for wanted in (NINE, on_change()):
        schedule(engine, context, utrecht, wanted)
        importer.contacts(CONTACTS)
        engine.runs.request(context, utrecht, as_of=asked)
        let_be_due(databases, utrecht, ago=NOW)
        assert tick(databases.worker) == 0
        work(databases)
        assert newest(engine, context, utrecht).as_of == asked
        assert engine.schedules.get(context, utrecht).standing is ScheduleStanding.DUE
        assert tick(databases.worker) == 1
        work(databases)
        assert engine.segments.standing(context, utrecht).readiness is Readiness.READY


def test_an_edit_of_what_is_evaluated_live_is_followed_whatever_its_own_members(
    engine: Engine, context: OrganizationContext, databases: Databases, utrecht: UUID
) -> None:
    """Other criteria with the same members still are other criteria: who evaluates them follows, nobody else does."""
    live = save(engine, context, "Live", document(in_segments(utrecht, members="live")))
    calculate(databases)
    further = save(engine, context, "Further", document(in_segments(live, members="live")))
    stored = save(engine, context, "Stored", document(in_segments(utrecht)))
    calculate(databases)
    for each in (live, further, stored):
        schedule(engine, context, each, on_change())
    held = engine.segments.get(context, utrecht)
    edited = document(city("Utrecht", "Nowhere"))
    engine.segments.update(
        context, utrecht, expected_revision=held.revision,
        draft=SegmentDraft(held.name, "", edited, accepted_warnings=ACCEPTED),
    )  # fmt: skip
    work(databases)
    assert codes(engine.segments.standing(context, live)) == ["stale_dependency"]
    assert codes(engine.segments.standing(context, stored)) == []
    assert engine.schedules.get(context, stored).standing is ScheduleStanding.LISTENING
    for each in (live, further):
        assert engine.schedules.get(context, each).standing is ScheduleStanding.WAITING
    let_be_due(databases, live, further, ago=NOW)
    assert tick(databases.worker) == 2
    assert newest(engine, context, live).reason is RunReason.DEPENDENCY
    work(databases)
    assert {codes(engine.segments.standing(context, each)) == [] for each in (live, further, stored)} == {True}


def test_a_schedule_given_while_put_aside_catches_up_once_active(
    engine: Engine, context: OrganizationContext, databases: Databases, utrecht: UUID, importer: Importer
) -> None:
    """Data that came before the schedule, while nobody might use the segment, are followed when somebody may again."""
    engine.segments.deactivate(context, (utrecht,))
    importer.contacts(CONTACTS)
    schedule(engine, context, utrecht, on_change())
    assert engine.schedules.get(context, utrecht).standing is ScheduleStanding.NOT_ACTIVE
    assert tick(databases.worker) == 0
    engine.segments.activate(context, (utrecht,))
    assert codes(engine.segments.standing(context, utrecht)) == ["stale_source"]
    assert tick(databases.worker) == 1
    work(databases)
    assert newest(engine, context, utrecht).status is RunStatus.SUCCESS
    assert codes(engine.segments.standing(context, utrecht)) == []
    assert engine.schedules.get(context, utrecht).standing is ScheduleStanding.LISTENING


def test_who_failed_for_what_it_reads_tries_again_once_that_is_in_order(
    engine: Engine, context: OrganizationContext, databases: Databases, utrecht: UUID, change: Change
) -> None:
    """Too old to be read is a failure that the next result ends, also one with the same members; others wait (T43)."""
    reader = save(engine, context, "Reader", document(in_segments(utrecht, max_age_hours=24)))
    other = save(engine, context, "Other", document(in_segments(utrecht)))
    calculate(databases)
    for each in (reader, other):
        schedule(engine, context, each, on_change())
    change(AGE, hours=30, segment=utrecht)
    engine.runs.request(context, reader)
    work(databases)
    assert newest(engine, context, reader).error_class == "reference_too_old"
    assert engine.schedules.get(context, reader).standing is ScheduleStanding.LISTENING
    engine.runs.request(context, utrecht)
    work(databases)
    assert engine.schedules.get(context, reader).standing is ScheduleStanding.WAITING
    assert engine.schedules.get(context, other).standing is ScheduleStanding.LISTENING
    let_be_due(databases, reader, ago=NOW)
    assert tick(databases.worker) == 1
    work(databases)
    assert engine.segments.standing(context, reader).readiness is Readiness.READY
