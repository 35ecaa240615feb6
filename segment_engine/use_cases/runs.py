"""Runs: request, read, cancel. Computing them is the worker's business."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from segment_engine.db import audit, references, runs
from segment_engine.db.session import Database, Transaction
from segment_engine.domain.access import OrganizationContext, Permission, require
from segment_engine.domain.run import Run, RunReason
from segment_engine.domain.segment import Verdict
from segment_engine.errors import IllegalTransition, NotFound
from segment_engine.use_cases import ending_runs
from segment_engine.use_cases.label_acts import at_once, recalculate
from segment_engine.worker import ordering


class Runs:
    """The use cases around runs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def request(
        self, context: OrganizationContext, segment_id: UUID, *, as_of: datetime | None = None, read_first: bool = False
    ) -> Run:
        """Record a run and return at once; when one waits or works for the segment already, that one is returned.

        Shape: with `read_first`, what it reads gets a run before it where that is outdated, as for a schedule; not for
            a moment that is given, because what it reads is only ever calculated as of now.
        Units: `as_of` in UTC, by default the moment the first attempt starts.
        Raises: PermissionDenied, NotFound.
        """
        require(context, Permission.SEGMENTS_RECALCULATE)
        organization_id = context.organization_id
        with self._database.transaction(organization_id) as transaction:
            made = _read_first(transaction, context, segment_id) if read_first and as_of is None else ()
            run_id, is_new = runs.request(
                transaction, organization_id, segment_id=segment_id, reason=RunReason.REQUESTED,
                person_id=context.person_id, as_of=as_of,
            )  # fmt: skip
            found = None if run_id is None else runs.get(transaction, organization_id, run_id)
            if found is None:
                raise NotFound
            if is_new or segment_id in made:
                audit.record(
                    transaction, context, action="run.request", object_kind="segment", object_id=segment_id,
                    detail={"run": str(run_id)},
                )  # fmt: skip
            return found

    def request_many(self, context: OrganizationContext, segment_ids: Sequence[UUID]) -> tuple[Verdict, ...]:
        """Record a run for each of many segments, what is read before what reads it, and return at once.

        Raises: PermissionDenied, LimitExceeded for more than 1,000 segments.
        """
        require(context, Permission.SEGMENTS_RECALCULATE)
        wanted = at_once(segment_ids)
        with self._database.transaction(context.organization_id) as transaction:
            return recalculate(transaction, context, wanted)

    def cancel_many(self, context: OrganizationContext, run_ids: Sequence[UUID]) -> tuple[Verdict, ...]:
        """End the runs that wait or work, and say of each what happened; the members published before stay.

        Raises: PermissionDenied, LimitExceeded for more than 1,000 runs.
        """
        require(context, Permission.SEGMENTS_RECALCULATE)
        with self._database.transaction(context.organization_id) as transaction:
            return ending_runs.cancel(transaction, context, run_ids)

    def get(self, context: OrganizationContext, run_id: UUID) -> Run:
        """Read one run. Raises: PermissionDenied, NotFound."""
        require(context, Permission.SEGMENTS_VIEW)
        with self._database.transaction(context.organization_id, read_only=True) as transaction:
            found = runs.get(transaction, context.organization_id, run_id)
        if found is None:
            raise NotFound
        return found

    def find(self, context: OrganizationContext, segment_id: UUID, *, limit: int = 60) -> tuple[Run, ...]:
        """List the runs of a segment, newest first. Raises: PermissionDenied."""
        require(context, Permission.SEGMENTS_VIEW)
        with self._database.transaction(context.organization_id, read_only=True) as transaction:
            return runs.find(transaction, context.organization_id, segment_id, limit=limit)

    def cancel(self, context: OrganizationContext, run_id: UUID) -> Run:
        """End a run that waits or works; the members published before stay.

        Raises: PermissionDenied, NotFound, IllegalTransition when it had ended already.
        """
        require(context, Permission.SEGMENTS_RECALCULATE)
        organization_id = context.organization_id
        with self._database.transaction(organization_id) as transaction:
            cancelled = runs.cancel(transaction, organization_id, run_id)
            found = runs.get(transaction, organization_id, run_id)
            if found is None:
                raise NotFound
            if not cancelled:
                raise IllegalTransition(f"This run has ended already ({found.status.value}). Reload to see its result.")
            audit.record(transaction, context, action="run.cancel", object_kind="run", object_id=run_id)
            return found


def _read_first(transaction: Transaction, context: OrganizationContext, segment_id: UUID) -> Collection[UUID]:
    """Request a run after those of what it reads; gives the segments that got a new one."""
    references.one_at_a_time(transaction, context.organization_id)
    world = ordering.look(transaction, context.organization_id, (segment_id,))
    wanted = {segment_id: RunReason.REQUESTED}
    made = ordering.request_in_order(transaction, world, wanted, person_id=context.person_id)
    others = {each: run_id for each, run_id in made.items() if each != segment_id}
    audit.record_each(
        transaction, context, action="run.request", object_kind="segment",
        objects={each: {"run": str(run_id), "for": str(segment_id)} for each, run_id in others.items()},
    )  # fmt: skip
    return made
