"""The worker: claim, compute, publish. It owns a run only while its attempt is the newest and its lease fresh."""

from __future__ import annotations

import logging
import os
import secrets
import signal
import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection

from segment_engine.compiler import compile_criteria, pack_block
from segment_engine.databases import WORKER_ROLE, Databases, connect, refuse_excess_rights
from segment_engine.db import members, readings, runs, workers
from segment_engine.db.catalog import load_catalog
from segment_engine.db.session import Database, Transaction
from segment_engine.domain.catalog import Catalog
from segment_engine.domain.checks import MOST_EARLIER, check_result
from segment_engine.domain.criteria import Criteria
from segment_engine.domain.parse import parse_criteria
from segment_engine.domain.readings import readings_of, readings_of_run
from segment_engine.domain.reference_chains import runs_read
from segment_engine.domain.run import Claim
from segment_engine.domain.write import write_criteria
from segment_engine.errors import (
    Conflict,
    CriteriaError,
    Incident,
    LeaseLost,
    LimitExceeded,
    SegmentEngineError,
    Unavailable,
    Unresolved,
)
from segment_engine.logs import note_incident
from segment_engine.settings import Settings

log = logging.getLogger(__name__)

POLL_SECONDS = 2.0
BACK_OFF_SECONDS = (1.0, 5.0, 20.0)
ROWS_AT_ONCE = 8  # up to 8 KB each


@dataclass(frozen=True)
class Pace:
    """How a worker keeps its runs. Units: seconds."""

    lease: int = 30
    heartbeat: float = 10.0
    poll: float = POLL_SECONDS
    seen: float = 10.0


class Worker:
    """One worker. Run it in a process of its own; any number may work on one database.

    Shape: `work_once` computes at most one run and tells whether there was one; `work` goes on until `stop`.
    """

    def __init__(self, database: Database, *, pace: Pace | None = None, name: str | None = None) -> None:
        self._database = database
        self._pace = pace or Pace()
        self.name = name or f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(2)}"
        self._stopping = threading.Event()
        self._wake = threading.Event()
        self._current: Connection | None = None
        self._runs_done = 0

    def stop(self) -> None:
        """Claim nothing more and give the current run back."""
        self._stopping.set()
        self._wake.set()
        self._cancel_statement()

    def work(self) -> None:
        """Work until stopped. Database trouble is waited out; it never ends the worker."""
        listener = threading.Thread(target=self._listen, name="segment-runs", daemon=True)
        listener.start()
        with self._seen():
            while not self._stopping.is_set():
                try:
                    worked = self.work_once()
                except (Unavailable, Conflict) as error:
                    log.warning("waiting for the database: %s", error)
                    worked = False
                if not worked:
                    self._wake.wait(self._pace.poll)
                    self._wake.clear()

    def work_once(self) -> bool:
        """Claim one run and bring it to an end, or back into the queue. False when none waits."""
        with self._database.transaction() as transaction:
            claim = runs.claim(transaction, worker=self.name, lease_seconds=self._pace.lease)
        if claim is None:
            return False
        if not isinstance(claim, Claim):
            return True  # a run whose workers vanished was ended
        with self._heartbeat(claim):
            try:
                self._compute(claim)
            except LeaseLost:
                log.warning("run %s is no longer ours; nothing was published", claim.run_id)
            except SegmentEngineError as error:
                self._end(claim, error)
            except Exception as error:
                self._end(claim, Incident(note_incident(error, f"run {claim.run_id}")))
        self._runs_done += 1
        return True

    def _compute(self, claim: Claim) -> None:
        organization_id = claim.organization_id
        with self._database.transaction(organization_id, read_only=True, snapshot=True) as transaction:
            # One snapshot: the members of other segments that are read are those of the runs the catalog names.
            catalog = load_catalog(transaction, organization_id, claim.document)
            criteria = _stored_criteria(claim.document, catalog)
            compiled = compile_criteria(
                criteria, catalog=catalog, organization_id=organization_id, as_of=claim.as_of,
                segment_id=claim.segment_id,
            )  # fmt: skip
            seen = readings.delivered(transaction, organization_id, readings_of_run(criteria, catalog))
            with self._statement(transaction.connection):
                blocks = {
                    row.block: pack_block(row.words)
                    for row in transaction.stream(compiled.blocks(), rows_at_once=ROWS_AT_ONCE)
                }
        with self._database.transaction(organization_id) as transaction:
            runs.fence(transaction, claim)
            sequence = runs.lock_published(transaction, claim) + 1
            published = members.publish(
                transaction, organization_id, claim.segment_id, sequence=sequence, blocks=blocks
            )
            earlier = runs.earlier_counts(transaction, claim, limit=MOST_EARLIER)
            runs.succeed(
                transaction, claim, sequence=sequence, member_count=published.member_count,
                joined=published.joined, departed=published.departed, read_runs=runs_read(criteria, catalog),
                findings=check_result(published.member_count, earlier),
            )  # fmt: skip
            readings.record(transaction, organization_id, claim.run_id, seen)
            own = readings_of(write_criteria(criteria), catalog)
            readings.write_if_missing(transaction, organization_id, claim.segment_id, own)

    def _end(self, claim: Claim, error: SegmentEngineError) -> None:
        """Queue the run again where repeating can help and attempts are left; otherwise fail it with its sentence."""
        wait = 0.0 if self._stopping.is_set() else BACK_OFF_SECONDS[min(claim.attempt, len(BACK_OFF_SECONDS)) - 1]
        repeatable = not isinstance(error, CriteriaError | Unresolved | LimitExceeded)
        if self._stopping.is_set() or (repeatable and claim.attempt < runs.MOST_ATTEMPTS):
            with self._database.transaction(claim.organization_id) as transaction:
                runs.give_back(transaction, claim, wait_seconds=wait)
            return
        error_class = error.cause if isinstance(error, Unresolved) else error.code
        with self._database.transaction(claim.organization_id) as transaction:
            runs.fail(transaction, claim, error_class=error_class, sentence=str(error))
        log.warning("run %s failed: %s", claim.run_id, error)

    # Being seen ----------------------------------------------------------------------------------------------------

    @contextmanager
    def _seen(self) -> Generator[None]:
        """Stand in the list of workers while working, busy or idle; a word of goodbye at the end."""
        done = threading.Event()

        def beat() -> None:
            self._tell(workers.sweep)
            while True:
                self._tell(lambda transaction: workers.beat(transaction, self.name, runs_done=self._runs_done))
                if done.wait(self._pace.seen):
                    return

        thread = threading.Thread(target=beat, name="being seen", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()
            self._tell(lambda transaction: workers.stop(transaction, self.name, runs_done=self._runs_done))

    def _tell(self, what: Callable[[Transaction], object]) -> None:
        try:
            with self._database.transaction() as transaction:
                what(transaction)
        except SegmentEngineError as error:
            log.warning("worker %s could not say that it is there: %s", self.name, error)

    # Leases --------------------------------------------------------------------------------------------------------

    @contextmanager
    def _heartbeat(self, claim: Claim) -> Generator[None]:
        """Prolong the lease on a connection of its own; a lost lease or a cancelled run stops the statement."""
        done = threading.Event()

        def beat() -> None:
            while not done.wait(self._pace.heartbeat):
                try:
                    with self._database.transaction(claim.organization_id) as transaction:
                        ours = runs.heartbeat(transaction, claim, lease_seconds=self._pace.lease)
                except SegmentEngineError as error:
                    log.warning("heartbeat of run %s failed: %s", claim.run_id, error)
                    continue  # the lease may pass; then the fence stops the publishing
                if not ours:
                    self._cancel_statement()
                    return

        thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    @contextmanager
    def _statement(self, connection: Connection) -> Generator[None]:
        self._current = connection
        try:
            yield
        finally:
            self._current = None

    def _cancel_statement(self) -> None:
        connection = self._current
        if connection is not None:
            driver = connection.connection.driver_connection
            if driver is not None:
                driver.cancel_safe()

    def _listen(self) -> None:
        """Wake up as soon as a run is queued; polling stays the net when this connection breaks."""
        while not self._stopping.is_set():
            try:
                for _ in self._database.notifications("segment_runs", seconds=self._pace.poll):
                    self._wake.set()
            except SegmentEngineError:
                self._stopping.wait(self._pace.poll)


def _stored_criteria(document: dict[str, object], catalog: Catalog) -> Criteria:
    """Parse criteria that were fine when they were saved: what is wrong now is what they refer to.

    Raises: Unresolved, saying what is gone and what to do.
    """
    try:
        return parse_criteria(document, catalog)
    except CriteriaError as error:
        gone = " ".join(dict.fromkeys(problem.sentence for problem in error.problems))
        advice = "Edit the criteria, or import the missing data again; the members of the last good run stay."
        raise Unresolved(f"{gone} {advice}") from error


def run_worker(settings: Settings, *, databases: Databases | None = None) -> None:
    """Work until SIGTERM or Ctrl-C; then the current run goes back into the queue.

    Raises: SettingsError, also where the login has too many rights; Unavailable when the database cannot be opened.
    """
    opened = databases or connect(settings)
    refuse_excess_rights(opened.worker, expected=WORKER_ROLE)
    worker = Worker(opened.worker, pace=Pace(lease=settings.lease_seconds, heartbeat=float(settings.heartbeat_seconds)))

    def end(_number: int, _frame: object) -> None:
        # Not inside the handler: it may have interrupted the very lock that stopping needs.
        threading.Thread(target=worker.stop, daemon=True).start()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    log.info("worker %s started", worker.name)
    worker.work()
    opened.close()
    log.info("worker %s stopped", worker.name)
