"""Ninety days of calculations: each evaluates the real criteria as of its own day and publishes the real members."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from segment_engine.compiler import compile_criteria, pack_block
from segment_engine.databases import Databases
from segment_engine.db import members
from segment_engine.db.catalog import load_catalog
from segment_engine.db.queries import load_queries
from segment_engine.db.session import Database
from segment_engine.demo.plans import Failure, Plan, calculation_days
from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.catalog import Catalog
from segment_engine.domain.checks import MOST_EARLIER, CheckFinding, check_result, summed_up
from segment_engine.domain.criteria import Criteria
from segment_engine.domain.parse import parse_criteria
from segment_engine.domain.run import RunReason, RunStatus
from segment_engine.errors import SegmentEngineError, TimedOut, Unavailable

_QUERIES = load_queries("demo")
_WORKER = "demo history"
_CONNECTIONS = 2
_DUE = timedelta(hours=3, minutes=30)  # UTC: before people come to work
_BETWEEN_SEGMENTS = timedelta(seconds=40)
_WAITED = timedelta(seconds=2)
_REPEATED_AFTER = timedelta(hours=4, minutes=12)
_RESTART_TOOK = timedelta(seconds=26)
_TIME_LIMIT = timedelta(seconds=120)


@dataclass(frozen=True, slots=True)
class Stored:
    """A segment of the demo as it stands in the database."""

    plan: Plan
    place: int
    segment_id: UUID
    document: dict[str, object]


@dataclass(frozen=True, slots=True)
class Calculation:
    """One calculation of the past, to be evaluated or, with `failure`, to be recorded as failed."""

    requested_at: datetime
    reason: RunReason
    failure: Failure | None = None

    @property
    def as_of(self) -> datetime:
        """When it began; windows end here."""
        return self.requested_at + _WAITED


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What a calculation found. Shape: `blocks` as in `db.members.publish`."""

    calculation: Calculation
    run_id: UUID
    finished_at: datetime
    blocks: Mapping[int, bytes]


@dataclass(frozen=True, slots=True)
class History:
    """Every success of a segment, oldest first, with its number of members."""

    stored: Stored
    results: tuple[Evaluated, ...]
    counts: tuple[int, ...]

    def latest_before(self, moment: datetime) -> tuple[Evaluated, int]:
        """Find the result that stood at a moment."""
        stood = [pair for pair in zip(self.results, self.counts, strict=True) if pair[0].finished_at < moment]
        return stood[-1]


def calculations(plan: Plan, place: int, *, today: datetime) -> Iterator[Calculation]:
    """List the calculations of a segment in the order of their time, all before `today`."""
    newest = today.replace(hour=0, minute=0, second=0, microsecond=0) + _DUE
    if newest + timedelta(hours=1) > today:
        newest -= timedelta(days=1)
    failures = {failure.days_ago: failure for failure in plan.failures}
    for position, day in enumerate(calculation_days(plan)):
        due = newest - timedelta(days=day) + place * _BETWEEN_SEGMENTS
        failure = failures.get(day)
        yield Calculation(due, RunReason.SCHEDULED if position else RunReason.CREATED, failure)
        if failure is not None and failure.repeated:
            yield Calculation(due + _REPEATED_AFTER, RunReason.REQUESTED)


def calculate_all(
    databases: Databases, context: OrganizationContext, segments: Sequence[Stored], *, today: datetime
) -> dict[str, History]:
    """Calculate the past of every segment, two at a time; the result is by name."""
    calculated = [stored for stored in segments if stored.plan.calculated]
    with databases.worker.transaction(context.organization_id, read_only=True) as transaction:
        catalogs = {
            stored.segment_id: load_catalog(transaction, context.organization_id, stored.document)
            for stored in calculated
        }

    def calculate(stored: Stored) -> History:
        return _calculate(databases, context, stored, catalog=catalogs[stored.segment_id], today=today)

    with ThreadPoolExecutor(_CONNECTIONS) as threads:
        return {history.stored.plan.name: history for history in threads.map(calculate, calculated)}


def _calculate(
    databases: Databases, context: OrganizationContext, stored: Stored, *, catalog: Catalog, today: datetime
) -> History:
    planned = tuple(calculations(stored.plan, stored.place, today=today))
    criteria = parse_criteria(stored.document, catalog, calendar=context.calendar)
    results = _evaluate(
        databases.worker, context.organization_id, criteria, catalog=catalog,
        planned=[each for each in planned if each.failure is None],
    )  # fmt: skip
    published = _publish(databases.worker, context.organization_id, stored, results)
    runs = [_failed(each) for each in planned if each.failure is not None]
    counts = tuple(each.member_count for each in published)
    runs += [
        _succeeded(*pair, earlier=counts[: pair[2] - 1])
        for pair in zip(results, published, range(1, len(results) + 1), strict=True)
    ]
    runs.sort(key=lambda run: str(run["finished_at"]))
    _record(databases.app, context, stored, runs)
    return History(stored, results, counts)


def _evaluate(
    database: Database, organization_id: int, criteria: Criteria, *, catalog: Catalog, planned: Sequence[Calculation]
) -> tuple[Evaluated, ...]:
    found: list[Evaluated] = []
    with database.transaction(organization_id, read_only=True, snapshot=True) as transaction:
        transaction.run(_QUERIES["one_process"])
        for calculation in planned:
            started = time.monotonic()
            compiled = compile_criteria(
                criteria, catalog=catalog, organization_id=organization_id, as_of=calculation.as_of
            )
            blocks = {row.block: pack_block(row.words) for row in transaction.rows(compiled.blocks())}
            took = timedelta(seconds=time.monotonic() - started)
            found.append(Evaluated(calculation, uuid4(), calculation.as_of + took, blocks))
    return tuple(found)


def _publish(
    database: Database, organization_id: int, stored: Stored, results: Sequence[Evaluated]
) -> list[members.Published]:
    with database.transaction(organization_id) as transaction:
        return [
            members.publish(transaction, organization_id, stored.segment_id, sequence=sequence, blocks=result.blocks)
            for sequence, result in enumerate(results, start=1)
        ]


def _succeeded(
    result: Evaluated, published: members.Published, sequence: int, *, earlier: Sequence[int]
) -> dict[str, object]:
    findings = check_result(published.member_count, earlier[-MOST_EARLIER:])
    return _run(
        result.calculation, RunStatus.SUCCESS, run=result.run_id, finished_at=result.finished_at, sequence=sequence,
        member_count=published.member_count, joined=published.joined, departed=published.departed,
        previous=earlier[-1] if earlier else None, checked=summed_up(findings).value, checks=_written(findings),
    )  # fmt: skip


def _written(findings: Sequence[CheckFinding]) -> str:
    written = [{"code": each.code, "level": each.level.value, "sentence": each.sentence} for each in findings]
    return json.dumps(written, ensure_ascii=False)


def _failed(calculation: Calculation) -> dict[str, object]:
    failure = calculation.failure
    if failure is not None and failure.cause == "restart":
        # Repeating can help against this one, so the worker had tried three times.
        return _run(calculation, RunStatus.FAILED, took=_RESTART_TOOK, attempt=3, error=Unavailable())
    return _run(calculation, RunStatus.FAILED, took=_TIME_LIMIT, error=TimedOut())


def _run(
    calculation: Calculation, status: RunStatus, *, took: timedelta = timedelta(0),
    error: SegmentEngineError | None = None, **result: object,
) -> dict[str, object]:  # fmt: skip
    return {
        "run": uuid4(),
        "status": status.value,
        "reason": calculation.reason.value,
        "requested_at": calculation.requested_at,
        "as_of": calculation.as_of,
        "finished_at": calculation.as_of + took,
        "attempt": 1,
        "worker": _WORKER,
        "sequence": None,
        "member_count": None,
        "joined": None,
        "departed": None,
        "previous": None,
        "checked": None,
        "checks": "[]",
        "error_class": None if error is None else error.code,
        "error_sentence": None if error is None else str(error),
        **result,
    }


def _record(
    database: Database, context: OrganizationContext, stored: Stored, runs: Sequence[dict[str, object]]
) -> None:
    """Write the runs in the order of their time, so that the segment's status is that of the last one."""
    own = {"organization": context.organization_id, "segment": stored.segment_id}
    with database.transaction(context.organization_id) as transaction:
        scheduled = RunReason.SCHEDULED.value
        people = [None if run["reason"] == scheduled else context.person_id for run in runs]
        rows = [{**own, **run, "person": person} for run, person in zip(runs, people, strict=True)]
        transaction.run(_QUERIES["record_run"], rows)
        last = [run for run in runs if run["status"] == RunStatus.SUCCESS.value][-1]
        keys = ("run", "sequence", "member_count", "previous", "finished_at")
        stands = {**own, **{key: last[key] for key in keys}, "checks": last["checked"]}
        transaction.run(_QUERIES["stand"], stands)
