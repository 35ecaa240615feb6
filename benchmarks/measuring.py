"""What every measurement stands on: a server with generated data, medians of alternating turns, and the report."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.data import Size, generate, settle
from benchmarks.data_language import calculate, generate_language
from segment_engine.databases import Databases, connect_local
from segment_engine.db.migrate import upgrade
from segment_engine.db.session import Database
from segment_engine.engine import Engine
from segment_engine.postgres.local import ADMINISTRATOR, DATABASE, start, stop
from segment_engine.settings import load_settings

ROUNDS, FEWER_ROUNDS = 5, 3
LONG_SECONDS = 4.0
"""Where one turn of all takes longer, fewer rounds are enough: noise is short beside them."""


@dataclass
class Report:
    """Collects the lines and prints each as it comes."""

    missed: list[str] = field(default_factory=list[str])

    def line(self, name: str, measured: str, value: float, target: float, *, at_least: bool = False) -> None:
        """Print one figure with its target and whether it is reached."""
        reached = value >= target if at_least else value <= target
        sign = ">=" if at_least else "<="
        if not reached:
            self.missed.append(name)
        print(f"{name:<48} {measured:<44} target {sign} {target:<10g} {'reached' if reached else 'MISSED'}", flush=True)


@dataclass(frozen=True)
class Bench:
    """An engine over generated data, and a login that row-level security does not touch for SQL written by hand."""

    databases: Databases
    administrator: Database
    engine: Engine
    organization_id: int


@contextmanager
def prepared(size: Size) -> Generator[Bench]:
    """Start a server with the settings of production, fill it, and remove it at the end."""
    with tempfile.TemporaryDirectory(prefix="segment-bench-") as folder:
        Path(folder).chmod(0o711)
        server = start(Path(folder) / "postgres")
        try:
            databases = connect_local(server, load_settings({}))
            administrator = Database(server.url(ADMINISTRATOR, DATABASE), application="bench")
            upgrade(databases.migrator)
            yield Bench(databases, administrator, Engine(databases), filled(databases, administrator, size))
            databases.close()
            administrator.close()
        finally:
            stop(Path(folder) / "postgres")


def filled(databases: Databases, administrator: Database, size: Size) -> int:
    """Generate everything and return the organization's id."""
    began = time.monotonic()
    organization_id = generate(databases, administrator, size)
    print(f"{size.contacts:,} contacts and {size.events:,} events in {time.monotonic() - began:.0f} s", flush=True)
    began = time.monotonic()
    generate_language(administrator, organization_id, size.contacts)
    settle(administrator)
    calculate(databases, administrator, organization_id)
    print(f"everything else in {time.monotonic() - began:.0f} s", flush=True)
    return organization_id


def timed(work: Callable[[], object]) -> float:
    """Run once and return the seconds."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def alternating(*works: Callable[[], object]) -> list[float]:
    """Run each in turn, several times, and return the median seconds of each: noise falls on all alike."""
    warm = sum(timed(work) for work in works)
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(FEWER_ROUNDS if warm > LONG_SECONDS else ROUNDS):
        for place, work in enumerate(works):
            taken[place].append(timed(work))
    return [statistics.median(seconds) for seconds in taken]
