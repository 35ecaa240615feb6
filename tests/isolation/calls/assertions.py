"""Checks people set up, and why members changed."""

from __future__ import annotations

from segment_engine.domain.access import Permission
from segment_engine.domain.assertions import AssertionDraft, AssertionKind
from tests.isolation.calls.shared import Calls

AT_LEAST_ONE = AssertionDraft(AssertionKind.COUNT_BETWEEN, lowest=1)

CALLS: Calls = {
    "assertions.find": (Permission.SEGMENTS_VIEW, lambda e, c, i: e.assertions.find(c, i)),
    "assertions.add": (Permission.SEGMENTS_EDIT, lambda e, c, i: e.assertions.add(c, i, AT_LEAST_ONE)),
    "assertions.change": (
        Permission.SEGMENTS_EDIT,
        lambda e, c, i: e.assertions.change(c, i, i, expected_revision=1, draft=AT_LEAST_ONE),
    ),
    "assertions.remove": (Permission.SEGMENTS_EDIT, lambda e, c, i: e.assertions.remove(c, i, i)),
    "assertions.publish_anyway": (Permission.SEGMENTS_EDIT, lambda e, c, i: e.assertions.publish_anyway(c, i)),
    "changes.of_segment": (Permission.SEGMENTS_VIEW, lambda e, c, i: e.changes.of_segment(c, i)),
    "changes.of_run": (Permission.SEGMENTS_VIEW, lambda e, c, i: e.changes.of_run(c, i)),
    "changes.of_contact": (Permission.MEMBERS_VIEW, lambda e, c, i: e.changes.of_contact(c, i, "nobody")),
    "changes.since_frozen": (Permission.CAMPAIGNS_VIEW, lambda e, c, i: e.changes.since_frozen(c, i)),
    "changes.by_time": (Permission.SEGMENTS_VIEW, lambda e, c, i: e.changes.by_time(c, i)),
}
