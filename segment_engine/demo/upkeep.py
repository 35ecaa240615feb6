"""How the demo's segments are kept: schedules, checks people set up, a result that one of them withholds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from decimal import Decimal
from uuid import UUID

from segment_engine.databases import Databases
from segment_engine.demo.documents import TIME_ZONE
from segment_engine.domain.access import OrganizationContext, Role
from segment_engine.domain.assertions import AssertionDraft, AssertionKind, AssertionLevel
from segment_engine.domain.schedules import Schedule, daily, every, on_change, weekly
from segment_engine.use_cases.assertions import Assertions
from segment_engine.use_cases.people import People
from segment_engine.use_cases.schedules import Schedules

# Calculated again and again while it fails, until its schedule is suspended.
SUSPENDED = "Utrecht store regulars"
# Its next result is outside of what its owners allow, so the members it has stay.
WITHHELD = "Gift givers"

_EARLY = daily(time(6, 30), TIME_ZONE)
SCHEDULES: Mapping[str, Schedule] = {
    SUSPENDED: _EARLY,
    "Antwerp store regulars": _EARLY,
    "Loyal customers": _EARLY,
    "Regular buyers gone quiet": _EARLY,
    "New contacts": every(360),
    "Birthday in the next two weeks": daily(time(0, 10), TIME_ZONE),
    "Browsed the sale or filled a cart, did not buy": every(60),
    "Cart left behind": every(60),
    "Newsletter readers": _EARLY,
    "Needs care after a complaint": on_change(),
    "First order in the last 30 days": _EARLY,
    "High average order value": weekly(1, time(5, 0), TIME_ZONE),
    "Loyal, reachable by mail": on_change(),
    "The 250 best buyers of the quarter": weekly(7, time(22, 0), TIME_ZONE),
}
CHECKS: tuple[tuple[str, AssertionDraft], ...] = (
    (
        "Loyal customers",
        AssertionDraft(
            AssertionKind.COUNT_BETWEEN, AssertionLevel.BLOCK, lowest=100, highest=6_000,
            note="Fewer or more has always been a broken import.",
        ),
    ),
    ("Loyal customers", AssertionDraft(AssertionKind.CHANGE_AT_MOST, AssertionLevel.WARN, percent=Decimal(5))),
    ("Newsletter readers", AssertionDraft(AssertionKind.CHANGE_AT_MOST, AssertionLevel.BLOCK, percent=Decimal(20))),
    (
        WITHHELD,
        AssertionDraft(
            AssertionKind.COUNT_BETWEEN, AssertionLevel.BLOCK, lowest=2_000, highest=9_000,
            note="There are gifts for at least two thousand.",
        ),
    ),
)  # fmt: skip
_INVITED = "campaigns@example.org"


def keep_up(databases: Databases, context: OrganizationContext, segments: Mapping[str, UUID]) -> None:
    """Give the segments their schedules and checks, before anything is calculated by them."""
    schedules, assertions = Schedules(databases.app), Assertions(databases.app)
    for name, schedule in SCHEDULES.items():
        schedules.set(context, segments[name], schedule, expected_revision=0)
    for name, draft in CHECKS:
        assertions.add(context, segments[name], draft)
    People(databases.app).invite(context, _INVITED, Role.CAMPAIGN_MANAGER)
