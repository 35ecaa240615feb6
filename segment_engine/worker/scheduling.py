"""Takes up what is due: every worker looks every few seconds, and each due time becomes one run, whoever sees it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfoNotFoundError

from segment_engine.db import schedules
from segment_engine.db.schedules import DueSchedule, StoredFacts
from segment_engine.db.session import Database, Transaction
from segment_engine.domain.run import RunReason
from segment_engine.domain.schedules import due_after
from segment_engine.worker import ordering
from segment_engine.worker.ordering import World
from segment_engine.worker.turns import take_turns

SECONDS_BETWEEN = 5.0


@dataclass(frozen=True, slots=True)
class TickPace:
    """How much one look takes up, so that a long downtime is caught up with steadily.

    Shape: `at_once` due schedules of an organization in one look; none as long as `most_waiting` runs of it wait.
    """

    organizations: int = 100
    at_once: int = 20
    most_waiting: int = 50


USUAL_PACE = TickPace()


def tick(database: Database, pace: TickPace = USUAL_PACE) -> int:
    """Request the runs that are due, of any organization; gives how many were new.

    Shape: however long nobody looked, a schedule becomes one run; its next time follows from the database's clock. What
        goes wrong in one organization is logged and keeps no other waiting.
    """
    with database.transaction(read_only=True) as transaction:
        organizations = schedules.due_organizations(transaction, limit=pace.organizations)
    return take_turns(
        database, organizations,
        lambda transaction, organization_id: _look_after(transaction, organization_id, pace), what="the schedules",
    )  # fmt: skip


def _look_after(transaction: Transaction, organization_id: int, pace: TickPace) -> int:
    if not schedules.alone(transaction, organization_id):
        return 0
    room = schedules.room(transaction, organization_id, most_waiting=pace.most_waiting)
    due = schedules.due(transaction, organization_id, limit=min(pace.at_once, room))
    if not due:
        return 0
    # Runs are locked before schedules, everywhere: whoever publishes a result makes others due.
    world = ordering.look(transaction, organization_id, due)
    taken = schedules.take(transaction, organization_id, due)
    wanted = _kept(transaction, world, taken)
    return len(ordering.request_in_order(transaction, world, wanted)) if wanted else 0


def _kept(transaction: Transaction, world: World, taken: Iterable[DueSchedule]) -> dict[UUID, RunReason]:
    """Move every schedule on to its next time; gives those that need a run now, with the reason."""
    wanted: dict[UUID, RunReason] = {}
    for each in taken:
        facts = world.facts.get(each.segment_id)
        if facts is None or facts.active_is_of_before:
            continue  # members of an earlier day are not what is due: due again when that run has ended
        if not each.schedule.by_clock and facts.active_status == "processing":
            continue  # that run may have read before the data came: due again when it has ended
        put_aside = facts.order.state != "active"
        try:
            next_due_at = due_after(each.schedule, each.segment_id, each.now)
        except ZoneInfoNotFoundError:  # one schedule that nobody can keep must not stop the others
            because = f"There is no time zone {each.schedule.time_zone} any more. Choose another one."
            schedules.suspend(transaction, world.organization_id, each.segment_id, because=because)
            continue
        moved = schedules.move_on(
            transaction, world.organization_id, each, missed=put_aside, next_due_at=next_due_at
        )  # fmt: skip
        if moved and not put_aside and not _calculated_already(each, facts):
            wanted[each.segment_id] = _reason(each)
    return wanted


def _calculated_already(due: DueSchedule, facts: StoredFacts) -> bool:
    """Tell whether a run that works, or a result as of a later moment, is what a time of the clock asks for."""
    if not due.schedule.by_clock:
        return False
    if facts.order.active_run_id is not None:
        return facts.active_status == "processing"
    return facts.as_of is not None and facts.as_of >= due.due_at


def _reason(due: DueSchedule) -> RunReason:
    return RunReason.SCHEDULED if due.schedule.by_clock else RunReason(due.due_reason or RunReason.SOURCE)
