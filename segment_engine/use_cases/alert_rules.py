"""Who is told of alerts: rules of the organization and of single segments."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from segment_engine.db import alerts as rows
from segment_engine.db import audit, segments
from segment_engine.db.session import Database, Transaction
from segment_engine.domain.access import OrganizationContext, Permission, require
from segment_engine.domain.alert_rules import AlertRule, Channel, NewRule, RuleDraft, checked_rule, in_their_order
from segment_engine.domain.alerts import AlertDelivery
from segment_engine.domain.segment import SegmentId
from segment_engine.errors import InputError, LimitExceeded, NotFound, StaleVersion
from segment_engine.worker.webhooks import new_secret

MOST_RULES = 200


class AlertRules:
    """The part of `Alerts` that says who is told.

    A rule of a segment is for those who may change segments, one of the organization for those who manage its sources.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def rules(self, context: OrganizationContext, *, segment_id: UUID | None = None) -> tuple[AlertRule, ...]:
        """List all rules, or those of one segment. Whom they tell is for those who may change segments.

        Raises: PermissionDenied.
        """
        require(context, Permission.SEGMENTS_EDIT)
        with self._database.transaction(context.organization_id, read_only=True) as transaction:
            return rows.rules(transaction, context.organization_id, segment_id=segment_id)

    def add_rule(self, context: OrganizationContext, draft: RuleDraft) -> NewRule:
        """Add a rule. The answer holds the secret of a webhook, which is never shown again.

        Raises: PermissionDenied, InputError, LimitExceeded; NotFound for a segment that does not exist here.
        """
        require(context, Permission.SEGMENTS_EDIT)
        _allow(context, draft.segment_id)
        checked, organization_id = checked_rule(draft), context.organization_id
        secret = new_secret() if checked.channel is Channel.WEBHOOK else None
        with self._database.transaction(organization_id) as transaction:
            segment_id = checked.segment_id
            if segment_id is not None and segments.get(transaction, organization_id, segment_id) is None:
                raise NotFound
            if rows.count_rules(transaction, organization_id) >= MOST_RULES:
                raise LimitExceeded(f"There are {MOST_RULES} rules already. Remove one that nobody needs.")
            rule_id = rows.add_rule(
                transaction, organization_id, checked, secret=secret, person_id=context.person_id
            )  # fmt: skip
            _record(transaction, context, "alert_rule.add", rule_id, checked)
            return NewRule(_rule(transaction, context, rule_id), secret)

    def change_rule(
        self, context: OrganizationContext, rule_id: UUID, *, expected_revision: int, draft: RuleDraft
    ) -> AlertRule:
        """Change a rule; its segment, its channel and the secret of its webhook stay as they are.

        Raises: PermissionDenied, InputError, NotFound, StaleVersion when somebody changed it in between.
        """
        require(context, Permission.SEGMENTS_EDIT)
        organization_id = context.organization_id
        with self._database.transaction(organization_id) as transaction:
            segment_id, revision, channel = _held(transaction, context, rule_id)
            if revision != expected_revision:
                raise StaleVersion
            if draft.channel is not channel:
                raise InputError("The channel of a rule stays as it is. Add another rule, and remove this one.")
            kept = None if segment_id is None else SegmentId(segment_id)
            checked = checked_rule(replace(draft, segment_id=kept))
            rows.change_rule(transaction, organization_id, rule_id, checked)
            _record(transaction, context, "alert_rule.change", rule_id, checked)
            return _rule(transaction, context, rule_id)

    def remove_rule(self, context: OrganizationContext, rule_id: UUID) -> None:
        """Remove a rule; what waits to be sent for it is not sent. Raises: PermissionDenied, NotFound."""
        require(context, Permission.SEGMENTS_EDIT)
        with self._database.transaction(context.organization_id) as transaction:
            _held(transaction, context, rule_id)
            rule = _rule(transaction, context, rule_id)
            rows.remove_rule(transaction, context.organization_id, rule_id)
            _record(transaction, context, "alert_rule.remove", rule_id, rule.draft)

    def test_rule(self, context: OrganizationContext, rule_id: UUID) -> UUID:
        """Put a test message for a rule into the outbox, and give its id; a worker sends it at once.

        Raises: PermissionDenied, NotFound.
        """
        require(context, Permission.SEGMENTS_EDIT)
        with self._database.transaction(context.organization_id) as transaction:
            _held(transaction, context, rule_id)
            sentence = f"This is a test that was asked for in “{context.organization_name}”. Nothing is wrong."
            sent = rows.send_test(transaction, context.organization_id, rule_id, sentence=sentence)
            audit.record(
                transaction, context, action="alert_rule.test", object_kind="alert_rule", object_id=rule_id
            )  # fmt: skip
            return sent

    def delivery(self, context: OrganizationContext, delivery_id: UUID) -> AlertDelivery:
        """Read how far one message is. Raises: PermissionDenied, NotFound."""
        require(context, Permission.SEGMENTS_EDIT)
        with self._database.transaction(context.organization_id, read_only=True) as transaction:
            found = rows.delivery(transaction, context.organization_id, delivery_id)
        if found is None:
            raise NotFound
        return found


def _allow(context: OrganizationContext, segment_id: UUID | None) -> None:
    """Keep rules of the whole organization for those who manage its sources."""
    require(context, Permission.SOURCES_MANAGE if segment_id is None else Permission.SEGMENTS_EDIT)


def _held(transaction: Transaction, context: OrganizationContext, rule_id: UUID) -> tuple[UUID | None, int, Channel]:
    held = rows.hold_rule(transaction, context.organization_id, rule_id)
    if held is None:
        raise NotFound
    _allow(context, held[0])
    return held


def _rule(transaction: Transaction, context: OrganizationContext, rule_id: UUID) -> AlertRule:
    return rows.rules(transaction, context.organization_id, rule_id=rule_id)[0]


def _record(
    transaction: Transaction, context: OrganizationContext, action: str, rule_id: UUID, draft: RuleDraft
) -> None:
    """Write down what a rule says; never its secret, and of an address of a webhook its host alone."""
    target = draft.target if draft.channel is Channel.EMAIL else draft.target.split("/")[2]
    detail: dict[str, object] = {
        "channel": draft.channel.value,
        "target": target,
        "segment": None if draft.segment_id is None else str(draft.segment_id),
        "kinds": [kind.value for kind in in_their_order(draft.kinds)],
        "enabled": draft.enabled,
    }
    audit.record(transaction, context, action=action, object_kind="alert_rule", object_id=rule_id, detail=detail)
