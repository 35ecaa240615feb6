"""Runs that wait, put straight into the database by the hundred: what workers take them for is not the question."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from segment_engine.databases import Databases
from segment_engine.db import runs
from segment_engine.domain.run import Claim, RunId
from segment_engine.engine import Engine

_SEGMENTS = text(
    "INSERT INTO segments (organization_id, segment_id, name, name_fold) "
    "SELECT :o, id, 'segment ' || id, 'segment ' || id FROM unnest(CAST(:ids AS uuid[])) AS id"
)
_RUNS = text(
    "INSERT INTO runs "
    "(organization_id, segment_id, version, criteria, reason, expected_seconds, requested_at, waits_for) "
    "SELECT :o, id, 1, '{}', 'requested', :expected, coalesce(CAST(:requested AS timestamptz), clock_timestamp()), "
    "CAST(:waits_for AS uuid[]) FROM unnest(CAST(:ids AS uuid[])) AS id RETURNING run_id"
)
_EXPIRED = text(
    "UPDATE runs SET status = 'processing', attempt = 1, worker = 'gone', started_at = clock_timestamp(), "
    "lease_until = clock_timestamp() - interval '1 minute' WHERE organization_id = :o AND status = 'queued'"
)
_LIMIT = text("UPDATE organization_work SET runs_at_once = :most WHERE organization_id = :o")


def organization(engine: Engine, databases: Databases, name: str, *, at_once: int = 100) -> int:
    """Add an organization that may compute so many runs at once."""
    organization_id = engine.organizations.create(name)
    with databases.migrator.transaction() as transaction:
        transaction.run(_LIMIT, {"o": organization_id, "most": at_once})
    return organization_id


def add_runs(
    databases: Databases, organization_id: int, count: int, *, expected: float = 0, requested: datetime | None = None,
    waits_for: tuple[UUID, ...] = (),
) -> list[RunId]:  # fmt: skip
    """Put waiting runs there, each of a segment of its own. Units: `expected` in seconds."""
    with databases.migrator.transaction() as transaction:
        asked = text("SELECT gen_random_uuid() FROM generate_series(1, :count)")
        ids = [row[0] for row in transaction.rows(asked, {"count": count})]
        values = {"o": organization_id, "ids": ids}
        transaction.run(_SEGMENTS, values)
        more = {"expected": expected, "requested": requested, "waits_for": list(waits_for)}
        return [RunId(row[0]) for row in transaction.rows(_RUNS, {**values, **more})]


def let_leases_pass(databases: Databases, organization_id: int) -> None:
    """Make every waiting run one whose worker vanished a minute ago."""
    with databases.migrator.transaction() as transaction:
        transaction.run(_EXPIRED, {"o": organization_id})


def take(databases: Databases, worker: str = "test", lease: float = 3600) -> Claim | RunId | None:
    """Claim as some worker."""
    with databases.worker.transaction() as transaction:
        return runs.claim(transaction, worker=worker, lease_seconds=lease)


def taken(databases: Databases, worker: str = "test", lease: float = 3600) -> Claim:
    """Claim a run that must be there."""
    found = take(databases, worker, lease)
    assert isinstance(found, Claim)
    return found


def finish(databases: Databases, claim: Claim) -> None:
    """Bring a claimed run to an end, quickly."""
    with databases.worker.transaction(claim.organization_id) as transaction:
        assert runs.fail(transaction, claim, error_class="error", sentence="It ended.")
