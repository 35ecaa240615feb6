"""`make bench`: every figure beside its target, as a ratio within this run, because machines are noisy."""

from __future__ import annotations

import argparse
import statistics
import sys
import tracemalloc
from datetime import timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import BigInteger, Select, cast, func, select, text

from benchmarks.data import AS_OF, Size
from benchmarks.imports import import_rates
from benchmarks.insight import insights
from benchmarks.kinds import KINDS, Kind
from benchmarks.kinds_language import LANGUAGE
from benchmarks.measuring import Bench, Report, alternating, prepared, timed
from benchmarks.memory import worker_memory
from benchmarks.preview import previews
from segment_engine.compiler import compile_criteria
from segment_engine.db.catalog import load_catalog
from segment_engine.db.session import Transaction
from segment_engine.domain.parse import parse_criteria
from segment_engine.domain.run import RunStatus
from segment_engine.domain.segment import SegmentDraft
from segment_engine.use_cases.organizations import LOCAL_IDENTITY
from segment_engine.worker.loop import Worker

STEADY_RUNS = 7
WORK_MEMORY = "256MB"
"""For both sides what a worker has, so that neither sorts on disk where the other does not."""


def evaluation(bench: Bench, report: Report) -> None:
    """Each kind's count through the compiler, as the worker's role, beside the best SQL by hand, as superuser."""
    for kind in (*KINDS, *LANGUAGE):
        ours, by_hand = evaluation_of(bench, kind)
        ratio = ours / by_hand
        report.line(
            f"evaluate: {kind.name}",
            f"{ours * 1e3:8.1f} ms / {by_hand * 1e3:8.1f} ms = {ratio:.2f}",
            ratio,
            kind.target,
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
            transaction.run(text(f"SET LOCAL work_mem = '{WORK_MEMORY}'"))
        catalog = load_catalog(ours, organization_id, kind.document())
        criteria = parse_criteria(kind.document(), catalog)
        compiled = compile_criteria(criteria, catalog=catalog, organization_id=organization_id, as_of=AS_OF)
        count = compiled.count()
        check_same(kind, ours, theirs, compiled.numbers(), organization_id)
        works = [partial(theirs.scalar, text(variant), {"o": organization_id}) for variant in kind.by_hand]
        first, *others = alternating(lambda: ours.scalar(count), *works)
    return first, min(others)


def check_same(kind: Kind, ours: Transaction, theirs: Transaction, numbers: Select[int], organization_id: int) -> None:
    """Compare the contacts found, not only how many: by their count and the sum of a mixture of their numbers."""
    mixed = "SELECT count(*), sum(c.number::bigint * (c.number % 9973 + 1))"
    found = numbers.subquery("c").c.number
    mine = ours.the(select(func.count(), func.sum(cast(found, BigInteger) * (found % 9973 + 1))))
    for variant in kind.by_hand:
        theirs_too = theirs.the(text(variant.replace("SELECT count(*)", mixed, 1)), {"o": organization_id})
        if tuple(mine) != tuple(theirs_too):
            sys.exit(f"{kind.name}: different answers {mine} and {theirs_too} of {variant}")


def recalculation(bench: Bench, report: Report) -> None:
    """First and steady runs through the worker, about 1 % churn, beside the bare count of the same criteria."""
    attribute = next(kind for kind in KINDS if kind.name == "attribute, number")
    behaviour = next(kind for kind in KINDS if kind.name == "at least 3 times in a year")
    stored = stored_bytes(bench)
    for kind, target in ((attribute, 3.0), (behaviour, 1.5)):
        context = bench.engine.context_for(LOCAL_IDENTITY, bench.organization_id)
        draft = SegmentDraft(f"Bench {kind.name}", "", kind.document())
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
    each = (stored_bytes(bench) - stored) / 2 / 1e6
    report.line("disk of a segment with 7 runs", f"{each:.1f} MB", each, 5.0)


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
    whose = {"o": bench.organization_id}
    with bench.administrator.transaction() as transaction:
        contacts = transaction.scalar(text("SELECT max(number) FROM contacts WHERE organization_id = :o"), whose)
    each = peak / 1024 / (contacts / 1000)
    measured = f"{peak / 1e6:.1f} MB for {contacts:,} contacts = {each:.2f} KB"
    report.line("Python memory per 1,000 contacts", measured, each, 2.0)


def stored_bytes(bench: Bench) -> float:
    """What the members of all segments and their changes take on disk. Units: bytes."""
    with bench.administrator.transaction() as transaction:
        sizes = "SELECT pg_total_relation_size('membership_blocks') + pg_total_relation_size('membership_changes')"
        return float(transaction.scalar(text(sizes)))


def main() -> int:
    """Run every measurement; the exit code says whether every target was reached."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="1 is a million contacts and ten million events")
    scale = parser.parse_args().scale
    report = Report()
    with prepared(Size(int(1_000_000 * scale), int(10_000_000 * scale))) as bench:
        evaluation(bench, report)
        previews(bench.engine, bench.organization_id, report.line)
        recalculation(bench, report)
        insights(bench, report)
        worker_memory(bench, report)
        import_rates(bench.databases, bench.engine, report.line, scale)
    print(f"missed: {', '.join(report.missed)}" if report.missed else "every target reached")
    return 1 if report.missed else 0


if __name__ == "__main__":
    sys.exit(main())
