"""What every worker looks after beside computing, each in a thread of its own, so that no long run delays it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

from segment_engine.db.session import Database
from segment_engine.settings import Settings
from segment_engine.worker.delivering import Post, deliver
from segment_engine.worker.metrics import WorkerMetrics
from segment_engine.worker.repeating import repeating
from segment_engine.worker.scheduling import SECONDS_BETWEEN, tick
from segment_engine.worker.sweeping import sweep
from segment_engine.worker.watching import look


@dataclass(frozen=True, slots=True)
class Chore:
    """Something done again and again by every worker; several may do it at the same time.

    Units: `seconds` is the pause between two times.
    """

    name: str
    seconds: float
    act: Callable[[Database], object]


def sweep_all(database: Database) -> None:
    """Remove old history of every organization whose turn it is."""
    while sweep(database) is not None:
        pass


CHORES: tuple[Chore, ...] = (
    Chore("schedules", SECONDS_BETWEEN, tick),
    Chore("troubles", 5.0, look),
    Chore("old history", 600.0, sweep_all),
)


def chores_of(settings: Settings, metrics: WorkerMetrics) -> tuple[Chore, ...]:
    """Give all chores of a worker: those that need settings as well."""
    post = Post.of(settings)
    return (*CHORES, Chore("messages", 5.0, lambda database: metrics.delivered(deliver(database, post))))


def look_after(
    database: Database, chores: tuple[Chore, ...] = CHORES, metrics: WorkerMetrics | None = None
) -> ExitStack:
    """Begin the chores; they end with the `with` block that this is given to."""
    counted = metrics or WorkerMetrics()
    with ExitStack() as begun:
        for chore in chores:
            act = partial(_once, database, chore, counted)
            begun.enter_context(repeating(chore.name, act, seconds=chore.seconds, at_once=True))
        return begun.pop_all()


def _once(database: Database, chore: Chore, metrics: WorkerMetrics) -> None:
    metrics.beat(chore.name, pause=chore.seconds)
    try:
        chore.act(database)
    except Exception:
        metrics.chore(chore.name, "failed")
        raise
    metrics.chore(chore.name, "done")
