"""Real PostgreSQL for every test that touches it: one throwaway server per test process, an empty database per test."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from segment_engine.databases import Databases, connect_local
from segment_engine.db.session import Database
from segment_engine.domain.access import OrganizationContext
from segment_engine.engine import Engine
from segment_engine.postgres.local import ADMINISTRATOR, LocalServer
from segment_engine.postgres.throwaway import throwaway_server
from segment_engine.settings import Settings, load_settings
from segment_engine.use_cases.organizations import LOCAL_IDENTITY
from tests.databases import Copies

NOWHERE = "postgresql://nobody@/none?host=/nowhere"


def pytest_configure() -> None:
    """Keep every test from the installation of this folder: what outlives its own settings finds no server."""
    os.environ["DATABASE_URL"] = NOWHERE


@pytest.fixture(scope="session")
def settings() -> Settings:
    """The defaults, whatever the environment of the person who runs the tests holds."""
    return load_settings({})


@pytest.fixture(scope="session")
def server() -> Iterator[LocalServer]:
    """A server with nothing durable about it, stopped and removed at the end."""
    with throwaway_server() as running:
        yield running


@pytest.fixture(scope="session")
def administrator(server: LocalServer) -> Iterator[Database]:
    """The superuser on the maintenance database: creates and drops the copies."""
    database = Database(server.url(ADMINISTRATOR, "postgres"), application="tests")
    yield database
    database.close()


@pytest.fixture(scope="session")
def copies(server: LocalServer, administrator: Database) -> Copies:
    """The databases of this test process, made when they are needed."""
    made = Copies(server, administrator)
    made.make_template()
    return made


@pytest.fixture(scope="session")
def template(copies: Copies) -> str:
    """The name of a migrated, empty database to copy."""
    return copies.template


@pytest.fixture
def database_name(copies: Copies) -> Iterator[str]:
    """The name of a migrated, empty database that is this test's alone."""
    name = copies.take()
    yield name
    copies.give_back(name)


@pytest.fixture
def databases(server: LocalServer, settings: Settings, database_name: str) -> Iterator[Databases]:
    """The three roles' ways into this test's database."""
    opened = connect_local(server, settings, database=database_name)
    yield opened
    opened.close()


@pytest.fixture
def engine(databases: Databases) -> Engine:
    """The engine on this test's database."""
    return Engine(databases)


@pytest.fixture
def organization_id(engine: Engine) -> int:
    """An organization with nothing in it but the local operator's seat as admin."""
    return engine.organizations.create("Test organization", time_zone="Europe/Amsterdam")


@pytest.fixture
def context(engine: Engine, organization_id: int) -> OrganizationContext:
    """The local operator, an admin, in the test organization."""
    return engine.context_for(LOCAL_IDENTITY, organization_id)
