"""A field that was renamed is the same field: for every document, under every name it ever had."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings

from segment_engine.compiler import compile_criteria
from segment_engine.domain.canonical import canonical, criteria_hash, serialized
from segment_engine.domain.catalog import Catalog, Field, Fields
from segment_engine.domain.criteria import Criteria
from segment_engine.domain.parse import parse_criteria
from segment_engine.domain.references import references_of, with_current_keys
from segment_engine.domain.write import write_criteria
from segment_engine.errors import Unresolved
from tests.criteria_catalog import CATALOG
from tests.criteria_strategies import documents
from tests.property.test_round_trip import AS_OF

_RUNS = settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])


def _renamed(field: Field) -> Field:
    """A field with its third name; the first two still lead to it."""
    return replace(field, key=f"{field.key}_now", aliases=(field.key, f"{field.key}_then"))


def _fields(fields: Any) -> Fields:
    return Fields(_renamed(each) for each in fields.values())


RENAMED: Catalog = replace(
    CATALOG,
    fields=_fields(CATALOG.fields),
    events={key: replace(each, fields=_fields(each.fields)) for key, each in CATALOG.events.items()},
    relations={key: replace(each, fields=_fields(each.fields)) for key, each in CATALOG.relations.items()},
)


def _compiled(criteria: Criteria, catalog: Catalog) -> str:
    """The statement, or why there is none: a segment that is read may be too old for the document."""
    try:
        return str(compile_criteria(criteria, catalog=catalog, organization_id=1, as_of=AS_OF).sql())
    except Unresolved as error:
        return str(error)


@_RUNS
@given(documents(CATALOG))
def test_a_document_means_the_same_after_every_field_was_renamed(document: dict[str, object]) -> None:
    """Same hash, same statement, and read under the names of today (T41)."""
    before, after = parse_criteria(document, CATALOG), parse_criteria(document, RENAMED)
    assert serialized(canonical(after, RENAMED)) == serialized(canonical(before, CATALOG))
    assert criteria_hash(after, RENAMED) == criteria_hash(before, CATALOG)
    assert _compiled(before, CATALOG) == _compiled(after, RENAMED)
    fields = [key for key in references_of(write_criteria(after)) if "." in key]
    assert all(key.endswith("_now") for key in fields)


@_RUNS
@given(documents(CATALOG))
def test_a_document_in_old_names_is_shown_in_those_of_today(document: dict[str, object]) -> None:
    """What an editor opens reads as equal, and nothing but names of fields differs."""
    shown = with_current_keys(document, RENAMED.aliases)
    assert parse_criteria(shown, RENAMED) == parse_criteria(document, RENAMED)
    assert with_current_keys(shown, RENAMED.aliases) == shown
    assert with_current_keys(document, {}) is document
