"""Each data set becomes an organization of its own, imported once, through the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from segment_engine.databases import Databases, connect_local
from segment_engine.db.session import Database
from segment_engine.engine import Engine
from segment_engine.postgres.local import ADMINISTRATOR, LocalServer
from segment_engine.settings import Settings
from tests.definitions.real_data import ABSENT, DATA, steps
from tests.sources import PROJECT

NAME = "definitions"

Command = Callable[..., str]
Reports = Callable[[str], list[dict[str, Any]]]


@pytest.fixture(scope="session")
def real_database(server: LocalServer, administrator: Database, template: str) -> Iterator[str]:
    """A database that all definitions share, because importing is the slow part."""
    if not DATA.is_dir():
        pytest.skip(ABSENT)
    with administrator.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {NAME} TEMPLATE {template}")
        yield server.url(ADMINISTRATOR, NAME)
        connection.exec_driver_sql(f"DROP DATABASE {NAME} WITH (FORCE)")


@pytest.fixture(scope="session")
def command(real_database: str) -> Command:
    """Run `python -m segment_engine` and return what it prints."""
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("SEGMENT_ENGINE", "DATABASE"))
    }

    def run(*arguments: str) -> str:
        finished = subprocess.run(
            (sys.executable, "-m", "segment_engine", *arguments), cwd=PROJECT, capture_output=True, text=True,
            env=environment | {"DATABASE_URL": real_database}, check=False,
        )  # fmt: skip
        assert finished.returncode == 0, finished.stderr
        return finished.stdout

    return run


@pytest.fixture(scope="session")
def reports(command: Command, real_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Reports:
    """Import a data set into an organization of its name, once, and return the reports of its imports."""

    @cache
    def imported(dataset: str) -> list[dict[str, Any]]:
        real_engine.organizations.create(dataset, time_zone="UTC")
        folder: Path = tmp_path_factory.mktemp(dataset)
        return [
            json.loads(
                command("import", step.kind, str(step.path), "--organization", dataset, "--json", *step.arguments)
            )
            for step in steps(dataset, folder)
        ]

    return imported


@pytest.fixture(scope="session")
def real_databases(server: LocalServer, settings: Settings, real_database: str) -> Iterator[Databases]:
    """The shared database, as everyone who works with it."""
    assert real_database
    opened = connect_local(server, settings, database=NAME)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def real_engine(real_databases: Databases) -> Engine:
    """The engine on the shared database."""
    return Engine(real_databases)
