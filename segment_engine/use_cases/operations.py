"""Operations: what waits, who computes, what failed and why, what is out of date, and what it all takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from segment_engine.db import operations as rows
from segment_engine.db import workers
from segment_engine.db.session import Database
from segment_engine.domain.access import OrganizationContext, Permission, require
from segment_engine.domain.operations import (
    FailureGroup,
    RunQueue,
    StaleGroup,
    failure_groups,
    in_order,
)
from segment_engine.domain.pace import RunPace, every_day
from segment_engine.domain.segment import Verdict
from segment_engine.use_cases.ending_runs import outlook

MOST_RUNS = 1_000


@dataclass(frozen=True, slots=True)
class OperationsFigures:
    """The figures that stand above everything: the work at this moment, and how many segments failed."""

    queue: RunQueue
    failed: int


class Operations:
    """The use cases around the work itself. Everything is read from what is stored; nothing is evaluated."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def figures(self, context: OrganizationContext, *, limit: int = MOST_RUNS) -> OperationsFigures:
        """Read the queue with its first `limit` runs, the workers, and how many segments failed.

        Raises: PermissionDenied.
        """
        require(context, Permission.SEGMENTS_VIEW)
        organization_id = context.organization_id
        with self._database.transaction(organization_id, read_only=True, snapshot=True) as transaction:
            size = rows.queue_size(transaction, organization_id)
            known = workers.find(transaction)
            runs = rows.queue(transaction, organization_id, limit=limit)
            failed = rows.failed_count(transaction, organization_id)
        unordered = RunQueue(size.waiting, size.processing, size.longest_wait, (), known)
        ordered = in_order(runs, workers=unordered.live_workers)
        return OperationsFigures(RunQueue(size.waiting, size.processing, size.longest_wait, ordered, known), failed)

    def failures(self, context: OrganizationContext) -> tuple[FailureGroup, ...]:
        """Group the segments whose last run failed by cause, the cause with the most segments first.

        Raises: PermissionDenied.
        """
        require(context, Permission.SEGMENTS_VIEW)
        with self._database.transaction(context.organization_id, read_only=True) as transaction:
            return failure_groups(rows.failed(transaction, context.organization_id))

    def stale(self, context: OrganizationContext) -> tuple[StaleGroup, ...]:
        """Group the active segments whose members are out of date by reason, the worst reason first.

        Raises: PermissionDenied.
        """
        require(context, Permission.SEGMENTS_VIEW)
        with self._database.transaction(context.organization_id, read_only=True) as transaction:
            return rows.stale(transaction, context.organization_id)

    def pace(self, context: OrganizationContext, *, limit: int = 50) -> RunPace:
        """Read how long runs of the last 30 days took and waited, day by day, and which segments cost most.

        Raises: PermissionDenied.
        """
        require(context, Permission.SEGMENTS_VIEW)
        organization_id = context.organization_id
        with self._database.transaction(organization_id, read_only=True) as transaction:
            today, zone = rows.calendar_day(transaction, organization_id)
            days = every_day(rows.days(transaction, organization_id, until=today, zone=zone), today)
            costs, seconds = rows.costs(transaction, organization_id, limit=limit)
            return RunPace(days, costs, seconds, rows.used(transaction, organization_id))

    def rehearse_cancel(self, context: OrganizationContext, run_ids: Sequence[UUID]) -> tuple[Verdict, ...]:
        """Tell of each run what cancelling would do to it, by the name of its segment; nothing is changed.

        Raises: PermissionDenied, LimitExceeded for more than 1,000 runs.
        """
        require(context, Permission.SEGMENTS_RECALCULATE)
        with self._database.transaction(context.organization_id, read_only=True) as transaction:
            return outlook(transaction, context, run_ids)
