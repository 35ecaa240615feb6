"""Criteria that outlive what they name: they fail with the name, and are never widened to make them run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import pytest

from segment_engine.compiler import compile_criteria
from segment_engine.domain.catalog import Catalog, FieldType
from segment_engine.domain.criteria import Criteria, Group, GroupKind, Property, Test
from segment_engine.errors import Unresolved
from tests.criteria_catalog import CATALOG
from tests.unit.test_compiler import ADULT, AS_OF, EVERY_KIND, ORDERED, city, compiled


@pytest.mark.parametrize(
    ("condition", "missing"),
    [
        (ADULT, "contact.age"),
        (ORDERED, "order_placed"),
        (EVERY_KIND[7], "order_placed.total"),
    ],
)
def test_what_is_gone_fails_with_its_name(condition: Mapping[str, object], missing: str) -> None:
    """T40 T20 M16: criteria that outlive a field or an event fail and name it; the condition is never dropped."""
    events = {
        key: replace(event, fields={name: field for name, field in event.fields.items() if name != missing})
        for key, event in CATALOG.events.items()
        if key != missing
    }
    catalog = Catalog({key: field for key, field in CATALOG.fields.items() if key != missing}, events)
    with pytest.raises(Unresolved, match=re.escape(missing)) as refused:
        compiled(city("equals", "Gent"), condition, group="any", catalog=catalog)
    assert refused.value.cause == "field_missing"


def test_a_changed_type_fails_with_the_field() -> None:
    """T14 T40: a stored operator that the field's new type does not have fails, in the words of the field's label."""
    changed = replace(CATALOG.fields["contact.age"], type=FieldType.BOOLEAN, column="boolean_1")
    with pytest.raises(Unresolved, match="age"):
        compiled(ADULT, catalog=replace(CATALOG, fields={**CATALOG.fields, "contact.age": changed}))


def test_a_value_that_left_the_list_fails_where_order_matters() -> None:
    """T40: a choice that was removed from an ordered list has no position any more; the criteria say so."""
    shorter = replace(CATALOG.fields["contact.size"], values=("small",))
    size = {"kind": "attribute", "field": "contact.size", "op": "gt", "value": "medium"}
    with pytest.raises(Unresolved, match="medium"):
        compiled(size, catalog=replace(CATALOG, fields={**CATALOG.fields, "contact.size": shorter}))


@pytest.mark.parametrize("column", ["organization_id; --", "missing_1"])
def test_identifiers_come_from_the_tables_only(column: str) -> None:
    """T90 M6: a column name that the table does not have is refused, whatever it contains."""
    bad = replace(CATALOG.fields["contact.age"], column=column)
    with pytest.raises(Unresolved):
        compiled(ADULT, catalog=replace(CATALOG, fields={**CATALOG.fields, "contact.age": bad}))


def test_a_literal_that_does_not_fit_any_more_fails() -> None:
    """T40 M7: after a field lost its decimals, 1.5 is refused rather than rounded."""
    fields = {**CATALOG.fields, "contact.score": replace(CATALOG.fields["contact.score"], scale=0)}
    score = {"kind": "attribute", "field": "contact.score", "op": "gt", "value": "1.5"}
    with pytest.raises(Unresolved, match=r"1\.5"):
        compiled(score, catalog=replace(CATALOG, fields=fields))


def test_an_aggregate_of_a_changed_type_fails() -> None:
    """T40 T14: the sum of a property that became text is refused by name."""
    order = CATALOG.events["order_placed"]
    total = replace(order.fields["order_placed.total"], type=FieldType.TEXT, column="text_1")
    catalog = replace(
        CATALOG, events={"order_placed": replace(order, fields={**order.fields, "order_placed.total": total})}
    )
    with pytest.raises(Unresolved, match="total"):
        compiled(EVERY_KIND[7], catalog=catalog)


def test_a_property_cannot_stand_in_the_tree() -> None:
    """M13: a node in the wrong place is an error of the program, never a condition that is left out."""
    criteria = Criteria(Group(GroupKind.ALL, (Property("@hour", Test("is_set")),)))
    with pytest.raises(TypeError):
        compile_criteria(criteria, catalog=CATALOG, organization_id=7, as_of=AS_OF)
