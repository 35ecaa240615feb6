"""What a condition can be about: contact fields and what contacts did. Makes new conditions; draws nothing."""

from __future__ import annotations

from pages.builder_tree import Node, fields_of, keyed
from segment_engine import Catalog, EventType, Field, aggregate_result, property_of

BLANK = "attribute:"
EVERYONE = "all_contacts:"


def subject_of(node: Node) -> str:
    """Name what a condition is about, as `subjects` does."""
    match node.get("kind"):
        case "event" | "event_time":
            return f"{node['kind']}:{node.get('event', '')}"
        case "aggregate":
            return f"aggregate:{fields_of(node.get('from')).get('event', '')}"
        case "all_contacts":
            return EVERYONE
        case _:
            return f"attribute:{node.get('field', '')}"


def subjects(catalog: Catalog) -> dict[str, str]:
    """List everything a condition can be about, with its name: contact fields first, then what contacts did."""
    named = {f"attribute:{key}": field.label for key, field in catalog.fields.items()}
    for key, event in catalog.events.items():
        named[f"event:{key}"] = event.label
        named[f"aggregate:{key}"] = f"{event.label}: figure"
        named[f"event_time:{key}"] = f"{event.label}: first or last"
    return named | {EVERYONE: "Everyone"}


def event_of(node: Node, catalog: Catalog) -> EventType | None:
    """Give the event type a condition looks at."""
    return catalog.events.get(subject_of(node).partition(":")[2])


def properties(event: EventType) -> dict[str, Field]:
    """List what can be asked of an event, its own properties first."""
    built_in = {key: property_of(event, key) for key in ("@day", "@weekday", "@hour", "@time")}
    return dict(event.fields) | {key: field for key, field in built_in.items() if field is not None}


def tested_field(node: Node, catalog: Catalog, event: EventType | None) -> Field | None:
    """Give what the operator of a condition is asked of; None while that is not known."""
    match node.get("kind"):
        case "attribute":
            return catalog.fields.get(node.get("field", ""))
        case "property":
            return property_of(event, node.get("field", "")) if event else None
        case "event_time":
            return property_of(event, "@time") if event else None
        case "aggregate":
            of = property_of(event, node["of"]) if event and node.get("of") else None
            return aggregate_result(node.get("function", ""), of)
        case _:
            return None


# Making conditions -----------------------------------------------------------------------------------------------


def blank_condition() -> Node:
    """Make a condition about nothing yet."""
    return keyed({"kind": "attribute"})


def new_condition(subject: str, catalog: Catalog) -> Node:
    """Make a condition about a subject (see `subjects`), with nothing answered that only a person can answer."""
    kind, _, key = subject.partition(":")
    match kind:
        case "event":
            return keyed({"kind": "event", "event": key, "verb": "did", "count": {"op": "gte", "n": 1}})
        case "aggregate":
            return keyed({"kind": "aggregate", "from": {"event": key}, "function": "count", "op": "gte"})
        case "event_time":
            return keyed({"kind": "event_time", "event": key, "which": "last", "op": "in_last"})
        case "all_contacts":
            return keyed({"kind": "all_contacts"})
        case _:
            field = catalog.fields.get(key)
            return keyed({"kind": "attribute", "field": key, "op": first_operator(field)})


def new_filter(event: EventType) -> Node:
    """Make a condition on a property of an event; events without properties still have a weekday."""
    field = next(iter(event.fields.values()), None) or property_of(event, "@weekday")
    return keyed({"kind": "property", "field": field.key if field else "@weekday", "op": first_operator(field)})


def first_operator(field: Field | None) -> str:
    """Choose the operator people ask for most, by type."""
    common = {"text": "equals", "choice": "is_any_of", "boolean": "is_true", "date": "in_last", "instant": "in_last"}
    return common.get(field.type.value if field else "", "gte")
