"""Schedules of segments, and their pause."""

from __future__ import annotations

from segment_engine.domain.access import Permission
from segment_engine.domain.schedules import every
from tests.isolation.calls.shared import Calls

CALLS: Calls = {
    "schedules.get": (Permission.SEGMENTS_VIEW, lambda e, c, i: e.schedules.get(c, i)),
    "schedules.report": (Permission.SEGMENTS_VIEW, lambda e, c, _i: e.schedules.report(c)),
    "schedules.suspended": (Permission.SEGMENTS_VIEW, lambda e, c, _i: e.schedules.suspended(c)),
    "schedules.set": (
        Permission.SEGMENTS_EDIT,
        lambda e, c, i: e.schedules.set(c, i, every(60), expected_revision=0),
    ),
    "schedules.remove": (Permission.SEGMENTS_EDIT, lambda e, c, i: e.schedules.remove(c, i, expected_revision=0)),
    "schedules.resume": (Permission.SEGMENTS_EDIT, lambda e, c, i: e.schedules.resume(c, [i])),
    "schedules.pause_all": (Permission.SOURCES_MANAGE, lambda e, c, _i: e.schedules.pause_all(c)),
    "schedules.resume_all": (Permission.SOURCES_MANAGE, lambda e, c, _i: e.schedules.resume_all(c)),
}
