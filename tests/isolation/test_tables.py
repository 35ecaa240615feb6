"""Every table, all four verbs, both roles: without an organization, and from within the wrong one."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from segment_engine.db.session import Database
from tests.isolation.conftest import Worlds
from tests.isolation.marked_worlds import TENANT_TABLES, names
from tests.isolation.probing import state_of, without_row_security
from tests.isolation.test_row_security import WORKERS_VIEW

pytestmark = pytest.mark.xdist_group("marked worlds")
Count = Callable[..., None]
# Raised only after a policy has let a new row pass: its key is taken, or what it refers to is missing.
PASSED = {"23505", "23503"}
VERBS = {
    "select": "SELECT * FROM TABLE WHERE organization_id = :theirs",
    "select all": "SELECT organization_id FROM TABLE WHERE organization_id <> :ours",
    "update": "UPDATE TABLE SET organization_id = organization_id WHERE organization_id = :theirs",
    "move here": "UPDATE TABLE SET organization_id = :ours WHERE organization_id = :theirs",
    "move there": "UPDATE TABLE SET organization_id = :theirs WHERE organization_id = :ours",
    "delete": "DELETE FROM TABLE WHERE organization_id = :theirs",
    "insert": "INSERT INTO TABLE SELECT * FROM jsonb_populate_record(NULL::TABLE, cast(:row AS jsonb))",
}


def reached(connection: Connection, statement: str, values: dict[str, Any]) -> int | None:
    """Run one statement and take it back: rows it reached, or None when the door was closed."""
    attempt = connection.begin_nested()
    try:
        found = connection.execute(text(statement), values)
        return len(found.all()) if found.returns_rows else found.rowcount
    except DBAPIError as error:
        state = str(getattr(error.orig, "sqlstate", ""))
        return 1 if statement.startswith("INSERT") and state in PASSED else None
    finally:
        with suppress(DBAPIError):
            attempt.rollback()


def tried(worlds: Worlds, database: Database, setting: str | None, *, skip: frozenset[str]) -> dict[str, int]:
    """Try every verb on every table and give what reached the other organization."""
    values: dict[str, Any] = {"ours": worlds.ours.organization_id, "theirs": worlds.theirs.organization_id}
    rows = _rows(worlds)
    found: dict[str, int] = {}
    with database.engine.connect() as connection:
        if setting is not None:
            connection.exec_driver_sql(f"SELECT set_config('app.organization', '{setting}', true)")
        for table, row in rows.items():
            if table in skip:
                continue
            for verb, statement in VERBS.items():
                count = reached(connection, statement.replace("TABLE", table), {**values, "row": row})
                found[f"{verb} {table}"] = count or 0
        connection.rollback()
    return found


def _rows(worlds: Worlds) -> dict[str, str]:
    """Give one row of the other organization from every table, as JSON."""
    with worlds.databases.migrator.transaction() as transaction:
        return {
            table: str(
                transaction.scalar(
                    text(f"SELECT to_jsonb(t)::text FROM {table} AS t WHERE organization_id = :o LIMIT 1"),  # noqa: S608 - a name of the catalog
                    {"o": worlds.theirs.organization_id},
                )
            )
            for table in names(worlds.databases.migrator, TENANT_TABLES)
        }


def _roles(worlds: Worlds) -> dict[str, tuple[Database, frozenset[str]]]:
    return {
        "app": (worlds.databases.app, frozenset()),
        "worker": (worlds.databases.worker, frozenset(WORKERS_VIEW)),
    }


def test_no_verb_reaches_another_organization(worlds: Worlds, scored: Count) -> None:
    """SELECT, INSERT, UPDATE and DELETE on every table, from within one's own, from nowhere, from nonsense (B2, B7)."""
    before = state_of(worlds.databases, worlds.theirs.organization_id)
    for role, (database, skip) in _roles(worlds).items():
        for setting in (str(worlds.ours.organization_id), None, ""):
            found = tried(worlds, database, setting, skip=skip)
            scored("verbs on tables", len(found), reached=sum(found.values()))
            assert {probe: count for probe, count in found.items() if count} == {}, (role, setting)
    assert state_of(worlds.databases, worlds.theirs.organization_id) == before


def test_with_the_policies_off_the_verbs_reach(worlds: Worlds) -> None:
    """The probes have teeth: without row-level security most tables are reached (B2)."""
    without_row_security(worlds.databases)
    found = tried(worlds, worlds.databases.app, str(worlds.ours.organization_id), skip=frozenset())
    read = {probe for probe, count in found.items() if count and probe.startswith("select ")}
    assert len(read) >= 40
    assert sum(bool(count) for probe, count in found.items() if probe.startswith("insert ")) >= 20
    assert any(count for probe, count in found.items() if probe.startswith("update "))
    assert any(count for probe, count in found.items() if probe.startswith("delete "))
