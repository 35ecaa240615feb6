"""Calls of this room, each with the permission it must ask for and a call with an id that may be unknown."""

from __future__ import annotations

from segment_engine.domain.access import Permission
from tests.isolation.calls.shared import Calls

CALLS: Calls = {
    "details.versions": (Permission.SEGMENTS_VIEW, lambda e, c, i: e.details.versions(c, i)),
    "details.restore": (
        Permission.SEGMENTS_EDIT,
        lambda e, c, i: e.details.restore(c, i, 1, expected_revision=1),
    ),
    "details.uses": (Permission.SEGMENTS_VIEW, lambda e, c, i: e.details.uses(c, i)),
    "details.reach": (Permission.SEGMENTS_VIEW, lambda e, c, i: e.details.reach(c, i)),
    "details.audiences": (Permission.CAMPAIGNS_VIEW, lambda e, c, i: e.details.audiences(c, i)),
    "details.engagement": (Permission.CAMPAIGNS_VIEW, lambda e, c, i: e.details.engagement(c, i)),
    "details.overlap": (Permission.SEGMENTS_VIEW, lambda e, c, i: e.details.overlap(c, i)),
    "details.members": (Permission.MEMBERS_VIEW, lambda e, c, i: e.details.members(c, i, search="a")),
}
