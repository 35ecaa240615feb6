"""What a segment is, on a card and in full, and what people ask of a list of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Generic, NewType, TypeVar
from uuid import UUID

from segment_engine.domain.access import PersonId
from segment_engine.domain.criteria import Criteria
from segment_engine.domain.overrides import Decision
from segment_engine.domain.readiness import Readiness
from segment_engine.domain.run import RunId
from segment_engine.domain.stored import StoredWord

SegmentId = NewType("SegmentId", UUID)
Item = TypeVar("Item")


class SegmentState(StoredWord):
    """A person's decision. Only active segments are offered to campaigns and sequences."""

    DRAFT = "draft"
    ACTIVE = "active"
    INACTIVE = "inactive"
    ARCHIVED = "archived"


class SegmentStatus(StoredWord):
    """How the calculation stands: that of the active run, else of the newest finished one that was not cancelled."""

    NOT_CALCULATED = "not_calculated"
    QUEUED = "queued"
    PROCESSING = "processing"
    FAILED = "failed"
    SUCCESS = "success"


class SegmentSort(StrEnum):
    """Orders of the list. What is missing comes last; ties are broken by name, then id, so that pages never overlap."""

    UPDATED = "updated"
    NAME = "name"
    MEMBERS = "members"
    CALCULATED = "calculated"
    STATUS = "status"
    READINESS = "readiness"
    STATE = "state"
    CHANGE = "change"
    CREATED = "created"
    OWNER = "owner"
    USES = "uses"
    REVIEW = "review"


class SegmentTrait(StrEnum):
    """What a list can be narrowed to besides values of a column.

    Used: by a campaign or sequence that is not archived, or by another segment that is not. Stale: its result does not
    answer today's question. Duplicate: another segment, neither archived, has equal criteria. Scheduled: with a
    schedule, kept or not. Suspended: with a schedule that is not kept any more, because it failed too often.
    """

    STALE = "stale"
    UNUSED = "unused"
    USED = "used"
    DUPLICATE = "duplicate"
    REVIEW_DUE = "review_due"
    SCHEDULED = "scheduled"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class SegmentQuery:
    """What the list shows. A segment must satisfy every part that is given; within one part any value will do.

    Shape: each word and each “quoted phrase” of `search` occurs in name, description, notes or a tag, letters of either
        case alike; empty parts mean all. All `traits` must hold. `owner_ids` may contain None: nobody.
    Units: `least` and `most` are members, both included; `page` counts from 1; `size` is rows a page, 1 to 100.
    """

    search: str = ""
    statuses: frozenset[SegmentStatus] = frozenset()
    states: frozenset[SegmentState] = frozenset()
    readiness: frozenset[Readiness] = frozenset()
    tags: frozenset[str] = frozenset()
    owner_ids: frozenset[UUID | None] = frozenset()
    sources: frozenset[str] = frozenset()
    least: int | None = None
    most: int | None = None
    traits: frozenset[SegmentTrait] = frozenset()
    sort: SegmentSort = SegmentSort.UPDATED
    descending: bool = True
    page: int = 1
    size: int = 12


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """One page of a list. Units: `total` counts every match, not the page; `page` counts from 1."""

    items: tuple[Item, ...]
    total: int
    page: int
    size: int

    @property
    def pages(self) -> int:
        """How many pages there are, at least 1."""
        return max(1, -(-self.total // self.size))


@dataclass(frozen=True, slots=True)
class Owner:
    """Who answers for a segment: a person with a seat, by name."""

    person_id: PersonId
    name: str


@dataclass(frozen=True, slots=True)
class SourceUse:
    """A data source the criteria read: its name, the fields and event types used, its last import (UTC)."""

    name: str
    fields: tuple[str, ...]
    last_imported_at: datetime | None
    stale_after_hours: int | None


@dataclass(frozen=True, slots=True)
class Segment:
    """A named criteria with its latest result.

    Shape: `version` counts edits of the criteria, `revision` every edit; updates name the revision they saw.
        `criteria` is None when the stored document cannot be read any more; then `criteria_problem` says why.
        `document` is the stored criteria as JSON data, always there. `accepted_warnings` are codes of the linter that
        the editor of this version accepted. `tags` stand by name; they, `owner`, `notes` and `review_on` belong to no
        version.
    Units: times in UTC. `member_count`, `last_calculated_at`, `published_version` belong to `published_run_id`.
    """

    segment_id: SegmentId
    name: str
    description: str
    state: SegmentState
    status: SegmentStatus
    version: int
    revision: int
    document: dict[str, object]
    criteria: Criteria | None
    criteria_problem: str | None
    member_count: int | None
    last_calculated_at: datetime | None
    published_run_id: RunId | None
    published_version: int | None
    latest_run_id: RunId | None
    created_at: datetime
    updated_at: datetime
    created_by: str | None
    updated_by: str | None
    campaigns: tuple[str, ...] = ()
    accepted_warnings: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    owner: Owner | None = None
    notes: str = ""
    review_on: date | None = None


@dataclass(frozen=True, slots=True)
class SegmentDraft:
    """What the form saves. `document` is the criteria as JSON data or JSON text; it is parsed at the edge, once.

    Shape: `accepted_warnings` are the codes of those findings of the linter that the editor has read and accepted.
    """

    name: str
    description: str
    document: dict[str, object] | str | bytes
    state: SegmentState = SegmentState.ACTIVE
    accepted_warnings: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Another segment that says the same, whatever its wording: equal criteria have equal members."""

    segment_id: SegmentId
    name: str
    state: SegmentState


@dataclass(frozen=True, slots=True)
class Verdict:
    """What happened to one segment of an act on many, and why.

    Shape: `done` is True also where there was nothing to do; then `changed` is False. `warning` is what else follows,
        and part of the reason.
    """

    segment_id: SegmentId
    name: str
    done: bool
    reason: str
    changed: bool = True
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Member:
    """One contact of a segment: its dense number, its own key, and what tells a person who it is.

    Shape: `by_hand` is what a person decided about this contact and segment, None where the criteria decide. Whoever
        was taken out since the last run is still here until the next one.
    """

    number: int
    external_key: str
    name: str
    email: str | None
    city: str | None
    country: str | None
    by_hand: Decision | None = None


@dataclass(frozen=True, slots=True)
class MemberPage:
    """Members in the order of their numbers. `next_after` asks for the following page; None at the end."""

    members: tuple[Member, ...]
    next_after: int | None


@dataclass(frozen=True, slots=True)
class ContactSegment:
    """A segment a contact is in, and since which successful run (UTC)."""

    segment_id: SegmentId
    name: str
    state: SegmentState
    since: datetime | None
