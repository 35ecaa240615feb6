"""Figures of the whole installation, as a worker may see them: counts and ages, of nobody in particular."""

from __future__ import annotations

from dataclasses import dataclass

from segment_engine.db.queries import load_queries
from segment_engine.db.session import Transaction

_QUERIES = load_queries("metrics")


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits at this moment. Units: runs, runs, seconds, messages."""

    waiting: int
    processing: int
    oldest_seconds: float
    undelivered: int


def backlog(transaction: Transaction) -> Backlog:
    """Count what waits, of every organization together."""
    row = transaction.the(_QUERIES["queue"])
    undelivered = int(transaction.scalar(_QUERIES["outbox"]))
    return Backlog(row.waiting, row.processing, max(float(row.oldest), 0.0), undelivered)


def applied(transaction: Transaction) -> int:
    """Count the migrations that the database has."""
    return int(transaction.scalar(_QUERIES["applied"]))
