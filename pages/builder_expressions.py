"""Value expressions: what a field, a figure or a time gives, and whether it can be missing. Nothing is drawn."""

from __future__ import annotations

from pages.builder_subjects import figure_field
from pages.builder_tree import fields_of
from segment_engine import Catalog, Field

NEVER_MISSING = frozenset({"count", "count_distinct", "sum"})


def expression_field(value: object, catalog: Catalog) -> Field | None:
    """Describe what an expression gives; None while that is not known."""
    held = fields_of(value)
    if held.get("field"):
        return catalog.fields.get(str(held["field"]))
    if "aggregate" in held:
        return figure_field(held["aggregate"], catalog)
    event = str(fields_of(held.get("event_time")).get("event"))
    return catalog.property_of(event, "@time") if event in catalog.events else None


def expression_may_miss(value: object) -> bool:
    """Tell whether there can be no value: a count or a sum of nothing is 0."""
    figure = fields_of(fields_of(value).get("aggregate"))
    return figure.get("function") not in NEVER_MISSING
