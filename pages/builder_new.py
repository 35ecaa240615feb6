"""Makes new conditions, with nothing answered that only a person can answer."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from pages.builder_subjects import Family, first_operator, properties
from pages.builder_tree import FAMILY, Node, keyed, new_group
from segment_engine import CHANNELS, Catalog, GroupKind, Source

_Maker = Callable[[str, Catalog], Node]


def new_condition(subject: str, catalog: Catalog) -> Node:
    """Make a condition about a subject (see `subjects`)."""
    kind, _, key = subject.partition(":")
    return keyed(_MAKERS[kind](key, catalog))


def blank_condition(family: Family = Family.CONTACT) -> Node:
    """Make a condition about nothing yet, of a family of subjects."""
    return keyed({"kind": "attribute"} | ({} if family is Family.CONTACT else {FAMILY: family.value}))


def new_of_family(family: Family, catalog: Catalog) -> Node:
    """Make a condition of a family: about its only usual subject, else about nothing yet."""
    usual = {
        Family.SETS: "segment:", Family.CONSENT: "consent:", Family.SAMPLING: "sample:",
        Family.COMPARE: "compare_fields:",
    }  # fmt: skip
    return new_condition(usual[family], catalog) if family in usual else blank_condition(family)


def new_filter(source: Source | None, catalog: Catalog) -> Node:
    """Make a condition on a property of rows; events without properties still have a weekday."""
    known = properties(source, catalog)
    key = next((each for each in known if not each.startswith("@")), "@weekday")
    return keyed({"kind": "property", "field": key, "op": first_operator(known.get(key))})


def _attribute(key: str, catalog: Catalog) -> Node:
    return {"kind": "attribute", "field": key, "op": first_operator(catalog.fields.get(key))}


def _event(key: str, _: Catalog) -> Node:
    return {"kind": "event", "event": key, "verb": "did", "count": {"op": "gte", "n": 1}}


def _event_has(key: str, catalog: Catalog) -> Node:
    has = new_group(GroupKind.ALL, new_filter(key, catalog))
    return {"kind": "event_has", "event": key, "which": "last", "has": has}


def _sequence(key: str, catalog: Catalog) -> Node:
    """Begin with a second event of the same kind of time: a date is neither before nor after a moment of it."""
    alike = (each for each, event in catalog.events.items() if event.date_only == _dated(key, catalog) and each != key)
    then = {"event": next(alike, key)}
    span = {"n": 3, "unit": "day"}
    return {"kind": "sequence", "first": {"event": key}, "verb": "followed_by", "then": then, "within": span}


def _dated(key: str, catalog: Catalog) -> bool:
    return key in catalog.events and catalog.events[key].date_only


def _related(key: str, _: Catalog) -> Node:
    return {"kind": "related", "path": key.split("/"), "quantifier": "any"}


def _figure(source: Node) -> Node:
    return {"kind": "aggregate", "from": source, "function": "count", "op": "gte"}


def _compare(_: str, catalog: Catalog) -> Node:
    """Begin with two fields that can be compared, if there are any."""
    fields = list(catalog.fields.values())
    pairs = (
        (left, right) for at, left in enumerate(fields) for right in fields[at + 1 :]
        if left.type == right.type and left.type.value in {"date", "instant", "integer"}
    )  # fmt: skip
    left, right = next(pairs, (None, None))
    op = "before" if left is not None and left.type.value in {"date", "instant"} else "gt"
    return {
        "kind": "compare_fields", "left": {"field": left.key if left else None}, "op": op,
        "right": {"field": right.key if right else None},
    }  # fmt: skip


def new_seed() -> str:
    """Make a seed of its own for every sample: two samples of one seed overlap as far as they can."""
    return f"sample-{secrets.token_hex(3)}"


_MAKERS: dict[str, _Maker] = {
    "attribute": _attribute,
    "all_contacts": lambda _key, _catalog: {"kind": "all_contacts"},
    "event": _event,
    "aggregate": lambda key, _: _figure({"event": key}),
    "figure": lambda key, _: _figure({"path": key.split("/")}),
    "event_time": lambda key, _: {"kind": "event_time", "event": key, "which": "last", "op": "in_last"},
    "event_has": _event_has,
    "sequence": _sequence,
    "campaign": lambda key, _: {
        "kind": "campaign", "verb": "did", "interaction": key, "count": {"op": "gte", "n": 1},
    },
    "segment": lambda _key, _catalog: {"kind": "segment", "op": "in_any"},
    "static_list": lambda _key, _catalog: {"kind": "static_list", "op": "in_any"},
    "consent": lambda _key, _catalog: {
        "kind": "consent", "channel": CHANNELS[0], "op": "state_is", "states": ["granted"],
    },
    "reachable": lambda _key, _catalog: {"kind": "reachable", "channel": CHANNELS[0], "op": "is_reachable"},
    "related": _related,
    "sample": lambda _key, _catalog: {"kind": "sample", "percent": "10", "seed": new_seed()},
    "bucket": lambda _key, _catalog: {"kind": "bucket", "from": 0, "to": 5_000, "seed": new_seed()},
    "compare_fields": _compare,
}  # fmt: skip
