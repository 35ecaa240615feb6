"""What may be asked: the fields, event types and data sources of one organization. It never reads the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class FieldType(StrEnum):
    """How a value is held and compared (docs/criteria.md, Values)."""

    TEXT = "text"
    CHOICE = "choice"
    INTEGER = "integer"
    DECIMAL = "decimal"
    MONEY = "money"
    BOOLEAN = "boolean"
    DATE = "date"
    INSTANT = "instant"


NUMBERS = frozenset({FieldType.INTEGER, FieldType.DECIMAL, FieldType.MONEY})
TEXTS = frozenset({FieldType.TEXT, FieldType.CHOICE})
TIMES = frozenset({FieldType.DATE, FieldType.INSTANT})


@dataclass(frozen=True, slots=True)
class Field:
    """One value of a contact, or one property of an event.

    Shape: `key` is stable and qualified: `contact.city`, `order_placed.total`. `column` is the typed column of
        `contacts` or `events` that holds the value; `fold_column` its case-folded twin, or None where only A–Z fold.
    Units: decimal and money are whole numbers of 10^-scale (49.90 with scale 2 is held as 4990); money has one
        currency.
    """

    key: str
    label: str
    type: FieldType
    column: str
    fold_column: str | None = None
    scale: int = 0
    currency: str | None = None
    values: tuple[str, ...] = ()
    ordered: bool = False
    sensitive: bool = False
    source: str | None = None


@dataclass(frozen=True, slots=True)
class EventType:
    """A kind of event. `number` is its short identity in the events table.

    Units: a date-only event is held as midnight UTC of its date; windows over it are dates.
    """

    key: str
    label: str
    number: int
    date_only: bool = False
    source: str | None = None
    fields: Mapping[str, Field] = field(default_factory=dict[str, Field])


@dataclass(frozen=True, slots=True)
class Catalog:
    """The allow-list of one organization: contact fields by key and event types by key."""

    fields: Mapping[str, Field] = field(default_factory=dict[str, Field])
    events: Mapping[str, EventType] = field(default_factory=dict[str, EventType])


# What every event offers besides its own properties (docs/criteria.md, Rows). The column is always `occurred_at`.
def event_time_field(event: EventType) -> Field:
    """Return `@time`: when the event happened. An instant, or a date for date-only events."""
    kind = FieldType.DATE if event.date_only else FieldType.INSTANT
    return Field(key="@time", label="time", type=kind, column="occurred_at")


def property_of(event: EventType, key: str) -> Field | None:
    """Look a property up by its qualified key, or by `@time`, `@day`, `@weekday`, `@hour`; None when there is none."""
    if key == "@time":
        return event_time_field(event)
    if key == "@day":
        return Field(key="@day", label="day", type=FieldType.DATE, column="occurred_at")
    if key == "@weekday":
        return Field(key="@weekday", label="weekday", type=FieldType.INTEGER, column="occurred_at")
    if key == "@hour" and not event.date_only:
        return Field(key="@hour", label="hour", type=FieldType.INTEGER, column="occurred_at")
    return event.fields.get(key)
