"""The connection is cut after COMMIT was sent and before the answer came: what happened is read, never guessed."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import text

from segment_engine.databases import APP_ROLE
from segment_engine.db.session import Database, Limits
from segment_engine.domain.run import RunStatus
from segment_engine.engine import Engine
from segment_engine.errors import SegmentEngineError, TimedOut, Unavailable
from segment_engine.postgres.local import LocalServer
from segment_engine.worker.loop import Pace, Worker
from segment_engine.worker.metrics import WorkerMetrics
from tests.faults.conftest import OneSegment
from tests.faults.proxy import Proxy, proxy_of

HURRIED = Pace(back_off=(0.0, 0.0, 0.0), again=0.01)
BOTH = pytest.mark.parametrize("happens", [True, False], ids=["happened", "lost"])


@dataclass(frozen=True)
class Line:
    """A worker whose only way to the server may be cut."""

    one: OneSegment
    proxy: Proxy
    database: Database
    metrics: WorkerMetrics

    def worker(self, fault: SegmentEngineError | None = None) -> Worker:
        """Make a worker; with a fault its first attempt fails with it."""
        faults = [] if fault is None else [fault]

        def passing(point: str) -> None:
            if point == "after_evaluate" and faults:
                raise faults.pop()

        return Worker(self.database, pace=HURRIED, passing=passing, metrics=self.metrics)

    def told(self, outcome: str) -> float:
        """Count the runs that ended so, as the worker tells monitoring."""
        found = (
            sample.value
            for family in self.metrics.registry.collect()
            for sample in family.samples
            if sample.name == "segment_runs_ended_total" and sample.labels["outcome"] == outcome
        )
        return sum(found)

    def failures(self) -> int:
        """Give how often the segment is said to have failed in a row."""
        with self.one.databases.migrator.transaction(read_only=True) as transaction:
            return transaction.scalar(text("SELECT failed_in_row FROM segments"))


@pytest.fixture
def line(one: OneSegment, server: LocalServer) -> Iterator[Line]:
    """A worker's way through the proxy, over a segment of ten contacts whose first run waits."""
    with proxy_of(server.socket_directory) as proxy:
        database = Database(proxy.url(one.worker_url), application="segment_engine worker", limits=Limits())
        yield Line(one, proxy, database, WorkerMetrics())
        database.close()
    gc.collect()


def finished(line: Line) -> tuple[RunStatus, int, int, int]:
    """Let an undisturbed worker do what is left; say how the run ended, by which attempt, and what was published."""
    worker = Worker(line.one.databases.worker, pace=HURRIED)
    while worker.work_once():
        pass
    run = line.one.run()
    return run.status, run.attempt, line.one.published(), line.one.member_count()


@BOTH
def test_publishing_without_an_answer(line: Line, caplog: pytest.LogCaptureFixture, *, happens: bool) -> None:
    """Published once either way; where it happened, the worker says so and does not call it lost (E12)."""
    line.proxy.cut("published_run_id = ", happens=happens)
    with caplog.at_level(logging.INFO, logger="segment_engine.worker"):
        assert line.worker().work_once()
    assert line.proxy.cuts == 1
    assert (line.told("published"), line.told("waits_again"), line.told("lost")) == (happens, not happens, 0)
    assert ("its answer was lost" in caplog.text) is happens
    assert "was cancelled" not in caplog.text
    assert finished(line) == (RunStatus.SUCCESS, 1 if happens else 2, 1, 10)


@BOTH
def test_claiming_without_an_answer(line: Line, *, happens: bool) -> None:
    """A run that nobody knows of waits for its lease to pass, or was never taken (E12)."""
    line.proxy.cut("attempt = attempt + 1", happens=happens)
    with pytest.raises(Unavailable):
        line.worker().work_once()
    assert line.proxy.cuts == 1
    assert line.one.run().status is (RunStatus.PROCESSING if happens else RunStatus.QUEUED)
    line.one.let_lease_pass()
    assert finished(line) == (RunStatus.SUCCESS, 2 if happens else 1, 1, 10)


@BOTH
def test_giving_back_without_an_answer(line: Line, *, happens: bool) -> None:
    """The run waits again at once, whether that was heard or had to be said twice (E12)."""
    line.proxy.cut("given_back = given_back", happens=happens)
    assert line.worker(Unavailable()).work_once()
    assert line.proxy.cuts == 1
    assert (line.one.run().status, line.told("waits_again")) == (RunStatus.QUEUED, 1)
    assert finished(line) == (RunStatus.SUCCESS, 2, 1, 10)


@BOTH
def test_failing_without_an_answer(line: Line, *, happens: bool) -> None:
    """The run failed once, with its own sentence, and is counted once (E12)."""
    line.proxy.cut("failed_in_row + 1", happens=happens)
    assert line.worker(TimedOut()).work_once()
    assert line.proxy.cuts == 1
    run = line.one.run()
    assert (run.status, run.attempt, run.error_class) == (RunStatus.FAILED, 1, "timeout")
    assert (line.failures(), line.told("failed"), line.one.published()) == (1, 1, 0)
    line.one.request()
    assert finished(line) == (RunStatus.SUCCESS, 1, 1, 10)


@BOTH
def test_asking_without_an_answer(line: Line, server: LocalServer, database_name: str, *, happens: bool) -> None:
    """Whoever asks for a run reads that it may or may not have been saved; asking again makes no second one (E12)."""
    assert finished(line)[0] is RunStatus.SUCCESS
    app = Database(line.proxy.url(server.url(APP_ROLE, database_name)))
    engine = Engine(replace(line.one.databases, app=app))
    line.proxy.cut("INSERT INTO runs", happens=happens)
    with pytest.raises(Unavailable, match="may have been saved") as told:
        engine.runs.request(line.one.context, line.one.segment_id)
    assert "Nothing was changed" not in str(told.value)
    assert engine.runs.request(line.one.context, line.one.segment_id).status is RunStatus.QUEUED
    assert (line.proxy.cuts, len(engine.runs.find(line.one.context, line.one.segment_id))) == (1, 2)
    app.close()
