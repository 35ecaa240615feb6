"""Segments with a long past: results published at chosen times, and what a sweep must leave as it was."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text

from segment_engine.databases import Databases
from segment_engine.db import members
from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.segment import SegmentDraft, SegmentId
from segment_engine.engine import Engine
from segment_engine.errors import TooLongAgo
from tests.integration.alert_world import EVERYONE

CONTACTS = 60
# Far apart, so that a segment has several blocks.
FAR = 5_000


@dataclass(frozen=True)
class PastResult:
    """One result as it was published."""

    run_id: UUID
    sequence: int
    finished_at: datetime
    members: frozenset[int]


@dataclass
class Past:
    """A segment with every result it ever had, oldest first."""

    segment_id: SegmentId
    results: list[PastResult] = field(default_factory=list[PastResult])

    def in_force(self, moment: datetime) -> PastResult | None:
        """Find what was published at a moment."""
        return next((each for each in reversed(self.results) if each.finished_at <= moment), None)


@dataclass
class RetentionWorld:
    """An organization whose results are made up, and the members each had."""

    engine: Engine
    databases: Databases
    context: OrganizationContext
    now: datetime

    def sql(self, statement: str, **values: object) -> list[Any]:
        """Do what no use case can."""
        with self.databases.migrator.transaction(self.context.organization_id) as transaction:
            result = transaction.connection.execute(text(statement), {"o": self.context.organization_id, **values})
            return list(result.all()) if result.returns_rows else []

    def contacts(self) -> None:
        """Add contacts, half of them far from the others."""
        self.sql(
            "INSERT INTO contacts (organization_id, number, external_key) SELECT :o, n, 'c' || n "
            "FROM (SELECT generate_series(1, :half) AS n UNION ALL SELECT :far + generate_series(1, :half)) AS made",
            half=CONTACTS // 2, far=FAR,
        )  # fmt: skip

    def segment(self, name: str) -> Past:
        """Save a segment whose first run never comes."""
        draft = SegmentDraft(name, "", EVERYONE, accepted_warnings=frozenset({"L-DUPLICATE"}))
        segment_id = self.engine.segments.create(self.context, draft).segment_id
        self.sql("DELETE FROM runs WHERE organization_id = :o AND segment_id = :s", s=segment_id)
        return Past(segment_id)

    def publish(self, past: Past, chosen: frozenset[int], *, at: datetime, read: dict[str, str] | None = None) -> UUID:
        """Publish members as a worker does, at a moment that has passed."""
        run_id, sequence = uuid4(), len(past.results) + 1
        with self.databases.worker.transaction(self.context.organization_id) as transaction:
            transaction.run(
                text("SELECT FROM segments WHERE organization_id = :o AND segment_id = :s FOR UPDATE"),
                {"o": self.context.organization_id, "s": past.segment_id},
            )
            published = members.publish(
                transaction, self.context.organization_id, past.segment_id, sequence=sequence, blocks=packed(chosen)
            )
            values = {
                "o": self.context.organization_id, "s": past.segment_id, "run": run_id, "sequence": sequence, "at": at,
                "count": len(chosen), "joined": published.joined, "departed": published.departed,
                "criteria": json.dumps(EVERYONE), "read": json.dumps(read or {}),
            }  # fmt: skip
            transaction.run(
                text(
                    "INSERT INTO runs (organization_id, run_id, segment_id, version, criteria, status, reason, "
                    "requested_at, started_at, finished_at, published_sequence, member_count, joined_count, "
                    "left_count, read_runs, attempt) "
                    "VALUES (:o, :run, :s, 1, cast(:criteria AS jsonb), 'success', 'scheduled', "
                    ":at, :at, :at, :sequence, :count, :joined, :departed, cast(:read AS jsonb), 1)"
                ),
                values,
            )
            transaction.run(
                text(
                    "UPDATE segments SET published_run_id = :run, published_sequence = :sequence, "
                    "published_version = 1, member_count = :count, last_calculated_at = :at "
                    "WHERE organization_id = :o AND segment_id = :s"
                ),
                values,
            )
        past.results.append(PastResult(run_id, sequence, at, chosen))
        return run_id

    def history(self, past: Past, chance: random.Random, *, days: int) -> None:
        """Publish results over so many days until now: some change much, some little, some nothing, some empty all."""
        everyone = [*range(1, CONTACTS // 2 + 1), *range(FAR + 1, FAR + CONTACTS // 2 + 1)]
        chosen = frozenset(chance.sample(everyone, CONTACTS // 3))
        moments = sorted(chance.uniform(0, days) for _ in range(chance.randint(1, 12)))
        for passed in moments:
            kind = chance.random()
            if kind < 0.1:
                chosen = frozenset[int]()
            elif kind < 0.8:
                chosen = chosen ^ frozenset(chance.sample(everyone, chance.randint(1, CONTACTS // 2)))
            self.publish(past, chosen, at=self.now - timedelta(days=days) + timedelta(days=passed))

    def wrong_answers(self, past: Past, *, since: datetime) -> list[str]:
        """Ask for every result, and list what is not as it must be: unchanged inside the kept time, else refused."""
        found: list[str] = []
        first = past.in_force(since)
        for result in past.results:
            told = self.asked(past, result)
            inside = first is None or result.sequence >= first.sequence
            if told is None:
                if inside or result.sequence >= len(past.results) - 1:
                    found.append(f"{result.sequence} was refused")
            elif told != result.members:
                found.append(f"{result.sequence} differs by {len(told ^ result.members)}")
        return found

    def asked(self, past: Past, result: PastResult) -> frozenset[int] | None:
        """Ask for the members as of a run, as pages do; None when that is too long ago or the run is gone."""
        known = self.sql("SELECT FROM runs WHERE organization_id = :o AND run_id = :run", run=result.run_id)
        if not known:
            return None
        try:
            page = self.engine.segments.members(self.context, past.segment_id, at_run=result.run_id, limit=1_000)
        except TooLongAgo:
            return None
        return frozenset(member.number for member in page.members)


def packed(chosen: frozenset[int]) -> dict[int, bytes]:
    """Write contact numbers as blocks."""
    blocks: dict[int, bytearray] = {}
    for number in chosen:
        block = blocks.setdefault(number // 4096, bytearray(512))
        block[number % 4096 // 8] |= 128 >> (number % 8)
    return {number: bytes(block) for number, block in blocks.items()}
