"""Criteria of every kind over the world of `analysed_worlds`, alone and combined."""

from __future__ import annotations

from tests.criteria_catalog import CAMPAIGNS, LISTS

Node = dict[str, object]


def attribute(name: str, op: str, value: object = None, **more: object) -> Node:
    """Ask a field of the contact."""
    asked: Node = {"kind": "attribute", "field": f"contact.{name}", "op": op, **more}
    return asked if value is None else {**asked, "value": value}


def event(key: str, verb: str = "did", **more: object) -> Node:
    """Ask for events."""
    return {"kind": "event", "event": key, "verb": verb, **more}


def last(n: int, unit: str) -> Node:
    """Look at the last n units."""
    return {"in_last": {"n": n, "unit": unit}}


def where(field: str, op: str, value: object) -> Node:
    """Restrict rows by one property."""
    return {"group": "all", "of": [{"kind": "property", "field": field, "op": op, "value": value}]}


def group(kind: str, *children: Node, **more: object) -> Node:
    """Combine nodes."""
    return {"group": kind, "of": list(children), **more}


def document(*children: Node, kind: str = "all", limit: Node | None = None, k: int | None = None) -> Node:
    """Write criteria with these nodes at the root."""
    root = group(kind, *children) if k is None else group(kind, *children, k=k)
    return {"format": "segment-criteria", "version": 1, "base": "contacts", "root": root, "limit": limit}


TOTAL: Node = {"from": {"event": "order_placed"}, "function": "sum", "of": "order_placed.total"}
SPENT: Node = {"kind": "aggregate", **TOTAL}
CITY = attribute("city", "is_any_of", ["Utrecht", "Gent"])
ORDERED = event("order_placed", window=last(30, "day"))

# One of every kind, by a name that says what it asks.
KINDS: dict[str, Node] = {
    "text, folded": CITY,
    "text, negated and included": attribute("city", "not_equals", "Utrecht", on_missing="include"),
    "number": attribute("age", "gte", 40),
    "money range": attribute("income", "between", {"from": "20000.00", "to": "50000.00"}),
    "ordered choice": attribute("size", "lte", "medium", on_missing="include"),
    "yes or no": attribute("vip", "is_false"),
    "not set": attribute("birthday", "is_not_set"),
    "set": attribute("tags", "includes_none", ["a"]),
    "size of a set": attribute("tags", "size", {"op": "lt", "n": 2}),
    "instant": attribute("last_seen_at", "not_in_last", {"n": 1, "unit": "month"}),
    "date": attribute("renewal", "in_next", {"n": 2, "unit": "week"}),
    "anniversary": attribute("birthday", "anniversary_within", {"before": 3, "after": 30}),
    "event": ORDERED,
    "event, at most": event("order_placed", count={"op": "lte", "n": 1}, window=last(2, "month")),
    "event, where": event("order_placed", where=where("order_placed.due", "in_next", {"n": 10, "unit": "day"})),
    "event, did not": event("visit", "did_not", window=last(7, "day")),
    "sum": {**SPENT, "op": "gte", "value": "50.00"},
    "average": {**SPENT, "function": "avg", "op": "lt", "value": "60.00", "on_missing": "include"},
    "distinct days": {
        "kind": "aggregate", "from": {"event": "order_placed"}, "function": "count_distinct", "of": "@day",
        "op": "gte", "value": 2,
    },
    "latest due day": {
        "kind": "aggregate", "from": {"event": "order_placed"}, "function": "max", "of": "order_placed.due",
        "op": "before", "value": {"today": {"n": 5, "unit": "day"}},
    },
    "last time": {
        "kind": "event_time", "event": "order_placed", "which": "last", "op": "more_than_ago",
        "value": {"n": 20, "unit": "day"}, "on_missing": "include",
    },
    "last one has": {
        "kind": "event_has", "event": "order_placed", "which": "last",
        "has": where("order_placed.status", "equals", "returned"), "on_missing": "include",
    },
    "sequence": {
        "kind": "sequence", "first": {"event": "order_placed"}, "verb": "not_followed_by",
        "then": {"event": "order_placed"}, "within": {"n": 10, "unit": "day"},
    },
    "followed": {
        "kind": "sequence", "first": {"event": "order_placed"}, "verb": "followed_by",
        "then": {"event": "order_placed"},
    },
    "campaign": {
        "kind": "campaign", "verb": "did", "interaction": "opened", "campaigns": [CAMPAIGNS[0]],
        "window": last(30, "day"),
    },
    "different campaigns": {
        "kind": "campaign", "verb": "did", "interaction": "received", "counted": "campaigns",
        "count": {"op": "gte", "n": 2},
    },
    "consent": {"kind": "consent", "channel": "email", "op": "state_is", "states": ["granted"], "topic": "news"},
    "reachable": {"kind": "reachable", "channel": "email", "op": "is_not_reachable"},
    "list": {"kind": "static_list", "op": "in_all", "lists": list(LISTS)},
    "related, all": {
        "kind": "related", "path": ["orders", "order_lines"], "quantifier": "all", "when_empty": True,
        "where": where("order_lines.sku", "starts_with", "gift"),
    },
    "related, any": {
        "kind": "related", "path": ["orders"], "quantifier": "any", "window": last(30, "day"),
        "where": where("orders.total", "gt", "50.00"),
    },
    "sample": {"kind": "sample", "percent": "30", "seed": "spring"},
    "bucket": {"kind": "bucket", "from": 2000, "to": 7000, "seed": "spring"},
    "numbers compared": {
        "kind": "compare_fields", "left": {"aggregate": TOTAL}, "op": "gte", "right": {"field": "contact.income"},
        "times": "0.01", "on_missing": "include",
    },
    "instants compared": {
        "kind": "compare_fields", "left": {"event_time": {"event": "order_placed", "which": "first"}}, "op": "after",
        "right": {"field": "contact.last_seen_at"},
    },
    "all contacts": {"kind": "all_contacts"},
}  # fmt: skip

NAMES = sorted(KINDS)

# Every kind again, each beside others under each way of combining.
TREES: dict[str, Node] = {
    "all": document(*(KINDS[name] for name in ("text, folded", "event, did not", "number"))),
    "any": document(*(KINDS[name] for name in ("sum", "campaign", "anniversary")), kind="any"),
    "none": document(*(KINDS[name] for name in ("related, any", "consent", "money range")), kind="none"),
    "at least 2": document(
        *(KINDS[name] for name in ("average", "last time", "set", "ordered choice")), kind="at_least", k=2
    ),
    "nested": document(
        group("any", KINDS["number"], group("none", KINDS["sequence"], KINDS["not set"])),
        group("at_least", KINDS["instant"], KINDS["last one has"], KINDS["reachable"], k=2),
    ),
}
LIMIT: Node = {
    "top_n": 40, "ties": "cut", "order_by": [{"value": {"aggregate": TOTAL}, "direction": "desc"}],
}  # fmt: skip
