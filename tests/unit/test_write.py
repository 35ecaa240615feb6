"""Writing criteria back: exactly as typed, every default spelled out (docs/criteria.md §1, M15)."""

from __future__ import annotations

import json

import pytest

from segment_engine.domain.parse import parse_criteria
from segment_engine.domain.write import write_criteria
from tests.criteria_catalog import CATALOG
from tests.criteria_documents import Document, aggregate, attribute, document, event, event_time, group, prop, span

DAY = {"day": "2026-03-01"}
INSTANT = {"instant": "2026-03-01t09:30:00.50+01:00"}
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
