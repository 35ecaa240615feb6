"""Segments with schedules that are due, put straight into the database, and what came of them."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from segment_engine.databases import Databases
from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.run import Run
from segment_engine.domain.schedules import Schedule, ScheduledSegment
from segment_engine.engine import Engine
from segment_engine.worker.loop import Worker

_SEGMENTS = text(
    "INSERT INTO segments (organization_id, segment_id, name, name_fold) "
    "SELECT :o, id, 'segment ' || id, 'segment ' || id FROM unnest(CAST(:ids AS uuid[])) AS id"
)
_VERSIONS = text(
    "INSERT INTO segment_versions (organization_id, segment_id, version, criteria, criteria_hash) "
    "SELECT :o, id, 1, CAST(:criteria AS jsonb), '' FROM unnest(CAST(:ids AS uuid[])) AS id"
)
_SCHEDULES = text(
    "INSERT INTO segment_schedules (organization_id, segment_id, kind, every_minutes, next_due_at) "
    "SELECT :o, id, 'every', 60, clock_timestamp() - make_interval(secs => :late) "
    "FROM unnest(CAST(:ids AS uuid[])) AS id"
)
EVERYONE = (
    '{"format": "segment-criteria", "version": 1, "base": "contacts", '
    '"root": {"group": "all", "of": [{"kind": "all_contacts"}]}}'
)


def due_segments(databases: Databases, organization_id: int, count: int, *, late: float = 60.0) -> list[UUID]:
    """Add segments whose hourly schedule has been due for so many seconds."""
    with databases.migrator.transaction() as transaction:
        asked = text("SELECT gen_random_uuid() FROM generate_series(1, :count)")
        ids = [row[0] for row in transaction.rows(asked, {"count": count})]
        transaction.run(_SEGMENTS, {"o": organization_id, "ids": ids})
        transaction.run(_VERSIONS, {"o": organization_id, "ids": ids, "criteria": EVERYONE})
        transaction.run(_SCHEDULES, {"o": organization_id, "ids": ids, "late": late})
    return ids


def let_be_due(databases: Databases, *segment_ids: UUID, ago: timedelta = timedelta(minutes=1)) -> None:
    """Move the next time of schedules into the past, and what else they wait for along with it."""
    with databases.migrator.transaction() as transaction:
        transaction.run(
            text(
                "UPDATE segment_schedules SET next_due_at = clock_timestamp() - CAST(:ago AS interval), "
                "due_since = due_since - CAST(:ago AS interval) WHERE segment_id = ANY(:ids)"
            ),
            {"ago": ago, "ids": list(segment_ids)},
        )


def runs_by_segment(databases: Databases, organization_id: int) -> Counter[UUID]:
    """Count the runs of every segment that has any."""
    with databases.migrator.transaction() as transaction:
        rows = transaction.rows(text("SELECT segment_id FROM runs WHERE organization_id = :o"), {"o": organization_id})
    return Counter(row[0] for row in rows)


def work(databases: Databases) -> None:
    """Let a worker do everything that waits."""
    worker = Worker(databases.worker)
    while worker.work_once():
        pass


def schedule(engine: Engine, context: OrganizationContext, segment_id: UUID, wanted: Schedule) -> ScheduledSegment:
    """Give a segment a schedule in place of the one it has."""
    held = engine.schedules.get(context, segment_id)
    return engine.schedules.set(context, segment_id, wanted, expected_revision=held.revision)


def newest(engine: Engine, context: OrganizationContext, segment_id: UUID) -> Run:
    """Read the newest run of a segment."""
    return engine.runs.find(context, segment_id)[0]


def waits_for(databases: Databases, run_id: UUID) -> set[UUID]:
    """Read the segments whose runs a run waits for."""
    with databases.migrator.transaction() as transaction:
        rows = transaction.rows(
            text(
                "SELECT first.segment_id FROM runs, unnest(runs.waits_for) AS wanted (id) "
                "JOIN runs AS first ON first.run_id = wanted.id WHERE runs.run_id = :run"
            ),
            {"run": run_id},
        )
    return {row[0] for row in rows}
