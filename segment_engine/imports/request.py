"""What an import is asked to do, and the small language of types on the command line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from segment_engine.domain.catalog import FieldType
from segment_engine.errors import InputError

_CURRENCY = re.compile(r"[A-Z]{3}")
_MOST_DECIMALS = 9
_MONEY_DECIMALS = 2


@dataclass(frozen=True, slots=True)
class DeclaredType:
    """The type of a column as a person stated it.

    Shape: `scale` None means found from the data; `pattern` is a strptime format where dates are not ISO. `values` are
        those of a choice or of a set of choices.
    """

    type: FieldType
    scale: int | None = None
    currency: str | None = None
    values: tuple[str, ...] = ()
    ordered: bool = False
    pattern: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRequest:
    """One file into one named data source.

    Shape: columns are named as in the file. `missing` lists texts that stand for a missing value everywhere,
        `missing_in` those of single columns. `separator` stands between the elements of a set written as one text.
        `name` is what people call the file, where that is not its name on the disk.
    Units: times without a zone are read in `time_zone`. `retention_days` is how long the source keeps its rows: 0 for
        ever, None as it was.
    """

    path: Path
    source: str
    key: str
    types: Mapping[str, DeclaredType] = field(default_factory=dict[str, DeclaredType])
    renames: Mapping[str, str] = field(default_factory=dict[str, str])
    skip: frozenset[str] = frozenset()
    missing: tuple[str, ...] = ()
    missing_in: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    time_zone: str = "UTC"
    delimiter: str | None = None
    separator: str = ";"
    retention_days: int | None = None
    name: str | None = None

    kind: ClassVar[str]

    @property
    def file_name(self) -> str:
        """What the file is called in sentences and reports."""
        return self.name or self.path.name


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactImport(ImportRequest):
    """Contacts, one a row; `key` is the column that names them."""

    kind: ClassVar[str] = "contacts"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventImport(ImportRequest):
    """Events of one type, one a row; `key` names the contact, `time` when it happened.

    Shape: `event` is the key of the event type. `identifier` is the column of the source's own id; it is unique within
        a contact. Without it, an event is known by all its values, and exact repeats inside a file count.
        `interaction` makes the type one kind of campaign history; then `campaign` is the column with the name or the id
        of the campaign, and `channel` is that of campaigns that are new.
    """

    kind: ClassVar[str] = "events"

    event: str
    time: str
    identifier: str | None = None
    create_contacts: bool = False
    interaction: str | None = None
    campaign: str | None = None
    channel: str = "email"


@dataclass(frozen=True, slots=True, kw_only=True)
class RelatedImport(ImportRequest):
    """Rows of a related table, one a row; `identifier` is the column of the source's own id, unique in the table.

    Shape: `key` names the contact or, with `parent_relation`, the id of the row of that relation it belongs to. `time`
        is the column of when it happened, None where rows do not happen.
    """

    kind: ClassVar[str] = "related_rows"

    relation: str
    identifier: str
    time: str | None = None
    parent_relation: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentImport(ImportRequest):
    """Records of consent, one a row: what the contact decided about a channel, or about one topic on it, and when.

    Shape: `topic` None means the column `topic` if the file has one; a row without a topic is about the whole channel.
    """

    kind: ClassVar[str] = "consents"

    channel: str = "channel"
    state: str = "state"
    time: str = "recorded_at"
    topic: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelImport(ImportRequest):
    """How contacts are reached, one contact and channel a row.

    Shape: None means the column of that name if the file has one. What a file does not deliver stays as it is; a new
        address is valid and not suppressed unless the file says otherwise.
    """

    kind: ClassVar[str] = "channels"

    channel: str = "channel"
    address: str | None = None
    valid: str | None = None
    suppressed_at: str | None = None
    suppression: str | None = None


def parse_type(text: str) -> DeclaredType:
    """Read a type as written on the command line, such as decimal:2, money:EUR:2, date:%d.%m.%Y, choice:a|b or set.

    Raises: InputError naming what can be written instead.
    """
    name, _, rest = text.partition(":")
    match name:
        case "text" | "integer" | "boolean" if not rest:
            return DeclaredType(FieldType(name))
        case "date" | "instant":
            return DeclaredType(FieldType(name), pattern=rest or None)
        case "decimal":
            return DeclaredType(FieldType.DECIMAL, _scale(rest, text) if rest else None)
        case "money":
            return _money(rest, text)
        case "choice" | "ordered":
            return DeclaredType(FieldType.CHOICE, values=_listed(rest, text), ordered=name == "ordered")
        case "set":
            return DeclaredType(FieldType.SET, values=_listed(rest, text) if rest else ())
        case _:
            raise _unreadable(text)


def _money(rest: str, text: str) -> DeclaredType:
    currency, _, scale = rest.partition(":")
    if not _CURRENCY.fullmatch(currency):
        raise _unreadable(text)
    return DeclaredType(FieldType.MONEY, _scale(scale, text) if scale else _MONEY_DECIMALS, currency)


def _listed(rest: str, text: str) -> tuple[str, ...]:
    values = tuple(value for value in rest.split("|") if value.strip())
    if not values or len(set(values)) != len(values):
        raise _unreadable(text)
    return values


def _scale(text: str, whole: str) -> int:
    if not (text.isascii() and text.isdecimal()) or int(text) > _MOST_DECIMALS:
        raise _unreadable(whole)
    return int(text)


def _unreadable(text: str) -> InputError:
    return InputError(
        f"The type “{text}” cannot be used. Write text, integer, decimal, decimal:2, money:EUR:2, boolean, date, "
        "instant, date:%d.%m.%Y, choice:a|b|c, ordered:low|middle|high, set or set:a|b|c; at most 9 decimals, and "
        "every choice once."
    )
