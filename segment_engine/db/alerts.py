"""Alerts as people see them, and the rules of who is told: rows to values and back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Row

from segment_engine.db.queries import load_queries
from segment_engine.db.session import Transaction
from segment_engine.domain.alert_rules import AlertRule, Channel, QuietHours, RuleDraft, RuleId, in_their_order
from segment_engine.domain.alerts import (
    AlertCard,
    AlertCount,
    AlertDelivery,
    AlertId,
    AlertKind,
    AlertSegment,
    DeliveryState,
)
from segment_engine.domain.segment import SegmentId

_QUERIES = load_queries("alerts")


def find(
    transaction: Transaction, organization_id: int, *, only_open: bool, limit: int, segment_id: UUID | None = None,
    alert_id: UUID | None = None,
) -> tuple[AlertCard, ...]:  # fmt: skip
    """List alerts, the newest first."""
    values = {"organization": organization_id, "open": only_open, "segment": segment_id, "alert": alert_id}
    return tuple(_card(row) for row in transaction.rows(_QUERIES["find"], {**values, "limit": limit}))


def get(transaction: Transaction, organization_id: int, alert_id: UUID) -> AlertCard | None:
    """Read one alert, open or over."""
    is_open = transaction.scalar(_QUERIES["is_open"], {"organization": organization_id, "alert": alert_id})
    if is_open is None:
        return None
    found = find(transaction, organization_id, only_open=is_open, limit=1, alert_id=alert_id)
    return found[0] if found else None


def _card(row: Row[Any]) -> AlertCard:
    return AlertCard(
        AlertId(row.alert_id), AlertKind(row.kind), row.cause, row.sentence, row.opened_at, row.last_seen_at,
        row.occurrences, row.acknowledged_at, row.acknowledged_by_name, row.recovered_at, row.segments, row.failing,
        tuple(row.first_names or ()),
    )  # fmt: skip


def count_open(transaction: Transaction, organization_id: int) -> AlertCount:
    """Count what is open."""
    row = transaction.the(_QUERIES["count_open"], {"organization": organization_id})
    return AlertCount(row.open, row.unseen)


def segments(transaction: Transaction, organization_id: int, alert_id: UUID) -> tuple[AlertSegment, ...]:
    """List the segments of an alert, those first for which it goes on."""
    rows = transaction.rows(_QUERIES["segments"], {"organization": organization_id, "alert": alert_id})
    return tuple(AlertSegment(SegmentId(row.segment_id), row.name, row.since, row.recovered_at) for row in rows)


def deliveries(transaction: Transaction, organization_id: int, alert_id: UUID) -> tuple[AlertDelivery, ...]:
    """List the messages about an alert, the newest first."""
    rows = transaction.rows(_QUERIES["deliveries"], {"organization": organization_id, "alert": alert_id})
    return tuple(_delivery(row) for row in rows)


def delivery(transaction: Transaction, organization_id: int, delivery_id: UUID) -> AlertDelivery | None:
    """Read how far one message is."""
    row = transaction.one(_QUERIES["delivery"], {"organization": organization_id, "delivery": delivery_id})
    return None if row is None else _delivery(row)


def _delivery(row: Row[Any]) -> AlertDelivery:
    return AlertDelivery(
        row.delivery_id, row.channel, row.target, row.news, _state(row), row.not_before, row.attempts,
        row.delivered_at, row.error,
    )  # fmt: skip


def _state(row: Row[Any]) -> DeliveryState:
    if row.delivered_at is not None:
        return DeliveryState.DELIVERED
    if row.given_up_at is None:
        return DeliveryState.WAITING
    # What was never tried was taken back on purpose.
    return DeliveryState.GIVEN_UP if row.attempts else DeliveryState.WITHDRAWN


def hold(transaction: Transaction, organization_id: int, alert_id: UUID) -> bool | None:
    """Hold an alert until the transaction ends: whether it is acknowledged or over already; None for no such alert."""
    row = transaction.one(_QUERIES["hold"], {"organization": organization_id, "alert": alert_id})
    return None if row is None else row.acknowledged_at is not None or row.recovered_at is not None


def acknowledge(transaction: Transaction, organization_id: int, alert_id: UUID, *, person_id: UUID) -> None:
    """Write down who knows of an alert."""
    values = {"organization": organization_id, "alert": alert_id, "person": person_id}
    transaction.run(_QUERIES["acknowledge"], values)


# Rules -------------------------------------------------------------------------------------------------------------


def rules(
    transaction: Transaction, organization_id: int, *, segment_id: UUID | None = None, rule_id: UUID | None = None
) -> tuple[AlertRule, ...]:
    """List the rules, those of the whole organization first. No secret is read."""
    values = {"organization": organization_id, "segment": segment_id, "rule": rule_id}
    return tuple(_rule(row) for row in transaction.rows(_QUERIES["rules"], values))


def _rule(row: Row[Any]) -> AlertRule:
    quiet = None if row.quiet_from is None else QuietHours(row.quiet_from, row.quiet_until)
    segment_id = None if row.segment_id is None else SegmentId(row.segment_id)
    kinds = frozenset(AlertKind(kind) for kind in row.kinds if kind in set(AlertKind))
    draft = RuleDraft(kinds, Channel(row.channel), row.target, segment_id, quiet, row.enabled)
    return AlertRule(
        RuleId(row.rule_id), row.revision, draft, row.segment_name, row.created_at, row.created_by_name,
        row.last_delivered_at, row.last_error,
    )  # fmt: skip


def count_rules(transaction: Transaction, organization_id: int) -> int:
    """Count the rules of an organization."""
    return int(transaction.scalar(_QUERIES["count_rules"], {"organization": organization_id}))


def hold_rule(transaction: Transaction, organization_id: int, rule_id: UUID) -> tuple[UUID | None, int, Channel] | None:
    """Hold a rule until the transaction ends: its segment, its revision and its channel; None for no such rule."""
    row = transaction.one(_QUERIES["hold_rule"], {"organization": organization_id, "rule": rule_id})
    return None if row is None else (row.segment_id, row.revision, Channel(row.channel))


def add_rule(
    transaction: Transaction, organization_id: int, draft: RuleDraft, *, secret: str | None, person_id: UUID
) -> RuleId:
    """Store a new rule."""
    values = {**_values(organization_id, draft), "secret": secret, "person": person_id}
    more = {"segment": draft.segment_id, "channel": draft.channel.value}
    return RuleId(transaction.scalar(_QUERIES["add_rule"], {**values, **more}))


def change_rule(transaction: Transaction, organization_id: int, rule_id: UUID, draft: RuleDraft) -> None:
    """Store a changed rule; its segment, its channel and its secret stay."""
    transaction.run(_QUERIES["change_rule"], {**_values(organization_id, draft), "rule": rule_id})


def _values(organization_id: int, draft: RuleDraft) -> dict[str, object]:
    return {
        "organization": organization_id,
        "kinds": [kind.value for kind in in_their_order(draft.kinds)],
        "target": draft.target,
        "quiet_from": None if draft.quiet is None else draft.quiet.start,
        "quiet_until": None if draft.quiet is None else draft.quiet.end,
        "enabled": draft.enabled,
    }


def remove_rule(transaction: Transaction, organization_id: int, rule_id: UUID) -> None:
    """Remove a rule, and what waits to be sent for it."""
    transaction.run(_QUERIES["remove_rule"], {"organization": organization_id, "rule": rule_id})


def send_test(transaction: Transaction, organization_id: int, rule_id: UUID, *, sentence: str) -> UUID:
    """Put a test message into the outbox, and give its id."""
    values = {"organization": organization_id, "rule": str(rule_id)}
    alert_id = transaction.scalar(_QUERIES["test"], {**values, "sentence": sentence})
    return transaction.scalar(
        _QUERIES["send_test"], {"organization": organization_id, "alert": alert_id, "rule": rule_id}
    )
