"""Saved views of the list."""

from __future__ import annotations

from segment_engine.domain.access import Permission
from tests.isolation.calls.shared import Calls

CALLS: Calls = {
    "views.find": (Permission.SEGMENTS_VIEW, lambda e, c, _i: e.views.find(c)),
    "views.save": (Permission.SEGMENTS_VIEW, lambda e, c, _i: e.views.save(c, "Probe", "q=probe")),
    "views.delete": (Permission.SEGMENTS_VIEW, lambda e, c, i: e.views.delete(c, i)),
}
