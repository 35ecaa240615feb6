"""One or more documents for each kind of condition that together use every parameter of the language."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from segment_engine.domain.criteria import (
    Aggregate,
    AllContacts,
    Anniversary,
    Attribute,
    BetweenAgo,
    Bucket,
    Calendar,
    Campaign,
    Case,
    CompareFields,
    Consent,
    Count,
    Criteria,
    DayMoment,
    Event,
    EventHas,
    EventTime,
    FieldValue,
    Figure,
    FirstOrLast,
    Group,
    GroupKind,
    InLast,
    InNext,
    InPeriod,
    InstantMoment,
    Interactions,
    Limit,
    ListMembership,
    LiteralRange,
    MomentRange,
    Node,
    NowMoment,
    Offset,
    OnMissing,
    OrderKey,
    Property,
    Reachable,
    Related,
    RelationPath,
    Rows,
    Sample,
    SegmentMembership,
    Sequence,
    Span,
    Test,
    TodayMoment,
    Unit,
)
from tests.language_catalog import CAMPAIGN, CHILD, LIST, OTHER_CHILD, OTHER_LIST

_CALENDAR = Calendar("Europe/Amsterdam", fiscal_year_start_month=2)
_OUT, _IN = OnMissing.EXCLUDE, OnMissing.INCLUDE


def _criteria(*nodes: Node, limit: Limit | None = None) -> Criteria:
    return Criteria(Group(GroupKind.ANY, nodes), _CALENDAR, limit)


def _asked(
    field: str, op: str, value: object, case: Case | None = None, on_missing: OnMissing | None = _OUT
) -> Attribute:
    return Attribute(f"contact.{field}", Test(op, value, case, on_missing))  # pyright: ignore[reportArgumentType] - any


def _cheap(source: str) -> Group:
    price = Property(f"{source}.total", Test("lt", Decimal("12.50"), None, _IN))
    shop = Property(f"{source}.channel", Test("contains_any_of", ("shop", "Web"), Case.FOLD, _OUT))
    return Group(GroupKind.AT_LEAST, (price, shop), k=1)


# Windows without an end, so that it matters whether rows still to come are seen.
_SINCE = MomentRange(TodayMoment(-30, Unit.DAY), None)
_ORDERS = Rows("order_placed", _cheap("order_placed"), _SINCE)
_LATELY = Rows("order_placed", _cheap("order_placed"), InLast(30, Unit.DAY))
_CARTS = Rows("cart_filled", _cheap("cart_filled"), BetweenAgo(60, 20, Unit.DAY))
_LINES = Rows(RelationPath(("orders", "order_lines")), _cheap("order_lines"))
_BY_ORDER = Rows(RelationPath(("orders",)), _cheap("orders"), InPeriod(Unit.YEAR, 0))
_AHEAD = Rows("visit", None, InNext(2, Unit.WEEK), include_future=True)
_OPENED = Rows(Interactions("opened", (CAMPAIGN,)), None, _SINCE)

_INSTANT = "contact.signed_up_at"
_INCOME, _SCORE = FieldValue("contact.income"), FieldValue("contact.score")
_SPENT = Figure("sum", _ORDERS, "order_placed.total")
_CHANNELS = Figure("count_distinct", _ORDERS, "order_placed.channel", Case.FOLD)
_FIRST = FirstOrLast("first", _ORDERS)

DOCUMENTS: dict[str, tuple[Criteria, ...]] = {
    "group": (
        _criteria(
            Group(GroupKind.AT_LEAST, (_asked("age", "gt", 5), _asked("vip", "is_true", None)), k=2),
            _asked("city", "equals", "Gent", Case.FOLD),
        ),
    ),
    "attribute": (
        _criteria(_asked("city", "is_any_of", ("Gent", "Utrecht"), Case.FOLD)),
        _criteria(_asked("code", "not_starts_with", "AB", Case.EXACT, _IN)),
        _criteria(_asked("age", "between", LiteralRange(18, 65))),
        _criteria(_asked("score", "lte", Decimal("1.250"))),
        _criteria(_asked("income", "equals", Decimal("20000.00"), None, _IN)),
        _criteria(_asked("size", "gte", "medium")),
        _criteria(_asked("vip", "is_false", None)),
        _criteria(_asked("tags", "includes_all", ("a", "B"), Case.FOLD)),
        _criteria(_asked("tags", "size", Count("between", 2, 4), None, None)),
        _criteria(_asked("birthday", "anniversary_within", Anniversary(3, 7, 18))),
        _criteria(_asked("renewal", "not_in_last", Span(2, Unit.WEEK), None, _IN)),
        _criteria(_asked("renewal", "between_ago", BetweenAgo(9, 2, Unit.DAY))),
        _criteria(_asked("renewal", "in_period", InPeriod(Unit.FISCAL_QUARTER, -1))),
        _criteria(_asked("seen_at", "before", InstantMoment("2026-03-01T09:30:00+01:00"))),
        _criteria(_asked("seen_at", "after", NowMoment(-90, Unit.MINUTE))),
        _criteria(_asked("seen_at", "on", DayMoment(date(2026, 3, 1)))),
        _criteria(
            _asked("signed_up_at", "between", MomentRange(TodayMoment(-3, Unit.MONTH), DayMoment(date(2026, 3, 1))))
        ),
        _criteria(_asked("signed_up_at", "month_is", (1, 12))),
    ),
    "calendar": (
        _criteria(_asked("seen_at", "in_period", InPeriod(Unit.WEEK, 0))),
        _criteria(_asked("seen_at", "in_period", InPeriod(Unit.FISCAL_YEAR, 0))),
        _criteria(_asked("birthday", "anniversary_within", Anniversary(31, 0, 1))),
    ),
    "event": (
        _criteria(Event("did", _ORDERS, Count("between", 2, 5))),
        _criteria(Event("did_not", _ORDERS, None)),
        _criteria(Event("did", _AHEAD, Count("gte", 1))),
    ),
    "aggregate": (
        _criteria(Aggregate("sum", _ORDERS, "order_placed.total", Test("gte", Decimal("500.00")))),
        _criteria(Aggregate("sum", _ORDERS, "order_placed.items", Test("gte", 5))),
        _criteria(Aggregate("avg", _LINES, "order_lines.items", Test("lt", Decimal("2.5"), None, _OUT))),
        _criteria(Aggregate("count_distinct", _ORDERS, "order_placed.channel", Test("gt", 2), Case.FOLD)),
    ),
    "event_time": (_criteria(EventTime("last", _ORDERS, Test("more_than_ago", Span(180, Unit.DAY), None, _OUT))),),
    "event_has": (_criteria(EventHas("last", _ORDERS, _cheap("order_placed"), _OUT)),),
    "sequence": (
        _criteria(Sequence(_CARTS, "not_followed_by", _LATELY, Span(3, Unit.DAY))),
        _criteria(Sequence(_CARTS, "followed_by", _ORDERS, Span(36, Unit.HOUR))),
    ),
    "campaign": (
        _criteria(Campaign("did", _OPENED, Count("gte", 2), "campaigns")),
        _criteria(Campaign("did_not", _OPENED, None)),
    ),
    "segment": (
        _criteria(SegmentMembership("in_any", (CHILD, OTHER_CHILD), 24)),
        _criteria(SegmentMembership("not_in_all", (CHILD, OTHER_CHILD), None, "live")),
    ),
    "static_list": (_criteria(ListMembership("in_all", (LIST, OTHER_LIST))),),
    "consent": (_criteria(Consent("email", "state_is", ("granted", "pending"), "news")),),
    "reachable": (_criteria(Reachable("email", "is_reachable")),),
    "related": (
        _criteria(Related("all", _LINES, None, when_empty=True)),
        _criteria(Related("at_least", _BY_ORDER, 3)),
        _criteria(Related("any", _BY_ORDER)),
        _criteria(Related("none", Rows(RelationPath(("orders",))))),
    ),
    "sample": (_criteria(Sample(Decimal("10.00"), "spring-2026")),),
    "bucket": (_criteria(Bucket(100, 5_000, "spring-2026")),),
    "compare_fields": (
        _criteria(CompareFields(_INCOME, "gt", _SPENT, times=Decimal("1.5"), on_missing=_OUT)),
        _criteria(CompareFields(_SCORE, "lte", _CHANNELS, on_missing=_OUT)),
        _criteria(
            CompareFields(_FIRST, "on_or_before", FieldValue(_INSTANT), offset=Offset(7, Unit.DAY), on_missing=_IN)
        ),
        _criteria(
            CompareFields(
                FieldValue("contact.city"), "equals", FieldValue("contact.code"), case=Case.FOLD, on_missing=_OUT
            )
        ),
    ),
    "limit": (_criteria(AllContacts(), limit=Limit(50, "keep", (OrderKey(_SPENT, "desc"), OrderKey(_INCOME, "asc")))),),
}
"""Every part of every document matters: with a different value it asks something else."""
