"""What is due becomes one run: with many tickers at once, after a downtime, in order, and not while it may not."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from segment_engine.databases import Databases
from segment_engine.db import runs, schedules
from segment_engine.db.queries import Query
from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.run import Claim, RunReason, RunStatus
from segment_engine.domain.schedules import ScheduleStanding, daily, every, on_change
from segment_engine.domain.segment import SegmentDraft, SegmentState
from segment_engine.engine import Engine
from segment_engine.use_cases.organizations import LOCAL_IDENTITY
from segment_engine.worker import scheduling
from segment_engine.worker.scheduling import TickPace, tick
from tests.integration.importing import Importer
from tests.integration.reference_worlds import ACCEPTED, EVERYONE, add_contacts, city, document, in_segments
from tests.integration.scheduled_world import (
    due_segments,
    let_be_due,
    newest,
    runs_by_segment,
    schedule,
    waits_for,
    work,
)

UNBOUNDED = TickPace(at_once=7, most_waiting=10_000)


def create(
    engine: Engine, context: OrganizationContext, name: str, criteria: dict[str, object] = EVERYONE,
    state: SegmentState = SegmentState.ACTIVE,
) -> UUID:  # fmt: skip
    """Save a segment; its first run waits."""
    draft = SegmentDraft(name, "", criteria, state, accepted_warnings=ACCEPTED)
    return engine.segments.create(context, draft).segment_id


def tick_until_quiet(databases: Databases, threads: int, pace: TickPace) -> int:
    """Tick from several threads at once until nothing is due any more; gives how many runs they requested."""
    made: list[int] = []
    troubles: list[BaseException] = []
    begin = threading.Barrier(threads)

    def go() -> None:
        begin.wait()
        try:
            while due(databases):
                made.append(tick(databases.worker, pace))
        except BaseException as trouble:  # noqa: BLE001 - told to the test
            troubles.append(trouble)

    running = [threading.Thread(target=go) for _ in range(threads)]
    for each in running:
        each.start()
    for each in running:
        each.join()
    assert troubles == []
    return sum(made)


def due(databases: Databases) -> bool:
    """Tell whether anything is due."""
    with databases.worker.transaction() as transaction:
        return bool(schedules.due_organizations(transaction, limit=1))


def test_many_tickers_request_each_due_schedule_once(
    engine: Engine, context: OrganizationContext, databases: Databases
) -> None:
    """Eight tickers, two hundred schedules of two organizations: one run each, while a worker ends runs (T70)."""
    other = engine.organizations.create("Other")
    mine = due_segments(databases, context.organization_id, 150)
    theirs = due_segments(databases, other, 50)
    worker = threading.Thread(target=lambda: [work(databases) for _ in range(20)])
    worker.start()
    made = tick_until_quiet(databases, 8, UNBOUNDED)
    worker.join()
    assert made == 200
    assert runs_by_segment(databases, context.organization_id) == dict.fromkeys(mine, 1)
    assert runs_by_segment(databases, other) == dict.fromkeys(theirs, 1)


def test_without_locks_and_comparison_two_tickers_request_a_run_twice(
    context: OrganizationContext, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The locks have teeth: when both read before either writes, a run that ended in between is requested again."""
    (segment_id,) = due_segments(databases, context.organization_id, 1)
    known = dict(schedules._QUERIES)
    unlocked = str(known["take"]).replace("FOR UPDATE SKIP LOCKED", "")
    uncompared = str(known["move_on"]).replace("AND next_due_at = :due_at", "AND cast(:due_at AS text) IS NOT NULL")
    broken = {"take": unlocked, "move_on": uncompared, "alone": "SELECT :organization > 0"}
    monkeypatch.setattr(schedules, "_QUERIES", known | {name: Query(text(sql)) for name, sql in broken.items()})
    have_read, go_on = threading.Event(), threading.Event()
    kept = scheduling._kept

    def slowly(*given: Any) -> object:
        if threading.current_thread().name == "slow":
            have_read.set()
            go_on.wait(30)
        return kept(*given)

    monkeypatch.setattr(scheduling, "_kept", slowly)
    slow = threading.Thread(target=tick, args=(databases.worker,), name="slow")
    slow.start()
    assert have_read.wait(30)
    assert tick(databases.worker) == 1
    work(databases)
    go_on.set()
    slow.join()
    assert runs_by_segment(databases, context.organization_id)[segment_id] == 2


def test_three_days_of_downtime_are_one_run_each_steadily_and_spread(
    engine: Engine, context: OrganizationContext, databases: Databases
) -> None:
    """After a downtime each schedule is one run, a few at a time, and the next times are spread (T59, T69)."""
    ids = due_segments(databases, context.organization_id, 40, late=3 * 86_400)
    pace = TickPace(at_once=15, most_waiting=20)
    assert [tick(databases.worker, pace) for _ in range(4)] == [15, 5, 0, 0]
    work(databases)
    assert [tick(databases.worker, pace) for _ in range(2)] == [15, 5]
    work(databases)
    assert tick(databases.worker, pace) == 0
    assert runs_by_segment(databases, context.organization_id) == dict.fromkeys(ids, 1)
    report = engine.schedules.report(context)
    next_times = [each.next_due_at for each in report.scheduled]
    assert all(each is not None and each.standing is ScheduleStanding.WAITING for each in report.scheduled)
    assert len({each.replace(second=0, microsecond=0) for each in next_times if each}) > 15
    assert {newest(engine, context, each).reason for each in ids} == {RunReason.SCHEDULED}


def test_a_time_is_kept_by_a_run_that_works_or_a_later_result(
    engine: Engine, context: OrganizationContext, databases: Databases
) -> None:
    """A due time adds nothing to a run that waits or works, nor to a result as of a later moment (T64)."""
    segment_id = create(engine, context, "Hourly")
    schedule(engine, context, segment_id, every(60))
    let_be_due(databases, segment_id)
    assert tick(databases.worker) == 0  # its first run still waits
    work(databases)
    assert len(engine.runs.find(context, segment_id)) == 1
    let_be_due(databases, segment_id)
    with databases.migrator.transaction() as transaction:
        transaction.run(text("UPDATE segment_schedules SET next_due_at = next_due_at - interval '1 hour'"))
    assert tick(databases.worker) == 0  # calculated after that time
    due_at = engine.schedules.get(context, segment_id).next_due_at
    assert due_at is not None
    assert due_at > datetime.now(UTC)
    with databases.migrator.transaction() as transaction:
        transaction.run(text("UPDATE segment_schedules SET next_due_at = clock_timestamp()"))
    assert tick(databases.worker) == 1


def test_what_may_not_run_is_skipped_and_says_so(
    engine: Engine, context: OrganizationContext, databases: Databases
) -> None:
    """Paused organizations, segments put aside and suspended ones start nothing, show why, and catch up as one run."""
    segment_id = create(engine, context, "Hourly")
    schedule(engine, context, segment_id, every(60))
    work(databases)
    let_be_due(databases, segment_id, ago=timedelta(seconds=0))
    pause = engine.schedules.pause_all(context)
    assert pause is not None
    assert (pause.by, tick(databases.worker)) == ("Local operator", 0)
    assert engine.schedules.get(context, segment_id).standing is ScheduleStanding.PAUSED
    assert engine.schedules.pause_all(context) == pause
    assert engine.schedules.resume_all(context) is None
    engine.segments.deactivate(context, (segment_id,))
    assert tick(databases.worker) == 0
    assert engine.schedules.get(context, segment_id).standing is ScheduleStanding.NOT_ACTIVE
    engine.segments.activate(context, (segment_id,))
    assert engine.schedules.get(context, segment_id).standing is ScheduleStanding.WAITING
    let_be_due(databases, segment_id, ago=timedelta(seconds=0))
    assert tick(databases.worker) == 1


# What reads each other ---------------------------------------------------------------------------------------------


@pytest.fixture
def diamond(engine: Engine, context: OrganizationContext, databases: Databases) -> dict[str, UUID]:
    """A is read by B and C, and both by D; all are calculated, and then A was edited and not calculated again."""
    add_contacts(databases, context.organization_id, ["Utrecht", "Utrecht", "Gent"])
    a = create(engine, context, "A")
    work(databases)
    b, c = (create(engine, context, name, document(in_segments(a))) for name in "BC")
    work(databases)
    d = create(engine, context, "D", document(in_segments(b, c, op="in_all")))
    work(databases)
    outdate(engine, context, a)
    return {"A": a, "B": b, "C": c, "D": d}


def outdate(engine: Engine, context: OrganizationContext, segment_id: UUID) -> None:
    """Edit criteria, and cancel the run that follows."""
    held = engine.segments.get(context, segment_id)
    draft = SegmentDraft(held.name, "", document(city("Utrecht", "Gent")), accepted_warnings=ACCEPTED)
    engine.segments.update(context, segment_id, expected_revision=held.revision, draft=draft)
    engine.runs.cancel(context, newest(engine, context, segment_id).run_id)


def test_a_diamond_is_calculated_once_from_below(
    engine: Engine, context: OrganizationContext, databases: Databases, diamond: dict[str, UUID]
) -> None:
    """All D reads runs first, once, and D waits for all of it; what is fresh is not calculated again (T49, T50)."""
    a, b, c, d = (diamond[name] for name in "ABCD")
    schedule(engine, context, d, daily(time(9), "Europe/Amsterdam"))
    let_be_due(databases, d, ago=timedelta(0))
    assert tick(databases.worker) == 4
    reasons = {name: newest(engine, context, each).reason for name, each in diamond.items()}
    assert reasons == {"D": RunReason.SCHEDULED, **dict.fromkeys("ABC", RunReason.DEPENDENCY)}
    waiting = {name: waits_for(databases, newest(engine, context, each).run_id) for name, each in diamond.items()}
    assert waiting == {"A": set(), "B": {a}, "C": {a}, "D": {a, b, c}}
    work(databases)
    ended = {name: newest(engine, context, each) for name, each in diamond.items()}
    assert {run.status for run in ended.values()} == {RunStatus.SUCCESS}
    assert ended["D"].read_runs == {str(b): str(ended["B"].run_id), str(c): str(ended["C"].run_id)}
    assert {reason for each in diamond.values() for reason in engine.segments.standing(context, each).reasons} == set()
    let_be_due(databases, d, ago=timedelta(0))
    assert tick(databases.worker) == 1


def test_a_run_that_waits_already_is_made_to_wait_for_what_it_reads(
    engine: Engine, context: OrganizationContext, databases: Databases, diamond: dict[str, UUID]
) -> None:
    """A request by a person that came first is not computed from what is about to change; asked in order, none is."""
    before = runs_by_segment(databases, context.organization_id)[diamond["A"]]
    waiting = engine.runs.request(context, diamond["B"])
    assert waits_for(databases, waiting.run_id) == set()
    ordered = engine.runs.request(context, diamond["B"], read_first=True)
    assert ordered.run_id == waiting.run_id
    assert waits_for(databases, waiting.run_id) == {diamond["A"]}
    assert runs_by_segment(databases, context.organization_id)[diamond["A"]] == before + 1


def test_a_failed_run_stops_nobody_who_waits_for_it(
    engine: Engine, context: OrganizationContext, databases: Databases, diamond: dict[str, UUID]
) -> None:
    """Who reads a segment that failed goes on with its last members, or fails naming what is missing (T43)."""
    a, b = diamond["A"], diamond["B"]
    engine.runs.request(context, b, read_first=True)
    fail(databases, a)
    work(databases)
    assert newest(engine, context, b).status is RunStatus.SUCCESS
    reasons = engine.segments.standing(context, b).reasons
    assert [reason.code for reason in reasons] == ["stale_dependency"]
    never = create(engine, context, "Never calculated")
    engine.runs.cancel(context, newest(engine, context, never).run_id)
    reader = create(engine, context, "Reader", document(in_segments(never)), SegmentState.DRAFT)
    engine.runs.cancel(context, newest(engine, context, reader).run_id)
    engine.runs.request(context, reader, read_first=True)
    fail(databases, never)
    work(databases)
    run = newest(engine, context, reader)
    assert run.status is RunStatus.FAILED
    assert "“Never calculated”" in str(run.error_sentence)


def fail(databases: Databases, segment_id: UUID) -> None:
    """Let the next run of a segment be taken by a worker, and fail."""
    with databases.worker.transaction() as transaction:
        taken = runs.claim(transaction, worker="test", lease_seconds=30)
    assert isinstance(taken, Claim)
    assert taken.segment_id == segment_id
    with databases.worker.transaction(taken.organization_id) as transaction:
        assert runs.fail(transaction, taken, error_class="engine", sentence="It went wrong. Try again.")


# When data come ----------------------------------------------------------------------------------------------------


CONTACTS = "id,city\n0001,Utrecht\n0002,Gent\n"
IN_UTRECHT: dict[str, object] = {"kind": "attribute", "field": "contact.city", "op": "equals", "value": "Utrecht"}


def test_an_import_makes_due_what_reads_it_once_the_delivery_has_settled(
    engine: Engine, context: OrganizationContext, databases: Databases, tmp_path: Path
) -> None:
    """Whatever follows a source, itself or through others, is due a minute after the last file, ten at the most."""
    importer = Importer(databases.app, context.organization_id, tmp_path)
    importer.contacts(CONTACTS)
    importer.events("id,at,total\n0001,2026-01-05T10:00:00Z,12.50\n", types={"total": "money:EUR:2"})
    reader = create(engine, context, "Reader", document(IN_UTRECHT))
    work(databases)
    through = create(engine, context, "Through", document(in_segments(reader)))
    other = create(engine, context, "Other", document(in_segments(reader)))
    work(databases)
    for each in (reader, through):
        schedule(engine, context, each, on_change())
    schedule(engine, context, other, every(43_200))
    before = engine.schedules.get(context, other).next_due_at
    assert engine.schedules.get(context, reader).standing is ScheduleStanding.LISTENING
    importer.events("id,at,total\n0002,2026-01-05T10:00:00Z,12.50\n", types={})
    assert engine.schedules.get(context, reader).next_due_at is None  # another source
    importer.contacts("id,city\n0003,Utrecht\n")
    first = engine.schedules.get(context, through)
    assert (first.due_reason, first.standing) == ("source", ScheduleStanding.WAITING)
    importer.contacts("id,city\n0004,Utrecht\n")
    second = engine.schedules.get(context, through)
    assert first.next_due_at is not None
    assert second.next_due_at is not None
    assert (second.due_since, second.next_due_at > first.next_due_at) == (first.due_since, True)
    let_be_due(databases, reader, through)
    with databases.migrator.transaction() as transaction:
        transaction.run(
            text("UPDATE segment_schedules SET due_since = due_since - interval '1 hour' WHERE kind = 'source'")
        )
    importer.contacts("id,city\n0005,Utrecht\n")  # a delivery without an end is not waited for
    assert tick(databases.worker) == 2
    assert newest(engine, context, through).reason is RunReason.SOURCE
    assert waits_for(databases, newest(engine, context, through).run_id) == {reader}
    work(databases)
    assert engine.segments.get(context, through).member_count == 4
    assert engine.schedules.get(context, through).due_since is None  # its run waited for that very result
    assert engine.schedules.get(context, other).next_due_at == before


def test_data_that_arrive_while_a_run_works_lead_to_one_more(
    engine: Engine, context: OrganizationContext, databases: Databases, tmp_path: Path
) -> None:
    """A run that began before an import may not have seen it: the schedule stays due until that run has ended (T65)."""
    importer = Importer(databases.app, context.organization_id, tmp_path)
    importer.contacts(CONTACTS)
    segment_id = create(engine, context, "Reader", document(IN_UTRECHT))
    schedule(engine, context, segment_id, on_change())
    with databases.worker.transaction() as transaction:
        taken = runs.claim(transaction, worker="test", lease_seconds=30)
    assert isinstance(taken, Claim)
    importer.contacts("id,city\n0003,Utrecht\n")
    let_be_due(databases, segment_id)
    assert [tick(databases.worker) for _ in range(2)] == [0, 0]
    with databases.worker.transaction(context.organization_id) as transaction:
        runs.give_back(transaction, taken, wait_seconds=0)
    work(databases)
    assert engine.schedules.get(context, segment_id).standing is ScheduleStanding.DUE
    importer.contacts("id,city\n0004,Utrecht\n")
    let_be_due(databases, segment_id)
    assert tick(databases.worker) == 1
    work(databases)
    assert engine.segments.get(context, segment_id).member_count == 3


def test_a_changed_result_is_followed_by_what_reads_it(
    engine: Engine, context: OrganizationContext, databases: Databases, tmp_path: Path
) -> None:
    """A change below is stale at once and followed by whoever follows what it reads; the same result is not (T50)."""
    importer = Importer(databases.app, context.organization_id, tmp_path)
    importer.contacts(CONTACTS)
    child = create(engine, context, "Child", document(IN_UTRECHT))
    work(databases)
    parent = create(engine, context, "Parent", document(in_segments(child)))
    work(databases)
    schedule(engine, context, parent, on_change())
    engine.runs.request(context, child)
    work(databases)
    assert engine.schedules.get(context, parent).next_due_at is None
    assert engine.segments.standing(context, parent).reasons == ()
    with databases.app.transaction(context.organization_id) as transaction:
        transaction.run(text("UPDATE contacts SET city = 'Utrecht', city_fold = 'utrecht'"))
    engine.runs.request(context, child)
    work(databases)
    assert "stale_dependency" in {each.code for each in engine.segments.standing(context, parent).reasons}
    let_be_due(databases, parent)
    assert tick(databases.worker) == 1
    assert newest(engine, context, parent).reason is RunReason.DEPENDENCY
    work(databases)
    assert engine.segments.get(context, parent).member_count == 2
    engine.segments.deactivate(context, (parent,))
    importer.contacts("id,city\n0003,Utrecht\n")
    let_be_due(databases, parent)
    assert tick(databases.worker) == 0
    engine.segments.activate(context, (parent,))  # it follows what it missed
    assert tick(databases.worker) == 2


def test_an_organization_in_trouble_keeps_no_other_waiting(
    engine: Engine, context: OrganizationContext, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What goes wrong in one organization is logged; the schedules of the others go on (T43, T67)."""
    other = engine.context_for(LOCAL_IDENTITY, engine.organizations.create("Other"))
    due_segments(databases, context.organization_id, 1, late=120)
    (segment_id,) = due_segments(databases, other.organization_id, 1)
    look = scheduling._look_after

    def trouble(transaction: Any, organization_id: int, pace: TickPace) -> int:
        if organization_id == context.organization_id:
            raise RuntimeError(organization_id)
        return look(transaction, organization_id, pace)

    monkeypatch.setattr(scheduling, "_look_after", trouble)
    assert tick(databases.worker) == 1
    assert runs_by_segment(databases, other.organization_id) == {segment_id: 1}
