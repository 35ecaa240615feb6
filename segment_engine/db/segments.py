"""Segments and their versions: rows to values and back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from segment_engine.db.queries import load_queries
from segment_engine.db.session import Transaction
from segment_engine.domain.access import PersonId
from segment_engine.domain.folding import fold
from segment_engine.domain.run import RunId, RunStatus, StatusEvent
from segment_engine.domain.segment import (
    Duplicate,
    Owner,
    SegmentId,
    SegmentState,
    SegmentStatus,
)

_QUERIES = load_queries("segments")


@dataclass(frozen=True, slots=True)
class SegmentRow:
    """A stored segment with the document of its current version, not parsed yet."""

    segment_id: SegmentId
    name: str
    description: str
    state: SegmentState
    status: SegmentStatus
    version: int
    revision: int
    document: dict[str, object]
    member_count: int | None
    last_calculated_at: datetime | None
    published_run_id: RunId | None
    published_version: int | None
    published_sequence: int
    latest_run_id: RunId | None
    created_at: datetime
    updated_at: datetime
    created_by: str | None
    updated_by: str | None
    campaigns: tuple[str, ...]
    accepted_warnings: tuple[str, ...]
    tags: tuple[str, ...]
    owner: Owner | None
    notes: str
    review_on: date | None


@dataclass(frozen=True, slots=True)
class LockedSegment:
    """What an edit needs to know of a segment it holds, with the document of its current version."""

    segment_id: SegmentId
    name: str
    state: SegmentState
    version: int
    revision: int
    document: dict[str, object]
    accepted_warnings: tuple[str, ...]


def get(transaction: Transaction, organization_id: int, segment_id: UUID) -> SegmentRow | None:
    """Read one segment; None when the organization has none of this id."""
    row = transaction.one(_QUERIES["get"], {"organization": organization_id, "segment": segment_id})
    if row is None:
        return None
    return SegmentRow(
        SegmentId(row.segment_id), row.name, row.description, SegmentState(row.state), SegmentStatus(row.status),
        row.version, row.revision, row.criteria, row.member_count, row.last_calculated_at,
        None if row.published_run_id is None else RunId(row.published_run_id), row.published_version,
        row.published_sequence, None if row.latest_run_id is None else RunId(row.latest_run_id), row.created_at,
        row.updated_at, row.created_by_name, row.updated_by_name, tuple(row.campaigns or ()),
        tuple(row.accepted_warnings), tuple(row.tags or ()), _owner(row), row.notes, row.review_on,
    )  # fmt: skip


def _owner(row: Row[Any]) -> Owner | None:
    # Who has lost the seat is not shown by name any more; the segment still says that it has an owner.
    return None if row.owner_id is None else Owner(PersonId(row.owner_id), row.owner_name or "A person without a seat")


def lock(transaction: Transaction, organization_id: int, segment_id: UUID) -> LockedSegment | None:
    """Hold a segment until the transaction ends. Lock its runs first (runs.lock_active)."""
    row = transaction.one(_QUERIES["lock"], {"organization": organization_id, "segment": segment_id})
    if row is None:
        return None
    version = transaction.the(
        _QUERIES["version"], {"organization": organization_id, "segment": segment_id, "version": row.version}
    )
    return LockedSegment(
        SegmentId(row.segment_id), row.name, SegmentState(row.state), row.version, row.revision, version.criteria,
        tuple(version.accepted_warnings),
    )  # fmt: skip


def create(
    transaction: Transaction, organization_id: int, *, segment_id: UUID, name: str, description: str,
    state: SegmentState, person_id: UUID,
) -> None:  # fmt: skip
    """Add a segment without a version. Raises: NameTaken."""
    values = _described(organization_id, segment_id, name, description, state, person_id)
    transaction.run(_QUERIES["create"], values)


def _described(
    organization_id: int, segment_id: UUID, name: str, description: str, state: SegmentState, person_id: UUID
) -> dict[str, object]:
    return {
        "organization": organization_id,
        "segment": segment_id,
        "name": name,
        "name_fold": fold(name),
        "description": description,
        "state": state.value,
        "person": person_id,
    }


def add_version(
    transaction: Transaction, organization_id: int, *, segment_id: UUID, version: int,
    document: dict[str, object], criteria_hash: str, accepted_warnings: Sequence[str], person_id: UUID,
) -> None:  # fmt: skip
    """Store the criteria of a version for good, with their hash and the warnings that were accepted."""
    values = {
        "organization": organization_id,
        "segment": segment_id,
        "version": version,
        "criteria": json.dumps(document, ensure_ascii=False),
        "criteria_hash": criteria_hash,
        "accepted_warnings": json.dumps(list(accepted_warnings)),
        "person": person_id,
    }
    transaction.run(_QUERIES["add_version"], values)


def doubles(
    transaction: Transaction, organization_id: int, criteria_hash: str, *, other_than: UUID | None
) -> tuple[Duplicate, ...]:
    """List the segments whose current criteria have this hash, by name."""
    values = {"organization": organization_id, "criteria_hash": criteria_hash, "segment": other_than}
    rows = transaction.rows(_QUERIES["doubles"], values)
    return tuple(Duplicate(SegmentId(row.segment_id), row.name, SegmentState(row.state)) for row in rows)


def without_hash(
    transaction: Transaction, organization_id: int, *, limit: int
) -> tuple[tuple[UUID, int, dict[str, object]], ...]:
    """List current versions that have no hash yet: (segment, version, document)."""
    rows = transaction.rows(_QUERIES["without_hash"], {"organization": organization_id, "limit": limit})
    return tuple((row.segment_id, row.version, row.criteria) for row in rows)


def set_hash(transaction: Transaction, organization_id: int, segment_id: UUID, version: int, *, value: str) -> None:
    """Store the hash of a version that has none yet."""
    values = {"organization": organization_id, "segment": segment_id, "version": version, "criteria_hash": value}
    transaction.run(_QUERIES["set_hash"], values)


def update(
    transaction: Transaction, organization_id: int, *, segment_id: UUID, name: str, description: str,
    state: SegmentState, version: int, person_id: UUID,
) -> None:  # fmt: skip
    """Save an edit; the revision moves. Raises: NameTaken."""
    values = _described(organization_id, segment_id, name, description, state, person_id)
    transaction.run(_QUERIES["update"], {**values, "version": version})


def by_name(transaction: Transaction, organization_id: int, name: str) -> SegmentId | None:
    """Find a segment by its name, letters of either case alike."""
    found = transaction.scalar(_QUERIES["by_name"], {"organization": organization_id, "name_fold": fold(name)})
    return None if found is None else SegmentId(found)


def last_imports(
    transaction: Transaction, organization_id: int, names: tuple[str, ...]
) -> dict[str, tuple[datetime | None, int | None]]:
    """Read when each named source was last imported, and after how many hours it counts as stale."""
    rows = transaction.rows(_QUERIES["sources"], {"organization": organization_id, "names": list(names)})
    return {row.name: (row.last_imported_at, row.stale_after_hours) for row in rows}


def history(transaction: Transaction, organization_id: int, segment_id: UUID, *, limit: int) -> tuple[StatusEvent, ...]:
    """List the transitions of the segment's runs, newest first."""
    values = {"organization": organization_id, "segment": segment_id, "limit": limit}
    return tuple(
        StatusEvent(
            RunId(row.run_id), None if row.from_status is None else RunStatus(row.from_status),
            RunStatus(row.to_status), row.attempt, row.happened_at, row.detail,
        )
        for row in transaction.rows(_QUERIES["history"], values)
    )  # fmt: skip


def count_base(transaction: Transaction, organization_id: int) -> int:
    """Count the contacts any criteria can reach at all. Units: contacts."""
    return int(transaction.scalar(_QUERIES["count_base"], {"organization": organization_id}))
