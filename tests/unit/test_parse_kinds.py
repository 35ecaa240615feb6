"""Reading the kinds beside attribute and event: what becomes of each key, and which defaults are filled."""

from __future__ import annotations

from decimal import Decimal

import pytest

from segment_engine.domain.criteria import (
    Attribute,
    Bucket,
    Campaign,
    Case,
    CompareFields,
    Condition,
    Consent,
    Count,
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
from segment_engine.domain.parse import parse_criteria
from segment_engine.errors import CriteriaError
from tests.criteria_catalog import CAMPAIGNS, CATALOG, LISTS, SEGMENTS
from tests.criteria_documents import (
    attribute,
    campaign,
    compare,
    consent,
    document,
    event,
    event_has,
    figure,
    group,
    limit,
    prop,
    related,
    segment,
    sequence,
    span,
    static_list,
    time_of,
)

PAID = prop("order_placed.status", "equals", "Paid")
_PAID = Group(GroupKind.ALL, (Property("order_placed.status", Test("equals", "Paid", Case.EXACT, OnMissing.EXCLUDE)),))
GIFT = group("all", prop("order_lines.sku", "starts_with", "GIFT"), prop("orders.state", "equals", "open"))
_GIFT = Group(
    GroupKind.ALL,
    (
        Property("order_lines.sku", Test("starts_with", "GIFT", Case.FOLD, OnMissing.EXCLUDE)),
        Property("orders.state", Test("equals", "open", Case.EXACT, OnMissing.EXCLUDE)),
    ),
)
_LINES = RelationPath(("orders", "order_lines"))
_TOTALS = Figure("sum", Rows("order_placed", window=InLast(30, Unit.DAY)), "order_placed.total")


def read(condition: object) -> object:
    """Read a document with one condition."""
    return parse_criteria(document(condition), CATALOG).root.of[0]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (event_has("last", PAID), EventHas("last", Rows("order_placed"), _PAID)),
        (
            event_has("first", PAID, window={"in_last": span(3)}, where=group("all", PAID), on_missing="include"),
            EventHas("first", Rows("order_placed", _PAID, InLast(3, Unit.DAY)), _PAID, OnMissing.INCLUDE),
        ),
        (sequence(), Sequence(Rows("order_placed"), "followed_by", Rows("order_placed"))),
        (
            sequence(
                "not_followed_by", first={"event": "opened", "window": {"in_last": span(3)}}, within=span(72, "hour"),
            ),
            Sequence(
                Rows("opened", window=InLast(3, Unit.DAY)), "not_followed_by", Rows("order_placed"),
                Span(72, Unit.HOUR),
            ),
        ),
        (
            sequence(first={"event": "visit"}, then={"event": "visit"}, within=span(3)),
            Sequence(Rows("visit"), "followed_by", Rows("visit"), Span(3, Unit.DAY)),
        ),
        (segment("in_any", SEGMENTS[0]), SegmentMembership("in_any", SEGMENTS[:1])),
        (
            segment("not_in_all", *(key.upper() for key in SEGMENTS), max_age_hours=24, members="last_run"),
            SegmentMembership("not_in_all", SEGMENTS, 24),
        ),
        (segment("in_all", SEGMENTS[0], members="live"), SegmentMembership("in_all", SEGMENTS[:1], members="live")),
        (static_list("not_in_any", *LISTS), ListMembership("not_in_any", LISTS)),
        (campaign(), Campaign("did", Rows(Interactions("opened")), Count("gte", 1))),
        (
            campaign(campaigns=[CAMPAIGNS[1].upper()], count={"op": "eq", "n": 2}, counted="campaigns"),
            Campaign("did", Rows(Interactions("opened", CAMPAIGNS[1:2])), Count("eq", 2), "campaigns"),
        ),
        (campaign("did_not", "received"), Campaign("did_not", Rows(Interactions("received")), None)),
        (
            campaign(where=group("all", prop("opened.link", "equals", "x"))),
            Campaign(
                "did",
                Rows(
                    Interactions("opened"),
                    Group(GroupKind.ALL, (Property("opened.link", Test("equals", "x", Case.FOLD, OnMissing.EXCLUDE)),)),
                ),
                Count("gte", 1),
            ),
        ),
        (consent("state_is", "granted"), Consent("email", "state_is", ("granted",))),
        (consent("state_is_not", "no_record", topic="news"), Consent("email", "state_is_not", ("no_record",), "news")),
        ({"kind": "reachable", "channel": "sms", "op": "is_not_reachable"}, Reachable("sms", "is_not_reachable")),
        (related("any", "pets"), Related("any", Rows(RelationPath(("pets",))))),
        (
            related("all", "orders", "order_lines", where=GIFT),
            Related("all", Rows(_LINES, _GIFT), None, when_empty=False),
        ),
        (
            related("all", "orders", "order_lines", where=GIFT, when_empty=True),
            Related("all", Rows(_LINES, _GIFT), None, when_empty=True),
        ),
        (
            related("at_least", "orders", k=2, window={"in_last": span(1, "hour")}, include_future=True),
            Related("at_least", Rows(RelationPath(("orders",)), None, InLast(1, Unit.HOUR), include_future=True), 2),
        ),
        ({"kind": "sample", "percent": "0.10", "seed": "a.b"}, Sample(Decimal("0.10"), "a.b")),
        ({"kind": "bucket", "from": 0, "to": 10_000, "seed": "x"}, Bucket(0, 10_000, "x")),
        (
            attribute("tags", "size", {"op": "between", "from": 0, "to": 2}),
            Attribute("contact.tags", Test("size", Count("between", 0, 2))),
        ),
    ],
    ids=lambda value: "" if isinstance(value, dict) else type(value).__name__,
)  # fmt: skip
def test_a_condition_becomes_its_node(written: object, expected: Condition) -> None:
    """Every key of every kind has its place in the tree; what was left out has its default (T18)."""
    assert read(written) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (
            compare("city", "equals", "nickname"),
            CompareFields(
                FieldValue("contact.city"), "equals", FieldValue("contact.nickname"), case=Case.FOLD,
                on_missing=OnMissing.EXCLUDE,
            ),
        ),
        (
            compare("size", "not_equals", "old_size"),
            CompareFields(
                FieldValue("contact.size"), "not_equals", FieldValue("contact.old_size"), on_missing=OnMissing.INCLUDE,
            ),
        ),
        (
            compare(
                figure("sum", of="order_placed.total", window={"in_last": span(30)}), "gte", "income", times="0.050",
            ),
            CompareFields(
                _TOTALS, "gte", FieldValue("contact.income"), Decimal("0.050"), on_missing=OnMissing.EXCLUDE,
            ),
        ),
        (
            compare(figure("count"), "lt", figure("count_distinct", of="order_placed.channel", case="fold")),
            CompareFields(
                Figure("count", Rows("order_placed")), "lt",
                Figure("count_distinct", Rows("order_placed"), "order_placed.channel", Case.FOLD),
            ),
        ),
        (
            compare(time_of("first"), "on_or_before", "signed_up_at", offset=span(-7), on_missing="include"),
            CompareFields(
                FirstOrLast("first", Rows("order_placed")), "on_or_before", FieldValue("contact.signed_up_at"),
                offset=Offset(-7, Unit.DAY), on_missing=OnMissing.INCLUDE,
            ),
        ),
        (
            compare(time_of("last", "visit"), "equals", "renewal"),
            CompareFields(
                FirstOrLast("last", Rows("visit")), "equals", FieldValue("contact.renewal"),
                on_missing=OnMissing.EXCLUDE,
            ),
        ),
        (
            compare(figure("avg", of="order_placed.items"), "gt", "age"),
            CompareFields(
                Figure("avg", Rows("order_placed"), "order_placed.items"), "gt", FieldValue("contact.age"),
                on_missing=OnMissing.EXCLUDE,
            ),
        ),
    ],
    ids=("text", "choice", "times", "counts", "offset", "dates", "average"),
)  # fmt: skip
def test_values_are_compared_with_values(written: object, expected: CompareFields) -> None:
    """All three value expressions, multiplied, moved, and with the default of on_missing that the operator has."""
    assert read(written) == expected


def test_figures_of_related_tables_are_read() -> None:
    """A figure may be computed of the last table of a path."""
    path = {"aggregate": {"from": {"path": ["orders", "payments"]}, "function": "max", "of": "@time"}}
    expected = Figure("max", Rows(RelationPath(("orders", "payments"))), "@time")
    found = read(compare(path, "before", "renewal", offset=span(3)))
    assert isinstance(found, CompareFields)
    assert (found.left, found.offset) == (expected, Offset(3, Unit.DAY))


def test_a_limit_is_read() -> None:
    """The first N by one to three values, each with its direction."""
    last = {"value": time_of("last"), "direction": "asc"}
    keys = limit("size", figure_key := {"value": figure("count"), "direction": "desc"}, last, top_n=1, ties="keep")
    assert figure_key in keys["order_by"]  # pyright: ignore[reportOperatorIssue] - a list of keys
    assert parse_criteria(document(event(), limit=keys), CATALOG).limit == Limit(
        1,
        "keep",
        (
            OrderKey(FieldValue("contact.size"), "desc"),
            OrderKey(Figure("count", Rows("order_placed")), "desc"),
            OrderKey(FirstOrLast("last", Rows("order_placed")), "asc"),
        ),
    )
    assert parse_criteria(document(event(), limit=None), CATALOG).limit is None


def test_sets_of_texts_have_a_case_and_sets_of_choices_their_list() -> None:
    """Sets follow the rule of their elements: texts fold, choices are compared as they stand."""
    tags, sizes = attribute("tags", "includes_all", ["A", "a"]), attribute("sizes", "includes_none", ["10"])
    found = parse_criteria(document(tags, sizes), CATALOG).root.of
    tests = [getattr(child, "test", None) for child in found]
    assert tests == [
        Test("includes_all", ("A", "a"), Case.FOLD, OnMissing.EXCLUDE),
        Test("includes_none", ("10",), Case.EXACT, OnMissing.INCLUDE),
    ]


SENSITIVE = [
    (attribute("health", "is_set"), ".field"),
    (event(where=group("all", prop("order_placed.illness", "is_set"))), ".where.of[0].field"),
    (event_has("last", prop("order_placed.illness", "is_set")), ".has.of[0].field"),
    (compare("city", "equals", "health"), ".right.field"),
    (compare(figure("max", of="order_placed.illness"), "gt", "age"), ".left.aggregate.of"),
]


@pytest.mark.parametrize(("condition", "path"), SENSITIVE, ids=[path for _, path in SENSITIVE])
def test_sensitive_fields_need_a_permission(condition: object, path: str) -> None:
    """Who may not see contacts cannot ask for a sensitive value, wherever it stands."""
    assert parse_criteria(document(condition), CATALOG)
    with pytest.raises(CriteriaError) as caught:
        parse_criteria(document(condition), CATALOG, may_see_sensitive=False)
    assert [(p.path, p.code) for p in caught.value.problems] == [(f"$.root.of[0]{path}", "sensitive_field")]
    assert "ce.members.view" in caught.value.problems[0].sentence


def test_a_limit_by_a_sensitive_field_needs_the_permission() -> None:
    """Ranking by a value tells about it, too."""
    with pytest.raises(CriteriaError) as caught:
        parse_criteria(document(event(), limit=limit("health")), CATALOG, may_see_sensitive=False)
    assert [(p.path, p.code) for p in caught.value.problems] == [("$.limit.order_by[0].value.field", "sensitive_field")]
