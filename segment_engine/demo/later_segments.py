"""The later segments of the demo: they ask about other segments, campaigns, orders, consent, order and chance."""

from __future__ import annotations

from segment_engine.demo.by_hand import STAFF
from segment_engine.demo.documents import (
    Node,
    attribute,
    consent,
    did,
    document,
    event_property,
    from_campaign,
    group,
    in_last,
    in_lists,
    in_segments,
    span,
)
from segment_engine.demo.plans import Plan, Setting
from segment_engine.demo.reach import TOPIC

_GUESTS = 250


def _mailable_loyal(setting: Setting) -> Node:
    loyal = setting.segments["Loyal customers"], setting.segments["High average order value"]
    return document(
        "all",
        in_segments("in_any", *loyal),
        {"kind": "reachable", "channel": "email", "op": "is_reachable"},
        group(
            "none",
            consent("email", "withdrawn", topic=TOPIC),
            in_lists("in_any", setting.lists[STAFF]),
            in_segments("in_any", setting.segments["Needs care after a complaint"]),
        ),
    )


def _clicked_not_bought(setting: Setting) -> Node:
    recent = [setting.campaigns[name] for name in ("New arrivals", "Double points weekend", "Your next order")]
    return document(
        "all",
        from_campaign("clicked", "did", window=in_last(60), campaigns=recent),
        from_campaign("converted", "did_not", window=in_last(60)),
    )


def _cart_left(_setting: Setting) -> Node:
    return document(
        "all",
        {
            "kind": "sequence",
            "first": {"event": "cart_filled", "window": in_last(14)},
            "verb": "not_followed_by",
            "then": {"event": "order_placed"},
            "within": span(3),
        },
    )


def _gift_givers(_setting: Setting) -> Node:
    wrapped = group("all", event_property("order_lines.category", "equals", "gift_wrap"))
    returned = group("all", event_property("orders.status", "equals", "returned"))
    window = in_last(60)
    return document(
        "all",
        {
            "kind": "related", "path": ["orders", "order_lines"], "quantifier": "any", "where": wrapped,
            "window": window,
        },
        {"kind": "related", "path": ["orders"], "quantifier": "none", "where": returned, "window": window},
    )  # fmt: skip


def _quick_starters(_setting: Setting) -> Node:
    return document(
        "all",
        attribute("signed_up_at", "in_last", span(180)),
        {
            "kind": "compare_fields",
            "left": {"event_time": {"event": "order_placed", "which": "first"}},
            "op": "on_or_before",
            "right": {"field": "contact.signed_up_at"},
            "offset": span(21),
        },
    )


def _test_group(_setting: Setting) -> Node:
    return document(
        "all",
        {"kind": "sample", "percent": "10", "seed": "spring-test"},
        attribute("newsletter", "is_true"),
        attribute("country", "is_any_of", ["Netherlands", "Belgium"]),
    )


def _best_buyers(_setting: Setting) -> Node:
    quarter = in_last(90)
    spent: Node = {
        "from": {"event": "order_placed"}, "function": "sum", "of": "order_placed.total", "window": quarter
    }  # fmt: skip
    order: list[Node] = [
        {"value": {"aggregate": spent}, "direction": "desc"},
        {"value": {"field": "contact.signed_up_at"}, "direction": "asc"},
    ]
    limit: Node = {"top_n": _GUESTS, "ties": "cut", "order_by": order}
    return document("all", did("order_placed", window=quarter)) | {"limit": limit}


def _warm(_setting: Setting) -> Node:
    return document(
        "all",
        group(
            "at_least",
            attribute("interests", "includes_any", ["garden", "kitchen"]),
            attribute("tags", "includes_any", ["vip", "fair"]),
            attribute("lead_score", "gte", 60),
            from_campaign("opened", "did", window=in_last(90)),
            did("page_viewed", window=in_last(30)),
            k=3,
        ),
        attribute("tags", "includes_none", ["wholesale"]),
    )


LATER_PLANS = (
    Plan(
        "Loyal, reachable by mail",
        "Loyal or high-value, may be mailed, did not refuse offers. Leaves out staff, suppliers and open complaints.",
        _mailable_loyal,
        first_day=-1,
        by_worker=True,
    ),
    Plan(
        "Clicked in a campaign, did not buy",
        "Clicked in one of the last three mailings within 60 days, and no purchase followed from any campaign.",
        _clicked_not_bought,
        first_day=60,
    ),
    Plan(
        "Cart left behind",
        "Filled a cart in the last 14 days, and no order followed within three days.",
        _cart_left,
        first_day=60,
    ),
    Plan(
        "Gift givers",
        "Had something wrapped as a gift in the last 60 days and sent nothing back. The warehouse keeps 90 days.",
        _gift_givers,
        first_day=14,
    ),
    Plan(
        "Quick starters",
        "Signed up in the last 180 days and placed the first order within three weeks of it.",
        _quick_starters,
    ),
    Plan(
        "Test group: one subscriber in ten",
        "A stable tenth of the subscribers in the Netherlands and Belgium, for the spring test.",
        _test_group,
        first_day=-1,
        by_worker=True,
    ),
    Plan(
        "The 250 best buyers of the quarter",
        "Most spent in the last 90 days; of equal sums the older contact. Two members were decided by hand.",
        _best_buyers,
        first_day=-1,
        by_worker=True,
        decided_by_hand=True,
    ),
    Plan(
        "Warm in three ways",
        "Three of five signs of interest: what they like, where we met, score, opened mail, visits. No wholesale.",
        _warm,
        first_day=-1,
        by_worker=True,
    ),
)
