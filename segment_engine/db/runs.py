"""Runs: the queue, the leases and the fence. Every write of a worker names its attempt."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from segment_engine.db.queries import load_queries
from segment_engine.db.session import Transaction, enter_organization
from segment_engine.domain.checks import CheckFinding, summed_up
from segment_engine.domain.run import Claim, FailingCondition, Result, Run, RunId, RunReason, RunStatus
from segment_engine.errors import LeaseLost, TooLongAgo

_QUERIES = load_queries("runs")
MOST_ATTEMPTS = 3
# A run that is expected to take so long is a long one. Units: seconds.
LONG_SECONDS = 60
# A worker heard of so recently is there. Units: seconds.
LIVE_SECONDS = 30
# So long a run waits for others; then it is computed from what they published before. Units: seconds.
PATIENCE_SECONDS = 6 * 3600
# How many organizations a claim looks at: as many workers may claim at the same moment without missing each other.
OFFERS = 16


def request(
    transaction: Transaction, organization_id: int, *, segment_id: UUID, reason: RunReason, person_id: UUID | None,
    as_of: datetime | None = None,
) -> tuple[RunId | None, bool]:  # fmt: skip
    """Queue a run, or find the one that waits or works already.

    Shape: (run id, whether it is new); the id is None when there is no such segment.
    """
    values = {
        "organization": organization_id,
        "segment": segment_id,
        "reason": reason.value,
        "person": person_id,
        "as_of": as_of,
    }
    made = transaction.scalar(_QUERIES["request"], values)
    if made is not None:
        return RunId(made), True
    active = transaction.scalar(_QUERIES["active"], {"organization": organization_id, "segment": segment_id})
    return (None if active is None else RunId(active)), False


def get(transaction: Transaction, organization_id: int, run_id: UUID) -> Run | None:
    """Read one run."""
    row = transaction.one(_QUERIES["get"], {"organization": organization_id, "run": run_id})
    return None if row is None else _run(row)


def result(transaction: Transaction, organization_id: int, run_id: UUID) -> Result | None:
    """Read which result of its segment a successful run published; None for any other run.

    Raises: TooLongAgo when history before it is no longer kept, so that its members cannot be told.
    """
    row = transaction.one(_QUERIES["result"], {"organization": organization_id, "run": run_id})
    if row is None:
        return None
    if row.forgotten:
        raise TooLongAgo
    return Result(row.segment_id, row.published_sequence, row.read_at)


def find(transaction: Transaction, organization_id: int, segment_id: UUID, *, limit: int) -> tuple[Run, ...]:
    """List the runs of a segment, newest first."""
    values = {"organization": organization_id, "segment": segment_id, "limit": limit}
    return tuple(_run(row) for row in transaction.rows(_QUERIES["find"], values))


def _run(row: Row[Any]) -> Run:
    return Run(
        RunId(row.run_id), row.segment_id, row.version, RunStatus(row.status), RunReason(row.reason),
        row.requested_by_name, row.requested_at, row.as_of, row.attempt, row.step, row.started_at, row.finished_at,
        row.member_count, row.joined_count, row.left_count, row.error_class, row.error_sentence, row.read_runs,
        None if row.failing is None else FailingCondition(**row.failing),
    )  # fmt: skip


def lock_active(transaction: Transaction, organization_id: int, segment_ids: Sequence[UUID]) -> None:
    """Hold the active runs of these segments; always before the segments themselves."""
    transaction.rows(_QUERIES["lock_active"], {"organization": organization_id, "segments": list(segment_ids)})


def cancel_active(transaction: Transaction, organization_id: int, segment_id: UUID) -> None:
    """End the run that still computes an older version."""
    transaction.run(_QUERIES["cancel_active"], {"organization": organization_id, "segment": segment_id})


def renew(
    transaction: Transaction, organization_id: int, *, segment_id: UUID, reason: RunReason, person_id: UUID | None
) -> None:
    """Make sure that a run begins after this moment: one that waits will do, one that works already is replaced.

    Shape: call `lock_active` first, so that no worker takes the run in between.
    """
    transaction.run(_QUERIES["cancel_processing"], {"organization": organization_id, "segment": segment_id})
    request(transaction, organization_id, segment_id=segment_id, reason=reason, person_id=person_id)


def cancel(transaction: Transaction, organization_id: int, run_id: UUID) -> bool:
    """Cancel a run; False when it had ended already."""
    return transaction.run(_QUERIES["cancel"], {"organization": organization_id, "run": run_id}) == 1


def claim(transaction: Transaction, *, worker: str, lease_seconds: float) -> Claim | RunId | None:
    """Take the run to compute next, of any organization, in a transaction that belongs to none yet.

    Shape: a Claim; or the id of a run that was ended here because its worker vanished at every attempt; or None. None
        also means that others held what there is: look again soon.
    """
    looked = {"worker": worker, "live": LIVE_SECONDS, "long": LONG_SECONDS, "patience": PATIENCE_SECONDS}
    waiting = transaction.one(_QUERIES["next_waiting"], {**looked, "offers": OFFERS})
    if waiting is None:
        return None
    enter_organization(transaction.connection, waiting.organization_id)
    transaction.run(_QUERIES["served"], {"organization": waiting.organization_id})
    tries = waiting.attempt - waiting.given_back
    if waiting.status == RunStatus.PROCESSING and tries >= MOST_ATTEMPTS:
        sentence = (
            f"{tries} times a worker began to compute this segment and could not say how it ended: it was killed, or "
            "could not reach the database. Check the workers' log and memory and the database's disk, then recalculate."
        )
        fenced = {"organization": waiting.organization_id, "run": waiting.run_id, "attempt": waiting.attempt}
        _fail(transaction, fenced, error_class="worker_lost", sentence=sentence, failing=None)
        return RunId(waiting.run_id)
    values = {"organization": waiting.organization_id, "run": waiting.run_id, "worker": worker, "lease": lease_seconds}
    row = transaction.the(_QUERIES["claim"], values)
    return Claim(
        row.organization_id, RunId(row.run_id), row.segment_id, row.attempt, row.version, row.criteria, row.as_of,
        row.attempt - row.given_back,
    )  # fmt: skip


def _fenced(claim: Claim) -> dict[str, Any]:
    return {"organization": claim.organization_id, "run": claim.run_id, "attempt": claim.attempt}


def heartbeat(transaction: Transaction, claim: Claim, *, lease_seconds: float) -> bool:
    """Prolong the lease; False when the run is no longer this attempt's."""
    return transaction.run(_QUERIES["heartbeat"], {**_fenced(claim), "lease": lease_seconds}) == 1


def fence(transaction: Transaction, claim: Claim) -> None:
    """Make sure that this attempt still owns the run, and keep it so until the transaction ends. Raises: LeaseLost."""
    if transaction.one(_QUERIES["fence"], _fenced(claim)) is None:
        raise LeaseLost


def lock_published(transaction: Transaction, claim: Claim) -> int:
    """Hold the segment and return the sequence of what is published now."""
    values = {"organization": claim.organization_id, "segment": claim.segment_id}
    return int(transaction.scalar(_QUERIES["lock_published"], values))


def earlier_counts(transaction: Transaction, claim: Claim, *, limit: int) -> tuple[int, ...]:
    """List the member counts of the last results of the same version, oldest first. Units: contacts."""
    values = {"organization": claim.organization_id, "segment": claim.segment_id, "version": claim.version}
    rows = transaction.rows(_QUERIES["earlier_counts"], {**values, "limit": limit})
    return tuple(row.member_count for row in reversed(rows))


def succeed(
    transaction: Transaction, claim: Claim, *, sequence: int, member_count: int, joined: int, departed: int,
    read_runs: Mapping[str, str] | None = None, findings: Sequence[CheckFinding] = (),
) -> None:  # fmt: skip
    """End the run and point the segment at its result, checked.

    Shape: `read_runs` names the runs of other segments it read; `findings` are what was found in the result.
    Raises: LeaseLost.
    """
    values = {**_fenced(claim), "sequence": sequence, "member_count": member_count}
    found = [
        {"code": each.code, "level": each.level.value, "sentence": each.sentence}
        | ({"assertion": each.assertion} if each.assertion else {})
        for each in findings
    ]
    figures = {
        "joined": joined,
        "departed": departed,
        "read_runs": json.dumps(dict(read_runs or {})),
        "findings": json.dumps(found, ensure_ascii=False),
    }
    finished = transaction.scalar(_QUERIES["succeed"], {**values, **figures})
    if finished is None:
        raise LeaseLost
    published = {
        "segment": claim.segment_id,
        "version": claim.version,
        "finished_at": finished,
        "checks": summed_up(findings).value,
    }
    transaction.run(_QUERIES["publish_segment"], {**values, **published})


def give_back(transaction: Transaction, claim: Claim, *, wait_seconds: float, polite: bool = False) -> bool:
    """Queue the run again; False when it is no longer this attempt's.

    Shape: `polite` when the worker was stopped: that attempt says nothing about the run and does not count as a try.
    """
    values = {**_fenced(claim), "wait": wait_seconds, "polite": int(polite)}
    return transaction.run(_QUERIES["give_back"], values) == 1


def fail(
    transaction: Transaction, claim: Claim, *, error_class: str, sentence: str,
    failing: FailingCondition | None = None,
) -> bool:  # fmt: skip
    """End the run with a sentence; the members published before stay. False when it is no longer this attempt's.

    Shape: `failing` is the condition it failed at, where one was found.
    """
    return _fail(transaction, _fenced(claim), error_class=error_class, sentence=sentence, failing=failing)


def _fail(
    transaction: Transaction, fenced: Mapping[str, Any], *, error_class: str, sentence: str,
    failing: FailingCondition | None,
) -> bool:  # fmt: skip
    told = None if failing is None else json.dumps(asdict(failing), ensure_ascii=False)
    values = {**fenced, "error_class": error_class, "error_sentence": sentence, "failing": told}
    segment_id = transaction.scalar(_QUERIES["fail"], values)
    if segment_id is None:
        return False
    transaction.run(_QUERIES["count_failure"], {"organization": fenced["organization"], "segment": segment_id})
    return True
