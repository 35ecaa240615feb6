"""Watching: which organizations are due, what is stored about their troubles, and the alerts that follow."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from segment_engine.db.queries import load_queries
from segment_engine.db.session import Transaction
from segment_engine.db.standing import standing_of_row, standing_values
from segment_engine.domain.alert_rules import QuietHours, RuleId
from segment_engine.domain.alerts import KIND_OF_REASON, AlertId, AlertKind, Continued, OpenAlert, Trouble
from segment_engine.domain.operations import SILENT_SECONDS
from segment_engine.domain.segment import SegmentId
from segment_engine.domain.troubles import Failure, Observed, SilentSource, SuspendedSchedule

_QUERIES = load_queries("watching")


@dataclass(frozen=True, slots=True)
class ToldRule:
    """As much of a rule as decides who is told when."""

    rule_id: RuleId
    segment_id: SegmentId | None
    kinds: frozenset[str]
    quiet: QuietHours | None


def due(transaction: Transaction, *, now: datetime, pause: float, limit: int) -> tuple[int, ...]:
    """Take the organizations that are to be looked at, and put their next look off. Units: seconds."""
    rows = transaction.rows(_QUERIES["due"], {"now": now, "pause": pause, "limit": limit})
    return tuple(row.organization_id for row in rows)


def hold(transaction: Transaction, organization_id: int) -> bool:
    """Keep other looks away until the transaction ends; False when one goes on."""
    return bool(transaction.scalar(_QUERIES["hold"], {"organization": organization_id}))


def time_zone(transaction: Transaction, organization_id: int) -> str:
    """Read the organization's time zone."""
    return transaction.the(_QUERIES["limits"], {"organization": organization_id}).time_zone


def observe(transaction: Transaction, organization_id: int) -> Observed:
    """Read everything that can be a trouble. Nothing is evaluated."""
    own = {"organization": organization_id}
    limits = transaction.the(_QUERIES["limits"], own)
    values = {**own, **standing_values(), "codes": list(KIND_OF_REASON)}
    rows = transaction.rows(_QUERIES["standings"], values)
    standings = {SegmentId(row.segment_id): standing_of_row(row) for row in rows}
    failed = [row.segment_id for row in rows if "last_run_failed" in row.reasons]
    queue = transaction.the(_QUERIES["queue"], {**own, "silent": SILENT_SECONDS})
    return Observed(
        standings,
        failures=tuple(
            Failure(row.segment_id, row.error_class, row.error_sentence or "", row.finished_at, row.withheld)
            for row in transaction.rows(_QUERIES["failures"], {**own, "segments": failed})
        ),
        suspended=tuple(
            SuspendedSchedule(row.segment_id, row.suspended_because, row.suspended_at)
            for row in transaction.rows(_QUERIES["suspended"], own)
        ),
        silent=tuple(_silent(row) for row in transaction.rows(_QUERIES["silent"], own)),
        longest_wait=None if queue.longest_wait is None else float(queue.longest_wait),
        live_workers=queue.live_workers,
        stale_after_hours=limits.stale_after_hours, unusable_after_hours=limits.unusable_after_hours,
    )  # fmt: skip


def _silent(row: Row[Any]) -> SilentSource:
    ids = frozenset(SegmentId(each) for each in row.segments)
    return SilentSource(str(row.data_source_id), row.name, row.stale_after_hours, row.last_imported_at, ids)


def open_alerts(transaction: Transaction, organization_id: int) -> tuple[OpenAlert, ...]:
    """List the alerts that are open."""
    return tuple(
        OpenAlert(
            AlertId(row.alert_id), row.trouble_key, row.sentence, frozenset(SegmentId(each) for each in row.segments),
            row.last_seen_at,
        )
        for row in transaction.rows(_QUERIES["open_alerts"], {"organization": organization_id})
    )  # fmt: skip


def open_alert(transaction: Transaction, organization_id: int, trouble: Trouble, *, now: datetime) -> AlertId | None:
    """Open an alert with its segments; None when it was opened by somebody else at this moment."""
    values = {"key": trouble.key, "kind": trouble.kind.value, "cause": trouble.cause, "sentence": trouble.sentence}
    made = transaction.scalar(_QUERIES["open"], {"organization": organization_id, "now": now, **values})
    if made is None:
        return None
    _join(transaction, organization_id, made, trouble.segments, now)
    return AlertId(made)


def go_on(transaction: Transaction, organization_id: int, continued: Continued, *, now: datetime) -> None:
    """Write down that a trouble was seen again, which segments came to it, and for which it is over."""
    alert_id, trouble = continued.alert.alert_id, continued.trouble
    values = {"organization": organization_id, "alert": alert_id, "now": now, "anew": int(continued.anew)}
    transaction.run(_QUERIES["go_on"], {**values, "sentence": trouble.sentence, "cause": trouble.cause})
    _join(transaction, organization_id, alert_id, continued.joined, now)
    _leave(transaction, organization_id, alert_id, continued.recovered, now)


def recover(transaction: Transaction, organization_id: int, alert: OpenAlert, *, now: datetime) -> None:
    """Close an alert: the trouble is over, for every segment of it."""
    _leave(transaction, organization_id, alert.alert_id, alert.segments, now)
    transaction.run(_QUERIES["recover"], {"organization": organization_id, "alert": alert.alert_id, "now": now})


def _join(
    transaction: Transaction, organization_id: int, alert_id: UUID, ids: Iterable[SegmentId], now: datetime
) -> None:
    segments = list(ids)
    if segments:
        values = {"organization": organization_id, "alert": alert_id, "segments": segments, "now": now}
        transaction.run(_QUERIES["join_segments"], values)


def _leave(
    transaction: Transaction, organization_id: int, alert_id: UUID, ids: Iterable[SegmentId], now: datetime
) -> None:
    segments = list(ids)
    if segments:
        values = {"organization": organization_id, "alert": alert_id, "segments": segments, "now": now}
        transaction.run(_QUERIES["recover_segments"], values)


# Who is told -------------------------------------------------------------------------------------------------------


def rules(transaction: Transaction, organization_id: int) -> tuple[ToldRule, ...]:
    """List the rules that are switched on."""
    return tuple(
        ToldRule(
            RuleId(row.rule_id), None if row.segment_id is None else SegmentId(row.segment_id), frozenset(row.kinds),
            None if row.quiet_from is None else QuietHours(row.quiet_from, row.quiet_until),
        )
        for row in transaction.rows(_QUERIES["rules"], {"organization": organization_id})
    )  # fmt: skip


def tell(
    transaction: Transaction, organization_id: int, alert_id: UUID, *, news: str, when: dict[RuleId, datetime]
) -> int:
    """Put messages about an alert into the outbox, none twice. Units: messages; `when` is not before, in UTC."""
    values = {"organization": organization_id, "alert": alert_id, "news": news}
    return sum(
        transaction.run(_QUERIES["tell"], {**values, "rule": rule_id, "not_before": moment})
        for rule_id, moment in when.items()
    )


def withdraw(
    transaction: Transaction, organization_id: int, alert_id: UUID, rule_ids: Sequence[RuleId], *, now: datetime
) -> frozenset[RuleId]:
    """Take back what waits for quiet hours to end about a trouble that is over. Gives the rules it was meant for."""
    why = "It was over before the quiet hours were, so nothing was sent."
    values = {"organization": organization_id, "alert": alert_id, "rules": list(rule_ids), "now": now, "why": why}
    return frozenset(RuleId(row.rule_id) for row in transaction.rows(_QUERIES["withdraw"], values))


def take_back(
    transaction: Transaction, organization_id: int, alert_id: UUID, rule_ids: Sequence[RuleId], *, now: datetime
) -> frozenset[RuleId]:
    """Take back that a trouble is over, which came back. Gives the rules that never heard that it was."""
    why = "The trouble came back before its end was told."
    values = {"organization": organization_id, "alert": alert_id, "rules": list(rule_ids), "now": now, "why": why}
    rows = transaction.rows(_QUERIES["take_back"], values)
    return frozenset(RuleId(row.rule_id) for row in rows if not row.tried)


def told(transaction: Transaction, organization_id: int, alert_id: UUID) -> frozenset[RuleId]:
    """List the rules that know that the alert is open, or are about to."""
    rows = transaction.rows(_QUERIES["told"], {"organization": organization_id, "alert": alert_id})
    return frozenset(RuleId(row.rule_id) for row in rows)


def kind_of(trouble_key: str) -> AlertKind:
    """Read the kind of an alert from its key, which begins with it."""
    return AlertKind(trouble_key.partition(":")[0])
