"""Segments that nobody has looked after: doubles, parts of others, empty, late, broken for one cause, archived."""

from __future__ import annotations

from segment_engine.demo.by_hand import STAFF
from segment_engine.demo.documents import (
    Node,
    at_least,
    attribute,
    did,
    document,
    figure,
    group,
    in_last,
    in_lists,
)
from segment_engine.demo.plans import Plan, Setting
from segment_engine.domain.segment import SegmentState


def _loyal_again(_setting: Setting) -> Node:
    """Say what “Loyal customers” says, in another order."""
    year = in_last(365)
    return document(
        "all",
        did("order_placed", window=in_last(120)),
        group(
            "at_least",
            figure("sum", "order_placed.total", "gte", "400.00", window=year),
            did("order_placed", window=year, count=at_least(4)),
            attribute("loyalty_tier", "gte", "gold"),
            k=2,
        ),
    )


def _reading() -> tuple[Node, Node]:
    read = figure("count_distinct", "@day", "gte", 3, event="email_opened", window=in_last(60))
    return attribute("newsletter", "is_true"), read


def _readers_without_staff(setting: Setting) -> Node:
    return document("all", *_reading(), group("none", in_lists("in_any", setting.lists[STAFF])))


def _readers_in_amsterdam(_setting: Setting) -> Node:
    return document("all", *_reading(), attribute("city", "equals", "Amsterdam"))


def _reykjavik(_setting: Setting) -> Node:
    return document("all", attribute("city", "equals", "Reykjavik"))


def _egg_hunt(_setting: Setting) -> Node:
    return document("all", did("page_viewed", window=in_last(21), count=at_least(3)))


def _garden(_setting: Setting) -> Node:
    return document("all", attribute("interests", "includes_any", ["garden"]), did("order_placed", window=in_last(90)))


def _antwerp(_setting: Setting) -> Node:
    return document("all", attribute("preferred_store", "equals", "Antwerpen"), attribute("newsletter", "is_true"))


def _big_baskets(_setting: Setting) -> Node:
    return document("all", figure("max", "order_placed.total", "gte", "150.00", window=in_last(365)))


FORGOTTEN_PLANS = (
    Plan(
        "Loyal customers, second copy",
        "Built again for a test; says the same as “Loyal customers” in another order.",
        _loyal_again,
        first_day=30,
    ),
    Plan(
        "Newsletter readers without staff",
        "Nearly the newsletter readers: the same people but a handful of our own.",
        _readers_without_staff,
        first_day=30,
    ),
    Plan(
        "Newsletter readers in Amsterdam",
        "For an evening in the Amsterdam store that has taken place.",
        _readers_in_amsterdam,
        first_day=30,
    ),
    Plan("Opening of the store in Reykjavik", "Nobody lives there yet.", _reykjavik, first_day=21, last_day=1),
    Plan("Egg hunt on the website", "Three visits or more in three weeks.", _egg_hunt, first_day=60, last_day=9),
    Plan("Garden lovers who buy", "Like gardens and ordered within 90 days.", _garden, first_day=60, last_day=3),
    Plan(
        "Antwerp store regulars",
        "Prefer the store in Antwerp and read the newsletter.",
        _antwerp,
        first_day=60,
        last_day=1,
        loses_field=True,
    ),
    Plan(
        "Big baskets of a year",
        "One order of 150 euros or more. Replaced by “High average order value”.",
        _big_baskets,
        state=SegmentState.ARCHIVED,
        first_day=85,
        last_day=50,
    ),
)
