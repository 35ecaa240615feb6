"""The tables criteria may read. Every identifier in compiled SQL comes from here; nothing is quoted or pasted."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Date,
    DateTime,
    FromClause,
    Integer,
    MetaData,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import BIT
from sqlalchemy.types import TypeEngine

from segment_engine.domain.catalog import Field
from segment_engine.errors import Unresolved

INSTANT = DateTime(timezone=True)

METADATA = MetaData()


def _slots(prefix: str, count: int, kind: TypeEngine[Any], *, suffix: str = "") -> list[Column[Any]]:
    """Declare `prefix_1` … `prefix_count`."""
    return [Column(f"{prefix}_{slot}{suffix}", kind) for slot in range(1, count + 1)]


contacts = Table(
    "contacts",
    METADATA,
    Column("organization_id", Integer, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("deleted_at", INSTANT),
    Column("created_at", INSTANT),
    Column("updated_at", INSTANT),
    Column("external_key", Text),
    *(Column(name, Text) for name in ("email", "email_fold", "phone")),
    *(Column(name, Text) for name in ("first_name", "first_name_fold", "last_name", "last_name_fold")),
    *(Column(name, Text) for name in ("country", "country_fold", "city", "city_fold", "postal_code")),
    *(Column(name, Text) for name in ("language", "language_fold")),
    Column("birthday", Date),
    Column("signed_up_at", INSTANT),
    *_slots("number", 32, BigInteger()),
    *_slots("boolean", 16, Boolean()),
    *_slots("date", 8, Date()),
    *_slots("instant", 8, INSTANT),
    *_slots("text", 32, Text()),
    *_slots("text", 32, Text(), suffix="_fold"),
    *_slots("set", 8, ARRAY(Text())),
    *_slots("set", 8, ARRAY(Text()), suffix="_fold"),
)

events = Table(
    "events",
    METADATA,
    Column("organization_id", Integer, primary_key=True),
    Column("contact_number", Integer, primary_key=True),
    Column("event_type", Integer),
    Column("occurred_at", INSTANT),
    Column("event_number", BigInteger),
    *_slots("number", 12, BigInteger()),
    *_slots("boolean", 4, Boolean()),
    *_slots("date", 4, Date()),
    *_slots("instant", 4, INSTANT),
    *_slots("text", 12, Text()),
    Column("campaign_id", Uuid()),
    *_slots("set", 2, ARRAY(Text())),
    *_slots("set", 2, ARRAY(Text()), suffix="_fold"),
)

related_rows = Table(
    "related_rows",
    METADATA,
    Column("organization_id", Integer, primary_key=True),
    Column("contact_number", Integer, primary_key=True),
    Column("row_number", BigInteger, primary_key=True),
    Column("relation", Integer),
    Column("parent_number", BigInteger),
    Column("occurred_at", INSTANT),
    *_slots("number", 8, BigInteger()),
    *_slots("boolean", 4, Boolean()),
    *_slots("date", 4, Date()),
    *_slots("instant", 4, INSTANT),
    *_slots("text", 8, Text()),
)


def _of_contacts(name: str, *columns: Column[Any]) -> Table:
    """Declare a table that is read by organization and contact."""
    own = Column("organization_id", Integer, primary_key=True), Column("contact_number", Integer, primary_key=True)
    return Table(name, METADATA, *own, *columns)


def _blocks(name: str, owner: str) -> Table:
    """Declare stored sets of contacts: contact n is bit n % 4096 of block n / 4096."""
    own = Column("organization_id", Integer, primary_key=True), Column(owner, Uuid(), primary_key=True)
    return Table(name, METADATA, *own, Column("block", Integer, primary_key=True), Column("members", BIT(4096)))


# The rows of the first hop of a path, beside those of the second.
parents = related_rows.alias("parents")

consents = _of_contacts(
    "consents",
    Column("channel", Text),
    Column("consent_number", BigInteger),
    Column("topic", Text),
    Column("state", Text),
    Column("recorded_at", INSTANT),
)
contact_channels = _of_contacts(
    "contact_channels",
    Column("channel", Text),
    Column("address", Text),
    Column("address_valid", Boolean),
    Column("suppressed_at", INSTANT),
)
segment_overrides = _of_contacts(
    "segment_overrides",
    Column("segment_id", Uuid()),
    Column("decision", Text),
    Column("created_at", INSTANT),
    Column("ended_at", INSTANT),
)
membership_blocks = _blocks("membership_blocks", "segment_id")
static_list_blocks = _blocks("static_list_blocks", "list_id")


def column_of(table: FromClause, field: Field, *, folded: bool = False) -> ColumnElement[Any]:
    """Find the column that holds a field, or its folded twin.

    Raises: Unresolved when the catalog names a column that the table does not have.
    """
    name = field.fold_column if folded else field.column
    if name is None or name not in table.c:
        raise Unresolved(
            f"The field “{field.label}” has no place in the data any more. Ask an administrator to check it."
        )
    return table.c[name]
