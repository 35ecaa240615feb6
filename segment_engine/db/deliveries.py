"""The outbox of alerts: claimed by one sender at a time, marked when it arrived, tried again when it did not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from segment_engine.db.queries import load_queries
from segment_engine.db.session import Transaction, enter_organization
from segment_engine.domain.alert_rules import QuietHours
from segment_engine.domain.messages import TEST_KIND, Message

_QUERIES = load_queries("deliveries")
NAMED_AT_MOST = 20
UNTOLD = "Its beginning never arrived, so its end is not told."


@dataclass(frozen=True, slots=True)
class ClaimedDelivery:
    """A message that is ours until the lease passes; `attempt` counts from 1 and fences later writes.

    Shape: `secret` signs a webhook and is never shown. `wanted` is False where the rule was switched off meanwhile.
        With `is_put_off` it was not taken after all: these are quiet hours, and it waits for their end.
    """

    organization_id: int
    delivery_id: UUID
    attempt: int
    channel: str
    target: str
    secret: str | None
    wanted: bool
    message: Message
    is_put_off: bool = False

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
    fence = {**own, "attempts": found.attempts}
    row = transaction.the(_QUERIES["content"], own)
    wanted = row.enabled or row.kind == TEST_KIND
    until, attempt = _quiet_until(row, now) if wanted else None, found.attempts
    if until is not None:
        transaction.run(_QUERIES["put_off"], {**fence, "until": until})
    elif wanted:  # otherwise it is taken back as what was never tried
        attempt = int(transaction.scalar(_QUERIES["claim"], {**fence, "now": now, "lease": lease_seconds}))
    named = {"organization": found.organization_id, "alert": row.alert_id, "only": row.only_segment}
    segments = transaction.rows(_QUERIES["segments"], {**named, "limit": NAMED_AT_MOST})
    message = Message(
        row.delivery_id, row.news, row.alert_id, row.kind, row.cause, row.sentence, row.opened_at, row.recovered_at,
        row.occurrences, row.organization_name, tuple((each.segment_id, each.name) for each in segments),
        len(segments) if row.only_segment is not None else row.segments,
    )  # fmt: skip
    return ClaimedDelivery(
        found.organization_id, row.delivery_id, attempt, row.channel, row.target, row.secret, wanted, message,
        is_put_off=until is not None,
    )  # fmt: skip


def _quiet_until(row: Row[Any], now: datetime) -> datetime | None:
    """Say when the quiet hours of its rule end; None outside them, and for a test, which somebody waits for."""
    if row.quiet_from is None or row.kind == TEST_KIND:
        return None
    return QuietHours(row.quiet_from, row.quiet_until).over_at(now, row.time_zone)


def delivered(transaction: Transaction, claimed: ClaimedDelivery, *, now: datetime) -> bool:
    """Mark that it arrived; False when it belongs to another sender by now."""
    return transaction.run(_QUERIES["delivered"], {**_fenced(claimed), "now": now}) == 1


def later(transaction: Transaction, claimed: ClaimedDelivery, *, now: datetime, wait: float, error: str) -> bool:
    """Try it again after a wait. Units: seconds."""
    return transaction.run(_QUERIES["later"], {**_fenced(claimed), "now": now, "wait": wait, "error": error}) == 1


def give_up(transaction: Transaction, claimed: ClaimedDelivery, *, now: datetime, error: str) -> bool:
    """Do not try it again; the error is kept. An end that waited for this beginning is not told either."""
    ours = transaction.run(_QUERIES["give_up"], {**_fenced(claimed), "now": now, "error": error}) == 1
    if ours:
        own = {"organization": claimed.organization_id, "delivery": claimed.delivery_id}
        transaction.run(_QUERIES["give_up_end"], {**own, "now": now, "error": UNTOLD})
    return ours


def _fenced(claimed: ClaimedDelivery) -> dict[str, object]:
    return {
        "organization": claimed.organization_id,
        "delivery": claimed.delivery_id,
        "attempts": claimed.attempt,
    }
