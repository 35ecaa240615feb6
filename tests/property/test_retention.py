"""Sweeping removes what is old and changes no answer that can still be asked for (F8)."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from segment_engine.databases import Databases
from segment_engine.db import retention
from segment_engine.db.session import Transaction
from segment_engine.domain.access import OrganizationContext
from segment_engine.engine import Engine
from segment_engine.errors import TooLongAgo
from segment_engine.worker import sweeping
from segment_engine.worker.sweeping import sweep
from tests.integration.retention_world import Past, RetentionWorld

DAYS = 60
LATER = timedelta(days=1, minutes=1)


@pytest.fixture
def world(engine: Engine, databases: Databases, context: OrganizationContext) -> RetentionWorld:
    """An organization with contacts."""
    with databases.worker.transaction() as transaction:
        now = transaction.now()
    made = RetentionWorld(engine, databases, context, now)
    made.contacts()
    return made


def keep(world: RetentionWorld, *, history: int, runs: int = 3_660) -> None:
    """Say for how long history and runs are kept."""
    world.sql(
        "UPDATE organizations SET history_days = :history, runs_kept_days = :runs WHERE organization_id = :o",
        history=history, runs=runs,
    )  # fmt: skip


def wrong(world: RetentionWorld, pasts: list[Past], now: datetime, days: int) -> list[str]:
    """List every answer that a sweep changed although it lies inside the kept time."""
    return [each for past in pasts for each in world.wrong_answers(past, since=now - timedelta(days=days))]


def test_after_any_sweep_every_answer_inside_the_kept_time_is_unchanged(world: RetentionWorld) -> None:
    """Nine random pasts, five sweeps with shorter and shorter times, results in between: no answer differs (F8)."""
    chance = random.Random(20)  # noqa: S311 - made-up histories, the same every time
    pasts = [world.segment(f"past {number}") for number in range(9)]
    for past in pasts:
        world.history(past, chance, days=DAYS)
    before = world.sql("SELECT count(*) FROM membership_changes")[0][0]
    now = world.now
    for days in (50, 40, 30, 8, 7):
        keep(world, history=days, runs=days)
        now += LATER
        swept = sweep(world.databases.worker, now=now)
        assert swept is not None
        assert wrong(world, pasts, now, days) == []
        for past in chance.sample(pasts, 3):
            world.publish(past, frozenset(chance.sample(range(1, 31), 9)), at=now)
    assert world.sql("SELECT count(*) FROM membership_changes")[0][0] < before / 2
    assert sweep(world.databases.worker, now=now + timedelta(hours=1)) is None


def test_a_sweep_that_went_one_result_too_far_would_be_found(
    world: RetentionWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin that forgets one result more, and says nothing of it, gives wrong answers that the test above sees."""
    chance = random.Random(21)  # noqa: S311 - as above
    pasts = [world.segment(f"past {number}") for number in range(4)]
    for past in pasts:
        world.history(past, chance, days=DAYS)
    real = retention.merge

    def too_far(
        transaction: Transaction, organization_id: int, segment_id: UUID, *, until: int, results: int
    ) -> object:
        reached = real(transaction, organization_id, segment_id, until=until, results=results)
        values = {"organization": organization_id, "segment": segment_id, "until": until + 1}
        transaction.run(retention._QUERIES["forget_changes"], values)
        return reached

    monkeypatch.setattr(sweeping.retention, "merge", too_far)
    keep(world, history=20)
    assert sweep(world.databases.worker, now=world.now + LATER) is not None
    assert len(wrong(world, pasts, world.now + LATER, 20)) > 0


def test_what_is_longer_ago_is_refused_with_a_sentence(world: RetentionWorld) -> None:
    """Members, searches and explanations as of a run before the kept time say so; none makes up an answer (F8)."""
    past = world.segment("old")
    for day in (50, 40, 30, 2, 1):
        world.publish(past, frozenset({1, day}), at=world.now - timedelta(days=day))
    keep(world, history=20)
    assert sweep(world.databases.worker, now=world.now) is not None
    old = past.results[0].run_id
    asked: list[Callable[[], object]] = [
        lambda: world.engine.segments.members(world.context, past.segment_id, at_run=old),
        lambda: world.engine.details.members(world.context, past.segment_id, at_run=old),
        lambda: world.engine.details.members(world.context, past.segment_id, at_run=old, search="c1"),
        lambda: list(world.engine.segments.export(world.context, past.segment_id, at_run=old)),
        lambda: world.engine.analysis.explain(world.context, 1, segment_id=past.segment_id, at_run=old),
    ]
    for ask in asked:
        with pytest.raises(TooLongAgo, match="longer ago than your organization keeps history"):
            ask()
    kept = past.results[2]
    assert world.asked(past, kept) == kept.members
    (row,) = [
        each for each in world.engine.details.members(world.context, past.segment_id).rows if each.member.number == 1
    ]
    assert row.since is None


def test_a_sweep_while_results_are_published_harms_nothing(world: RetentionWorld) -> None:
    """Three publish and three sweep at the same time, again and again: every answer inside the time is right (F8)."""
    chance = random.Random(22)  # noqa: S311 - as above
    pasts = [world.segment(f"busy {number}") for number in range(3)]
    for past in pasts:
        world.history(past, chance, days=DAYS)
    keep(world, history=10, runs=10)
    problems: list[BaseException] = []
    begun = threading.Barrier(6)

    def guarded(act: Callable[[], object]) -> threading.Thread:
        def run() -> None:
            try:
                begun.wait()
                for _ in range(12):
                    act()
            except BaseException as error:  # noqa: BLE001 - told by the test that waits for the thread
                problems.append(error)

        return threading.Thread(target=run)

    def publisher(past: Past, own: random.Random) -> Callable[[], object]:
        return lambda: world.publish(past, frozenset(own.sample(range(1, 31), 9)), at=world.now)

    def sweeper() -> None:
        world.sql("UPDATE organization_work SET swept_at = NULL WHERE organization_id = :o")
        sweep(world.databases.worker, now=world.now)

    threads = [guarded(publisher(past, random.Random(n))) for n, past in enumerate(pasts)]  # noqa: S311 - as above
    threads += [guarded(sweeper) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert wrong(world, pasts, world.now, 10) == []


def test_runs_that_something_names_stay(world: RetentionWorld) -> None:
    """Published, previous, frozen into an audience, read by another run, audited, newest: kept; the rest goes (F8)."""
    past, reader, failing = (world.segment(name) for name in ("read", "reader", "failing"))
    for day in range(100, 50, -1):
        world.publish(past, frozenset({day}), at=world.now - timedelta(days=day))
    named = past.results[3].run_id
    world.publish(reader, frozenset({1}), at=world.now - timedelta(days=90), read={str(past.segment_id): str(named)})
    frozen, audited = past.results[5].run_id, past.results[6].run_id
    world.sql(
        "WITH made AS (INSERT INTO campaigns (organization_id, name, channel) VALUES (:o, 'Old', 'email') "
        "RETURNING campaign_id) INSERT INTO campaign_audiences (organization_id, campaign_id, frozen_at, segment_id, "
        "run_id, part, contact_count) SELECT :o, campaign_id, now(), :s, :run, 'included', 1 FROM made",
        s=past.segment_id, run=frozen,
    )  # fmt: skip
    world.sql(
        "INSERT INTO audit_events (organization_id, action, object_kind, object_id) VALUES (:o, 'run.x', 'run', :run)",
        run=str(audited),
    )
    failures = [uuid4(), uuid4()]
    for run_id, day in zip(failures, (80, 70), strict=True):
        world.sql(
            "INSERT INTO runs (organization_id, run_id, segment_id, version, criteria, status, reason, requested_at, "
            "finished_at, error_sentence) VALUES (:o, :run, :s, 1, '{}', 'failed', 'scheduled', "
            "now() - make_interval(days => :d), now() - make_interval(days => :d), 'It failed.')",
            run=run_id, s=failing.segment_id, d=day,
        )  # fmt: skip
    keep(world, history=7, runs=7)
    swept = sweep(world.databases.worker, now=world.now)
    left = {row.run_id for row in world.sql("SELECT run_id FROM runs WHERE organization_id = :o")}
    assert swept is not None
    assert {named, frozen, audited} <= left
    assert {each.run_id for each in past.results[-30:]} <= left
    assert reader.results[0].run_id in left
    assert (failures[0] in left, failures[1] in left) == (False, True)
    gone = {each.run_id for each in past.results[:20]} - {named, frozen, audited}
    assert gone & left == set()
    assert swept.runs == len(gone) + 1
    events = world.sql("SELECT count(*) FROM run_status_events WHERE run_id = ANY(:gone)", gone=list(gone))
    assert events[0][0] == 0


def test_the_newest_of_a_segment_stays(world: RetentionWorld) -> None:
    """What its status comes from stays although a cancelled run came later, and what its row names stays anyhow.

    History that is loaded may arrive in any order; what the row of a segment names is then not the newest.
    """
    cancelled, loaded = (world.segment(name) for name in ("cancelled later", "loaded backwards"))
    told: dict[str, UUID] = {}
    for past, status, day in (
        (cancelled, "failed", 90), (cancelled, "failed", 80), (cancelled, "cancelled", 70),
        (loaded, "failed", 60), (loaded, "failed", 65), (loaded, "failed", 75),
    ):  # fmt: skip
        run_id = told[f"{status} {day}"] = uuid4()
        world.sql(
            "INSERT INTO runs (organization_id, run_id, segment_id, version, criteria, status, reason, requested_at, "
            "finished_at, error_sentence) VALUES (:o, :run, :s, 1, '{}', :status, 'scheduled', "
            "now() - make_interval(days => :d), now() - make_interval(days => :d), 'It failed.')",
            run=run_id, s=past.segment_id, d=day, status=status,
        )  # fmt: skip
    keep(world, history=7, runs=7)
    assert sweep(world.databases.worker, now=world.now) is not None
    left = {row.run_id for row in world.sql("SELECT run_id FROM runs WHERE organization_id = :o")}
    assert {name for name, run_id in told.items() if run_id in left} == {
        "failed 80", "cancelled 70", "failed 60", "failed 75",
    }  # fmt: skip
    named = {row.latest_run_id for row in world.sql("SELECT latest_run_id FROM segments WHERE organization_id = :o")}
    assert named <= left


def test_old_alerts_go_and_open_ones_stay(world: RetentionWorld) -> None:
    """What has been over for longer than runs are kept is removed with its messages; what is open never is."""
    world.sql(
        "INSERT INTO alerts (organization_id, trouble_key, kind, sentence, opened_at, recovered_at) "
        "SELECT :o, 'empty:' || n, 'empty', 'Empty.', now() - interval '50 days', "
        "CASE WHEN n <= 2 THEN now() - make_interval(days => 45 - n * 20) END FROM generate_series(1, 3) AS n"
    )
    keep(world, history=7, runs=10)
    swept = sweep(world.databases.worker, now=world.now)
    assert swept is not None
    assert swept.alerts == 1
    assert [row.trouble_key for row in world.sql("SELECT trouble_key FROM alerts ORDER BY 1")] == ["empty:2", "empty:3"]


def test_a_sweep_that_is_stopped_goes_on_another_day(world: RetentionWorld) -> None:
    """It may end after any portion: what is left answers rightly, and the next one removes it."""
    past = world.segment("long")
    for day in range(60, 0, -1):
        world.publish(past, frozenset({day}), at=world.now - timedelta(days=day))
    keep(world, history=7)
    calls = iter([False, True, True, True])
    assert sweep(world.databases.worker, now=world.now, stopping=lambda: next(calls, True)) is not None
    assert world.sql("SELECT compacted_sequence FROM segments")[0][0] == sweeping.RESULTS_AT_ONCE
    assert wrong(world, [past], world.now, 7) == []
    assert sweep(world.databases.worker, now=world.now + LATER) is not None
    assert wrong(world, [past], world.now + LATER, 7) == []
    assert world.sql("SELECT compacted_sequence FROM segments")[0][0] > sweeping.RESULTS_AT_ONCE
