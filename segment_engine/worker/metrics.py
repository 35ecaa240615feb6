"""Figures of one worker for Prometheus. No label names an organization, a segment or a person."""

from __future__ import annotations

import logging
import platform
import threading
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from segment_engine.db import metrics as figures
from segment_engine.db.members import Published
from segment_engine.db.session import Database
from segment_engine.domain.failures import causes
from segment_engine.domain.run import Claim
from segment_engine.errors import SegmentEngineError

log = logging.getLogger(__name__)

# How a run ended, as this worker saw it.
OUTCOMES = ("published", "withheld", "failed", "waits_again", "lost", "crashed")
OTHER_CAUSE = "other"
SECONDS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3600)
# A loop that has not come round for so long, beyond its own pause, does not live any more.
PATIENCE_SECONDS = 60.0


@dataclass(slots=True)
class WatchedRun:
    """How a run ends; filled in by whoever computes it. Units: contacts."""

    outcome: str = "crashed"
    cause: str = ""
    counts: Mapping[str, int] = field(default_factory=dict[str, int])

    def published(self, found: Published | None) -> None:
        """Note what was published; nothing where a check withheld it."""
        if found is None:
            self.outcome, self.cause = "withheld", "check_failed"
            return
        self.outcome = "published"
        self.counts = {"members": found.member_count, "joined": found.joined, "left": found.departed}


class WorkerMetrics:
    """What a worker has done since it started, and what waits. One a worker, shared by its threads."""

    def __init__(self, *, clock: float | None = None) -> None:
        self.registry = CollectorRegistry()
        self._lock = threading.Lock()
        self._beats: dict[str, tuple[float, float]] = {}
        self._started = time.monotonic() if clock is None else clock
        one = self.registry
        self._claimed = Counter("segment_runs_claimed", "Runs that this worker has taken.", registry=one)
        self._ended = Counter(
            "segment_runs_ended", "Runs that ended here, by outcome and cause.", ["outcome", "cause"], registry=one
        )
        self._seconds = Histogram("segment_run_seconds", "From claim to end of a run.", buckets=SECONDS, registry=one)
        self._lost = Counter(
            "segment_leases_lost", "Runs that another worker took over, or that were cancelled.", registry=one
        )
        self._deliveries = Counter(
            "segment_deliveries", "Messages about alerts, by what became of them.", ["outcome"], registry=one
        )
        self._chores = Counter(
            "segment_chores", "What is done beside computing, by name and result.", ["chore", "result"], registry=one
        )
        build = Gauge("segment_build_info", "What runs here.", ["python"], registry=one)
        build.labels(platform.python_version()).set(1)

    @contextmanager
    def run(self, claim: Claim) -> Generator[WatchedRun]:
        """Count and log a run from its claim to its end; whoever computes it says how it ended."""
        watched, begun = WatchedRun(), time.monotonic()
        fields: dict[str, object] = {
            "run": str(claim.run_id), "segment": str(claim.segment_id), "organization": claim.organization_id,
            "attempt": claim.attempt,
        }  # fmt: skip
        log.info("run %s begins", claim.run_id, extra=fields)
        self._claimed.inc()
        try:
            yield watched
        finally:
            seconds = time.monotonic() - begun
            self._seconds.observe(seconds)
            self._ended.labels(watched.outcome, bounded(watched.cause)).inc()
            if watched.outcome == "lost":
                self._lost.inc()
            told = {"outcome": watched.outcome, "cause": watched.cause or None, "seconds": round(seconds, 3)}
            log.info("run %s ends: %s", claim.run_id, watched.outcome, extra={**fields, **told, **watched.counts})

    def delivered(self, outcomes: Mapping[str, int]) -> None:
        """Count messages by what became of them."""
        for outcome, number in outcomes.items():
            self._deliveries.labels(outcome).inc(number)

    def chore(self, name: str, result: str) -> None:
        """Count one turn of something that is done again and again."""
        self._chores.labels(name, result).inc()

    # Living ----------------------------------------------------------------------------------------------------------

    def beat(self, loop: str, *, pause: float) -> None:
        """Note that a loop came round, and how long its pause may last. Units: seconds."""
        with self._lock:
            self._beats[loop] = (time.monotonic(), pause)

    def hanging(self, *, now: float | None = None) -> tuple[str, ...]:
        """List the loops that should have come round and did not; none before the first one has."""
        moment = time.monotonic() if now is None else now
        with self._lock:
            return tuple(
                sorted(loop for loop, (seen, pause) in self._beats.items() if moment - seen > pause + PATIENCE_SECONDS)
            )

    def text(self, database: Database | None = None) -> bytes:
        """Write all figures in the format of Prometheus, with what waits in the database where that answers."""
        told = generate_latest(self.registry)
        if database is None:
            return told
        waiting = CollectorRegistry()
        waiting.register(_Backlog(database))
        return told + generate_latest(waiting)


class _Backlog(Collector):
    """What waits, read when it is asked for."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def describe(self) -> list[GaugeMetricFamily]:
        """Name nothing in advance: registering asks no database."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Read the figures; where the database does not answer, say that alone."""
        up = "Whether the database answered."
        try:
            with self._database.transaction(read_only=True) as transaction:
                found = figures.backlog(transaction)
        except SegmentEngineError as error:
            log.warning("figures could not be read: %s", error)
            yield GaugeMetricFamily("segment_database_up", up, 0)
            return
        yield GaugeMetricFamily("segment_database_up", up, 1)
        yield GaugeMetricFamily("segment_queue_runs", "Runs of anybody that wait.", found.waiting)
        yield GaugeMetricFamily("segment_queue_processing", "Runs of anybody that are computed.", found.processing)
        yield GaugeMetricFamily("segment_queue_oldest_seconds", "How long the oldest has waited.", found.oldest_seconds)
        yield GaugeMetricFamily("segment_deliveries_waiting", "Messages that could go out.", found.undelivered)


_CAUSES = frozenset(cause.code for cause in causes())


def bounded(cause: str) -> str:
    """Keep the causes that are known; a label must not take values that nobody has thought of."""
    return cause if cause in _CAUSES or not cause else OTHER_CAUSE
