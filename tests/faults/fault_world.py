"""A server of one's own with a few organizations and many tiny segments, for tests that kill what works on them."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from sqlalchemy import text

from segment_engine.databases import WORKER_ROLE, Databases, connect_local
from segment_engine.db.migrate import upgrade
from segment_engine.db.session import Database
from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.segment import SegmentDraft
from segment_engine.engine import Engine
from segment_engine.postgres.cluster import Cluster
from segment_engine.postgres.local import ADMINISTRATOR, LocalServer, is_running, start, stop
from segment_engine.postgres.throwaway import throwaway_server
from segment_engine.settings import load_settings
from segment_engine.use_cases.organizations import LOCAL_IDENTITY

DATABASE = "test_faults"
EVERYONE: dict[str, object] = {
    "format": "segment-criteria",
    "version": 1,
    "base": "contacts",
    "root": {"group": "all", "of": [{"kind": "all_contacts"}]},
}


@dataclass(frozen=True)
class FaultWorld:
    """The server, its databases, and who may do what in it."""

    server: LocalServer
    databases: Databases
    engine: Engine
    contexts: tuple[OrganizationContext, ...]
    segments: tuple[tuple[OrganizationContext, UUID], ...]

    @property
    def worker_url(self) -> str:
        """Where the workers log in."""
        return self.server.url(WORKER_ROLE, DATABASE)

    def restart(self, *, at_once: bool = False) -> None:
        """Stop the server, politely to nobody, or as a power cut would; and start it again."""
        pid = Cluster(self.server.data_directory).serving_pid()
        assert pid is not None
        os.kill(pid, signal.SIGQUIT if at_once else signal.SIGINT)
        while is_running(self.server.data_directory):
            continue
        start(self.server.data_directory, durable=False)


@contextmanager
def fault_world(*, organizations: int = 3, segments: int = 8, folder: Path | None = None) -> Generator[FaultWorld]:
    """Start a server, in this folder if it must be there, and fill it; everything is gone at the end."""
    with throwaway_server() if folder is None else _server_in(folder) as server:
        administrator = Database(server.url(ADMINISTRATOR, "postgres"))
        with administrator.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {DATABASE} TEMPLATE template0")
            # The rest of a throwaway server forgets its last commits when it is killed; this must not.
            connection.exec_driver_sql(f"ALTER DATABASE {DATABASE} SET synchronous_commit = on")
        administrator.close()
        databases = connect_local(server, load_settings({}), database=DATABASE)
        upgrade(databases.migrator)
        try:
            yield _filled(server, databases, organizations, segments)
        finally:
            databases.close()


@contextmanager
def _server_in(folder: Path) -> Generator[LocalServer]:
    """Start a server on a disk that is not ours to choose."""
    try:
        yield start(folder, durable=False)
    finally:
        stop(folder)


def _filled(server: LocalServer, databases: Databases, organizations: int, segments: int) -> FaultWorld:
    engine = Engine(databases)
    contexts: list[OrganizationContext] = []
    made: list[tuple[OrganizationContext, UUID]] = []
    for number in range(organizations):
        organization_id = engine.organizations.create(f"Organization {number}")
        context = engine.context_for(LOCAL_IDENTITY, organization_id)
        contexts.append(context)
        with databases.app.transaction(organization_id) as transaction:
            contacts = "INSERT INTO contacts (organization_id, number, external_key) SELECT :o, n, n FROM "
            transaction.run(text(f"{contacts} generate_series(1, 20) AS n"), {"o": organization_id})
        for place in range(segments):
            draft = SegmentDraft(f"Segment {place}", "", EVERYONE, accepted_warnings=frozenset({"L-DUPLICATE"}))
            made.append((context, engine.segments.create(context, draft).segment_id))
    return FaultWorld(server, databases, engine, tuple(contexts), tuple(made))
