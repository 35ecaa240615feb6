"""Four data sources: their files are generated, written as Parquet, and imported like any other file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.random import Generator, default_rng

from segment_engine.databases import Databases
from segment_engine.db.queries import load_queries
from segment_engine.demo import columns, interactions
from segment_engine.demo.activity import (
    CHANNELS,
    KINDS,
    MAILINGS,
    ORDERS,
    PAGES,
    SECTIONS,
    TOPICS,
    Events,
    Kind,
    draw,
    event_columns,
    per_contact,
)
from segment_engine.demo.columns import Flags
from segment_engine.demo.interactions import Sent
from segment_engine.demo.orders import CATEGORIES, KEPT_DAYS, STATUSES, order_columns
from segment_engine.demo.people import INTERESTS, TIERS, Population, contact_columns, populate
from segment_engine.demo.reach import consent_columns, mail_columns, phone_columns
from segment_engine.demo.seasons import DAY, Year, microseconds, year_until
from segment_engine.domain.catalog import FieldType
from segment_engine.imports.arrow import Array
from segment_engine.imports.channels import import_channels
from segment_engine.imports.consents import import_consents
from segment_engine.imports.contacts import import_contacts
from segment_engine.imports.events import import_events
from segment_engine.imports.related import import_related
from segment_engine.imports.request import (
    ChannelImport,
    ConsentImport,
    ContactImport,
    DeclaredType,
    EventImport,
    RelatedImport,
)

CONTACTS = 50_000
SEED = 20_260_301
_QUERIES = load_queries("demo")
_KEY = "customer_number"
_CONTACT_SOURCE = "CRM"
_MAILING = "Mailing"
_MONEY = DeclaredType(FieldType.MONEY, 2, "EUR")
_WHOLE = DeclaredType(FieldType.INTEGER)
# The support desk's first delivery named the team that answered; the second no longer does.
_GONE, _GONE_VALUES = "team", ("first line", "second line", "back office")

# Hours after which a source counts as stale.
STALE_AFTER = {"Shop": 168, "CRM": 336, "Web tracking": 168, "Support desk": 72, "Warehouse": 168, "Mailing": 336}


def _choice(values: tuple[str, ...], *, ordered: bool = False) -> DeclaredType:
    return DeclaredType(FieldType.CHOICE, values=values, ordered=ordered)


_CONTACT_TYPES: Mapping[str, DeclaredType] = {
    **dict.fromkeys(("phone", "postal_code", "preferred_store"), DeclaredType(FieldType.TEXT)),
    "loyalty_tier": _choice(TIERS, ordered=True),
    "lifetime_value": _MONEY,
    "newsletter": DeclaredType(FieldType.BOOLEAN),
    "lead_score": _WHOLE,
    "interests": DeclaredType(FieldType.SET, values=INTERESTS),
    "tags": DeclaredType(FieldType.SET),
}
_ROW_TYPES: Mapping[str, Mapping[str, DeclaredType]] = {
    "order_placed": {
        "total": _MONEY,
        "item_count": _WHOLE,
        "channel": _choice(CHANNELS),
        "voucher_used": DeclaredType(FieldType.BOOLEAN),
    },
    "cart_filled": {"value": _MONEY, "item_count": _WHOLE, "channel": _choice(CHANNELS)},
    "page_viewed": {"section": _choice(SECTIONS), "seconds": _WHOLE},
    "email_opened": {"mailing": _choice(MAILINGS)},
    "support_ticket": {"topic": _choice(TOPICS), "satisfaction": _WHOLE},
    "orders": {"status": _choice(STATUSES), "total": _MONEY},
    "order_lines": {"category": _choice(CATEGORIES), "amount": _MONEY},
    "opened": {"device": _choice(interactions.DEVICES)},
    "clicked": {"link": _choice(interactions.LINKS)},
    "converted": {"amount": _MONEY},
}


@dataclass(frozen=True, slots=True)
class Files:
    """What the sources deliver.

    Shape: `paths` by what they hold: contacts, the event types, orders and their lines, consents, mail and phone.
    Units: `today` microseconds since 1970 in UTC.
    """

    people: Population
    paths: Mapping[str, Path]
    today: int


def write_files(directory: Path, *, today: datetime, scale: float) -> Files:
    """Generate everyone and everything they did; the same day and scale give the same files.

    Shape: `scale` 1 means 50,000 contacts and 500,000 events.
    """
    random, now, year = default_rng(SEED), microseconds(today), year_until(today)
    people = populate(max(round(CONTACTS * scale), 1), year, random)
    drawn = {kind.key: _draw(kind, people, year, random, now=now, scale=scale) for kind in KINDS}
    orders = drawn[ORDERS.key]
    spent, visits = per_contact(orders, people, orders.amounts), per_contact(drawn[PAGES.key], people)
    known = contact_columns(people, spent=spent, visits=visits, today=now, random=random)
    placed, lines = order_columns(orders, people, today=now, random=random)
    contents = {
        "contacts": known,
        **{key: event_columns(events, people) for key, events in drawn.items()},
        "orders": placed,
        "order_lines": lines,
        "consents": consent_columns(people, today=now, random=random),
        "mail": mail_columns(people, has_email=_known(known["email"]), today=now),
        "phone": phone_columns(people, has_phone=_known(known["phone"])),
    }
    paths = {name: columns.write(directory / f"{name}.parquet", content) for name, content in contents.items()}
    return Files(people, paths, now)


def _draw(kind: Kind, people: Population, year: Year, random: Generator, *, now: int, scale: float) -> Events:
    count = max(round(kind.count * scale), 1)
    return draw(kind, people, year, random, count=count, until=now - kind.days_late * DAY)


def _known(values: Array) -> Flags:
    return np.asarray(values.is_valid().to_numpy(zero_copy_only=False))


def import_people(databases: Databases, organization_id: int, files: Files) -> None:
    """Import the contacts."""
    path = files.paths["contacts"]
    request = ContactImport(path=path, source=_CONTACT_SOURCE, key=_KEY, types=_CONTACT_TYPES)
    import_contacts(databases.app, organization_id, request)


def import_activity(databases: Databases, organization_id: int, files: Files) -> None:
    """Import the events of every source, one file a type; the support desk delivered once before, in another form."""
    for kind in KINDS:
        path = files.paths[kind.key]
        if kind.days_late:
            earlier = path.with_name(f"{kind.key}_earlier.parquet")
            columns.write_earlier(path, earlier, share=0.75, name=_GONE, choices=_GONE_VALUES)
            _import_events(databases, organization_id, kind, earlier)
        _import_events(databases, organization_id, kind, path)


def _import_events(databases: Databases, organization_id: int, kind: Kind, path: Path) -> None:
    request = EventImport(
        path=path, source=kind.source, key=_KEY, types=_ROW_TYPES[kind.key], event=kind.key, time="happened_at",
        identifier="event_id",
    )  # fmt: skip
    import_events(databases.app, organization_id, request)


def import_orders(databases: Databases, organization_id: int, files: Files) -> None:
    """Import the warehouse's orders, then their lines."""
    for relation, parent, key, identifier in (
        ("orders", None, _KEY, "order_no"),
        ("order_lines", "orders", "order_no", "line_no"),
    ):
        request = RelatedImport(
            path=files.paths[relation], source="Warehouse", key=key, types=_ROW_TYPES[relation], relation=relation,
            identifier=identifier, time="ordered_at", parent_relation=parent, retention_days=KEPT_DAYS,
        )  # fmt: skip
        import_related(databases.app, organization_id, request)


def import_reach(databases: Databases, organization_id: int, files: Files) -> None:
    """Import who allowed messages on which channel, who took it back, and whose address does not work."""
    consents = ConsentImport(path=files.paths["consents"], source=_CONTACT_SOURCE, key=_KEY)
    import_consents(databases.app, organization_id, consents)
    for name in ("mail", "phone"):
        request = ChannelImport(path=files.paths[name], source=_CONTACT_SOURCE, key=_KEY)
        import_channels(databases.app, organization_id, request)


def import_interactions(
    databases: Databases, organization_id: int, directory: Path, sent: Sequence[Sent], *, today: datetime
) -> None:
    """Import what the messages of campaigns led to; whoever unsubscribed takes consent back."""
    found = interactions.interaction_columns(sent, today=today, random=default_rng(SEED))
    for kind, content in found.items():
        request = EventImport(
            path=columns.write(directory / f"{kind}.parquet", content), source=_MAILING, key=_KEY,
            types=_ROW_TYPES.get(kind, {}), event=f"campaign_{kind}", time="happened_at", identifier="message_no",
            interaction=kind, campaign="campaign",
        )  # fmt: skip
        import_events(databases.app, organization_id, request)
    withdrawn = interactions.unsubscribed_columns(sent, found["unsubscribed"])
    path = columns.write(directory / "withdrawn.parquet", withdrawn)
    import_consents(databases.app, organization_id, ConsentImport(path=path, source=_MAILING, key=_KEY))


def set_ages(databases: Databases, organization_id: int, *, today: datetime) -> None:
    """Say how old each source may grow; the support desk has not delivered for longer than that."""
    late = {kind.source: today - timedelta(days=kind.days_late) for kind in KINDS if kind.days_late}
    with databases.app.transaction(organization_id) as transaction:
        for name, hours in STALE_AFTER.items():
            aged = {"name": name, "stale_after_hours": hours, "last_imported_at": late.get(name)}
            transaction.run(_QUERIES["set_source"], {"organization": organization_id, **aged})
