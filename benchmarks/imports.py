"""How fast files come in, with every index and foreign key in place, beside a plain COPY of the same bytes' rows."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from segment_engine.databases import Databases
from segment_engine.engine import Engine
from segment_engine.imports.arrow import pa, parquet
from segment_engine.imports.contacts import import_contacts
from segment_engine.imports.events import import_events
from segment_engine.imports.request import ContactImport, EventImport

Table: TypeAlias = Any  # of pyarrow, which ships no types
CONTACTS, EVENTS = 300_000, 1_200_000


def import_rates(databases: Databases, engine: Engine, line: Callable[..., None], scale: float) -> None:
    """Import generated Parquet files into a second organization and report rows a second."""
    organization_id = engine.organizations.create("Import benchmark")
    contacts, events = max(int(CONTACTS * scale), 20_000), max(int(EVENTS * scale), 80_000)
    with tempfile.TemporaryDirectory(prefix="segment-bench-files-") as folder:
        people, purchases = Path(folder) / "people.parquet", Path(folder) / "purchases.parquet"
        parquet.write_table(_people(contacts), people)
        parquet.write_table(_purchases(events, contacts), purchases)
        began = time.perf_counter()
        import_contacts(
            databases.app, organization_id, ContactImport(path=people, source="Bench contacts", key="customer")
        )
        rate = contacts / (time.perf_counter() - began)
        line("import contacts", f"{rate:,.0f} rows/s", rate, 30_000, at_least=True)
        began = time.perf_counter()
        request = EventImport(path=purchases, source="Bench shop", key="customer", event="purchased", time="at")
        import_events(databases.app, organization_id, request)
        rate = events / (time.perf_counter() - began)
        line("import events", f"{rate:,.0f} rows/s", rate, 60_000, at_least=True)


def _people(count: int) -> Table:
    draw = np.random.default_rng(1)
    keys = [f"{number:08d}" for number in range(count)]
    return pa.table(
        {
            "customer": keys,
            "email": [f"contact{key}@example.com" for key in keys],
            "first_name": draw.choice(["Ada", "Bo", "Chris", "Dana", "Élodie"], count),
            "city": draw.choice(["Utrecht", "Gent", "Köln", "Lyon", "Praha"], count),
            "score": draw.integers(0, 1000, count),
            "signed_up": (np.datetime64("2024-01-01") + draw.integers(0, 700, count)).astype("datetime64[D]"),
        }
    )


def _purchases(count: int, contacts: int) -> Table:
    draw = np.random.default_rng(2)
    start = int(datetime(2025, 1, 1, tzinfo=UTC).timestamp())
    at = np.sort(draw.integers(start, start + 365 * 86_400, count)).astype("datetime64[s]")
    return pa.table(
        {
            "customer": np.char.zfill(draw.integers(0, contacts, count).astype(str), 8),
            "at": pa.array(at, pa.timestamp("us", tz="UTC")),
            "amount": pa.array(draw.integers(1, 50_000, count)),
            "channel": draw.choice(["web", "app", "shop"], count),
            "order": np.arange(count).astype(str),
        }
    )
