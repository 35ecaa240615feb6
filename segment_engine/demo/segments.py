"""The first segments of the demo: fourteen of them, one or more in every status and state."""

from __future__ import annotations

from datetime import date

from segment_engine.demo.documents import (
    Node,
    at_least,
    attribute,
    did,
    did_not,
    document,
    event_property,
    figure,
    group,
    happened,
    in_last,
    span,
)
from segment_engine.demo.plans import Failure, Plan, Setting, restart_night
from segment_engine.domain.segment import SegmentState

# The CRM stopped delivering this field two days ago; the segment that asks for it fails from then on.
REMOVED_FIELD = "contact.preferred_store"


def _loyal(_setting: Setting) -> Node:
    year = in_last(365)
    return document(
        "all",
        group(
            "at_least",
            attribute("loyalty_tier", "gte", "gold"),
            did("order_placed", window=year, count=at_least(4)),
            figure("sum", "order_placed.total", "gte", "400.00", window=year),
            k=2,
        ),
        did("order_placed", window=in_last(120)),
    )


def _fading(_setting: Setting) -> Node:
    return document(
        "all",
        happened("last", "order_placed", "more_than_ago", span(90)),
        did("order_placed", window={"between_ago": {"from": 365, "to": 90, "unit": "day"}}, count=at_least(2)),
        group("none", did("support_ticket", window=in_last(60))),
    )


def _new(_setting: Setting) -> Node:
    return document("all", attribute("signed_up_at", "in_last", span(30)))


def _birthdays(_setting: Setting) -> Node:
    return document(
        "all",
        attribute("birthday", "anniversary_within", {"before": 0, "after": 14, "min_years": 18}),
        attribute("newsletter", "is_true", on_missing="include"),
    )


def _browsers(_setting: Setting) -> Node:
    sale = group("all", event_property("page_viewed.section", "equals", "sale"))
    return document(
        "all",
        group(
            "any",
            did("page_viewed", where=sale, window=in_last(14), count=at_least(2)),
            did("cart_filled", window=in_last(14)),
        ),
        did_not("order_placed", window=in_last(14)),
    )


def _readers(_setting: Setting) -> Node:
    return document(
        "all",
        attribute("newsletter", "is_true"),
        figure("count_distinct", "@day", "gte", 3, event="email_opened", window=in_last(60)),
    )


def _large_orders(_setting: Setting) -> Node:
    half_year = in_last(6, "month")
    return document(
        "all",
        figure("avg", "order_placed.total", "gte", "75.00", window=half_year),
        did("order_placed", window=half_year, count={"op": "between", "from": 2, "to": 20}),
    )


def _complaints(_setting: Setting) -> Node:
    topic = group("all", event_property("support_ticket.topic", "is_any_of", ["delivery", "refund"]))
    unhappy = group("all", event_property("support_ticket.satisfaction", "lte", 2))
    return document(
        "any",
        did("support_ticket", where=topic, window=in_last(30), count=at_least(2)),
        did("support_ticket", where=unhappy, window=in_last(30)),
    )


def _first_orders(_setting: Setting) -> Node:
    return document(
        "all",
        happened("first", "order_placed", "in_last", span(30)),
        attribute("country", "is_any_of", ["Netherlands", "Belgium", "Luxembourg"]),
    )


def _store(_setting: Setting) -> Node:
    return document(
        "all",
        attribute("preferred_store", "equals", "Utrecht"),
        did("order_placed", window=in_last(180)),
    )


def _resting_gold(_setting: Setting) -> Node:
    return document(
        "all",
        attribute("loyalty_tier", "between", {"from": "gold", "to": "platinum"}),
        attribute("lifetime_value", "gte", "250.00"),
        did_not("order_placed", window=in_last(60)),
        group("none", attribute("email", "ends_with", "@example.org")),
    )


def _anniversary_weeks(setting: Setting) -> Node:
    """Two whole months that ended about half a year ago, so that they lie in the past from any day of the history."""
    first = _months_before(setting.today, 7)
    weeks: Node = {
        "range": {"from": {"day": first.isoformat()}, "to": {"day": _months_before(setting.today, 5).isoformat()}}
    }
    return document(
        "all",
        figure("sum", "order_placed.total", "gte", "100.00", window=weeks),
        attribute("signed_up_at", "before", {"day": first.isoformat()}, on_missing="include"),
        did_not("order_placed", window=in_last(60)),
    )


def _months_before(today: date, months: int) -> date:
    year, month = divmod(today.year * 12 + today.month - 1 - months, 12)
    return date(year, month + 1, 1)


def _weekend_app(_setting: Setting) -> Node:
    weekend = group(
        "all",
        event_property("order_placed.channel", "equals", "app"),
        event_property("@weekday", "is_any_of", [6, 7]),
    )
    return document("all", did("order_placed", where=weekend, window=in_last(90), count=at_least(2)))


def _second_try(_setting: Setting) -> Node:
    return document(
        "all",
        attribute("lead_score", "not_between", {"from": 0, "to": 39}, on_missing="exclude"),
        attribute("city", "not_equals", "Berlin"),
        attribute("birthday", "is_set"),
        did_not("email_opened", window=in_last(3, "month")),
    )


PLANS = (
    Plan(
        "Loyal customers",
        "Ordered in the last four months and at least two of: gold or platinum, four orders, 400 euros in a year.",
        _loyal,
        failures=(restart_night(repeated=True),),
    ),
    Plan(
        "Regular buyers gone quiet",
        "Two orders or more in the past year, none for 90 days, and no open trouble with the support desk.",
        _fading,
        failures=(Failure(27, "time", repeated=False),),
    ),
    Plan("New contacts", "Everyone who signed up in the last 30 days. Feeds the welcome sequence.", _new),
    Plan(
        "Birthday in the next two weeks",
        "Adults with a birthday coming up who did not turn the newsletter off.",
        _birthdays,
        failures=(restart_night(repeated=False),),
    ),
    Plan(
        "Browsed the sale or filled a cart, did not buy",
        "Showed interest in the last 14 days without an order in the same time.",
        _browsers,
    ),
    Plan(
        "Newsletter readers",
        "Subscribed, and opened a mail on three different days of the last 60.",
        _readers,
        failures=(Failure(41, "time", repeated=True),),
    ),
    Plan("High average order value", "Two to twenty orders in six months, 75 euros or more on average.", _large_orders),
    Plan(
        "Needs care after a complaint",
        "Two tickets about delivery or refunds in 30 days, or one that ended unhappily. Depends on the support desk.",
        _complaints,
        failures=(restart_night(repeated=True),),
    ),
    Plan("First order in the last 30 days", "New buyers in the Benelux countries.", _first_orders),
    Plan(
        "Utrecht store regulars",
        "Prefer the store in Utrecht and ordered in the last 180 days.",
        _store,
        last_day=1,
        loses_field=True,
    ),
    Plan(
        "Gold and platinum, resting",
        "High tiers without an order in 60 days; leaves out addresses at example.org.",
        _resting_gold,
        queued=True,
    ),
    Plan(
        "Anniversary weeks, quiet since",
        "Spent 100 euros or more in the anniversary weeks and ordered nothing for 60 days. The action is over.",
        _anniversary_weeks,
        state=SegmentState.INACTIVE,
        last_day=40,
    ),
    Plan(
        "Weekend app shoppers",
        "Two weekend orders in the app within 90 days. Just created; waits for its first calculation.",
        _weekend_app,
        first_day=-1,
        queued=True,
    ),
    Plan(
        "Second try, high lead score",
        "Draft for the next reactivation test: promising contacts who ignored three months of mail.",
        _second_try,
        state=SegmentState.DRAFT,
        first_day=-1,
    ),
)
