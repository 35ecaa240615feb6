"""A disk that is really full: while members are collected, while they are published, and for the log of changes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import text

from segment_engine.databases import WORKER_ROLE
from segment_engine.db.session import Database, Limits
from segment_engine.domain.run import Run, RunStatus
from segment_engine.errors import Unavailable
from segment_engine.worker.loop import Pace, Worker
from tests.faults.fault_world import DATABASE
from tests.faults.small_disk import MEGABYTE, FullServer, full_server, ways
from tests.scoreboard import Scored

HURRIED = Pace(back_off=(0.0, 0.0, 0.0))
LARGEST = 17 * MEGABYTE  # for a file; the log of changes is written in files of sixteen
MEMBERS = 20  # of the first result
# Members in far more blocks than have room on the pages that are there already.
SPREAD = text(
    "INSERT INTO contacts (organization_id, number, external_key) "
    "SELECT :o, n * 4096, 'far ' || n FROM generate_series(8, 67) AS n"
)
MANY = text(
    "INSERT INTO contacts (organization_id, number, external_key) "
    "SELECT :o, n, n FROM generate_series(1001, 31000) AS n"
)
# What earlier results changed, until the file of it is larger than files may be.
UNCOMPRESSED = "ALTER TABLE membership_changes ALTER joined SET STORAGE PLAIN, ALTER departed SET STORAGE PLAIN"
HISTORY = text(
    "INSERT INTO membership_changes (organization_id, segment_id, published_sequence, block, joined, departed) "
    "SELECT :o, :s, 1, -n, 0::bit(4096), 0::bit(4096) FROM generate_series(1, 16500) AS n"
)
MOST_FILES = 20
LOG_A_LOT = text("SELECT pg_logical_emit_message(true, 'full', repeat('x', 17000000))")
# Sorted on disk: how to group is the planner's choice, and memory for one megabyte.
PUBLISHED = text("SELECT sum(bit_count(members))::integer FROM membership_blocks")
OF_WORKERS = f"ALTER ROLE {WORKER_ROLE} IN DATABASE {DATABASE}"
SORTED = f"{OF_WORKERS} SET enable_hashagg = off"


class Room:
    """The only segment of a server that can run out of room, and a worker that says how far it gets."""

    def __init__(self, full: FullServer) -> None:
        self.full, self._world = full, full.world
        [(self.context, self.segment_id)] = full.world.segments
        self.passed: list[str] = []
        self._roomy = self._worker(memory=256)
        self._cramped = self._worker(memory=1)

    def close(self) -> None:
        """Give every connection back."""
        for worker in (self._roomy, self._cramped):
            worker._database.close()

    def fill_tables(self) -> None:
        """Add contacts and history, so that the next run has something to do, and files are as large as they may be."""
        values = {"o": self.context.organization_id, "s": self.segment_id}
        with self._world.databases.migrator.transaction() as transaction:
            transaction.connection.exec_driver_sql(UNCOMPRESSED)
            for statement in (SPREAD, MANY, HISTORY):
                transaction.run(statement, values)
            transaction.connection.exec_driver_sql(SORTED)

    def limit_what_is_sorted(self, size: str) -> None:
        """Let the server allow so much on disk for what lies between the steps of a statement."""
        with self._world.databases.migrator.transaction() as transaction:
            transaction.connection.exec_driver_sql(f"{OF_WORKERS} SET temp_file_limit = '{size}'")
        self.close()  # what is open keeps its limit

    def log_a_lot(self) -> None:
        """Change so much that the log of changes needs one file after the other."""
        for _ in range(MOST_FILES):
            with self._world.databases.migrator.transaction() as transaction:
                transaction.rows(LOG_A_LOT)

    def work(self, *, cramped: bool = False) -> Run:
        """Let a worker go on until the run has ended, or as often as it takes to see that it does not."""
        self.passed.clear()
        for _ in range(5):
            (self._cramped if cramped else self._roomy)._worked()
        return self.run()

    @property
    def collected(self) -> bool:
        """Whether the last work got as far as having all members."""
        return "after_evaluate" in self.passed

    def run(self) -> Run:
        """Read the newest run."""
        return self._world.engine.runs.find(self.context, self.segment_id)[0]

    def request(self) -> Run:
        """Ask for a run."""
        return self._world.engine.runs.request(self.context, self.segment_id)

    def members(self) -> int:
        """Count the members that are published, in the bits themselves."""
        with self._world.databases.migrator.transaction(read_only=True) as transaction:
            return transaction.scalar(PUBLISHED)

    def _worker(self, *, memory: int) -> Worker:
        database = Database(self._world.worker_url, limits=Limits(work_memory=memory))
        return Worker(database, pace=HURRIED, passing=self.passed.append)


@pytest.fixture(params=ways())
def room(request: pytest.FixtureRequest) -> Iterator[Room]:
    """A server for each way to run out of room, its segment published once."""
    with full_server(request.param) as full, closing(Room(full)) as opened:
        assert opened.work().status is RunStatus.SUCCESS
        opened.fill_tables()
        yield opened


def test_without_room_runs_fail_with_a_sentence_and_nothing_is_lost(room: Room, scored: Scored) -> None:
    """Really full while members are collected, while they are published, and down to the log of changes (E15)."""
    room.request()
    room.limit_what_is_sorted("64kB")
    assert _failed(room.work(cramped=True)) == ("too_large", 1), "asking again would need as much again"
    assert (room.collected, room.members()) == (False, MEMBERS)
    room.limit_what_is_sorted("-1")
    if room.full.is_disk:
        room.request()
        room.full.fill(largest=LARGEST)
        assert _failed(room.work(cramped=True)) == ("out_of_space", 3)
        assert (room.collected, room.members()) == (False, MEMBERS)
        room.full.make_room()

    room.request()
    room.full.fill(largest=LARGEST)
    assert _failed(room.work()) == ("out_of_space", 3)
    assert "no room left" in str(room.run().error_sentence)
    assert (room.collected, "in_publish" in room.passed, room.members()) == (True, False, MEMBERS)
    room.full.make_room()

    accepted = room.request()
    room.full.fill(largest=MEGABYTE)
    with pytest.raises(Unavailable, match=r"cannot be reached|no room left"):
        room.log_a_lot()
    assert not room._roomy._worked(), "there is no server that could be asked"
    room.full.make_room()
    assert (room.work().status, room.run().run_id) == (RunStatus.SUCCESS, accepted.run_id)
    assert (room.run().member_count, room.run().joined_count, room.members()) == (30_080, 30_060, 30_080)
    scored("runs without room", 3 + room.full.is_disk, members_lost=0, runs_lost=0)


def _failed(run: Run) -> tuple[str | None, int]:
    assert run.status is RunStatus.FAILED
    assert run.error_sentence
    return run.error_class, run.attempt
