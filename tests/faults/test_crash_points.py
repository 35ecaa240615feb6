"""The program itself, killed or broken at each point of a run; and what keeps such faults out of real installations."""

from __future__ import annotations

import pytest

from segment_engine.db import workers
from segment_engine.db.session import Transaction
from segment_engine.domain.run import RunStatus
from segment_engine.errors import SettingsError
from segment_engine.faults import POINTS, Action, Fault
from segment_engine.settings import load_settings
from segment_engine.worker.loop import Worker, run_worker
from tests.faults.amounts import PUBLISHED, crash
from tests.faults.conftest import OneSegment
from tests.faults.forge import Forge
from tests.scoreboard import Scored

ROUNDS = 5


@pytest.mark.parametrize("point", POINTS)
def test_a_worker_killed_at_any_point_leaves_a_run_that_is_published_once(
    point: str, one: OneSegment, forge: Forge, scored: Scored
) -> None:
    """Killed five times at each point: the run is taken up again unless it was published, never twice (E1, T63)."""
    scored("runs killed at a point", crash(one, forge, point, ROUNDS), published_twice=0, lost=0)


@pytest.mark.parametrize("point", POINTS)
def test_a_worker_that_breaks_at_any_point_brings_its_run_to_an_end(point: str, one: OneSegment) -> None:
    """A mistake in our own code is tried again, then ends the run with a number to find it by; others go on (E8)."""
    fault = Fault(point, Action.RAISE)
    broken = Worker(one.databases.worker, passing=fault.passing)
    for _ in range(3):
        broken._worked()
        one.let_lease_pass()
        with one.databases.migrator.transaction() as transaction:
            transaction.connection.exec_driver_sql("UPDATE runs SET not_before = NULL WHERE status = 'queued'")
    Worker(one.databases.worker).work_once()
    run = one.run()
    if point in PUBLISHED:
        assert (run.status, run.attempt) == (RunStatus.SUCCESS, 1)
    else:
        assert (run.status, run.attempt, one.published()) == (RunStatus.FAILED, 3, 0)
        assert run.error_class == ("worker_lost" if point == "after_claim" else "incident")
        assert run.error_sentence


def test_a_fault_needs_a_database_that_is_called_a_test() -> None:
    """With any other database, and when it is misspelled, the program does not start."""
    for url in (None, "postgresql://segments@db.example/segments", "postgresql://segments@db.example/testing"):
        environment = {"SEGMENT_ENGINE_FAULT": "in_publish:kill"} | ({} if url is None else {"DATABASE_URL": url})
        with pytest.raises(SettingsError, match="needs a DATABASE_URL whose database is called test_"):
            load_settings(environment)
    for misspelled in ("in_publish", "nowhere:kill", "in_publish:explode", "kill"):
        with pytest.raises(SettingsError, match="must be one of after_claim"):
            load_settings({"DATABASE_URL": "postgresql:///test_1", "SEGMENT_ENGINE_FAULT": misspelled})
    settings = load_settings({"DATABASE_URL": "postgresql:///test_1", "SEGMENT_ENGINE_FAULT": "in_publish:raise"})
    assert settings.fault == Fault("in_publish", Action.RAISE)


def test_a_fault_needs_a_server_that_keeps_nothing(one: OneSegment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where data would survive a power cut somebody may want them, whatever the database is called."""

    def keeps_its_data(_: Transaction) -> bool:
        return False

    monkeypatch.setattr(workers, "keeps_nothing", keeps_its_data)
    settings = load_settings(one.environment(SEGMENT_ENGINE_FAULT="in_publish:raise"))
    with pytest.raises(SettingsError, match="this server keeps its data"):
        run_worker(settings, databases=one.databases)
    assert one.run().attempt == 0
