"""What a builder may offer for a choice: segments, lists, campaigns, topics of consent, and values of a field."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

MOST_VALUES = 50


@dataclass(frozen=True, slots=True)
class SegmentOffer:
    """A segment that criteria could name. Units: contacts as of `last_calculated_at` (UTC); None before a run."""

    segment_id: str
    name: str
    state: str
    status: str
    member_count: int | None
    last_calculated_at: datetime | None


@dataclass(frozen=True, slots=True)
class ListOffer:
    """A static list that criteria could name. Units: contacts; `created_at` in UTC."""

    list_id: str
    name: str
    member_count: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class CampaignOffer:
    """A campaign that criteria could name."""

    campaign_id: str
    name: str
    channel: str
    state: str


@dataclass(frozen=True, slots=True)
class TopicOffer:
    """A topic that consent was recorded for. Units: records, not contacts."""

    channel: str
    topic: str
    records: int


@dataclass(frozen=True, slots=True)
class ValueOffer:
    """A value that occurs, as it is stored. Units: `count` is contacts for their fields, rows for properties."""

    value: str | int | bool | date
    count: int
