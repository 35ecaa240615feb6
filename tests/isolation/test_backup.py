"""A backup is whole or refused; what is restored elsewhere is the same, row by row, and works."""

from __future__ import annotations

import secrets
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from segment_engine.databases import connect_local
from segment_engine.db.migrate import upgrade
from segment_engine.db.session import Database
from segment_engine.doctor import examine
from segment_engine.domain.run import RunStatus
from segment_engine.engine import Engine
from segment_engine.postgres.local import ADMINISTRATOR, LocalServer
from segment_engine.postgres.throwaway import throwaway_server
from segment_engine.settings import Settings
from segment_engine.worker.loop import Worker
from tests.isolation.conftest import Worlds
from tests.isolation.probing import state_of

pytestmark = pytest.mark.xdist_group("marked worlds")
Count = Callable[..., None]
PEOPLE = text("SELECT md5(string_agg(p::text, '' ORDER BY person_id)) FROM people AS p")


@pytest.fixture
def logins(administrator: Database) -> Iterator[tuple[str, str]]:
    """A login of the owner, and one for backups as the documents describe it."""
    token = secrets.token_hex(4)
    owner, backup = f"owner_{token}", f"backup_{token}"
    with administrator.engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE ROLE {owner} LOGIN IN ROLE segment_owner")
        connection.exec_driver_sql(f"CREATE ROLE {backup} LOGIN BYPASSRLS IN ROLE pg_read_all_data")
    yield owner, backup
    with administrator.engine.begin() as connection:
        connection.exec_driver_sql(f"DROP ROLE {owner}, {backup}")


def program(server: LocalServer, name: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run one of PostgreSQL's own programs against a server."""
    where = (f"--host={server.socket_directory}", f"--port={server.port}", "--no-password")
    command = [str(server.binaries.directory / name), *where, *options]
    return subprocess.run(command, capture_output=True, check=False, text=True)


def test_only_a_role_that_sees_everything_can_make_a_backup(
    server: LocalServer, worlds: Worlds, logins: tuple[str, str], tmp_path: Path
) -> None:
    """As the owner it is refused, with row-level security as the reason, before half of it passes for a whole (F1)."""
    owner, backup = logins
    name = str(worlds.databases.app.engine.url.database)
    target = f"--file={tmp_path / 'segments.dump'}"
    refused = program(server, "pg_dump", "--format=custom", target, f"--username={owner}", name)
    assert refused.returncode != 0
    assert "row-level security" in refused.stderr
    done = program(server, "pg_dump", "--format=custom", target, f"--username={backup}", name)
    assert (done.returncode, done.stderr) == (0, "")


def test_what_is_restored_into_a_new_server_is_the_same_and_works(
    server: LocalServer, settings: Settings, worlds: Worlds, logins: tuple[str, str], tmp_path: Path, scored: Count
) -> None:
    """Every table of every organization row by row, the doctor content, and a run that succeeds (F2)."""
    name = str(worlds.databases.app.engine.url.database)
    dump = tmp_path / "segments.dump"
    made = program(server, "pg_dump", "--format=custom", f"--file={dump}", f"--username={logins[1]}", name)
    assert made.returncode == 0, made.stderr
    with throwaway_server() as other:
        with closing(Database(other.url(ADMINISTRATOR, "postgres"))) as empty:
            upgrade(empty)  # the roles belong to the server, not to the dump
        restored = program(
            other,
            "pg_restore",
            f"--username={ADMINISTRATOR}",
            "--create",
            "--exit-on-error",
            "--dbname=postgres",
            str(dump),
        )
        assert restored.returncode == 0, restored.stderr
        databases = connect_local(other, settings, database=name)
        for marked in (worlds.ours, worlds.theirs):
            before = state_of(worlds.databases, marked.organization_id)
            assert state_of(databases, marked.organization_id) == before
            scored("tables restored and compared", len(before), different=0)
        with databases.migrator.transaction() as there, worlds.databases.migrator.transaction() as here:
            assert there.scalar(PEOPLE) == here.scalar(PEOPLE)
        assert [finding for finding in examine(databases, settings).findings if not finding.passed] == []
        engine = Engine(databases)
        asked = engine.runs.request(worlds.ours.context, worlds.ours.segment)
        while Worker(databases.worker).work_once():
            pass
        assert engine.runs.get(worlds.ours.context, asked.run_id).status is RunStatus.SUCCESS
        databases.close()


def test_a_backup_that_is_killed_changes_nothing(
    server: LocalServer, worlds: Worlds, logins: tuple[str, str], tmp_path: Path
) -> None:
    """The process is killed while it waits in the middle: the data are as before, and its file is no backup (F3)."""
    name = str(worlds.databases.app.engine.url.database)
    before = state_of(worlds.databases, worlds.ours.organization_id)
    dump = tmp_path / "segments.dump"
    where = (f"--host={server.socket_directory}", f"--port={server.port}", f"--username={logins[1]}")
    held = psycopg.connect(server.url(ADMINISTRATOR, name).replace("+psycopg", ""))
    held.execute("LOCK TABLE contacts IN ACCESS EXCLUSIVE MODE")
    running = subprocess.Popen(
        [str(server.binaries.directory / "pg_dump"), *where, "--format=custom", f"--file={dump}", name]
    )
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'contacts'::regclass"
    while held.execute(waiting).fetchone() == (0,):
        assert running.poll() is None
    running.kill()
    running.wait()
    held.rollback()
    held.close()
    assert state_of(worlds.databases, worlds.ours.organization_id) == before
    broken = program(server, "pg_restore", "--list", str(dump))
    assert broken.returncode != 0
