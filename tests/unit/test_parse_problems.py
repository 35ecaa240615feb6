"""One wrong thing in a condition gives one problem, with its place and its code (docs/criteria.md §6.2)."""

from __future__ import annotations

import json

import pytest

from segment_engine.domain.parse import parse_criteria
from segment_engine.errors import CriteriaError
from tests.criteria_catalog import CATALOG
from tests.criteria_documents import aggregate, attribute, document, event, event_time, group, prop, span

DAY, INSTANT = {"day": "2026-03-01"}, {"instant": "2026-03-01T09:30:00Z"}
NOW = {"now": span(-90, "minute")}
AHEAD = {"in_next": span(3)}
NEXT_MONTH = {"in_period": {"unit": "month", "offset": 1}}
TOTAL = "order_placed.total"
VISIT = {"kind": "event", "event": "visit", "verb": "did"}
WEB = prop("order_placed.channel", "equals", "web")
EVERYONE = {"kind": "all_contacts"}

ATTRIBUTES: list[tuple[object, str, str]] = [
    (attribute("city", "equals"), ".value", "missing_key"),
    (attribute("city", "is_set", "x"), ".value", "unknown_key"),
    (attribute("city", "is_set", on_missing="include"), ".on_missing", "on_missing_not_allowed"),
    (attribute("city", "equals", "x", on_missing="maybe"), ".on_missing", "unknown_value"),
    (attribute("city", "equals", "x", case="upper"), ".case", "unknown_value"),
    (attribute("age", "equals", 1, case="fold"), ".case", "unknown_key"),
    (attribute("size", "gt", "small", case="fold"), ".case", "unknown_key"),
    (attribute("city", "like", "x"), ".op", "unknown_operator"),
    (attribute("city", "gt", "x"), ".op", "operator_type"),
    (attribute("plan", "gt", "Pro"), ".op", "operator_type"),
    (attribute("vip", "equals", 1), ".op", "operator_type"),
    (attribute("city", "equals", " \u00a0"), ".value", "bad_text"),
    (attribute("city", "equals", ""), ".value", "bad_text"),
    (attribute("city", "equals", "x" * 501), ".value", "limit_exceeded"),
    (attribute("city", "equals", "a\x00"), ".value", "bad_text"),
    (attribute("city", "equals", "a\r"), ".value", "bad_text"),
    (attribute("city", "equals", "\ud800"), ".value", "bad_text"),
    (attribute("city", "equals", 3), ".value", "wrong_type"),
    (attribute("city", "is_any_of", "x"), ".value", "wrong_type"),
    (attribute("city", "is_any_of", []), ".value", "empty_list"),
    (attribute("city", "is_any_of", ["x"] * 1001), ".value", "limit_exceeded"),
    (attribute("city", "contains_any_of", ["x"] * 51), ".value", "limit_exceeded"),
    (attribute("city", "is_any_of", ["x", " "]), ".value[1]", "bad_text"),
    (attribute("plan", "equals", "pro"), ".value", "unknown_value"),
    (attribute("age", "equals", "3"), ".value", "wrong_type"),
    (attribute("age", "equals", True), ".value", "wrong_type"),
    (attribute("age", "equals", 1.5), ".value", "wrong_type"),
    (attribute("age", "equals", 2**63), ".value", "limit_exceeded"),
    (attribute("age", "between", {"from": 2, "to": 1}), ".value", "range_order"),
    (attribute("age", "between", {"from": 2}), ".value.to", "missing_key"),
    (attribute("age", "between", 2), ".value", "not_an_object"),
    (attribute("size", "between", {"from": "10", "to": "small"}), ".value", "range_order"),
    (attribute("income", "equals", 5), ".value", "wrong_type"),
    (attribute("income", "equals", "1e3"), ".value", "wrong_type"),
    (attribute("income", "equals", "01"), ".value", "wrong_type"),
    (attribute("income", "equals", "1\n"), ".value", "wrong_type"),
    (attribute("income", "equals", "\u0661"), ".value", "wrong_type"),
    (attribute("income", "equals", "1.001"), ".value", "scale"),
    (attribute("income", "equals", "12345678901234567"), ".value", "limit_exceeded"),
    (attribute("birthday", "before", INSTANT), ".value.instant", "moment_kind"),
    (attribute("birthday", "before", NOW), ".value.now", "moment_kind"),
    (attribute("signed_up_at", "on", INSTANT), ".value.instant", "moment_kind"),
    (attribute("signed_up_at", "on", {"day": "2026-02-30"}), ".value.day", "wrong_type"),
    (attribute("signed_up_at", "on", {"day": "20260301"}), ".value.day", "wrong_type"),
    (attribute("signed_up_at", "on", {"day": 5}), ".value.day", "wrong_type"),
    (attribute("signed_up_at", "on", {"day": "1899-12-31"}), ".value.day", "limit_exceeded"),
    (attribute("signed_up_at", "before", {"instant": "2026-03-01T09:30:00"}), ".value.instant", "wrong_type"),
    (attribute("signed_up_at", "before", {"instant": 3}), ".value.instant", "wrong_type"),
    (attribute("signed_up_at", "before", {"instant": "0001-01-01T00:00:00+14:00"}), ".value.instant", "wrong_type"),
    (attribute("signed_up_at", "before", {"instant": "2300-01-01T00:00:00Z"}), ".value.instant", "limit_exceeded"),
    (attribute("signed_up_at", "before", {"today": span(1, "hour")}), ".value.today.unit", "unit"),
    (attribute("signed_up_at", "before", {"now": {"n": 1}}), ".value.now.unit", "missing_key"),
    (attribute("signed_up_at", "before", {"now": 1}), ".value.now", "not_an_object"),
    (attribute("signed_up_at", "before", {"now": span(10_001)}), ".value.now.n", "limit_exceeded"),
    (attribute("signed_up_at", "before", {**DAY, **INSTANT}), ".value.instant", "unknown_key"),
    (attribute("signed_up_at", "before", {}), ".value", "missing_key"),
    (attribute("signed_up_at", "before", "x"), ".value", "not_an_object"),
    (attribute("signed_up_at", "in_last", span(0)), ".value.n", "limit_exceeded"),
    (attribute("signed_up_at", "in_last", 5), ".value", "not_an_object"),
    (attribute("birthday", "in_last", span(1, "hour")), ".value.unit", "unit"),
    (attribute("signed_up_at", "in_last", span(1, "fiscal_year")), ".value.unit", "unit"),
    (attribute("signed_up_at", "in_period", {"unit": "hour", "offset": 0}), ".value.unit", "unit"),
    (attribute("signed_up_at", "in_period", {"unit": "day"}), ".value.offset", "missing_key"),
    (attribute("signed_up_at", "in_period", 1), ".value", "not_an_object"),
    (attribute("birthday", "between_ago", {"from": 30, "to": 30, "unit": "day"}), ".value", "range_order"),
    (attribute("birthday", "between_ago", {"from": 30, "to": -1, "unit": "day"}), ".value.to", "limit_exceeded"),
    (attribute("birthday", "between_ago", []), ".value", "not_an_object"),
    (attribute("signed_up_at", "between", {"from": {"day": "2026-03-02"}, "to": DAY}), ".value", "range_order"),
    (attribute("signed_up_at", "between", {"from": {"day": "2026-03-02"}, "to": INSTANT}), ".value", "range_order"),
    (attribute("signed_up_at", "between", {"from": DAY}), ".value.to", "missing_key"),
    (attribute("signed_up_at", "between", 1), ".value", "not_an_object"),
    (attribute("birthday", "anniversary_within", {"before": 200, "after": 165}), ".value", "limit_exceeded"),
    (attribute("birthday", "anniversary_within", {"before": -1, "after": 1}), ".value.before", "limit_exceeded"),
    (attribute("birthday", "anniversary_within", 7), ".value", "not_an_object"),
    (attribute("birthday", "month_is", [13]), ".value[0]", "unknown_value"),
    (attribute("birthday", "weekday_is", [0]), ".value[0]", "unknown_value"),
    (attribute("birthday", "month_is", ["March"]), ".value[0]", "wrong_type"),
    ({"kind": "attribute", "field": 3, "op": "is_set"}, ".field", "wrong_type"),
    ({"kind": "attribute", "field": "contact.city", "op": 3}, ".op", "wrong_type"),
]

ROWS: list[tuple[object, str, str]] = [
    ({"kind": "event", "event": "order", "verb": "did"}, ".event", "unknown_field"),
    ({"kind": "event", "event": "visit"}, ".verb", "missing_key"),
    (event("did_not", count={"op": "gte", "n": 1}), ".count", "unknown_key"),
    (event(count={"op": "about", "n": 1}), ".count.op", "unknown_operator"),
    (event(count={"op": "gte", "n": -1}), ".count.n", "limit_exceeded"),
    (event(count={"op": "gte", "n": 1_000_001}), ".count.n", "limit_exceeded"),
    (event(count={"op": "between", "from": 2, "to": 1}), ".count", "range_order"),
    (event(count={"op": "gte", "from": 2, "n": 1}), ".count.from", "unknown_key"),
    (event(count=2), ".count", "not_an_object"),
    (event(on_missing="include"), ".on_missing", "on_missing_not_allowed"),
    (event(window=AHEAD), ".include_future", "missing_key"),
    (
        event(window={"in_period": {"unit": "month", "offset": 1}}, include_future=False),
        ".include_future",
        "missing_key",
    ),
    (event(include_future="yes"), ".include_future", "wrong_type"),
    (event(window={}), ".window", "missing_key"),
    (event(window={"lately": 1}), ".window.lately", "unknown_key"),
    (event(window={"any_time": False}), ".window.any_time", "unknown_value"),
    (event(window={"range": {"from": None}}), ".window.range", "missing_key"),
    (event(window={"range": 5}), ".window.range", "not_an_object"),
    (event(window={"range": {"from": {"day": "x"}}}), ".window.range.from.day", "wrong_type"),
    (event(window={"range": {"from": INSTANT, "to": {"day": "2026-02-01"}}}), ".window.range", "range_order"),
    (VISIT | {"window": {"in_last": span(1, "hour")}}, ".window.in_last.unit", "unit"),
    (VISIT | {"window": {"range": {"from": INSTANT}}}, ".window.range.from.instant", "moment_kind"),
    (VISIT | {"where": group("all", prop("@hour", "equals", 1))}, ".where.of[0].field", "unknown_field"),
    (VISIT | {"where": group("all", prop("order_placed.total", "is_set"))}, ".where.of[0].field", "unknown_field"),
    (event(where=group("all", attribute("city", "is_set"))), ".where.of[0].kind", "unknown_kind"),
    (event(where=group("all", group("any", group("none", WEB)))), ".where.of[0].of[0]", "limit_exceeded"),
    (event(where=WEB), ".where.group", "missing_key"),
    (event(where=group("all", {"kind": "property", "field": 1, "op": "is_set"})), ".where.of[0].field", "wrong_type"),
    (event(where=group("all", "x")), ".where.of[0]", "not_an_object"),
    (aggregate("median", "gte", 1), ".function", "unknown_value"),
    (aggregate("sum", "gte", "1"), ".of", "missing_key"),
    (aggregate("count", "gte", 1, of="order_placed.total"), ".of", "unknown_key"),
    (aggregate("sum", "gte", "1", of="order_placed.channel"), ".of", "operator_type"),
    (aggregate("min", "gte", "1", of="order_placed.gift"), ".of", "operator_type"),
    (aggregate("sum", "gte", "1", of="visit.total"), ".of", "unknown_field"),
    (aggregate("sum", "gte", "1.001", of="order_placed.total"), ".value", "scale"),
    (aggregate("avg", "gte", "1.123456789", of="order_placed.total"), ".value", "scale"),
    (aggregate("avg", "gte", 2, of="order_placed.items"), ".value", "wrong_type"),
    (
        aggregate("sum", "gte", "1", of="order_placed.total", on_missing="include"),
        ".on_missing",
        "on_missing_not_allowed",
    ),
    (aggregate("count", "gte", 1, case="fold"), ".case", "unknown_key"),
    (aggregate("count_distinct", "gte", 1, of="order_placed.items", case="fold"), ".case", "unknown_key"),
    (aggregate("sum", "gte", "1", of="order_placed.total", case="fold"), ".case", "unknown_key"),
    (aggregate("count", "gte", 1, **{"from": {"path": ["order"]}}), ".from.path[0]", "unknown_field"),
    (aggregate("count_distinct", "gte", 1, of="order_placed.labels"), ".of", "operator_type"),
    (aggregate("count", "gte", 1, **{"from": {"event": "x"}}), ".from.event", "unknown_field"),
    (aggregate("count", "gte", 1, **{"from": "visit"}), ".from", "not_an_object"),
    (event_time("second", "is_set"), ".which", "unknown_value"),
    (event_time("last", "gt", span(1)), ".op", "operator_type"),
    (event_time("last", "is_set", event="x"), ".event", "unknown_field"),
    (event_time("last", "on", DAY, count={"op": "gte", "n": 1}), ".count", "unknown_key"),
    (EVERYONE | {"on_missing": "include"}, ".on_missing", "on_missing_not_allowed"),
]

NODES: list[tuple[object, str, str]] = [
    ("x", "", "not_an_object"),
    ({}, ".kind", "missing_key"),
    ({"kind": "magic"}, ".kind", "unknown_kind"),
    ({"kind": ["attribute"]}, ".kind", "wrong_type"),
    (WEB, ".kind", "unknown_kind"),
    (group("xor", EVERYONE), ".group", "unknown_kind"),
    (group("all"), ".of", "empty_group"),
    (group("all", *[EVERYONE] * 51), ".of", "limit_exceeded"),
    (group("any", EVERYONE, k=1), ".k", "unknown_key"),
    (group("at_least", EVERYONE), ".k", "missing_key"),
    (group("at_least", EVERYONE, k=2), ".k", "k_range"),
    (group("at_least", EVERYONE, k=0), ".k", "k_range"),
    (group("all", EVERYONE, on_missing="include"), ".on_missing", "on_missing_not_allowed"),
    (group("all", group("all", group("all", group("all", group("all", EVERYONE))))), ".of[0]" * 4, "limit_exceeded"),
    (EVERYONE | {"id": "Not OK"}, ".id", "bad_text"),
    (EVERYONE | {"id": 5}, ".id", "wrong_type"),
    (EVERYONE | {"note": "x" * 201}, ".note", "limit_exceeded"),
    (EVERYONE | {"odd key": 1}, '["odd key"]', "unknown_key"),
    (EVERYONE | {"bad\x07": 1}, "", "bad_text"),
]


@pytest.mark.parametrize(("bad", "path", "code"), ATTRIBUTES + ROWS + NODES)
def test_one_wrong_thing_is_one_problem(bad: object, path: str, code: str) -> None:
    """The problem stands at its place, with its code and a sentence; nothing else is reported (M14)."""
    with pytest.raises(CriteriaError) as caught:
        parse_criteria(json.dumps(document(bad)), CATALOG)
    assert [(problem.path, problem.code) for problem in caught.value.problems] == [(f"$.root.of[0]{path}", code)]
    assert caught.value.problems[0].sentence.endswith(".")


def test_ids_are_unique_in_the_document() -> None:
    """The second use of an id is the problem, also inside where."""
    inner = group("all", WEB | {"id": "a"})
    with pytest.raises(CriteriaError) as caught:
        parse_criteria(document(EVERYONE | {"id": "a"}, event(where=inner)), CATALOG)
    assert [(p.path, p.code) for p in caught.value.problems] == [("$.root.of[1].where.of[0].id", "duplicate_key")]


def test_conditions_are_counted_with_those_of_where() -> None:
    """Fifty conditions are possible, fifty-one are not."""
    fifty = event(where=group("all", *[WEB] * 25))
    assert parse_criteria(document(fifty, *[EVERYONE] * 24), CATALOG)
    with pytest.raises(CriteriaError) as caught:
        parse_criteria(document(fifty, *[EVERYONE] * 25), CATALOG)
    assert [(p.path, p.code) for p in caught.value.problems] == [("$.root", "limit_exceeded")]
    assert "51" in caught.value.problems[0].sentence
