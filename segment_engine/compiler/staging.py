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
    cast,
    column,
    exists,
    func,
    null,
    or_,
    select,
    table,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP, UUID, insert
from sqlalchemy.schema import CreateTable
from sqlalchemy.sql import ColumnElement, FromClause, TableClause
from sqlalchemy.types import TypeEngine

STAGED = "staged_rows"

_FAMILIES: dict[str, TypeEngine[Any]] = {
    "number": BigInteger(),
    "boolean": Boolean(),
    "date": Date(),
    "instant": TIMESTAMP(timezone=True),
    "text": Text(),
    "set": ARRAY(Text()),
}
# Columns that are no slots, and not texts.
_NAMED: dict[str, TypeEngine[Any]] = {
    "row_number": BigInteger(),
    "external_key": Text(collation="C"),
    "row_key": Text(collation="C"),
    "event_key": UUID(),
    "campaign_id": UUID(),
    "occurred_at": TIMESTAMP(timezone=True),
    "address_valid": Boolean(),
    "suppressed_at": TIMESTAMP(timezone=True),
    "birthday": Date(),
    "signed_up_at": TIMESTAMP(timezone=True),
}


def create_staged_rows(columns: Sequence[str]) -> Executable:
    """Make the temporary table a file is copied into: COPY into a table under row-level security is refused.

    Shape: row_number, external_key and what else the kind of import needs, then the typed columns of the file.
    """
    typed = [Column(name, _type_of(name)) for name in columns]
    staged = Table(STAGED, MetaData(), *typed, prefixes=["TEMPORARY"], postgresql_on_commit="DROP")
    return CreateTable(staged)


def copy_staged_rows(columns: Sequence[str]) -> driver_sql.Composed:
    """Give the COPY statement for CSV rows of these columns, in this order."""
    names = driver_sql.SQL(", ").join(driver_sql.Identifier(name) for name in columns)
    return driver_sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(driver_sql.Identifier(STAGED), names)


def _type_of(name: str) -> TypeEngine[Any]:
    return _NAMED.get(name) or _FAMILIES.get(name.partition("_")[0], _FAMILIES["text"])


_ANY_KIND = ("row_number", "external_key", "event_key", "row_key", "occurred_at")


def _tables(columns: Sequence[str], target: str, *own: str) -> tuple[TableClause, TableClause, TableClause]:
    staged = table(STAGED, *map(column, (*_ANY_KIND, *columns)))
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


def insert_related(columns: Sequence[str], *, nested: bool) -> Executable:
    """Add the staged rows of a relation that are not there yet; `nested` ones hang on rows of the parent relation."""
    own = ("contact_number", "row_number", "relation", "parent_number", "row_key", "occurred_at")
    staged, identities, related = _tables(columns, "related_rows", *own)
    owner, contact, parent, belongs = _owner(staged, identities, nested=nested)
    rows: Select[Any] = (
        select(
            bindparam("organization", type_=Integer()), contact,
            bindparam("base", type_=BigInteger()) + staged.c.row_number,
            bindparam("relation_number", type_=Integer()), parent,
            staged.c.row_key, staged.c.occurred_at, *(staged.c[name] for name in columns),
        )
        .join_from(staged, owner, belongs)
        .order_by(contact, staged.c.row_number)
    )  # fmt: skip
    known = ["organization_id", "relation", "row_key"]
    statement = insert(related).from_select(["organization_id", *own, *columns], rows)
    return statement.on_conflict_do_nothing(index_elements=known).execution_options(preserve_rowcount=True)


def update_related(columns: Sequence[str], *, nested: bool) -> Executable:
    """Bring known rows of a relation up to date; unchanged ones are not written.

    Shape: counts rows whose contact changed too. Nested ones are moved here; the others are moved by a statement of
        their own afterwards, together with the rows that hang on them.
    """
    own = ("contact_number", "relation", "parent_number", "row_key", "occurred_at")
    staged, identities, related = _tables(columns, "related_rows", *own)
    _, contact, parent, belongs = _owner(staged, identities, nested=nested)
    changing = {name: staged.c[name] for name in ("occurred_at", *columns)}
    places = {"contact_number": contact} | ({"parent_number": parent} if nested else {})
    moved = or_(*(related.c[name].is_distinct_from(value) for name, value in places.items()))
    return (
        update(related)
        .values(changing | (places if nested else {}))
        .where(
            belongs,
            related.c.organization_id == bindparam("organization", type_=Integer()),
            related.c.relation == bindparam("relation_number", type_=Integer()),
            related.c.row_key == staged.c.row_key,
            or_(moved, _differs(related, staged, tuple(changing))),
        )
    )


def _owner(
    staged: TableClause, identities: TableClause, *, nested: bool
) -> tuple[FromClause, ColumnElement[Any], ColumnElement[Any], ColumnElement[bool]]:
    """Say where the contact of a staged row is found: the table, its contact, its row, and the condition."""
    if not nested:
        return identities, identities.c.contact_number, cast(null(), BigInteger()), _same_contact(staged, identities)
    names = ("organization_id", "relation", "row_key", "contact_number", "row_number")
    parents = table("related_rows", *map(column, names)).alias("parents")
    belongs = and_(
        parents.c.organization_id == bindparam("organization", type_=Integer()),
        parents.c.relation == bindparam("parent_relation", type_=Integer()),
        parents.c.row_key == staged.c.external_key,
    )
    return parents, parents.c.contact_number, parents.c.row_number, belongs
