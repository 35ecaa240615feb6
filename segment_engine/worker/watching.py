"""Watching: compares what is stored with the alerts that are open; opens, continues and closes them, and tells people.

Every worker calls `look` every few seconds; an organization is looked at by one of them when its time has come. A run
that ends brings its organization's look forward (the trigger runs_watched). The command `watch` does the same without
a worker.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime

from segment_engine.db import watching as rows
from segment_engine.db.session import Database, Transaction
from segment_engine.domain.alerts import AlertId, AlertKind, Continued, OpenAlert, Trouble, compare
from segment_engine.domain.segment import SegmentId
from segment_engine.domain.troubles import troubles_of
from segment_engine.worker.turns import take_turns

log = logging.getLogger(__name__)

PAUSE_SECONDS = 30.0
SEEN_AGAIN_SECONDS = 300
MOST_AT_ONCE = 20


def look(database: Database, *, now: datetime | None = None) -> int:
    """Look at the organizations whose time has come, each in a transaction of its own.

    Shape: `now` stands in for the database's clock; it decides who is due, when things happened and what is quiet.
        Trouble with one organization never keeps the others from being looked at.
    Units: organizations looked at.
    Raises: Unavailable when the database cannot be reached.
    """
    with database.transaction() as transaction:
        moment = now or transaction.now()
        due = rows.due(transaction, now=moment, pause=PAUSE_SECONDS, limit=MOST_AT_ONCE)
    return take_turns(
        database, due, lambda transaction, organization_id: _look_at(transaction, organization_id, moment),
        what="the troubles",
    )  # fmt: skip


def _look_at(transaction: Transaction, organization_id: int, now: datetime) -> int:
    if not rows.hold(transaction, organization_id):
        return 0
    troubles = troubles_of(rows.observe(transaction, organization_id))
    compared = compare(rows.open_alerts(transaction, organization_id), troubles)
    crier = _Crier(transaction, organization_id, now)
    # What is over comes first: of a segment that fails for another cause now, the last that is heard is that it fails.
    for alert in compared.recovered:
        rows.recover(transaction, organization_id, alert, now=now)
        crier.recovered(alert.alert_id, alert, alert.segments, of_all=True)
        _log("recovered", organization_id, alert.alert_id, None)
    for continued in compared.continued:
        _go_on(transaction, organization_id, continued, crier, now)
    for trouble in compared.opened:
        alert_id = rows.open_alert(transaction, organization_id, trouble, now=now)
        if alert_id is not None:
            crier.opened(alert_id, trouble.kind, trouble.segments, of_all=True)
            _log("opened", organization_id, alert_id, trouble)
    return 1


def _go_on(transaction: Transaction, organization_id: int, continued: Continued, crier: _Crier, now: datetime) -> None:
    silent = (now - continued.alert.last_seen_at).total_seconds()
    if not continued.changed and silent < SEEN_AGAIN_SECONDS:
        return  # nothing to write: a look that finds the same again leaves no trace
    rows.go_on(transaction, organization_id, continued, now=now)
    crier.recovered(continued.alert.alert_id, continued.alert, continued.recovered, of_all=False)
    crier.opened(continued.alert.alert_id, continued.trouble.kind, continued.joined, of_all=False)


def _log(news: str, organization_id: int, alert_id: AlertId, trouble: Trouble | None) -> None:
    kind = None if trouble is None else trouble.kind.value
    fields = {"organization": organization_id, "alert": str(alert_id), "kind": kind}
    log.info("alert %s %s", alert_id, news, extra=fields)


class _Crier:
    """Puts what has to be told into the outbox, for the rules of one organization."""

    def __init__(self, transaction: Transaction, organization_id: int, now: datetime) -> None:
        self._transaction = transaction
        self._organization_id = organization_id
        self._now = now
        self._rules = rows.rules(transaction, organization_id)
        self._zone = rows.time_zone(transaction, organization_id)

    def opened(self, alert_id: AlertId, kind: AlertKind, segments: Iterable[SegmentId], *, of_all: bool) -> None:
        """Tell that a trouble began: rules of the organization once, those of a segment when it is concerned.

        Shape: who was to hear that it is over, and has not, knows of it already.
        """
        chosen = self._concerned(kind, frozenset(segments), of_all=of_all)
        ids = [rule.rule_id for rule in chosen]
        known = rows.take_back(self._transaction, self._organization_id, alert_id, ids, now=self._now) if ids else ()
        self._tell(alert_id, "opened", [rule for rule in chosen if rule.rule_id not in known])

    def recovered(self, alert_id: AlertId, alert: OpenAlert, segments: Iterable[SegmentId], *, of_all: bool) -> None:
        """Tell that a trouble is over, to whom its beginning was told; take back what still waits for quiet hours."""
        chosen = self._concerned(rows.kind_of(alert.key), frozenset(segments), of_all=of_all)
        if not chosen:
            return
        ids = [rule.rule_id for rule in chosen]
        taken = rows.withdraw(self._transaction, self._organization_id, alert_id, ids, now=self._now)
        known = rows.told(self._transaction, self._organization_id, alert_id) - taken
        self._tell(alert_id, "recovered", [rule for rule in chosen if rule.rule_id in known])

    def _concerned(self, kind: AlertKind, segments: frozenset[SegmentId], *, of_all: bool) -> list[rows.ToldRule]:
        return [
            rule for rule in self._rules
            if kind.value in rule.kinds and (of_all if rule.segment_id is None else rule.segment_id in segments)
        ]  # fmt: skip

    def _tell(self, alert_id: AlertId, news: str, chosen: list[rows.ToldRule]) -> None:
        when = {
            rule.rule_id: (rule.quiet and rule.quiet.over_at(self._now, self._zone)) or self._now for rule in chosen
        }
        rows.tell(self._transaction, self._organization_id, alert_id, news=news, when=when)
