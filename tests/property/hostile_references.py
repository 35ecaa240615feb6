"""What criteria of a hostile world can name by id: segments in every condition, static lists, campaigns.

The same ids exist in every world, so that a predicate which forgets the organization finds its neighbors' members.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from random import Random
from uuid import UUID

from segment_engine.domain.catalog import CampaignReference, Catalog, ListReference, SegmentReference
from segment_engine.domain.criteria import (
    AllContacts,
    Attribute,
    Calendar,
    Campaign,
    Condition,
    Count,
    Criteria,
    Event,
    FieldValue,
    Figure,
    Group,
    GroupKind,
    InLast,
    InPeriod,
    Interactions,
    Limit,
    ListMembership,
    OnMissing,
    OrderKey,
    Rows,
    Sample,
    SegmentMembership,
    Test,
    Unit,
)
from segment_engine.domain.evaluate import Overrides
from segment_engine.domain.limits import REFERENCE_CHAIN
from tests.property.hostile_catalog import CATALOG


def _id(number: int) -> str:
    return str(UUID(int=0xFADE_0000_0000_4000_8000_0000_0000_0000 + number))


VIPS, RECENT, BEST, FIRSTS, NESTED, DEEPER, EMPTY = (_id(number) for number in range(1, 8))
INACTIVE, NEW, UNREADABLE, CIRCLE, BACK, ITSELF = (_id(number) for number in range(11, 17))
CHAIN = tuple(_id(number) for number in range(21, 21 + REFERENCE_CHAIN + 1))
MISSING = _id(99)
OWN = _id(100)
"""The segment a document may be said to be that of: nobody names it, and people decided about its members by hand."""

LISTS = tuple(_id(number) for number in range(201, 204))
CAMPAIGNS = tuple(_id(number) for number in range(301, 305))
GONE_CAMPAIGN = _id(399)

READABLE = (VIPS, RECENT, BEST, FIRSTS, NESTED, DEEPER, UNREADABLE, EMPTY)
LIVE = (VIPS, RECENT, BEST, FIRSTS, NESTED, DEEPER, EMPTY, NEW, CHAIN[1])
TOO_DEEP = SegmentMembership("in_any", CHAIN[:1], members="live")
"""One step more than a chain may have: both engines refuse it as more than the limit."""

# Hours since the latest run of each segment that has one; the first age is a bound one can ask for exactly.
_AGES = {VIPS: 1, RECENT: 24, BEST: 100 * 24, FIRSTS: 0, NESTED: 2, DEEPER: 8784, UNREADABLE: 1, EMPTY: 10}
TOO_OLD = (BEST, 100 * 24 - 1)


def ages_of(segment: str) -> tuple[int, ...]:
    """List values of `max_age_hours` with which a segment can still be read."""
    return tuple(hours for hours in (1, 2, 24, 100 * 24, 8784) if hours >= _AGES[segment])


def _all(*conditions: Condition, zone: str = "UTC") -> Criteria:
    return Criteria(Group(GroupKind.ALL, conditions), Calendar(time_zone=zone))


def _live(op: str, *segments: str) -> SegmentMembership:
    return SegmentMembership(op, segments, members="live")


def _children() -> dict[str, Criteria]:
    """Write what the segments ask, each in a calendar of its own."""
    vip = Attribute("contact.vip", Test("is_true", on_missing=OnMissing.EXCLUDE))
    ordered = Event("did", Rows("order", window=InLast(30, Unit.DAY)), Count("gte", 1))
    visited = Event("did", Rows("visit", window=InPeriod(Unit.WEEK, 0)), Count("gte", 1))
    spent = OrderKey(Figure("sum", Rows("order"), "order.total"), "desc")
    by_city = OrderKey(FieldValue("contact.city"), "asc")
    by_size = OrderKey(FieldValue("contact.size"), "desc")
    found = {
        VIPS: _all(vip),
        RECENT: Criteria(
            Group(GroupKind.ANY, (ordered, visited)), Calendar(time_zone="Asia/Tokyo", week_starts_on="sunday")
        ),
        BEST: replace(_all(AllContacts()), limit=Limit(10, "keep", (spent, by_city))),
        FIRSTS: replace(_all(AllContacts(), zone="America/St_Johns"), limit=Limit(7, "cut", (by_size,))),
        NESTED: _all(_live("in_any", RECENT), SegmentMembership("not_in_any", (VIPS,))),
        DEEPER: _all(_live("not_in_all", NESTED, BEST), ListMembership("not_in_any", LISTS[:1])),
        EMPTY: _all(Event("did", Rows("order"), Count("gt", 1_000_000))),
        INACTIVE: _all(vip),
        NEW: _all(Sample(Decimal("33.33"), "new")),
        CIRCLE: _all(_live("in_any", BACK)),
        BACK: _all(_live("in_any", CIRCLE)),
        ITSELF: _all(_live("not_in_any", ITSELF)),
        OWN: _all(AllContacts()),
    }
    links = {link: _all(_live("in_any", following)) for link, following in pairwise(CHAIN)}
    return found | links | {CHAIN[-1]: _all(vip)}


def catalog_of(as_of: datetime) -> Catalog:
    """Add to the catalog what can be named, with runs that are older than `as_of`."""
    children = _children()
    segments: dict[str, SegmentReference] = {}
    for key in (*children, UNREADABLE):
        age = _AGES.get(key, 1)
        state = "archived" if key == INACTIVE else "active"
        reference = SegmentReference(
            key, f"segment {key}", state, "success", children.get(key), f"run of {key}", as_of - timedelta(hours=age), 1
        )
        never = replace(reference, status="not_calculated", run_id=None, as_of=None, member_count=None)
        segments[key] = never if key == NEW else reference
    return replace(
        CATALOG,
        segments=segments,
        lists={key: ListReference(key, f"list {key}", 1) for key in LISTS},
        campaigns={key: CampaignReference(key, f"campaign {key}") for key in CAMPAIGNS},
    )


def belongs_to(rng: Random, ids: tuple[str, ...]) -> frozenset[str]:
    """Draw in which stored sets a contact is; nobody is in the last one."""
    return frozenset(key for key in ids[:-1] if rng.random() < 0.4)


def decided_by_hand(rng: Random, numbers: tuple[int, ...]) -> dict[str, Overrides]:
    """Draw decisions about members, also about contacts that are deleted or never were."""
    overrides: dict[str, Overrides] = {}
    for segment in (OWN, RECENT, FIRSTS, BEST, NESTED):
        drawn = rng.sample(numbers, 8)
        overrides[segment] = Overrides(frozenset((*drawn[:4], 77_777)), frozenset((*drawn[4:], 88_888)))
    return overrides


# What cannot be read, and why: both engines must refuse it with the same cause.
REFUSED: tuple[tuple[Condition, str], ...] = (
    (SegmentMembership("in_any", (VIPS, MISSING)), "reference_missing"),
    (SegmentMembership("not_in_any", (MISSING,), members="live"), "reference_missing"),
    (SegmentMembership("in_all", (INACTIVE,)), "reference_inactive"),
    (_live("in_any", VIPS, INACTIVE), "reference_inactive"),
    (SegmentMembership("in_any", (NEW,)), "reference_not_calculated"),
    (SegmentMembership("not_in_all", (TOO_OLD[0],), TOO_OLD[1]), "reference_too_old"),
    (_live("in_any", CIRCLE), "reference_cycle"),
    (_live("not_in_any", ITSELF), "reference_cycle"),
    (_live("in_any", UNREADABLE), "reference_missing"),
    (ListMembership("in_any", (MISSING,)), "reference_missing"),
    (ListMembership("not_in_all", (*LISTS, MISSING)), "reference_missing"),
    (Campaign("did_not", Rows(Interactions("opened", (MISSING,))), None), "reference_missing"),
    (Attribute("contact.gone", Test("is_set")), "field_missing"),
    (Event("did", Rows("gone"), Count("gte", 1)), "field_missing"),
)
