"""The list of segments, what is said about them, and acts on many at once."""

from __future__ import annotations

from segment_engine.domain.access import Permission
from segment_engine.domain.segment import SegmentQuery
from segment_engine.domain.segment_acts import SegmentAct
from tests.isolation.calls.shared import Calls

CALLS: Calls = {
    "segments.describe": (
        Permission.SEGMENTS_EDIT,
        lambda e, c, i: e.segments.describe(
            c, i, expected_revision=1, tags=("probe",), owner_id=None, notes="", review_on=None
        ),
    ),
    "segments.tags": (Permission.SEGMENTS_VIEW, lambda e, c, _i: e.segments.tags(c)),
    "segments.rehearse": (
        Permission.SEGMENTS_VIEW,
        lambda e, c, i: e.segments.rehearse(c, SegmentAct.ARCHIVE, [i]),
    ),
    "segments.archive": (Permission.SEGMENTS_EDIT, lambda e, c, i: e.segments.archive(c, [i])),
    "segments.unarchive": (Permission.SEGMENTS_EDIT, lambda e, c, i: e.segments.unarchive(c, [i])),
    "segments.tag": (Permission.SEGMENTS_EDIT, lambda e, c, i: e.segments.tag(c, [i], ["probe"])),
    "segments.untag": (Permission.SEGMENTS_EDIT, lambda e, c, i: e.segments.untag(c, [i], ["probe"])),
    "segments.set_owner": (Permission.SEGMENTS_EDIT, lambda e, c, i: e.segments.set_owner(c, [i], None)),
    "runs.request_many": (Permission.SEGMENTS_RECALCULATE, lambda e, c, i: e.runs.request_many(c, [i])),
    "segments.matching": (Permission.SEGMENTS_VIEW, lambda e, c, _i: e.segments.matching(c, SegmentQuery())),
    "segments.obstacles": (
        Permission.SEGMENTS_VIEW,
        lambda e, c, i: e.segments.obstacles(c, SegmentQuery("probe", owner_ids=frozenset({i}))),
    ),
    "segments.choices": (Permission.SEGMENTS_VIEW, lambda e, c, _i: e.segments.choices(c)),
    "segments.owners": (Permission.SEGMENTS_VIEW, lambda e, c, _i: e.segments.owners(c)),
}
