"""The catalog of an organization: reads it, and gives new fields their typed columns. It never reads a value."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row

from segment_engine.db.queries import load_queries
from segment_engine.db.references import with_references
from segment_engine.db.session import Transaction
from segment_engine.domain.catalog import (
    NUMBERS,
    TEXTS,
    Catalog,
    EventType,
    Field,
    Fields,
    FieldType,
    Relation,
    RowType,
)
from segment_engine.domain.document import Report, open_document
from segment_engine.errors import CriteriaError, InputError

_QUERIES = load_queries("catalog")

# How many typed columns the migrations gave to contacts, to the events of one type and to the rows of one relation.
CONTACT_SLOTS = {"number": 32, "text": 32, "boolean": 16, "date": 8, "instant": 8, "set": 8}
EVENT_SLOTS = {"number": 12, "text": 12, "boolean": 4, "date": 4, "instant": 4, "set": 2}
RELATED_SLOTS = {"number": 8, "text": 8, "boolean": 4, "date": 4, "instant": 4, "set": 0}


def _standard(name: str, label: str, kind: FieldType = FieldType.TEXT, *, folds: bool = False) -> Field:
    return Field(f"contact.{name}", label, kind, name, f"{name}_fold" if folds else None)


# Contact fields with a column of their own; they appear in a catalog once an import has delivered them.
STANDARD_FIELDS = {
    field.key: field
    for field in (
        _standard("email", "Email", folds=True),
        _standard("phone", "Phone"),
        _standard("first_name", "First name", folds=True),
        _standard("last_name", "Last name", folds=True),
        _standard("country", "Country", folds=True),
        _standard("city", "City", folds=True),
        _standard("postal_code", "Postal code"),
        _standard("language", "Language", folds=True),
        _standard("birthday", "Birthday", FieldType.DATE),
        _standard("signed_up_at", "Signed up", FieldType.INSTANT),
    )
}


@dataclass(frozen=True, slots=True)
class NewField:
    """A field as an import found or was told it, before it has a column. `key` is qualified like `Field.key`."""

    key: str
    label: str
    type: FieldType
    scale: int = 0
    currency: str | None = None
    values: tuple[str, ...] = ()
    ordered: bool = False


def load_catalog(
    transaction: Transaction, organization_id: int, document: str | bytes | Mapping[str, object] | None = None
) -> Catalog:
    """Read everything the organization may ask about, and what a document of criteria names.

    Shape: contact fields, event types and relations by key, in the order of their keys; empty before the first import.
        Segments, static lists and campaigns are those that `document` names, by id; none without a document.
    """
    values = {"organization": organization_id}
    owners: dict[tuple[str, int], dict[str, Field]] = defaultdict(dict)
    for row in transaction.rows(_QUERIES["fields"], values):
        owners[_owner(row)][row.key] = _field(row)
    events = {
        row.key: EventType(
            row.key, row.label, row.number, date_only=row.date_only, source=row.source,
            fields=Fields(owners["event", row.number].values()), interaction=row.interaction,
            retention_days=row.retention_days,
        )
        for row in transaction.rows(_QUERIES["event_types"], values)
    }  # fmt: skip
    relations = {
        row.key: Relation(
            row.key, row.label, row.number, row.parent, None if row.time is None else FieldType(row.time), row.source,
            Fields(owners["relation", row.number].values()), row.retention_days,
        )
        for row in transaction.rows(_QUERIES["relations"], values)
    }  # fmt: skip
    known = Catalog(Fields(owners["contact", 0].values()), events, relations)
    return known if document is None else with_references(transaction, organization_id, known, _opened(document))


def _owner(row: Row[Any]) -> tuple[str, int]:
    if row.event_type is not None:
        return "event", row.event_type
    return ("contact", 0) if row.relation is None else ("relation", row.relation)


def _opened(document: str | bytes | Mapping[str, object]) -> object:
    """Give the JSON value of a document; what is no JSON names nothing, and the parser says what is wrong with it."""
    try:
        return open_document(document, Report())
    except CriteriaError:
        return None


def _field(row: Row[Any]) -> Field:
    return Field(
        row.key, row.label, FieldType(row.type), row.column_name, row.fold_column, row.scale, row.currency,
        tuple(row.choice_values), ordered=row.ordered, sensitive=row.sensitive, source=row.source,
        aliases=tuple(row.aliases or ()),
    )  # fmt: skip


def find_or_create_source(transaction: Transaction, organization_id: int, name: str) -> UUID:
    """Return the data source of a name, creating it when it is new."""
    values = {"organization": organization_id, "name": name}
    transaction.run(_QUERIES["create_source"], values)
    return transaction.scalar(_QUERIES["source_id"], values)


def create_event_type(
    transaction: Transaction, organization_id: int, *, key: str, source: str, date_only: bool,
    interaction: str | None = None,
) -> EventType:  # fmt: skip
    """Add an event type delivered by a source; its number is new for good.

    Shape: `interaction` makes it a kind of campaign history, of which an organization has one each.
    """
    number = transaction.scalar(_QUERIES["next_event_type"], {"organization": organization_id})
    label = key.replace("_", " ")
    event = EventType(key, label, number, date_only=date_only, source=source, interaction=interaction)
    transaction.run(
        _QUERIES["create_event_type"],
        {
            "organization": organization_id,
            "number": number,
            "key": key,
            "label": event.label,
            "date_only": date_only,
            "interaction": interaction,
            "source": find_or_create_source(transaction, organization_id, source),
        },
    )
    return event


def create_fields(
    transaction: Transaction, organization_id: int, fields: Sequence[NewField], *, source: str, catalog: Catalog,
    rows: RowType | None = None,
) -> tuple[Field, ...]:  # fmt: skip
    """Give each new field a typed column and add it to the catalog; `rows` is None for fields of contacts.

    Shape: in the order of `fields`. A key of STANDARD_FIELDS takes the standard column and its type.
    Raises: InputError when the columns of a type are used up.
    """
    known = catalog.fields.values() if rows is None else rows.fields.values()
    made = tuple(_with_columns(fields, known, rows=rows, source=source))
    source_id = find_or_create_source(transaction, organization_id, source)
    for field in made:
        transaction.run(_QUERIES["create_field"], _field_values(organization_id, field, rows, source_id))
    return made


def _with_columns(
    fields: Sequence[NewField], known: Iterable[Field], *, rows: RowType | None, source: str
) -> Iterable[Field]:
    used = {field.column for field in known}
    columns: dict[str, str] = {}
    for field in fields if rows is None else sorted(fields, key=_by_expected_use):
        if rows is None and field.key in STANDARD_FIELDS:
            columns[field.key] = STANDARD_FIELDS[field.key].column
        else:
            columns[field.key] = _free_column(field, used, _slots(rows))
            used.add(columns[field.key])
    for field in fields:
        column = columns[field.key]
        yield Field(
            field.key, field.label, field.type, column, f"{column}_fold" if _folds(field, column, rows) else None,
            field.scale, field.currency, field.values, ordered=field.ordered, source=source,
        )  # fmt: skip


def family_of(kind: FieldType) -> str:
    """Say which columns hold a type: those of numbers, texts, or the type's own."""
    return "number" if kind in NUMBERS else "text" if kind in TEXTS else kind.value


def room_for(rows: Literal["contact", "event", "relation"], known: Iterable[Field]) -> dict[str, int]:
    """Count the columns of every family that are still free beside the known fields."""
    free = dict({"contact": CONTACT_SLOTS, "event": EVENT_SLOTS, "relation": RELATED_SLOTS}[rows])
    for field in known:
        family, _, number = field.column.rpartition("_")
        if family in free and number.isdecimal():
            free[family] -= 1
    return free


_PLAIN = _standard("plain", "Plain")


def _slots(rows: RowType | None) -> Mapping[str, int]:
    if rows is None:
        return CONTACT_SLOTS
    return EVENT_SLOTS if isinstance(rows, EventType) else RELATED_SLOTS


def _folds(field: NewField, column: str, rows: RowType | None) -> bool:
    """Tell whether the column has a folded twin: sets always, texts of contacts unless they are codes."""
    if field.type is FieldType.SET:
        return True
    known = STANDARD_FIELDS.get(field.key, _PLAIN)
    return rows is None and (column.startswith("text_") or known.fold_column is not None)


def _by_expected_use(field: NewField) -> int:
    # The index of events carries number_1, so the amount that is summed most should get it.
    order = (FieldType.MONEY, FieldType.DECIMAL, FieldType.INTEGER)
    return order.index(field.type) if field.type in order else len(order)


def _free_column(field: NewField, used: set[str], slots: Mapping[str, int]) -> str:
    family = family_of(field.type)
    for slot in range(1, slots[family] + 1):
        if f"{family}_{slot}" not in used:
            return f"{family}_{slot}"
    if not slots[family]:
        raise InputError(
            f"{field.key} cannot be a {family}: rows of a related table hold single values. Bring each element as a "
            "row of its own, or leave the column out with --skip."
        )
    raise InputError(
        f"There is no room for {field.key}: all {slots[family]} columns for {family} values are used. "
        "Leave columns out of the import with --skip."
    )


def _field_values(organization_id: int, field: Field, rows: RowType | None, source_id: UUID) -> dict[str, object]:
    return {
        "organization": organization_id,
        "key": field.key,
        "event_type": rows.number if isinstance(rows, EventType) else None,
        "relation": rows.number if isinstance(rows, Relation) else None,
        "source": source_id,
        "label": field.label,
        "type": field.type.value,
        "column": field.column,
        "fold_column": field.fold_column,
        "scale": field.scale,
        "currency": field.currency,
        "choice_values": list(field.values),
        "ordered": field.ordered,
    }
