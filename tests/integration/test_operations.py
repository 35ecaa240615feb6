"""Operations on real PostgreSQL: the queue, the workers, failures by cause, what is out of date, pace and cost."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from segment_engine.databases import Databases
from segment_engine.db import runs, workers
from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.failures import Remedy
from segment_engine.domain.operations import WorkerState
from segment_engine.domain.readiness import Readiness
from segment_engine.domain.run import Claim, RunStatus
from segment_engine.domain.segment import SegmentDraft, SegmentStatus
from segment_engine.engine import Engine
from segment_engine.errors import LimitExceeded
from segment_engine.use_cases.organizations import LOCAL_IDENTITY
from segment_engine.worker.loop import Pace, Worker

EVERYONE: dict[str, object] = {
    "format": "segment-criteria",
    "version": 1,
    "base": "contacts",
    "root": {"group": "all", "of": [{"kind": "all_contacts"}]},
}
Create = Callable[[str], UUID]


@pytest.fixture
def create(engine: Engine, context: OrganizationContext) -> Create:
    """Save a segment of everyone; its first run waits."""

    def save(name: str) -> UUID:
        draft = SegmentDraft(name, "", EVERYONE, accepted_warnings=frozenset({"L-DUPLICATE"}))
        return engine.segments.create(context, draft).segment_id

    return save


def run_sql(databases: Databases, organization_id: int, statement: str, **values: object) -> None:
    """Change what no use case can: what happened long ago."""
    with databases.app.transaction(organization_id) as transaction:
        transaction.run(text(statement), {"organization": organization_id, **values})


def past_run(
    databases: Databases, context: OrganizationContext, segment_id: UUID, *, ended: datetime, took: float = 4.0,
    waited: float = 1.0, status: str = "success", error_class: str | None = None, sentence: str | None = None,
    sequence: int | None = None, worker: str | None = None,
) -> None:  # fmt: skip
    """Put a run that ended into the history."""
    started = ended - timedelta(seconds=took)
    run_sql(
        databases,
        context.organization_id,
        "INSERT INTO runs (organization_id, run_id, segment_id, version, criteria, status, reason, requested_at, "
        "started_at, finished_at, published_sequence, member_count, error_class, error_sentence, attempt, worker) "
        "VALUES (:organization, :run, :segment, 1, cast(:criteria AS jsonb), :status, 'requested', :requested, "
        ":started, :ended, :sequence, cast(:members AS integer), :error_class, :sentence, 1, :worker)",
        run=uuid4(), segment=segment_id, criteria=json.dumps(EVERYONE), status=status,
        requested=started - timedelta(seconds=waited), started=started, ended=ended,
        sequence=sequence if status == "success" else None, members=10 if status == "success" else None,
        error_class=error_class, sentence=sentence, worker=worker,
    )  # fmt: skip


def work(databases: Databases) -> None:
    """Let a worker do everything that waits."""
    worker = Worker(databases.worker)
    while worker.work_once():
        pass


# The queue and the workers -----------------------------------------------------------------------------------------


def test_the_queue_stands_in_the_order_of_claiming(
    engine: Engine, context: OrganizationContext, databases: Databases, create: Create
) -> None:
    """Positions are those in which workers take the runs, and the run that works stands before them."""
    ids = [create(name) for name in ("first", "second", "third")]
    with databases.worker.transaction() as transaction:
        claimed = runs.claim(transaction, worker="one", lease_seconds=30)
    assert isinstance(claimed, Claim)
    queue = engine.operations.figures(context).queue
    assert [(run.segment_id, run.status, run.position) for run in queue.runs] == [
        (ids[0], RunStatus.PROCESSING, None),
        (ids[1], RunStatus.QUEUED, 1),
        (ids[2], RunStatus.QUEUED, 2),
    ]
    assert (queue.waiting, queue.processing, queue.runs[0].worker) == (2, 1, "one")
    assert queue.longest_wait is not None
    assert queue.runs[0].requested_by is not None


def test_a_new_installation_has_no_worker(engine: Engine, context: OrganizationContext, create: Create) -> None:
    """The state every new user meets: something waits, nobody works, and nothing is promised."""
    create("waits")
    queue = engine.operations.figures(context).queue
    assert (queue.workers, queue.live_workers, queue.heard) == ((), 0, None)
    assert queue.runs[0].starts_in is None


def test_the_wait_is_estimated_from_recent_runs_and_live_workers(
    engine: Engine, context: OrganizationContext, databases: Databases, create: Create
) -> None:
    """Two that usually take 4 and 10 seconds: with one worker the third begins after 14, with two after 4."""
    now = datetime.now(UTC)
    durations = (4.0, 10.0, 1.0)
    for name, took in zip(("a", "b", "c"), durations, strict=True):
        past_run(databases, context, create(name), ended=now - timedelta(hours=1), took=took, sequence=1)
    with databases.worker.transaction() as transaction:
        workers.beat(transaction, "one", runs_done=0)
    assert [run.starts_in for run in engine.operations.figures(context).queue.runs] == [0.0, 4.0, 14.0]
    with databases.worker.transaction() as transaction:
        workers.beat(transaction, "two", runs_done=0)
    assert [run.starts_in for run in engine.operations.figures(context).queue.runs] == [0.0, 0.0, 4.0]


def test_another_organizations_queue_is_not_shown(engine: Engine, databases: Databases, create: Create) -> None:
    """Runs of others are neither listed nor counted, though the workers are the same (B1)."""
    other = engine.context_for(LOCAL_IDENTITY, engine.organizations.create("Other"))
    create("mine")
    with databases.worker.transaction() as transaction:
        workers.beat(transaction, "one", runs_done=3)
    found = engine.operations.figures(other)
    assert (found.queue.waiting, found.queue.runs, found.failed) == (0, (), 0)
    assert [worker.name for worker in found.queue.workers] == ["one"]


def test_a_worker_is_seen_from_its_start_to_its_end(
    engine: Engine, context: OrganizationContext, databases: Databases, create: Create
) -> None:
    """It is listed while it works and while it is idle, counts its runs, and is not missed when it ends."""
    create("work for it")
    worker = Worker(databases.worker, pace=Pace(poll=0.05, seen=0.02), name="probe")
    thread = threading.Thread(target=worker.work)
    thread.start()
    known = None
    for _ in range(2_000):
        (known, *_) = engine.operations.figures(context).queue.workers or (None,)
        if known is not None and known.runs_done == 1:
            break
        threading.Event().wait(0.01)
    worker.stop()
    thread.join()
    assert known is not None
    assert (known.name, known.state, known.runs_done) == ("probe", WorkerState.LIVE, 1)
    (ended,) = engine.operations.figures(context).queue.workers
    assert (ended.state, ended.runs_done) == (WorkerState.STOPPED, 1)


def test_a_worker_that_says_nothing_is_silent_and_forgotten_after_days(
    engine: Engine, context: OrganizationContext, databases: Databases
) -> None:
    """Killed workers do not count as live, and their rows do not stay for ever."""
    for name, silent in (("live", 59), ("silent", 61), ("old", 8 * 86_400)):
        with databases.worker.transaction() as transaction:
            workers.beat(transaction, name, runs_done=0)
            transaction.run(
                text("UPDATE workers SET seen_at = clock_timestamp() - make_interval(secs => :s) WHERE worker = :w"),
                {"s": silent, "w": name},
            )
    queue = engine.operations.figures(context).queue
    assert {worker.name: worker.state for worker in queue.workers} == {
        "live": WorkerState.LIVE, "silent": WorkerState.SILENT, "old": WorkerState.SILENT,
    }  # fmt: skip
    assert (queue.live_workers, queue.silent_workers) == (1, 2)
    with databases.worker.transaction() as transaction:
        assert workers.sweep(transaction) == 1
    assert {worker.name for worker in engine.operations.figures(context).queue.workers} == {"live", "silent"}


# What failed -------------------------------------------------------------------------------------------------------


def test_failures_of_one_cause_are_one_group(
    engine: Engine, context: OrganizationContext, databases: Databases, create: Create
) -> None:
    """Places in documents and incident numbers do not split a cause; another missing field does; a success ends it."""
    now = datetime.now(UTC)
    gone = "There is no field “contact.shop”. Choose one of the catalog."
    failures = {
        "a": ("field_missing", f"$.root.of[0]: {gone}"),
        "b": ("field_missing", f"$.root.of[1].of[2]: {gone}"),
        "other field": ("field_missing", "$.root.of[0]: There is no field “contact.tier”. Choose one of the catalog."),
        "x": ("incident", "Something unexpected went wrong. Tell an administrator the number 0a1b2c3d."),
        "y": ("incident", "Something unexpected went wrong. Tell an administrator the number 9f8e7d6c."),
        "mended": ("field_missing", f"$.root.of[0]: {gone}"),
    }
    ids = {name: create(name) for name in failures}
    engine.runs.cancel_many(context, [run.run_id for run in engine.operations.figures(context).queue.runs])
    for name, (error_class, sentence) in failures.items():
        past_run(
            databases, context, ids[name], ended=now - timedelta(hours=5), status="failed", error_class=error_class,
            sentence=sentence,
        )  # fmt: skip
    past_run(databases, context, ids["mended"], ended=now - timedelta(hours=1), sequence=1)
    groups = engine.operations.failures(context)
    assert [{segment.name for segment in group.segments} for group in groups] == [
        {"a", "b"},
        {"x", "y"},
        {"other field"},
    ]
    assert [group.cause.remedy for group in groups] == [Remedy.SOURCES, Remedy.ADMINISTRATOR, Remedy.SOURCES]
    assert engine.operations.figures(context).failed == 5


def test_failing_repeatedly_counts_since_the_last_success(
    engine: Engine, context: OrganizationContext, databases: Databases, create: Create
) -> None:
    """Three in a row are marked; two after a success are not, however many failed before it."""
    now = datetime.now(UTC)
    often, twice = create("often"), create("twice")
    engine.runs.cancel_many(context, [run.run_id for run in engine.operations.figures(context).queue.runs])
    for hours in (9, 8, 7):
        for segment_id in (often, twice):
            past_run(
                databases, context, segment_id, ended=now - timedelta(hours=hours), status="failed",
                error_class="unavailable", sentence="The database cannot be reached.",
            )  # fmt: skip
    past_run(databases, context, twice, ended=now - timedelta(hours=6), sequence=1)
    for hours in (5, 4):
        past_run(
            databases, context, twice, ended=now - timedelta(hours=hours), status="failed", error_class="unavailable",
            sentence="The database cannot be reached.",
        )  # fmt: skip
    (group,) = engine.operations.failures(context)
    found = {segment.name: (segment.failures, segment.repeatedly, segment.failing_since) for segment in group.segments}
    assert found == {
        "often": (3, True, now - timedelta(hours=9)),
        "twice": (2, False, now - timedelta(hours=5)),
    }
    assert (group.repeatedly, group.since) == (1, now - timedelta(hours=9))


# What is out of date -----------------------------------------------------------------------------------------------


def test_stale_segments_stand_by_reason(
    engine: Engine, context: OrganizationContext, databases: Databases, create: Create
) -> None:
    """Never calculated, too old and older than usual are told apart; fresh and inactive ones are left out."""
    ids = {name: create(name) for name in ("fresh", "aged", "ancient", "inactive")}
    work(databases)
    never = create("never")
    for name, hours in (("aged", 30), ("ancient", 200), ("inactive", 200)):
        run_sql(
            databases, context.organization_id,
            "UPDATE segments SET last_calculated_at = now() - make_interval(hours => :hours) "
            "WHERE organization_id = :organization AND segment_id = :segment",
            hours=hours, segment=ids[name],
        )  # fmt: skip
    engine.segments.deactivate(context, [ids["inactive"]])
    groups = engine.operations.stale(context)
    assert {group.code: [segment.segment_id for segment in group.segments] for group in groups} == {
        "never_calculated": [never],
        "too_old": [ids["ancient"]],
        "stale_age": [ids["aged"]],
    }
    assert [group.readiness for group in groups] == [
        Readiness.DO_NOT_USE, Readiness.DO_NOT_USE, Readiness.USE_WITH_CARE,
    ]  # fmt: skip
    assert groups[0].segments[0].under_way
    assert not groups[1].segments[0].under_way
    assert all(group.calculating_helps for group in groups)


# Pace and cost -----------------------------------------------------------------------------------------------------


def test_every_day_has_its_median_its_slow_end_and_its_failures(
    engine: Engine, context: OrganizationContext, databases: Databases, create: Create
) -> None:
    """Figures stand on the day of the organization's zone; a day without runs is there and empty."""
    segment_id = create("timed")
    engine.runs.cancel_many(context, [run.run_id for run in engine.operations.figures(context).queue.runs])
    # Half past eleven at night in Greenwich is the next day in Amsterdam, in winter and in summer.
    day = (datetime.now(UTC) - timedelta(days=4)).replace(hour=23, minute=30, second=0, microsecond=0)
    for at, took in enumerate((1.0, 2.0, 3.0, 100.0)):
        past_run(databases, context, segment_id, ended=day, took=took, waited=took * 2, sequence=at + 1)
    past_run(databases, context, segment_id, ended=day, status="failed", error_class="conflict", sentence="No.")
    pace = engine.operations.pace(context)
    assert len(pace.days) == 30
    (busy,) = [each for each in pace.days if each.day == day.date() + timedelta(days=1)]
    assert (busy.succeeded, busy.failed, busy.runs, busy.median_seconds) == (4, 1, 5, 2.5)
    assert busy.slow_seconds == pytest.approx(85.45)
    assert busy.median_wait == pytest.approx(4.0)
    quiet = pace.days[0]
    assert (quiet.runs, quiet.median_seconds, quiet.slow_wait) == (0, None, None)
    assert pace.days[-1].cancelled == 1


def test_the_dearest_segments_come_first(
    engine: Engine, context: OrganizationContext, databases: Databases, create: Create
) -> None:
    """Cost is the time of workers in 30 days, failures included; what lies further back does not count."""
    now = datetime.now(UTC)
    cheap, dear = create("cheap"), create("dear")
    engine.runs.cancel_many(context, [run.run_id for run in engine.operations.figures(context).queue.runs])
    past_run(databases, context, cheap, ended=now - timedelta(days=1), took=5, sequence=1)
    past_run(databases, context, cheap, ended=now - timedelta(days=40), took=5_000, sequence=2)
    past_run(databases, context, dear, ended=now - timedelta(days=2), took=20, sequence=1)
    past_run(
        databases, context, dear, ended=now - timedelta(days=1), took=40, status="failed", error_class="conflict",
        sentence="No.",
    )  # fmt: skip
    pace = engine.operations.pace(context)
    assert [(cost.segment_id, cost.runs, cost.failed, cost.seconds, cost.seconds_a_run) for cost in pace.costs] == [
        (dear, 2, 1, 60.0, 30.0),
        (cheap, 1, 0, 5.0, 5.0),
    ]
    assert (pace.seconds, pace.used) == (65.0, None)
    assert engine.operations.pace(context, limit=1).seconds == 65.0


def test_use_of_the_workers_is_their_time_in_runs(
    engine: Engine, context: OrganizationContext, databases: Databases, create: Create
) -> None:
    """A worker that was there for an hour and computed for a quarter of it was used by a quarter."""
    segment_id = create("timed")
    with databases.worker.transaction() as transaction:
        workers.beat(transaction, "one", runs_done=1)
        transaction.run(text("UPDATE workers SET started_at = seen_at - interval '1 hour'"))
    past_run(databases, context, segment_id, ended=datetime.now(UTC), took=900, sequence=1)
    assert engine.operations.pace(context).used == 0.0
    past_run(databases, context, segment_id, ended=datetime.now(UTC), took=900, sequence=2, worker="one")
    assert engine.operations.pace(context).used == pytest.approx(0.25, abs=0.01)


# Acts on many ------------------------------------------------------------------------------------------------------


def test_cancelling_many_judges_each_run(
    engine: Engine, context: OrganizationContext, databases: Databases, create: Create
) -> None:
    """Before: what would happen to each. After: what did, and an audit line for each that was ended."""
    done_id = create("done")
    work(databases)
    done = engine.runs.find(context, done_id)[0].run_id
    create("works")
    create("waits")
    with databases.worker.transaction() as transaction:
        assert isinstance(runs.claim(transaction, worker="one", lease_seconds=30), Claim)
    active = {run.name: run.run_id for run in engine.operations.figures(context).queue.runs}
    chosen = [done, *active.values(), UUID(int=7)]
    before = {verdict.name: verdict for verdict in engine.operations.rehearse_cancel(context, chosen)}
    assert before["waits"].reason.startswith("waits and would not begin")
    assert before["works"].reason.startswith("works at this moment")
    assert (before["done"].changed, before["done"].reason) == (False, "has ended already (success)")
    assert not before[""].done
    assert engine.operations.figures(context).queue.waiting == 1
    after = {verdict.name: verdict for verdict in engine.runs.cancel_many(context, chosen)}
    assert after["waits"].reason.startswith("is cancelled before it began")
    assert after["works"].reason.startswith("is cancelled while it worked")
    assert (after["done"].changed, after[""].done) == (False, False)
    assert engine.operations.figures(context).queue.runs == ()
    assert engine.segments.get(context, done_id).status is SegmentStatus.SUCCESS
    with databases.app.transaction(context.organization_id, read_only=True) as transaction:
        written = transaction.scalar(text("SELECT count(*) FROM audit_events WHERE action = 'run.cancel'"))
    assert written == 2


def test_cancelling_has_a_limit(engine: Engine, context: OrganizationContext) -> None:
    """More than 1,000 at once are refused in words, before and during."""
    many = [uuid4() for _ in range(1_001)]
    for act in (engine.operations.rehearse_cancel, engine.runs.cancel_many):
        with pytest.raises(LimitExceeded, match="1,000"):
            act(context, many)
