"""One contact: how it is found, everything known about it, and which segments held it when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from segment_engine.domain.catalog import FieldType
from segment_engine.domain.overrides import Decision
from segment_engine.domain.readiness import Axis, Standing
from segment_engine.domain.run import RunId
from segment_engine.domain.segment import SegmentId, SegmentState

# Finding one --------------------------------------------------------------------------------------------------------


class FoundBy(StrEnum):
    """What of a contact the search text was compared with, the surest first."""

    KEY = "key"
    EMAIL = "email"
    PHONE = "phone"
    KEY_START = "key_start"
    EMAIL_START = "email_start"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class FoundContact:
    """A contact that a search found: what tells a person who it is, and by what it was found."""

    number: int
    external_key: str
    name: str
    email: str | None
    city: str | None
    country: str | None
    found_by: FoundBy


@dataclass(frozen=True, slots=True)
class ContactSearch:
    """What a search found, the surest first.

    Shape: at most 20 `contacts`; `has_more` when there are others. `searched` says what the text was compared with, and
        `gave_up` that names and phone numbers could not be compared in time.
    """

    contacts: tuple[FoundContact, ...] = ()
    has_more: bool = False
    searched: tuple[FoundBy, ...] = ()
    gave_up: bool = False


# What is known -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FieldValue:
    """One field of a contact in words. `text` is None where nothing usable is stored."""

    key: str
    label: str
    type: FieldType
    text: str | None
    source: str | None
    sensitive: bool = False


@dataclass(frozen=True, slots=True)
class ChannelState:
    """How one channel leads to a contact. Units: `suppressed_at` in UTC, with `suppression` saying why."""

    channel: str
    address: str | None
    is_valid: bool
    suppressed_at: datetime | None = None
    suppression: str | None = None


@dataclass(frozen=True, slots=True)
class ConsentEntry:
    """One record of consent. `topic` is None for the whole channel. Units: UTC."""

    channel: str
    topic: str | None
    state: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class RowCount:
    """How many rows of one kind belong to a contact: events of a type, or rows of a relation. Units: times in UTC.

    Shape: `last_at` is None for rows without a time.
    """

    key: str
    label: str
    rows: int
    last_at: datetime | None
    date_only: bool = False


@dataclass(frozen=True, slots=True)
class ContactCard:
    """Everything known about one contact.

    Shape: `fields` in the order of their keys, also those without a value. `consents` by channel, the whole of it
        before its topics, each newest first: the first of a kind is the one that counts.
    """

    number: int
    external_key: str
    name: str
    email: str | None
    created_at: datetime
    updated_at: datetime
    fields: tuple[FieldValue, ...] = ()
    channels: tuple[ChannelState, ...] = ()
    consents: tuple[ConsentEntry, ...] = ()
    events: tuple[RowCount, ...] = ()
    relations: tuple[RowCount, ...] = ()
    lists: tuple[str, ...] = ()


# Which segments ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RunMark:
    """A run that changed something, and when its result was published. Units: UTC."""

    run_id: RunId
    at: datetime


@dataclass(frozen=True, slots=True)
class MembershipChange:
    """That a contact joined a segment, or left it, with one published result; `sequence` counts those."""

    sequence: int
    joined: bool
    mark: RunMark | None


@dataclass(frozen=True, slots=True)
class Interval:
    """One stretch of membership.

    Shape: `joined` is None where it began before the history that is kept; `left` is None while it lasts.
    """

    joined: RunMark | None
    left: RunMark | None
    is_open: bool


def intervals_of(changes: Iterable[MembershipChange], *, is_member: bool) -> tuple[Interval, ...]:
    """Turn changes into stretches of membership, the latest first. A contact that returns begins a new one.

    Shape: `is_member` is what is published now; it opens a stretch of unknown beginning where no change says so.
    """
    found: list[Interval] = []
    since: MembershipChange | None = None
    for change in sorted(changes, key=lambda each: each.sequence):
        if change.joined:
            since = change
        else:
            found.append(Interval(None if since is None else since.mark, change.mark, is_open=False))
            since = None
    if is_member:
        found.append(Interval(None if since is None else since.mark, None, is_open=True))
    return tuple(reversed(found))


@dataclass(frozen=True, slots=True)
class HandRecord:
    """What a person decided about this contact and one segment. Units: times in UTC; `ended_at` None: it counts."""

    decision: Decision
    reason: str
    decided_at: datetime
    decided_by: str | None
    ended_at: datetime | None = None
    ended_by: str | None = None


@dataclass(frozen=True, slots=True)
class Membership:
    """One segment and one contact: whether it holds it by its published result, since when, and when it did before.

    Shape: `intervals` the latest first; `by_hand` the newest first, also what was ended. `standing` says whether the
        segment can be used.
    Units: `calculated_at`, when the members that are published were calculated, in UTC; None when they never were.
    """

    segment_id: SegmentId
    name: str
    state: SegmentState
    is_member: bool
    calculated_at: datetime | None = None
    intervals: tuple[Interval, ...] = ()
    by_hand: tuple[HandRecord, ...] = ()
    standing: Standing | None = None


def difference(stored: Membership, *, now: bool) -> str:
    """Say why criteria that were asked now answer otherwise than the published members; empty when they agree.

    Shape: `now` is whether a run at this moment would make the contact a member.
    """
    if stored.is_member == now:
        return ""
    if stored.calculated_at is None:
        return "There are no members yet, because no run has succeeded; the next one would take this contact in."
    then, would = ("is still a member", "leave") if stored.is_member else ("is not a member yet", "join")
    reasons = stored.standing.of(Axis.FRESHNESS) if stored.standing else ()
    known = " ".join(reason.sentence for reason in reasons) or "Time has passed since then, or data has changed."
    return (
        f"By the last run the contact {then}; with the next one it would {would}. The members are always those of the "
        f"last run that succeeded. {known}"
    )


@dataclass(frozen=True, slots=True)
class ContactCampaign:
    """A campaign or sequence that has something to do with a contact, or could have.

    Shape: `frozen_at` is the newest frozen audience, None before a launch, and `was_in` whether it held the contact.
        `selects` tells whether an included segment holds the contact now. `interactions` counts what happened, by kind.
    """

    campaign_id: UUID
    name: str
    kind: str
    channel: str
    state: str
    selects: bool
    frozen_at: datetime | None = None
    was_in: bool | None = None
    interactions: dict[str, int] = field(default_factory=dict[str, int])
