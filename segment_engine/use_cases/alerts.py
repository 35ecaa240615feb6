"""Alerts: what is wrong and what was, who knows of it, and who is told."""

from __future__ import annotations

from uuid import UUID

from segment_engine.db import alerts as rows
from segment_engine.db import audit
from segment_engine.db.session import Database
from segment_engine.domain.access import OrganizationContext, Permission, require
from segment_engine.domain.alerts import Alert, AlertCard, AlertCount
from segment_engine.errors import NotFound
from segment_engine.use_cases.alert_rules import AlertRules

MOST_ALERTS = 500


class Alerts(AlertRules):
    """The use cases around alerts. Workers open and close them; people read them and say that they know."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._database = database

    def count(self, context: OrganizationContext) -> AlertCount:
        """Count the alerts that are open. Raises: PermissionDenied."""
        require(context, Permission.SEGMENTS_VIEW)
        with self._database.transaction(context.organization_id, read_only=True) as transaction:
            return rows.count_open(transaction, context.organization_id)

    def find(
        self, context: OrganizationContext, *, only_open: bool = True, segment_id: UUID | None = None,
        limit: int = MOST_ALERTS,
    ) -> tuple[AlertCard, ...]:  # fmt: skip
        """List the alerts that are open, or those that are over, the newest first; of one segment or of all.

        Raises: PermissionDenied.
        """
        require(context, Permission.SEGMENTS_VIEW)
        most = min(limit, MOST_ALERTS)
        with self._database.transaction(context.organization_id, read_only=True) as transaction:
            return rows.find(
                transaction, context.organization_id, only_open=only_open, limit=most, segment_id=segment_id
            )

    def get(self, context: OrganizationContext, alert_id: UUID) -> Alert:
        """Read one alert with its segments; what was sent, to whom, is for those who may manage its rules.

        Raises: PermissionDenied; NotFound for an unknown id and for one of another organization alike.
        """
        require(context, Permission.SEGMENTS_VIEW)
        organization_id = context.organization_id
        with self._database.transaction(organization_id, read_only=True, snapshot=True) as transaction:
            card = rows.get(transaction, organization_id, alert_id)
            if card is None:
                raise NotFound
            sent = context.may(Permission.SEGMENTS_EDIT)
            return Alert(
                card,
                rows.segments(transaction, organization_id, alert_id),
                rows.deliveries(transaction, organization_id, alert_id) if sent else (),
            )

    def acknowledge(self, context: OrganizationContext, alert_id: UUID) -> bool:
        """Say that one knows of an alert; False when somebody did before, or it is over.

        Raises: PermissionDenied; NotFound for an unknown id and for one of another organization alike.
        """
        require(context, Permission.SEGMENTS_EDIT)
        organization_id = context.organization_id
        with self._database.transaction(organization_id) as transaction:
            done = rows.hold(transaction, organization_id, alert_id)
            if done is None:
                raise NotFound
            if done:
                return False
            rows.acknowledge(transaction, organization_id, alert_id, person_id=context.person_id)
            audit.record(
                transaction, context, action="alert.acknowledge", object_kind="alert", object_id=alert_id
            )  # fmt: skip
            return True
