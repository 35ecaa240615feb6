"""An organization with everything criteria can ask about, drawn from a seed, behind a real engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import UUID

from sqlalchemy import Connection, text

from segment_engine.databases import Databases
from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.catalog import Catalog, Field
from segment_engine.domain.evaluate import (
    ChannelRecord,
    ConsentRecord,
    ContactRecord,
    EventRecord,
    RelatedRecord,
)
from segment_engine.domain.evaluate.records import Stored
from segment_engine.engine import Engine
from segment_engine.use_cases.organizations import LOCAL_IDENTITY
from tests.criteria_catalog import CAMPAIGNS, CATALOG, LISTS
from tests.property.hostile_tables import add_contacts

AS_OF = datetime(2026, 3, 28, 10, 30, tzinfo=UTC)
WORLD_CATALOG = replace(CATALOG, segments={})
_CITIES = (None, "Utrecht", "GENT", "gent", "Lyon", "Zürich")


@dataclass(frozen=True)
class World:
    """An organization as stored, and the same contacts as plain records."""

    databases: Databases
    engine: Engine
    context: OrganizationContext
    records: Mapping[int, ContactRecord]
    deleted: frozenset[int]

    @property
    def base(self) -> dict[int, ContactRecord]:
        """The contacts that criteria can reach."""
        return {number: record for number, record in self.records.items() if number not in self.deleted}

    @property
    def catalog(self) -> Catalog:
        """What criteria can name, without segments."""
        return WORLD_CATALOG


def build_world(databases: Databases, *, contacts: int, seed: int = 7) -> World:
    """Store a world; every hundredth contact is deleted."""
    engine = Engine(databases)
    organization_id = engine.organizations.create(f"World {seed}", time_zone="Europe/Amsterdam")
    draw = Random(seed)  # noqa: S311 - repeatable data, nothing secret
    records = {number: _contact(draw, number) for number in range(1, contacts + 1)}
    deleted = frozenset(range(50, contacts + 1, 100))
    with databases.migrator.transaction() as transaction:
        _add_catalog(transaction.connection, organization_id, WORLD_CATALOG)
        add_contacts(transaction.connection, organization_id, catalog=WORLD_CATALOG, records=records, deleted=deleted)
        _add_keys(transaction.connection, organization_id, contacts)
        transaction.connection.exec_driver_sql("ANALYZE contacts, events")
    return World(databases, engine, engine.context_for(LOCAL_IDENTITY, organization_id), records, deleted)


# Contacts --------------------------------------------------------------------------------------------------------


def _contact(draw: Random, number: int) -> ContactRecord:
    def maybe(value: Stored) -> Stored | None:
        return value if draw.random() < 0.8 else None

    values: dict[str, Stored | None] = {
        "contact.city": draw.choice(_CITIES),
        "contact.code": maybe(f"K-{number % 9}"),
        "contact.plan": maybe(draw.choice(("free", "Pro"))),
        "contact.size": maybe(draw.choice(("small", "medium", "large"))),
        "contact.age": maybe(draw.randrange(10, 80)),
        "contact.score": maybe(draw.randrange(0, 9_000)),
        "contact.income": maybe(draw.randrange(0, 9_000_000)),
        "contact.vip": maybe(draw.random() < 0.3),
        "contact.birthday": maybe(date(1980, 1, 1) + timedelta(days=draw.randrange(12_000))),
        "contact.renewal": maybe(AS_OF.date() + timedelta(days=draw.randrange(-40, 60))),
        "contact.signed_up_at": maybe(_moment(draw, 800)),
        "contact.last_seen_at": maybe(_moment(draw, 90)),
        "contact.tags": maybe(tuple(draw.sample(("A", "b", "Ç", "d"), draw.randrange(1, 4)))),
    }
    channels = {"email": ChannelRecord(f"a{number}@example.org", draw.random() < 0.9, _stopped(draw))}
    return ContactRecord(
        values,
        events=(*_orders(draw, number), *_visits(draw, number), *_history(draw, number)),
        key=f"key-{number}",
        related=_related(draw, number),
        consents=_consents(draw, number),
        channels=channels if draw.random() < 0.9 else {},
        lists=frozenset(each for each in LISTS if draw.random() < 0.3),
    )


def _moment(draw: Random, days: int) -> datetime:
    return AS_OF - timedelta(seconds=draw.randrange(-3 * 86_400, days * 86_400))


def _stopped(draw: Random) -> datetime | None:
    return _moment(draw, 50) if draw.random() < 0.2 else None


def _orders(draw: Random, number: int) -> list[EventRecord]:
    return [
        EventRecord(
            "order_placed", number * 100 + place, _moment(draw, 120),
            {
                "order_placed.total": draw.choice((None, 1_990, 4_990, 12_000)),
                "order_placed.items": draw.randrange(1, 5),
                "order_placed.channel": draw.choice(("web", "shop", None)),
                "order_placed.status": draw.choice(("open", "Paid", "returned")),
                "order_placed.due": AS_OF.date() + timedelta(days=draw.randrange(-30, 30)),
            },
        )
        for place in range(draw.choice((0, 0, 1, 2, 3, 4)))
    ]  # fmt: skip


def _visits(draw: Random, number: int) -> list[EventRecord]:
    days = [AS_OF.date() + timedelta(days=draw.randrange(-40, 3)) for _ in range(draw.choice((0, 1, 2)))]
    return [
        EventRecord("visit", number * 100 + 20 + place, datetime(day.year, day.month, day.day, tzinfo=UTC), {})
        for place, day in enumerate(days)
    ]


def _history(draw: Random, number: int) -> list[EventRecord]:
    return [
        EventRecord(
            interaction, number * 100 + 40 + 10 * step + place, _moment(draw, 60),
            {f"{interaction}.link": draw.choice((None, "offer"))}, draw.choice(CAMPAIGNS),
        )
        for step, interaction in enumerate(("received", "opened"))
        for place in range(draw.choice((0, 1, 2)))
    ]  # fmt: skip


def _related(draw: Random, number: int) -> tuple[RelatedRecord, ...]:
    found: list[RelatedRecord] = []
    for place in range(draw.choice((0, 1, 2))):
        order = number * 100 + 60 + 10 * place
        found.append(
            RelatedRecord("orders", order, None, _moment(draw, 60), {"orders.total": draw.randrange(0, 20_000)})
        )
        found += [
            RelatedRecord(
                "order_lines", order + line, order, None, {"order_lines.sku": draw.choice(("GIFT-1", "BOOK-2", None))}
            )
            for line in range(1, draw.choice((1, 2, 3)))
        ]
    return tuple(found)


def _consents(draw: Random, number: int) -> tuple[ConsentRecord, ...]:
    return tuple(
        ConsentRecord(
            "email", draw.choice((None, None, "news")), draw.choice(("granted", "granted", "pending", "withdrawn")),
            _moment(draw, 300), number * 100 + place,
        )
        for place in range(draw.choice((0, 1, 2)))
    )  # fmt: skip


# Tables ----------------------------------------------------------------------------------------------------------


def _add_catalog(connection: Connection, organization_id: int, catalog: Catalog) -> None:
    source = UUID(int=organization_id)
    connection.execute(
        text("INSERT INTO data_sources (organization_id, data_source_id, name) VALUES (:o, :s, 'source')"),
        {"o": organization_id, "s": source},
    )
    for event in catalog.events.values():
        connection.execute(
            text(
                "INSERT INTO event_types (organization_id, number, key, label, date_only, data_source_id, interaction) "
                "VALUES (:o, :number, :key, :label, :date_only, :s, :interaction)"
            ),
            {
                "o": organization_id, "s": source, "number": event.number, "key": event.key, "label": event.label,
                "date_only": event.date_only, "interaction": event.interaction,
            },
        )  # fmt: skip
        _add_fields(connection, organization_id, event.fields, event_type=event.number)
    _add_fields(connection, organization_id, catalog.fields)
    for list_id in catalog.lists:
        connection.execute(
            text(
                "INSERT INTO static_lists (organization_id, list_id, name, name_fold, rows_read, matched, duplicate, "
                "unknown, invalid) VALUES (:o, :id, :name, :fold, 0, 0, 0, 0, 0)"
            ),
            {
                "o": organization_id,
                "id": UUID(list_id),
                "name": (name := catalog.lists[list_id].name),
                "fold": name.lower(),
            },
        )
    for campaign_id, campaign in catalog.campaigns.items():
        connection.execute(
            text(
                "INSERT INTO campaigns (organization_id, campaign_id, name, channel) VALUES (:o, :id, :name, 'email')"
            ),
            {"o": organization_id, "id": UUID(campaign_id), "name": campaign.name},
        )


def _add_fields(
    connection: Connection, organization_id: int, fields: Mapping[str, Field], *, event_type: int | None = None,
    relation: int | None = None,
) -> None:  # fmt: skip
    for field in fields.values():
        connection.execute(
            text(
                "INSERT INTO fields (organization_id, key, event_type, relation, label, type, column_name, "
                "fold_column, scale, currency, choice_values, ordered, sensitive) VALUES (:o, :key, :event_type, "
                ":relation, :label, :type, :column, :fold, :scale, :currency, :values, :ordered, :sensitive)"
            ),
            {
                "o": organization_id, "key": field.key, "event_type": event_type, "relation": relation,
                "label": field.label, "type": field.type.value, "column": field.column, "fold": field.fold_column,
                "scale": field.scale, "currency": field.currency, "values": list(field.values),
                "ordered": field.ordered, "sensitive": field.sensitive,
            },
        )  # fmt: skip


def _add_keys(connection: Connection, organization_id: int, last: int) -> None:
    values = {"o": organization_id, "last": last}
    for relation in WORLD_CATALOG.relations.values():
        _add_fields(connection, organization_id, relation.fields, relation=relation.number)
    connection.execute(
        text(
            "INSERT INTO identities (organization_id, kind, value, contact_number) "
            "SELECT organization_id, 'key', external_key, number FROM contacts WHERE organization_id = :o"
        ),
        values,
    )
    connection.execute(
        text("UPDATE organization_counters SET last_contact_number = :last WHERE organization_id = :o"), values
    )
