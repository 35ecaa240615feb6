"""Sweeping: removes history that is older than an organization keeps, once a day, in small portions.

Every portion is a transaction of its own that holds one segment at most, so that calculations hardly notice. It may end
after any of them: what is left is removed the next day. What can still be asked for answers as before
(docs/operations.md).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from segment_engine.db import retention
from segment_engine.db.session import Database, Transaction
from segment_engine.errors import Conflict

log = logging.getLogger(__name__)

RESULTS_AT_ONCE = 50
ROWS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep removed. Units: segments whose history was merged, runs, alerts."""

    organization_id: int
    segments: int
    runs: int
    alerts: int


def sweep(
    database: Database, *, now: datetime | None = None, stopping: Callable[[], bool] = lambda: False
) -> Swept | None:
    """Sweep the organization whose turn it is; None when every one was swept within a day.

    Shape: `now` stands in for the database's clock. A segment that is being published for long is left for tomorrow.
    Raises: Unavailable when the database cannot be reached.
    """
    with database.transaction() as transaction:
        moment = now or transaction.now()
        organization_id = retention.due(transaction, now=moment)
    if organization_id is None:
        return None
    with database.transaction(organization_id, read_only=True) as transaction:
        history_days, runs_days = retention.kept(transaction, organization_id)
        found = retention.mergeable(transaction, organization_id, now=moment, days=history_days)
    merged = sum(_merge(database, organization_id, segment_id, until, stopping) for segment_id, until in found)

    def runs(transaction: Transaction) -> int:
        return retention.forget_runs(transaction, organization_id, now=moment, days=runs_days, limit=ROWS_AT_ONCE)

    def alerts(transaction: Transaction) -> int:
        return retention.forget_alerts(transaction, organization_id, now=moment, days=runs_days, limit=ROWS_AT_ONCE)

    swept = Swept(
        organization_id, merged, _portions(database, organization_id, runs, stopping),
        _portions(database, organization_id, alerts, stopping),
    )  # fmt: skip
    if swept.segments or swept.runs or swept.alerts:
        fields = {"organization": organization_id, "segments": swept.segments, "runs": swept.runs}
        log.info("old history was removed", extra={**fields, "alerts": swept.alerts})
    return swept


def _merge(database: Database, organization_id: int, segment_id: UUID, until: int, stopping: Callable[[], bool]) -> int:
    """Forget the older changes of one segment. Gives 1 when all of it was done."""
    while not stopping():
        try:
            with database.transaction(organization_id) as transaction:
                reached = retention.merge(
                    transaction, organization_id, segment_id, until=until, results=RESULTS_AT_ONCE
                )
        except Conflict as error:
            log.info("history of segment %s is left for tomorrow: %s", segment_id, error)
            return 0
        if reached is None or reached >= until:
            return 1
    return 0


def _portions(
    database: Database, organization_id: int, remove: Callable[[Transaction], int], stopping: Callable[[], bool]
) -> int:
    removed = 0
    while not stopping():
        with database.transaction(organization_id) as transaction:
            portion = remove(transaction)
        removed += portion
        if not portion:
            break
    return removed
