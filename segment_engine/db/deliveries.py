"""The outbox of alerts: claimed by one sender at a time, marked when it arrived, tried again when it did not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from segment_engine.db.queries import load_queries
from segment_engine.db.session import Transaction, enter_organization
from segment_engine.domain.messages import Message

_QUERIES = load_queries("deliveries")
NAMED_AT_MOST = 20


@dataclass(frozen=True, slots=True)
class ClaimedDelivery:
    """A message that is ours until the lease passes; `attempt` counts from 1 and fences later writes.

    Shape: `secret` signs a webhook and is never shown. `wanted` is False where the rule was switched off meanwhile.
    """

    organization_id: int
    delivery_id: UUID
    attempt: int
    channel: str
    target: str
    secret: str | None
    wanted: bool
    message: Message

    def __repr__(self) -> str:
        """Name it without its secret and its target."""
        return f"ClaimedDelivery({self.organization_id}, {self.delivery_id}, attempt {self.attempt})"


def claim(transaction: Transaction, *, now: datetime, lease_seconds: float) -> ClaimedDelivery | None:
    """Take the next message that may go out, of any organization; None when there is none."""
    found = transaction.one(_QUERIES["next_due"], {"now": now})
    if found is None:
        return None
    enter_organization(transaction.connection, found.organization_id)
    own = {"organization": found.organization_id, "delivery": found.delivery_id}
    claimed = {**own, "attempts": found.attempts, "now": now, "lease": lease_seconds}
    attempt = int(transaction.scalar(_QUERIES["claim"], claimed))
    row = transaction.the(_QUERIES["content"], own)
    named = {"organization": found.organization_id, "alert": row.alert_id, "only": row.only_segment}
    segments = transaction.rows(_QUERIES["segments"], {**named, "limit": NAMED_AT_MOST})
    message = Message(
        row.delivery_id, row.news, row.alert_id, row.kind, row.cause, row.sentence, row.opened_at, row.recovered_at,
        row.occurrences, row.organization_name, tuple((each.segment_id, each.name) for each in segments),
        len(segments) if row.only_segment is not None else row.segments,
    )  # fmt: skip
    wanted = row.enabled or row.kind == "test"
    return ClaimedDelivery(
        found.organization_id, row.delivery_id, attempt, row.channel, row.target, row.secret, wanted, message
    )


def delivered(transaction: Transaction, claimed: ClaimedDelivery, *, now: datetime) -> bool:
    """Mark that it arrived; False when it belongs to another sender by now."""
    return transaction.run(_QUERIES["delivered"], {**_fenced(claimed), "now": now}) == 1


def later(transaction: Transaction, claimed: ClaimedDelivery, *, now: datetime, wait: float, error: str) -> bool:
    """Try it again after a wait. Units: seconds."""
    return transaction.run(_QUERIES["later"], {**_fenced(claimed), "now": now, "wait": wait, "error": error}) == 1


def give_up(transaction: Transaction, claimed: ClaimedDelivery, *, now: datetime, error: str) -> bool:
    """Do not try it again; the error is kept."""
    return transaction.run(_QUERIES["give_up"], {**_fenced(claimed), "now": now, "error": error}) == 1


def _fenced(claimed: ClaimedDelivery) -> dict[str, object]:
    return {
        "organization": claimed.organization_id,
        "delivery": claimed.delivery_id,
        "attempts": claimed.attempt,
    }
