"""The hostile worlds, stored once for all comparisons; every world is the neighbor of all others."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from segment_engine.db.session import Database
from segment_engine.postgres.local import LocalServer
from tests.property.comparison import StoredWorld, seldom_collected, store_worlds
from tests.property.hostile_data import SCENES
from tests.property.hostile_tables import database_copy


@pytest.fixture(scope="session")
def hostile_database(server: LocalServer, administrator: Database, template: str) -> Iterator[Database]:
    """A database for the worlds alone."""
    with database_copy(server, administrator, template) as database:
        yield database


@pytest.fixture(scope="session")
def worlds(hostile_database: Database) -> Iterator[tuple[StoredWorld, ...]]:
    """One world for every scene, as organizations of one database."""
    stored = store_worlds(hostile_database, range(SCENES))
    with seldom_collected():
        yield stored
