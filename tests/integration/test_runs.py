"""The life of a run, on real PostgreSQL: request, claim, lease, fence, publish, fail, cancel."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from segment_engine.databases import Databases
from segment_engine.db import members, runs
from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.run import Claim, RunReason, RunStatus
from segment_engine.domain.segment import SegmentDraft, SegmentState, SegmentStatus
from segment_engine.engine import Engine
from segment_engine.errors import IllegalTransition, LeaseLost, NotFound
from segment_engine.worker.loop import Pace, Worker

EVERYONE: dict[str, object] = {
    "format": "segment-criteria",
    "version": 1,
    "base": "contacts",
    "root": {"group": "all", "of": [{"kind": "all_contacts"}]},
}


@pytest.fixture
def segment_id(engine: Engine, context: OrganizationContext, databases: Databases) -> UUID:
    """A segment of everyone over ten contacts, its first run queued."""
    add_contacts(databases, context.organization_id, 1, 10)
    return engine.segments.create(context, SegmentDraft("Everyone", "", EVERYONE)).segment_id


def add_contacts(databases: Databases, organization_id: int, first: int, last: int) -> None:
    """Put bare contacts into the base."""
    with databases.app.transaction(organization_id) as transaction:
        transaction.run(
            text(
                "INSERT INTO contacts (organization_id, number, external_key) "
                "SELECT :o, n, 'key-' || n FROM generate_series(CAST(:first AS int), CAST(:last AS int)) AS n"
            ),
            {"o": organization_id, "first": first, "last": last},
        )


def claim(databases: Databases, lease_seconds: int = 30) -> Claim:
    """Claim the waiting run as some worker."""
    with databases.worker.transaction() as transaction:
        taken = runs.claim(transaction, worker="test", lease_seconds=lease_seconds)
    assert isinstance(taken, Claim)
    return taken


def publish(databases: Databases, taken: Claim, numbers: list[int]) -> None:
    """Publish these members as the worker does."""
    bits = bytearray(512)
    for number in numbers:
        bits[number // 8] |= 128 >> number % 8
    with databases.worker.transaction(taken.organization_id) as transaction:
        runs.fence(transaction, taken)
        sequence = runs.lock_published(transaction, taken) + 1
        done = members.publish(
            transaction, taken.organization_id, taken.segment_id, sequence=sequence, blocks={0: bytes(bits)}
        )
        runs.succeed(
            transaction, taken, sequence=sequence, member_count=done.member_count, joined=done.joined,
            departed=done.departed,
        )  # fmt: skip


def test_a_worker_takes_a_segment_from_queued_to_success(
    engine: Engine, context: OrganizationContext, databases: Databases, segment_id: UUID
) -> None:
    """The main road: every status is recorded, and count, time, version and members change together (T62, T75)."""
    assert engine.segments.get(context, segment_id).status is SegmentStatus.QUEUED
    assert Worker(databases.worker).work_once()
    segment = engine.segments.get(context, segment_id)
    assert (segment.status, segment.member_count, segment.published_version) == (SegmentStatus.SUCCESS, 10, 1)
    run = engine.runs.find(context, segment_id)[0]
    assert (run.status, run.joined_count, run.left_count) == (RunStatus.SUCCESS, 10, 0)
    assert segment.last_calculated_at == run.finished_at
    assert [event.to_status for event in engine.segments.history(context, segment_id)] == [
        RunStatus.SUCCESS,
        RunStatus.PROCESSING,
        RunStatus.QUEUED,
    ]
    assert [member.external_key for member in engine.segments.members(context, segment_id).members] == [
        f"key-{number}" for number in range(1, 11)
    ]
    assert not Worker(databases.worker).work_once()


def test_a_second_request_returns_the_active_run(
    engine: Engine, context: OrganizationContext, segment_id: UUID
) -> None:
    """One active run per segment, however many ask at once (RQ4, E4)."""
    answers: list[UUID] = []

    def ask() -> None:
        answers.append(engine.runs.request(context, segment_id).run_id)

    for _ in range(10):
        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(answers) == 80
    assert len(set(answers)) == 1
    assert len(engine.runs.find(context, segment_id)) == 1


def test_many_workers_claim_a_run_once(databases: Databases, segment_id: UUID) -> None:
    """A waiting run has one owner (E3)."""
    taken: list[object] = []

    def take() -> None:
        with databases.worker.transaction() as transaction:
            taken.append(runs.claim(transaction, worker="w", lease_seconds=30))

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    claims = [claimed for claimed in taken if isinstance(claimed, Claim)]
    assert [claimed.segment_id for claimed in claims] == [segment_id]


def test_an_expired_lease_is_taken_over_and_the_first_owner_publishes_nothing(
    engine: Engine, context: OrganizationContext, databases: Databases, segment_id: UUID
) -> None:
    """The attempt is the fence: a worker that slept past its lease cannot publish, beat or fail the run (RQ2, E2)."""
    sleeper = claim(databases, lease_seconds=0)
    second = claim(databases)
    assert (sleeper.attempt, second.attempt, second.as_of) == (1, 2, sleeper.as_of)
    with pytest.raises(LeaseLost):
        publish(databases, sleeper, [1, 2, 3])
    with databases.worker.transaction(context.organization_id) as transaction:
        assert not runs.heartbeat(transaction, sleeper, lease_seconds=30)
        assert not runs.fail(transaction, sleeper, error_class="x", sentence="x")
        assert not runs.give_back(transaction, sleeper, wait_seconds=0)
    publish(databases, second, [4, 5])
    assert [member.number for member in engine.segments.members(context, segment_id).members] == [4, 5]


def test_without_the_fence_the_sleeper_would_publish(databases: Databases, segment_id: UUID) -> None:
    """The fence has teeth: finishing by status alone, as other products do, lets the stale attempt through."""
    sleeper = claim(databases, lease_seconds=0)
    claim(databases)
    with databases.worker.transaction(sleeper.organization_id) as transaction:
        unfenced = text("SELECT count(*) FROM runs WHERE run_id = :run AND status = 'processing'")
        assert transaction.scalar(unfenced, {"run": sleeper.run_id}) == 1
    assert segment_id == sleeper.segment_id


def test_a_run_whose_workers_vanish_ends_with_a_sentence(
    engine: Engine, context: OrganizationContext, databases: Databases, segment_id: UUID
) -> None:
    """Three lost leases end the run; it never waits for ever (T59, E8)."""
    for _ in range(runs.MOST_ATTEMPTS):
        claim(databases, lease_seconds=0)
    assert Worker(databases.worker).work_once()
    run = engine.runs.find(context, segment_id)[0]
    assert (run.status, run.error_class) == (RunStatus.FAILED, "worker_lost")
    assert str(run.error_sentence).startswith("3 times a worker began")


def test_a_failed_run_keeps_the_last_good_members(
    engine: Engine, context: OrganizationContext, databases: Databases, segment_id: UUID
) -> None:
    """Failure changes the status and nothing else that people rely on (T46, T63)."""
    publish(databases, claim(databases), [1, 2, 3])
    before = engine.segments.get(context, segment_id)
    engine.runs.request(context, segment_id)
    failing = claim(databases)
    with databases.worker.transaction(context.organization_id) as transaction:
        assert runs.fail(transaction, failing, error_class="unresolved", sentence="The field is gone. Edit it.")
    after = engine.segments.get(context, segment_id)
    assert after.status is SegmentStatus.FAILED
    assert (after.member_count, after.last_calculated_at) == (3, before.last_calculated_at)
    assert len(engine.segments.members(context, segment_id).members) == 3
    assert engine.runs.find(context, segment_id)[0].error_sentence == "The field is gone. Edit it."


def test_criteria_that_name_a_removed_field_fail_with_its_name(
    engine: Engine, context: OrganizationContext, databases: Databases
) -> None:
    """A reference that cannot be resolved fails that run; it never widens the audience (M16, T40, T51)."""
    with databases.app.transaction(context.organization_id) as transaction:
        transaction.run(
            text(
                "INSERT INTO fields (organization_id, key, label, type, column_name) "
                "VALUES (:o, 'contact.tier', 'Tier', 'integer', 'number_1')"
            ),
            {"o": context.organization_id},
        )
    condition = {"kind": "attribute", "field": "contact.tier", "op": "gte", "value": 1}
    document = {**EVERYONE, "root": {"group": "all", "of": [condition]}}
    broken = engine.segments.create(context, SegmentDraft("Tier", "", document)).segment_id
    good = engine.segments.create(context, SegmentDraft("Good", "", EVERYONE)).segment_id
    with databases.app.transaction(context.organization_id) as transaction:
        transaction.run(text("DELETE FROM fields WHERE key = 'contact.tier'"))
    worker = Worker(databases.worker)
    while worker.work_once():
        pass
    run = engine.runs.find(context, broken)[0]
    assert run.status is RunStatus.FAILED
    assert run.attempt == 1, "repeating cannot help"
    assert "contact.tier" in str(run.error_sentence)
    assert engine.segments.get(context, broken).criteria is None
    assert engine.segments.get(context, good).status is SegmentStatus.SUCCESS


def test_joined_left_and_earlier_members(
    engine: Engine, context: OrganizationContext, databases: Databases, segment_id: UUID
) -> None:
    """Each run keeps what it changed, and membership as of any past run can be read (T83)."""
    states = [[1, 2, 3], [2, 3, 4], [], [4095, 0]]
    for numbers in states:
        engine.runs.request(context, segment_id)
        publish(databases, claim(databases), numbers)
    add_contacts(databases, context.organization_id, 4095, 4095)
    found = [run for run in reversed(engine.runs.find(context, segment_id)) if run.status is RunStatus.SUCCESS]
    assert [(run.member_count, run.joined_count, run.left_count) for run in found] == [
        (3, 3, 0),
        (3, 1, 1),
        (0, 0, 3),
        (2, 2, 0),
    ]
    for run, numbers in zip(found[:3], states[:3], strict=True):
        page = engine.segments.members(context, segment_id, at_run=run.run_id)
        assert [member.number for member in page.members] == numbers
    assert [member.number for member in engine.segments.members(context, segment_id).members] == [4095]


def test_members_come_page_by_page_in_the_order_of_their_numbers(
    engine: Engine, context: OrganizationContext, databases: Databases, segment_id: UUID
) -> None:
    """Keyset pages neither repeat nor skip, over block borders too."""
    add_contacts(databases, context.organization_id, 4090, 4110)
    assert Worker(databases.worker).work_once()
    seen: list[int] = []
    after: int | None = None
    while True:
        page = engine.segments.members(context, segment_id, after=after, limit=7)
        seen += [member.number for member in page.members]
        after = page.next_after
        if after is None:
            break
    assert seen == [*range(1, 11), *range(4090, 4111)]


def test_the_segments_of_a_contact(
    engine: Engine, context: OrganizationContext, databases: Databases, segment_id: UUID
) -> None:
    """A contact's segments are found by its own key, with the run it joined in."""
    with databases.app.transaction(context.organization_id) as transaction:
        transaction.run(
            text("INSERT INTO identities (organization_id, kind, value, contact_number) VALUES (:o, 'key', '007', 7)"),
            {"o": context.organization_id},
        )
    assert engine.contacts.segments_of(context, "007") == ()
    assert Worker(databases.worker).work_once()
    (found,) = engine.contacts.segments_of(context, "007")
    run = engine.runs.find(context, segment_id)[0]
    assert (found.segment_id, found.since) == (segment_id, run.finished_at)
    with pytest.raises(NotFound):
        engine.contacts.segments_of(context, "7")


def test_a_cancelled_run_publishes_nothing_and_the_status_falls_back(
    engine: Engine, context: OrganizationContext, databases: Databases, segment_id: UUID
) -> None:
    """Cancelled is a status of runs only; the segment shows its last finished run again (E7)."""
    first = engine.runs.find(context, segment_id)[0]
    engine.runs.cancel(context, first.run_id)
    assert engine.segments.get(context, segment_id).status is SegmentStatus.NOT_CALCULATED
    engine.runs.request(context, segment_id)
    publish(databases, claim(databases), [1])
    engine.runs.request(context, segment_id)
    working = claim(databases)
    engine.runs.cancel(context, working.run_id)
    with pytest.raises(LeaseLost):
        publish(databases, working, [2])
    assert engine.segments.get(context, segment_id).status is SegmentStatus.SUCCESS
    with pytest.raises(IllegalTransition):
        engine.runs.cancel(context, working.run_id)


def test_an_edit_replaces_the_run_of_the_older_version(
    engine: Engine, context: OrganizationContext, databases: Databases, segment_id: UUID
) -> None:
    """New criteria cancel the running old ones and queue a run of their own in one transaction (T65, E5)."""
    old = claim(databases)
    segment = engine.segments.get(context, segment_id)
    nobody = {**EVERYONE, "root": {"group": "none", "of": [{"kind": "all_contacts"}]}}
    draft = SegmentDraft("Nobody", "", nobody, SegmentState.DRAFT)
    engine.segments.update(context, segment_id, expected_revision=segment.revision, draft=draft)
    with pytest.raises(LeaseLost):
        publish(databases, old, [1])
    newest, cancelled = engine.runs.find(context, segment_id)
    assert (newest.status, newest.version, newest.reason) == (RunStatus.QUEUED, 2, RunReason.EDITED)
    assert (cancelled.status, cancelled.version) == (RunStatus.CANCELLED, 1)
    assert Worker(databases.worker).work_once()
    assert engine.segments.get(context, segment_id).member_count == 0


def test_as_of_can_be_given_and_is_kept_by_every_attempt(
    engine: Engine, context: OrganizationContext, databases: Databases, segment_id: UUID
) -> None:
    """as_of is fixed once per run (M8)."""
    engine.runs.cancel(context, engine.runs.find(context, segment_id)[0].run_id)
    moment = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
    engine.runs.request(context, segment_id, as_of=moment)
    assert claim(databases, lease_seconds=0).as_of == moment
    assert claim(databases).as_of == moment


def test_a_worker_that_stops_gives_its_run_back(
    engine: Engine, context: OrganizationContext, databases: Databases, segment_id: UUID
) -> None:
    """Stopping ends the lease at once, so that the next worker need not wait for it (RQ10)."""
    worker = Worker(databases.worker, pace=Pace(lease=3600))
    taken = claim(databases)
    with databases.worker.transaction(context.organization_id) as transaction:
        assert runs.give_back(transaction, taken, wait_seconds=0)
    assert worker.work_once()
    assert engine.segments.get(context, segment_id).status is SegmentStatus.SUCCESS


def test_a_working_worker_wakes_up_for_a_new_run(
    engine: Engine, context: OrganizationContext, databases: Databases, segment_id: UUID
) -> None:
    """A request is noticed by message, long before the next poll."""
    worker = Worker(databases.worker, pace=Pace(poll=60))
    thread = threading.Thread(target=worker.work)
    thread.start()
    deadline = threading.Event()
    try:
        for _ in range(200):
            if engine.segments.get(context, segment_id).status is SegmentStatus.SUCCESS:
                break
            deadline.wait(0.05)
        run = engine.runs.request(context, segment_id)
        for _ in range(200):
            if not engine.runs.get(context, run.run_id).active:
                break
            deadline.wait(0.05)
        assert engine.runs.get(context, run.run_id).status is RunStatus.SUCCESS
    finally:
        worker.stop()
        thread.join(timeout=30)
    assert not thread.is_alive()


def test_a_run_of_another_segment_or_a_random_one_is_not_found(
    engine: Engine, context: OrganizationContext, segment_id: UUID
) -> None:
    """Unknown ids are calm refusals."""
    with pytest.raises(NotFound):
        engine.runs.get(context, uuid4())
    with pytest.raises(NotFound):
        engine.runs.request(context, uuid4())
    with pytest.raises(NotFound):
        engine.segments.members(context, segment_id, at_run=uuid4())


def test_runs_from_before_there_were_places_are_read(
    engine: Engine, context: OrganizationContext, databases: Databases, segment_id: UUID
) -> None:
    """An upgrade leaves runs at a place before all times; they are listed, opened and computed like any other."""
    with databases.migrator.engine.begin() as connection:
        connection.execute(text("UPDATE runs SET place_at = '-infinity'"))
    (waiting,) = engine.runs.find(context, segment_id)
    assert engine.runs.get(context, waiting.run_id) == waiting
    assert [each.run_id for each in engine.operations.figures(context).queue.runs] == [waiting.run_id]
    assert Worker(databases.worker).work_once()
    assert engine.runs.get(context, waiting.run_id).status is RunStatus.SUCCESS
