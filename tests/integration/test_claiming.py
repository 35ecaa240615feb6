"""Which run a worker takes: fair among organizations, short ones first, nothing for ever, nothing too early."""

from __future__ import annotations

import heapq
import threading
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from segment_engine.databases import Databases
from segment_engine.db import runs, workers
from segment_engine.domain.run import Claim, RunId
from segment_engine.engine import Engine
from segment_engine.errors import Unavailable
from tests.integration.waiting_runs import add_runs, finish, let_leases_pass, organization, take, taken

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def only(engine: Engine, databases: Databases) -> int:
    """An organization that may compute a hundred runs at once."""
    return organization(engine, databases, "Only")


def test_organizations_take_turns(engine: Engine, databases: Databases) -> None:
    """Whoever asks for a hundred runs delays nobody: the organization served longest ago comes first (RQ7)."""
    many, few = (organization(engine, databases, name) for name in ("Many", "Few"))
    add_runs(databases, many, 100)
    add_runs(databases, few, 3)
    order = [taken(databases).organization_id for _ in range(8)]
    assert order == [many, few, many, few, many, few, many, many]


def test_short_runs_come_first_and_none_waits_for_ever(databases: Databases, only: int) -> None:
    """A run stands as if requested later by five times its expected duration, by half an hour at most."""
    [long] = add_runs(databases, only, 1, expected=10_000, requested=LONG_AGO)
    [middle] = add_runs(databases, only, 1, expected=60, requested=LONG_AGO + timedelta(seconds=1))
    [short] = add_runs(databases, only, 1, requested=LONG_AGO + timedelta(minutes=4))
    [late] = add_runs(databases, only, 1, requested=LONG_AGO + timedelta(minutes=29))
    [too_late] = add_runs(databases, only, 1, requested=LONG_AGO + timedelta(minutes=31))
    assert [taken(databases).run_id for _ in range(5)] == [short, middle, late, long, too_late]


def test_what_a_run_will_take_is_what_it_took(engine: Engine, databases: Databases, only: int) -> None:
    """The expected duration is the median of the last five ends of that segment, filled in with the request."""
    [first] = add_runs(databases, only, 1)
    values: dict[str, Any] = {"o": only, "run": first}
    past = text(
        "INSERT INTO runs (organization_id, segment_id, version, criteria, reason, status, requested_at, started_at, "
        "finished_at, error_sentence) SELECT :o, segment_id, 1, '{}', 'requested', 'failed', at, at, "
        "at + make_interval(secs => seconds), 'It ended.' FROM runs, unnest(ARRAY[500, 500, 30, 40, 90, 70, 80], "
        "ARRAY[1, 2, 3, 4, 5, 6, 7]) AS done (seconds, day), LATERAL (SELECT timestamptz '2026-01-01' + "
        "make_interval(days => day) AS at) AS began WHERE run_id = :run"
    )
    again = text(
        "INSERT INTO runs (organization_id, segment_id, version, criteria, reason) "
        "SELECT :o, segment_id, 1, '{}', 'requested' FROM runs WHERE run_id = :run RETURNING expected_seconds"
    )
    with databases.migrator.transaction() as transaction:
        transaction.run(past, values)
        transaction.run(text("UPDATE runs SET status = 'cancelled', finished_at = now() WHERE run_id = :run"), values)
        assert transaction.scalar(again, values) == 70
    assert engine.organizations.find("Only") == only


def test_an_organization_computes_no_more_at_once_than_it_may(engine: Engine, databases: Databases) -> None:
    """Sixteen claims at the same moment keep the limit exactly; a lease that has passed is no longer counted (E3)."""
    limited = organization(engine, databases, "Limited", at_once=3)
    add_runs(databases, limited, 40)
    for _ in range(5):
        claims = _claims_at_once(databases, 16)
        assert len(claims) <= 3
        claims += [claim for claim in iter(lambda: take(databases), None) if isinstance(claim, Claim)]
        assert len(claims) == 3
        for claim in claims:
            finish(databases, claim)
    for _ in range(3):
        taken(databases)
    assert take(databases) is None
    with databases.migrator.transaction() as transaction:
        transaction.run(text("UPDATE runs SET lease_until = clock_timestamp() WHERE status = 'processing'"))
    assert [taken(databases).attempt for _ in range(3)] == [2, 2, 2]
    assert take(databases) is None


def _claims_at_once(databases: Databases, count: int) -> list[Claim]:
    """Claim from so many threads, all of them let go at the same moment."""
    found: list[Claim] = []
    ready = threading.Barrier(count)

    def claim() -> None:
        ready.wait()
        one = take(databases)
        if isinstance(one, Claim):
            found.append(one)

    threads = [threading.Thread(target=claim) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_sixteen_threads_claim_a_thousand_runs_once_each(engine: Engine, databases: Databases) -> None:
    """However many look at the same moment, every run has one owner, and every organization its share (E3)."""
    owners = [organization(engine, databases, name) for name in ("One", "Two", "Three")]
    for each in owners:
        with databases.migrator.transaction() as transaction:
            transaction.run(text("UPDATE organization_work SET runs_at_once = 100"))
        add_runs(databases, each, 334)
    claimed: list[Claim] = []
    nothing = threading.Event()

    def work() -> None:
        while not nothing.is_set():
            with suppress(Unavailable):  # sixteen share ten connections: who gets none looks again, as workers do
                found = take(databases)
                if isinstance(found, Claim):
                    claimed.append(found)
                    finish(databases, found)
                elif len(claimed) >= 1_002:
                    nothing.set()

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(claim.organization_id for claim in claimed) == dict.fromkeys(owners, 334)
    assert len({claim.run_id for claim in claimed}) == 1_002
    assert {claim.attempt for claim in claimed} == {1}


def test_a_run_waits_for_those_it_names(databases: Databases, only: int) -> None:
    """What is read is computed before what reads it, unless it failed or takes hours."""
    [below] = add_runs(databases, only, 1)
    [above] = add_runs(databases, only, 1, requested=LONG_AGO, waits_for=(below,))
    with databases.migrator.transaction() as transaction:
        now = text("UPDATE runs SET requested_at = clock_timestamp() WHERE run_id = :run")
        transaction.run(now, {"run": above})
    first = taken(databases)
    assert first.run_id == below
    assert take(databases) is None, "the one it waits for is being computed"
    finish(databases, first)
    assert taken(databases).run_id == above
    [again] = add_runs(databases, only, 1)
    [stuck] = add_runs(databases, only, 1, requested=LONG_AGO, waits_for=(again,))
    assert taken(databases).run_id == stuck


def test_whoever_has_worked_longest_takes_no_long_run(databases: Databases, only: int) -> None:
    """Of several workers one stays free for short runs; a worker alone takes everything."""
    [long] = add_runs(databases, only, 1, expected=runs.LONG_SECONDS)
    for name in ("a", "b"):
        with databases.worker.transaction() as transaction:
            workers.beat(transaction, name, runs_done=0)
    assert take(databases, "a") is None
    [short] = add_runs(databases, only, 1)
    assert taken(databases, "a").run_id == short
    with databases.worker.transaction() as transaction:
        workers.stop(transaction, "b", runs_done=0)
    assert taken(databases, "a").run_id == long
    [another] = add_runs(databases, only, 1, expected=runs.LONG_SECONDS)
    with databases.worker.transaction() as transaction:
        workers.beat(transaction, "b", runs_done=0)
    assert taken(databases, "b").run_id == another


def test_a_run_that_waits_is_always_computed(databases: Databases, only: int) -> None:
    """Whatever its attempts, a waiting run is taken: only one whose worker vanished too often is ended here (T59)."""
    [run] = add_runs(databases, only, 1)
    with databases.migrator.transaction() as transaction:
        transaction.run(text("UPDATE runs SET attempt = 7 WHERE run_id = :run"), {"run": run})
    assert (taken(databases).run_id, take(databases)) == (run, None)


# A day of work, without a clock ------------------------------------------------------------------------------------


def simulated(
    databases: Databases, organization_id: int, arrivals: list[tuple[float, float]], names: list[str]
) -> dict[float, list[float]]:
    """Let workers take what arrives, on the real database with made-up time, and give the waits by duration.

    Units: seconds; an arrival is when and how long.
    """
    due = sorted(arrivals)
    waits: dict[float, list[float]] = {}
    asked: dict[RunId, tuple[float, float]] = {}
    free, busy = list(names), list[tuple[float, str, Claim]]()
    clock = 0.0
    while due or busy or len(asked) > sum(map(len, waits.values())):
        while due and due[0][0] <= clock:
            at, lasts = due.pop(0)
            moment = LONG_AGO + timedelta(seconds=at)
            [run] = add_runs(databases, organization_id, 1, expected=lasts, requested=moment)
            asked[run] = at, lasts
        for worker in list(free):
            claim = take(databases, worker)
            if isinstance(claim, Claim):
                at, lasts = asked[claim.run_id]
                waits.setdefault(lasts, []).append(clock - at)
                heapq.heappush(busy, (clock + lasts, worker, claim))
                free.remove(worker)
        ends = [busy[0][0]] if busy else []
        clock = min([*ends, *(at for at, _ in due[:1])], default=clock)
        while busy and busy[0][0] <= clock:
            _, worker, claim = heapq.heappop(busy)
            finish(databases, claim)
            free.append(worker)
    return waits


def test_long_runs_do_not_starve_short_ones(databases: Databases, only: int) -> None:
    """Three workers and fifteen runs of ten minutes: a run of two seconds hardly waits, and all long ones end."""
    for name in ("a", "b", "c"):
        with databases.worker.transaction() as transaction:
            workers.beat(transaction, name, runs_done=0)
    arrivals = [(0.0, 600.0)] * 15 + [(30.0 * number, 2.0) for number in range(60)]
    waits = simulated(databases, only, arrivals, ["a", "b", "c"])
    assert len(waits[2.0]) == 60
    assert max(waits[2.0]) <= 2
    assert len(waits[600.0]) == 15
    assert max(waits[600.0]) == 7 * 600, "two of the three compute them one after the other"


def test_short_runs_do_not_starve_long_ones(databases: Databases, only: int) -> None:
    """One worker that short runs alone keep busy: a long one has its turn after half an hour, not never."""
    arrivals = [(60.0 * number, 60.0) for number in range(45)] + [(1.0, 600.0)]
    waits = simulated(databases, only, arrivals, ["alone"])
    assert 1_500 <= waits[600.0][0] <= 1_900


def test_without_a_reserved_worker_short_runs_would_wait(
    databases: Databases, only: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The simulation has teeth: when nothing counts as long, all workers are in long runs and the short ones wait."""
    monkeypatch.setattr(runs, "LONG_SECONDS", 1_000_000)
    for name in ("a", "b"):
        with databases.worker.transaction() as transaction:
            workers.beat(transaction, name, runs_done=0)
    waits = simulated(databases, only, [(0.0, 600.0)] * 4 + [(1.0, 2.0)], ["a", "b"])
    assert waits[2.0] == [599.0]


# Ten thousand at once ----------------------------------------------------------------------------------------------


def test_ten_thousand_passed_leases_are_no_stampede(engine: Engine, databases: Databases) -> None:
    """Each claim reads a few pages, however many leases have passed, and goes round the organizations (E9)."""
    owners = [organization(engine, databases, f"Number {number}") for number in range(4)]
    for each in owners:
        add_runs(databases, each, 2_500)
        let_leases_pass(databases, each)
    with databases.migrator.transaction() as transaction:
        transaction.run(text("ANALYZE runs, organization_work"))
    order = [taken(databases).organization_id for _ in range(8)]
    assert order == owners * 2
    plan = _plan(databases)
    assert "Seq Scan on runs" not in str(plan)
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < 400
    assert _plan_nodes(plan) >= {"runs_place", "runs_leased"}


def _plan(databases: Databases) -> dict[str, Any]:
    values = {
        "worker": "test", "live": runs.LIVE_SECONDS, "long": runs.LONG_SECONDS, "patience": runs.PATIENCE_SECONDS,
        "offers": runs.OFFERS,
    }  # fmt: skip
    asked = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {runs._QUERIES['next_waiting'].text}"
    with databases.worker.transaction() as transaction:
        return transaction.scalar(text(asked), values)[0]["Plan"]


def _plan_nodes(plan: dict[str, Any]) -> set[str]:
    below = [_plan_nodes(each) for each in plan.get("Plans", [])]
    return {plan.get("Index Name", "")}.union(*below)


def test_a_claim_holds_no_more_than_one_organization(engine: Engine, databases: Databases) -> None:
    """A worker that freezes in the middle of a claim delays nobody else's runs, and nobody waits for it."""
    frozen, other = (organization(engine, databases, name) for name in ("Frozen", "Other"))
    add_runs(databases, frozen, 2)
    wanted = add_runs(databases, other, 2)
    with databases.worker.transaction() as transaction:
        assert runs.claim(transaction, worker="frozen", lease_seconds=30) is not None
        found: set[UUID] = {taken(databases).run_id, taken(databases).run_id}
        assert take(databases) is None
    assert found == set(wanted)
