"""Puts a world of hostile data straight into the tables, past the importer, so that nothing softens it on the way."""

from __future__ import annotations

import secrets
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import cast
from uuid import UUID

from psycopg import Connection as PsycopgConnection
from psycopg import sql
from sqlalchemy import Connection

from segment_engine.db.session import Database, Limits
from segment_engine.domain.catalog import Catalog, Field
from segment_engine.domain.evaluate import ContactRecord
from segment_engine.domain.evaluate_values import Stored
from segment_engine.domain.folding import fold
from segment_engine.local_postgres import ADMINISTRATOR, LocalServer

Row = tuple[object, ...]

_DELETED_AT = datetime(2020, 1, 1, tzinfo=UTC)


@contextmanager
def database_copy(server: LocalServer, administrator: Database, template: str) -> Generator[Database]:
    """Lend a migrated, empty database, as the superuser: no row policy hides what a predicate forgot to leave out."""
    name = f"test_{secrets.token_hex(6)}"
    _alone(administrator, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    patient = Limits(statement=60_000, idle_in_transaction=60_000)
    database = Database(server.url(ADMINISTRATOR, name), application="tests", limits=patient)
    yield database
    database.close()
    _alone(administrator, f"DROP DATABASE {name} WITH (FORCE)")


def _alone(administrator: Database, statement: str) -> None:
    with administrator.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(statement)


def add_organization(connection: Connection, name: str, catalog: Catalog) -> int:
    """Create an organization with one source and the event types of a catalog; return its number."""
    number: int = connection.exec_driver_sql(
        "INSERT INTO organizations (name) VALUES (%s) RETURNING organization_id", (name,)
    ).scalar_one()
    source = _source(number)
    connection.exec_driver_sql(
        "INSERT INTO data_sources (organization_id, data_source_id, name) VALUES (%s, %s, 'source')", (number, source)
    )
    for event in catalog.events.values():
        connection.exec_driver_sql(
            "INSERT INTO event_types (organization_id, number, key, label, date_only, data_source_id) "
            "VALUES (%s, %s, %s, %s, %s, %s)",
            (number, event.number, event.key, event.label, event.date_only, source),
        )
    return number


def add_contacts(
    connection: Connection,
    organization_id: int,
    *,
    catalog: Catalog,
    records: dict[int, ContactRecord],
    deleted: Iterable[int] = (),
) -> None:
    """Write contacts and their events; the folded twins are those an importer would write."""
    gone = set(deleted)
    fields = tuple(catalog.fields.values())
    _copy(
        connection,
        "contacts",
        ("organization_id", "number", "external_key", "deleted_at", *_columns(fields)),
        [
            (
                organization_id,
                number,
                f"c{number}",
                _DELETED_AT if number in gone else None,
                *_values(fields, record.values),
            )
            for number, record in records.items()
        ],
    )
    for event in catalog.events.values():
        properties = tuple(event.fields.values())
        _copy(
            connection,
            "events",
            (
                "organization_id", "contact_number", "event_type", "event_key", "event_number", "occurred_at",
                *_columns(properties),
            ),
            [
                (
                    organization_id, number, event.number, UUID(int=row.number), row.number, row.time,
                    *_values(properties, row.values),
                )
                for number, record in records.items()
                for row in record.events
                if row.type == event.key
            ],
        )  # fmt: skip


def _source(organization_id: int) -> UUID:
    return UUID(int=organization_id)


def _columns(fields: Sequence[Field]) -> tuple[str, ...]:
    return tuple(column for field in fields for column in (field.column, field.fold_column) if column is not None)


def _values(fields: Sequence[Field], values: Mapping[str, Stored | None]) -> Row:
    held: list[object] = []
    for field in fields:
        value = values.get(field.key)
        held.append(value)
        if field.fold_column is not None:
            held.append(fold(value) if isinstance(value, str) else None)
    return tuple(held)


def _copy(connection: Connection, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
    driver = cast("PsycopgConnection[object]", connection.connection.driver_connection)
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
