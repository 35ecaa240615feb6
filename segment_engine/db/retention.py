"""Retention: how long history is kept, and the removal of what is older, portion by portion."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from segment_engine.db.queries import load_queries
from segment_engine.db.session import Transaction
from segment_engine.domain.checks import MOST_EARLIER

_QUERIES = load_queries("retention")


def due(transaction: Transaction, *, now: datetime) -> int | None:
    """Take the organization that was not swept for longest; None when all were within a day."""
    return transaction.scalar(_QUERIES["due"], {"now": now})


def kept(transaction: Transaction, organization_id: int) -> tuple[int, int]:
    """Read for how long history and runs are kept. Units: days."""
    row = transaction.the(_QUERIES["kept"], {"organization": organization_id})
    return row.history_days, row.runs_kept_days


def mergeable(
    transaction: Transaction, organization_id: int, *, now: datetime, days: int
) -> tuple[tuple[UUID, int], ...]:
    """List the segments with older history, each with the result up to which it is no longer needed."""
    values = {"organization": organization_id, "now": now, "days": days}
    return tuple((row.segment_id, row.until) for row in transaction.rows(_QUERIES["mergeable"], values))


def merge(transaction: Transaction, organization_id: int, segment_id: UUID, *, until: int, results: int) -> int | None:
    """Forget what changed up to a result, at most so many results at once. Gives up to where; None when all is done."""
    own = {"organization": organization_id, "segment": segment_id}
    merged = transaction.scalar(_QUERIES["hold"], own)
    if merged is None or merged >= until:
        return None
    reached = min(until, merged + results)
    values = {**own, "until": reached}
    transaction.run(_QUERIES["forget_changes"], values)
    transaction.run(_QUERIES["forget_causes"], values)
    transaction.run(_QUERIES["note"], values)
    return reached


def forget_runs(transaction: Transaction, organization_id: int, *, now: datetime, days: int, limit: int) -> int:
    """Remove old runs that nothing needs, with their steps. Units: runs removed."""
    values = {"organization": organization_id, "now": now, "days": days, "limit": limit}
    return transaction.run(_QUERIES["forget_runs"], {**values, "results": MOST_EARLIER})


def forget_alerts(transaction: Transaction, organization_id: int, *, now: datetime, days: int, limit: int) -> int:
    """Remove alerts that have been over for long. Units: alerts removed."""
    values = {"organization": organization_id, "now": now, "days": days, "limit": limit}
    return transaction.run(_QUERIES["forget_alerts"], values)
