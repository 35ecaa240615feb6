"""Data sources: each call with the permission it must ask for and an id that may be unknown."""

from __future__ import annotations

from segment_engine.domain.access import Permission
from tests.isolation.calls.shared import Calls

CALLS: Calls = {
    "sources.find": (Permission.SOURCES_VIEW, lambda e, c, _i: e.sources.find(c)),
    "sources.get": (Permission.SOURCES_VIEW, lambda e, c, i: e.sources.get(c, i)),
    "sources.fields": (Permission.SOURCES_VIEW, lambda e, c, i: e.sources.fields(c, i)),
    "sources.field_history": (Permission.SOURCES_VIEW, lambda e, c, _i: e.sources.field_history(c, "contact.none")),
    "sources.imports": (Permission.SOURCES_VIEW, lambda e, c, i: e.sources.imports(c, i)),
    "sources.drift": (Permission.SOURCES_VIEW, lambda e, c, i: e.sources.drift(c, i)),
    "sources.drift_since_run": (Permission.SEGMENTS_VIEW, lambda e, c, i: e.sources.drift_since_run(c, i)),
    "sources.set_limits": (
        Permission.SOURCES_MANAGE,
        lambda e, c, i: e.sources.set_limits(c, i, stale_after_hours=26),
    ),
    "sources.plan_rename": (
        Permission.SOURCES_MANAGE,
        lambda e, c, _i: e.sources.plan_rename(c, "contact.none", new_key="contact.other"),
    ),
    "sources.rename_field": (
        Permission.SOURCES_MANAGE,
        lambda e, c, _i: e.sources.rename_field(c, "contact.none", new_key="contact.other"),
    ),
}
