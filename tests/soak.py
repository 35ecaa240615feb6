"""`make soak`: both engines compared over millions of documents, each round in new worlds, until it is stopped."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing import get_context

from segment_engine.db.migrate import upgrade
from segment_engine.db.session import Database
from segment_engine.errors import SegmentEngineError
from segment_engine.postgres.local import ADMINISTRATOR, LocalServer
from segment_engine.postgres.throwaway import throwaway_server
from tests.property.comparison import BATCH, StoredWorld, differences, drawn, seldom_collected, store_worlds
from tests.property.hostile_data import SCENES
from tests.property.hostile_tables import database_copy

TEMPLATE = "soak_template"
BATCHES_PER_WORLD = 16
# Where the test suite does not look.
FIRST_SEED = 1_000
STOPPED = 130


@dataclass(frozen=True)
class Round:
    """A share of the work: a database of new worlds, and so many batches of documents for each."""

    number: int
    worlds: int = SCENES
    batches: int = BATCHES_PER_WORLD

    @property
    def documents(self) -> int:
        """How many documents are compared."""
        return self.worlds * self.batches * BATCH

    @property
    def seeds(self) -> range:
        """Which worlds are built."""
        first = FIRST_SEED + self.number * self.worlds
        return range(first, first + self.worlds)


def compare(server: LocalServer, template: str, asked: Round) -> list[str]:
    """Carry out one round; what differs, refuses alone or fails is told, each with the seed that repeats it."""
    with (
        closing(Database(server.url(ADMINISTRATOR, "postgres"), application="soak")) as administrator,
        database_copy(server, administrator, template) as database,
    ):
        worlds = store_worlds(database, asked.seeds)
        with seldom_collected():
            return [
                told for world in worlds for place in range(asked.batches) for told in _batch(database, world, place)
            ]


def _batch(database: Database, world: StoredWorld, place: int) -> Iterator[str]:
    with database.transaction(read_only=True) as transaction:
        try:
            found = differences(transaction.connection, world, drawn(world, BATCH, start=place))
            yield from map(str, found)
        except (AssertionError, SegmentEngineError) as problem:
            yield f"seed {world.world.seed}, start {place}: {problem.__cause__ or problem}"


@dataclass
class Tally:
    """What was compared so far, told in one line."""

    wanted: int
    say: Callable[[str], object]
    documents: int = 0
    found: list[str] = field(default_factory=list[str])
    started: float = field(default_factory=time.monotonic)

    def add(self, asked: Round, found: Iterable[str]) -> None:
        """Count one round."""
        self.documents += asked.documents
        for told in found:
            self.found.append(told)
            self.say(f"DIFFERENCE {told}")
        seconds = max(time.monotonic() - self.started, 0.001)
        rate = self.documents / seconds
        left = max(self.wanted - self.documents, 0) / rate
        self.say(
            f"{self.documents:,} of {self.wanted:,} documents, {rate:,.0f} a second, {len(self.found)} differences, "
            f"{left / 60:,.0f} minutes left"
        )


def rounds(wanted: int) -> Iterator[Round]:
    """Share the documents out; the last round may be more than is left."""
    each = Round(0).documents
    return (Round(number) for number in range(-(-wanted // each)))


def soak(server: LocalServer, template: str, tally: Tally, work: Iterator[Round], *, processes: int) -> None:
    """Carry out rounds, as many at once as there are processes."""
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=_leave_stopping_to_us) as pool:
        running: dict[Future[list[str]], Round] = {}
        try:
            while True:
                for asked in islice(work, processes - len(running)):
                    running[pool.submit(compare, server, template, asked)] = asked
                if not running:
                    return
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for each in done:
                    tally.add(running.pop(each), each.result())
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _leave_stopping_to_us() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _template(server: LocalServer) -> str:
    with (
        closing(Database(server.url(ADMINISTRATOR, "postgres"), application="soak")) as administrator,
        administrator.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection,
    ):
        connection.exec_driver_sql(f"CREATE DATABASE {TEMPLATE} TEMPLATE template0")
    with closing(Database(server.url(ADMINISTRATOR, TEMPLATE))) as migrator:
        upgrade(migrator)
    return TEMPLATE


def main() -> int:
    """Compare until enough were compared or somebody stops; 0 means that nothing differed."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("documents", type=int, nargs="?", default=5_000_000)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    tally = Tally(options.documents, lambda line: print(line, flush=True))
    stopped = False
    with throwaway_server() as server:
        try:
            soak(server, _template(server), tally, rounds(options.documents), processes=options.processes)
        except KeyboardInterrupt:
            stopped = True
    end = "Stopped" if stopped else "Done"
    print(f"{end}: {tally.documents:,} documents compared, {len(tally.found)} differences.", flush=True)
    return 1 if tally.found else STOPPED if stopped else 0


if __name__ == "__main__":
    sys.exit(main())
