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


def figures(transaction: Transaction, organization_id: int) -> tuple[SegmentFigures, ...]:
    """Read every segment that is not archived. Nothing is evaluated."""
    values = {"organization": organization_id, **standing_values(), "days": COST_DAYS}
    return tuple(_figures(row) for row in transaction.rows(_QUERIES["figures"], values))


def _figures(row: Row[Any]) -> SegmentFigures:
    return SegmentFigures(
        SegmentId(row.segment_id), row.name, SegmentState(row.state), row.owner_name, row.created_at,
        float(row.age_days), row.member_count, row.last_calculated_at, row.status in {"queued", "processing"},
        tuple(code for code in STALE_CODES if code in row.reasons), row.review_on, row.criteria_hash,
        tuple(row.plans or ()), tuple(f"segment “{name}”" for name in row.readers or ()), row.used_at,
        float(row.idle_days), float(row.seconds), row.runs,
    )  # fmt: skip


def today(transaction: Transaction, organization_id: int) -> date:
    """Read which day it is where the organization is."""
    return transaction.scalar(_QUERIES["today"], {"organization": organization_id})


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
