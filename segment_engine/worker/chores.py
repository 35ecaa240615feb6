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


def sweep_all(database: Database, *, stopping: Callable[[], bool] = lambda: False) -> None:
    """Remove old history of every organization whose turn it is."""
    while sweep(database, stopping=stopping) is not None:
        pass


MESSAGES, OLD_HISTORY = "messages", "old history"
_PAUSES = {"schedules": SECONDS_BETWEEN, "troubles": 5.0, OLD_HISTORY: 600.0, MESSAGES: 5.0}
CHORES: tuple[Chore, ...] = (
    Chore("schedules", _PAUSES["schedules"], tick),
    Chore("troubles", _PAUSES["troubles"], look),
    Chore(OLD_HISTORY, _PAUSES[OLD_HISTORY], sweep_all),
)


def chores_of(settings: Settings, metrics: WorkerMetrics) -> tuple[Chore, ...]:
    """Give all chores of a worker: those that need settings as well."""
    post = Post.of(settings)

    def alive(name: str) -> Callable[[], bool]:
        # Asked before every portion whether to stop: whoever works through much is not one that hangs.
        def goes_on() -> bool:
            metrics.beat(name, pause=_PAUSES[name])
            return False

        return goes_on

    def messages(database: Database) -> None:
        metrics.delivered(deliver(database, post, stopping=alive(MESSAGES)))

    long = {OLD_HISTORY: Chore(OLD_HISTORY, _PAUSES[OLD_HISTORY], partial(sweep_all, stopping=alive(OLD_HISTORY)))}
    return (*(long.get(chore.name, chore) for chore in CHORES), Chore(MESSAGES, _PAUSES[MESSAGES], messages))


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
