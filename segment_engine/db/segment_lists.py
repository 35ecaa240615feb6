"""Lists of segments: which match, in which order, what is shown of them, and what they can be narrowed by."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from segment_engine.db.queries import load_queries
from segment_engine.db.session import Transaction
from segment_engine.db.standing import of_segments, standing_values
from segment_engine.domain.access import PersonId
from segment_engine.domain.folding import fold
from segment_engine.domain.readiness import CODES, Axis, Readiness, Standing
from segment_engine.domain.searching import search_terms
from segment_engine.domain.segment import (
    Owner,
    Page,
    SegmentId,
    SegmentQuery,
    SegmentSort,
    SegmentState,
    SegmentStatus,
    SegmentTrait,
)
from segment_engine.domain.segment_lists import SegmentCard, SegmentSummary

_QUERIES = load_queries("segment_lists")
MOST_A_PAGE = 100
WITHOUT_SEAT = "A person without a seat"
# How the words of a column are ordered: as a person reads them, not by their letters.
_EVERY_STATUS = [
    status.value
    for status in (
        SegmentStatus.FAILED, SegmentStatus.NOT_CALCULATED, SegmentStatus.QUEUED, SegmentStatus.PROCESSING,
        SegmentStatus.SUCCESS,
    )
]  # fmt: skip
_EVERY_STATE = [
    state.value for state in (SegmentState.ACTIVE, SegmentState.DRAFT, SegmentState.INACTIVE, SegmentState.ARCHIVED)
]
_STALE = [code for code, (axis, _) in CODES.items() if axis is Axis.FRESHNESS]


def matching(
    transaction: Transaction, organization_id: int, query: SegmentQuery, *, zone: str, most: int = MOST_A_PAGE
) -> Page[SegmentId]:
    """List one page of ids; a page beyond the end becomes the last one. `zone` says what day it is for reviews."""
    size = min(max(query.size, 1), most)
    values = {"organization": organization_id, "zone": zone, **_filters(query), **_order(query)}
    paged = {"size": size, "offset": (max(query.page, 1) - 1) * size}
    rows = transaction.rows(_QUERIES["matching"], {**values, **paged})
    total = int(rows[0].total) if rows else 0
    page = min(max(query.page, 1), max(1, -(-total // size)))
    return Page(tuple(SegmentId(row.segment_id) for row in rows), total, page, size)


def _filters(query: SegmentQuery) -> dict[str, object]:
    judges = bool(query.readiness or SegmentTrait.STALE in query.traits or query.sort is SegmentSort.READINESS)
    uses = {SegmentTrait.USED, SegmentTrait.UNUSED}
    return {
        "terms": list(search_terms(query.search)),
        "statuses": [status.value for status in query.statuses],
        "states": [state.value for state in query.states],
        "readiness": [readiness.value for readiness in query.readiness],
        "judges": judges,
        "stale": SegmentTrait.STALE in query.traits,
        "stale_codes": _STALE,
        "tags": [fold(tag) for tag in query.tags],
        "of_owners": bool(query.owner_ids),
        "owners": [owner for owner in query.owner_ids if owner is not None],
        "of_nobody": None in query.owner_ids,
        "sources": list(query.sources),
        "least": query.least,
        "most": query.most,
        "counts_uses": bool(uses & query.traits or query.sort is SegmentSort.USES),
        "used": SegmentTrait.USED in query.traits,
        "unused": SegmentTrait.UNUSED in query.traits,
        "duplicate": SegmentTrait.DUPLICATE in query.traits,
        "review_due": SegmentTrait.REVIEW_DUE in query.traits,
        "scheduled": bool({SegmentTrait.SCHEDULED, SegmentTrait.SUSPENDED} & query.traits),
        "suspended": SegmentTrait.SUSPENDED in query.traits,
        **standing_values(),
    }


def _order(query: SegmentQuery) -> dict[str, object]:
    return {
        "sort": query.sort.value,
        "descending": query.descending,
        "every_status": _EVERY_STATUS,
        "every_state": _EVERY_STATE,
        "every_readiness": [readiness.value for readiness in Readiness],
    }


def cards(transaction: Transaction, organization_id: int, segment_ids: Iterable[UUID]) -> tuple[SegmentCard, ...]:
    """Read what is shown of segments, in their order; ids that do not exist are left out."""
    wanted = list(segment_ids)
    rows = transaction.rows(_QUERIES["cards"], {"organization": organization_id, "segments": wanted})
    standings = of_segments(transaction, organization_id, wanted)
    found = {row.segment_id: row for row in rows if row.segment_id in standings}
    return tuple(_card(found[each], standings[SegmentId(each)]) for each in wanted if each in found)


def _card(row: Row[Any], standing: Standing) -> SegmentCard:
    return SegmentCard(
        SegmentId(row.segment_id), row.name, row.description, SegmentState(row.state), SegmentStatus(row.status),
        row.member_count, row.last_calculated_at, row.updated_at, row.campaign_count, row.failure, standing,
        recent_counts=tuple(row.recent_counts or ()), change=row.change, created_at=row.created_at,
        reader_count=row.reader_count,
        owner=None if row.owner_id is None else row.owner_name or WITHOUT_SEAT,
        tags=tuple(row.tags or ()), sources=tuple(row.sources or ()), review_on=row.review_on,
    )  # fmt: skip


def summary(transaction: Transaction, organization_id: int) -> SegmentSummary:
    """Read the figures above the list."""
    rows = transaction.rows(_QUERIES["summary"], {"organization": organization_id})
    judged = transaction.rows(_QUERIES["by_readiness"], {"organization": organization_id, **standing_values()})
    present = [row for row in rows if not row.archived]
    calculated = [row.last_calculated_at for row in rows if row.last_calculated_at is not None]
    return SegmentSummary(
        total=sum(row.segment_count for row in present),
        active=sum(row.active_count for row in present),
        by_status={SegmentStatus(row.status): row.segment_count for row in present},
        has_contacts=bool(transaction.scalar(_QUERIES["has_contacts"], {"organization": organization_id})),
        last_calculated_at=max(calculated, default=None),
        archived=sum(row.segment_count for row in rows if row.archived),
        by_readiness={Readiness(row.readiness): row.segment_count for row in judged},
    )


def owners_of_segments(transaction: Transaction, organization_id: int) -> tuple[Owner, ...]:
    """List who owns at least one segment, by name."""
    rows = transaction.rows(_QUERIES["owners_of_segments"], {"organization": organization_id})
    return tuple(Owner(PersonId(row.owner_id), row.name or WITHOUT_SEAT) for row in rows)


def sources_of_segments(transaction: Transaction, organization_id: int) -> tuple[str, ...]:
    """List the data sources that any segment reads, by name."""
    return tuple(
        row.name for row in transaction.rows(_QUERIES["sources_of_segments"], {"organization": organization_id})
    )
