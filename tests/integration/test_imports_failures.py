"""What happens when an import is cut off, fails half-way, or meets another one; and that memory stays flat."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

import pytest
from sqlalchemy import text

from segment_engine.databases import Databases
from segment_engine.db.session import Database
from segment_engine.errors import InputError
from segment_engine.imports.contacts import import_contacts
from segment_engine.imports.request import ContactImport, parse_type
from segment_engine.postgres.local import LocalServer
from tests.integration.importing import CONTACTS, EVENTS, Importer, figures, lines
from tests.sources import PROJECT

PROGRAM = """
import resource, sys
from pathlib import Path
from segment_engine.db.session import Database
from segment_engine.imports.events import import_events
from segment_engine.imports.request import EventImport
url, organization, path, *skipped = sys.argv[1:]
request = EventImport(
    path=Path(path), source="Shop", key="id", event="order_placed", time="at", create_contacts=True,
    skip=frozenset(skipped),
)
import_events(Database(url), int(organization), request)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
PATIENCE = 60.0
NAMES = {"name": parse_type("text")}


@pytest.fixture
def importer(databases: Databases, organization_id: int, tmp_path: Path) -> Importer:
    """Import into a test organization that has a contact and an event."""
    ready = Importer(databases.app, organization_id, tmp_path)
    ready.contacts("id,email\n1,a@x.org\n")
    ready.events("id,at,n\n1,2026-01-01 10:00,1\n")
    return ready


def start(
    server: LocalServer, database_name: str, importer: Importer, path: Path, *skipped: str
) -> subprocess.Popen[str]:
    """Start an import of events in a process of its own."""
    url = server.url("segment_app", database_name)
    words = (sys.executable, "-c", PROGRAM, url, str(importer.organization_id), str(path), *skipped)
    return subprocess.Popen(words, cwd=PROJECT, env={**os.environ}, stdout=subprocess.PIPE, text=True)


@contextmanager
def held(owner: Database, table: str) -> Generator[None]:
    """Keep everyone from writing to a table, so that an import stands still at exactly this place."""
    with owner.transaction() as transaction:
        transaction.run(text(f"LOCK TABLE {table} IN SHARE MODE"))
        yield


def wait_until_someone_waits(owner: Database, table: str) -> None:
    """Return as soon as another session waits for the table."""
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = cast(:table AS regclass)")
    deadline = monotonic() + PATIENCE
    while monotonic() < deadline:
        with owner.transaction() as transaction:
            if transaction.scalar(waiting, {"table": table}):
                return
    pytest.fail(f"the import never reached {table}")


@pytest.mark.parametrize("table", ["fields", "contacts", "events", "imports"])
def test_a_kill_leaves_the_earlier_data_whole(
    table: str, importer: Importer, databases: Databases, server: LocalServer, database_name: str
) -> None:
    """Killed before the first row, between contacts and events, or when all is written: nothing of it remains."""
    before = [importer.rows(statement) for statement in (CONTACTS, EVENTS)]
    content = lines(["id", "at", "n", "new"], *([f"k{row}", "2026-01-02 10:00", row, "x"] for row in range(2000)))
    path = importer.write(content)
    with held(databases.migrator, table):
        process = start(server, database_name, importer, path)
        wait_until_someone_waits(databases.migrator, table)
        process.kill()
        process.communicate()
    assert [importer.rows(statement) for statement in (CONTACTS, EVENTS)] == before
    assert "order_placed.new" not in importer.catalog().events["order_placed"].fields
    # The lock of the dead import is gone, and the file can come again.
    assert figures(importer.events(content, create_contacts=True)) == (2000, 2000, 0, 0, 0)
    assert [row["number"] for row in importer.rows(CONTACTS)] == list(range(1, 2002))


def test_a_bad_file_leaves_the_earlier_data_whole(importer: Importer) -> None:
    """Damage far behind the beginning is found when part of the file has been sent; nothing of it remains."""
    before = [importer.rows(statement) for statement in (CONTACTS, EVENTS)]
    path = importer.folder / "damaged.csv"
    good = lines(["id", "name"], *([row, "n" * 100] for row in range(100_000)))
    path.write_bytes(good.encode() + b"x,\xff\xfe\n")
    with pytest.raises(InputError, match="UTF-8"):
        import_contacts(
            importer.database, importer.organization_id, ContactImport(path=path, source="CRM", key="id", types=NAMES)
        )
    assert [importer.rows(statement) for statement in (CONTACTS, EVENTS)] == before
    assert "contact.name" not in importer.catalog().fields


def test_imports_at_once_number_every_contact_once(importer: Importer) -> None:
    """Two imports into one organization wait for each other: no deadlock, no number twice, no gap."""
    folders = [importer.folder / name for name in ("a", "b")]
    for folder in folders:
        folder.mkdir()

    def run(folder: Path) -> tuple[int, int]:
        own = Importer(importer.database, importer.organization_id, folder)
        keys = [f"{folder.name}{row}" for row in range(500)]
        contacts = own.contacts(lines(["id"], ["shared"], *([key] for key in keys)))
        events = own.events(lines(["id", "at", "n"], *([key, "2026-01-02 10:00", 1] for key in keys)))
        return contacts.added, events.added

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(run, folders))
    assert sorted(results) == [(500, 500), (501, 500)]
    assert [row["number"] for row in importer.rows(CONTACTS)] == list(range(1, 1003))
    numbers = [row["event_number"] for row in importer.rows(EVENTS)]
    assert len(set(numbers)) == len(numbers) == 1001


def test_memory_does_not_grow_with_the_file(importer: Importer, server: LocalServer, database_name: str) -> None:
    """Four times the rows take the same memory, give or take a batch; both files are longer than any read-ahead."""
    peaks: list[int] = []
    filler = "f" * 500
    for count in (80_000, 320_000):
        path = importer.folder / f"{count}.csv"
        with path.open("w") as file:
            file.write("id,at,n,words,filler\n")
            file.writelines(
                f"{row % 1000},2026-01-02 10:00:00,{row},text {row % 777},{filler}\n" for row in range(count)
            )
        process = start(server, database_name, importer, path, "filler")
        printed, _ = process.communicate()
        assert process.returncode == 0
        peaks.append(int(printed) // 1024)
    assert peaks[1] - peaks[0] < 40, f"peak memory in MB: {peaks}"
