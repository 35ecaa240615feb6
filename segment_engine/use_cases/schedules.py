"""Schedules: when segments are calculated by themselves, and why some are not at this moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from segment_engine.db import audit
from segment_engine.db import schedules as rows
from segment_engine.db.session import Database, Transaction
from segment_engine.db.standing import of_segments
from segment_engine.domain.access import OrganizationContext, Permission, require
from segment_engine.domain.schedules import (
    Due,
    Schedule,
    ScheduledSegment,
    SchedulesPause,
    checked,
    due_after,
)
from segment_engine.domain.segment import SegmentId, SegmentState, Verdict
from segment_engine.errors import NotFound, StaleVersion
from segment_engine.use_cases.label_acts import at_once
from segment_engine.use_cases.state_acts import unknown
from segment_engine.worker.ordering import OUTDATED


@dataclass(frozen=True, slots=True)
class ScheduleReport:
    """Every schedule of an organization, suspended ones first, then by when they are due; and whether all pause."""

    pause: SchedulesPause | None
    scheduled: tuple[ScheduledSegment, ...]


class Schedules:
    """The use cases around schedules. What is due is taken up by workers."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, context: OrganizationContext, segment_id: UUID) -> ScheduledSegment:
        """Read how a segment is scheduled; without a schedule it is calculated by hand only.

        Raises: PermissionDenied, NotFound.
        """
        require(context, Permission.SEGMENTS_VIEW)
        with self._database.transaction(context.organization_id, read_only=True) as transaction:
            return _read(transaction, context, segment_id)

    def report(self, context: OrganizationContext) -> ScheduleReport:
        """List every schedule outside the archive, with how it stands. Raises: PermissionDenied."""
        require(context, Permission.SEGMENTS_VIEW)
        organization_id = context.organization_id
        with self._database.transaction(organization_id, read_only=True, snapshot=True) as transaction:
            return ScheduleReport(rows.pause(transaction, organization_id), rows.find(transaction, organization_id))

    def suspended(self, context: OrganizationContext) -> int:
        """Count the schedules that are suspended. Raises: PermissionDenied."""
        require(context, Permission.SEGMENTS_VIEW)
        with self._database.transaction(context.organization_id, read_only=True) as transaction:
            return rows.suspended_count(transaction, context.organization_id)

    def set(
        self, context: OrganizationContext, segment_id: UUID, schedule: Schedule, *, expected_revision: int
    ) -> ScheduledSegment:
        """Give a segment a schedule, or another one; `expected_revision` is that of the one that was read, 0 for none.

        Shape: a suspension stays. One that follows the data and whose segment is out of date is due at once.
        Raises: PermissionDenied, NotFound, InputError, StaleVersion when someone changed it in between.
        """
        require(context, Permission.SEGMENTS_EDIT)
        wanted = checked(schedule)
        with self._database.transaction(context.organization_id) as transaction:
            held = _read(transaction, context, segment_id)
            kept = rows.put(
                transaction, context.organization_id, segment_id, wanted, revision=expected_revision,
                due=_first_due(transaction, context, held, wanted), person_id=context.person_id,
            )  # fmt: skip
            if not kept:
                raise _changed(_read(transaction, context, segment_id))
            _record(transaction, context, "schedule.set", held, {"schedule": wanted.sentence})
            return _read(transaction, context, segment_id)

    def remove(self, context: OrganizationContext, segment_id: UUID, *, expected_revision: int) -> ScheduledSegment:
        """Calculate a segment by hand only from now on; without a schedule nothing changes.

        Raises: PermissionDenied, NotFound, StaleVersion when someone changed it in between.
        """
        require(context, Permission.SEGMENTS_EDIT)
        with self._database.transaction(context.organization_id) as transaction:
            held = _read(transaction, context, segment_id)
            if held.schedule is not None:
                if not rows.remove(transaction, context.organization_id, segment_id, revision=expected_revision):
                    raise _changed(_read(transaction, context, segment_id))
                _record(transaction, context, "schedule.remove", held, {"schedule": held.schedule.sentence})
            return _read(transaction, context, segment_id)

    def resume(self, context: OrganizationContext, segment_ids: Sequence[UUID]) -> tuple[Verdict, ...]:
        """Keep suspended schedules again, and say of each what happened; what became due meanwhile is one run.

        Raises: PermissionDenied, LimitExceeded for more than 1,000 segments.
        """
        require(context, Permission.SEGMENTS_EDIT)
        wanted = at_once(segment_ids)
        organization_id = context.organization_id
        with self._database.transaction(organization_id) as transaction:
            names = rows.names(transaction, organization_id, wanted)
            resumed = rows.resume(transaction, organization_id, list(names), person_id=context.person_id)
            audit.record_each(
                transaction, context, action="schedule.resume", object_kind="segment",
                objects={each: {"name": names[each]} for each in wanted if each in resumed},
            )  # fmt: skip
        return tuple(_verdict(each, names, resumed=each in resumed) for each in wanted)

    def pause_all(self, context: OrganizationContext) -> SchedulesPause | None:
        """Let no schedule of the organization start anything; runs there are go on. Raises: PermissionDenied."""
        require(context, Permission.SOURCES_MANAGE)
        organization_id = context.organization_id
        with self._database.transaction(organization_id) as transaction:
            if rows.pause_all(transaction, organization_id, person_id=context.person_id):
                _record_all(transaction, context, "schedules.pause")
            return rows.pause(transaction, organization_id)

    def resume_all(self, context: OrganizationContext) -> SchedulesPause | None:
        """Keep the schedules of the organization again; what became due is one run each. Raises: PermissionDenied."""
        require(context, Permission.SOURCES_MANAGE)
        organization_id = context.organization_id
        with self._database.transaction(organization_id) as transaction:
            if rows.resume_all(transaction, organization_id):
                _record_all(transaction, context, "schedules.resume")
            return rows.pause(transaction, organization_id)


def begin_schedule(
    transaction: Transaction, context: OrganizationContext, segment_id: UUID, schedule: Schedule
) -> None:
    """Give a segment its schedule in the transaction that creates it.

    Shape: one that follows the data is due when they change; what is there now is read by the first run, which waits.
    """
    held = _read(transaction, context, segment_id)
    due = Due(due_after(schedule, held.segment_id, held.now))
    rows.put(
        transaction, context.organization_id, segment_id, schedule, revision=held.revision, due=due,
        person_id=context.person_id,
    )  # fmt: skip
    _record(transaction, context, "schedule.set", held, {"schedule": schedule.sentence})


def _read(transaction: Transaction, context: OrganizationContext, segment_id: UUID) -> ScheduledSegment:
    found = rows.get(transaction, context.organization_id, segment_id)
    if found is None:
        raise NotFound
    return found


def _first_due(transaction: Transaction, context: OrganizationContext, held: ScheduledSegment, wanted: Schedule) -> Due:
    """Say when a new schedule is due; data that came before it was set count where no run has seen them."""
    if wanted.by_clock:
        return Due(due_after(wanted, held.segment_id, held.now))
    if held.due_since is not None:
        return Due(held.next_due_at, held.due_since, held.due_reason)
    if held.state is not SegmentState.ACTIVE:
        return Due(None, held.now, "source")  # nobody judges what nobody may use: looked at once it is active
    standing = of_segments(transaction, context.organization_id, (held.segment_id,)).get(held.segment_id)
    codes = frozenset(reason.code for reason in standing.reasons) if standing else frozenset[str]()
    return Due(held.now, held.now, "source") if codes & OUTDATED else Due(None)


def _changed(now: ScheduledSegment) -> StaleVersion:
    if now.schedule is None:
        return StaleVersion("Somebody took this schedule away in between. Reload to see how it stands now.")
    by = f" by {now.updated_by}" if now.updated_by else ""
    return StaleVersion(f"This schedule was changed{by} in between: “{now.schedule.sentence}”. Reload to see it.")


def _record(
    transaction: Transaction, context: OrganizationContext, action: str, held: ScheduledSegment,
    detail: dict[str, object],
) -> None:  # fmt: skip
    audit.record(
        transaction, context, action=action, object_kind="segment", object_id=held.segment_id,
        detail={"name": held.name, **detail},
    )  # fmt: skip


def _record_all(transaction: Transaction, context: OrganizationContext, action: str) -> None:
    audit.record(transaction, context, action=action, object_kind="organization", object_id=context.organization_id)


def _verdict(segment_id: UUID, names: dict[UUID, str], *, resumed: bool) -> Verdict:
    if segment_id not in names:
        return unknown(segment_id)
    reason = "is calculated by its schedule again" if resumed else "was not suspended"
    return Verdict(SegmentId(segment_id), names[segment_id], done=True, reason=reason, changed=resumed)
