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


def event_has(which: str, *properties: object, **keys: object) -> Document:
    """Write an event_has condition about order_placed: all of these properties."""
    has = group("all", *properties)
    return {"kind": "event_has", "event": "order_placed", "which": which, "has": has, **keys}


def sequence(verb: str = "followed_by", **keys: object) -> Document:
    """Write a sequence of two orders; `first` and `then` replace the one or the other."""
    order = {"event": "order_placed"}
    return {"kind": "sequence", "first": order, "verb": verb, "then": order, **keys}


def campaign(verb: str = "did", interaction: str = "opened", **keys: object) -> Document:
    """Write a campaign condition."""
    return {"kind": "campaign", "verb": verb, "interaction": interaction, **keys}


def segment(op: str, *segments: object, **keys: object) -> Document:
    """Write membership of segments."""
    return {"kind": "segment", "op": op, "segments": list(segments), **keys}


def static_list(op: str, *lists: object, **keys: object) -> Document:
    """Write membership of static lists."""
    return {"kind": "static_list", "op": op, "lists": list(lists), **keys}


def consent(op: str, *states: object, **keys: object) -> Document:
    """Write the state of consent to e-mail."""
    return {"kind": "consent", "channel": "email", "op": op, "states": list(states), **keys}


def related(quantifier: str, *path: object, **keys: object) -> Document:
    """Write a condition about the rows of a path of relations."""
    return {"kind": "related", "path": list(path), "quantifier": quantifier, **keys}


def compare(left: object, op: str, right: object, **keys: object) -> Document:
    """Write value against value; a text stands for the contact's field of that name."""
    return {"kind": "compare_fields", "left": value_of(left), "op": op, "right": value_of(right), **keys}


def value_of(expression: object) -> object:
    """Write a value expression; a text stands for the contact's field of that name."""
    return {"field": f"contact.{expression}"} if isinstance(expression, str) else expression


def figure(function: str, **keys: object) -> Document:
    """Write a figure over orders as a value expression."""
    return {"aggregate": {"from": {"event": "order_placed"}, "function": function, **keys}}


def time_of(which: str, event_key: str = "order_placed", **keys: object) -> Document:
    """Write when something first or last happened as a value expression."""
    return {"event_time": {"event": event_key, "which": which, **keys}}


def limit(*order: object, top_n: object = 10, ties: object = "cut") -> Document:
    """Write a limit; a text stands for the contact's field of that name, largest first."""
    keys = [{"value": value_of(key), "direction": "desc"} if isinstance(key, str) else key for key in order]
    return {"top_n": top_n, "ties": ties, "order_by": keys}


def span(n: int, unit: str = "day") -> Document:
    """Write a length of time."""
    return {"n": n, "unit": unit}


def _value(value: object) -> Document:
    return {} if value is None else {"value": value}
