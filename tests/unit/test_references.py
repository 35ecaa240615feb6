"""What a stored document names, also one that no parser would read."""

from __future__ import annotations

from segment_engine.domain.references import NamedIds, named_ids, references_of
from tests.criteria_catalog import CAMPAIGNS, LISTS, SEGMENTS
from tests.criteria_documents import (
    aggregate,
    attribute,
    campaign,
    compare,
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
    static_list,
    time_of,
)


def test_keys_are_listed_once_in_the_order_they_stand() -> None:
    """Fields, events, properties and relations of every kind, of value against value and of the limit."""
    whole = document(
        attribute("city", "is_set"),
        group("none", event(where=group("all", prop("order_placed.items", "is_set"), prop("@day", "is_set")))),
        sequence(first={"event": "visit"}, then={"event": "visit"}),
        event_has("last", prop("order_placed.size", "is_set")),
        related("any", "orders", "order_lines", where=group("all", prop("order_lines.sku", "is_set"))),
        aggregate("sum", "gte", "1", of="payments.amount", **{"from": {"path": ["orders", "payments"]}}),
        compare(figure("sum", of="order_placed.total"), "gt", "income"),
        limit=limit("age", {"value": time_of("last", "opened"), "direction": "asc"}),
    )
    assert references_of(whole) == (
        "contact.city",
        *("order_placed", "order_placed.items", "@day", "visit", "order_placed.size"),
        *("orders", "order_lines", "order_lines.sku", "payments", "payments.amount"),
        *("order_placed.total", "contact.income", "contact.age", "opened"),
    )


def test_ids_are_listed_by_what_they_belong_to() -> None:
    """Segments, lists and campaigns, each once and in lower case; what is no id is left to the parser."""
    whole = document(
        segment("in_any", SEGMENTS[1].upper(), "nonsense", 7),
        group("none", static_list("in_all", *LISTS), segment("in_any", SEGMENTS[1], SEGMENTS[0])),
        campaign(campaigns=[CAMPAIGNS[2]]),
    )
    assert named_ids(whole) == NamedIds((SEGMENTS[1], SEGMENTS[0]), LISTS, (CAMPAIGNS[2],))


def test_anything_can_be_searched() -> None:
    """A damaged document names what can still be read."""
    assert references_of({"root": [{"field": "contact.city", "path": [3, "orders"], "of": 7}]}) == (
        *("contact.city", "orders"),
    )
    assert named_ids({"segments": "x", "lists": {"segments": [SEGMENTS[0]]}}) == NamedIds((SEGMENTS[0],))
    assert references_of(None) == ()
    assert named_ids(None) == NamedIds()
