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
from segment_engine.domain.evaluate import ContactRecord, Overrides
from segment_engine.domain.evaluate.values import Stored
from segment_engine.domain.folding import fold
from segment_engine.postgres.local import ADMINISTRATOR, LocalServer

Row = tuple[object, ...]
Records = Mapping[int, ContactRecord]

_DELETED_AT = datetime(2020, 1, 1, tzinfo=UTC)
_BLOCK = 4096


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


# Organizations ---------------------------------------------------------------------------------------------------


def add_organization(connection: Connection, name: str, catalog: Catalog) -> int:
    """Create an organization with the event types, segments and lists of a catalog; return its number."""
    number: int = connection.exec_driver_sql(
        "INSERT INTO organizations (name) VALUES (%s) RETURNING organization_id", (name,)
    ).scalar_one()
    source = _source(number)
    connection.exec_driver_sql(
        "INSERT INTO data_sources (organization_id, data_source_id, name) VALUES (%s, %s, 'source')", (number, source)
    )
    for event in catalog.events.values():
        connection.exec_driver_sql(
            "INSERT INTO event_types (organization_id, number, key, label, date_only, data_source_id, interaction) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s)",
            (number, event.number, event.key, event.label, event.date_only, source, event.interaction),
        )
    _add_references(connection, number, catalog)
    return number


def _add_references(connection: Connection, organization_id: int, catalog: Catalog) -> None:
    _copy(
        connection,
        "segments",
        ("organization_id", "segment_id", "name", "name_fold", "state", "status"),
        [
            (organization_id, UUID(each.segment_id), each.name, fold(each.name), each.state, each.status)
            for each in catalog.segments.values()
        ],
    )
    figures = ("rows_read", "matched", "duplicate", "unknown", "invalid")
    _copy(
        connection,
        "static_lists",
        ("organization_id", "list_id", "name", "name_fold", *figures),
        [
            (organization_id, UUID(each.list_id), each.name, fold(each.name), 0, 0, 0, 0, 0)
            for each in catalog.lists.values()
        ],
    )


# Contacts --------------------------------------------------------------------------------------------------------


def add_contacts(
    connection: Connection,
    organization_id: int,
    *,
    catalog: Catalog,
    records: Records,
    deleted: Iterable[int] = (),
    overrides: Mapping[str, Overrides] | None = None,
) -> None:
    """Write contacts and all that belongs to them; the folded twins are those an importer would write."""
    gone = set(deleted)
    fields = tuple(catalog.fields.values())
    _copy(
        connection,
        "contacts",
        ("organization_id", "number", "external_key", "deleted_at", *_columns(fields)),
        [
            (
                organization_id, number, record.key or f"c{number}", _DELETED_AT if number in gone else None,
                *_values(fields, record.values),
            )
            for number, record in records.items()
        ],
    )  # fmt: skip
    _add_events(connection, organization_id, catalog, records)
    _add_related_rows(connection, organization_id, catalog, records)
    _add_consents(connection, organization_id, records)
    _add_channels(connection, organization_id, records)
    segments = {key: [n for n, record in records.items() if key in record.segments] for key in catalog.segments}
    _add_blocks(connection, ("membership_blocks", "segment_id"), organization_id, segments)
    lists = {key: [n for n, record in records.items() if key in record.lists] for key in catalog.lists}
    _add_blocks(connection, ("static_list_blocks", "list_id"), organization_id, lists)
    _add_overrides(connection, organization_id, overrides or {})


def _add_events(connection: Connection, organization_id: int, catalog: Catalog, records: Records) -> None:
    for event in catalog.events.values():
        properties = tuple(event.fields.values())
        own = (
            "organization_id",
            "contact_number",
            "event_type",
            "event_key",
            "event_number",
            "occurred_at",
            "campaign_id",
        )
        rows = [
            (
                organization_id, number, event.number, UUID(int=row.number), row.number, row.time,
                None if row.campaign is None else UUID(row.campaign), *_values(properties, row.values),
            )
            for number, record in records.items()
            for row in record.events
            if row.type == event.key
        ]  # fmt: skip
        _copy(connection, "events", (*own, *_columns(properties)), rows)


def _add_related_rows(connection: Connection, organization_id: int, catalog: Catalog, records: Records) -> None:
    source = _source(organization_id)
    for relation in sorted(catalog.relations.values(), key=lambda relation: relation.parent is not None):
        parent = None if relation.parent is None else catalog.relations[relation.parent].number
        time = None if relation.time is None else relation.time.value
        connection.exec_driver_sql(
            "INSERT INTO relations (organization_id, number, key, label, parent, time, data_source_id) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s)",
            (organization_id, relation.number, relation.key, relation.label, parent, time, source),
        )
        fields = tuple(relation.fields.values())
        own = ("organization_id", "contact_number", "row_number", "relation", "parent_number", "row_key", "occurred_at")
        rows = [
            (
                organization_id, number, row.number, relation.number, row.parent, f"{number}.{row.number}", row.time,
                *_values(fields, row.values),
            )
            for number, record in records.items()
            for row in record.related
            if row.relation == relation.key
        ]  # fmt: skip
        _copy(connection, "related_rows", (*own, *_columns(fields)), rows)


def _add_consents(connection: Connection, organization_id: int, records: Records) -> None:
    _copy(
        connection,
        "consents",
        ("organization_id", "contact_number", "channel", "consent_number", "topic", "state", "recorded_at"),
        [
            (organization_id, number, one.channel, one.number, one.topic, one.state, one.recorded_at)
            for number, record in records.items()
            for one in record.consents
        ],
    )


def _add_channels(connection: Connection, organization_id: int, records: Records) -> None:
    _copy(
        connection,
        "contact_channels",
        ("organization_id", "contact_number", "channel", "address", "address_valid", "suppressed_at", "suppression"),
        [
            (
                organization_id, number, channel, one.address, one.valid, one.suppressed_at,
                None if one.suppressed_at is None else "complaint",
            )
            for number, record in records.items()
            for channel, one in record.channels.items()
        ],
    )  # fmt: skip


# Members ---------------------------------------------------------------------------------------------------------


def _add_blocks(
    connection: Connection, place: tuple[str, str], organization_id: int, members: Mapping[str, Sequence[int]]
) -> None:
    """Write sets of contacts as blocks; a block that nobody is in is not written."""
    table, owner = place
    rows: list[Row] = []
    for key, numbers in members.items():
        blocks: dict[int, list[str]] = {}
        for number in numbers:
            bits = blocks.setdefault(number // _BLOCK, ["0"] * _BLOCK)
            bits[number % _BLOCK] = "1"
        rows += [(organization_id, UUID(key), block, "".join(bits)) for block, bits in blocks.items()]
    _copy(connection, table, ("organization_id", owner, "block", "members"), rows)


def _add_overrides(connection: Connection, organization_id: int, overrides: Mapping[str, Overrides]) -> None:
    """Write the open decisions of people, and for each an opposite one that was ended before."""
    rows: list[Row] = []
    for key, hand in overrides.items():
        decided = [(number, "put_in", "taken_out") for number in hand.put_in]
        decided += [(number, "taken_out", "put_in") for number in hand.taken_out]
        for number, decision, opposite in decided:
            rows.append((organization_id, UUID(key), number, decision, "because", None))
            rows.append((organization_id, UUID(key), number, opposite, "because", _DELETED_AT))
    columns = ("organization_id", "segment_id", "contact_number", "decision", "reason", "ended_at")
    _copy(connection, "segment_overrides", columns, rows)


# Rows ------------------------------------------------------------------------------------------------------------


def _source(organization_id: int) -> UUID:
    return UUID(int=organization_id)


def _columns(fields: Sequence[Field]) -> tuple[str, ...]:
    return tuple(column for field in fields for column in (field.column, field.fold_column) if column is not None)


def _values(fields: Sequence[Field], values: Mapping[str, Stored | None]) -> Row:
    held: list[object] = []
    for field in fields:
        value = values.get(field.key)
        held.append(list(value) if isinstance(value, tuple) else value)
        if field.fold_column is not None:
            held.append(_folded(value))
    return tuple(held)


def _folded(value: Stored | None) -> str | list[str] | None:
    if isinstance(value, tuple):
        return list(dict.fromkeys(fold(element) for element in value if element is not None))
    return fold(value) if isinstance(value, str) else None


def _copy(connection: Connection, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
    driver = cast("PsycopgConnection[object]", connection.connection.driver_connection)
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
