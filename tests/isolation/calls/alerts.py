"""Alerts: what is open, what was, who knows, and who is told."""

from __future__ import annotations

from uuid import UUID

from segment_engine.domain.access import Permission
from segment_engine.domain.alert_rules import Channel, RuleDraft
from segment_engine.domain.alerts import AlertKind
from segment_engine.domain.segment import SegmentId
from tests.isolation.calls.shared import Calls


def _draft(segment_id: UUID) -> RuleDraft:
    return RuleDraft(frozenset({AlertKind.EMPTY}), Channel.EMAIL, "team@example.org", SegmentId(segment_id))


CALLS: Calls = {
    "alerts.count": (Permission.SEGMENTS_VIEW, lambda e, c, _i: e.alerts.count(c)),
    "alerts.find": (Permission.SEGMENTS_VIEW, lambda e, c, i: e.alerts.find(c, segment_id=i)),
    "alerts.get": (Permission.SEGMENTS_VIEW, lambda e, c, i: e.alerts.get(c, i)),
    "alerts.acknowledge": (Permission.SEGMENTS_EDIT, lambda e, c, i: e.alerts.acknowledge(c, i)),
    "alerts.rules": (Permission.SEGMENTS_EDIT, lambda e, c, i: e.alerts.rules(c, segment_id=i)),
    "alerts.add_rule": (Permission.SEGMENTS_EDIT, lambda e, c, i: e.alerts.add_rule(c, _draft(i))),
    "alerts.change_rule": (
        Permission.SEGMENTS_EDIT,
        lambda e, c, i: e.alerts.change_rule(c, i, expected_revision=1, draft=_draft(i)),
    ),
    "alerts.remove_rule": (Permission.SEGMENTS_EDIT, lambda e, c, i: e.alerts.remove_rule(c, i)),
    "alerts.test_rule": (Permission.SEGMENTS_EDIT, lambda e, c, i: e.alerts.test_rule(c, i)),
    "alerts.delivery": (Permission.SEGMENTS_EDIT, lambda e, c, i: e.alerts.delivery(c, i)),
}
