"""What an import is asked to do, and the small language of types on the command line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from segment_engine.domain.catalog import FieldType
from segment_engine.errors import InputError

_CURRENCY = re.compile(r"[A-Z]{3}")
_MOST_DECIMALS = 9
_MONEY_DECIMALS = 2


@dataclass(frozen=True, slots=True)
class DeclaredType:
    """The type of a column as a person stated it.

    Shape: `scale` None means found from the data; `pattern` is a strptime format where dates are not ISO.
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
        `missing_in` those of single columns.
    Units: times without a zone are read in `time_zone`.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactImport(ImportRequest):
    """Contacts, one a row; `key` is the column that names them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventImport(ImportRequest):
    """Events of one type, one a row; `key` names the contact, `time` when it happened.

    Shape: `event` is the key of the event type. `identifier` is the column of the source's own id; it is unique within
        a contact. Without it, an event is known by all its values, and exact repeats inside a file count.
    """

    event: str
    time: str
    identifier: str | None = None
    create_contacts: bool = False


def parse_type(text: str) -> DeclaredType:
    """Read a type as written on the command line, such as decimal:2, money:EUR:2, date:%d.%m.%Y or choice:a|b.

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
            return _choice(name, rest, text)
        case _:
            raise _unreadable(text)


def _money(rest: str, text: str) -> DeclaredType:
    currency, _, scale = rest.partition(":")
    if not _CURRENCY.fullmatch(currency):
        raise _unreadable(text)
    return DeclaredType(FieldType.MONEY, _scale(scale, text) if scale else _MONEY_DECIMALS, currency)


def _choice(name: str, rest: str, text: str) -> DeclaredType:
    values = tuple(value for value in rest.split("|") if value.strip())
    if not values or len(set(values)) != len(values):
        raise _unreadable(text)
    return DeclaredType(FieldType.CHOICE, values=values, ordered=name == "ordered")


def _scale(text: str, whole: str) -> int:
    if not (text.isascii() and text.isdecimal()) or int(text) > _MOST_DECIMALS:
        raise _unreadable(whole)
    return int(text)


def _unreadable(text: str) -> InputError:
    return InputError(
        f"The type “{text}” cannot be used. Write text, integer, decimal, decimal:2, money:EUR:2, boolean, date, "
        "instant, date:%d.%m.%Y, choice:a|b|c or ordered:low|middle|high; at most 9 decimals, and every choice once."
    )
