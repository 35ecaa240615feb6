"""The two marked organizations, made once for a test process and copied for every test that probes them."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from segment_engine.databases import Databases, connect_local
from segment_engine.db.session import Database
from segment_engine.engine import Engine
from segment_engine.postgres.local import LocalServer
from segment_engine.settings import Settings
from tests.isolation.marked_worlds import Marked, make_worlds


@dataclass(frozen=True)
class Worlds:
    """A database of one's own with both organizations in it, and the engine on it."""

    databases: Databases
    engine: Engine
    ours: Marked
    theirs: Marked


@pytest.fixture(scope="session")
def made_worlds(
    server: LocalServer, settings: Settings, administrator: Database, template: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[str, Marked, Marked]:  # fmt: skip
    """Fill a database with both and close it, so that it can be copied."""
    name = f"worlds_{secrets.token_hex(4)}"
    _alone(administrator, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    databases = connect_local(server, settings, database=name)
    folder: Path = tmp_path_factory.mktemp("worlds")
    ours, theirs = make_worlds(Engine(databases), databases, folder)
    databases.close()
    return name, ours, theirs


@pytest.fixture
def worlds(
    server: LocalServer, settings: Settings, administrator: Database, made_worlds: tuple[str, Marked, Marked]
) -> Iterator[Worlds]:
    """Lend a copy of the two organizations."""
    made, ours, theirs = made_worlds
    name = f"test_{secrets.token_hex(6)}"
    _alone(administrator, f"CREATE DATABASE {name} TEMPLATE {made} STRATEGY file_copy")
    databases = connect_local(server, settings, database=name)
    yield Worlds(databases, Engine(databases), ours, theirs)
    databases.close()
    _alone(administrator, f"DROP DATABASE {name} WITH (FORCE)")


def _alone(administrator: Database, statement: str) -> None:
    """Run a statement that cannot stand in a transaction."""
    with administrator.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(statement)
