"""The worker: claim, compute, publish. It owns a run only while its attempt is the newest and its lease fresh."""

from __future__ import annotations

import logging
import os
import secrets
import signal
import socket
import threading
from collections.abc import Callable

from segment_engine.databases import WORKER_ROLE, Databases, connect, refuse_excess_rights
from segment_engine.db import runs, workers
from segment_engine.db.session import Database
from segment_engine.domain.run import Claim
from segment_engine.errors import Incident, LeaseLost, SegmentEngineError, SettingsError
from segment_engine.logs import note_incident
from segment_engine.settings import Settings
from segment_engine.worker.chores import CHORES, Chore, chores_of, look_after
from segment_engine.worker.computing import Computed, Ending, Passing, compute, pass_by
from segment_engine.worker.concluding import Conclusion
from segment_engine.worker.health import answering
from segment_engine.worker.metrics import WatchedRun, WorkerMetrics
from segment_engine.worker.pace import Pace
from segment_engine.worker.publishing import publish
from segment_engine.worker.repeating import PATIENCE_SECONDS, repeating

log = logging.getLogger(__name__)

# After a claim that found nothing the next look comes soon, then later and later: another worker may just have held
# the organization, or a run that others wait for may just have ended.
FIRST_PAUSE_SECONDS = 0.02
# Stopping: so long for a publishing that has begun, and so long before the process ends whatever hangs.
PUBLISHING_SECONDS = 2.5
LAST_SECONDS = 4.5


class Worker:
    """One worker. Run it in a process of its own; any number may work on one database.

    Shape: `work_once` computes at most one run and tells whether there was one; `work` goes on until `stop`.
    """

    def __init__(
        self, database: Database, *, pace: Pace | None = None, name: str | None = None, passing: Passing = pass_by,
        chores: tuple[Chore, ...] = CHORES, metrics: WorkerMetrics | None = None,
    ) -> None:  # fmt: skip
        self._database = database
        self._pace = pace or Pace()
        self.name = name or f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(2)}"
        self._passing = passing
        self._chores = chores
        self.metrics = metrics or WorkerMetrics()
        self._stopping = threading.Event()
        self._wake = threading.Event()
        self._ending = Ending()
        self._runs_done = 0

    def stop(self) -> None:
        """Claim nothing more and give the current run back, unless it is being published at this moment."""
        self._stopping.set()
        self._wake.set()
        self._ending.end()

    def hurry(self) -> None:
        """Give the current run back even if it is being published."""
        self._ending.end(at_any_rate=True)

    def work(self) -> None:
        """Work until stopped. Database trouble is waited out; it never ends the worker."""
        listener = threading.Thread(target=self._listen, name="segment-runs", daemon=True)
        listener.start()
        with (
            repeating("being seen", self._beat, seconds=self._pace.seen, at_once=True),
            look_after(self._database, self._chores, self.metrics),
        ):
            pause = FIRST_PAUSE_SECONDS
            while not self._stopping.is_set():
                self.metrics.beat("work", pause=self._pace.poll)
                if self._worked():
                    pause = FIRST_PAUSE_SECONDS
                    continue
                if self._wake.wait(min(pause, self._pace.poll)):
                    pause = FIRST_PAUSE_SECONDS
                self._wake.clear()
                pause *= 2
        self._say_goodbye()

    def _worked(self) -> bool:
        try:
            return self.work_once()
        except SegmentEngineError as error:
            # The words and not the error: a record that is kept would keep the connection it names, too.
            log.warning("waiting for the database: %s", str(error))
        except Exception as error:  # noqa: BLE001 - whatever it was, the next run has nothing to do with it
            note_incident(error, f"worker {self.name}")
        return False

    def work_once(self) -> bool:
        """Claim one run and bring it to an end, or back into the queue. False when none waits."""
        with self._database.transaction() as transaction:
            claim = runs.claim(transaction, worker=self.name, lease_seconds=self._pace.lease)
        if claim is None:
            return False
        if not isinstance(claim, Claim):
            return True  # a run whose workers vanished was ended
        self._passing("after_claim")
        self._ending = Ending()
        if self._stopping.is_set():
            self._ending.end()
        heart = repeating(f"heartbeat of run {claim.run_id}", self._heart_of(claim), seconds=self._pace.heartbeat)
        guard = repeating(f"line of run {claim.run_id}", self._guard_of(claim), seconds=self._pace.heartbeat)
        with self.metrics.run(claim) as watched, heart, guard:
            try:
                computed = self._compute(claim)
                found = publish(self._database, claim, computed, ending=self._ending, passing=self._passing)
                watched.published(found)
            except LeaseLost:
                watched.outcome = "lost"
                log.warning("run %s is no longer ours; nothing was published", claim.run_id)
            except SegmentEngineError as error:
                self._end(claim, error, watched)
            except Exception as error:  # noqa: BLE001 - one run must not end the worker
                self._end(claim, Incident(note_incident(error, f"run {claim.run_id}")), watched)
        self._passing("before_acknowledge")
        self._runs_done += 1
        return True

    def _compute(self, claim: Claim) -> Computed:
        return compute(self._database, claim, ending=self._ending, passing=self._passing)

    def _end(self, claim: Claim, error: SegmentEngineError, watched: WatchedRun) -> None:
        Conclusion(self._database, self._pace, self._stopping, claim, error, watched).write()

    # Being there ---------------------------------------------------------------------------------------------------

    def _beat(self) -> None:
        """Stand in the list of workers, busy or idle."""
        with self._database.transaction() as transaction:
            workers.beat(transaction, self.name, runs_done=self._runs_done)
            workers.sweep(transaction)

    def _say_goodbye(self) -> None:
        """Say that this worker ended on purpose; nobody waits long for a database that does not answer."""

        def stop() -> None:
            try:
                with self._database.transaction() as transaction:
                    workers.stop(transaction, self.name, runs_done=self._runs_done)
            except SegmentEngineError as error:
                log.warning("worker %s could not say that it ended: %s", self.name, error)

        farewell = threading.Thread(target=stop, name="goodbye", daemon=True)
        farewell.start()
        farewell.join(PATIENCE_SECONDS)

    def _heart_of(self, claim: Claim) -> Callable[[], bool]:
        """Prolong the lease on a connection of its own; a lost lease or a cancelled run ends the statement."""
        ending = self._ending

        def beat() -> bool:
            if self._is_dead(ending):
                return False
            # Before the database is asked: where it does not answer, ending this process mends nothing.
            self.metrics.beat("work", pause=self._pace.heartbeat)
            with self._database.transaction(claim.organization_id) as transaction:
                ours = runs.heartbeat(transaction, claim, lease_seconds=self._pace.lease)
            if not ours:
                ending.end()
            return ours

        return beat

    def _is_dead(self, ending: Ending) -> bool:
        """Tell whether the server should have answered long ago: it ends what takes longer, and says so."""
        limit = self._database.limits.statement / 1000
        return limit > 0 and ending.is_silent(longer_than=limit + self._pace.silence)

    def _guard_of(self, claim: Claim) -> Callable[[], bool]:
        """Break a dead line off, without asking anything of a server: the heart's own line may be dead as well."""
        ending = self._ending

        def look() -> bool:
            dead = self._is_dead(ending)
            if dead:
                log.error("nothing more was heard about run %s; its connection is given up", claim.run_id)
                ending.break_off()
            return not dead

        return look

    def _listen(self) -> None:
        """Wake up as soon as a run is queued; polling stays the net when this connection breaks."""
        while not self._stopping.is_set():
            try:
                for _ in self._database.notifications("segment_runs", seconds=self._pace.poll):
                    self._wake.set()
            except SegmentEngineError:
                self._stopping.wait(self._pace.poll)


def _passing(settings: Settings, database: Database) -> Passing:
    """Put the fault of the settings in its place. Raises: SettingsError where data could be lost."""
    if settings.fault is None:
        return pass_by
    with database.transaction() as transaction:
        if workers.keeps_nothing(transaction):
            return settings.fault.passing
    raise SettingsError("SEGMENT_ENGINE_FAULT breaks workers on purpose, and this server keeps its data; remove it.")


def run_worker(settings: Settings, *, databases: Databases | None = None) -> None:
    """Work until SIGTERM or Ctrl-C; then the current run goes back into the queue, and the process ends within 5 s.

    Raises: SettingsError, also where the login has too many rights; Unavailable when the database cannot be opened.
    """
    opened = databases or connect(settings)
    refuse_excess_rights(opened.worker, expected=WORKER_ROLE)
    pace = Pace(lease=settings.lease_seconds, heartbeat=float(settings.heartbeat_seconds))
    metrics = WorkerMetrics()
    worker = Worker(
        opened.worker, pace=pace, passing=_passing(settings, opened.worker), chores=chores_of(settings, metrics),
        metrics=metrics,
    )  # fmt: skip
    ended = threading.Event()

    def end() -> None:
        # Each in a thread of its own: to end a statement needs an answer of the server, which may never come.
        threading.Thread(target=worker.stop, daemon=True).start()
        if not ended.wait(PUBLISHING_SECONDS):
            threading.Thread(target=worker.hurry, daemon=True).start()
        if not ended.wait(LAST_SECONDS - PUBLISHING_SECONDS):
            log.error("worker %s hangs and is ended; its lease will pass", worker.name)
            os._exit(1)

    def hear(_number: int, _frame: object) -> None:
        # Not inside the handler: it may have interrupted the very lock that stopping needs.
        threading.Thread(target=end, daemon=True).start()

    signal.signal(signal.SIGTERM, hear)
    signal.signal(signal.SIGINT, hear)
    log.info("worker %s started", worker.name)
    with answering(opened.worker, metrics, port=settings.metrics_port, address=settings.outward.metrics_address):
        worker.work()
    opened.close()
    ended.set()
    log.info("worker %s stopped", worker.name)
