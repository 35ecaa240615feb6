"""Campaigns and sequences, and the segments they use: rows to values and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from segment_engine.db.queries import load_queries
from segment_engine.db.session import Transaction
from segment_engine.db.standing import of_segments
from segment_engine.domain.campaign import (
    Campaign,
    CampaignCard,
    CampaignDraft,
    CampaignId,
    CampaignKind,
    CampaignQuery,
    CampaignSegment,
    CampaignState,
    Figures,
    OfferedSegment,
    Part,
)
from segment_engine.domain.folding import fold
from segment_engine.domain.readiness import Readiness
from segment_engine.domain.segment import Page, SegmentId

_QUERIES = load_queries("campaigns")
_MATTERS = {CampaignState.DRAFT, CampaignState.SCHEDULED, CampaignState.RUNNING, CampaignState.PAUSED}
_BADNESS = (Readiness.READY, Readiness.USE_WITH_CARE, Readiness.DO_NOT_USE)


@dataclass(frozen=True, slots=True)
class LockedCampaign:
    """What an act needs to know of a campaign it holds."""

    campaign_id: CampaignId
    kind: CampaignKind
    name: str
    channel: str
    state: CampaignState
    starts_on: date | None
    ends_on: date | None
    revision: int
    updated_at: datetime
    launched_at: datetime | None


@dataclass(frozen=True, slots=True)
class ChosenSegment:
    """A segment that a draft names."""

    segment_id: UUID
    name: str
    state: str
    member_count: int | None
    last_calculated_at: datetime | None


# Reading -----------------------------------------------------------------------------------------------------------


def find(transaction: Transaction, organization_id: int, query: CampaignQuery) -> Page[CampaignCard]:
    """List one page of cards; a page beyond the end becomes the last one."""
    filters = {
        "organization": organization_id,
        "kind": query.kind.value,
        "search": fold(query.search.strip()),
        "states": [state.value for state in query.states],
    }
    size = min(max(query.size, 1), 100)
    total = int(transaction.scalar(_QUERIES["count_matching"], filters))
    page = min(max(query.page, 1), max(1, -(-total // size)))
    order = {"sort": query.sort.value, "descending": query.descending, "size": size, "offset": (page - 1) * size}
    rows = transaction.rows(_QUERIES["find"], {**filters, **order})
    used = segments_of(transaction, organization_id, [row.campaign_id for row in rows])
    return Page(tuple(_card(row, used.get(row.campaign_id, ())) for row in rows), total, page, size)


def summary(transaction: Transaction, organization_id: int, kind: CampaignKind) -> dict[CampaignState, int]:
    """Count the campaigns of a kind by state; states without any are left out."""
    rows = transaction.rows(_QUERIES["summary"], {"organization": organization_id, "kind": kind.value})
    return {CampaignState(row.state): row.campaigns for row in rows}


def _card(row: Row[Any], used: Sequence[CampaignSegment]) -> CampaignCard:
    state = CampaignState(row.state)
    worst = max(used, key=lambda each: _BADNESS.index(each.standing.readiness), default=None)
    matters = worst is not None and state in _MATTERS
    reasons = worst.standing.reasons if worst else ()
    return CampaignCard(
        CampaignId(row.campaign_id), CampaignKind(row.kind), row.name, row.description, row.channel, state,
        row.starts_on, row.ends_on, row.updated_at, row.launched_at, len(used),
        worst.standing.readiness if worst and matters else None,
        f"“{worst.name}”: {reasons[0].sentence}" if worst and matters and reasons else "",
        None if row.audience is None else int(row.audience), Figures.read(row),
    )  # fmt: skip


def get(transaction: Transaction, organization_id: int, campaign_id: UUID) -> Campaign | None:
    """Read one campaign with its segments; None when the organization has none of this id."""
    row = transaction.one(_QUERIES["get"], {"organization": organization_id, "campaign": campaign_id})
    if row is None:
        return None
    used = segments_of(transaction, organization_id, (campaign_id,))
    return Campaign(
        CampaignId(row.campaign_id), CampaignKind(row.kind), row.name, row.description, row.channel,
        CampaignState(row.state), row.starts_on, row.ends_on, row.revision, row.created_at, row.updated_at,
        row.created_by_name, row.updated_by_name, row.launched_at, used.get(campaign_id, ()),
    )  # fmt: skip


def segments_of(
    transaction: Transaction, organization_id: int, campaign_ids: Sequence[UUID]
) -> dict[UUID, tuple[CampaignSegment, ...]]:
    """Read the segments of campaigns with how they stand, included ones first; one judgement for all of them."""
    values = {"organization": organization_id, "campaigns": list(campaign_ids)}
    rows = transaction.rows(_QUERIES["uses"], values) if campaign_ids else ()
    standings = of_segments(transaction, organization_id, {row.segment_id for row in rows}) if rows else {}
    found: dict[UUID, list[CampaignSegment]] = {}
    for row in rows:
        used = CampaignSegment(
            row.segment_id, row.name, Part(row.part), row.member_count, row.last_calculated_at,
            standings[SegmentId(row.segment_id)],
        )  # fmt: skip
        found.setdefault(row.campaign_id, []).append(used)
    return {campaign_id: tuple(used) for campaign_id, used in found.items()}


def chosen(transaction: Transaction, organization_id: int, segment_ids: Sequence[UUID]) -> tuple[ChosenSegment, ...]:
    """Read the segments a draft names; those that do not exist are left out."""
    rows = transaction.rows(_QUERIES["chosen"], {"organization": organization_id, "segments": list(segment_ids)})
    return tuple(
        ChosenSegment(row.segment_id, row.name, row.state, row.member_count, row.last_calculated_at) for row in rows
    )


def drafted(transaction: Transaction, organization_id: int, draft: CampaignDraft) -> tuple[CampaignSegment, ...]:
    """Read the segments of a draft as if it were saved, included ones first."""
    wanted = {**dict.fromkeys(draft.included, Part.INCLUDED), **dict.fromkeys(draft.excluded, Part.EXCLUDED)}
    found = chosen(transaction, organization_id, tuple(wanted))
    standings = of_segments(transaction, organization_id, [each.segment_id for each in found])
    used = [
        CampaignSegment(
            each.segment_id, each.name, wanted[each.segment_id], each.member_count, each.last_calculated_at,
            standings[SegmentId(each.segment_id)],
        )
        for each in found
    ]  # fmt: skip
    return tuple(sorted(used, key=lambda each: each.part is Part.EXCLUDED))


def offered(transaction: Transaction, organization_id: int, *, search: str, limit: int) -> tuple[OfferedSegment, ...]:
    """List active segments to choose from, with how they stand."""
    values = {"organization": organization_id, "search": fold(search.strip()), "limit": limit}
    rows = transaction.rows(_QUERIES["offered"], values)
    standings = of_segments(transaction, organization_id, [row.segment_id for row in rows])
    return tuple(
        OfferedSegment(
            row.segment_id, row.name, row.description, row.member_count, row.last_calculated_at,
            standings[SegmentId(row.segment_id)],
        )
        for row in rows
    )  # fmt: skip


def current_day(transaction: Transaction, organization_id: int) -> date:
    """Say which day it is for an organization."""
    return transaction.scalar(_QUERIES["current_day"], {"organization": organization_id})


# Writing -----------------------------------------------------------------------------------------------------------


def lock(transaction: Transaction, organization_id: int, campaign_id: UUID) -> LockedCampaign | None:
    """Hold a campaign until the transaction ends; None when there is none of this id."""
    row = transaction.one(_QUERIES["lock"], {"organization": organization_id, "campaign": campaign_id})
    if row is None:
        return None
    return LockedCampaign(
        CampaignId(row.campaign_id), CampaignKind(row.kind), row.name, row.channel, CampaignState(row.state),
        row.starts_on, row.ends_on, row.revision, row.updated_at, row.launched_at,
    )  # fmt: skip


def hold_segments(transaction: Transaction, organization_id: int, campaign_id: UUID) -> None:
    """Keep the segments of a campaign as they are until the transaction ends: no publishing, no edit, no removal."""
    transaction.rows(_QUERIES["hold_segments"], {"organization": organization_id, "campaign": campaign_id})


def create(
    transaction: Transaction, organization_id: int, *, campaign_id: UUID, draft: CampaignDraft, person_id: UUID
) -> None:
    """Add a draft with its segments. Raises: NameTaken."""
    values = _values(organization_id, campaign_id, draft, person_id)
    transaction.run(_QUERIES["create"], {**values, "kind": draft.kind.value})
    _use(transaction, values, draft)


def update(
    transaction: Transaction, organization_id: int, *, campaign_id: UUID, draft: CampaignDraft, person_id: UUID,
    with_segments: bool,
) -> None:  # fmt: skip
    """Write an edit; `with_segments` replaces the choice of segments as well. Raises: NameTaken."""
    values = _values(organization_id, campaign_id, draft, person_id)
    transaction.run(_QUERIES["update"], values)
    if with_segments:
        transaction.run(_QUERIES["clear_segments"], values)
        _use(transaction, values, draft)


def _values(organization_id: int, campaign_id: UUID, draft: CampaignDraft, person_id: UUID) -> dict[str, object]:
    return {
        "organization": organization_id, "campaign": campaign_id, "name": draft.name,
        "description": draft.description, "channel": draft.channel, "starts_on": draft.starts_on,
        "ends_on": draft.ends_on, "person": person_id,
    }  # fmt: skip


def _use(transaction: Transaction, values: dict[str, object], draft: CampaignDraft) -> None:
    for part, segments in ((Part.INCLUDED, draft.included), (Part.EXCLUDED, draft.excluded)):
        transaction.run(_QUERIES["use_segments"], {**values, "part": part.value, "segments": list(segments)})


def set_state(
    transaction: Transaction, organization_id: int, *, campaign_id: UUID, state: CampaignState, person_id: UUID,
    launched_at: datetime | None = None,
) -> None:  # fmt: skip
    """Move a campaign; a launch also says when."""
    values = {"organization": organization_id, "campaign": campaign_id, "state": state.value, "person": person_id}
    transaction.run(_QUERIES["set_state"], {**values, "launched_at": launched_at})
