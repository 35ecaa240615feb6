"""What may be asked: the fields, event types and data sources of one organization. It never reads the database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from segment_engine.domain.criteria import Criteria, Interactions, RelationPath, Source
from segment_engine.domain.stored import StoredWord


class FieldType(StoredWord):
    """How a value is held and compared (docs/criteria.md, Values)."""

    TEXT = "text"
    CHOICE = "choice"
    INTEGER = "integer"
    DECIMAL = "decimal"
    MONEY = "money"
    BOOLEAN = "boolean"
    DATE = "date"
    INSTANT = "instant"
    SET = "set"


NUMBERS = frozenset({FieldType.INTEGER, FieldType.DECIMAL, FieldType.MONEY})
TEXTS = frozenset({FieldType.TEXT, FieldType.CHOICE})
TIMES = frozenset({FieldType.DATE, FieldType.INSTANT})


@dataclass(frozen=True, slots=True)
class Field:
    """One value of a contact, or one property of an event.

    Shape: `key` is stable and qualified: `contact.city`, `order_placed.total`. `column` is the typed column of
        `contacts` or `events` that holds the value; `fold_column` its case-folded twin, or None where only A–Z fold.
        `values` are those of a choice, or of a set of choices (a set of text has none). `aliases` are the keys it had
        before, the first one first; its own is among them where it took an earlier one back.
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
    aliases: tuple[str, ...] = ()

    @property
    def identity(self) -> str:
        """The key it was made with, which no renaming changes: fingerprints of criteria are made of it."""
        return self.aliases[0] if self.aliases else self.key


class Fields(Mapping[str, Field]):
    """Fields by their keys, found by every key they ever had, and listed under the one they have today."""

    def __init__(self, fields: Iterable[Field]) -> None:
        self._known = {each.key: each for each in fields}
        self._renamed = {alias: each for each in self._known.values() for alias in each.aliases}

    def __getitem__(self, key: str) -> Field:
        found = self._known.get(key)
        return self._renamed[key] if found is None else found

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)

    def __repr__(self) -> str:
        return f"Fields({list(self._known.values())!r})"


@dataclass(frozen=True, slots=True)
class EventType:
    """A kind of event. `number` is its short identity in the events table.

    Shape: `interaction` is set where the type is a kind of campaign history (`opened`); its events name a campaign.
    Units: a date-only event is held as midnight UTC of its date; windows over it are dates. `retention_days` is how
        long the source keeps its rows, None for ever.
    """

    key: str
    label: str
    number: int
    date_only: bool = False
    source: str | None = None
    fields: Mapping[str, Field] = field(default_factory=dict[str, Field])
    interaction: str | None = None
    retention_days: int | None = None


@dataclass(frozen=True, slots=True)
class Relation:
    """A table of rows that belong to contacts, directly or (`parent`) to the rows of another relation.

    Shape: `time` is INSTANT or DATE where rows happen at a time (a date is held as midnight UTC), else None.
    """

    key: str
    label: str
    number: int
    parent: str | None = None
    time: FieldType | None = None
    source: str | None = None
    fields: Mapping[str, Field] = field(default_factory=dict[str, Field])
    retention_days: int | None = None

    @property
    def date_only(self) -> bool:
        """Whether its rows have dates and no time of day."""
        return self.time is FieldType.DATE


RowType = EventType | Relation


@dataclass(frozen=True, slots=True)
class SegmentReference:
    """A segment that criteria may name.

    Shape: `state` and `status` as of a segment; `criteria` is its current version, None when it cannot be read.
    Units: `as_of` (UTC) belongs to the latest successful run `run_id`, all None before the first.
    """

    segment_id: str
    name: str
    state: str
    status: str
    criteria: Criteria | None
    run_id: str | None = None
    as_of: datetime | None = None
    member_count: int | None = None


@dataclass(frozen=True, slots=True)
class ListReference:
    """A static list that criteria may name. Units: contacts."""

    list_id: str
    name: str
    member_count: int


@dataclass(frozen=True, slots=True)
class CampaignReference:
    """A campaign that criteria may name."""

    campaign_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Catalog:
    """The allow-list of one organization: what criteria can ask about, by key, and what they can refer to, by id."""

    fields: Mapping[str, Field] = field(default_factory=dict[str, Field])
    events: Mapping[str, EventType] = field(default_factory=dict[str, EventType])
    relations: Mapping[str, Relation] = field(default_factory=dict[str, Relation])
    segments: Mapping[str, SegmentReference] = field(default_factory=dict[str, SegmentReference])
    lists: Mapping[str, ListReference] = field(default_factory=dict[str, ListReference])
    campaigns: Mapping[str, CampaignReference] = field(default_factory=dict[str, CampaignReference])

    @property
    def aliases(self) -> dict[str, str]:
        """Every earlier key of a field, of contacts or of rows, with the one it has today."""
        owners = (self.fields, *(rows.fields for rows in (*self.events.values(), *self.relations.values())))
        return {alias: each.key for fields in owners for each in fields.values() for alias in each.aliases}

    def rows_of(self, source: Source) -> RowType | None:
        """Find what the rows of a source are; None when it, or a step of its path, does not exist."""
        match source:
            case str():
                return self.events.get(source)
            case Interactions(interaction):
                return next((event for event in self.events.values() if event.interaction == interaction), None)
            case RelationPath(path):
                steps = [self.relations.get(key) for key in path]
                parents = [None, *path[:-1]]
                linked = all(step and step.parent == parent for step, parent in zip(steps, parents, strict=True))
                return steps[-1] if linked and steps else None

    def property_of(self, source: Source, key: str) -> Field | None:
        """Look up a value of the rows of a source: of the last step, or of the step before in a path of two."""
        rows = self.rows_of(source)
        if rows is None:
            return None
        found = property_of(rows, key)
        if found is None and isinstance(source, RelationPath):
            steps = (self.relations[step] for step in source.path)
            return next((step.fields[key] for step in steps if key in step.fields), None)
        return found


# What rows with a time offer besides their own properties (docs/criteria.md, Rows). The column is always `occurred_at`.
def event_time_field(rows: RowType) -> Field:
    """Return `@time`: when the row happened. An instant, or a date for date-only rows."""
    kind = FieldType.DATE if rows.date_only else FieldType.INSTANT
    return Field(key="@time", label="time", type=kind, column="occurred_at")


def is_timed(rows: RowType) -> bool:
    """Tell whether rows happen at a time; all events do."""
    return isinstance(rows, EventType) or rows.time is not None


def property_of(rows: RowType, key: str) -> Field | None:
    """Look a property up by its qualified key, or by `@time`, `@day`, `@weekday`, `@hour`; None when there is none."""
    if key.startswith("@") and not is_timed(rows):
        return None
    if key == "@time":
        return event_time_field(rows)
    if key == "@day":
        return Field(key="@day", label="day", type=FieldType.DATE, column="occurred_at")
    if key == "@weekday":
        return Field(key="@weekday", label="weekday", type=FieldType.INTEGER, column="occurred_at")
    if key == "@hour" and not rows.date_only:
        return Field(key="@hour", label="hour", type=FieldType.INTEGER, column="occurred_at")
    return rows.fields.get(key)
