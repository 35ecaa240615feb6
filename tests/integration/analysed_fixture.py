"""One stored world for all tests of a module: they only read it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from segment_engine.databases import connect_local
from segment_engine.db.session import Database
from segment_engine.postgres.local import LocalServer
from segment_engine.settings import Settings
from tests.integration.analysed_worlds import World, build_world
from tests.property.hostile_tables import database_copy


@pytest.fixture(scope="module")
def world(server: LocalServer, administrator: Database, template: str, settings: Settings) -> Iterator[World]:
    """A thousand contacts with everything that can be asked about."""
    with database_copy(server, administrator, template) as database:
        databases = connect_local(server, settings, database=str(database.engine.url.database))
        try:
            yield build_world(databases, contacts=1_000)
        finally:
            databases.close()
