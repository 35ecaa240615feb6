"""The rows a profile is made of, as one statement that copies them out of the database, column by column typed."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import sql

from segment_engine.compiler.tables import column_of, contacts, events, related_rows
from segment_engine.domain.catalog import EventType, Field, FieldType, Relation, RowType

ELEMENT_END = "\x1f"


def copy_profiled(
    fields: Sequence[Field], rows: RowType | None, *, organization_id: int, numbers: Sequence[int] | None
) -> sql.Composed:
    """Give the COPY statement for the values of fields of one table, as CSV in the order of the fields.

    Shape: `rows` is None for the fields of contacts. `numbers` are the contacts of a sample, None for every row. Dates
        are days and instants microseconds since 1970 (UTC); elements of a set are joined by `ELEMENT_END`.
    Raises: Unresolved when the catalog names a column that the table does not have.
    """
    table = contacts if rows is None else events if isinstance(rows, EventType) else related_rows
    values = [_written(column_of(table, field).name, field.type) for field in fields]
    conditions: list[sql.Composable] = [_equals("organization_id", organization_id)]
    if rows is None:
        conditions.append(sql.SQL("deleted_at IS NULL"))
    else:
        conditions.append(_equals("relation" if isinstance(rows, Relation) else "event_type", rows.number))
    if numbers is not None:
        owner = sql.Identifier("number" if rows is None else "contact_number")
        conditions.append(sql.SQL("{} = ANY ({})").format(owner, sql.Literal(list(numbers))))
    return sql.SQL("COPY (SELECT {} FROM {} WHERE {}) TO STDOUT (FORMAT csv)").format(
        sql.SQL(", ").join(values), sql.Identifier(table.name), sql.SQL(" AND ").join(conditions)
    )


def _equals(name: str, value: int) -> sql.Composed:
    return sql.SQL("{} = {}").format(sql.Identifier(name), sql.Literal(value))


def _written(name: str, kind: FieldType) -> sql.Composable:
    column = sql.Identifier(name)
    if kind is FieldType.DATE:
        return sql.SQL("cast({} AS date) - date '1970-01-01'").format(column)
    if kind is FieldType.INSTANT:
        return sql.SQL("cast(extract(epoch FROM {}) * 1000000 AS bigint)").format(column)
    if kind is FieldType.SET:
        return sql.SQL("array_to_string({}, {})").format(column, sql.Literal(ELEMENT_END))
    return column
