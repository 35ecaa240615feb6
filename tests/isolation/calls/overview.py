"""Calls of this room, each with the permission it must ask for and a call with an id that may be unknown."""

from __future__ import annotations

from segment_engine.domain.access import Permission
from tests.isolation.calls.shared import Calls

CALLS: Calls = {
    "overview.report": (Permission.SEGMENTS_VIEW, lambda e, c, _i: e.overview.report(c)),
}
