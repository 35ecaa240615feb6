"""A database that is read-only, slow or cuts its sessions: runs wait or fail with a sentence, members stay."""

from __future__ import annotations

import gc
import threading

import pytest
from sqlalchemy import text

from segment_engine.db.session import Database, Limits
from segment_engine.domain.run import RunStatus
from segment_engine.errors import Conflict, SegmentEngineError
from segment_engine.worker.loop import Pace, Worker
from tests.faults.amounts import MOMENTS, cancel, click
from tests.faults.conftest import OneSegment
from tests.scoreboard import Scored

ROUNDS, RACES = 60, 24
HURRIED = Pace(back_off=(0.0, 0.0, 0.0))
CUT = text(
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = :kind AND datname = :d"
)


def done(one: OneSegment, worker: Worker, *, most: int = 20) -> RunStatus:
    """Let a worker go on until its run has ended."""
    for _ in range(most):
        worker._worked()
        if not one.run().active:
            break
        one.let_lease_pass()
    return one.run().status


@pytest.fixture
def published(one: OneSegment) -> OneSegment:
    """The segment after its first success, with a second run waiting and one contact more to find."""
    assert Worker(one.databases.worker).work_once()
    one.add_contacts(1)
    one.request()
    return one


# The libraries leave the cursor of a statement to the garbage when its connection breaks while it begins.
@pytest.mark.filterwarnings("ignore:.*was deleted while still open:ResourceWarning")
@pytest.mark.parametrize("point", ["before_evaluate", "in_evaluate", "in_publish", "before_commit", "after_commit"])
def test_a_connection_cut_at_any_point_is_tried_again(point: str, published: OneSegment, database_name: str) -> None:
    """pg_terminate_backend at each point: the run is tried again unless it was published, and never twice (E13)."""
    cuts: list[str] = []

    def cut(passed: str) -> None:
        if passed == point and not cuts:
            cuts.append(passed)
            with published.databases.migrator.transaction() as transaction:
                transaction.rows(CUT, {"kind": "segment_engine worker", "d": database_name})

    worker = Worker(published.databases.worker, pace=HURRIED, passing=cut)
    assert done(published, worker) is RunStatus.SUCCESS
    assert (published.published(), published.member_count(), cuts) == (1, 11, [point])
    gc.collect()


def test_a_read_only_database_is_waited_out(published: OneSegment) -> None:
    """While a standby or a full disk keeps the database read-only, the run waits and the members stay (E14)."""
    before = published.run()
    with published.databases.migrator.transaction() as transaction:
        name = transaction.scalar(text("SELECT current_database()"))
    _alone(published, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    limited = Database(published.worker_url)
    worker = Worker(limited, pace=HURRIED)
    assert not worker._worked()
    limited.close()
    _alone(published, f"ALTER DATABASE {name} RESET default_transaction_read_only")
    assert (published.run(), published.member_count()) == (before, 10)
    assert done(published, Worker(published.databases.worker)) is RunStatus.SUCCESS
    assert published.member_count() == 11


def _alone(one: OneSegment, statement: str) -> None:
    """Run a statement of the superuser that must not be undone by what it sets."""
    engine = one.databases.migrator.engine
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("SET default_transaction_read_only = off")
        connection.exec_driver_sql(statement)


def test_a_statement_that_takes_too_long_fails_the_run_at_once(published: OneSegment) -> None:
    """The sentence names the limit, repeating is not tried, and the members stay (E16)."""
    hasty = Database(published.worker_url, limits=Limits(statement=300))
    with published.databases.migrator.transaction() as holding:
        holding.connection.exec_driver_sql("LOCK TABLE contacts IN ACCESS EXCLUSIVE MODE")
        assert Worker(hasty, pace=HURRIED).work_once()
    hasty.close()
    run = published.run()
    assert (run.status, run.attempt) == (RunStatus.FAILED, 1)
    assert "longer than allowed" in str(run.error_sentence)
    assert published.member_count() == 10


def test_two_that_wait_for_each_other_both_end(published: OneSegment) -> None:
    """A deadlock is a sentence for one of them, who tries again; the run is published all the same (E18)."""
    turn = threading.Barrier(2)
    told: list[SegmentEngineError] = []

    def in_order(first: str, second: str) -> None:
        try:
            with published.databases.app.transaction(published.context.organization_id) as transaction:
                transaction.connection.exec_driver_sql(first)
                turn.wait()
                transaction.connection.exec_driver_sql(second)
        except SegmentEngineError as error:
            told.append(error)

    run = "UPDATE runs SET step = step WHERE status = 'queued'"
    segment = "UPDATE segments SET revision = revision"
    threads = [threading.Thread(target=in_order, args=pair) for pair in ((run, segment), (segment, run))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [type(error) for error in told] == [Conflict]
    assert done(published, Worker(published.databases.worker)) is RunStatus.SUCCESS


def test_cancelling_and_publishing_never_both_happen(one: OneSegment, scored: Scored) -> None:
    """Whoever cancels a run that waits, works or is being published meets one of two ends (E7)."""
    ends = cancel(one, RACES)
    assert min(ends[RunStatus.SUCCESS], ends[RunStatus.CANCELLED]) >= RACES // len(MOMENTS)
    scored("runs cancelled while computed", RACES, both=0, cancelled=ends[RunStatus.CANCELLED])


def test_many_rounds_of_eight_requests_make_one_run_each(one: OneSegment, scored: Scored) -> None:
    """Whoever clicks twice, or eight people at once, get the same run (E4)."""
    scored("requests at the same moment", click(one, ROUNDS), doubles=0)
    assert len(one.engine.runs.find(one.context, one.segment_id, limit=5_000)) == ROUNDS
