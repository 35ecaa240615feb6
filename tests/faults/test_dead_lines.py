"""Connections over which nothing comes any more, and which nobody breaks off: as if the statement took for ever."""

from __future__ import annotations

import gc
import os
import signal

import pytest
from sqlalchemy import text

from segment_engine.db.session import Database, Limits
from segment_engine.domain.run import RunStatus
from segment_engine.postgres.local import LocalServer
from segment_engine.worker.loop import Pace, Worker
from tests.faults.conftest import OneSegment
from tests.faults.forge import Forge
from tests.faults.proxy import proxy_of
from tests.faults.test_stopping import CONTACTS, PATIENT, WAITING, held, until

SPREAD = text(
    "INSERT INTO contacts (organization_id, number, external_key) "
    "SELECT :o, n * 4096, 'far ' || n FROM generate_series(1, 40) AS n"
)


# The libraries leave the cursor of a statement to the garbage when its connection breaks while it begins.
@pytest.mark.filterwarnings("ignore:.*was deleted while still open:ResourceWarning")
@pytest.mark.parametrize("point", ["before_evaluate", "in_evaluate", "in_publish"])
def test_a_line_that_went_dead_does_not_hold_its_run_for_ever(point: str, one: OneSegment, server: LocalServer) -> None:
    """The heart beats over other lines; it breaks the dead one off, and the run is tried again (RQ3)."""
    with proxy_of(server.socket_directory) as proxy:
        pending = [point]

        def passing(passed: str) -> None:
            if passed in pending:
                pending.remove(passed)
                proxy.freeze()

        with one.databases.app.transaction(one.context.organization_id) as transaction:
            transaction.run(SPREAD, {"o": one.context.organization_id})
        database = Database(proxy.url(one.worker_url), limits=Limits(statement=200, idle_in_transaction=400))
        pace = Pace(heartbeat=0.05, silence=0.2, back_off=(0.0, 0.0, 0.0), again=0.01)
        worker = Worker(database, pace=pace, passing=passing)
        assert worker.work_once()
        assert (one.run().status, pending) == (RunStatus.QUEUED, [])
        assert worker.work_once()
        assert (one.run().status, one.run().attempt, one.published()) == (RunStatus.SUCCESS, 2, 1)
        database.close()
    gc.collect()


def test_a_worker_ends_although_nothing_answers_any_more(one: OneSegment, server: LocalServer, forge: Forge) -> None:
    """SIGTERM while the network is dead: even the wish to end the statement gets no answer; the process ends (E19)."""
    with proxy_of(server.socket_directory) as proxy:
        pid = forge.start(
            url="", name="", environment=one.environment(**PATIENT) | {"DATABASE_URL": proxy.url(one.url)}
        )
        with held(one, CONTACTS):
            until(one, WAITING)
            proxy.freeze(for_all=True)
            os.kill(pid, signal.SIGTERM)
            assert forge.wait(pid) == "exited 1"
    one.let_lease_pass()
    assert Worker(one.databases.worker).work_once()
    assert (one.run().status, one.run().attempt, one.published()) == (RunStatus.SUCCESS, 2, 1)


def test_a_worker_that_stops_between_two_answers_asks_for_no_more(one: OneSegment) -> None:
    """Where no statement runs at that moment there is nothing to end; the next one is not begun (RQ10, E19)."""
    with one.databases.app.transaction(one.context.organization_id) as transaction:
        transaction.run(SPREAD, {"o": one.context.organization_id})
    passed: list[str] = []

    def passing(point: str) -> None:
        passed.append(point)
        if point == "in_evaluate":
            worker.stop()

    worker = Worker(one.databases.worker, passing=passing)
    assert worker.work_once()
    assert (passed.count("in_evaluate"), "after_evaluate" in passed) == (1, False)
    assert (one.run().status, one.run().attempt) == (RunStatus.QUEUED, 1)
