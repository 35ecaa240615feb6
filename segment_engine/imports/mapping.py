"""What a person decides about a file: what it holds, which column plays which part, and what the others become."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ImportRole:
    """A part that one column of a file plays, such as the key of the contact.

    Shape: `usual` are names by which such a column is recognized, the best first. `time` says that it holds times.
    """

    name: str
    label: str
    usual: tuple[str, ...]
    required: bool = True
    time: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class ImportKind:
    """What a file can hold. `fields` says whether the other columns become fields."""

    key: str
    label: str
    note: str
    roles: tuple[ImportRole, ...]
    fields: bool = True


_KEYS = (
    "external_key", "contact_key", "customer_id", "contact_id", "client_id", "user_id", "customer", "contact", "key",
    "id",
)  # fmt: skip
_TIMES = ("occurred_at", "happened_at", "ordered_at", "created_at", "timestamp", "datetime", "time", "at", "date")
_IDS = ("event_id", "order_id", "row_id", "line_id", "transaction_id", "number", "no")
_KEY = ImportRole("key", "Key of the contact", _KEYS, note="Each contact has one key of its own in your data.")

IMPORT_KINDS: Mapping[str, ImportKind] = {
    kind.key: kind
    for kind in (
        ImportKind("contacts", "Contacts", "People with their fields, one a row.", (_KEY,)),
        ImportKind(
            "events", "Events", "What contacts did at a time, such as orders or visits, one event a row.",
            (
                _KEY,
                ImportRole("time", "Time", _TIMES, time=True, note="When the event happened."),
                ImportRole(
                    "id", "Id of the event", _IDS, required=False,
                    note="The source's own id. A row of a known id updates that event; without one, the same row is "
                    "known by all its values.",
                ),
            ),
        ),
        ImportKind(
            "history", "Campaign history", "What became of messages: received, opened, clicked, one step a row.",
            (
                _KEY,
                ImportRole("time", "Time", _TIMES, time=True, note="When it happened."),
                ImportRole("campaign", "Campaign", ("campaign", "campaign_name", "campaign_id", "mailing"),
                           note="The name or the id of the campaign; names nobody knows become campaigns."),
                ImportRole("id", "Id of the step", _IDS, required=False, note="The source's own id, if it has one."),
            ),
        ),
        ImportKind(
            "related", "Related rows", "Rows of another table that belong to contacts, or to rows of such a table.",
            (
                ImportRole("key", "Owner", _KEYS, note="The key of the contact, or the id of the row it belongs to."),
                ImportRole("id", "Id of the row", _IDS, note="The source's own id; a row of a known id is updated."),
                ImportRole("time", "Time", _TIMES, required=False, time=True, note="Only where rows happen at a time."),
            ),
        ),
        ImportKind(
            "consents", "Consents", "What contacts allowed or took back, one decision a row.",
            (
                _KEY,
                ImportRole("channel", "Channel", ("channel",), note="email, sms, push, post or phone."),
                ImportRole("state", "State", ("state", "consent", "status"), note="granted, pending or withdrawn."),
                ImportRole("time", "Time", ("recorded_at", *_TIMES), time=True, note="When the contact decided."),
                ImportRole("topic", "Topic", ("topic",), required=False, note="Without one, the whole channel."),
            ),
            fields=False,
        ),
        ImportKind(
            "channels", "Channels", "Addresses, whether they are valid, suppression; one contact and channel a row.",
            (
                _KEY,
                ImportRole("channel", "Channel", ("channel",), note="email, sms, push, post or phone."),
                ImportRole("address", "Address", ("address",), required=False),
                ImportRole("valid", "Valid", ("valid",), required=False, note="true or false."),
                ImportRole("suppressed_at", "Suppressed at", ("suppressed_at",), required=False, time=True),
                ImportRole("suppression", "Suppression", ("suppression",), required=False,
                           note="hard_bounce, complaint or global_stop."),
            ),
            fields=False,
        ),
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """What becomes of one column that plays no part.

    Shape: `name` is the second part of the field's key, empty for that of the column. `type` is written as on the
        command line, empty for what was suggested. `missing` are texts that stand for a missing value.
    """

    name: str = ""
    type: str = ""
    skip: bool = False
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportMapping:
    """All decisions about one file.

    Shape: `kind` is a key of IMPORT_KINDS; `roles` gives the column of each part; `columns` the choices for columns by
        their names, those that play a part may have one for their type and missing values. `event`, `interaction`,
        `channel`, `relation` and `parent_relation` are words of single kinds, empty where they have none.
    """

    kind: str
    source: str
    roles: Mapping[str, str] = field(default_factory=dict[str, str])
    columns: Mapping[str, ColumnChoice] = field(default_factory=dict[str, ColumnChoice])
    event: str = ""
    interaction: str = ""
    channel: str = "email"
    relation: str = ""
    parent_relation: str = ""
    create_contacts: bool = False
    missing: tuple[str, ...] = ()
    time_zone: str = "UTC"
    separator: str = ";"
    delimiter: str | None = None
    retention_days: int | None = None

    def choice(self, column: str) -> ColumnChoice:
        """Give the choice for a column; nothing decided is a choice too."""
        return self.columns.get(column) or ColumnChoice()


@dataclass(frozen=True, slots=True)
class MappingProblem:
    """One thing that does not work yet. `column` is empty where it concerns the whole file."""

    column: str
    sentence: str
