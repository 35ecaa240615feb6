"""The figures of the first page, read from what is stored: rows to values."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Row

from segment_engine.db.queries import load_queries
from segment_engine.db.session import Transaction
from segment_engine.db.standing import standing_of_row, standing_values
from segment_engine.domain.campaign import CampaignId, CampaignKind, CampaignState, Part
from segment_engine.domain.overview import (
    SOON_DAYS,
    CampaignAtRisk,
    ChangedSegment,
    JudgedGroup,
    LateDelivery,
    OverviewFigures,
    RecentFailure,
    SegmentAtRisk,
    figures_of,
)
from segment_engine.domain.readiness import Readiness
from segment_engine.domain.segment import SegmentId, SegmentState, SegmentStatus

_QUERIES = load_queries("overview")
# Fewer contacts, or less than this share of the result before, is no change worth a row.
FEWEST_CHANGED = 10
LEAST_SHARE = 0.05


def figures(transaction: Transaction, organization_id: int, *, zone: str) -> OverviewFigures:
    """Add up how all segments stand; `zone` says what day it is for reviews."""
    values = {"organization": organization_id}
    kept = transaction.the(_QUERIES["kept"], {**values, "zone": zone})
    groups = (
        JudgedGroup(
            SegmentState(row.state), SegmentStatus(row.status), Readiness(row.readiness), tuple(row.reasons),
            row.segments,
        )
        for row in transaction.rows(_QUERIES["judged"], {**values, **standing_values()})
    )  # fmt: skip
    return figures_of(
        groups, unused=kept.unused, review_due=kept.review_due, has_contacts=kept.has_contacts,
        last_calculated_at=kept.last_calculated_at,
    )  # fmt: skip


def failed(transaction: Transaction, organization_id: int, *, limit: int) -> tuple[RecentFailure, ...]:
    """List active segments that failed, the newest failure first."""
    rows = transaction.rows(_QUERIES["failed"], {"organization": organization_id, "limit": limit})
    return tuple(
        RecentFailure(SegmentId(row.segment_id), row.name, row.finished_at, row.error_sentence, row.member_count)
        for row in rows
    )


def changed(transaction: Transaction, organization_id: int, *, limit: int) -> tuple[ChangedSegment, ...]:
    """List active segments whose last result differs most from the one before, up or down."""
    values = {"organization": organization_id, "fewest": FEWEST_CHANGED, "least_share": LEAST_SHARE, "limit": limit}
    return tuple(
        ChangedSegment(
            SegmentId(row.segment_id), row.name, row.member_count, row.previous_member_count, row.last_calculated_at,
            tuple(row.recent_counts or ()),
        )
        for row in transaction.rows(_QUERIES["changed"], values)
    )  # fmt: skip


def at_risk(
    transaction: Transaction, organization_id: int, *, zone: str, limit: int
) -> tuple[tuple[CampaignAtRisk, ...], int]:
    """List planned and running campaigns and sequences with segments that are not ready, and count them all."""
    planned = transaction.rows(_QUERIES["planned"], {"organization": organization_id})
    if not planned:
        return (), 0
    values = {"organization": organization_id, "zone": zone, "limit": limit, "soon": SOON_DAYS}
    judging = standing_values(row.segment_id for row in planned)
    rows = transaction.rows(_QUERIES["at_risk"], {**values, **judging})
    found = (_campaign(list(several)) for _, several in groupby(rows, key=lambda row: row.place))
    return tuple(found), (rows[0].campaigns if rows else 0)


def _campaign(rows: Sequence[Row[Any]]) -> CampaignAtRisk:
    first = rows[0]
    return CampaignAtRisk(
        CampaignId(first.campaign_id), first.campaign_name, CampaignKind(first.kind),
        CampaignState(first.campaign_state), first.starts_on, first.days_left,
        tuple(
            SegmentAtRisk(SegmentId(row.segment_id), row.segment_name, Part(row.part), standing_of_row(row))
            for row in rows
        ),
    )  # fmt: skip


def late(transaction: Transaction, organization_id: int) -> tuple[LateDelivery, ...]:
    """List data sources that are late, those that most active segments read first."""
    return tuple(
        LateDelivery(
            row.data_source_id, row.name, row.last_imported_at, None if row.hours is None else float(row.hours),
            row.stale_after_hours, row.readers,
        )
        for row in transaction.rows(_QUERIES["late"], {"organization": organization_id})
    )  # fmt: skip


def longest_wait(transaction: Transaction, organization_id: int) -> float | None:
    """Tell how long the oldest run has been due; None when none waits. Units: seconds."""
    found = transaction.scalar(_QUERIES["longest_wait"], {"organization": organization_id})
    return None if found is None else float(found)
