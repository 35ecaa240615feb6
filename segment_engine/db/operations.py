"""Figures of the work: what waits, what failed, what is out of date, how long it took. Everything is stored already."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from segment_engine.db.queries import load_queries
from segment_engine.db.session import Transaction
from segment_engine.db.standing import standing_of_row, standing_values
from segment_engine.domain.operations import (
    STALE_CODES,
    FailedSegment,
    StaleGroup,
    StaleSegment,
    WaitingRun,
)
from segment_engine.domain.pace import DAYS, RunDay, SegmentCost
from segment_engine.domain.readiness import Standing
from segment_engine.domain.run import FailingCondition, RunId, RunReason, RunStatus
from segment_engine.domain.segment import SegmentId

_QUERIES = load_queries("operations")


@dataclass(frozen=True, slots=True)
class QueueSize:
    """How much waits and works. Units: `longest_wait` in seconds."""

    waiting: int
    processing: int
    longest_wait: float | None


def queue(transaction: Transaction, organization_id: int, *, limit: int) -> tuple[WaitingRun, ...]:
    """List the runs that work, then those that wait, in the order in which workers take them."""
    usual = transaction.scalar(_QUERIES["usual_seconds"], {"organization": organization_id})
    rows = transaction.rows(_QUERIES["queue"], {"organization": organization_id, "limit": limit})
    return tuple(_waiting_run(row, None if usual is None else float(usual)) for row in rows)


def _waiting_run(row: Row[Any], usual: float | None) -> WaitingRun:
    return WaitingRun(
        RunId(row.run_id), SegmentId(row.segment_id), row.name, RunStatus(row.status), RunReason(row.reason),
        row.requested_by_name, row.requested_at, float(row.waited_seconds), row.not_before, row.started_at,
        _seconds(row.working_seconds), row.step, row.attempt, row.worker, row.lease_until,
        usual if row.usual_seconds is None else float(row.usual_seconds), row.position,
    )  # fmt: skip


def _seconds(value: object) -> float | None:
    return None if value is None else float(str(value))


def queue_size(transaction: Transaction, organization_id: int) -> QueueSize:
    """Count what waits and works."""
    row = transaction.the(_QUERIES["queue_size"], {"organization": organization_id})
    return QueueSize(row.waiting, row.processing, _seconds(row.longest_wait))


def failed_count(transaction: Transaction, organization_id: int) -> int:
    """Count the segments whose last run failed."""
    return int(transaction.scalar(_QUERIES["failed_count"], {"organization": organization_id}))


def failed(transaction: Transaction, organization_id: int) -> tuple[FailedSegment, ...]:
    """List the segments whose last run failed, by name."""
    return tuple(
        FailedSegment(
            SegmentId(row.segment_id), row.name, row.error_class, row.error_sentence, row.failed_at, row.failing_since,
            row.failures, row.member_count, row.last_calculated_at,
            None if row.failing is None else FailingCondition(**row.failing),
        )
        for row in transaction.rows(_QUERIES["failed"], {"organization": organization_id})
    )  # fmt: skip


def stale(transaction: Transaction, organization_id: int) -> tuple[StaleGroup, ...]:
    """List the active segments whose members are out of date, by reason, the worst first. Nothing is evaluated."""
    values = {"organization": organization_id, **standing_values(), "codes": list(STALE_CODES)}
    found: dict[str, list[StaleSegment]] = {}
    for row in transaction.rows(_QUERIES["stale"], values):
        standing = standing_of_row(row)
        for code in row.reasons:
            if code in STALE_CODES:
                found.setdefault(code, []).append(_stale_segment(row, standing, code))
    return tuple(StaleGroup(code, tuple(found[code])) for code in STALE_CODES if code in found)


def _stale_segment(row: Row[Any], standing: Standing, code: str) -> StaleSegment:
    sentence = next(reason.sentence for reason in standing.reasons if reason.code == code)
    return StaleSegment(
        SegmentId(row.segment_id), row.name, sentence, row.member_count, row.last_calculated_at,
        row.status in {"queued", "processing"},
    )  # fmt: skip


def calendar_day(transaction: Transaction, organization_id: int) -> tuple[date, str]:
    """Read which day it is where the organization is, and the name of its time zone."""
    row = transaction.the(_QUERIES["calendar_day"], {"organization": organization_id})
    return row.today, row.time_zone


def days(transaction: Transaction, organization_id: int, *, until: date, zone: str) -> tuple[RunDay, ...]:
    """Read what ended on each day; days without any run are left out."""
    values = {"organization": organization_id, "today": until, "zone": zone, "days": DAYS}
    return tuple(
        RunDay(row.day, row.succeeded, row.failed, row.cancelled, *_two(row.took), *_two(row.waited))
        for row in transaction.rows(_QUERIES["days"], values)
    )


def _two(values: list[Any] | None) -> tuple[float | None, float | None]:
    low, high = values or (None, None)
    return _seconds(low), _seconds(high)


def costs(transaction: Transaction, organization_id: int, *, limit: int) -> tuple[tuple[SegmentCost, ...], float]:
    """List the segments that took the most time, and give the time of all of them. Units: seconds."""
    rows = transaction.rows(_QUERIES["costs"], {"organization": organization_id, "days": DAYS, "limit": limit})
    found = tuple(
        SegmentCost(SegmentId(row.segment_id), row.name, row.member_count, row.runs, row.failed, float(row.seconds))
        for row in rows
    )
    return found, float(rows[0].all_seconds) if rows else 0.0


def used(transaction: Transaction, organization_id: int) -> float | None:
    """Read which share of the workers' time of the last 24 hours was used; None while there were no workers."""
    row = transaction.the(_QUERIES["used"], {"organization": organization_id})
    return min(float(row.busy_seconds) / float(row.worker_seconds), 1.0) if row.worker_seconds else None


# Ending runs -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NamedRun:
    """A run by the name of its segment."""

    segment_id: SegmentId
    name: str
    status: RunStatus


def named_runs(
    transaction: Transaction, organization_id: int, run_ids: Collection[UUID], *, hold: bool = False
) -> dict[UUID, NamedRun]:
    """Name runs; those that have not ended are held until the transaction ends where that is asked for."""
    values = {"organization": organization_id, "runs": list(run_ids)}
    if hold:
        transaction.rows(_QUERIES["hold_runs"], values)
    rows = transaction.rows(_QUERIES["named_runs"], values)
    return {row.run_id: NamedRun(SegmentId(row.segment_id), row.name, RunStatus(row.status)) for row in rows}


def cancel_runs(transaction: Transaction, organization_id: int, run_ids: Collection[UUID]) -> frozenset[UUID]:
    """End the runs that have not ended; gives those."""
    values = {"organization": organization_id, "runs": list(run_ids)}
    return frozenset(row.run_id for row in transaction.rows(_QUERIES["cancel_runs"], values))
