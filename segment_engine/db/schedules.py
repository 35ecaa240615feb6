"""Schedules of segments: kept by people, and taken up by workers when they are due."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from segment_engine.db.queries import load_queries
from segment_engine.db.session import Transaction
from segment_engine.domain.run_order import OrderFacts
from segment_engine.domain.schedules import (
    LONGEST_SETTLE_SECONDS,
    SETTLE_SECONDS,
    Due,
    Schedule,
    ScheduledSegment,
    ScheduleKind,
    SchedulesPause,
)
from segment_engine.domain.segment import SegmentId, SegmentState, SegmentStatus

_QUERIES = load_queries("schedules")
# Causes of failures that a result of the segment that is read puts an end to.
_OF_A_SEGMENT = ("reference_inactive", "reference_not_calculated", "reference_too_old")


# For people --------------------------------------------------------------------------------------------------------


def get(transaction: Transaction, organization_id: int, segment_id: UUID) -> ScheduledSegment | None:
    """Read how a segment is scheduled, also when it is not at all; None when there is no such segment."""
    row = transaction.one(_QUERIES["get"], {"organization": organization_id, "segment": segment_id})
    return None if row is None else _scheduled(row)


def find(transaction: Transaction, organization_id: int) -> tuple[ScheduledSegment, ...]:
    """List the schedules outside the archive: suspended ones first, then by when they are due."""
    return tuple(_scheduled(row) for row in transaction.rows(_QUERIES["find"], {"organization": organization_id}))


def _scheduled(row: Row[Any]) -> ScheduledSegment:
    return ScheduledSegment(
        SegmentId(row.segment_id), row.name, SegmentState(row.state), SegmentStatus(row.status), row.member_count,
        row.failed_in_row, None if row.kind is None else _schedule(row), row.next_due_at, row.last_due_at,
        row.due_since, row.due_reason, row.suspended_at, row.suspended_because, row.revision or 0, row.updated_at,
        row.updated_by_name, row.paused_at, row.now,
    )  # fmt: skip


def _schedule(row: Row[Any]) -> Schedule:
    return Schedule(ScheduleKind(row.kind), row.every_minutes, row.at_time, row.weekday, row.time_zone)


def pause(transaction: Transaction, organization_id: int) -> SchedulesPause | None:
    """Read since when the schedules of an organization are paused, and by whom; None while they are kept."""
    row = transaction.one(_QUERIES["pause"], {"organization": organization_id})
    if row is None or row.schedules_paused_at is None:
        return None
    return SchedulesPause(row.schedules_paused_at, row.paused_by_name)


def suspended_count(transaction: Transaction, organization_id: int) -> int:
    """Count the schedules that are suspended."""
    return int(transaction.scalar(_QUERIES["suspended_count"], {"organization": organization_id}))


def put(
    transaction: Transaction, organization_id: int, segment_id: UUID, schedule: Schedule, *, revision: int, due: Due,
    person_id: UUID,
) -> bool:  # fmt: skip
    """Give a segment a schedule, in place of the revision that was read; 0 for none. False when that is not true."""
    values = {
        "organization": organization_id,
        "segment": segment_id,
        "kind": schedule.kind.value,
        "every_minutes": schedule.every_minutes,
        "at_time": schedule.at_time,
        "weekday": schedule.weekday,
        "time_zone": schedule.time_zone,
        "next_due_at": due.at,
        "due_since": due.since,
        "due_reason": due.reason,
        "person": person_id,
    }
    if revision:
        return transaction.run(_QUERIES["change"], {**values, "revision": revision}) == 1
    return transaction.run(_QUERIES["add"], values) == 1


def remove(transaction: Transaction, organization_id: int, segment_id: UUID, *, revision: int) -> bool:
    """Take a schedule away; False when it is not the revision that was read."""
    values = {"organization": organization_id, "segment": segment_id, "revision": revision}
    return transaction.run(_QUERIES["remove"], values) == 1


def resume(
    transaction: Transaction, organization_id: int, segment_ids: Collection[UUID], *, person_id: UUID
) -> frozenset[UUID]:
    """End the suspension of schedules, so that they may fail as often again; gives those that were suspended."""
    values = {"organization": organization_id, "segments": list(segment_ids)}
    held = [row.segment_id for row in transaction.rows(_QUERIES["lock_suspended"], values)]
    chosen = {"organization": organization_id, "segments": held}
    resumed = frozenset(row.segment_id for row in transaction.rows(_QUERIES["resume"], {**chosen, "person": person_id}))
    transaction.run(_QUERIES["forgive"], {"organization": organization_id, "segments": list(resumed)})
    return resumed


def names(transaction: Transaction, organization_id: int, segment_ids: Collection[UUID]) -> dict[UUID, str]:
    """Name the segments that there are."""
    values = {"organization": organization_id, "segments": list(segment_ids)}
    return {row.segment_id: row.name for row in transaction.rows(_QUERIES["names"], values)}


def pause_all(transaction: Transaction, organization_id: int, *, person_id: UUID) -> bool:
    """Stop keeping the schedules of an organization; False when that was so already."""
    return transaction.run(_QUERIES["pause_all"], {"organization": organization_id, "person": person_id}) == 1


def resume_all(transaction: Transaction, organization_id: int) -> bool:
    """Keep the schedules of an organization again; False when that was so already."""
    return transaction.run(_QUERIES["resume_all"], {"organization": organization_id}) == 1


# For imports -------------------------------------------------------------------------------------------------------


def source_changed(transaction: Transaction, organization_id: int, data_source_id: UUID) -> int:
    """Make those due that follow this source, when its delivery has settled; gives how many they are."""
    values = {"organization": organization_id, "source": data_source_id}
    settle = {"settle": SETTLE_SECONDS, "longest_settle": LONGEST_SETTLE_SECONDS}
    return transaction.run(_QUERIES["source_changed"], {**values, **settle})


def criteria_changed(transaction: Transaction, organization_id: int, segment_id: UUID) -> int:
    """Make those due that follow what they read and evaluate these criteria live; gives how many they are."""
    values = {"organization": organization_id, "segment": segment_id}
    settle = {"settle": SETTLE_SECONDS, "longest_settle": LONGEST_SETTLE_SECONDS}
    return transaction.run(_QUERIES["criteria_changed"], {**values, **settle})


def in_order_again(transaction: Transaction, organization_id: int, segment_id: UUID) -> int:
    """Make those due that follow what they read and failed because of this segment, which has a result now."""
    values = {"organization": organization_id, "segment": segment_id, "causes": list(_OF_A_SEGMENT)}
    settle = {"settle": SETTLE_SECONDS, "longest_settle": LONGEST_SETTLE_SECONDS}
    return transaction.run(_QUERIES["in_order_again"], {**values, **settle})


# For workers -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DueSchedule:
    """A schedule that is due and held. Units: `now` is the clock of the database, in UTC."""

    segment_id: UUID
    schedule: Schedule
    due_at: datetime
    due_reason: str | None
    now: datetime


@dataclass(frozen=True, slots=True)
class StoredFacts:
    """What is stored about a segment that may need a run.

    Shape: `as_of` is that of the published result when it answers the current criteria, else None. `behind` when its
        own schedule was due after that result. `active_status` is that of the run that waits or works;
        `active_is_of_before` when somebody asked it to be as of a moment before they asked.
    """

    order: OrderFacts
    as_of: datetime | None
    behind: bool
    active_status: str | None
    active_is_of_before: bool = False


def due_organizations(transaction: Transaction, *, limit: int) -> tuple[int, ...]:
    """List the organizations with schedules that are due, whoever waits longest first; of no organization yet."""
    return tuple(row.organization_id for row in transaction.rows(_QUERIES["due_organizations"], {"limit": limit}))


def alone(transaction: Transaction, organization_id: int) -> bool:
    """Hold off every other tick of the organization, and acts on its references; False when one of them is at work."""
    return bool(transaction.scalar(_QUERIES["alone"], {"organization": organization_id}))


def room(transaction: Transaction, organization_id: int, *, most_waiting: int) -> int:
    """Read how many more runs may wait because of schedules."""
    return int(transaction.scalar(_QUERIES["room"], {"organization": organization_id, "most_waiting": most_waiting}))


def due(transaction: Transaction, organization_id: int, *, limit: int) -> tuple[UUID, ...]:
    """List what is due, the oldest first. Nothing is held."""
    rows = transaction.rows(_QUERIES["due"], {"organization": organization_id, "limit": limit})
    return tuple(row.segment_id for row in rows)


def take(transaction: Transaction, organization_id: int, segment_ids: Sequence[UUID]) -> tuple[DueSchedule, ...]:
    """Hold those that are still due, until the transaction ends; what others hold is left out."""
    rows = transaction.rows(_QUERIES["take"], {"organization": organization_id, "segments": list(segment_ids)})
    return tuple(DueSchedule(row.segment_id, _schedule(row), row.next_due_at, row.due_reason, row.now) for row in rows)


def move_on(
    transaction: Transaction, organization_id: int, taken: DueSchedule, *, next_due_at: datetime | None, missed: bool
) -> bool:
    """Make a schedule due at another time; False when it is not due as it was. `missed` keeps in mind what came."""
    values = {"organization": organization_id, "segment": taken.segment_id, "due_at": taken.due_at}
    return transaction.run(_QUERIES["move_on"], {**values, "next_due_at": next_due_at, "missed": missed}) == 1


def suspend(transaction: Transaction, organization_id: int, segment_id: UUID, *, because: str) -> None:
    """Keep a schedule no longer, for everyone to see, until somebody resumes it."""
    values = {"organization": organization_id, "segment": segment_id, "because": because}
    transaction.run(_QUERIES["suspend"], values)


# The order of runs -------------------------------------------------------------------------------------------------


def read_below(
    transaction: Transaction, organization_id: int, segment_ids: Collection[UUID]
) -> dict[UUID, frozenset[UUID]]:
    """Read what segments read, and these in turn, down to the last; every segment in it is a key."""
    values = {"organization": organization_id, "segments": list(segment_ids)}
    found: dict[UUID, set[UUID]] = {each: set() for each in segment_ids}
    for row in transaction.rows(_QUERIES["reads_below"], values):
        found.setdefault(row.segment_id, set()).add(row.used_segment_id)
        found.setdefault(row.used_segment_id, set())
    return {each: frozenset(reads) for each, reads in found.items()}


def facts(
    transaction: Transaction, organization_id: int, reads: dict[UUID, frozenset[UUID]]
) -> dict[UUID, StoredFacts]:
    """Read what decides whether segments need a run; those that do not exist are left out."""
    rows = transaction.rows(_QUERIES["facts"], {"organization": organization_id, "segments": list(reads)})
    return {
        row.segment_id: StoredFacts(
            OrderFacts(row.segment_id, reads[row.segment_id], row.state, row.failed_in_row, row.active_run_id),
            row.as_of if row.current else None, row.behind, row.active_status, row.active_is_of_before,
        )
        for row in rows
    }  # fmt: skip


def wait_for_more(transaction: Transaction, organization_id: int, run_id: UUID, waits_for: Collection[UUID]) -> None:
    """Let a run that no worker has taken yet wait for others as well."""
    values = {"organization": organization_id, "run": run_id, "waits_for": list(waits_for)}
    transaction.run(_QUERIES["wait_for_more"], values)
