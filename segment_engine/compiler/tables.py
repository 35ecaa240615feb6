"""The two tables criteria may read. Every identifier in compiled SQL comes from here; nothing is quoted or pasted."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Integer, MetaData, Table, Text
from sqlalchemy.types import TypeEngine

from segment_engine.domain.catalog import Field
from segment_engine.errors import Unresolved

INSTANT = DateTime(timezone=True)

_METADATA = MetaData()


def _slots(prefix: str, count: int, kind: TypeEngine[Any], *, suffix: str = "") -> list[Column[Any]]:
    """Declare `prefix_1` … `prefix_count`."""
    return [Column(f"{prefix}_{slot}{suffix}", kind) for slot in range(1, count + 1)]


contacts = Table(
    "contacts",
    _METADATA,
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
)

events = Table(
    "events",
    _METADATA,
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
)


def column_of(table: Table, field: Field, *, folded: bool = False) -> Column[Any]:
    """Find the column that holds a field, or its folded twin.

    Raises: Unresolved when the catalog names a column that the table does not have.
    """
    name = field.fold_column if folded else field.column
    if name is None or name not in table.c:
        raise Unresolved(
            f"The field “{field.label}” has no place in the data any more. Ask an administrator to check it."
        )
    return table.c[name]
