"""What a worker's process takes for a result of everybody, beside a result of nobody: all of it, not Python's part."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from uuid import UUID

from benchmarks.data import AS_OF
from benchmarks.kinds import document
from benchmarks.measuring import Bench, Report
from segment_engine.databases import WORKER_ROLE
from segment_engine.db.session import Database, Limits
from segment_engine.domain.segment import SegmentDraft
from segment_engine.use_cases.organizations import LOCAL_IDENTITY
from segment_engine.worker.loop import Worker

MOST_KILOBYTES = 1.5
_FEW: dict[str, object] = {"kind": "attribute", "field": "contact.score", "op": "lt", "value": 1}
# At first all contacts, who signed up within two years; three years later nobody, and everybody left because of time.
_EVERYBODY: dict[str, object] = {
    "kind": "attribute", "field": "contact.signed_up_at", "op": "in_last", "value": {"n": 731, "unit": "day"},
}  # fmt: skip


@dataclass(frozen=True)
class Peaks:
    """The most a worker held so far, after each of its runs. Units: bytes."""

    after: tuple[int, ...]

    @property
    def growth(self) -> int:
        """What the runs after the first one took on top."""
        return self.after[-1] - self.after[0]


def worker_memory(bench: Bench, report: Report) -> None:
    """Let a process of its own compute few members, then let everybody join, and then leave by time alone."""
    few, everybody = _segment(bench, "Memory: few", _FEW), _segment(bench, "Memory: everybody", _EVERYBODY)
    context = bench.engine.context_for(LOCAL_IDENTITY, bench.organization_id)
    runs = ((few, 0), (everybody, 0), (everybody, 3 * 365))
    address = bench.databases.worker.engine.url.render_as_string(hide_password=False)
    with get_context("spawn").Pool(1) as pool:
        after: list[int] = []
        for segment_id, days in runs:
            bench.engine.runs.request(context, segment_id, as_of=AS_OF + timedelta(days=days))
            after.append(pool.apply(_peak_after_a_run, (address,)))
    count = bench.engine.runs.find(context, everybody)[0].left_count
    if not count:
        sys.exit("a run did not succeed")
    growth = Peaks(tuple(after)).growth
    each = growth / 1024 / (count / 1000)
    print(f"  {after[0] / 1e6:.0f} MB for few members, {after[-1] / 1e6:.0f} MB for everybody")
    measured = f"{growth / 1e6:.1f} MB at {count:,} members = {each:.2f} KB"
    report.line("memory of a worker per 1,000 members", measured, each, MOST_KILOBYTES)


def _segment(bench: Bench, name: str, asked: dict[str, object]) -> UUID:
    context = bench.engine.context_for(LOCAL_IDENTITY, bench.organization_id)
    accepted = frozenset({"L-NEARLY-ALL", "L-DUPLICATE-SEGMENT"})
    draft = SegmentDraft(name, "", document(asked), accepted_warnings=accepted)
    segment_id = bench.engine.segments.create(context, draft).segment_id
    bench.engine.runs.cancel(context, bench.engine.runs.find(context, segment_id)[0].run_id)
    return segment_id


def _peak_after_a_run(address: str) -> int:
    """Compute one run in this process, and say the most it has held so far. Units: bytes."""
    database = Database(address, role=WORKER_ROLE, limits=Limits(statement=0, idle_in_transaction=0, work_memory=256))
    Worker(database).work_once()
    database.close()
    # Not what getrusage() says: that begins with what the process held that started this one.
    held = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    return int(held[1]) * 1024 if held else 0
