"""Which values of a field occur, most frequent first: what a builder offers where they are few."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, Table, func, select

from segment_engine.compiler.tables import column_of, contacts, events, related_rows
from segment_engine.domain.catalog import EventType, Field, FieldType, Relation, RowType


def occurring_values(field: Field, kind: RowType | None, *, organization_id: int, most: int) -> Select[Any, int]:
    """Select (value, records) of a field of contacts, or of a property of rows of a kind; elements for a set.

    Shape: up to `most` rows, the most frequent first, then by value. Contacts are those of the base.
    Raises: Unresolved when the catalog names a column that the table does not have.
    """
    table, own = _rows_of(kind)
    column = column_of(table, field)
    held = func.unnest(column) if field.type is FieldType.SET else column
    rows = select(held.label("value")).where(table.c.organization_id == organization_id, own, column.is_not(None))
    present = rows.subquery("present")
    counted = func.count().label("records")
    return (
        select(present.c.value, counted).group_by(present.c.value).order_by(counted.desc(), present.c.value).limit(most)
    )


def _rows_of(kind: RowType | None) -> tuple[Table, ColumnElement[bool]]:
    match kind:
        case None:
            return contacts, contacts.c.deleted_at.is_(None)
        case EventType(number=number):
            return events, events.c.event_type == number
        case Relation(number=number):
            return related_rows, related_rows.c.relation == number
