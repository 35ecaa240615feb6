"""Reading documents: defaults, and every problem with its place and code (docs/criteria.md §1, §4, §6.1)."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest

from segment_engine.domain.criteria import (
    Aggregate,
    AllContacts,
    AnyTime,
    Attribute,
    Calendar,
    Case,
    Count,
    Criteria,
    DayMoment,
    Event,
    EventTime,
    Group,
    GroupKind,
    InLast,
    Label,
    LiteralRange,
    MomentRange,
    OnMissing,
    Property,
    Rows,
    Span,
    Test,
    Unit,
)
from segment_engine.domain.parse import is_time_zone, parse_criteria
from segment_engine.errors import CriteriaError
from tests.criteria_catalog import CATALOG
from tests.criteria_documents import Document, aggregate, attribute, document, event, event_time, group, prop, span


def parse(*conditions: object) -> Criteria:
    """Read a document with these conditions."""
    return parse_criteria(document(*conditions), CATALOG)


def problems(bad: object) -> list[tuple[str, str]]:
    """Read a document that has problems: their paths and codes."""
    with pytest.raises(CriteriaError) as caught:
        parse_criteria(json.dumps(bad), CATALOG)
    assert all(problem.sentence.endswith(".") for problem in caught.value.problems)
    return [(problem.path.removeprefix("$.root.of[0]"), problem.code) for problem in caught.value.problems]


def test_the_document_of_the_paper_is_read() -> None:
    """The example of docs/criteria.md §1 becomes the tree it describes, calendar included."""
    text = json.dumps(
        document(
            attribute("city", "is_any_of", ["Utrecht", "Gent"], id="city", case="fold", on_missing="exclude"),
            group("none", event(window={"in_last": span(90)})),
            calendar={
                "time_zone": "Europe/Amsterdam", "week_starts_on": "sunday", "fiscal_year_start_month": 4,
                "leap_day": "mar_1",
            },
            limit=None,
        )
    )  # fmt: skip
    city = Test("is_any_of", ("Utrecht", "Gent"), Case.FOLD, OnMissing.EXCLUDE)
    ordered = Event("did", Rows("order_placed", window=InLast(90, Unit.DAY)), Count("gte", 1))
    assert parse_criteria(text, CATALOG) == Criteria(
        Group(
            GroupKind.ALL, (Attribute("contact.city", city, Label("city")), Group(GroupKind.NONE, (ordered,))),
        ),
        Calendar("Europe/Amsterdam", "sunday", 4, "mar_1"),
    )  # fmt: skip
    assert parse_criteria(text.encode(), CATALOG) == parse_criteria(text, CATALOG)


def test_defaults_are_filled_from_the_operator_table() -> None:
    """Case is fold for text, missing is left out by a positive operator and let in by a negation (M2, M5, T05)."""
    city, code, plan, age, known = parse(
        attribute("city", "equals", "Gent"),
        attribute("code", "not_contains", "x", case="exact", on_missing="exclude"),
        attribute("plan", "is_none_of", ["Pro"]),
        attribute("age", "lte", 3),
        attribute("vip", "is_set"),
    ).root.of
    assert isinstance(city, Attribute)
    assert city.test == Test("equals", "Gent", Case.FOLD, OnMissing.EXCLUDE)
    assert isinstance(code, Attribute)
    assert code.test == Test("not_contains", "x", Case.EXACT, OnMissing.EXCLUDE)
    assert isinstance(plan, Attribute)
    assert plan.test == Test("is_none_of", ("Pro",), Case.EXACT, OnMissing.INCLUDE)
    assert isinstance(age, Attribute)
    assert age.test == Test("lte", 3, None, OnMissing.EXCLUDE)
    assert isinstance(known, Attribute)
    assert known.test == Test("is_set")


def test_literals_are_kept_as_typed() -> None:
    """Decimals keep their zeros; ranges keep their ends (M15)."""
    score, income, size = parse(
        attribute("score", "equals", "-0.50"),
        attribute("income", "between", {"from": "1", "to": "20.00"}),
        attribute("size", "between", {"from": "small", "to": "10"}),
    ).root.of
    assert isinstance(score, Attribute)
    assert str(score.test.value) == "-0.50"
    assert isinstance(income, Attribute)
    assert income.test.value == LiteralRange(Decimal(1), Decimal("20.00"))
    assert isinstance(size, Attribute)
    assert size.test.value == LiteralRange("small", "10")


def test_rows_and_figures_are_read() -> None:
    """Event, aggregate, event_time and all_contacts carry their rows, their test and their label."""
    where = group("any", prop("order_placed.channel", "equals", "web"), prop("@hour", "lt", 6))
    seldom, average, different, last, everyone = parse(
        event(count={"op": "between", "from": 0, "to": 2}, where=where, window={"any_time": True}),
        aggregate("avg", "gte", "12.34567891", of="order_placed.total"),
        aggregate("count_distinct", "gte", 2, of="order_placed.channel", case="fold"),
        event_time("last", "more_than_ago", span(180), include_future=True),
        {"kind": "all_contacts", "note": "for everyone"},
    ).root.of
    assert isinstance(seldom, Event)
    assert seldom.count == Count("between", 0, 2)
    assert seldom.rows.window == AnyTime()
    assert seldom.rows.where is not None
    assert [child.field for child in seldom.rows.where.of if isinstance(child, Property)] == [
        "order_placed.channel", "@hour",
    ]  # fmt: skip
    assert isinstance(average, Aggregate)
    assert average.test == Test("gte", Decimal("12.34567891"), None, OnMissing.EXCLUDE)
    assert isinstance(different, Aggregate)
    assert (different.distinct_case, different.test) == (Case.FOLD, Test("gte", 2))
    assert isinstance(last, EventTime)
    assert last == EventTime(
        "last", Rows("order_placed", include_future=True),
        Test("more_than_ago", Span(180, Unit.DAY), None, OnMissing.EXCLUDE),
    )  # fmt: skip
    assert everyone == AllContacts(Label(note="for everyone"))


def test_the_calendar_given_is_used_where_the_document_has_none() -> None:
    """A draft without a calendar takes that of the organization; a partial one is filled from it."""
    tokyo = Calendar(time_zone="Asia/Tokyo", week_starts_on="sunday")
    bare = {key: value for key, value in document({"kind": "all_contacts"}).items() if key != "calendar"}
    assert parse_criteria(bare, CATALOG, calendar=tokyo).calendar == tokyo
    assert parse_criteria(bare, CATALOG).calendar == Calendar()
    partial = parse_criteria(bare | {"calendar": {"time_zone": "UTC"}}, CATALOG, calendar=tokyo)
    assert partial.calendar == Calendar(time_zone="UTC", week_starts_on="sunday")


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("US/Eastern", True),
        ("Europe/Kyiv", True),
        ("localtime", False),
        ("", False),
        ("posix/UTC", False),
        ("../UTC", False),
        ("Europe", False),
    ],
)
def test_zones_are_names_that_mean_the_same_everywhere(name: str, *, known: bool) -> None:
    """Old names are aliases and count; the computer's own zone and paths do not (T32)."""
    assert is_time_zone(name) is known


def test_an_open_range_may_name_one_end_by_null_or_not_at_all() -> None:
    """A window's range needs one end only."""
    left, right = parse(
        event(window={"range": {"from": {"day": "2026-01-01"}, "to": None}}),
        event(window={"range": {"to": {"day": "2026-01-01"}}}),
    ).root.of
    assert isinstance(left, Event)
    assert left.rows.window == MomentRange(DayMoment(date(2026, 1, 1)), None)
    assert isinstance(right, Event)
    assert right.rows.window == MomentRange(None, DayMoment(date(2026, 1, 1)))


def test_all_problems_come_at_once_in_the_order_of_the_document() -> None:
    """Nothing hides behind the first problem."""
    bad = document(
        attribute("nothing", "equals", "x", surprise=1),
        attribute("city", "gt", "x"),
        attribute("income", "equals", "1.234", case="fold"),
        {"kind": "magic"},
        event("never", window={"in_last": span(0, "decade")}),
        extra=True,
    )
    assert problems(bad) == [
        ("$.extra", "unknown_key"),
        (".surprise", "unknown_key"),
        (".field", "unknown_field"),
        ("$.root.of[1].op", "operator_type"),
        ("$.root.of[2].value", "scale"),
        ("$.root.of[2].case", "unknown_key"),
        ("$.root.of[3].kind", "unknown_kind"),
        ("$.root.of[4].verb", "unknown_value"),
        ("$.root.of[4].window.in_last.n", "limit_exceeded"),
        ("$.root.of[4].window.in_last.unit", "unit"),
    ]


def test_a_damaged_frame_is_named() -> None:
    """Format, version, base, calendar and root are each checked."""
    frame: Document = {
        "format": "x", "version": 2, "base": "orders", "root": {"kind": "all_contacts"}, "calendar": {
            "time_zone": "Mars/Base", "week_starts_on": "friday", "fiscal_year_start_month": 13, "leap_day": 1,
        },
    }  # fmt: skip
    assert problems(frame) == [
        ("$.format", "unknown_value"),
        ("$.version", "unknown_value"),
        ("$.base", "unknown_value"),
        ("$.calendar.time_zone", "unknown_value"),
        ("$.calendar.week_starts_on", "unknown_value"),
        ("$.calendar.fiscal_year_start_month", "unknown_value"),
        ("$.calendar.leap_day", "wrong_type"),
        ("$.root.group", "missing_key"),
    ]
    assert problems([]) == [("$", "not_an_object")]
    assert problems(document(calendar=3)) == [("$.calendar", "not_an_object"), ("$.root.of", "empty_group")]
