"""What is found out about a result in the snapshot in which it was computed, before it is published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from segment_engine.db import causes, checks
from segment_engine.db.session import Transaction
from segment_engine.domain.automatic_checks import asks_for_everyone
from segment_engine.domain.bits import ContactSet
from segment_engine.domain.catalog import Catalog
from segment_engine.domain.causes import Attribution
from segment_engine.domain.criteria import Criteria
from segment_engine.domain.run import Claim
from segment_engine.worker.results.causes import explain
from segment_engine.worker.results.clock import Clock, read_clock


@dataclass(frozen=True, slots=True)
class Insight:
    """What is known of a result that is not published yet.

    Shape: `sequence` is that of the result it was compared with. `base` is how many contacts there are, None where
        somebody is known to be outside.
    """

    members: ContactSet
    sequence: int
    published: int | None
    attribution: Attribution
    counters: causes.Counters
    clock: Clock
    base: int | None
    asks_for_everyone: bool
    zone: str


def gain_insight(
    transaction: Transaction, claim: Claim, criteria: Criteria, catalog: Catalog, blocks: Mapping[int, bytes]
) -> Insight:
    """Find out why a result differs, when time outdates it, and what checks need of the snapshot it is from."""
    # Like the evaluation itself: with helpers, the planner reads whole tables where an index has all it needs.
    transaction.without_helpers()
    members = ContactSet.of_bytes(blocks)
    previous = causes.previous(transaction, claim.organization_id, claim.segment_id)
    read = causes.counters(transaction, claim.organization_id)
    base = checks.base(transaction, claim.organization_id, members)
    clock = read_clock(transaction, claim, criteria, catalog)
    attribution = explain(transaction, claim, criteria, catalog, after=members, previous=previous, counters=read)
    return Insight(
        members, previous.sequence, previous.count if previous.sequence else None, attribution, read, clock, base,
        asks_for_everyone(criteria), criteria.calendar.time_zone,
    )  # fmt: skip
