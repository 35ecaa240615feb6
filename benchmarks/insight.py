"""What it costs to ask why members changed and when time changes them, beside the evaluation itself."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

from sqlalchemy import text

from benchmarks.data import AS_OF, in_bulk
from benchmarks.data_language import LOW
from benchmarks.kinds import NESTED, document, last
from benchmarks.measuring import Bench, Report, alternating
from segment_engine.compiler import compile_criteria, pack_block
from segment_engine.compiler.compiled import Compiled
from segment_engine.db.catalog import load_catalog
from segment_engine.db.session import Transaction
from segment_engine.domain.parse import parse_criteria
from segment_engine.domain.run import Claim, RunId, RunStatus
from segment_engine.domain.segment import SegmentDraft
from segment_engine.use_cases.organizations import LOCAL_IDENTITY
from segment_engine.worker.computing import ROWS_AT_ONCE
from segment_engine.worker.loop import Worker
from segment_engine.worker.results import Insight, gain_insight

SLOW_SECONDS = 2.0
"""Up to here it may take longer than the evaluation: nobody notices, and small evaluations take milliseconds."""
BEFORE = AS_OF - timedelta(days=29)
ASKED: dict[str, dict[str, object]] = {
    "an attribute": {"kind": "attribute", "field": "contact.score", "op": "lt", "value": 700},
    "3 times in 30 days": {
        "kind": "event", "event": "opened", "verb": "did", "count": {"op": "gte", "n": 3}, "window": last(30),
    },
    "five conditions": {"group": "all", "of": list(NESTED)},
    "did not, in 90 days": {"kind": "event", "event": "purchased", "verb": "did_not", "window": last(90)},
    "in another segment": {"kind": "segment", "op": "in_any", "segments": [str(LOW.segment_id)]},
}  # fmt: skip
LATER = (("the same again", timedelta()), ("a day later", timedelta(days=1)), ("28 days later", timedelta(days=28)))
# One in so many contacts changes, and for one in so many a row comes in, between the two results.
CHANGED, ARRIVED = 50, 50

_CHANGE = """
    UPDATE contacts SET number_1 = 1000 - number_1, updated_at = clock_timestamp()
    WHERE organization_id = :o AND number % :changed = 1
    """
_ARRIVE = """
    INSERT INTO events (organization_id, contact_number, event_type, event_key, event_number, occurred_at, number_1,
        text_1)
    SELECT :o, number, 1 + number % 3, gen_random_uuid(), last_event_number + number,
        CAST(:before AS timestamptz) + hashint4(number) % 86400 * interval '1 second', 100, 'web'
    FROM contacts JOIN organization_counters USING (organization_id)
    WHERE organization_id = :o AND number % :arrived = 2
    """
_COUNTED = """
    UPDATE organization_counters SET last_event_number = last_event_number + last_contact_number
    WHERE organization_id = :o
    """


@dataclass(slots=True)
class _Measured:
    """What one question cost, and what it found. Units: seconds."""

    evaluation: float
    insight: float
    changed: int
    told: dict[str, int] = field(default_factory=dict[str, int])


def insights(bench: Bench, report: Report) -> None:
    """Measure both in one snapshot, by turns: where nothing happened, after a day and after 28, rows coming in.

    Nothing is published by it, so that each is asked from the same result.
    """
    segments = {name: _segment(bench, name, asked) for name, asked in ASKED.items()}
    for segment_id in segments.values():
        _calculate(bench, segment_id)
    _line(report, "an attribute, nothing happened", _measure(bench, segments["an attribute"], BEFORE))
    with in_bulk(bench.administrator) as transaction:
        values = {"o": bench.organization_id, "changed": CHANGED, "arrived": ARRIVED, "before": BEFORE}
        for statement in (_CHANGE, _ARRIVE, _COUNTED):
            transaction.run(text(statement), values)
    with bench.administrator.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("SET statement_timeout = 0")
        connection.exec_driver_sql("VACUUM (ANALYZE) contacts, events")
    _calculate(bench, LOW.segment_id)
    for name, segment_id in segments.items():
        for when, later in LATER:
            _line(report, f"{name}, {when}", _measure(bench, segment_id, BEFORE + later))


def _segment(bench: Bench, name: str, asked: dict[str, object]) -> UUID:
    context = bench.engine.context_for(LOCAL_IDENTITY, bench.organization_id)
    accepted = frozenset({"L-DUPLICATE-SEGMENT", "L-NEARLY-ALL"})
    draft = SegmentDraft(f"Insight: {name}", "", document(asked), accepted_warnings=accepted)
    segment_id = bench.engine.segments.create(context, draft).segment_id
    bench.engine.runs.cancel(context, bench.engine.runs.find(context, segment_id)[0].run_id)
    return segment_id


def _calculate(bench: Bench, segment_id: UUID) -> None:
    context = bench.engine.context_for(LOCAL_IDENTITY, bench.organization_id)
    made = bench.engine.runs.request(context, segment_id, as_of=BEFORE)
    Worker(bench.databases.worker).work_once()
    if bench.engine.runs.get(context, made.run_id).status is not RunStatus.SUCCESS:
        sys.exit("a run did not succeed")


def _measure(bench: Bench, segment_id: UUID, as_of: datetime) -> _Measured:
    """Evaluate and ask what a worker asks, as its role and in a snapshot like its own."""
    context = bench.engine.context_for(LOCAL_IDENTITY, bench.organization_id)
    segment = bench.engine.segments.get(context, segment_id)
    organization_id = bench.organization_id
    claim = Claim(organization_id, RunId(uuid4()), segment_id, 1, segment.version, segment.document, as_of)
    with bench.databases.worker.transaction(organization_id, read_only=True, snapshot=True) as transaction:
        catalog = load_catalog(transaction, organization_id, segment.document)
        criteria = parse_criteria(segment.document, catalog)
        compiled = compile_criteria(
            criteria, catalog=catalog, organization_id=organization_id, as_of=as_of, segment_id=segment_id
        )
        evaluate = partial(_evaluate, transaction, compiled)
        ask = partial(gain_insight, transaction, claim, criteria, catalog, evaluate())
        return _judged(ask(), *alternating(evaluate, ask))


def _evaluate(transaction: Transaction, compiled: Compiled) -> dict[int, bytes]:
    rows = transaction.stream(compiled.blocks(), rows_at_once=ROWS_AT_ONCE)
    return {row.block: pack_block(row.words) for row in rows}


def _judged(found: Insight, evaluation: float, insight: float) -> _Measured:
    if found.attribution.is_partial or found.clock.kind == "unknown":
        sys.exit("not every question was answered in time")
    told = {each.cause.value: each.joined + each.departed for each in found.attribution.counts}
    return _Measured(evaluation, insight, sum(told.values()), told)


def _line(report: Report, name: str, measured: _Measured) -> None:
    """Print the share of the run; the target is the evaluation, or two seconds where that takes less."""
    causes = ", ".join(f"{count:,} {cause}" for cause, count in measured.told.items())
    print(f"  {measured.changed:,} changed{f': {causes}' if causes else ''}")
    share = measured.insight / (measured.insight + measured.evaluation)
    figures = f"{measured.insight * 1e3:8.1f} ms / {measured.evaluation * 1e3:8.1f} ms, {share:.0%} of both"
    report.line(f"causes and clock: {name}", figures, measured.insight / max(measured.evaluation, SLOW_SECONDS), 1.0)
