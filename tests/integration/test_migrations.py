"""The schema: brought up to date once, by however many at a time, and never half."""

from __future__ import annotations

import secrets
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from segment_engine.db import migrate
from segment_engine.db.migrate import Migration, migrations, pending, upgrade
from segment_engine.db.session import Database
from segment_engine.errors import SegmentEngineError, SettingsError
from segment_engine.postgres.local import ADMINISTRATOR, LocalServer
from tests.sources import PROJECT


@pytest.fixture
def empty(server: LocalServer, administrator: Database) -> Iterator[Database]:
    """A database without any schema."""
    name = f"empty_{secrets.token_hex(6)}"
    with administrator.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE template0")
    database = Database(server.url(ADMINISTRATOR, name))
    yield database
    database.close()
    with administrator.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


def tables(database: Database) -> set[str]:
    """Name the tables there are."""
    with database.engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return {str(row[0]) for row in found}


def test_a_second_upgrade_changes_nothing(empty: Database) -> None:
    """Safe to run twice."""
    names = tuple(migration.name for migration in migrations())
    assert pending(empty) == names
    assert upgrade(empty) == names
    assert (pending(empty), upgrade(empty)) == ((), ())


def test_several_upgrades_at_once_make_one_schema(empty: Database) -> None:
    """One works, the others wait, and all end right (F4)."""
    applied: list[tuple[str, ...]] = []
    start = threading.Barrier(4)

    def run() -> None:
        start.wait()
        applied.append(upgrade(empty))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    names = tuple(migration.name for migration in migrations())
    assert sorted(applied) == [(), (), (), names]
    assert {"contacts", "events", "segments", "runs"} <= tables(empty)


def test_a_migration_that_breaks_leaves_the_schema_as_it_was(empty: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """One file is one transaction: nothing of a broken one stays, and nothing after it is tried (F5)."""
    good = Migration(1, "0001_good.sql", "CREATE TABLE first (n integer)", "a")
    broken = Migration(2, "0002_broken.sql", "CREATE TABLE second (n integer); SELECT 1 / 0", "b")
    later = Migration(3, "0003_later.sql", "CREATE TABLE third (n integer)", "c")
    monkeypatch.setattr(migrate, "migrations", lambda: (good, broken, later))
    with pytest.raises(SegmentEngineError):
        upgrade(empty)
    assert tables(empty) == {"schema_migrations", "first"}
    mended = Migration(2, "0002_broken.sql", "CREATE TABLE second (n integer)", "d")
    monkeypatch.setattr(migrate, "migrations", lambda: (good, mended, later))
    assert upgrade(empty) == ("0002_broken.sql", "0003_later.sql")


def test_a_file_that_was_edited_after_it_was_applied_is_refused(
    empty: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An applied migration never changes; a database newer than the program is not touched either."""
    first = Migration(1, "0001_first.sql", "CREATE TABLE first (n integer)", "a")
    monkeypatch.setattr(migrate, "migrations", lambda: (first,))
    upgrade(empty)
    edited = Migration(1, "0001_first.sql", "CREATE TABLE other (n integer)", "b")
    monkeypatch.setattr(migrate, "migrations", lambda: (edited,))
    with pytest.raises(SettingsError, match=r"0001_first\.sql"):
        upgrade(empty)
    monkeypatch.setattr(migrate, "migrations", tuple)
    with pytest.raises(SettingsError, match="newer version"):
        upgrade(empty)
    assert tables(empty) == {"schema_migrations", "first"}


KILLED = """
import sys
from segment_engine.db.migrate import upgrade
from segment_engine.db.session import Database
upgrade(Database(sys.argv[1]))
"""


@pytest.mark.parametrize(("files", "held"), [(3, "organizations"), (4, "runs"), (4, "segments")])
def test_an_upgrade_that_is_killed_is_as_if_it_had_not_begun(
    empty: Database, monkeypatch: pytest.MonkeyPatch, files: int, held: str
) -> None:
    """Killed in the middle of a file, at several places: no half of it stays, and the next one ends right (F3)."""
    every = migrations()
    monkeypatch.setattr(migrate, "migrations", lambda: every[:files])
    upgrade(empty)
    before = schema(empty)
    url = empty.engine.url.render_as_string(hide_password=False)
    with empty.engine.connect() as blocking:
        blocking.exec_driver_sql(f"LOCK TABLE {held} IN ACCESS SHARE MODE")
        process = subprocess.Popen([sys.executable, "-c", KILLED, url], cwd=PROJECT)
        waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database "
        while not blocking.exec_driver_sql(f"{waits}WHERE datname = current_database())").scalar():
            assert process.poll() is None
        process.kill()
        process.wait()
        gone = "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE datname = current_database()"
        blocking.exec_driver_sql(f"{gone} AND pid <> pg_backend_pid() AND wait_event_type = 'Lock'")
        blocking.rollback()
    assert schema(empty) == before
    monkeypatch.undo()
    assert upgrade(empty) == tuple(migration.name for migration in every[files:])


def schema(database: Database) -> set[tuple[str, str]]:
    """Name every column there is."""
    with database.engine.connect() as connection:
        found = connection.exec_driver_sql(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
        )
        return {(str(row[0]), str(row[1])) for row in found}
