"""Schedules as people keep them: given, changed, taken away, suspended after failures, and paused for all."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from segment_engine.databases import Databases
from segment_engine.db import runs
from segment_engine.domain import schedules
from segment_engine.domain.access import PERMISSIONS, OrganizationContext, Permission, Role
from segment_engine.domain.next_steps import Topic
from segment_engine.domain.run import Claim
from segment_engine.domain.schedules import (
    FAILURES_ALLOWED,
    LONGEST_SETTLE_SECONDS,
    SETTLE_SECONDS,
    Schedule,
    ScheduleKind,
    ScheduleStanding,
    daily,
    every,
    on_change,
    weekly,
)
from segment_engine.domain.segment import SegmentDraft, SegmentQuery, SegmentState, SegmentTrait
from segment_engine.engine import Engine
from segment_engine.errors import InputError, NameTaken, PermissionDenied, StaleVersion
from segment_engine.worker.scheduling import tick
from tests.integration.reference_worlds import ACCEPTED, EVERYONE, document
from tests.integration.scheduled_world import let_be_due, newest, schedule, work

HALF = document({"kind": "sample", "percent": "50", "seed": "half"})


@pytest.fixture
def segment_id(engine: Engine, context: OrganizationContext, databases: Databases) -> UUID:
    """A calculated segment without a schedule."""
    made = engine.segments.create(context, SegmentDraft("Everyone", "", EVERYONE, accepted_warnings=ACCEPTED))
    work(databases)
    return made.segment_id


def fail(databases: Databases, engine: Engine, context: OrganizationContext, segment_id: UUID, times: int) -> None:
    """Let runs of a segment fail, one after the other."""
    for _ in range(times):
        engine.runs.request(context, segment_id)
        with databases.worker.transaction() as transaction:
            taken = runs.claim(transaction, worker="test", lease_seconds=30)
        assert isinstance(taken, Claim)
        with databases.worker.transaction(context.organization_id) as transaction:
            assert runs.fail(transaction, taken, error_class="engine", sentence="It went wrong. Try again.")


def acts(databases: Databases) -> list[tuple[str, str | None]]:
    """List what the audit log says of schedules, with the schedule it names."""
    with databases.migrator.transaction() as transaction:
        rows = transaction.rows(
            text(
                "SELECT action, detail->>'schedule' AS schedule FROM audit_events "
                "WHERE action LIKE 'schedule%' AND result = 'done' ORDER BY audit_number"
            )
        )
    return [(row.action, row.schedule) for row in rows]


def test_a_schedule_is_given_changed_and_taken_away(
    engine: Engine, context: OrganizationContext, databases: Databases, segment_id: UUID
) -> None:
    """Each act stands in the log, names its time in words, and of two editors the second is told (E24)."""
    room = engine.schedules
    bare = room.get(context, segment_id)
    assert (bare.schedule, bare.revision, bare.standing) == (None, 0, ScheduleStanding.NONE)
    given = room.set(context, segment_id, daily(time(6, 30), "Europe/Amsterdam"), expected_revision=0)
    assert (given.revision, given.standing, given.updated_by) == (1, ScheduleStanding.WAITING, "Local operator")
    with pytest.raises(StaleVersion, match="Every day at 06:30"):
        room.set(context, segment_id, every(30), expected_revision=0)
    for wanted in (weekly(7, time(6), "Asia/Tokyo"), every(30), on_change()):
        assert schedule(engine, context, segment_id, wanted).schedule == wanted
    assert room.get(context, segment_id).standing is ScheduleStanding.LISTENING
    with pytest.raises(StaleVersion):
        room.remove(context, segment_id, expected_revision=1)
    assert room.remove(context, segment_id, expected_revision=4).schedule is None
    assert room.remove(context, segment_id, expected_revision=4).schedule is None
    with pytest.raises(StaleVersion, match="took this schedule away"):
        room.set(context, segment_id, every(30), expected_revision=4)
    with pytest.raises(InputError):
        room.set(context, segment_id, Schedule(ScheduleKind.EVERY, 1), expected_revision=0)
    assert acts(databases) == [
        ("schedule.set", "Every day at 06:30 (Europe/Amsterdam)"),
        ("schedule.set", "Every Sunday at 06:00 (Asia/Tokyo)"),
        ("schedule.set", "Every 30 minutes"),
        ("schedule.set", "When something it reads has changed"),
        ("schedule.remove", "When something it reads has changed"),
    ]


def test_a_segment_is_made_with_its_schedule_or_not_at_all(
    engine: Engine, context: OrganizationContext, databases: Databases
) -> None:
    """One act: both are stored and in the log, or neither is; its first run reads what is there already."""
    draft = SegmentDraft("Made", "", EVERYONE, accepted_warnings=ACCEPTED)
    with pytest.raises(InputError, match="every 5 minutes"):
        engine.segments.create(context, draft, schedule=Schedule(ScheduleKind.EVERY, 1))
    may_not_edit = replace(context, permissions=context.permissions - {Permission.SEGMENTS_EDIT})
    with pytest.raises(PermissionDenied):
        engine.segments.create(may_not_edit, draft, schedule=every(60))
    assert engine.segments.summary(context).total == 0
    made = engine.segments.create(context, draft, schedule=on_change())
    with pytest.raises(NameTaken):
        engine.segments.create(context, draft, schedule=every(60))
    assert [each.segment_id for each in engine.schedules.report(context).scheduled] == [made.segment_id]
    assert acts(databases) == [("schedule.set", "When something it reads has changed")]
    held = engine.schedules.get(context, made.segment_id)
    assert (held.schedule, held.standing, held.revision) == (on_change(), ScheduleStanding.LISTENING, 1)
    assert tick(databases.worker) == 0
    timed = engine.segments.create(context, replace(draft, name="Timed"), schedule=daily(time(6), "Asia/Tokyo"))
    held = engine.schedules.get(context, timed.segment_id)
    assert held.next_due_at is not None
    assert timedelta(0) < held.next_due_at - held.now <= timedelta(days=1, minutes=5)
    assert engine.segments.create(may_not_edit, replace(draft, name="By hand")).revision == 1


def test_a_schedule_that_follows_data_catches_up_with_what_came_before_it(
    engine: Engine, context: OrganizationContext, databases: Databases, segment_id: UUID
) -> None:
    """What was edited or imported before the schedule was set, and no run has seen, is followed at once."""
    held = engine.segments.get(context, segment_id)
    draft = SegmentDraft("Half", "", HALF, accepted_warnings=ACCEPTED)
    engine.segments.update(context, segment_id, expected_revision=held.revision, draft=draft)
    engine.runs.cancel(context, newest(engine, context, segment_id).run_id)
    assert schedule(engine, context, segment_id, on_change()).standing is ScheduleStanding.DUE
    assert schedule(engine, context, segment_id, on_change()).standing is ScheduleStanding.DUE
    assert tick(databases.worker) == 1


def test_five_failures_in_a_row_suspend_a_schedule_and_say_so(
    engine: Engine, context: OrganizationContext, databases: Databases, segment_id: UUID
) -> None:
    """Nothing is skipped in silence: a suspension is shown with its reason until it ends (T60)."""
    schedule(engine, context, segment_id, every(60))
    fail(databases, engine, context, segment_id, FAILURES_ALLOWED - 1)
    assert engine.schedules.get(context, segment_id).standing is ScheduleStanding.WAITING
    assert engine.schedules.suspended(context) == 0
    assert engine.segments.find(context, SegmentQuery(traits=frozenset({SegmentTrait.SUSPENDED}))).total == 0
    fail(databases, engine, context, segment_id, 1)
    held = engine.schedules.get(context, segment_id)
    assert (held.standing, held.suspended_because) == (
        ScheduleStanding.SUSPENDED, "5 calculations in a row failed.",
    )  # fmt: skip
    let_be_due(databases, segment_id)
    assert tick(databases.worker) == 0
    assert [each.standing for each in engine.schedules.report(context).scheduled] == [ScheduleStanding.SUSPENDED]
    assert engine.schedules.suspended(context) == 1
    assert "schedule_suspended" in {each.code for each in engine.segments.standing(context, segment_id).reasons}
    report = engine.overview.report(context)
    assert Topic.SUSPENDED in {step.topic for step in report.steps}
    for trait in (SegmentTrait.SCHEDULED, SegmentTrait.SUSPENDED):
        listed = engine.segments.find(context, SegmentQuery(traits=frozenset({trait})))
        assert [card.segment_id for card in listed.items] == [segment_id]
    schedule(engine, context, segment_id, every(90))  # another time of day is no cure
    assert engine.schedules.get(context, segment_id).standing is ScheduleStanding.SUSPENDED


@pytest.mark.parametrize("cure", ["success", "edit", "resume"])
def test_a_suspension_ends_with_a_success_an_edit_or_a_decision(
    engine: Engine, context: OrganizationContext, databases: Databases, segment_id: UUID, cure: str
) -> None:
    """Each of the three ends it, the failures are counted anew, and what was missed is one run (T60)."""
    schedule(engine, context, segment_id, every(60))
    fail(databases, engine, context, segment_id, FAILURES_ALLOWED)
    let_be_due(databases, segment_id, ago=timedelta(0))
    if cure == "success":
        engine.runs.request(context, segment_id)
        work(databases)
    elif cure == "edit":
        held = engine.segments.get(context, segment_id)
        draft = SegmentDraft("Half", "", HALF, SegmentState.ACTIVE, accepted_warnings=ACCEPTED)
        engine.segments.update(context, segment_id, expected_revision=held.revision, draft=draft)
    else:
        (verdict,) = engine.schedules.resume(context, [segment_id])
        assert (verdict.changed, verdict.reason) == (True, "is calculated by its schedule again")
        (verdict,) = engine.schedules.resume(context, [segment_id])
        assert (verdict.changed, verdict.reason) == (False, "was not suspended")
        assert [act for act, _ in acts(databases)] == ["schedule.set", "schedule.resume"]
    resumed = engine.schedules.get(context, segment_id)
    assert (resumed.suspended_at, resumed.failed_in_row) == (None, 0)
    assert tick(databases.worker) == (1 if cure == "resume" else 0)
    assert engine.schedules.get(context, segment_id).standing is ScheduleStanding.WAITING


def test_only_failures_in_a_row_count(
    engine: Engine, context: OrganizationContext, databases: Databases, segment_id: UUID
) -> None:
    """A success in between, and a run that was cancelled, are no failures."""
    schedule(engine, context, segment_id, every(60))
    fail(databases, engine, context, segment_id, FAILURES_ALLOWED - 1)
    engine.runs.request(context, segment_id)
    work(databases)
    fail(databases, engine, context, segment_id, FAILURES_ALLOWED - 1)
    run = engine.runs.request(context, segment_id)
    engine.runs.cancel(context, run.run_id)
    held = engine.schedules.get(context, segment_id)
    assert (held.standing, held.failed_in_row) == (ScheduleStanding.WAITING, FAILURES_ALLOWED - 1)


def test_the_pause_is_decided_by_whoever_runs_the_data(
    engine: Engine, context: OrganizationContext, databases: Databases
) -> None:
    """An analyst may schedule segments and may not pause the organization; pause and end stand in the log once."""
    analyst = replace(context, role=Role.ANALYST, permissions=PERMISSIONS[Role.ANALYST])
    with pytest.raises(PermissionDenied):
        engine.schedules.pause_all(analyst)
    for _ in range(2):
        engine.schedules.pause_all(context)
    for _ in range(2):
        engine.schedules.resume_all(context)
    assert [act for act, _ in acts(databases)] == ["schedules.pause", "schedules.resume"]
    assert engine.schedules.report(analyst).pause is None


def test_the_numbers_of_the_database_are_those_of_the_code(databases: Databases) -> None:
    """The trigger suspends and settles by the constants that the documents and the pages name."""
    with databases.migrator.transaction() as transaction:
        body = str(transaction.scalar(text("SELECT prosrc FROM pg_proc WHERE proname = 'keep_schedules'")))
    assert f"failed_in_row >= {FAILURES_ALLOWED} " in body
    assert body.count("interval '") == 2
    assert f"interval '{SETTLE_SECONDS} seconds'" in body
    assert f"interval '{LONGEST_SETTLE_SECONDS} seconds'" in body
    assert schedules.FEWEST_MINUTES == 5
