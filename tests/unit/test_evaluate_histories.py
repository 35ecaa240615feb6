"""Sequences, chosen rows, campaigns and related rows in the reference evaluator, worked out by hand from the paper."""

from __future__ import annotations

import pytest

from segment_engine.domain.catalog import CampaignReference, Catalog, EventType, Field, FieldType, Relation
from segment_engine.domain.criteria import (
    Aggregate,
    Calendar,
    Campaign,
    Count,
    Criteria,
    EventHas,
    Group,
    GroupKind,
    InLast,
    Interactions,
    Node,
    OnMissing,
    Property,
    Related,
    RelationPath,
    Rows,
    Sequence,
    Span,
    Test,
    Unit,
)
from segment_engine.domain.evaluate import ContactRecord, EventRecord, RelatedRecord, Stored, evaluate
from segment_engine.errors import Unresolved
from tests.unit.test_evaluate_times import at

SPRING, SUMMER, GONE = (f"00000000-0000-0000-0000-00000000000{n}" for n in (1, 2, 3))
CATALOG = Catalog(
    events={
        "cart": EventType("cart", "cart", 1),
        "order": EventType(
            "order", "order", 2, fields={"order.status": Field("order.status", "status", FieldType.TEXT, "text_1")}
        ),
        "visit": EventType("visit", "visit", 3, date_only=True),
        "call": EventType("call", "call", 4, date_only=True),
        "mail_opened": EventType("mail_opened", "opened", 5, interaction="opened"),
    },
    relations={
        "orders": Relation(
            "orders", "orders", 1, time=FieldType.INSTANT,
            fields={"orders.paid": Field("orders.paid", "paid", FieldType.BOOLEAN, "boolean_1")},
        ),
        "lines": Relation(
            "lines", "lines", 2, parent="orders",
            fields={
                "lines.sku": Field("lines.sku", "article", FieldType.TEXT, "text_1"),
                "lines.price": Field("lines.price", "price", FieldType.MONEY, "number_1", scale=2),
            },
        ),
    },
    campaigns={key: CampaignReference(key, key) for key in (SPRING, SUMMER)},
)  # fmt: skip
AS_OF = at("2026-03-29T10:00Z")


def ask(node: Node, record: ContactRecord, zone: str = "UTC") -> bool:
    """Ask one condition of one contact."""
    criteria = Criteria(Group(GroupKind.ALL, (node,)), Calendar(time_zone=zone))
    return evaluate(criteria, record, catalog=CATALOG, as_of=AS_OF)


def happened(kind: str, time: str, number: int = 1, campaign: str | None = None, **values: Stored) -> EventRecord:
    """Let an event happen; a date stands for midnight UTC."""
    moment = at(f"{time}T00:00Z" if len(time) == 10 else time)
    return EventRecord(kind, number, moment, {f"{kind}.{key}": value for key, value in values.items()}, campaign)


def where(field: str, op: str, value: str | None = None) -> Group:
    """Ask one property."""
    return Group(GroupKind.ALL, (Property(field, Test(op, value)),))


# Sequences -------------------------------------------------------------------------------------------------------

THREE_DAYS = Span(3, Unit.DAY)


def follows(*events: EventRecord, verb: str = "followed_by", within: Span | None = THREE_DAYS) -> bool:
    """Ask for a cart and then (or then no) order."""
    return ask(Sequence(Rows("cart"), verb, Rows("order"), within), ContactRecord({}, events))


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("2026-03-13T10:00:00Z", True),  # exactly three days later: the bound is in
        ("2026-03-13T10:00:00.000001Z", False),
        ("2026-03-10T10:00:00.000001Z", True),
        ("2026-03-10T09:59:59.999999Z", False),  # before the cart
    ],
)
def test_a_gap_includes_its_bound(order: str, *, expected: bool) -> None:
    """§4.6: B follows A when it is later and at most the gap away, that bound included."""
    cart = happened("cart", "2026-03-10T10:00:00Z")
    assert follows(cart, happened("order", order, 2)) is expected
    assert follows(cart, happened("order", order, 2), verb="not_followed_by") is not expected


def test_equal_times_are_ordered_by_number() -> None:
    """§4.6: at the same instant the row taken in later follows the other; a row never follows itself."""
    first, second = happened("cart", "2026-03-10T10:00Z", 1), happened("order", "2026-03-10T10:00Z", 2)
    assert follows(first, second)
    assert not follows(happened("cart", "2026-03-10T10:00Z", 2), happened("order", "2026-03-10T10:00Z", 1))
    twice = Sequence(Rows("cart"), "followed_by", Rows("cart"))
    assert not ask(twice, ContactRecord({}, (first,)))
    assert ask(twice, ContactRecord({}, (first, happened("cart", "2026-03-10T10:00Z", 5))))


@pytest.mark.parametrize(
    ("cart", "expected"),
    [
        ("2026-03-26T10:00:00Z", False),  # an order at this very instant would still count
        ("2026-03-26T09:59:59.999999Z", True),
        ("2026-03-28T10:00:00Z", False),
    ],
)
def test_nobody_is_missed_before_the_wait_is_over(cart: str, *, expected: bool) -> None:
    """§4.6: not followed means that the waiting time has ended, strictly before `as_of`."""
    assert follows(happened("cart", cart), verb="not_followed_by") is expected
    assert follows(happened("cart", cart), verb="not_followed_by", within=None)


def test_the_two_verbs_are_not_opposites() -> None:
    """§4.6: both need a first row; both may hold when one cart was followed and another was not."""
    assert not follows(happened("order", "2026-03-10T10:00Z"))
    assert not follows(happened("order", "2026-03-10T10:00Z"), verb="not_followed_by")
    both = (
        happened("cart", "2026-03-01T10:00Z", 1),
        happened("cart", "2026-03-10T10:00Z", 2),
        happened("order", "2026-03-10T11:00Z", 3),
    )
    assert follows(*both)
    assert follows(*both, verb="not_followed_by")


def test_a_gap_of_a_day_is_24_hours() -> None:
    """T33 §4.6: gaps start at each row, so a day is elapsed time also where the clock changes."""
    ahead = Rows("order", include_future=True)
    cart = happened("cart", "2026-03-28T09:30Z")
    night = Sequence(Rows("cart"), "followed_by", ahead, Span(1, Unit.DAY))
    assert ask(night, ContactRecord({}, (cart, happened("order", "2026-03-29T09:30Z", 2))), "Europe/Amsterdam")
    late = happened("order", "2026-03-29T09:30:00.000001Z", 2)
    assert not ask(night, ContactRecord({}, (cart, late)), "Europe/Amsterdam")


@pytest.mark.parametrize(
    ("call", "verb", "expected"),
    [
        ("2026-03-13", "followed_by", True),
        ("2026-03-14", "followed_by", False),
        ("2026-03-14", "not_followed_by", True),
        (None, "not_followed_by", True),
    ],
)
def test_dates_follow_by_whole_days(call: str | None, verb: str, *, expected: bool) -> None:
    """§4.6: between two date-only events the gap is whole days."""
    events = (happened("visit", "2026-03-10"), *([happened("call", call, 2)] if call else []))
    asked = Sequence(Rows("visit"), verb, Rows("call"), THREE_DAYS)
    assert ask(asked, ContactRecord({}, events)) is expected


@pytest.mark.parametrize(("visit", "expected"), [("2026-03-26", True), ("2026-03-27", False)])
def test_the_wait_of_dates_ends_before_the_date_edge(visit: str, *, expected: bool) -> None:
    """§4.6: for dates the wait is over when date + n lies before the date edge, here 30 March."""
    asked = Sequence(Rows("visit"), "not_followed_by", Rows("call"), THREE_DAYS)
    assert ask(asked, ContactRecord({}, (happened("visit", visit),))) is expected


def test_a_date_does_not_follow_an_instant() -> None:
    """§4.6: a date-only event with an event that has a time is refused."""
    with pytest.raises(Unresolved):
        ask(Sequence(Rows("visit"), "followed_by", Rows("order")), ContactRecord({}))


# The first or last row looks like this ---------------------------------------------------------------------------


@pytest.mark.parametrize(("which", "expected"), [("first", True), ("last", False)])
def test_the_row_is_chosen_before_it_is_looked_at(which: str, *, expected: bool) -> None:
    """§4.5: the last order is paid, so an earlier return does not count; equal times go by number."""
    time = "2026-03-10T10:00Z"
    record = ContactRecord(
        {}, (happened("order", time, 2, status="paid"), happened("order", time, 1, status="returned"))
    )
    assert ask(EventHas(which, Rows("order"), where("order.status", "equals", "returned")), record) is expected


@pytest.mark.parametrize("on_missing", list(OnMissing))
def test_no_row_is_missing(on_missing: OnMissing) -> None:
    """§4.5 M2: without any row the answer is `on_missing`, whatever is asked of the row."""
    asked = EventHas("last", Rows("order"), where("order.status", "is_not_set"), on_missing)
    assert ask(asked, ContactRecord({})) is (on_missing is OnMissing.INCLUDE)


# Campaigns -------------------------------------------------------------------------------------------------------

OPENED = tuple(
    happened("mail_opened", f"2026-03-{day}T10:00Z", day, campaign)
    for day, campaign in ((20, SPRING), (21, SPRING), (22, SUMMER))
)


@pytest.mark.parametrize(
    ("campaigns", "counted", "n"),
    [
        ((), "interactions", 3),
        ((SPRING,), "interactions", 2),
        ((SPRING, SUMMER), "campaigns", 2),
        ((), "campaigns", 2),
        ((SPRING,), "campaigns", 1),
    ],
)
def test_interactions_and_campaigns_are_counted(campaigns: tuple[str, ...], counted: str, n: int) -> None:
    """§4.9: how often, or how many different campaigns; no campaign named means any."""
    rows = Rows(Interactions("opened", campaigns))
    assert ask(Campaign("did", rows, Count("eq", n), counted), ContactRecord({}, OPENED))


def test_not_opened_includes_those_who_never_received() -> None:
    """§4.9 T10: no interaction at all is zero, so `did_not` holds."""
    rows = Rows(Interactions("opened", (SUMMER,)), window=InLast(7, Unit.DAY))
    assert ask(Campaign("did_not", rows, None), ContactRecord({}))
    assert not ask(Campaign("did_not", rows, None), ContactRecord({}, OPENED))
    assert ask(Campaign("did_not", rows, None), ContactRecord({}, OPENED[:2]))


def test_a_campaign_that_is_gone_fails() -> None:
    """M16: a reference that does not resolve fails closed, with its cause."""
    with pytest.raises(Unresolved) as problem:
        ask(Campaign("did", Rows(Interactions("opened", (GONE,))), Count("gte", 1)), ContactRecord({}))
    assert problem.value.cause == "reference_missing"


# Related rows ----------------------------------------------------------------------------------------------------


def ordered(number: int, time: str | None = "2026-03-10T10:00Z", *, paid: bool = True) -> RelatedRecord:
    """Place a row of the first relation."""
    return RelatedRecord("orders", number, None, at(time) if time else None, {"orders.paid": paid})


def line(number: int, parent: int, sku: str | None, price: int | None = None) -> RelatedRecord:
    """Place a row of the second relation."""
    return RelatedRecord("lines", number, parent, None, {"lines.sku": sku, "lines.price": price})


LINES = RelationPath(("orders", "lines"))
GIFTS = Rows(LINES, where("lines.sku", "starts_with", "GIFT"))
SOME = (ordered(1), line(2, 1, "GIFT-1"), line(3, 1, "BOOK"))


def has(quantifier: str, *rows: RelatedRecord, k: int | None = None, when_empty: bool | None = None) -> bool:
    """Ask how many lines are gifts."""
    return ask(Related(quantifier, GIFTS, k, when_empty), ContactRecord({}, related=rows))


@pytest.mark.parametrize(
    ("quantifier", "k", "of_some", "of_none"),
    [
        ("any", None, True, False),
        ("none", None, False, True),
        ("all", None, False, False),
        ("at_least", 1, True, False),
        ("at_least", 2, False, False),
    ],
)
def test_quantifiers(quantifier: str, k: int | None, *, of_some: bool, of_none: bool) -> None:
    """T02 T18 §4.12: some, none, all or at least k rows; no rows are none at all."""
    assert has(quantifier, *SOME, k=k) is of_some
    assert has(quantifier, ordered(1), k=k) is of_none
    assert has(quantifier, k=k) is of_none


@pytest.mark.parametrize("when_empty", [False, True])
def test_all_of_nothing_is_what_the_document_says(*, when_empty: bool) -> None:
    """§4.12: `all` without rows answers `when_empty`; with rows it never matters."""
    assert has("all", when_empty=when_empty) is when_empty
    assert has("all", *SOME[:2], when_empty=when_empty)
    assert not has("all", *SOME, when_empty=when_empty)


def test_a_missing_value_is_no_reason_to_forget_the_row() -> None:
    """T01 T02: a line without an article is a row, and it is not a gift."""
    assert not has("all", ordered(1), line(2, 1, None))
    assert has("none", ordered(1), line(2, 1, None))


def test_where_may_name_both_hops() -> None:
    """§4.12: a line is asked together with the order it belongs to, and no other one."""
    both = Group(
        GroupKind.ALL, (Property("orders.paid", Test("is_true")), Property("lines.sku", Test("equals", "GIFT")))
    )
    asked = Related("any", Rows(LINES, both))
    paid, unpaid = ordered(1), ordered(2, paid=False)
    assert ask(asked, ContactRecord({}, related=(paid, unpaid, line(3, 1, "GIFT"))))
    assert not ask(asked, ContactRecord({}, related=(paid, unpaid, line(3, 2, "GIFT"))))


@pytest.mark.parametrize(
    ("time", "expected"),
    [("2026-03-29T10:00Z", False), ("2026-03-29T09:59:59.999999Z", True), ("2026-03-01T00:00Z", False), (None, False)],
)
def test_rows_with_a_time_are_bounded(time: str | None, *, expected: bool) -> None:
    """M11 §4.12: the window and `as_of` choose the rows; a row whose time is missing lies in no window."""
    asked = Related("any", Rows(RelationPath(("orders",)), window=InLast(7, Unit.DAY)))
    assert ask(asked, ContactRecord({}, related=(ordered(1, time),))) is expected


def test_figures_over_a_path() -> None:
    """§4.3: a figure over related rows skips what is missing and never counts a row twice (T81)."""
    rows = (ordered(1), ordered(2), line(3, 1, "A", 250), line(4, 1, "B", None), line(5, 2, "C", 250))
    record = ContactRecord({}, related=rows)
    assert ask(Aggregate("sum", Rows(LINES), "lines.price", Test("equals", 5)), record)
    assert ask(Aggregate("count", Rows(LINES), None, Test("equals", 3)), record)
    assert ask(Aggregate("count_distinct", Rows(LINES), "lines.price", Test("equals", 1)), record)


def test_a_path_that_is_gone_fails() -> None:
    """M16: a step that does not exist, or does not lead on from the one before, fails closed."""
    for path in (("lines",), ("orders", "orders"), ("elsewhere",)):
        with pytest.raises(Unresolved):
            ask(Related("any", Rows(RelationPath(path))), ContactRecord({}))
