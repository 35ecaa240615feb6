"""What is stored about segments that could go, and their members block by block for comparing them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from segment_engine.db.queries import load_queries
from segment_engine.db.session import Transaction
from segment_engine.db.standing import standing_values
from segment_engine.domain.cleanup import STALE_CODES, ArchivedSegment, SegmentFigures
from segment_engine.domain.segment import SegmentId, SegmentState

_QUERIES = load_queries("cleanup")
COST_DAYS = 30
ARCHIVE_DAYS = 1


def figures(
    transaction: Transaction, organization_id: int, *, only: Sequence[UUID] | None = None
) -> tuple[SegmentFigures, ...]:
    """Read these segments, or every one that is not archived. Nothing is evaluated."""
    return _read(transaction, organization_id, only, everything=True, unused_days=0, alike=())


def possible(
    transaction: Transaction, organization_id: int, *, unused_days: int, alike: Sequence[UUID]
) -> tuple[SegmentFigures, ...]:
    """Read the segments that may be candidates, those alike among them; the others are left out."""
    return _read(transaction, organization_id, None, everything=False, unused_days=unused_days, alike=alike)


def _read(
    transaction: Transaction, organization_id: int, only: Sequence[UUID] | None, *, everything: bool,
    unused_days: int, alike: Sequence[UUID],
) -> tuple[SegmentFigures, ...]:  # fmt: skip
    values = {"organization": organization_id, **standing_values(only), "days": COST_DAYS, "stale": list(STALE_CODES)}
    chosen = {"everything": everything, "unused_days": unused_days, "alike": list(alike)}
    return tuple(_figures(row) for row in transaction.rows(_QUERIES["figures"], {**values, **chosen}))


def _figures(row: Row[Any]) -> SegmentFigures:
    return SegmentFigures(
        SegmentId(row.segment_id), row.name, SegmentState(row.state), row.owner_name, row.created_at,
        float(row.age_days), row.member_count, row.last_calculated_at, row.status in {"queued", "processing"},
        tuple(code for code in STALE_CODES if code in row.reasons), row.review_on, row.criteria_hash,
        tuple(row.plans or ()), tuple(f"segment “{name}”" for name in row.readers or ()), row.used_at,
        float(row.idle_days), float(row.seconds), row.runs,
    )  # fmt: skip


def how_many(transaction: Transaction, organization_id: int) -> tuple[int, date]:
    """Count the segments that are not archived, and read which day it is where the organization is."""
    row = transaction.the(_QUERIES["how_many"], {"organization": organization_id})
    return row.segments, row.today


def saying_the_same(transaction: Transaction, organization_id: int, segment_ids: Sequence[UUID]) -> tuple[UUID, ...]:
    """List the segments whose criteria say the same as those of one of these, with these themselves."""
    values = {"organization": organization_id, "segments": list(segment_ids)}
    return tuple(row.segment_id for row in transaction.rows(_QUERIES["saying_the_same"], values))


def archived(transaction: Transaction, organization_id: int, *, limit: int) -> tuple[ArchivedSegment, ...]:
    """List what was archived within the last day, the newest first."""
    values = {"organization": organization_id, "days": ARCHIVE_DAYS, "limit": limit}
    return tuple(
        ArchivedSegment(
            SegmentId(row.segment_id), row.name, row.updated_at,
            None if row.archived_from is None else SegmentState(row.archived_from),
        )
        for row in transaction.rows(_QUERIES["archived"], values)
    )  # fmt: skip


def fullest_blocks(transaction: Transaction, organization_id: int, segment_ids: Sequence[UUID]) -> tuple[int, ...]:
    """List the blocks in which these segments have members, those with the most first."""
    values = {"organization": organization_id, "segments": list(segment_ids)}
    return tuple(row.block for row in transaction.rows(_QUERIES["fullest_blocks"], values))


def block(
    transaction: Transaction, organization_id: int, number: int, segment_ids: Sequence[UUID]
) -> Mapping[UUID, bytes]:
    """Read the members of segments in one block, as 512 bytes each; those without any are left out."""
    values = {"organization": organization_id, "block": number, "segments": list(segment_ids)}
    return {row.segment_id: row.bits for row in transaction.rows(_QUERIES["block"], values)}
