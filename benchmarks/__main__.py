"""`make bench`: every figure beside its target, as a ratio within this run, because machines are noisy."""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

from sqlalchemy import text

from benchmarks.data import AS_OF, Size, generate
from benchmarks.imports import import_rates
from benchmarks.kinds import KINDS, Kind, document
from segment_engine.compiler import compile_criteria
from segment_engine.databases import Databases, connect_local
from segment_engine.db.catalog import load_catalog
from segment_engine.db.migrate import upgrade
from segment_engine.db.session import Database
from segment_engine.domain.parse import parse_criteria
from segment_engine.domain.run import RunStatus
from segment_engine.domain.segment import SegmentDraft
from segment_engine.engine import Engine
from segment_engine.local_postgres import ADMINISTRATOR, DATABASE, start, stop
from segment_engine.settings import load_settings
from segment_engine.use_cases.organizations import LOCAL_IDENTITY
from segment_engine.worker import Worker

ROUNDS = 5
STEADY_RUNS = 7


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
        print(f"{name:<46} {measured:<44} target {sign} {target:<10g} {'reached' if reached else 'MISSED'}", flush=True)


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
            began = time.monotonic()
            organization_id = generate(databases, administrator, size)
            print(
                f"{size.contacts:,} contacts and {size.events:,} events in {time.monotonic() - began:.0f} s", flush=True
            )
            yield Bench(databases, administrator, Engine(databases), organization_id)
            databases.close()
            administrator.close()
        finally:
            stop(Path(folder) / "postgres")


def timed(work: Callable[[], object]) -> float:
    """Run once and return the seconds."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def alternating(*works: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    """Run each in turn, several times, and return the median seconds of each: noise falls on all alike."""
    for work in works:
        work()
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for place, work in enumerate(works):
            taken[place].append(timed(work))
    return [statistics.median(seconds) for seconds in taken]


def evaluation(bench: Bench, report: Report) -> None:
    """Each kind's count through the compiler, as the worker's role, beside the best SQL by hand, as superuser."""
    for kind in KINDS:
        ours, by_hand = evaluation_of(bench, kind)
        ratio = ours / by_hand
        report.line(
            f"evaluate: {kind.name}", f"{ours * 1e3:8.1f} ms / {by_hand * 1e3:8.1f} ms = {ratio:.2f}", ratio, 1.15
        )


def evaluation_of(bench: Bench, kind: Kind) -> tuple[float, float]:
    """Measure one kind; refuses to compare different answers."""
    organization_id = bench.organization_id
    with (
        bench.databases.worker.transaction(organization_id, read_only=True) as ours,
        bench.administrator.transaction(read_only=True) as theirs,
    ):
        for transaction in (ours, theirs):
            transaction.run(text("SET LOCAL statement_timeout = 0"))
            transaction.run(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        catalog = load_catalog(ours, organization_id)
        criteria = parse_criteria(document(kind.condition), catalog)
        count = compile_criteria(criteria, catalog=catalog, organization_id=organization_id, as_of=AS_OF).count()
        by_hand = [text(statement) for statement in kind.by_hand]
        answers = {ours.scalar(count), *(theirs.scalar(variant, {"o": organization_id}) for variant in by_hand)}
        if len(answers) != 1:
            sys.exit(f"{kind.name}: different answers {answers}")
        works = [lambda variant=variant: theirs.scalar(variant, {"o": organization_id}) for variant in by_hand]
        first, *others = alternating(lambda: ours.scalar(count), *works)
    return first, min(others)


def recalculation(bench: Bench, report: Report) -> None:
    """First and steady runs through the worker, about 1 % churn, beside the bare count of the same criteria."""
    attribute = next(kind for kind in KINDS if kind.name == "attribute, number")
    behaviour = next(kind for kind in KINDS if kind.name == "at least 3 times in a year")
    for kind, target in ((attribute, 3.0), (behaviour, 1.5)):
        context = bench.engine.context_for(LOCAL_IDENTITY, bench.organization_id)
        draft = SegmentDraft(f"Bench {kind.name}", "", document(kind.condition))
        segment_id = bench.engine.segments.create(context, draft).segment_id
        bench.engine.runs.cancel(context, bench.engine.runs.find(context, segment_id)[0].run_id)
        first = run_once(bench, segment_id, 0)[0]
        churn(bench)
        steady: list[float] = []
        wal: list[float] = []
        bare: list[float] = []
        for turn in range(1, STEADY_RUNS):
            churn(bench)
            bare.append(timed(partial(bare_count, bench, kind)))
            seconds, written = run_once(bench, segment_id, turn)
            steady.append(seconds)
            wal.append(written)
        base = statistics.median(bare)
        runs = [run for run in bench.engine.runs.find(context, segment_id) if run.status is RunStatus.SUCCESS]
        newest = runs[0]
        print(f"  {newest.member_count:,} members, {newest.joined_count:,} joined, {newest.left_count:,} left")
        for name, seconds, limit in (("first", first, target * 1.5), ("steady", statistics.median(steady), target)):
            measured = f"{seconds * 1e3:8.1f} ms / {base * 1e3:8.1f} ms = {seconds / base:.2f}"
            report.line(f"{name} run: {kind.name}", measured, seconds / base, limit)
        megabytes = statistics.median(wal) / 1e6
        report.line(f"WAL of a steady run: {kind.name}", f"{megabytes:.2f} MB", megabytes, 1.0)
    memory_of_a_run(bench, report)
    disk(bench, report)


def bare_count(bench: Bench, kind: Kind) -> None:
    """Count by hand, the best variant first in the list."""
    with bench.administrator.transaction(read_only=True) as transaction:
        transaction.scalar(text(kind.by_hand[0]), {"o": bench.organization_id})


def run_once(bench: Bench, segment_id: UUID, turn: int) -> tuple[float, float]:
    """Request a run and let a worker compute it; returns seconds and bytes of WAL."""
    context = bench.engine.context_for(LOCAL_IDENTITY, bench.organization_id)
    bench.engine.runs.request(context, segment_id, as_of=AS_OF - timedelta(hours=12 * (STEADY_RUNS - turn)))
    worker = Worker(bench.databases.worker)
    before = wal_position(bench)
    seconds = timed(worker.work_once)
    if bench.engine.runs.find(context, segment_id)[0].status is not RunStatus.SUCCESS:
        sys.exit("a run did not succeed")
    return seconds, wal_position(bench) - before


def wal_position(bench: Bench) -> float:
    """How much WAL was written so far. Units: bytes."""
    with bench.administrator.transaction() as transaction:
        return float(transaction.scalar(text("SELECT pg_current_wal_insert_lsn() - '0/0'")))


def churn(bench: Bench) -> None:
    """Turn the scores of every 200th contact round: about 1 % of the members change."""
    with bench.administrator.transaction() as transaction:
        transaction.limit_statements(seconds=0)
        transaction.run(
            text("UPDATE contacts SET number_1 = 1000 - number_1 WHERE organization_id = :o AND number % 200 = 0"),
            {"o": bench.organization_id},
        )
    with bench.administrator.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("SET statement_timeout = 0")
        # So that neither side pays for what the other left: dead rows, dead index entries and unwritten pages.
        connection.exec_driver_sql("VACUUM (INDEX_CLEANUP ON) contacts")
        connection.exec_driver_sql("CHECKPOINT")


def memory_of_a_run(bench: Bench, report: Report) -> None:
    """What Python holds at most while a worker computes a run."""
    context = bench.engine.context_for(LOCAL_IDENTITY, bench.organization_id)
    segment_id = bench.engine.segments.id_by_name(context, "Bench attribute, number")
    bench.engine.runs.request(context, segment_id, as_of=AS_OF)
    worker = Worker(bench.databases.worker)
    tracemalloc.start()
    worker.work_once()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    count = bench.engine.segments.get(context, segment_id).member_count or 1
    each = peak / 1024 / (count / 1000)
    report.line(
        "Python memory per 1,000 members", f"{peak / 1e6:.1f} MB at {count:,} members = {each:.2f} KB", each, 1.0
    )


def disk(bench: Bench, report: Report) -> None:
    """What two segments with seven runs each take on disk."""
    with bench.administrator.transaction() as transaction:
        total = transaction.scalar(
            text("SELECT pg_total_relation_size('membership_blocks') + pg_total_relation_size('membership_changes')")
        )
    report.line("disk of a segment with 7 runs", f"{total / 2 / 1e6:.1f} MB", total / 2 / 1e6, 5.0)


def main() -> int:
    """Run every measurement; the exit code says whether every target was reached."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="1 is a million contacts and ten million events")
    scale = parser.parse_args().scale
    report = Report()
    with prepared(Size(int(1_000_000 * scale), int(10_000_000 * scale))) as bench:
        evaluation(bench, report)
        recalculation(bench, report)
        import_rates(bench.databases, bench.engine, report.line, scale)
    print(f"missed: {', '.join(report.missed)}" if report.missed else "every target reached")
    return 1 if report.missed else 0


if __name__ == "__main__":
    sys.exit(main())
