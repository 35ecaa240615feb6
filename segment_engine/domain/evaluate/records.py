"""What the reference evaluator looks at: one contact with everything that belongs to it, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

Stored = str | int | bool | date | datetime | tuple[str | None, ...] | frozenset[str]
"""What a field holds. Shape: an instant is an aware datetime; a set is a tuple or a frozenset of its elements."""


@dataclass(frozen=True, slots=True)
class EventRecord:
    """One event of a contact.

    Shape: `type` is the event type's key; `number` its place in the order in which events were taken in; `values` by
        qualified field key, None or absent when missing, numbers as held (whole, times 10^scale of the field);
        `campaign` the id (lower-case text) of the campaign whose history it is part of.
    Units: `time` is an aware instant; a date-only event stands at midnight UTC of its date.
    """

    type: str
    number: int
    time: datetime
    values: Mapping[str, Stored | None]
    campaign: str | None = None


@dataclass(frozen=True, slots=True)
class RelatedRecord:
    """One row of a related table.

    Shape: `number` is its own; `parent` that of the row it belongs to in the relation above, None in a first one.
    Units: `time` as that of an event; None where the relation has no time, or the row's is missing.
    """

    relation: str
    number: int
    parent: int | None
    time: datetime | None
    values: Mapping[str, Stored | None]


@dataclass(frozen=True, slots=True)
class ConsentRecord:
    """One record of consent. Shape: `topic` is None for the whole channel; `state` granted, pending or withdrawn."""

    channel: str
    topic: str | None
    state: str
    recorded_at: datetime
    number: int


@dataclass(frozen=True, slots=True)
class ChannelRecord:
    """How a contact can be reached by one channel. `suppressed_at` is None where nothing stops it."""

    address: str | None
    valid: bool = True
    suppressed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ContactRecord:
    """One contact of the base with everything that belongs to it.

    Shape: `values` by qualified field key; None or absent when missing. Text and choice are str, integer, decimal and
        money are int, boolean is bool, date is date, instant is an aware datetime, a set a tuple or frozenset of str.
        `key` is the contact's own id as its source gives it; `channels` by channel; `segments` are the ids of the
        segments whose members, as stored by their last run, include the contact; `lists` those of its static lists.
    Units: decimal and money are whole numbers of 10^-scale of their field.
    """

    values: Mapping[str, Stored | None]
    events: tuple[EventRecord, ...] = ()
    key: str = ""
    related: tuple[RelatedRecord, ...] = ()
    consents: tuple[ConsentRecord, ...] = ()
    channels: Mapping[str, ChannelRecord] = field(default_factory=dict[str, ChannelRecord])
    segments: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Overrides:
    """The open decisions of people about one segment, by contact number."""

    put_in: frozenset[int] = frozenset()
    taken_out: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Population:
    """The whole base of an organization by contact number, and members by hand by the id of their segment."""

    records: Mapping[int, ContactRecord]
    overrides: Mapping[str, Overrides] = field(default_factory=dict[str, Overrides])
