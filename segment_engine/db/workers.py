"""Workers: who computes, and when each was heard of last. They belong to no organization."""

from __future__ import annotations

from segment_engine.db.queries import load_queries
from segment_engine.db.session import Transaction
from segment_engine.domain.operations import KnownWorker

_QUERIES = load_queries("workers")
DAYS_REMEMBERED = 7


def beat(transaction: Transaction, worker: str, *, runs_done: int) -> None:
    """Write down that a worker lives at this moment, and how many runs it has brought to an end."""
    transaction.run(_QUERIES["beat"], {"worker": worker, "runs_done": runs_done})


def stop(transaction: Transaction, worker: str, *, runs_done: int) -> None:
    """Write down that a worker ended on purpose."""
    transaction.run(_QUERIES["stop"], {"worker": worker, "runs_done": runs_done})


def sweep(transaction: Transaction) -> int:
    """Forget the workers that have been silent for days. Units: workers forgotten."""
    return transaction.run(_QUERIES["sweep"], {"days": DAYS_REMEMBERED})


def keeps_nothing(transaction: Transaction) -> bool:
    """Whether the server would lose its data in a power cut, as only one that is thrown away may."""
    return bool(transaction.scalar(_QUERIES["keeps_nothing"]))


def find(transaction: Transaction) -> tuple[KnownWorker, ...]:
    """List the workers, those that live first."""
    return tuple(
        KnownWorker(row.worker, row.started_at, row.seen_at, row.stopped_at, row.runs_done, float(row.silent_seconds))
        for row in transaction.rows(_QUERIES["find"])
    )
