"""What a campaign or a sequence is, how it moves, what came of it, and what people ask of a list of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from segment_engine.domain.reach import ChannelReach
from segment_engine.domain.readiness import Readiness, Standing
from segment_engine.domain.stored import StoredWord

CampaignId = NewType("CampaignId", UUID)


class CampaignKind(StoredWord):
    """A campaign is sent to its audience at once; a sequence is entered by contacts one by one."""

    CAMPAIGN = "campaign"
    SEQUENCE = "sequence"


class CampaignState(StoredWord):
    """Where a campaign is in its life. Everything before the launch can still be changed."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    ARCHIVED = "archived"


class CampaignMove(StrEnum):
    """What a person does to the state, besides the launch."""

    TAKE_BACK = "take_back"
    PAUSE = "pause"
    RESUME = "resume"
    FINISH = "finish"
    ARCHIVE = "archive"
    RESTORE = "restore"


# From which states a move is possible, and where it leads. What was launched once never becomes a draft again by being
# restored: its audience and its figures are history.
MOVES: Mapping[CampaignMove, Mapping[CampaignState, CampaignState]] = {
    CampaignMove.TAKE_BACK: {CampaignState.SCHEDULED: CampaignState.DRAFT},
    CampaignMove.PAUSE: {CampaignState.RUNNING: CampaignState.PAUSED},
    CampaignMove.RESUME: {CampaignState.PAUSED: CampaignState.RUNNING},
    CampaignMove.FINISH: {
        CampaignState.RUNNING: CampaignState.FINISHED,
        CampaignState.PAUSED: CampaignState.FINISHED,
    },
    CampaignMove.ARCHIVE: {
        CampaignState.DRAFT: CampaignState.ARCHIVED,
        CampaignState.FINISHED: CampaignState.ARCHIVED,
    },
    CampaignMove.RESTORE: {CampaignState.ARCHIVED: CampaignState.FINISHED},
}
LAUNCHED_FROM = frozenset({CampaignState.DRAFT, CampaignState.SCHEDULED})
"""States in which the launch is still ahead; a scheduled campaign is launched when its day has come."""


def after_move(move: CampaignMove, state: CampaignState, *, launched: bool) -> CampaignState | None:
    """Say where a move leads from a state; None where it is not possible."""
    if move is CampaignMove.RESTORE and state is CampaignState.ARCHIVED and not launched:
        return CampaignState.DRAFT
    return MOVES[move].get(state)


def moves_from(state: CampaignState, *, launched: bool) -> tuple[CampaignMove, ...]:
    """List what can be done in a state."""
    return tuple(move for move in CampaignMove if after_move(move, state, launched=launched) is not None)


class Part(StoredWord):
    """Whether the members of a segment are taken in or kept out. Kept out wins."""

    INCLUDED = "included"
    EXCLUDED = "excluded"


class CampaignSort(StrEnum):
    """Orders of the list. Ties are broken by name, then id, so that pages never overlap."""

    UPDATED = "updated"
    NAME = "name"
    STARTS = "starts"
    AUDIENCE = "audience"


@dataclass(frozen=True, slots=True)
class CampaignQuery:
    """What the list shows.

    Shape: `search` matches anywhere in name or description, letters of either case alike; without states, everything
        but the archive. Units: `page` counts from 1; `size` is rows a page, 1 to 100.
    """

    kind: CampaignKind = CampaignKind.CAMPAIGN
    search: str = ""
    states: frozenset[CampaignState] = frozenset()
    sort: CampaignSort = CampaignSort.UPDATED
    descending: bool = True
    page: int = 1
    size: int = 25


# What came of it ---------------------------------------------------------------------------------------------------

# Below this many deliveries a rate says little: one contact more or less moves it by more than a percent.
FEW_DELIVERIES = 100


@dataclass(frozen=True, slots=True)
class Figures:
    """What came of sending. Units: contacts a day, or over all days; each step counts a contact once."""

    sent: int = 0
    delivered: int = 0
    opened: int = 0
    clicked: int = 0
    converted: int = 0
    unsubscribed: int = 0
    bounced: int = 0

    @classmethod
    def read(cls, row: object) -> Figures:
        """Read the figures from anything that has them by their names."""
        return cls(**{each.name: int(getattr(row, each.name)) for each in fields(cls)})

    @classmethod
    def sum(cls, parts: Iterable[Figures]) -> Figures:
        """Add figures up, each with its like."""
        every = tuple(parts)
        return cls(**{each.name: sum(part.of(each.name) for part in every) for each in fields(cls)})

    @property
    def few(self) -> bool:
        """Whether there are too few deliveries for the rates to say much."""
        return self.delivered < FEW_DELIVERIES

    def of(self, name: str) -> int:
        """Give one figure by its name."""
        return int(getattr(self, name))


FIGURES = tuple(each.name for each in fields(Figures))
# Each rate with what it is a share of: a rate without its denominator says nothing.
RATES: Mapping[str, str] = {
    "delivered": "sent",
    "bounced": "sent",
    "opened": "delivered",
    "clicked": "delivered",
    "converted": "delivered",
    "unsubscribed": "delivered",
}


@dataclass(frozen=True, slots=True)
class DailyFigures:
    """The figures of one day."""

    day: date
    figures: Figures


@dataclass(frozen=True, slots=True)
class CampaignMetrics:
    """Every day with figures, oldest first, and their sum."""

    days: tuple[DailyFigures, ...]
    total: Figures


# Reading and writing -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CampaignCard:
    """One campaign in a list: stored figures only.

    Shape: `readiness` is the worst of its segments, None where it does not matter any more; `worst` says why.
        `audience` is the newest frozen one, None before the launch. Units: contacts.
    """

    campaign_id: CampaignId
    kind: CampaignKind
    name: str
    description: str
    channel: str
    state: CampaignState
    starts_on: date | None
    ends_on: date | None
    updated_at: datetime
    launched_at: datetime | None
    segment_count: int
    readiness: Readiness | None
    worst: str
    audience: int | None
    figures: Figures


@dataclass(frozen=True, slots=True)
class CampaignSegment:
    """One segment of a campaign as it stands now."""

    segment_id: UUID
    name: str
    part: Part
    member_count: int | None
    last_calculated_at: datetime | None
    standing: Standing


@dataclass(frozen=True, slots=True)
class Campaign:
    """One campaign with its segments, included ones first, each side by name."""

    campaign_id: CampaignId
    kind: CampaignKind
    name: str
    description: str
    channel: str
    state: CampaignState
    starts_on: date | None
    ends_on: date | None
    revision: int
    created_at: datetime
    updated_at: datetime
    created_by: str | None
    updated_by: str | None
    launched_at: datetime | None
    segments: tuple[CampaignSegment, ...] = ()

    def part(self, part: Part) -> tuple[CampaignSegment, ...]:
        """Give the segments of one side."""
        return tuple(each for each in self.segments if each.part is part)


@dataclass(frozen=True, slots=True)
class CampaignDraft:
    """What the form saves."""

    kind: CampaignKind
    name: str
    description: str = ""
    channel: str = "email"
    starts_on: date | None = None
    ends_on: date | None = None
    included: tuple[UUID, ...] = ()
    excluded: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class OfferedSegment:
    """An active segment that a campaign may choose, with how it stands."""

    segment_id: UUID
    name: str
    description: str
    member_count: int | None
    last_calculated_at: datetime | None
    standing: Standing


# Frozen audiences --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AudienceSource:
    """One segment of a frozen audience, with the run its members came from.

    Shape: `name` is None when the segment is gone; `as_of` when the run is. Units: `contact_count` members of that run.
    """

    segment_id: UUID
    name: str | None
    part: Part
    run_id: UUID
    as_of: datetime | None
    contact_count: int


@dataclass(frozen=True, slots=True)
class Audience:
    """Who was meant when a campaign was launched, and whom that reached.

    Shape: `reach` is None for audiences frozen before reach was recorded. Units: `size` contacts.
    """

    frozen_at: datetime
    size: int
    sources: tuple[AudienceSource, ...]
    reach: ChannelReach | None
