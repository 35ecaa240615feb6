"""What the page of one segment reads beside the segment: versions, users, audiences, engagement, overlap."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from segment_engine.db.queries import load_queries
from segment_engine.db.session import Transaction
from segment_engine.domain.campaign import Figures
from segment_engine.domain.segment import SegmentId, SegmentState, SegmentStatus
from segment_engine.domain.segment_details import (
    CampaignUse,
    FrozenAudience,
    RelatedSegment,
    SegmentEngagement,
    SharedMembers,
)

_QUERIES = load_queries("segment_details")


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version as it was saved, not parsed yet, with its newest result."""

    version: int
    created_at: datetime
    created_by: str | None
    document: dict[str, object]
    accepted_warnings: tuple[str, ...]
    member_count: int | None
    calculated_at: datetime | None


@dataclass(frozen=True, slots=True)
class WeekRow:
    """What one part of the campaigns reported in a week: those that included the segment, or the others."""

    starts_on: date
    is_own: bool
    campaigns: frozenset[UUID]
    figures: Figures


def versions(transaction: Transaction, organization_id: int, segment_id: UUID, *, limit: int) -> tuple[VersionRow, ...]:
    """List the versions of a segment, newest first."""
    values = {"organization": organization_id, "segment": segment_id, "limit": limit}
    return tuple(
        VersionRow(
            row.version, row.created_at, row.created_by_name, row.criteria, tuple(row.accepted_warnings),
            row.member_count, row.as_of,
        )
        for row in transaction.rows(_QUERIES["versions"], values)
    )  # fmt: skip


def version(
    transaction: Transaction, organization_id: int, segment_id: UUID, number: int
) -> tuple[dict[str, object], tuple[str, ...]] | None:
    """Read the document of a version and the warnings accepted with it; None when there is no such version."""
    values = {"organization": organization_id, "segment": segment_id, "version": number}
    row = transaction.one(_QUERIES["version"], values)
    return None if row is None else (row.criteria, tuple(row.accepted_warnings))


def segments_by_id(transaction: Transaction, organization_id: int, ids: Iterable[str]) -> tuple[RelatedSegment, ...]:
    """Read the segments of these ids, by name; those that do not exist are left out."""
    rows = transaction.rows(_QUERIES["segments_by_id"], {"organization": organization_id, "ids": sorted(ids)})
    return tuple(
        RelatedSegment(
            SegmentId(row.segment_id), row.name, SegmentState(row.state), SegmentStatus(row.status), row.member_count
        )
        for row in rows
    )


def campaigns(transaction: Transaction, organization_id: int, segment_id: UUID) -> tuple[CampaignUse, ...]:
    """List the campaigns and sequences that name the segment; those that run come first."""
    rows = transaction.rows(_QUERIES["campaigns"], {"organization": organization_id, "segment": segment_id})
    return tuple(
        CampaignUse(
            row.campaign_id, row.name, row.kind, row.channel, row.state, row.part, row.starts_on, row.ends_on
        )
        for row in rows
    )  # fmt: skip


def audiences(
    transaction: Transaction, organization_id: int, segment_id: UUID, *, limit: int
) -> tuple[FrozenAudience, ...]:
    """List the audiences that took members of the segment, newest first."""
    values = {"organization": organization_id, "segment": segment_id, "limit": limit}
    return tuple(
        FrozenAudience(
            row.campaign_id, row.name, row.kind, row.channel, row.part, row.frozen_at, row.run_id, row.as_of,
            row.contact_count,
        )
        for row in transaction.rows(_QUERIES["audiences"], values)
    )  # fmt: skip


def engagement_by_week(transaction: Transaction, organization_id: int, segment_id: UUID) -> tuple[WeekRow, ...]:
    """Sum up what campaigns reported, by week, apart for those that included the segment."""
    values = {"organization": organization_id, "segment": segment_id}
    return tuple(
        WeekRow(row.starts_on, row.is_own, frozenset(row.campaigns), Figures.read(row))
        for row in transaction.rows(_QUERIES["engagement_by_week"], values)
    )


def engagement_of_others(
    transaction: Transaction, organization_id: int, segment_id: UUID, *, limit: int
) -> tuple[SegmentEngagement, ...]:
    """Sum up the campaigns of the other segments, those with the most deliveries first."""
    values = {"organization": organization_id, "segment": segment_id, "limit": limit}
    return tuple(
        SegmentEngagement(SegmentId(row.segment_id), row.name, row.campaigns, Figures.read(row))
        for row in transaction.rows(_QUERIES["engagement_of_others"], values)
    )


# Overlap -----------------------------------------------------------------------------------------------------------


def comparable(transaction: Transaction, organization_id: int, segment_id: UUID) -> tuple[UUID, ...]:
    """List the other segments with members, the largest first."""
    rows = transaction.rows(_QUERIES["comparable"], {"organization": organization_id, "segment": segment_id})
    return tuple(row.segment_id for row in rows)


def shared_members(
    transaction: Transaction, organization_id: int, segment_id: UUID, others: Sequence[UUID], *, seconds: float
) -> tuple[SharedMembers, ...] | None:
    """Count what a segment shares with others; None when that takes longer."""
    values = {"organization": organization_id, "segment": segment_id, "ids": list(others)}
    statement = _QUERIES["shared_members"].bindparams(**values)
    rows = transaction.rows_within(statement, seconds=seconds)
    if rows is None:
        return None
    return tuple(
        SharedMembers(
            SegmentId(row.segment_id), row.name, SegmentState(row.state), row.other_count or 0, int(row.shared)
        )
        for row in rows
    )
