"""Cancelling many runs, each one judged, within a transaction of the caller."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from segment_engine.db import audit
from segment_engine.db import operations as rows
from segment_engine.db.session import Transaction
from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.run import ACTIVE_STATUSES, RunStatus
from segment_engine.domain.segment import SegmentId, Verdict
from segment_engine.errors import LimitExceeded

MOST_AT_ONCE = 1_000
_AHEAD = {
    RunStatus.QUEUED: "waits and would not begin",
    RunStatus.PROCESSING: "works at this moment and would stop without a result",
}
_DONE = {
    RunStatus.QUEUED: "is cancelled before it began",
    RunStatus.PROCESSING: "is cancelled while it worked",
}
_STAY = "; the members of the last success stay"


def outlook(transaction: Transaction, context: OrganizationContext, run_ids: Sequence[UUID]) -> tuple[Verdict, ...]:
    """Say what cancelling would do to each run. Raises: LimitExceeded."""
    wanted = _checked(run_ids)
    named = rows.named_runs(transaction, context.organization_id, wanted)
    return tuple(_verdict(each, named.get(each), _AHEAD, changed=True) for each in wanted)


def cancel(transaction: Transaction, context: OrganizationContext, run_ids: Sequence[UUID]) -> tuple[Verdict, ...]:
    """End the runs that wait or work, and say of each what happened. Raises: LimitExceeded."""
    wanted = _checked(run_ids)
    named = rows.named_runs(transaction, context.organization_id, wanted, hold=True)
    ended = rows.cancel_runs(transaction, context.organization_id, list(named))
    audit.record_each(
        transaction, context, action="run.cancel", object_kind="run",
        objects={each: {"segment": str(named[each].segment_id)} for each in wanted if each in ended},
    )  # fmt: skip
    return tuple(_verdict(each, named.get(each), _DONE, changed=each in ended) for each in wanted)


def _checked(run_ids: Sequence[UUID]) -> list[UUID]:
    wanted = sorted(set(run_ids))
    if len(wanted) > MOST_AT_ONCE:
        raise LimitExceeded(f"At most {MOST_AT_ONCE:,} runs are cancelled at once. Choose fewer of them.")
    return wanted


def _verdict(run_id: UUID, run: rows.NamedRun | None, words: dict[RunStatus, str], *, changed: bool) -> Verdict:
    if run is None:
        reason = "does not exist, or you have no access to it"
        return Verdict(SegmentId(run_id), "", done=False, reason=reason, changed=False)
    if run.status not in ACTIVE_STATUSES or not changed:
        reason = f"has ended already ({run.status.value})"
        return Verdict(run.segment_id, run.name, done=True, reason=reason, changed=False)
    return Verdict(run.segment_id, run.name, done=True, reason=f"{words[run.status]}{_STAY}")
