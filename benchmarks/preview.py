"""What a person waits for: previews exact and estimated, the counts of every node, one explanation, an edit."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from functools import partial

from benchmarks.data import AS_OF
from benchmarks.kinds import document, last
from benchmarks.kinds_language import MIXED
from benchmarks.kinds_rows import TOP
from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.preview import PreviewKind
from segment_engine.domain.segment import SegmentDraft
from segment_engine.engine import Engine
from segment_engine.use_cases.organizations import LOCAL_IDENTITY

Line = Callable[..., None]
ROUNDS = 5
EXPLAINED, FEWER_EXPLAINED = 60, 12


# Five conditions of different kinds under each other, as one builds them.
FIVE: dict[str, object] = {
    "group": "all",
    "of": [
        {"kind": "attribute", "field": "contact.score", "op": "gte", "value": 200},
        {"kind": "attribute", "field": "contact.birthday", "op": "before", "value": {"day": "1995-01-01"}},
        {
            "group": "any",
            "of": [
                {
                    "kind": "aggregate", "from": {"event": "purchased"}, "function": "sum", "of": "purchased.amount",
                    "window": last(180), "op": "gte", "value": "100.00",
                },
                {
                    "kind": "event", "event": "opened", "verb": "did", "count": {"op": "gte", "n": 2},
                    "window": last(90),
                },
            ],
        },
        {"group": "none", "of": [{"kind": "event", "event": "clicked", "verb": "did", "window": last(30)}]},
    ],
}  # fmt: skip
TREE: dict[str, object] = {
    "format": "segment-criteria", "version": 1, "base": "contacts", "calendar": {"time_zone": "Europe/Amsterdam"},
    "root": FIVE,
}  # fmt: skip
EVERYONE: dict[str, object] = {**TREE, "root": {"group": "all", "of": [{"kind": "all_contacts"}]}}
FIRST: dict[str, object] = {**TREE, "limit": TOP}
TREES = (("five conditions", TREE), ("five of mixed kinds", document(MIXED)))


def previews(engine: Engine, organization_id: int, line: Line) -> None:
    """Measure each call through the engine, the figures beside the targets of docs/performance.md."""
    context = engine.context_for(LOCAL_IDENTITY, organization_id)
    for name, tree in TREES:
        _sizes(engine, context, name, tree, line)
    for name, tree in (*TREES, ("first 1,000 of five", FIRST)):
        _explanations(engine, context, name, tree, line)
    _edits(engine, context, line)


def _sizes(engine: Engine, context: OrganizationContext, name: str, tree: dict[str, object], line: Line) -> None:
    preview = partial(engine.analysis.preview, context, tree, as_of=AS_OF)
    counts = partial(engine.analysis.counts, context, tree, as_of=AS_OF)
    exact, rough = preview(exact=True), preview(budget_seconds=0)
    if rough.kind is PreviewKind.ESTIMATED and not rough.low * 0.98 <= exact.member_count <= rough.high * 1.02:
        sys.exit(f"the estimate {rough.low} to {rough.high} is far from {exact.member_count}")
    print(f"  {exact.member_count:,} members; estimated {rough.member_count:,} ({rough.low:,} to {rough.high:,})")
    calls: tuple[tuple[str, Callable[[], object], float], ...] = (
        ("preview, exact", partial(preview, exact=True), 1.0),
        ("preview, estimated", partial(preview, budget_seconds=0), 0.3),
        ("counts of every node, exact", partial(counts, exact=True), 3.0),
        ("counts of every node, estimated", partial(counts, budget_seconds=0), 0.5),
    )
    for figure, call, target in calls:
        seconds = _median(call)
        line(f"{figure}: {name}", f"{seconds * 1e3:8.1f} ms", seconds, target)


def _median(call: Callable[[], object]) -> float:
    call()
    taken: list[float] = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        call()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def _explanations(engine: Engine, context: OrganizationContext, name: str, tree: dict[str, object], line: Line) -> None:
    """Explain contacts spread over all numbers; those with low ones have by far the most events."""
    base = engine.analysis.preview(context, EVERYONE, as_of=AS_OF).base_count
    explained = FEWER_EXPLAINED if tree.get("limit") else EXPLAINED
    taken: list[float] = []
    for place in range(explained):
        number = 1 + place * (base - 1) // explained
        began = time.perf_counter()
        engine.analysis.explain(context, number, document=tree, as_of=AS_OF)
        taken.append(time.perf_counter() - began)
    typical, worst = statistics.median(taken), max(taken[1:])
    line(f"explanation: {name}", f"{typical * 1e3:8.1f} ms, at most {worst * 1e3:.0f} ms", typical, 0.2)


def _edits(engine: Engine, context: OrganizationContext, line: Line) -> None:
    draft = SegmentDraft("Bench edited", "", EVERYONE, accepted_warnings=frozenset({"L-NEARLY-ALL"}))
    segment_id = engine.segments.create(context, draft).segment_id
    engine.runs.cancel(context, engine.runs.find(context, segment_id)[0].run_id)
    seconds = _median(lambda: engine.analysis.edit_diff(context, segment_id, TREE))
    line("difference of an edit, exact", f"{seconds * 1e3:8.1f} ms", seconds, 5.0)
