"""Puts a few hand-made contacts with everything that belongs to them straight into the tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from psycopg import sql
from sqlalchemy import Connection

from segment_engine.compiler import pack_block
from segment_engine.domain.catalog import Catalog, Field, FieldType
from segment_engine.domain.evaluate_records import ContactRecord, Overrides
from segment_engine.domain.folding import fold
from tests.property.hostile_tables import add_organization

Records = Mapping[int, ContactRecord]
_Row = dict[str, Any]


def add_world(
    connection: Connection,
    catalog: Catalog,
    records: Records,
    *,
    overrides: Mapping[str, Overrides] | None = None,
    name: str = "world",
) -> int:
    """Write contacts, events, related rows, consents, channels, segments, lists and hand decisions.

    Shape: a new organization, whose number is returned; the stored members of segments and lists are those that the
        records name.
    """
    organization = add_organization(connection, name, catalog)
    own = {"organization_id": organization}

    def add(table: str, rows: Iterable[_Row]) -> None:
        for row in rows:
            _insert(connection, table, own | row)

    add("contacts", (_contact(catalog, number, record) for number, record in records.items()))
    add("events", (row for each in records.items() for row in _events(catalog, *each)))
    add("relations", _relations(organization, catalog))
    add("related_rows", (row for each in records.items() for row in _related(catalog, *each)))
    add("consents", (row for each in records.items() for row in _consents(*each)))
    add("contact_channels", (row for each in records.items() for row in _channels(*each)))
    add("segments", ({"segment_id": UUID(key), "name": key, "name_fold": key} for key in catalog.segments))
    add("static_lists", (_list(key) for key in catalog.lists))
    for key in catalog.segments:
        members = [n for n, record in records.items() if key in record.segments]
        add("membership_blocks", _blocks("segment_id", key, members))
    for key in catalog.lists:
        members = [n for n, record in records.items() if key in record.lists]
        add("static_list_blocks", _blocks("list_id", key, members))
    add("segment_overrides", (row for each in (overrides or {}).items() for row in _decisions(*each)))
    return organization


def _insert(connection: Connection, table: str, row: _Row) -> None:
    names = sql.SQL(", ").join(map(sql.Identifier, row))
    values = sql.SQL(", ").join(map(sql.Placeholder, row))
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(sql.Identifier(table), names, values)
    connection.exec_driver_sql(statement.as_string(None), row)


def _stored(fields: Iterable[Field], values: Mapping[str, Any]) -> _Row:
    row: _Row = {}
    for field in fields:
        value = values.get(field.key)
        if value is not None and field.type is FieldType.SET:
            row[field.column] = sorted(value)
            row |= {} if field.fold_column is None else {field.fold_column: sorted({fold(each) for each in value})}
        elif value is not None:
            row[field.column] = value
            row |= {} if field.fold_column is None else {field.fold_column: fold(value)}
    return row


def _contact(catalog: Catalog, number: int, record: ContactRecord) -> _Row:
    key = record.key or f"c{number}"
    return {"number": number, "external_key": key} | _stored(catalog.fields.values(), record.values)


def _events(catalog: Catalog, number: int, record: ContactRecord) -> Iterable[_Row]:
    for event in record.events:
        kind = catalog.events[event.type]
        yield {
            "contact_number": number, "event_type": kind.number, "event_key": UUID(int=event.number),
            "event_number": event.number, "occurred_at": event.time, "campaign_id": event.campaign,
        } | _stored(kind.fields.values(), event.values)  # fmt: skip


def _relations(organization: int, catalog: Catalog) -> Iterable[_Row]:
    for relation in catalog.relations.values():
        parent = None if relation.parent is None else catalog.relations[relation.parent].number
        yield {
            "number": relation.number, "key": relation.key, "label": relation.label, "parent": parent,
            "time": relation.time, "data_source_id": UUID(int=organization),
        }  # fmt: skip


def _related(catalog: Catalog, number: int, record: ContactRecord) -> Iterable[_Row]:
    for row in sorted(record.related, key=lambda each: each.parent is not None):
        kind = catalog.relations[row.relation]
        yield {
            "contact_number": number, "row_number": row.number, "relation": kind.number, "occurred_at": row.time,
            "parent_number": row.parent, "row_key": f"r{row.number}",
        } | _stored(kind.fields.values(), row.values)  # fmt: skip


def _consents(number: int, record: ContactRecord) -> Iterable[_Row]:
    for each in record.consents:
        yield {
            "contact_number": number, "channel": each.channel, "consent_number": each.number, "topic": each.topic,
            "state": each.state, "recorded_at": each.recorded_at,
        }  # fmt: skip


def _channels(number: int, record: ContactRecord) -> Iterable[_Row]:
    for channel, each in record.channels.items():
        yield {
            "contact_number": number, "channel": channel, "address": each.address, "address_valid": each.valid,
            "suppressed_at": each.suppressed_at, "suppression": "hard_bounce" if each.suppressed_at else None,
        }  # fmt: skip


def _list(list_id: str) -> _Row:
    report = dict.fromkeys(("rows_read", "matched", "duplicate", "unknown", "invalid"), 0)
    return {"list_id": UUID(list_id), "name": list_id, "name_fold": list_id} | report


def _blocks(owner: str, key: str, members: Iterable[int]) -> Iterable[_Row]:
    places: dict[int, list[int]] = {}
    for number in members:
        places.setdefault(number >> 12, []).append(number & 4095)
    for block, each in places.items():
        bits = pack_block(b"".join(place.to_bytes(2, "big") for place in each))
        yield {owner: UUID(key), "block": block, "members": "".join(f"{byte:08b}" for byte in bits)}


def _decisions(segment_id: str, overrides: Overrides) -> Iterable[_Row]:
    decided = [("put_in", number) for number in overrides.put_in]
    decided += [("taken_out", number) for number in overrides.taken_out]
    for decision, number in decided:
        yield {"segment_id": UUID(segment_id), "contact_number": number, "decision": decision, "reason": "Asked for"}
