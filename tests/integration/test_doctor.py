"""The doctor finds what is wrong with an installation, and says what to do about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
from sqlalchemy import text

from segment_engine import doctor
from segment_engine.command_line import main
from segment_engine.databases import Databases
from segment_engine.db.session import Database
from segment_engine.doctor import Finding, examine, judge_server
from segment_engine.faults import Action, Fault
from segment_engine.postgres.local import ADMINISTRATOR, LocalServer
from segment_engine.settings import Settings


def finding(databases: Databases, settings: Settings, check: str) -> Finding:
    """Examine, and give one check; the others must have passed."""
    found = {each.check: each for each in examine(databases, settings).findings}
    assert [each for each in found.values() if not each.passed and each.check != check] == []
    return found[check]


BREAKING: dict[str, tuple[str, str]] = {
    "ALTER TABLE contacts DISABLE ROW LEVEL SECURITY": ("row-level security", "contacts"),
    "ALTER TABLE alerts NO FORCE ROW LEVEL SECURITY": ("row-level security", "alerts"),
    "DROP POLICY tenant ON run_causes": ("row-level security", "run_causes"),
    "CREATE VIEW leaking AS SELECT * FROM contacts": ("row-level security", "the view leaking"),
    "CREATE MATERIALIZED VIEW kept AS SELECT * FROM contacts": ("row-level security", "the materialized view kept"),
    "CREATE FUNCTION acting() RETURNS integer LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'": (
        "row-level security",
        "the function acting",
    ),
    "DELETE FROM schema_migrations WHERE number = 1": ("schema", "0001_foundation.sql"),
    "INSERT INTO workers (worker, seen_at) VALUES ('w1', clock_timestamp() - interval '5 minutes')": ("workers", "w1"),
}


@pytest.mark.parametrize("statement", BREAKING)
def test_what_is_broken_on_purpose_is_found(databases: Databases, settings: Settings, statement: str) -> None:
    """A lock that is missing, a way round it, a schema or worker that is not there: one finding each (B9)."""
    with databases.migrator.engine.begin() as connection:
        connection.execute(text(statement))
    check, words = BREAKING[statement]
    found = finding(databases, settings, check)
    assert not found.passed
    assert words in found.detail


def test_a_view_that_asks_as_its_reader_is_fine(databases: Databases, settings: Settings) -> None:
    """Only views with the rights of their owner are found (B9)."""
    with databases.migrator.engine.begin() as connection:
        connection.execute(text("CREATE VIEW safe WITH (security_invoker = true) AS SELECT * FROM contacts"))
    assert finding(databases, settings, "row-level security").passed


def test_a_login_with_too_many_rights_is_found(
    server: LocalServer, databases: Databases, database_name: str, settings: Settings
) -> None:
    """The doctor names the login that the start would refuse (B10)."""
    strong = Database(server.url(ADMINISTRATOR, database_name))
    found = finding(replace(databases, app=strong), settings, "roles")
    strong.close()
    assert not found.passed
    assert "is a superuser" in found.detail


@pytest.mark.parametrize("package", ["streamlit", "authlib", "sqlalchemy", "psycopg"])
def test_a_package_that_is_too_old_is_found(
    databases: Databases, settings: Settings, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    """Each package below its minimum is refused by name, and one that is not installed (F7)."""
    real: Callable[[str], str] = doctor.version

    def older(name: str) -> str:
        return "1.0.0rc1" if name == package else real(name)

    monkeypatch.setattr(doctor, "version", older)
    old = finding(databases, settings, "packages")
    assert (old.passed, f"{package} 1.0.0rc1 is older than" in old.detail) == (False, True)

    def gone(name: str) -> str:
        if name == package:
            raise PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(doctor, "version", gone)
    assert f"{package} is not installed" in finding(databases, settings, "packages").detail


@pytest.mark.parametrize(
    ("number", "safe"),
    [
        (140_020, False), (150_013, False), (150_014, True), (160_009, False), (160_010, True), (170_005, False),
        (170_006, True), (180_000, True), (190_001, True),
    ],
)  # fmt: skip
def test_a_server_with_known_faults_is_found(number: int, safe: bool) -> None:  # noqa: FBT001 - a case of the table
    """Of each major version the release with the fixes is asked for (F7)."""
    assert judge_server(number)[0] is safe


def test_too_little_room_and_a_planted_fault_are_found(
    databases: Databases, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is nearly full, and a fault point that was left on."""
    monkeypatch.setattr(doctor, "LEAST_ROOM_BYTES", 2**80)
    assert "make room" in finding(databases, replace(settings, data_directory=tmp_path / "new"), "room").detail
    monkeypatch.undo()
    assert finding(databases, settings, "room").passed
    planted = replace(settings, fault=Fault("after_claim", Action.KILL))
    assert "remove it" in finding(databases, planted, "sign-in").detail


def test_a_database_that_does_not_answer_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What needs the database is not examined one by one, and the exit code says so."""
    monkeypatch.setenv("DATABASE_URL", f"postgresql://nobody@/none?host={tmp_path}")
    assert main(["doctor"]) == 4
    printed = capsys.readouterr().out
    assert printed.count("not examined") == 7
    assert "Python 3" in printed


def test_who_signs_in_is_told(databases: Databases, settings: Settings) -> None:
    """Local mode says so; separate logins say so."""
    told = {each.check: each.detail for each in examine(databases, settings).findings}
    assert "local mode" in told["sign-in"]
    assert "embedded" in told["logins"]
