"""Requests runs in the order in which segments read each other, so that none is computed from what is about to change.

What is read gets a run of its own first where it is outdated; the runs of what reads it wait for that. When such a run
fails, the ones that wait go on: they read the members published last, and fail by themselves where there are none.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from segment_engine.db import runs, schedules
from segment_engine.db.schedules import StoredFacts
from segment_engine.db.session import Transaction
from segment_engine.db.standing import of_segments
from segment_engine.domain.run import RunId, RunReason
from segment_engine.domain.run_order import OrderedRun, OrderFacts, ordered_runs

# With one of these a segment no longer answers today's question, and calculating it can help.
OUTDATED = frozenset({
    "never_calculated", "stale_criteria", "stale_dependency", "too_old", "stale_source", "changed_by_hand", "stale_age",
    "time_passed",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class World:
    """Segments with everything they read, down to the last; their active runs are held until the transaction ends."""

    organization_id: int
    facts: Mapping[UUID, StoredFacts]


def look(transaction: Transaction, organization_id: int, segment_ids: Collection[UUID]) -> World:
    """Hold the active runs of segments and of what they read, then see how they stand.

    Shape: call it while no other act that makes or forbids references can begin (`references.one_at_a_time`).
    """
    reads = schedules.read_below(transaction, organization_id, segment_ids)
    # Whoever publishes holds the run first: it has ended before this look, or begins after this transaction.
    runs.lock_active(transaction, organization_id, sorted(reads))
    return World(organization_id, schedules.facts(transaction, organization_id, reads))


def request_in_order(
    transaction: Transaction, world: World, wanted: Mapping[UUID, RunReason], *, person_id: UUID | None = None
) -> dict[UUID, RunId]:
    """Queue a run of each wanted segment, and before it of what it reads where that is outdated; gives the new ones."""
    organization_id = world.organization_id
    active = {each: facts.order.active_run_id for each, facts in world.facts.items()}
    run_of: dict[UUID, UUID] = {each: run_id for each, run_id in active.items() if run_id is not None}
    made: dict[UUID, RunId] = {}
    for each in ordered_runs(wanted, _judged(transaction, world, wanted)):
        reason = wanted[each.segment_id] if each.asked_for else RunReason.DEPENDENCY
        run_id, is_new = runs.request(
            transaction, organization_id, segment_id=each.segment_id, reason=reason, person_id=person_id
        )
        if run_id is None:
            continue
        run_of[each.segment_id] = run_id
        if is_new:
            made[each.segment_id] = run_id
        _wait(transaction, organization_id, run_id, each, run_of)
    return made


def _wait(
    transaction: Transaction, organization_id: int, run_id: UUID, ordered: OrderedRun, run_of: Mapping[UUID, UUID]
) -> None:
    waits_for = [run_of[segment_id] for segment_id in ordered.after]
    if waits_for:
        schedules.wait_for_more(transaction, organization_id, run_id, waits_for)


def _judged(transaction: Transaction, world: World, wanted: Collection[UUID]) -> dict[UUID, OrderFacts]:
    """Find out what is outdated among what is only read; whatever is wanted gets a run anyway."""
    others = [each for each in world.facts if each not in wanted]
    standings = of_segments(transaction, world.organization_id, others) if others else {}
    outdated: set[UUID] = {
        segment_id
        for segment_id, standing in standings.items()
        if OUTDATED & {reason.code for reason in standing.reasons}
    }
    return {
        segment_id: replace(facts.order, outdated=facts.behind or segment_id in outdated)
        for segment_id, facts in world.facts.items()
    }
