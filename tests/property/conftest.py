"""The hostile worlds, stored once for all comparisons; every world is the neighbor of all others."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from segment_engine.db.session import Database
from segment_engine.local_postgres import LocalServer
from tests.property.comparison import StoredWorld
from tests.property.hostile_data import SCENES, build_world
from tests.property.hostile_tables import add_contacts, add_organization, database_copy


@pytest.fixture(scope="session")
def hostile_database(server: LocalServer, administrator: Database, template: str) -> Iterator[Database]:
    """A database for the worlds alone."""
    with database_copy(server, administrator, template) as database:
        yield database


@pytest.fixture(scope="session")
def worlds(hostile_database: Database) -> tuple[StoredWorld, ...]:
    """One world for every scene, as organizations of one database."""
    stored: list[StoredWorld] = []
    with hostile_database.transaction() as transaction:
        for seed in range(SCENES):
            world = build_world(seed)
            number = add_organization(transaction.connection, f"world {seed}", world.catalog)
            add_contacts(
                transaction.connection,
                number,
                catalog=world.catalog,
                records=world.records,
                deleted=world.deleted,
                overrides=world.overrides,
            )
            stored.append(StoredWorld(world, number))
    return tuple(stored)
