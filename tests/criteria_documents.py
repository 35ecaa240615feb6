"""Short ways to write criteria documents in tests."""

from __future__ import annotations

Document = dict[str, object]
ZONE: Document = {"time_zone": "Europe/Amsterdam"}


def document(*conditions: object, group: str = "all", **keys: object) -> Document:
    """Write a document with these conditions in one group; `keys` replace or add keys at the top."""
    root: Document = {"group": group, "of": list(conditions)}
    return {
        "format": "segment-criteria", "version": 1, "base": "contacts", "calendar": ZONE, "root": root, **keys,
    }  # fmt: skip


def group(kind: str, *conditions: object, **keys: object) -> Document:
    """Write a group."""
    return {"group": kind, "of": list(conditions), **keys}


def attribute(field: str, op: str, value: object = None, **keys: object) -> Document:
    """Write an attribute condition; `field` without `contact.`."""
    return {"kind": "attribute", "field": f"contact.{field}", "op": op, **_value(value), **keys}


def prop(field: str, op: str, value: object = None, **keys: object) -> Document:
    """Write a property condition."""
    return {"kind": "property", "field": field, "op": op, **_value(value), **keys}


def event(verb: str = "did", **keys: object) -> Document:
    """Write an event condition about order_placed."""
    return {"kind": "event", "event": "order_placed", "verb": verb, **keys}


def aggregate(function: str, op: str, value: object = None, **keys: object) -> Document:
    """Write an aggregate condition about order_placed."""
    source = {"event": "order_placed"}
    return {"kind": "aggregate", "from": source, "function": function, "op": op, **_value(value), **keys}


def event_time(which: str, op: str, value: object = None, **keys: object) -> Document:
    """Write an event_time condition about order_placed."""
    return {"kind": "event_time", "event": "order_placed", "which": which, "op": op, **_value(value), **keys}


def span(n: int, unit: str = "day") -> Document:
    """Write a length of time."""
    return {"n": n, "unit": unit}


def _value(value: object) -> Document:
    return {} if value is None else {"value": value}
