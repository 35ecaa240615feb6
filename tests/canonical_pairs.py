"""Conditions that are one definition in two spellings, and conditions that differ in one parameter each."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from segment_engine.domain.criteria import (
    Aggregate,
    AllContacts,
    Anniversary,
    AnyTime,
    Attribute,
    BetweenAgo,
    Bucket,
    Campaign,
    Case,
    CompareFields,
    Consent,
    Count,
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
    InPeriod,
    InstantMoment,
    Interactions,
    Label,
    ListMembership,
    LiteralRange,
    MomentRange,
    Node,
    NowMoment,
    Offset,
    OnMissing,
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
    Unit,
    Value,
)
from tests.language_catalog import CAMPAIGN, CHILD, LIST, OTHER_CAMPAIGN, OTHER_CHILD, OTHER_LIST

_IN, _EX = OnMissing.INCLUDE, OnMissing.EXCLUDE
_DAY = DayMoment(date(2026, 3, 1))
_ROWS = Rows("order_placed")
_PATH = Rows(RelationPath(("orders", "order_lines")))


def asked(
    field: str, op: str, value: Value = None, *, case: Case | None = None, on: OnMissing | None = _EX
) -> Attribute:
    """Write an attribute condition; `field` without `contact.`."""
    return Attribute(f"contact.{field}", Test(op, value, case, on))


def where(op: str, value: Value, kind: GroupKind = GroupKind.ALL) -> Group:
    """Write a group with one condition about the number of items of an order."""
    return Group(kind, (Property("order_placed.items", Test(op, value, None, _EX)),))


def _of_lines(quantifier: str, **keys: object) -> Related:
    test = Property("order_lines.items", Test("gt", 1, None, _EX))
    rows = replace(_PATH, where=Group(GroupKind.ALL, (test,)))
    return replace(Related(quantifier, rows), **keys)


def _counted(op: str, n: int, to: int | None = None) -> Event:
    return Event("did", _ROWS, Count(op, n, to))


def _opened(**keys: object) -> Campaign:
    return replace(Campaign("did", Rows(Interactions("opened", (CAMPAIGN,))), Count("gte", 1)), **keys)


def _size(op: str, n: int, to: int | None = None) -> Attribute:
    return asked("tags", "size", Count(op, n, to), on=None)


_COMPARED = CompareFields(
    FirstOrLast("first", _ROWS), "on_or_before", FieldValue("contact.signed_up_at"),
    offset=Offset(7, Unit.DAY), on_missing=_EX,
)  # fmt: skip
_FIGURES = CompareFields(Figure("sum", _ROWS, "order_placed.total"), "gt", FieldValue("contact.income"), on_missing=_EX)
_NAMES = CompareFields(FieldValue("contact.city"), "equals", FieldValue("contact.code"), case=Case.FOLD, on_missing=_EX)
_SEQUENCE = Sequence(Rows("cart_filled"), "followed_by", _ROWS, Span(3, Unit.DAY))

# (name, one spelling, another) -----------------------------------------------------------------------------------

ALIKE: tuple[tuple[str, Node, Node], ...] = (
    ("label", replace(asked("age", "gt", 1), label=Label("a", "b")), asked("age", "gt", 1)),
    ("folded", asked("city", "equals", "GENT", case=Case.FOLD), asked("city", "equals", "gent", case=Case.FOLD)),
    ("case_default", asked("city", "equals", "gent"), asked("city", "equals", "gent", case=Case.FOLD)),
    ("ascii", asked("code", "equals", "AÉ", case=Case.FOLD), asked("code", "equals", "aÉ", case=Case.FOLD)),
    ("missing_default", asked("age", "not_equals", 1, on=None), asked("age", "not_equals", 1, on=_IN)),
    ("decimals", asked("income", "gt", Decimal("12.5")), asked("income", "gt", Decimal("12.50"))),
    ("zero", asked("income", "gt", Decimal("-0.0")), asked("income", "gt", Decimal(0))),
    ("list_order", asked("age", "is_any_of", (3, 20, 3)), asked("age", "is_any_of", (20, 3))),
    (
        "decimal_list",
        asked("income", "is_any_of", (Decimal(100), Decimal("9.90"))),
        asked("income", "is_any_of", (Decimal("9.9"), Decimal("100.0"), Decimal("9.90"))),
    ),
    ("one_listed", asked("city", "is_any_of", ("Gent", "gent")), asked("city", "equals", "Gent")),
    ("one_not_listed", asked("age", "is_none_of", (1,), on=_IN), asked("age", "not_equals", 1, on=_IN)),
    ("one_part", asked("city", "contains_any_of", ("a",)), asked("city", "contains", "A")),
    ("one_missing_part", asked("city", "contains_none_of", ("a",), on=_IN), asked("city", "not_contains", "a", on=_IN)),
    ("set", asked("tags", "includes_any", ("B", "a", "b")), asked("tags", "includes_any", ("a", "b"))),
    ("size", _size("gt", 2), _size("gte", 3)),
    ("size_none", _size("eq", 0), _size("lt", 1)),
    ("months", asked("birthday", "month_is", (3, 1, 3)), asked("birthday", "month_is", (1, 3))),
    (
        "instant",
        asked("seen_at", "before", InstantMoment("2026-03-01t09:30:00+01:00")),
        asked("seen_at", "before", InstantMoment("2026-03-01T08:30:00.000000Z")),
    ),
    ("complement", Group(GroupKind.NONE, (asked("age", "gt", 1),)), asked("age", "lte", 1, on=_IN)),
    ("gt", _counted("gt", 2), _counted("gte", 3)),
    ("lt", _counted("lt", 2), _counted("lte", 1)),
    ("eq_between", _counted("between", 2, 2), _counted("eq", 2)),
    ("lte_between", _counted("between", 0, 3), _counted("lte", 3)),
    ("not_between_one", _counted("not_between", 2, 2), _counted("ne", 2)),
    ("not_between_zero", _counted("not_between", 0, 3), _counted("gt", 3)),
    ("never", Event("did_not", _ROWS, None), _counted("eq", 0)),
    ("once", Event("did", _ROWS, None), _counted("ne", 0)),
    ("any_time", Event("did", replace(_ROWS, window=AnyTime()), None), Event("did", _ROWS, None)),
    (
        "where",
        Event("did", replace(_ROWS, where=where("gt", 1)), None),
        Event("did", replace(_ROWS, where=Group(GroupKind.NONE, (where("gt", 1, GroupKind.NONE),))), None),
    ),
    ("counted", _opened(counted="interactions"), _opened(count=None)),
    (
        "campaigns",
        _opened(rows=Rows(Interactions("opened", (OTHER_CAMPAIGN, CAMPAIGN, CAMPAIGN)))),
        _opened(rows=Rows(Interactions("opened", (CAMPAIGN, OTHER_CAMPAIGN)))),
    ),
    (
        "segments",
        SegmentMembership("in_any", (OTHER_CHILD, CHILD)),
        SegmentMembership("in_any", (CHILD.upper(), OTHER_CHILD, CHILD)),
    ),
    ("lists", ListMembership("in_all", (OTHER_LIST, LIST)), ListMembership("in_all", (LIST, OTHER_LIST))),
    (
        "states",
        Consent("email", "state_is", ("pending", "granted")),
        Consent("email", "state_is", ("granted", "pending")),
    ),
    (
        "consent_complement",
        Group(GroupKind.NONE, (Consent("email", "state_is", ("granted",)),)),
        Consent("email", "state_is_not", ("granted",)),
    ),
    (
        "unreachable",
        Group(GroupKind.NONE, (Reachable("email", "is_reachable"),)),
        Reachable("email", "is_not_reachable"),
    ),
    ("no_related", Group(GroupKind.NONE, (_of_lines("any"),)), _of_lines("none")),
    ("when_empty", _of_lines("all"), _of_lines("all", when_empty=False)),
    ("percent", Sample(Decimal(10), "s"), Sample(Decimal("10.00"), "s")),
    ("times", replace(_FIGURES, times=Decimal("1.0")), _FIGURES),
    ("times_decimals", replace(_FIGURES, times=Decimal("1.5")), replace(_FIGURES, times=Decimal("1.500"))),
)

# name: conditions that all mean something different ---------------------------------------------------------------

_CITY = asked("city", "equals", "Gent", case=Case.FOLD)
_SPENT = Aggregate("sum", _ROWS, "order_placed.total", Test("gte", Decimal(5)))
_LAST = EventTime("last", _ROWS, Test("more_than_ago", Span(180, Unit.DAY), None, _EX))
_HAS = EventHas("last", _ROWS, where("gt", 1))
_WINDOW = InLast(30, Unit.DAY)

APART: dict[str, tuple[Node, ...]] = {
    "attribute": (
        _CITY,
        asked("code", "equals", "Gent", case=Case.FOLD),
        asked("city", "starts_with", "Gent", case=Case.FOLD),
        asked("city", "equals", "Gand", case=Case.FOLD),
        asked("city", "equals", "gent", case=Case.EXACT),
        asked("city", "equals", "Gent", case=Case.EXACT),
        asked("city", "equals", "Gent", case=Case.FOLD, on=_IN),
        asked("city", "is_set", on=None),
    ),
    "numbers": (
        asked("age", "between", LiteralRange(1, 2)),
        asked("age", "between", LiteralRange(1, 3)),
        asked("age", "between", LiteralRange(0, 2)),
        asked("age", "gt", 1),
        asked("age", "gte", 2),
        asked("age", "gt", 1, on=_IN),
    ),
    "times": (
        asked("seen_at", "in_last", Span(3, Unit.DAY)),
        asked("seen_at", "in_last", Span(72, Unit.HOUR)),
        asked("seen_at", "in_next", Span(3, Unit.DAY)),
        asked("seen_at", "between_ago", BetweenAgo(3, 0, Unit.DAY)),
        asked("seen_at", "between_ago", BetweenAgo(3, 1, Unit.DAY)),
        asked("seen_at", "in_period", InPeriod(Unit.DAY, 0)),
        asked("seen_at", "in_period", InPeriod(Unit.DAY, -1)),
        asked("seen_at", "before", _DAY),
        asked("seen_at", "before", NowMoment(0, Unit.DAY)),
        asked("seen_at", "between", MomentRange(_DAY, NowMoment(0, Unit.DAY))),
        asked("birthday", "anniversary_within", Anniversary(0, 7)),
        asked("birthday", "anniversary_within", Anniversary(1, 7)),
        asked("birthday", "anniversary_within", Anniversary(0, 8)),
        asked("birthday", "anniversary_within", Anniversary(0, 7, 2)),
        asked("birthday", "month_is", (1,)),
        asked("birthday", "weekday_is", (1,)),
    ),
    "set": (
        asked("tags", "includes_any", ("a", "b")),
        asked("tags", "includes_all", ("a", "b")),
        asked("tags", "includes_any", ("a", "c")),
        asked("topics", "includes_any", ("a", "b")),
        _size("gte", 3),
        _size("eq", 3),
    ),
    "event": (
        Event("did", _ROWS, None),
        _counted("gte", 2),
        _counted("eq", 2),
        _counted("between", 2, 4),
        Event("did", Rows("cart_filled"), None),
        Event("did", replace(_ROWS, window=_WINDOW), None),
        Event("did", replace(_ROWS, window=InLast(31, Unit.DAY)), None),
        Event("did", replace(_ROWS, window=MomentRange(_DAY, None)), None),
        Event("did", replace(_ROWS, window=MomentRange(None, _DAY)), None),
        Event("did", replace(_ROWS, include_future=True), None),
        Event("did", replace(_ROWS, where=where("gt", 1)), None),
        Event("did", replace(_ROWS, where=where("gt", 2)), None),
    ),
    "aggregate": (
        _SPENT,
        replace(_SPENT, function="max", test=replace(_SPENT.test, on_missing=_EX)),
        replace(_SPENT, function="max", test=replace(_SPENT.test, on_missing=_IN)),
        replace(_SPENT, function="avg", test=replace(_SPENT.test, on_missing=_EX)),
        replace(_SPENT, rows=replace(_ROWS, window=_WINDOW)),
        replace(_SPENT, rows=Rows(RelationPath(("orders",))), of="orders.total"),
        replace(_SPENT, rows=_PATH, of="order_lines.total"),
        replace(_SPENT, rows=_PATH, of="orders.total"),
        Aggregate("count_distinct", _ROWS, "order_placed.channel", Test("gte", 2), Case.EXACT),
        Aggregate("count_distinct", _ROWS, "order_placed.channel", Test("gte", 2), Case.FOLD),
        Aggregate("count_distinct", _ROWS, "@day", Test("gte", 2)),
        Aggregate("count", _ROWS, None, Test("gte", 2)),
    ),
    "event_time": (
        _LAST,
        replace(_LAST, which="first"),
        replace(_LAST, rows=Rows("visit")),
        replace(_LAST, test=replace(_LAST.test, on_missing=_IN)),
        replace(_LAST, test=replace(_LAST.test, value=Span(181, Unit.DAY))),
    ),
    "event_has": (
        _HAS,
        replace(_HAS, which="first"),
        replace(_HAS, has=where("gt", 2)),
        replace(_HAS, on_missing=_IN),
        replace(_HAS, rows=replace(_ROWS, where=where("gt", 1))),
    ),
    "sequence": (
        _SEQUENCE,
        replace(_SEQUENCE, verb="not_followed_by"),
        replace(_SEQUENCE, within=None),
        replace(_SEQUENCE, within=Span(72, Unit.HOUR)),
        replace(_SEQUENCE, first=_ROWS, then=Rows("cart_filled")),
        replace(_SEQUENCE, then=replace(_ROWS, window=_WINDOW)),
    ),
    "campaign": (
        _opened(),
        _opened(counted="campaigns"),
        _opened(count=Count("gte", 2)),
        _opened(rows=Rows(Interactions("clicked", (CAMPAIGN,)))),
        _opened(rows=Rows(Interactions("opened"))),
        _opened(rows=Rows(Interactions("opened", (OTHER_CAMPAIGN,)))),
        _opened(rows=Rows(Interactions("opened", (CAMPAIGN,)), window=_WINDOW)),
    ),
    "segment": (
        SegmentMembership("in_any", (CHILD,)),
        SegmentMembership("in_all", (CHILD,)),
        SegmentMembership("in_any", (OTHER_CHILD,)),
        SegmentMembership("in_any", (CHILD,), max_age_hours=24),
        SegmentMembership("in_any", (CHILD,), members="live"),
    ),
    "static_list": (
        ListMembership("in_any", (LIST,)),
        ListMembership("in_all", (LIST,)),
        ListMembership("in_any", (OTHER_LIST,)),
        ListMembership("in_any", (LIST, OTHER_LIST)),
    ),
    "consent": (
        Consent("email", "state_is", ("granted",)),
        Consent("sms", "state_is", ("granted",)),
        Consent("email", "state_is", ("granted", "pending")),
        Consent("email", "state_is", ("granted",), "news"),
    ),
    "reachable": (Reachable("email", "is_reachable"), Reachable("sms", "is_reachable")),
    "related": (
        _of_lines("any"),
        _of_lines("all"),
        _of_lines("all", when_empty=True),
        _of_lines("at_least", k=2),
        _of_lines("at_least", k=3),
        Related("any", _PATH),
        Related("any", Rows(RelationPath(("orders",)))),
        Related("any", Rows(RelationPath(("orders",)), window=_WINDOW)),
        Related("any", Rows(RelationPath(("orders",)), include_future=True)),
    ),
    "sample": (
        Sample(Decimal(10), "a"),
        Sample(Decimal(10), "b"),
        Sample(Decimal("10.5"), "a"),
        Bucket(0, 1000, "a"),
        Bucket(0, 1000, "b"),
        Bucket(1, 1000, "a"),
        Bucket(0, 999, "a"),
    ),
    "compare_fields": (
        _COMPARED,
        replace(_COMPARED, left=FirstOrLast("last", _ROWS)),
        replace(_COMPARED, right=FieldValue("contact.seen_at")),
        replace(_COMPARED, op="before"),
        replace(_COMPARED, offset=Offset(168, Unit.HOUR)),
        replace(_COMPARED, offset=None),
        replace(_COMPARED, on_missing=_IN),
        _FIGURES,
        replace(_FIGURES, times=Decimal(2)),
        replace(_FIGURES, left=Figure("avg", _ROWS, "order_placed.total")),
        _NAMES,
        replace(_NAMES, case=Case.EXACT),
    ),
    "all_contacts": (AllContacts(),),
}
