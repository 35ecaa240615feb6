"""What a list of segments shows: a card of each, the figures above them, and the tags there are."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from segment_engine.domain.readiness import Standing
from segment_engine.domain.segment import SegmentId, SegmentState, SegmentStatus


@dataclass(frozen=True, slots=True)
class SegmentCard:
    """One segment in a list: stored figures only.

    Units: `member_count` contacts as of `last_calculated_at` (UTC); both None before the first success.
        `recent_counts` are the member counts of up to the last 30 successful runs, oldest first.
    """

    segment_id: SegmentId
    name: str
    description: str
    state: SegmentState
    status: SegmentStatus
    member_count: int | None
    last_calculated_at: datetime | None
    updated_at: datetime
    campaign_count: int
    failure: str | None
    standing: Standing
    recent_counts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class SegmentSummary:
    """The figures above the list. Units: counts; `contacts` and `events` count what criteria can reach at all."""

    total: int
    active: int
    by_status: dict[SegmentStatus, int] = field(default_factory=dict[SegmentStatus, int])
    has_contacts: bool = False
    last_calculated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TagCount:
    """A tag, which has one spelling in an organization, and how many segments carry it."""

    tag: str
    segments: int
