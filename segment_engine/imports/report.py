"""What an import did, in figures that add up and in sentences."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

SAMPLES = 5

REASONS = {
    "missing_key": "The row has no contact key.",
    "bad_key": "The contact key holds a character that cannot be stored, or is not a whole number.",
    "key_too_long": "The contact key is longer than 255 characters.",
    "missing_time": "The row has no time.",
    "bad_time": "The time cannot be read, or lies outside the years 1900 to 2200.",
    "missing_id": "The row has no id, although the file has a column for it.",
    "bad_id": "The id holds a character that cannot be stored, or is not a whole number.",
    "id_too_long": "The id is longer than 255 characters.",
    "missing_parent": "The row does not say which row it belongs to.",
    "bad_parent": "The id of the row it belongs to holds a character that cannot be stored, or is not a whole number.",
    "parent_too_long": "The id of the row it belongs to is longer than 255 characters.",
    "unknown_parent": "There is no row of this id that it could belong to. Import the rows it belongs to first.",
    "missing_campaign": "The row names no campaign.",
    "unknown_campaign": "There is no campaign of this id, or the name is longer than 255 characters.",
    "missing_channel": "The row names no channel.",
    "bad_channel": "There is no such channel. The channels are email, sms, push, post and phone.",
    "missing_state": "The row has no state of consent.",
    "bad_state": "There is no such state of consent. A record is granted, pending or withdrawn.",
    "bad_topic": "The topic is longer than 255 characters, or holds a character that cannot be stored.",
    "bad_address": "The address is longer than 320 characters, or holds a character that cannot be stored.",
    "bad_valid": "Whether the address is valid cannot be read. Write true or false.",
    "bad_suppression": "There is no such suppression. It is hard_bounce, complaint or global_stop.",
    "half_suppression": "A suppression needs both: when it began, and which one it is.",
    "duplicate_key": "A later row of the same file has the same key; that one counts.",
    "duplicate_id": "A later row of the same file has the same id for the same contact; that one counts.",
    "duplicate_row": "A later row of the same file has the same id; that one counts.",
    "duplicate_channel": "A later row of the same file has the same contact and channel; that one counts.",
    "unknown_contact": "There is no contact of this key. Import the contacts first, or use --create-contacts.",
    "deleted_contact": "The contact was deleted and does not come back by an import.",
    "torn_row": "The row has more or fewer values than the header.",
}


@dataclass(frozen=True, slots=True)
class Rejection:
    """Rows left out for one reason. `first_rows` numbers up to five, counted from 1 without the header."""

    code: str
    count: int
    first_rows: tuple[int, ...]

    @property
    def sentence(self) -> str:
        """The reason, for a person."""
        return REASONS[self.code]


@dataclass(frozen=True, slots=True)
class FieldReport:
    """What became of one column.

    Units: rows. `unparseable` values were there but could not be converted and count as missing from now on;
        `outside` values are stored but are not in the list of the choice; of a set of choices, elements are counted.
        `samples` shows up to five of either.
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
class ImportReport:
    """One import. `rows_read` is always `added + updated + unchanged + rejected`."""

    import_id: UUID
    kind: str
    source: str
    file_name: str
    rows_read: int
    added: int
    updated: int
    unchanged: int
    rejections: tuple[Rejection, ...]
    fields: tuple[FieldReport, ...]
    empty_columns: tuple[str, ...]
    created_contacts: int
    shared_emails: int
    started_at: datetime
    finished_at: datetime
    created_campaigns: int = 0
    ignored_columns: tuple[str, ...] = ()

    @property
    def rejected(self) -> int:
        """Rows left out, for whatever reason."""
        return sum(rejection.count for rejection in self.rejections)

    def document(self) -> dict[str, object]:
        """Give the whole report as JSON values."""
        return {
            "import_id": str(self.import_id),
            "kind": self.kind,
            "source": self.source,
            "file": self.file_name,
            "rows_read": self.rows_read,
            "added": self.added,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "rejected": self.rejected,
            "started_at": self.started_at.isoformat(),
            "finished_at": self.finished_at.isoformat(),
            **self.detail(),
        }

    def detail(self) -> dict[str, object]:
        """Give what is stored beside the figures."""
        return {
            "rejections": [
                {"code": each.code, "sentence": each.sentence, "count": each.count, "first_rows": list(each.first_rows)}
                for each in self.rejections
            ],
            "fields": [
                {
                    "column": each.column, "key": each.key, "type": each.type, "present": each.present,
                    "missing": each.missing, "unparseable": each.unparseable, "outside": each.outside,
                    "samples": list(each.samples), "new": each.new,
                }
                for each in self.fields
            ],
            "empty_columns": list(self.empty_columns),
            "created_contacts": self.created_contacts,
            "shared_emails": self.shared_emails,
            "created_campaigns": self.created_campaigns,
            "ignored_columns": list(self.ignored_columns),
        }  # fmt: skip

    def sentences(self) -> tuple[str, ...]:
        """Say what happened, one thought a line, for the command line and the page."""
        figures = (
            f"{self.file_name}: {self.rows_read:,} rows read; {self.added:,} {self.kind.replace('_', ' ')} added, "
            f"{self.updated:,} updated, {self.unchanged:,} unchanged, {self.rejected:,} rejected."
        )
        lines = [figures]
        for each in self.rejections:
            rows = ", ".join(f"{row:,}" for row in each.first_rows)
            lines.append(f"Rejected {each.count:,} ({each.code}): {each.sentence} First rows: {rows}.")
        for each in self.fields:
            shown = ", ".join(f"“{sample}”" for sample in each.samples)
            if each.unparseable:
                lines.append(
                    f"{each.key}: {each.unparseable:,} values are no {each.type} and count as missing: {shown}."
                )
            if each.outside:
                lines.append(f"{each.key}: {each.outside:,} values are not in its list of choices: {shown}.")
        if self.created_contacts:
            lines.append(f"{self.created_contacts:,} contacts were created from the keys of the events.")
        if self.shared_emails:
            lines.append(f"{self.shared_emails:,} rows have an email address that another contact had first.")
        if self.created_campaigns:
            lines.append(f"{self.created_campaigns:,} campaigns were created from their names.")
        if self.empty_columns:
            lines.append(f"Columns without any value became no field: {', '.join(self.empty_columns)}.")
        if self.ignored_columns:
            lines.append(f"Columns that were not read: {', '.join(self.ignored_columns)}.")
        return tuple(lines)
