"""What a condition can be about, by family, and the rows it looks at. Pure functions; nothing is drawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pages.builder_tree import FAMILY, Node, fields_of, items_of
from segment_engine import (
    Catalog,
    Field,
    Interactions,
    Relation,
    RelationPath,
    Source,
    aggregate_result,
    is_timed,
    property_of,
)

BLANK = "attribute:"
EVERYONE = "all_contacts:"
BUILT_IN = ("@day", "@weekday", "@hour", "@time")


class Family(StrEnum):
    """The parts of the menu of subjects."""

    CONTACT = "contact"
    EVENTS = "events"
    CAMPAIGNS = "campaigns"
    SETS = "sets"
    CONSENT = "consent"
    RELATED = "related"
    SAMPLING = "sampling"
    COMPARE = "compare"


# Name and icon of each.
FAMILIES: dict[Family, tuple[str, str]] = {
    Family.CONTACT: ("About the contact", ":material/person:"),
    Family.EVENTS: ("Events", ":material/bolt:"),
    Family.CAMPAIGNS: ("Campaigns", ":material/campaign:"),
    Family.SETS: ("Other segments and lists", ":material/group_work:"),
    Family.CONSENT: ("Consent and reach", ":material/verified_user:"),
    Family.RELATED: ("Related tables", ":material/table_rows:"),
    Family.SAMPLING: ("Sampling", ":material/casino:"),
    Family.COMPARE: ("Compare two values", ":material/compare_arrows:"),
}


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing a condition can be about, with its name in the menu."""

    name: str
    family: Family


def subjects(catalog: Catalog) -> dict[str, Subject]:
    """List everything a condition can be about by its key, family by family."""
    return dict(_subjects(catalog))


def _subjects(catalog: Catalog) -> Iterator[tuple[str, Subject]]:
    for key, field in catalog.fields.items():
        yield f"attribute:{key}", Subject(field.label, Family.CONTACT)
    yield EVERYONE, Subject("Everyone", Family.CONTACT)
    for key, event in catalog.events.items():
        yield f"event:{key}", Subject(event.label, Family.EVENTS)
        yield f"aggregate:{key}", Subject(f"{event.label}: figure", Family.EVENTS)
        yield f"event_time:{key}", Subject(f"{event.label}: when", Family.EVENTS)
        yield f"event_has:{key}", Subject(f"{event.label}: how it was", Family.EVENTS)
        yield f"sequence:{key}", Subject(f"{event.label}, and then", Family.EVENTS)
    for event in catalog.events.values():
        if event.interaction:
            yield f"campaign:{event.interaction}", Subject(f"Campaign: {event.interaction}", Family.CAMPAIGNS)
    yield "segment:", Subject("Member of a segment", Family.SETS)
    yield "static_list:", Subject("On a static list", Family.SETS)
    yield "consent:", Subject("Consent", Family.CONSENT)
    yield "reachable:", Subject("Can be reached", Family.CONSENT)
    for path, label in paths(catalog):
        yield f"related:{'/'.join(path)}", Subject(label, Family.RELATED)
        yield f"figure:{'/'.join(path)}", Subject(f"{label}: figure", Family.RELATED)
    yield "sample:", Subject("Random share", Family.SAMPLING)
    yield "bucket:", Subject("Buckets of a test", Family.SAMPLING)
    yield "compare_fields:", Subject("Two values", Family.COMPARE)


def paths(catalog: Catalog) -> list[tuple[tuple[str, ...], str]]:
    """List the paths of one or two relations that begin at the contact, with their names."""
    found: list[tuple[tuple[str, ...], str]] = []
    for key, relation in catalog.relations.items():
        if relation.parent is None:
            found.append(((key,), relation.label))
            below = (each for each in catalog.relations.values() if each.parent == key)
            found += [((key, each.key), f"{relation.label}: {each.label}") for each in below]
    return found


def subject_of(node: Node) -> str:
    """Name what a condition is about, as `subjects` does."""
    kind = node.get("kind")
    match kind:
        case "event" | "event_time" | "event_has":
            return f"{kind}:{node.get('event', '')}"
        case "aggregate":
            source = fields_of(node.get("from"))
            return f"figure:{_path(source)}" if "path" in source else f"aggregate:{source.get('event', '')}"
        case "sequence":
            return f"sequence:{fields_of(node.get('first')).get('event', '')}"
        case "campaign":
            return f"campaign:{node.get('interaction', '')}"
        case "related":
            return f"related:{_path(node)}"
        case "attribute" | None:
            return f"attribute:{node.get('field') or ''}"
        case _:
            return f"{kind}:"


def _path(source: dict[str, Any]) -> str:
    return "/".join(str(step) for step in items_of(source.get("path")))


def family_of(node: Node, catalog: Catalog) -> Family:
    """Give the family of what a condition is about, also where that is not chosen yet or gone."""
    if node.get(FAMILY):
        return Family(node[FAMILY])
    subject = subject_of(node)
    found = subjects(catalog).get(subject)
    if found is not None:
        return found.family
    by_kind = {
        "attribute": Family.CONTACT, "campaign": Family.CAMPAIGNS, "related": Family.RELATED, "figure": Family.RELATED,
    }  # fmt: skip
    return by_kind.get(subject.partition(":")[0], Family.EVENTS)


# Rows --------------------------------------------------------------------------------------------------------------


def source_of(rows: object) -> Source | None:
    """Say where the rows of a condition, of a step or of a value come from."""
    held = fields_of(rows)
    held = fields_of(held.get("from")) or held
    if held.get("interaction"):
        return Interactions(str(held["interaction"]), tuple(map(str, items_of(held.get("campaigns")))))
    if items_of(held.get("path")):
        return RelationPath(tuple(map(str, held["path"])))
    return held["event"] if isinstance(held.get("event"), str) else None


def properties(source: Source | None, catalog: Catalog, *, own: bool = False) -> dict[str, Field]:
    """List what can be asked of rows, their own properties first; `own` leaves out those of the step before."""
    rows = catalog.rows_of(source) if source is not None else None
    if rows is None or source is None:
        return {}
    found = dict(rows.fields)
    if isinstance(source, RelationPath) and not own:
        for step in source.path[:-1]:
            before = catalog.relations[step]
            found |= {key: _of_step(before, each) for key, each in before.fields.items() if key not in found}
    built_in = {key: property_of(rows, key) for key in BUILT_IN}
    return found | {key: field for key, field in built_in.items() if field is not None}


def _of_step(relation: Relation, field: Field) -> Field:
    """Name a property of the step before after its table, so that two of one name can be told apart."""
    return Field(
        field.key, f"{relation.label}: {field.label}", field.type, field.column, field.fold_column, field.scale,
        field.currency, field.values, ordered=field.ordered, sensitive=field.sensitive, source=field.source,
    )  # fmt: skip


def has_time(source: Source | None, catalog: Catalog) -> bool:
    """Tell whether rows happen at a time, so that a period can choose among them."""
    rows = catalog.rows_of(source) if source is not None else None
    return rows is not None and is_timed(rows)


def is_dated(source: Source | None, catalog: Catalog) -> bool:
    """Tell whether rows have dates and no time of day."""
    rows = catalog.rows_of(source) if source is not None else None
    return rows is not None and rows.date_only


def field_of(node: Node, catalog: Catalog, source: Source | None = None) -> Field | None:
    """Give what the operator of a condition is asked of; None while that is not known."""
    match node.get("kind"):
        case "attribute":
            return catalog.fields.get(node.get("field") or "")
        case "property":
            return catalog.property_of(source, node.get("field") or "") if source is not None else None
        case "event_time":
            return catalog.property_of(node["event"], "@time") if node.get("event") in catalog.events else None
        case "aggregate":
            return figure_field(node, catalog)
        case _:
            return None


def figure_field(figure: object, catalog: Catalog) -> Field | None:
    """Describe a figure over rows as a field."""
    held = fields_of(figure)
    source = source_of(held)
    if source is None or catalog.rows_of(source) is None:
        return None
    of = catalog.property_of(source, held["of"]) if held.get("of") else None
    return aggregate_result(str(held.get("function", "")), of)


def first_operator(field: Field | None) -> str:
    """Choose the operator people ask for most, by type."""
    common = {
        "text": "equals", "choice": "is_any_of", "boolean": "is_true", "date": "in_last", "instant": "in_last",
        "set": "includes_any",
    }  # fmt: skip
    return common.get(field.type.value if field else "", "gte")
