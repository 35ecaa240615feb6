"""What tests of alerts are made of: segments that fail and succeed, looks at a chosen moment, and what they left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from segment_engine.databases import Databases
from segment_engine.db import workers
from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.alert_rules import Channel, QuietHours, RuleDraft, all_kinds
from segment_engine.domain.alerts import AlertCard, AlertKind
from segment_engine.domain.segment import SegmentDraft, SegmentId
from segment_engine.engine import Engine
from segment_engine.worker.loop import Worker
from segment_engine.worker.watching import look

EVERYONE: dict[str, object] = {
    "format": "segment-criteria",
    "version": 1,
    "base": "contacts",
    "root": {"group": "all", "of": [{"kind": "all_contacts"}]},
}
GONE = "$.root.of[0]: There is no field “contact.shop”. Choose one of the catalog."


@dataclass
class AlertWorld:
    """One organization whose clock is in the test's hand."""

    engine: Engine
    databases: Databases
    context: OrganizationContext
    now: datetime

    def segment(self, name: str) -> SegmentId:
        """Save a segment of everyone; its first run waits."""
        draft = SegmentDraft(name, "", EVERYONE, accepted_warnings=frozenset({"L-DUPLICATE"}))
        return self.engine.segments.create(self.context, draft).segment_id

    def segments(self, *names: str) -> list[SegmentId]:
        """Save several segments."""
        return [self.segment(name) for name in names]

    def sql(self, statement: str, **values: object) -> Sequence[Any]:
        """Do what no use case can, as the owner of the server, in this organization."""
        with self.databases.migrator.transaction(self.context.organization_id) as transaction:
            result = transaction.connection.execute(text(statement), {"o": self.context.organization_id, **values})
            return result.all() if result.returns_rows else []

    def fail(
        self, segment_id: UUID, *, error_class: str = "field_missing", sentence: str = GONE,
        withheld: int | None = None,
    ) -> None:  # fmt: skip
        """Let the waiting run of a segment fail; without one, a new run is asked for."""
        self.engine.runs.request(self.context, segment_id)
        for status in ("processing", "failed"):
            self.sql(
                "UPDATE runs SET status = :status, started_at = coalesce(started_at, clock_timestamp()), "
                "attempt = attempt + CASE WHEN :status = 'processing' THEN 1 ELSE 0 END, "
                "error_class = :error_class, error_sentence = :sentence, withheld_count = cast(:withheld AS integer), "
                "finished_at = CASE WHEN :status = 'failed' THEN clock_timestamp() END "
                "WHERE organization_id = :o AND segment_id = :segment AND status IN ('queued', 'processing')",
                status=status, error_class=error_class, sentence=sentence, segment=segment_id, withheld=withheld,
            )  # fmt: skip

    def succeed(self, *segment_ids: UUID) -> None:
        """Recalculate segments with a real worker."""
        for segment_id in segment_ids:
            self.engine.runs.request(self.context, segment_id)
        worker = Worker(self.databases.worker)
        while worker.work_once():
            pass

    def look(self, after: timedelta = timedelta(minutes=1)) -> int:
        """Let a worker look, a while after the last time."""
        self.now += after
        return look(self.databases.worker, now=self.now)

    def databases_now(self) -> datetime:
        """Read the database's clock."""
        with self.databases.worker.transaction() as transaction:
            return transaction.now()

    def open(self, kind: AlertKind | None = None) -> tuple[AlertCard, ...]:
        """List the open alerts, of one kind or of all."""
        return tuple(card for card in self.engine.alerts.find(self.context) if kind in {None, card.kind})

    def tell(
        self, target: str = "team@example.org", *, channel: Channel = Channel.EMAIL, segment: SegmentId | None = None,
        quiet: QuietHours | None = None, kinds: frozenset[AlertKind] | None = None,
    ) -> UUID:  # fmt: skip
        """Add a rule, about everything it can be about."""
        chosen = kinds or all_kinds(of_a_segment=segment is not None)
        draft = RuleDraft(chosen, channel, target, segment, quiet)
        return self.engine.alerts.add_rule(self.context, draft).rule.rule_id

    def outbox(self) -> list[tuple[str, str, datetime, int, bool, bool]]:
        """List the messages: to whom, which news, not before when, attempts, delivered, given up."""
        rows = self.sql(
            "SELECT target, news, not_before, attempts, delivered_at IS NOT NULL AS delivered, "
            "given_up_at IS NOT NULL AS given_up FROM alert_deliveries JOIN alert_rules "
            "USING (organization_id, rule_id) WHERE organization_id = :o "
            "ORDER BY target, alert_deliveries.created_at, news"
        )
        return [(r.target, r.news, r.not_before, r.attempts, r.delivered, r.given_up) for r in rows]

    def told(self) -> list[tuple[str, str]]:
        """List the messages as target and news."""
        return [(target, news) for target, news, *_ in self.outbox()]


@pytest.fixture
def world(engine: Engine, databases: Databases, context: OrganizationContext) -> AlertWorld:
    """An organization with one contact and a worker that was heard of."""
    with databases.worker.transaction() as transaction:
        workers.beat(transaction, "one", runs_done=0)
        now = transaction.now()
    made = AlertWorld(engine, databases, context, now)
    made.sql("INSERT INTO contacts (organization_id, number, external_key) VALUES (:o, 1, 'one')")
    return made
