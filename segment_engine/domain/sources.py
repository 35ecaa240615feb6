"""Data sources as people see them: how fresh they are, what they deliver, who reads it, and what changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType
from uuid import UUID

from segment_engine.domain.catalog import Field
from segment_engine.domain.drift import DriftFinding, DriftLevel, FileColumn
from segment_engine.domain.profiles import FieldProfile

SourceId = NewType("SourceId", UUID)


class SourceFreshness(StrEnum):
    """Whether a source delivers as often as was agreed."""

    NEVER = "never"
    LATE = "late"
    ON_TIME = "on_time"
    NOT_WATCHED = "not_watched"


class UserKind(StrEnum):
    """What can use a source or a field."""

    SEGMENT = "segment"
    CAMPAIGN = "campaign"
    SEQUENCE = "sequence"


@dataclass(frozen=True, slots=True)
class SourceUser:
    """A segment, campaign or sequence that uses a source or a field."""

    kind: UserKind
    user_id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class RowKind:
    """One kind of rows a source delivers: contacts, events, related rows, consents or channels.

    Shape: `key` is `contact`, that of an event type or relation, `consents` or `channels`. `total` is None where nobody
        counted yet.
    """

    key: str
    label: str
    total: int | None


@dataclass(frozen=True, slots=True)
class RejectedRows:
    """Rows of a file that were left out for one reason; `first_rows` numbers up to five of them."""

    code: str
    sentence: str
    count: int
    first_rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ReadColumn:
    """What became of one column of a file.

    Units: rows. `unparseable` values were there, could not be read as the type and count as missing; `outside` values
        are stored and not in the list of the choice. `samples` shows some of either.
    """

    column: str
    key: str
    type: str
    present: int
    missing: int
    unparseable: int
    outside: int
    samples: tuple[str, ...]
    new: bool


@dataclass(frozen=True, slots=True)
class SourceImport:
    """One import of a source. `rows_read` is always `added + updated + unchanged + rejected`.

    Shape: `rows` names what the file brought, as in `RowKind`; None where it was not recorded.
    Units: times in UTC; `row_total` is what the source held afterwards.
    """

    import_id: UUID
    kind: str
    rows: str | None
    file_name: str
    rows_read: int
    added: int
    updated: int
    unchanged: int
    rejected: int
    started_at: datetime
    finished_at: datetime
    row_total: int | None
    watermark: datetime | None
    imported_by: str | None
    unparseable: int = 0
    columns: tuple[FileColumn, ...] = ()
    rejections: tuple[RejectedRows, ...] = ()
    fields: tuple[ReadColumn, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceCard:
    """A data source in a list.

    Units: times in UTC; `watermark` is how far its rows go. `recent_totals` are rows after each of the last imports,
        oldest first. `segment_count` and `campaign_count` read it now.
    """

    source_id: SourceId
    name: str
    row_kinds: tuple[RowKind, ...]
    row_total: int | None
    last_imported_at: datetime | None
    watermark: datetime | None
    stale_after_hours: int | None
    retention_days: int | None
    last_import: SourceImport | None
    field_count: int
    segment_count: int
    campaign_count: int
    recent_totals: tuple[int, ...] = ()

    def freshness(self, now: datetime) -> SourceFreshness:
        """Judge by the last import alone, as readiness does: a source that delivers old rows on time is on time."""
        if self.last_imported_at is None:
            return SourceFreshness.NEVER
        if self.stale_after_hours is None:
            return SourceFreshness.NOT_WATCHED
        late = now - self.last_imported_at > timedelta(hours=self.stale_after_hours)
        return SourceFreshness.LATE if late else SourceFreshness.ON_TIME


@dataclass(frozen=True, slots=True)
class SourceField:
    """A field of a source with its newest profile, None before the first; `aliases` are the names it had."""

    field: Field
    rows: str
    profile: FieldProfile | None
    aliases: tuple[str, ...] = ()
    used_by: tuple[SourceUser, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldMoment:
    """How much of a field was missing after one import."""

    finished_at: datetime
    missing_share: float
    row_total: int


@dataclass(frozen=True, slots=True)
class SourceFinding:
    """One change in the data, and what uses the data it is about."""

    finding: DriftFinding
    used_by: tuple[SourceUser, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceDrift:
    """What changed in one source between two imports, the most serious first.

    Shape: `since` is None where there is nothing to compare with; then `findings` is empty.
    """

    source_id: SourceId
    name: str
    since: datetime | None
    until: datetime | None
    findings: tuple[SourceFinding, ...] = ()

    @property
    def level(self) -> DriftLevel | None:
        """The most serious level, None where nothing changed."""
        return self.findings[0].finding.level if self.findings else None


@dataclass(frozen=True, slots=True)
class RenamePlan:
    """What a rename would do, for a person to confirm.

    Shape: `used_by` keep working unchanged; `names` are all names that will lead to the field.
    """

    key: str
    new_key: str
    label: str
    new_label: str
    names: tuple[str, ...]
    used_by: tuple[SourceUser, ...] = ()
    import_count: int = 0


@dataclass(frozen=True, slots=True)
class Uses:
    """Who uses which keys: fields, event types and relations that current criteria name."""

    by_key: Mapping[str, tuple[SourceUser, ...]] = field(default_factory=dict[str, tuple[SourceUser, ...]])

    def of(self, key: str) -> tuple[SourceUser, ...]:
        """List who names a key."""
        return self.by_key.get(key, ())

    def of_rows(self, rows: str) -> tuple[SourceUser, ...]:
        """List who names a kind of rows or a property of it."""
        found = [user for key, users in self.by_key.items() if key.partition(".")[0] == rows for user in users]
        return tuple(dict.fromkeys(found))
