"""Four data sources: their files are generated, written as Parquet, and imported like any other file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.random import Generator, default_rng

from segment_engine.databases import Databases
from segment_engine.db.queries import load_queries
from segment_engine.demo import columns
from segment_engine.demo.activity import (
    CHANNELS,
    KINDS,
    MAILINGS,
    ORDERS,
    PAGES,
    SECTIONS,
    TOPICS,
    Kind,
    draw,
    event_columns,
    per_contact,
)
from segment_engine.demo.columns import Whole
from segment_engine.demo.people import TIERS, Population, consents, contact_columns, populate
from segment_engine.demo.seasons import DAY, MICROSECONDS, Year, microseconds, year_until
from segment_engine.domain.catalog import FieldType
from segment_engine.imports.contacts import import_contacts
from segment_engine.imports.events import import_events
from segment_engine.imports.request import ContactImport, DeclaredType, EventImport

CONTACTS = 50_000
SEED = 20_260_301
_QUERIES = load_queries("demo")
_KEY = "customer_number"
_CONTACT_SOURCE = "CRM"
_MONEY = DeclaredType(FieldType.MONEY, 2, "EUR")
_WHOLE = DeclaredType(FieldType.INTEGER)

# Hours after which a source counts as stale.
STALE_AFTER = {"Shop": 168, "CRM": 336, "Web tracking": 168, "Support desk": 72}


def _choice(values: tuple[str, ...], *, ordered: bool = False) -> DeclaredType:
    return DeclaredType(FieldType.CHOICE, values=values, ordered=ordered)


_CONTACT_TYPES: Mapping[str, DeclaredType] = {
    **dict.fromkeys(("phone", "postal_code", "preferred_store"), DeclaredType(FieldType.TEXT)),
    "loyalty_tier": _choice(TIERS, ordered=True),
    "lifetime_value": _MONEY,
    "newsletter": DeclaredType(FieldType.BOOLEAN),
    "lead_score": _WHOLE,
}
_EVENT_TYPES: Mapping[str, Mapping[str, DeclaredType]] = {
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
}


@dataclass(frozen=True, slots=True)
class Files:
    """What the sources deliver. Shape: `events` by event type. Units: `today` microseconds since 1970 in UTC."""

    people: Population
    contacts: Path
    events: Mapping[str, Path]
    today: int


def write_files(directory: Path, *, today: datetime, scale: float) -> Files:
    """Generate everyone and everything they did; the same day and scale give the same files.

    Shape: `scale` 1 means 50,000 contacts and 500,000 events.
    """
    random, now, year = default_rng(SEED), microseconds(today), year_until(today)
    people = populate(max(round(CONTACTS * scale), 1), year, random)
    spent = visits = np.zeros(len(people.keys), dtype=np.int64)
    events: dict[str, Path] = {}
    for kind in KINDS:
        path, sums = _write_events(directory, kind, people, year, random, now=now, scale=scale)
        events[kind.key] = path
        spent = sums if kind is ORDERS else spent
        visits = sums if kind is PAGES else visits
    known = contact_columns(people, spent=spent, visits=visits, today=now, random=random)
    return Files(people, columns.write(directory / "contacts.parquet", known), events, now)


def _write_events(
    directory: Path, kind: Kind, people: Population, year: Year, random: Generator, *, now: int, scale: float
) -> tuple[Path, Whole]:
    """Write the file of one event type; beside it stands what each contact spent, or how often it did it."""
    drawn = draw(kind, people, year, random, count=max(round(kind.count * scale), 1), until=now - kind.days_late * DAY)
    sums = per_contact(drawn, people, drawn.amounts if kind is ORDERS else None)
    return columns.write(directory / f"{kind.key}.parquet", event_columns(drawn, people)), sums


def import_people(databases: Databases, organization_id: int, files: Files) -> None:
    """Import the contacts, then what they allowed on which channel."""
    request = ContactImport(path=files.contacts, source=_CONTACT_SOURCE, key=_KEY, types=_CONTACT_TYPES)
    import_contacts(databases.app, organization_id, request)


def import_activity(databases: Databases, organization_id: int, files: Files) -> None:
    """Import the events of every source, one file a type."""
    for kind in KINDS:
        request = EventImport(
            path=files.events[kind.key], source=kind.source, key=_KEY, types=_EVENT_TYPES[kind.key], event=kind.key,
            time="happened_at", identifier="event_id",
        )  # fmt: skip
        import_events(databases.app, organization_id, request)


def add_consents(databases: Databases, organization_id: int, files: Files, *, today: datetime) -> None:
    """Record who allowed messages on which channel, who took it back, and whose address does not work."""
    with databases.app.transaction(organization_id) as transaction:
        transaction.limit_statements(seconds=0)
        for number, consent in enumerate(consents(files.people, today=files.today, random=default_rng(SEED)), start=1):
            given = {
                "organization": organization_id,
                "channel": consent.channel,
                "consent_number": number,
                "state": consent.state,
                "keys": list(consent.keys),
                "recorded": (consent.recorded // MICROSECONDS).tolist(),
            }
            transaction.run(_QUERIES["add_consents"], given)
        transaction.run(_QUERIES["mark_unreachable"], {"organization": organization_id, "today": today})


def set_ages(databases: Databases, organization_id: int, *, today: datetime) -> None:
    """Say how old each source may grow; the support desk has not delivered for longer than that."""
    late = {kind.source: today - timedelta(days=kind.days_late) for kind in KINDS if kind.days_late}
    with databases.app.transaction(organization_id) as transaction:
        for name, hours in STALE_AFTER.items():
            aged = {"name": name, "stale_after_hours": hours, "last_imported_at": late.get(name)}
            transaction.run(_QUERIES["set_source"], {"organization": organization_id, **aged})
