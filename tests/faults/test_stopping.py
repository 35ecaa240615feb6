"""Stopping a worker politely in every phase, and freezing it in the worst one."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager

import pytest
from sqlalchemy import TextClause, text

from segment_engine.db import runs
from segment_engine.db.session import Database, Limits
from segment_engine.domain.run import Claim, RunStatus
from segment_engine.errors import Conflict
from segment_engine.worker.loop import Pace, Worker
from tests.faults.conftest import OneSegment
from tests.faults.forge import Forge

PATIENT = {"SEGMENT_ENGINE_LOCK_SECONDS": "600", "SEGMENT_ENGINE_IDLE_IN_TRANSACTION_SECONDS": "600"}
CONTACTS = "LOCK TABLE contacts IN ACCESS EXCLUSIVE MODE"
SEGMENT = "SELECT FROM segments FOR UPDATE"
WAITING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'segment_engine worker' "
    "AND datname = current_database() AND wait_event_type = 'Lock'"
)
NOBODY_PUBLISHES = text(
    "SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name = 'segment_engine worker' "
    "AND datname = current_database() AND state LIKE 'idle in transaction%'"
)
LISTENING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'segment_engine worker' "
    "AND datname = current_database() AND query LIKE 'LISTEN%'"
)


@contextmanager
def held(one: OneSegment, statement: str) -> Generator[None]:
    """Hold a lock that a worker waits for, so that it stays in one phase for as long as one likes."""
    with one.databases.migrator.transaction() as transaction:
        transaction.connection.exec_driver_sql(statement)
        yield


def until(one: OneSegment, question: TextClause) -> None:
    """Wait until the server sees a session in that state."""
    pause = threading.Event()
    for _ in range(500):
        with one.databases.migrator.transaction() as transaction:
            if transaction.scalar(question):
                return
        pause.wait(0.05)
    pytest.fail("the worker never got there")


def test_an_idle_worker_ends_at_once(one: OneSegment, forge: Forge) -> None:
    """With nothing to do, SIGTERM ends the program, which says goodbye (RQ10, E19)."""
    one.engine.runs.cancel(one.context, one.run().run_id)
    pid = forge.start(url="", name="", environment=one.environment())
    until(one, LISTENING)
    os.kill(pid, signal.SIGTERM)
    assert forge.wait(pid) == "exited 0"
    assert [worker.state.value for worker in one.engine.operations.figures(one.context).queue.workers] == ["stopped"]


def test_a_worker_that_evaluates_gives_its_run_back(one: OneSegment, forge: Forge) -> None:
    """SIGTERM ends the statement and frees the run at once; the next worker need not wait for the lease (RQ10, E19)."""
    pid = forge.start(url="", name="", environment=one.environment(**PATIENT))
    with held(one, CONTACTS):
        until(one, WAITING)
        os.kill(pid, signal.SIGTERM)
        assert forge.wait(pid) == "exited 0"
        assert (one.run().status, one.run().attempt) == (RunStatus.QUEUED, 1)
    assert Worker(one.databases.worker).work_once()
    assert (one.run().status, one.run().attempt, one.published()) == (RunStatus.SUCCESS, 2, 1)


def test_a_worker_that_cannot_finish_publishing_ends_all_the_same(one: OneSegment, forge: Forge) -> None:
    """SIGTERM while somebody holds the segment: the process ends within its time, and nothing is published (E19)."""
    environment = one.environment(SEGMENT_ENGINE_FAULT="after_evaluate:stop", **PATIENT)
    pid = forge.start(url="", name="", environment=environment)
    assert forge.wait(pid).startswith("stopped")
    with held(one, SEGMENT):
        os.kill(pid, signal.SIGCONT)
        until(one, WAITING)
        os.kill(pid, signal.SIGTERM)
        assert forge.wait(pid).startswith("exited")
    one.let_lease_pass()
    assert Worker(one.databases.worker).work_once()
    assert (one.run().status, one.run().attempt, one.published()) == (RunStatus.SUCCESS, 2, 1)


def test_stopping_often_does_not_use_up_the_tries(one: OneSegment) -> None:
    """A run that was given back five times by workers that were stopped is computed by the sixth."""
    for _ in range(5):
        with one.databases.worker.transaction() as transaction:
            claim = runs.claim(transaction, worker="test", lease_seconds=30)
        assert isinstance(claim, Claim)
        assert claim.tries == 1
        with one.databases.worker.transaction(claim.organization_id) as transaction:
            assert runs.give_back(transaction, claim, wait_seconds=0, polite=True)
    assert Worker(one.databases.worker).work_once()
    assert (one.run().status, one.run().attempt) == (RunStatus.SUCCESS, 6)


def test_a_run_that_is_cancelled_while_it_is_evaluated_is_not_called_failed(
    one: OneSegment, caplog: pytest.LogCaptureFixture
) -> None:
    """The statement is ended by the heartbeat; neither the run nor the log says that anything failed (E7)."""
    limits = Limits(statement=120_000, lock=120_000)
    database = Database(one.worker_url, application="segment_engine worker", limits=limits)
    worker = Worker(database, pace=Pace(heartbeat=0.02))
    with caplog.at_level(logging.INFO, logger="segment_engine.worker"):
        thread = threading.Thread(target=worker.work_once)
        with held(one, CONTACTS):
            thread.start()
            until(one, WAITING)
            one.engine.runs.cancel(one.context, one.run().run_id)
            thread.join()
    database.close()
    assert one.run().status is RunStatus.CANCELLED
    assert one.engine.segments.get(one.context, one.segment_id).status.value == "not_calculated"
    said = [record.getMessage() for record in caplog.records if record.name.startswith("segment_engine.worker")]
    assert any("was cancelled" in line for line in said)
    assert not [line for line in said if "failed" in line]


def test_a_worker_frozen_while_publishing_blocks_nobody_for_long(one: OneSegment, forge: Forge) -> None:
    """Who asks is answered within the time for locks; the server ends the session; nothing is published (E29)."""
    environment = one.environment(
        SEGMENT_ENGINE_FAULT="before_commit:stop", SEGMENT_ENGINE_IDLE_IN_TRANSACTION_SECONDS="4"
    )
    pid = forge.start(url="", name="", environment=environment)
    assert forge.wait(pid).startswith("stopped")
    with pytest.raises(Conflict, match="being published at the moment"):
        one.request()
    until(one, NOBODY_PUBLISHES)
    assert one.request().status in {RunStatus.PROCESSING, RunStatus.QUEUED}
    assert one.member_count() == 0
    forge.kill(pid)
    one.let_lease_pass()
    assert Worker(one.databases.worker).work_once()
    assert (one.run().status, one.run().attempt, one.published()) == (RunStatus.SUCCESS, 2, 1)


def test_a_worker_that_slept_past_its_lease_publishes_nothing(one: OneSegment, forge: Forge) -> None:
    """Stopped after evaluating while another worker does the run, then continued: it is too late (E2, E6)."""
    environment = one.environment(SEGMENT_ENGINE_FAULT="after_evaluate:stop", **PATIENT)
    pid = forge.start(url="", name="", environment=environment)
    assert forge.wait(pid).startswith("stopped")
    one.let_lease_pass()
    one.add_contacts(5)
    assert Worker(one.databases.worker).work_once()
    os.kill(pid, signal.SIGCONT)
    until(one, LISTENING)
    os.kill(pid, signal.SIGTERM)
    assert forge.wait(pid) == "exited 0"
    assert (one.member_count(), one.run().attempt, one.published()) == (15, 2, 1)
