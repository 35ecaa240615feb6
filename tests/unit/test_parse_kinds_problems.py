"""One wrong thing in a condition of any other kind, or in the limit, gives one problem (docs/criteria.md §6.2)."""

from __future__ import annotations

import json

import pytest

from segment_engine.domain.parse import parse_criteria
from segment_engine.errors import CriteriaError
from tests.criteria_catalog import CAMPAIGNS, CATALOG, LISTS, SEGMENTS
from tests.criteria_documents import (
    Document,
    aggregate,
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

AHEAD = {"in_next": span(3)}
LINK = prop("opened.link", "is_set")
PAID = prop("order_placed.status", "equals", "Paid")
SKU = prop("order_lines.sku", "is_set")
LINES = {"from": {"path": ["orders", "order_lines"]}}
SAMPLE: Document = {"kind": "sample", "percent": "10", "seed": "x"}
BUCKET: Document = {"kind": "bucket", "from": 0, "to": 10, "seed": "x"}
REACHABLE: Document = {"kind": "reachable", "channel": "email", "op": "is_reachable"}

SETS: list[tuple[object, str, str]] = [
    (attribute("tags", "equals", "x"), ".op", "operator_type"),
    (attribute("tags", "includes_any", []), ".value", "empty_list"),
    (attribute("tags", "includes_any", ["x"] * 1001), ".value", "limit_exceeded"),
    (attribute("tags", "includes_any", [" "]), ".value[0]", "bad_text"),
    (attribute("tags", "includes_any", ["x"], case="no"), ".case", "unknown_value"),
    (attribute("sizes", "includes_any", ["huge"]), ".value[0]", "unknown_value"),
    (attribute("tags", "size", 3), ".value", "not_an_object"),
    (attribute("tags", "size", {"op": "eq", "n": -1}), ".value.n", "limit_exceeded"),
    (attribute("tags", "size", {"op": "eq", "n": 1}, case="fold"), ".case", "unknown_key"),
    (attribute("tags", "size", {"op": "eq", "n": 1}, on_missing="include"), ".on_missing", "on_missing_not_allowed"),
]

ROWS: list[tuple[object, str, str]] = [
    (event_has("second", PAID), ".which", "unknown_value"),
    (event_has("last"), ".has.of", "empty_group"),
    (event_has("last", PAID, on_missing="maybe"), ".on_missing", "unknown_value"),
    (event_has("last", PAID, event="x"), ".event", "unknown_field"),
    (event_has("last", PAID, has=PAID), ".has.group", "missing_key"),
    (event_has("last", PAID, has=group("all", group("all", group("all", PAID)))), ".has.of[0].of[0]", "limit_exceeded"),
    ({"kind": "event_has", "event": "visit", "which": "last"}, ".has", "missing_key"),
    (sequence("followed"), ".verb", "unknown_value"),
    (sequence(first={"event": "x"}), ".first.event", "unknown_field"),
    (sequence(first="visit"), ".first", "not_an_object"),
    (sequence(then={"event": "opened", "include_future": True}), ".then.include_future", "unknown_key"),
    (sequence(then={"event": "opened", "window": AHEAD}), ".then.window", "moment_kind"),
    (sequence(then={"event": "visit"}), ".then.event", "moment_kind"),
    (sequence(within=span(1, "week")), ".within.unit", "unit"),
    (sequence(within=span(0)), ".within.n", "limit_exceeded"),
    (sequence(first={"event": "visit"}, then={"event": "visit"}, within=span(1, "hour")), ".within.unit", "unit"),
    (sequence(on_missing="include"), ".on_missing", "on_missing_not_allowed"),
    (campaign("maybe"), ".verb", "unknown_value"),
    (campaign(interaction="seen"), ".interaction", "unknown_value"),
    (campaign(interaction="replied"), ".interaction", "unknown_field"),
    (campaign(campaigns=[]), ".campaigns", "empty_list"),
    (campaign(campaigns=["spring"]), ".campaigns[0]", "bad_text"),
    (campaign(campaigns=[CAMPAIGNS[0] + "0"]), ".campaigns[0]", "bad_text"),
    (campaign("did_not", count={"op": "gte", "n": 1}), ".count", "unknown_key"),
    (campaign("did_not", counted="campaigns"), ".counted", "unknown_key"),
    (campaign(counted="people"), ".counted", "unknown_value"),
    (campaign(window=AHEAD), ".include_future", "missing_key"),
    (campaign(where=group("all", PAID)), ".where.of[0].field", "unknown_field"),
    (campaign(interaction="clicked", where=group("all", LINK)), ".where.of[0].field", "unknown_field"),
    (related("some", "pets"), ".quantifier", "unknown_value"),
    (related("any"), ".path", "empty_list"),
    (related("any", "cars"), ".path[0]", "unknown_field"),
    (related("any", "order_lines"), ".path[0]", "unknown_field"),
    (related("any", "orders", "pets"), ".path[1]", "unknown_field"),
    (related("any", "orders", "order_lines", "pets"), ".path", "limit_exceeded"),
    (related("any", 5), ".path[0]", "wrong_type"),
    (related("any", "pets", k=1), ".k", "unknown_key"),
    (related("at_least", "pets"), ".k", "missing_key"),
    (related("at_least", "pets", k=0), ".k", "k_range"),
    (related("at_least", "pets", k=1_000_001), ".k", "k_range"),
    (related("all", "pets"), ".where", "missing_key"),
    (related("none", "pets", when_empty=True), ".when_empty", "unknown_key"),
    (related("all", "orders", "order_lines", where=group("all", SKU), when_empty=1), ".when_empty", "wrong_type"),
    (related("any", "pets", window={"in_last": span(1)}), ".window", "moment_kind"),
    (related("any", "pets", include_future=False), ".include_future", "moment_kind"),
    (related("any", "orders", "payments", window={"in_last": span(1, "hour")}), ".window.in_last.unit", "unit"),
    (related("any", "orders", where=group("all", SKU)), ".where.of[0].field", "unknown_field"),
    (related("any", "pets", where=group("all", prop("@day", "is_set"))), ".where.of[0].field", "unknown_field"),
    (aggregate("max", "gte", "1", of="orders.total", **LINES), ".of", "unknown_field"),
    (aggregate("count", "gte", 1, **{"from": {"path": [5]}}), ".from.path[0]", "wrong_type"),
    (aggregate("count", "gte", 1, **{"from": {"path": ["orders"], "event": "visit"}}), ".from.event", "unknown_key"),
]  # fmt: skip

MEMBERS: list[tuple[object, str, str]] = [
    (segment("in", SEGMENTS[0]), ".op", "unknown_operator"),
    (segment("in_any"), ".segments", "empty_list"),
    (segment("in_any", *[SEGMENTS[0]] * 11), ".segments", "limit_exceeded"),
    (segment("in_any", "5a0c1f0e00004000800000000000000a"), ".segments[0]", "bad_text"),
    (segment("in_any", 7), ".segments[0]", "wrong_type"),
    (segment("in_any", SEGMENTS[0], members="now"), ".members", "unknown_value"),
    (segment("in_any", SEGMENTS[0], members="live", max_age_hours=1), ".max_age_hours", "unknown_key"),
    (segment("in_any", SEGMENTS[0], max_age_hours=0), ".max_age_hours", "limit_exceeded"),
    (segment("in_any", SEGMENTS[0], max_age_hours=8785), ".max_age_hours", "limit_exceeded"),
    (segment("in_any", SEGMENTS[0], on_missing="include"), ".on_missing", "on_missing_not_allowed"),
    (static_list("is_in", LISTS[0]), ".op", "unknown_operator"),
    (static_list("in_all", *[LISTS[0]] * 11), ".lists", "limit_exceeded"),
    (static_list("in_all", LISTS[0], members="live"), ".members", "unknown_key"),
    (consent("state_is"), ".states", "empty_list"),
    (consent("state_is", "yes"), ".states[0]", "unknown_value"),
    (consent("state_is", *["granted"] * 5), ".states", "limit_exceeded"),
    (consent("is", "granted"), ".op", "unknown_operator"),
    (consent("state_is", "granted", channel="fax"), ".channel", "unknown_value"),
    (consent("state_is", "granted", topic=" "), ".topic", "bad_text"),
    (consent("state_is", "granted", topic=3), ".topic", "wrong_type"),
    (REACHABLE | {"channel": "fax"}, ".channel", "unknown_value"),
    (REACHABLE | {"op": "is"}, ".op", "unknown_operator"),
    (SAMPLE | {"percent": 10}, ".percent", "wrong_type"),
    (SAMPLE | {"percent": "10.001"}, ".percent", "scale"),
    (SAMPLE | {"percent": "0"}, ".percent", "limit_exceeded"),
    (SAMPLE | {"percent": "100.01"}, ".percent", "limit_exceeded"),
    (SAMPLE | {"percent": "-1"}, ".percent", "limit_exceeded"),
    (SAMPLE | {"seed": ""}, ".seed", "bad_text"),
    (SAMPLE | {"seed": "a b"}, ".seed", "bad_text"),
    (SAMPLE | {"seed": "x" * 65}, ".seed", "bad_text"),
    (SAMPLE | {"seed": 5}, ".seed", "wrong_type"),
    (BUCKET | {"to": 0}, ".to", "limit_exceeded"),
    (BUCKET | {"to": 10_001}, ".to", "limit_exceeded"),
    (BUCKET | {"from": 10}, "", "range_order"),
    (BUCKET | {"from": "0"}, ".from", "wrong_type"),
]

COMPARED: list[tuple[object, str, str]] = [
    (compare("city", "equals", "nothing"), ".right.field", "unknown_field"),
    (compare({}, "equals", "city"), ".left", "missing_key"),
    (compare({"value": 3}, "equals", "city"), ".left.value", "unknown_key"),
    (compare("city", "like", "nickname"), ".op", "unknown_operator"),
    (compare("city", "gt", "nickname"), ".op", "operator_type"),
    (compare("last_seen_at", "equals", "signed_up_at"), ".op", "operator_type"),
    (compare("vip", "equals", "vip"), ".op", "operator_type"),
    (compare("tags", "equals", "tags"), ".op", "operator_type"),
    (compare("city", "equals", "age"), ".right", "operator_type"),
    (compare("city", "equals", "plan"), ".right", "operator_type"),
    (compare("plan", "equals", "size"), ".right", "operator_type"),
    (compare("income", "equals", "budget"), ".right", "operator_type"),
    (compare("income", "equals", "score"), ".right", "operator_type"),
    (compare("birthday", "before", "signed_up_at"), ".right", "moment_kind"),
    (compare(time_of("last", "visit"), "before", "signed_up_at"), ".right", "moment_kind"),
    (compare("age", "gt", "score", times="0"), ".times", "limit_exceeded"),
    (compare("age", "gt", "score", times="1.0000001"), ".times", "scale"),
    (compare("age", "gt", "score", times=2), ".times", "wrong_type"),
    (compare("age", "gt", "score", offset=span(1)), ".offset", "unknown_key"),
    (compare("birthday", "before", "renewal", times="2"), ".times", "unknown_key"),
    (compare("birthday", "before", "renewal", offset=span(1, "hour")), ".offset.unit", "unit"),
    (compare("signed_up_at", "before", "last_seen_at", offset=span(1, "week")), ".offset.unit", "unit"),
    (compare("signed_up_at", "before", "last_seen_at", offset=span(10_001)), ".offset.n", "limit_exceeded"),
    (compare("age", "gt", "score", case="fold"), ".case", "unknown_key"),
    (compare("size", "equals", "old_size", case="fold"), ".case", "unknown_key"),
    (compare("city", "equals", "code", case="upper"), ".case", "unknown_value"),
    (compare("age", "gt", "score", on_missing="maybe"), ".on_missing", "unknown_value"),
    (
        compare(figure("count"), "gt", figure("count"), on_missing="include"),
        ".on_missing", "on_missing_not_allowed",
    ),
    (compare(figure("sum"), "gt", "age"), ".left.aggregate.of", "missing_key"),
    (compare(figure("count", op="gt"), "gt", "age"), ".left.aggregate.op", "unknown_key"),
    (compare(figure("count", case="fold"), "gt", "age"), ".left.aggregate.case", "unknown_key"),
    (compare(figure("count", window=AHEAD), "gt", "age"), ".left.aggregate.include_future", "missing_key"),
    (compare(time_of("last", "x"), "before", "last_seen_at"), ".left.event_time.event", "unknown_field"),
    (compare(time_of("last", op="on"), "before", "last_seen_at"), ".left.event_time.op", "unknown_key"),
    (compare(time_of("latest"), "before", "last_seen_at"), ".left.event_time.which", "unknown_value"),
]  # fmt: skip


@pytest.mark.parametrize(("bad", "path", "code"), SETS + ROWS + MEMBERS + COMPARED)
def test_one_wrong_thing_is_one_problem(bad: object, path: str, code: str) -> None:
    """The problem stands at its place, with its code and a sentence; nothing else is reported (M14)."""
    with pytest.raises(CriteriaError) as caught:
        parse_criteria(json.dumps(document(bad)), CATALOG)
    assert [(problem.path, problem.code) for problem in caught.value.problems] == [(f"$.root.of[0]{path}", code)]
    assert caught.value.problems[0].sentence.endswith(".")


LIMITS: list[tuple[object, str, str]] = [
    (5, "", "not_an_object"),
    (limit("age", top_n=0), ".top_n", "limit_exceeded"),
    (limit("age", top_n=1_000_001), ".top_n", "limit_exceeded"),
    (limit("age", ties="lose"), ".ties", "unknown_value"),
    ({"top_n": 5, "ties": "cut"}, ".order_by", "missing_key"),
    (limit(), ".order_by", "empty_list"),
    (limit("age", "size", "vip", "city"), ".order_by", "limit_exceeded"),
    (limit("tags"), ".order_by[0].value", "operator_type"),
    (limit("nothing"), ".order_by[0].value.field", "unknown_field"),
    (limit({"value": {"field": "contact.age"}, "direction": "down"}), ".order_by[0].direction", "unknown_value"),
    (limit({"value": {"field": "contact.age"}}), ".order_by[0].direction", "missing_key"),
    (limit({"value": figure("sum"), "direction": "asc"}), ".order_by[0].value.aggregate.of", "missing_key"),
]


@pytest.mark.parametrize(("bad", "path", "code"), LIMITS)
def test_one_wrong_thing_in_the_limit_is_one_problem(bad: object, path: str, code: str) -> None:
    """A limit that cannot be used is refused, never dropped (M13)."""
    with pytest.raises(CriteriaError) as caught:
        parse_criteria(json.dumps(document(event(), limit=bad)), CATALOG)
    assert [(problem.path, problem.code) for problem in caught.value.problems] == [(f"$.limit{path}", code)]


def test_three_sequences_are_possible_and_four_are_not() -> None:
    """The fourth is where the problem stands, and the sentence names the number there are."""
    assert parse_criteria(document(*[sequence()] * 3), CATALOG)
    with pytest.raises(CriteriaError) as caught:
        parse_criteria(document(*[sequence()] * 5), CATALOG)
    assert [(p.path, p.code) for p in caught.value.problems] == [("$.root.of[3]", "limit_exceeded")]
    assert "5 sequences; at most 3" in caught.value.problems[0].sentence


def test_conditions_of_the_limit_and_of_has_are_counted() -> None:
    """Fifty conditions are possible in a whole document, wherever they stand."""
    twenty = [PAID] * 20
    ranked = {"value": figure("count", where=group("all", *twenty)), "direction": "desc"}
    rest = [REACHABLE] * 9
    assert parse_criteria(document(event_has("last", *twenty), *rest, limit=limit(ranked)), CATALOG)
    with pytest.raises(CriteriaError) as caught:
        parse_criteria(document(event_has("last", *twenty), *rest, REACHABLE, limit=limit(ranked)), CATALOG)
    assert [(p.path, p.code) for p in caught.value.problems] == [("$.root", "limit_exceeded")]
    assert "51" in caught.value.problems[0].sentence


def test_unknown_ids_are_no_problem_of_reading() -> None:
    """A segment, list or campaign that does not exist is found by the linter and fails the run, so it can be read."""
    other = "00000000-0000-4000-8000-000000000000"
    conditions = (segment("in_any", other), static_list("in_any", other), campaign(campaigns=[other]))
    assert parse_criteria(document(*conditions), CATALOG)
