"""The sentence of every kind beyond values and events, of the limit and of members by hand (docs/criteria.md §9.1)."""

# ruff: noqa: E501 - a table of sentences is read, and broken lines would hide a missing word

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from segment_engine.domain.catalog import (
    CampaignReference,
    Catalog,
    EventType,
    Field,
    FieldType,
    ListReference,
    Relation,
    SegmentReference,
)
from segment_engine.domain.criteria import (
    Attribute,
    Bucket,
    Campaign,
    Case,
    CompareFields,
    Condition,
    Consent,
    Count,
    Criteria,
    EventHas,
    FieldValue,
    Figure,
    FirstOrLast,
    Group,
    GroupKind,
    InLast,
    Interactions,
    Limit,
    ListMembership,
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
    Unit,
)
from segment_engine.domain.describe import ByHand, describe

AS_OF = datetime(2026, 4, 1, 12, tzinfo=UTC)
A, B, C, D = (f"00000000-0000-0000-0000-00000000000{digit}" for digit in "1234")


def _fields(*fields: Field) -> dict[str, Field]:
    return {field.key: field for field in fields}


CATALOG = Catalog(
    fields=_fields(
        Field("contact.tags", "tags", FieldType.SET, "set_1"),
        Field("contact.likes", "likes", FieldType.SET, "set_2", values=("a", "b")),
        Field("contact.income", "income", FieldType.MONEY, "number_1", scale=2, currency="EUR"),
        Field("contact.city", "city", FieldType.TEXT, "city"),
        Field("contact.signed_up_at", "signed up", FieldType.INSTANT, "signed_up_at"),
    ),
    events={
        "cart": EventType("cart", "Cart filled", 1, fields=_fields(Field("cart.size", "size", FieldType.INTEGER, "number_1"))),
        "order": EventType(
            "order", "Order placed", 2,
            fields=_fields(
                Field("order.status", "status", FieldType.TEXT, "text_1"),
                Field("order.total", "total", FieldType.MONEY, "number_1", scale=2, currency="EUR"),
            ),
        ),
        "opened": EventType("opened", "Opened", 3, interaction="opened"),
    },
    relations={
        "orders": Relation("orders", "Orders", 1, fields=_fields(Field("orders.state", "state", FieldType.TEXT, "text_1"))),
        "lines": Relation("lines", "Lines", 2, "orders", fields=_fields(Field("lines.sku", "SKU", FieldType.TEXT, "text_1"))),
    },
    segments={
        A: SegmentReference(A, "Loyal", "active", "success", None, run_id=B, as_of=AS_OF),
        B: SegmentReference(B, "Old", "inactive", "success", None, run_id=B, as_of=AS_OF),
        C: SegmentReference(C, "New", "active", "not_calculated", None),
    },
    lists={A: ListReference(A, "Fair", 3)},
    campaigns={A: CampaignReference(A, "Spring")},
)  # fmt: skip

LINES = RelationPath(("orders", "lines"))
RETURNED = Property("order.status", Test("equals", "returned", Case.FOLD, OnMissing.EXCLUDE))
NOT_PAID = Property("order.status", Test("not_equals", "paid", Case.FOLD, OnMissing.INCLUDE))
GIFT = Property("lines.sku", Test("starts_with", "GIFT", Case.FOLD, OnMissing.EXCLUDE))


def every(*conditions: Condition) -> Group:
    """Join conditions by and."""
    return Group(GroupKind.ALL, conditions)


def say(condition: Condition, *, limit: Limit | None = None, by_hand: ByHand | None = None) -> str:
    """Say one condition as a whole sentence."""
    return describe(Criteria(every(condition), limit=limit), CATALOG, as_of=AS_OF, by_hand=by_hand).text


def interactions(*campaigns: str, interaction: str = "opened") -> Rows:
    """Choose campaign history."""
    return Rows(Interactions(interaction, campaigns))


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (Attribute("contact.tags", Test("includes_any", ("a", "b"), Case.FOLD, OnMissing.EXCLUDE)), "tags includes any of “a”, “b”"),
        (Attribute("contact.tags", Test("includes_none", ("a",), Case.EXACT, OnMissing.INCLUDE)), "tags includes none of “a” (upper and lower case must match) (contacts without tags are included)"),
        (Attribute("contact.likes", Test("not_includes_all", ("a", "b"), Case.EXACT, OnMissing.INCLUDE)), "likes lacks one of “a”, “b” (contacts without likes are included)"),
        (Attribute("contact.tags", Test("size", Count("gte", 2))), "tags has at least 2 values"),
        (Attribute("contact.tags", Test("size", Count("lte", 2))), "tags has at most 2 values (none counts as 0)"),
        (Attribute("contact.tags", Test("size", Count("between", 0, 1))), "tags has from 0 to 1 values (none counts as 0)"),
        (EventHas("last", Rows("order"), every(RETURNED)), "the last Order placed is one where status is “returned”"),
        (EventHas("first", Rows("order"), every(RETURNED), OnMissing.INCLUDE), "the first Order placed (contacts without Order placed are included) is one where status is “returned”"),
        (EventHas("last", Rows("order", every(NOT_PAID)), every(RETURNED)), "the last Order placed, among those where status is not “paid” (also where status is not known), is one where status is “returned”"),
        (Sequence(Rows("cart"), "followed_by", Rows("order")), "some Cart filled was followed at any later time by Order placed"),
        (Sequence(Rows("cart"), "not_followed_by", Rows("order")), "some Cart filled was not followed so far by Order placed"),
        (Sequence(Rows("cart"), "not_followed_by", Rows("order"), Span(3, Unit.DAY)), "some Cart filled was not followed within 3 days (72 hours), and that time is over, by Order placed"),
        (Sequence(Rows("cart"), "followed_by", Rows("order", every(RETURNED)), Span(90, Unit.MINUTE)), "some Cart filled was followed within 90 minutes by Order placed, only where status is “returned”"),
        (SegmentMembership("in_any", (A,)), "they are in the segment “Loyal” (as of the last run)"),
        (SegmentMembership("not_in_any", (A,), 24), "they are not in the segment “Loyal” (as of the last run, at most 24 hours old)"),
        (SegmentMembership("in_all", (A, B, C)), "they are in all of the segments “Loyal”, “Old” (inactive), “New” (never calculated) (as of the last run)"),
        (SegmentMembership("not_in_all", (A, D), members="live"), f"they are not in all of the segments “Loyal”, (unknown segment {D}) (calculated together with this one)"),
        (ListMembership("in_any", (A,)), "they are in the list “Fair”"),
        (ListMembership("not_in_any", (A, B)), f"they are in none of the lists “Fair”, (unknown list {B})"),
        (Campaign("did", interactions(), Count("gte", 1)), "they opened any campaign at least once"),
        (Campaign("did_not", interactions(A), None), "they did not open campaign “Spring”"),
        (Campaign("did", interactions(A, B), Count("lte", 2)), f"they opened any of the campaigns “Spring”, (unknown campaign {B}) at most 2 times (also never)"),
        (Campaign("did", interactions(interaction="received"), Count("gte", 3), "campaigns"), "they received any campaign, at least 3 different ones"),
        (Campaign("did_not", interactions(A, interaction="unsubscribed"), None), "they did not unsubscribe from campaign “Spring”"),
        (Consent("email", "state_is", ("granted", "no_record")), "their consent for email is granted or not on record"),
        (Consent("sms", "state_is_not", ("withdrawn",), "news"), "their consent for sms about “news” is not withdrawn"),
        (Consent("email", "state_is_not", ("withdrawn", "pending")), "their consent for email is neither withdrawn nor pending"),
        (Reachable("email", "is_reachable"), "they can be reached by email (address valid, consent granted, not suppressed)"),
        (Reachable("post", "is_not_reachable"), "they cannot be reached by post (address valid, consent granted, not suppressed)"),
        (Related("any", Rows(LINES, every(GIFT))), "there are some Lines of Orders, only where SKU starts with “GIFT”"),
        (Related("none", Rows(LINES)), "there are no Lines of Orders"),
        (Related("all", Rows(LINES, every(GIFT)), when_empty=False), "all Lines of Orders (contacts without any are left out) are such that SKU starts with “GIFT”"),
        (Related("at_least", Rows(RelationPath(("gone",))), k=2), "there are at least 2 (unknown relation gone)"),
        (Sample(Decimal("12.5"), "spring"), "they are in the 12.5 % sample “spring”, which stays the same"),
        (Bucket(0, 5000, "spring"), "they are in buckets 0 to 4999 of 10,000 of the sample “spring”, which stays the same"),
        (CompareFields(FirstOrLast("first", Rows("order")), "on_or_before", FieldValue("contact.signed_up_at"), offset=Offset(7, Unit.DAY), on_missing=OnMissing.EXCLUDE), "the first Order placed is on or before signed up plus 7 days (168 hours)"),
        (CompareFields(Figure("sum", Rows("order"), "order.total"), "gt", FieldValue("contact.income"), times=Decimal("1.5"), on_missing=OnMissing.INCLUDE), "sum of total of Order placed is more than 1.5 × income (contacts for whom one of the two is not known are included)"),
        (CompareFields(FieldValue("contact.city"), "not_equals", FieldValue("contact.gone"), case=Case.EXACT, on_missing=OnMissing.EXCLUDE), "city is not (unknown field contact.gone) (upper and lower case must match) (only contacts for whom both are known)"),
    ],
)  # fmt: skip
def test_kinds(condition: Condition, words: str) -> None:
    """Every kind reads as plain English; what is gone or not in order is shown as such (T18 T20 T26)."""
    assert say(condition) == f"Contacts where {words}"


def test_a_window_carries_its_bounds() -> None:
    """A relative window of any rows says from when until when (T21)."""
    rows = Rows(Interactions("opened"), window=InLast(30, Unit.DAY))
    assert say(Campaign("did_not", rows, None)) == (
        "Contacts where they did not open any campaign in the last 30 days "
        "(from 2 Mar 2026 12:00 until 1 Apr 2026 12:00, UTC; the end not included)"
    )


def test_groups_in_the_middle_of_a_line_get_letters() -> None:
    """Groups of several conditions never run together in one line: each is marked and written below (T16)."""
    first = Rows("cart", every(Property("cart.size", Test("gt", 1)), Property("cart.size", Test("lt", 9))))
    then = Rows("order", Group(GroupKind.ANY, (RETURNED, NOT_PAID)))
    assert say(Sequence(first, "followed_by", then)).splitlines() == [
        "Contacts where some Cart filled (a) was followed at any later time by Order placed (b)",
        "• (a) only where all of these hold:",
        "  • size is more than 1",
        "  • and size is less than 9",
        "• (b) only where any of these holds:",
        "  • status is “returned”",
        "  • or status is not “paid” (also where status is not known)",
    ]


def test_the_limit_stands_after_the_tree_and_hands_last() -> None:
    """Who is taken of many, in which order, and whom people added or removed (T84)."""
    keys = (
        OrderKey(Figure("sum", Rows("order", every(RETURNED)), "order.total"), "desc"),
        OrderKey(FieldValue("contact.signed_up_at"), "asc"),
        OrderKey(FieldValue("contact.city"), "desc"),
    )
    said = say(Reachable("email", "is_reachable"), limit=Limit(50, "cut", keys), by_hand=ByHand(1, 2))
    assert said.splitlines()[1:] == [
        "Of these only the first 50, ordered by",
        "• sum of total of Order placed, only where status is “returned”, highest first",
        "• then signed up, earliest first",
        "• then city, in reverse order",
        "• among equals the lower contact key decides; contacts without a value come last",
        "Whatever the criteria say, 1 contact was put in by hand and 2 contacts were taken out by hand",
    ]


def test_ties_may_come_too() -> None:
    """Who equals the last one is said to come too; one contact is not called the first 1."""
    said = say(
        Consent("email", "state_is", ("granted",)),
        limit=Limit(1, "keep", (OrderKey(FieldValue("contact.income"), "asc"),)),
    )
    assert said.splitlines()[1:] == [
        "Of these only the first, ordered by",
        "• income, lowest first",
        "• equals of the last one come too; contacts without a value come last",
    ]
