"""The list of segments, what is said about them, and acts on many at once."""

from __future__ import annotations

from segment_engine.domain.access import Permission
from tests.isolation.calls.shared import Calls

CALLS: Calls = {
    "segments.describe": (
        Permission.SEGMENTS_EDIT,
        lambda e, c, i: e.segments.describe(
            c, i, expected_revision=1, tags=("probe",), owner_id=None, notes="", review_on=None
        ),
    ),
    "segments.tags": (Permission.SEGMENTS_VIEW, lambda e, c, _i: e.segments.tags(c)),
    "segments.owners": (Permission.SEGMENTS_VIEW, lambda e, c, _i: e.segments.owners(c)),
}
