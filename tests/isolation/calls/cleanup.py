"""Cleanup: candidates, comparing members, and putting segments away."""

from __future__ import annotations

from segment_engine.domain.access import Permission
from segment_engine.domain.cleanup import CleanupQuery
from segment_engine.domain.segment_acts import SegmentAct
from tests.isolation.calls.shared import Calls

CALLS: Calls = {
    "cleanup.find": (Permission.SEGMENTS_VIEW, lambda e, c, _i: e.cleanup.find(c, CleanupQuery())),
    "cleanup.archived": (Permission.SEGMENTS_VIEW, lambda e, c, _i: e.cleanup.archived(c)),
    "cleanup.compare": (Permission.SEGMENTS_VIEW, lambda e, c, _i: e.cleanup.compare(c)),
    "cleanup.rehearse": (Permission.SEGMENTS_VIEW, lambda e, c, i: e.cleanup.rehearse(c, SegmentAct.DELETE, [i])),
    "cleanup.archive": (Permission.SEGMENTS_EDIT, lambda e, c, i: e.cleanup.archive(c, [i])),
    "cleanup.delete": (Permission.SEGMENTS_DELETE, lambda e, c, i: e.cleanup.delete(c, [i])),
}
