"""What tests that break workers share: where workers come from, and a segment whose members are known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import pytest
from sqlalchemy import text

from segment_engine.databases import WORKER_ROLE, Databases
from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.run import Run
from segment_engine.domain.segment import SegmentDraft
from segment_engine.engine import Engine
from segment_engine.postgres.local import ADMINISTRATOR, LocalServer
from tests.faults.fault_world import EVERYONE
from tests.faults.forge import Forge


@pytest.fixture(scope="package")
def forge() -> Iterator[Forge]:
    """Makes worker processes, and ends what is left of them."""
    with Forge() as opened:
        yield opened


@dataclass(frozen=True)
class OneSegment:
    """A segment of everyone, and what is done to it again and again."""

    engine: Engine
    context: OrganizationContext
    databases: Databases
    segment_id: UUID
    url: str
    worker_url: str

    def add_contacts(self, count: int) -> None:
        """Let so many more contacts belong to it from the next run on."""
        statement = text(
            "INSERT INTO contacts (organization_id, number, external_key) SELECT :o, n, n FROM generate_series("
            "(SELECT coalesce(max(number), 0) + 1 FROM contacts WHERE organization_id = :o), "
            "(SELECT coalesce(max(number), 0) + :count FROM contacts WHERE organization_id = :o)) AS n"
        )
        with self.databases.app.transaction(self.context.organization_id) as transaction:
            transaction.run(statement, {"o": self.context.organization_id, "count": count})

    def request(self) -> Run:
        """Ask for a run."""
        return self.engine.runs.request(self.context, self.segment_id)

    def run(self) -> Run:
        """Read the newest run."""
        return self.engine.runs.find(self.context, self.segment_id)[0]

    @property
    def contacts(self) -> int:
        """Count the contacts there are."""
        with self.databases.migrator.transaction(read_only=True) as transaction:
            return transaction.scalar(text("SELECT count(*) FROM contacts"))

    def member_count(self) -> int:
        """Count the members that are published now, by reading them."""
        page = self.engine.segments.members(self.context, self.segment_id, limit=1_000)
        found = self.engine.segments.get(self.context, self.segment_id)
        assert len(page.members) == (found.member_count or 0)
        return len(page.members)

    def published(self) -> int:
        """Count how often the newest run was published."""
        events = self.engine.segments.history(self.context, self.segment_id)
        return sum(event.run_id == self.run().run_id and event.to_status.value == "success" for event in events)

    def let_lease_pass(self) -> None:
        """Let every lease pass at once, as if one had waited for it."""
        with self.databases.migrator.transaction() as transaction:
            transaction.run(text("UPDATE runs SET lease_until = clock_timestamp() WHERE status = 'processing'"))

    def environment(self, **settings: str) -> dict[str, str]:
        """Give the settings of a worker on this database."""
        return {"DATABASE_URL": self.url, **settings}


@pytest.fixture
def one(
    engine: Engine, context: OrganizationContext, databases: Databases, server: LocalServer, database_name: str
) -> OneSegment:
    """A segment of everyone over ten contacts, its first run queued."""
    segment_id = engine.segments.create(context, SegmentDraft("Everyone", "", EVERYONE)).segment_id
    urls = (server.url(ADMINISTRATOR, database_name), server.url(WORKER_ROLE, database_name))
    made = OneSegment(engine, context, databases, segment_id, *urls)
    made.add_contacts(10)
    return made
