"""The statements of an import, whose columns depend on the file. Names come from the catalog."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import sql as driver_sql
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Executable,
    Integer,
    MetaData,
    Select,
    Table,
    Text,
    and_,
    bindparam,
    column,
    exists,
    func,
    or_,
    select,
    table,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP, UUID, insert
from sqlalchemy.schema import CreateTable
from sqlalchemy.sql import ColumnElement, TableClause
from sqlalchemy.types import TypeEngine

STAGED = "staged_rows"

_FAMILIES: dict[str, TypeEngine[Any]] = {
    "number": BigInteger(),
    "boolean": Boolean(),
    "date": Date(),
    "instant": TIMESTAMP(timezone=True),
    "text": Text(),
}
_STANDARD: dict[str, TypeEngine[Any]] = {"birthday": Date(), "signed_up_at": TIMESTAMP(timezone=True)}


def create_staged_rows(columns: Sequence[str], *, events: bool) -> Executable:
    """Make the temporary table a file is copied into: COPY into a table under row-level security is refused.

    Shape: row_number and external_key, for events also event_key and occurred_at, then the typed columns of the file.
    """
    own = [Column("row_number", BigInteger), Column("external_key", Text(collation="C"))]
    if events:
        own += [Column("event_key", UUID), Column("occurred_at", TIMESTAMP(timezone=True))]
    typed = [Column(name, _type_of(name)) for name in columns]
    staged = Table(
        STAGED, MetaData(), *own, *typed, prefixes=["TEMPORARY"], postgresql_on_commit="DROP"
    )  # fmt: skip
    return CreateTable(staged)


def copy_staged_rows(columns: Sequence[str]) -> driver_sql.Composed:
    """Give the COPY statement for CSV rows of these columns, in this order."""
    names = driver_sql.SQL(", ").join(driver_sql.Identifier(name) for name in columns)
    return driver_sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(driver_sql.Identifier(STAGED), names)


def _type_of(name: str) -> TypeEngine[Any]:
    return _STANDARD.get(name) or _FAMILIES.get(name.partition("_")[0], _FAMILIES["text"])


def _tables(columns: Sequence[str], target: str, *own: str) -> tuple[TableClause, TableClause, TableClause]:
    staged = table(
        STAGED, *map(column, ("row_number", "external_key", "event_key", "occurred_at")), *map(column, columns)
    )  # fmt: skip
    identities = table("identities", *map(column, ("organization_id", "kind", "value", "contact_number")))
    return staged, identities, table(target, column("organization_id"), *map(column, own), *map(column, columns))


def _same_contact(staged: TableClause, identities: TableClause) -> ColumnElement[bool]:
    return and_(
        identities.c.organization_id == bindparam("organization", type_=Integer()),
        identities.c.kind == "key",
        identities.c.value == staged.c.external_key,
    )


def insert_contacts(columns: Sequence[str]) -> Executable:
    """Add the staged keys nobody has yet; their numbers follow the order of the file."""
    staged, identities, contacts = _tables(columns, "contacts", "number", "external_key")
    number = bindparam("base", type_=Integer()) + func.row_number().over(order_by=staged.c.row_number)
    rows = select(
        bindparam("organization", type_=Integer()), number, staged.c.external_key,
        *(staged.c[name] for name in columns),
    ).where(~exists(select(1).where(_same_contact(staged, identities))))  # fmt: skip
    statement = insert(contacts).from_select(["organization_id", "number", "external_key", *columns], rows)
    return statement.execution_options(preserve_rowcount=True)


def update_contacts(columns: Sequence[str]) -> Executable:
    """Bring known contacts up to date; a contact whose delivered values are all the same is not written."""
    staged, identities, contacts = _tables(columns, "contacts", "number", "updated_at")
    return (
        update(contacts)
        .values({name: staged.c[name] for name in columns} | {"updated_at": func.clock_timestamp()})
        .where(
            _same_contact(staged, identities),
            contacts.c.organization_id == bindparam("organization", type_=Integer()),
            contacts.c.number == identities.c.contact_number,
            _differs(contacts, staged, columns),
        )
    )


def _differs(target: TableClause, staged: TableClause, columns: Sequence[str]) -> ColumnElement[bool]:
    return or_(*(target.c[name].is_distinct_from(staged.c[name]) for name in columns))


def insert_events(columns: Sequence[str]) -> Executable:
    """Add the staged events that are not there yet.

    Source: sorted by contact, so that the indexes are filled in order; the number still follows the file.
    """
    own = ("contact_number", "event_type", "event_key", "event_number", "occurred_at")
    staged, identities, events = _tables(columns, "events", *own)
    rows: Select[Any] = (
        select(
            bindparam("organization", type_=Integer()), identities.c.contact_number,
            bindparam("event_type", type_=Integer()), staged.c.event_key,
            bindparam("base", type_=BigInteger()) + staged.c.row_number, staged.c.occurred_at,
            *(staged.c[name] for name in columns),
        )
        .join_from(staged, identities, _same_contact(staged, identities))
        .order_by(identities.c.contact_number, staged.c.row_number)
    )  # fmt: skip
    statement = insert(events).from_select(["organization_id", *own, *columns], rows).on_conflict_do_nothing()
    return statement.execution_options(preserve_rowcount=True)


def update_events(columns: Sequence[str]) -> Executable:
    """Bring known events (same contact, same id) up to date; unchanged ones are not written."""
    staged, identities, events = _tables(columns, "events", "contact_number", "event_key", "occurred_at")
    changing = ("occurred_at", *columns)
    return (
        update(events)
        .values({name: staged.c[name] for name in changing})
        .where(
            _same_contact(staged, identities),
            events.c.organization_id == bindparam("organization", type_=Integer()),
            tuple_(events.c.contact_number, events.c.event_key)
            == tuple_(identities.c.contact_number, staged.c.event_key),
            _differs(events, staged, changing),
        )
    )
