"""What a list of segments shows: a card of each, the figures above them, and what it can be narrowed by."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from segment_engine.domain.readiness import Readiness, Standing
from segment_engine.domain.segment import Owner, SegmentId, SegmentState, SegmentStatus


@dataclass(frozen=True, slots=True)
class SegmentCard:
    """One segment in a list: stored figures only.

    Units: `member_count` contacts as of `last_calculated_at` (UTC); both None before the first success. `change` is the
        difference to the result before, None without one. `recent_counts` are the member counts of up to the last 30
        successful runs, oldest first. `campaign_count` counts campaigns and sequences, `reader_count` other segments;
        those that are archived use nothing.
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
    change: int | None = None
    created_at: datetime | None = None
    reader_count: int = 0
    owner: str | None = None
    tags: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    review_on: date | None = None

    @property
    def uses(self) -> int:
        """How many campaigns, sequences and other segments use it."""
        return self.campaign_count + self.reader_count


@dataclass(frozen=True, slots=True)
class SegmentSummary:
    """The figures above the list. Units: counts of segments outside the archive, and `archived` of those in it."""

    total: int
    active: int
    by_status: dict[SegmentStatus, int] = field(default_factory=dict[SegmentStatus, int])
    has_contacts: bool = False
    last_calculated_at: datetime | None = None
    archived: int = 0
    by_readiness: dict[Readiness, int] = field(default_factory=dict[Readiness, int])


@dataclass(frozen=True, slots=True)
class ListChoices:
    """What a list can be narrowed by: the tags there are, who owns a segment, and the data sources that are read."""

    tags: tuple[TagCount, ...]
    owners: tuple[Owner, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A part of a query that hides matches: its field of `SegmentQuery`, and how many there would be without it."""

    part: str
    matches: int


@dataclass(frozen=True, slots=True)
class TagCount:
    """A tag, which has one spelling in an organization, and how many segments carry it."""

    tag: str
    segments: int
