"""Every public method that takes a context, with the permission it must ask for; one table a room."""

from __future__ import annotations

from tests.isolation.calls import (
    alerts,
    assertions,
    campaigns,
    cleanup,
    contacts,
    criteria_and_segments,
    imports,
    operations,
    overview,
    people,
    schedules,
    segment_details,
    segment_lists,
    sources,
    views,
)
from tests.isolation.calls.shared import DRAFT, EVERYONE, Call, Calls

__all__ = ("CALLS", "DRAFT", "EVERYONE", "Call")

CALLS: Calls = {
    **alerts.CALLS,
    **assertions.CALLS,
    **campaigns.CALLS,
    **cleanup.CALLS,
    **contacts.CALLS,
    **criteria_and_segments.CALLS,
    **imports.CALLS,
    **operations.CALLS,
    **overview.CALLS,
    **people.CALLS,
    **schedules.CALLS,
    **segment_details.CALLS,
    **segment_lists.CALLS,
    **sources.CALLS,
    **views.CALLS,
}
