"""Writing criteria back: exactly as typed, every default spelled out (docs/criteria.md §1, M15)."""

from __future__ import annotations

import json

import pytest

from segment_engine.domain.parse import parse_criteria
from segment_engine.domain.write import write_criteria
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
    event_time,
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

DAY = {"day": "2026-03-01"}
INSTANT = {"instant": "2026-03-01t09:30:00.50+01:00"}
LINK = prop("opened.link", "equals", "%", case="exact", on_missing="exclude")
PAID = prop("order_placed.status", "equals", "Paid", case="exact", on_missing="exclude")
SKU = prop("order_lines.sku", "starts_with", "GIFT", case="fold", on_missing="exclude")
PAYMENTS = {"from": {"path": ["orders", "payments"]}}
SPELLED: list[Document] = [
    attribute("city", "is_any_of", ["Gent", "%_\\", "gent"], case="fold", on_missing="exclude"),
    attribute("plan", "equals", "Pro", case="exact", on_missing="include", id="a-1", note="line\nbreak"),
    attribute("income", "between", {"from": "-0.50", "to": "100.10"}, on_missing="include"),
    attribute("score", "is_none_of", ["0", "1.000"], on_missing="include"),
    attribute("age", "lt", -(2**63), on_missing="exclude"),
    attribute("vip", "is_true", on_missing="include"),
    attribute("city", "is_not_set"),
    attribute("birthday", "anniversary_within", {"before": 1, "after": 2, "min_years": 18}, on_missing="exclude"),
    attribute("birthday", "month_is", [2, 1], on_missing="exclude"),
    attribute("renewal", "on", {"today": span(-1, "month")}, on_missing="exclude"),
    attribute("signed_up_at", "before", INSTANT, on_missing="exclude"),
    attribute("signed_up_at", "between", {"from": DAY, "to": {"now": span(0, "hour")}}, on_missing="exclude"),
    attribute("signed_up_at", "between_ago", {"from": 3, "to": 0, "unit": "week"}, on_missing="exclude"),
    attribute("signed_up_at", "in_period", {"unit": "fiscal_year", "offset": -1}, on_missing="exclude"),
    event("did_not", window={"in_last": span(3)}),
    event(count={"op": "gte", "n": 1}, window={"in_next": span(3, "hour")}, include_future=True),
    event(count={"op": "not_between", "from": 1, "to": 2}, window={"range": {"from": DAY, "to": None}}),
    event(count={"op": "eq", "n": 0}, window={"between_ago": {"from": 3, "to": 1, "unit": "day"}}),
    event(count={"op": "eq", "n": 0}, window={"in_period": {"unit": "day", "offset": 0}}),
    event(count={"op": "lt", "n": 9}, where=group("any", prop("@day", "on", DAY, on_missing="exclude"))),
    aggregate("count", "gte", 3, window={"any_time": True}),
    aggregate("count_distinct", "gte", 3, of="order_placed.channel", case="fold"),
    aggregate("avg", "gte", "0.12345678", of="order_placed.total", on_missing="include"),
    event_time("first", "in_last", span(1, "minute"), on_missing="exclude"),
    event_has("last", PAID, window={"in_last": span(3)}, where=group("all", PAID), on_missing="include"),
    sequence("not_followed_by", then={"event": "opened", "where": group("any", LINK)}, within=span(3, "minute")),
    sequence("followed_by"),
    campaign(campaigns=list(CAMPAIGNS), count={"op": "eq", "n": 0}, counted="campaigns", where=group("any", LINK)),
    campaign("did_not", "received", window={"in_last": span(3)}),
    segment("in_any", *SEGMENTS, members="last_run", max_age_hours=24),
    segment("not_in_all", SEGMENTS[0], members="live"),
    static_list("not_in_any", *LISTS, id="lists"),
    consent("state_is_not", "granted", "no_record", topic="news"),
    consent("state_is", "pending", topic=None, note="by e-mail"),
    {"kind": "reachable", "channel": "post", "op": "is_not_reachable"},
    related("all", "orders", "order_lines", where=group("all", SKU), when_empty=True),
    related("at_least", "orders", k=3, window={"in_next": span(3)}, include_future=True),
    related("none", "pets"),
    {"kind": "sample", "percent": "0.10", "seed": "spring-2026"},
    {"kind": "bucket", "from": 0, "to": 5000, "seed": "spring-2026"},
    compare("city", "equals", "code", case="exact", on_missing="include"),
    compare(figure("sum", of="order_placed.total"), "gt", "income", times="1.50", on_missing="exclude"),
    compare(time_of("first"), "on_or_before", "signed_up_at", offset=span(-7), on_missing="exclude"),
    compare(figure("count", window={"in_last": span(3)}), "equals", figure("count")),
    aggregate("min", "gte", "1.50", of="payments.amount", on_missing="include", **PAYMENTS),
    attribute("tags", "includes_all", ["a", "A"], case="exact", on_missing="exclude"),
    attribute("tags", "size", {"op": "not_between", "from": 0, "to": 2}),
    attribute("sizes", "includes_none", ["10"], case="exact", on_missing="include"),
    {"kind": "all_contacts"},
    group("at_least", {"kind": "all_contacts"}, group("none", {"kind": "all_contacts"}), k=2, id="g", note=""),
]


@pytest.mark.parametrize("condition", SPELLED, ids=lambda condition: str(condition.get("op", condition))[:30])
def test_a_document_with_everything_spelled_out_comes_back_as_it_was(condition: Document) -> None:
    """What is typed is what is stored (T20, M15); open ends are written as null."""
    whole = document(
        condition,
        calendar={
            "time_zone": "US/Eastern", "week_starts_on": "saturday", "fiscal_year_start_month": 7, "leap_day": "mar_1",
        },
        limit=None,
    )  # fmt: skip
    assert write_criteria(parse_criteria(whole, CATALOG)) == json.loads(json.dumps(whole))


def test_a_limit_comes_back_as_it_was() -> None:
    """Every kind of value to rank by is written as it was read."""
    keys = [{"value": figure("count_distinct", of="order_placed.channel", case="fold"), "direction": "asc"}]
    keys.append({"value": time_of("last", "visit", where=group("all", prop("@day", "is_set"))), "direction": "desc"})
    whole = document(event(), limit=limit("age", *keys, top_n=1_000_000, ties="keep"))
    assert write_criteria(parse_criteria(whole, CATALOG))["limit"] == whole["limit"]


def test_defaults_of_every_kind_are_spelled_out() -> None:
    """Nothing that decides about members is left to a later version of the program (T05)."""
    short = document(
        event_has("last", prop("order_placed.items", "gt", 1)),
        segment("in_any", SEGMENTS[0].upper()),
        campaign(),
        consent("state_is", "granted"),
        related("all", "orders", "order_lines", where=group("all", prop("order_lines.sku", "is_set"))),
        compare("city", "not_equals", "nickname"),
        attribute("tags", "includes_none", ["x"]),
    )
    written = write_criteria(parse_criteria(short, CATALOG))
    assert written["root"] == group(
        "all",
        event_has("last", prop("order_placed.items", "gt", 1, on_missing="exclude"), on_missing="exclude"),
        segment("in_any", SEGMENTS[0], members="last_run"),
        campaign(count={"op": "gte", "n": 1}, counted="interactions"),
        consent("state_is", "granted", topic=None),
        related(
            "all", "orders", "order_lines", when_empty=False, where=group("all", prop("order_lines.sku", "is_set")),
        ),
        compare("city", "not_equals", "nickname", case="fold", on_missing="include"),
        attribute("tags", "includes_none", ["x"], case="fold", on_missing="include"),
    )  # fmt: skip


def test_defaults_are_spelled_out() -> None:
    """Case, on_missing, min_years, the count and the calendar stand in the stored document (T05)."""
    short = document(
        attribute("city", "not_equals", "x"),
        attribute("birthday", "anniversary_within", {"before": 0, "after": 0}),
        event(),
        calendar={},
    )
    written = write_criteria(parse_criteria(short, CATALOG))
    assert written["calendar"] == {
        "time_zone": "UTC", "week_starts_on": "monday", "fiscal_year_start_month": 1, "leap_day": "feb_28",
    }  # fmt: skip
    around = {"before": 0, "after": 0, "min_years": 1}
    assert written["root"] == group(
        "all",
        attribute("city", "not_equals", "x", case="fold", on_missing="include"),
        attribute("birthday", "anniversary_within", around, on_missing="exclude"),
        event(count={"op": "gte", "n": 1}),
    )
