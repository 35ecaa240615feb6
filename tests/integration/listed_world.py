"""Sixty segments of every kind, made by a seed, and what Python knows of each: lists are compared with that."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import UUID

from sqlalchemy import text

from segment_engine.databases import Databases
from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.segment import SegmentState, SegmentStatus

WORDS = ("loyal", "Lapsed", "Straße", "100%", "under_score", "back\\slash", "Über", "spring", "trial")
TAGS = ("VIP", "Spring 2026", "Übersee", "trial")
SOURCES = ("crm", "shop", "web")
PLAN_STATES = ("draft", "scheduled", "running", "paused", "finished", "archived")
EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Listed:
    """One segment as it was made."""

    segment_id: UUID
    name: str
    description: str
    notes: str
    state: SegmentState
    status: SegmentStatus
    members: int | None
    before: int | None
    calculated: datetime | None
    updated: datetime
    created: datetime
    owned: bool
    review_on: date | None
    criteria_hash: str
    tags: set[str] = field(default_factory=set[str])
    sources: set[str] = field(default_factory=set[str])
    plans: list[str] = field(default_factory=list[str])
    readers: list[UUID] = field(default_factory=list[UUID])


def listed_world(databases: Databases, context: OrganizationContext, today: date) -> dict[UUID, Listed]:
    """Make the segments and store them; `today` is the day of the organization."""
    random = Random(20260101)  # noqa: S311 -- made-up rows, no secret
    world = {each.segment_id: each for each in (_listed(random, number, today) for number in range(60))}
    ids = list(world)
    for each in world.values():
        each.tags = set(random.sample(TAGS, random.choice((0, 0, 1, 2))))
        each.sources = set(random.sample(SOURCES, random.choice((0, 1, 2))))
        each.plans = random.sample(PLAN_STATES, random.choice((0, 0, 1, 2)))
        each.readers = [other for other in random.sample(ids, random.choice((0, 0, 0, 1))) if other != each.segment_id]
    _store(databases, context, world)
    return world


def _listed(random: Random, number: int, today: date) -> Listed:
    status = random.choice(list(SegmentStatus))
    counted = status is not SegmentStatus.NOT_CALCULATED
    moment = EARLIEST + timedelta(hours=random.randrange(2_000))
    return Listed(
        UUID(int=random.getrandbits(128)), f"{random.choice(WORDS)} {number:02}", " ".join(random.sample(WORDS, 2)),
        random.choice(("", "Ask the LEGAL team", "seasonal")), random.choice(list(SegmentState)), status,
        random.randrange(0, 500, 50) if counted else None,
        random.randrange(0, 500, 50) if counted and random.random() < 0.7 else None,
        moment if counted else None, moment + timedelta(days=1), moment - timedelta(days=30), random.random() < 0.5,
        today + timedelta(days=random.randrange(-3, 4)) if random.random() < 0.5 else None,
        f"hash {random.randrange(40)}",
    )  # fmt: skip


SEGMENT = text("""
INSERT INTO segments (organization_id, segment_id, name, name_fold, description, notes, state, status, member_count,
    previous_member_count, last_calculated_at, updated_at, created_at, owner_id, review_on)
VALUES (:o, :id, :name, :fold, :description, :notes, :state, :status, :members, :before, :calculated, :updated,
    :created, :owner, :review_on)
""")
VERSION = text(
    "INSERT INTO segment_versions (organization_id, segment_id, version, criteria, criteria_hash) "
    "VALUES (:o, :id, 1, '{}', :criteria_hash)"
)
RUN = text("""
WITH made AS (
    INSERT INTO runs (organization_id, segment_id, version, criteria, status, reason, requested_at, started_at,
        finished_at, as_of, published_sequence, member_count, joined_count, left_count)
    VALUES (:o, :id, 1, '{}', 'success', 'requested', :calculated, :calculated, :calculated, :calculated, 1, :members,
        0, 0)
    RETURNING run_id)
UPDATE segments SET published_run_id = (SELECT run_id FROM made), published_version = 1, published_sequence = 1
WHERE organization_id = :o AND segment_id = :id
""")
TAG = text("INSERT INTO segment_tags VALUES (:o, :id, :tag, :fold)")
DATA_SOURCE = text("INSERT INTO data_sources (organization_id, name) VALUES (:o, :name)")
SOURCE = text(
    "INSERT INTO segment_sources SELECT :o, :id, data_source_id FROM data_sources "
    "WHERE organization_id = :o AND name = :name"
)
PLAN = text("""
WITH made AS (INSERT INTO campaigns (organization_id, name, channel, state) VALUES (:o, :name, 'email', :state)
    RETURNING campaign_id)
INSERT INTO campaign_segments SELECT :o, campaign_id, :id, 'included' FROM made
""")
READER = text("INSERT INTO segment_uses VALUES (:o, :reader, :id)")
STATUS = text("UPDATE segments SET status = :status WHERE organization_id = :o AND segment_id = :id")


def _store(databases: Databases, context: OrganizationContext, world: dict[UUID, Listed]) -> None:
    with databases.migrator.transaction(context.organization_id) as transaction:
        organization = {"o": context.organization_id}
        transaction.run(DATA_SOURCE, [{**organization, "name": name} for name in SOURCES])
        for each in world.values():
            values = {
                **organization, "id": each.segment_id, "fold": each.name.casefold(), "name": each.name,
                "description": each.description, "notes": each.notes, "state": each.state.value,
                "status": each.status.value, "members": each.members, "before": each.before,
                "calculated": each.calculated, "updated": each.updated, "created": each.created,
                "owner": context.person_id if each.owned else None, "review_on": each.review_on,
                "criteria_hash": each.criteria_hash,
            }  # fmt: skip
            transaction.run(SEGMENT, values)
            transaction.run(VERSION, values)
            if each.members is not None:
                transaction.run(RUN, values)
            transaction.run(STATUS, values)
        for each in world.values():
            values = {**organization, "id": each.segment_id}
            for tag in each.tags:
                transaction.run(TAG, {**values, "tag": tag, "fold": tag.casefold()})
            for name in each.sources:
                transaction.run(SOURCE, {**values, "name": name})
            for state in each.plans:
                transaction.run(PLAN, {**values, "name": f"{state} of {each.name}", "state": state})
            for reader in each.readers:
                transaction.run(READER, {**values, "reader": reader})
