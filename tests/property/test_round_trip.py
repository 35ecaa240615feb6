"""Reading, writing and saying criteria, for every document and for everything that is none."""

from __future__ import annotations

import json
from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import cast

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segment_engine.domain.describe import describe
from segment_engine.domain.parse import parse_criteria
from segment_engine.domain.write import write_criteria
from segment_engine.errors import CriteriaError, Problem
from tests.criteria_catalog import CATALOG
from tests.criteria_strategies import documents

AS_OF = datetime(2026, 4, 1, 12, tzinfo=UTC)
_RUNS = settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])

_WORDS = (
    *("format", "version", "base", "root", "calendar", "limit", "group", "of", "k", "kind", "field", "op", "value"),
    *("event", "verb", "window", "where", "from", "function", "unit", "n", "to", "in_last", "range", "day", "now"),
    *("has", "which", "first", "then", "within", "path", "quantifier", "segments", "lists", "states", "channel"),
    *("left", "right", "times", "offset", "percent", "seed", "top_n", "ties", "order_by", "direction", "aggregate"),
)
_VALUES = (
    *("segment-criteria", "contacts", "all", "at_least", "attribute", "event", "contact.city", "contact.birthday"),
    *("aggregate", "property", "equals", "between", "in_last", "did", "order_placed", "sum", "1.5", "2026-01-01"),
    *("sequence", "related", "orders", "order_lines", "compare_fields", "consent", "email", "segment", "campaign"),
    *("event_has", "sample", "bucket", "static_list", "contact.tags", "includes_any", "size", "before"),
)
_SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.sampled_from(_VALUES), st.just(1)
)
_JSON = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(_WORDS) | st.text(max_size=5), inner),
    max_leaves=25,
)


@_RUNS
@given(documents(CATALOG))
def test_what_is_written_reads_back_equal(document: dict[str, object]) -> None:
    """parse(write(c)) = c for every valid c, through JSON text and as data (T20, T87)."""
    criteria = parse_criteria(document, CATALOG)
    written = write_criteria(criteria)
    assert parse_criteria(json.dumps(written), CATALOG) == criteria
    assert parse_criteria(written, CATALOG) == criteria
    assert write_criteria(parse_criteria(written, CATALOG)) == written


@_RUNS
@given(documents(CATALOG))
def test_every_document_can_be_said(document: dict[str, object]) -> None:
    """Every valid document has a sentence, the same for the same document, without an empty line."""
    criteria = parse_criteria(document, CATALOG)
    sentence = describe(criteria, CATALOG, as_of=AS_OF)
    assert sentence == describe(parse_criteria(write_criteria(criteria), CATALOG), CATALOG, as_of=AS_OF)
    assert all(line.text.strip() for line in sentence.lines)
    assert "unknown" not in sentence.text.replace("not known", "") or "unknown" in json.dumps(document)


@_RUNS
@given(st.dictionaries(st.sampled_from(_WORDS), _JSON, max_size=8))
def test_any_json_is_criteria_or_problems(document: dict[str, object]) -> None:
    """Whatever JSON arrives, the answer is criteria or a list of problems, never another error (A1)."""
    problems = _problems(json.dumps(document))
    assert all(problem.path.startswith("$") and problem.sentence for problem in problems)


@_RUNS
@given(st.one_of(st.text(), st.binary()))
def test_any_text_is_criteria_or_problems(document: str | bytes) -> None:
    """Whatever text or bytes arrive, the answer is a list of problems, never another error."""
    assert _problems(document)


@_RUNS
@given(documents(CATALOG), st.data())
def test_a_damaged_document_names_its_problems(document: dict[str, object], data: st.DataObject) -> None:
    """One value of a valid document replaced by any JSON gives criteria or problems, never another error."""
    damaged: object = json.loads(json.dumps(document))
    holder, key = data.draw(st.sampled_from(_spots(damaged)))
    holder[key] = data.draw(_JSON)
    _problems(json.dumps(damaged))


def _spots(value: object) -> list[tuple[MutableMapping[object, object], object]]:
    """List every place below a value where something else can be put; a list serves as a mapping of its positions."""
    if not isinstance(value, dict | list):
        return []
    keys: list[object] = list(range(len(value)) if isinstance(value, list) else value)  # pyright: ignore[reportUnknownArgumentType] - any JSON
    holder = cast("MutableMapping[object, object]", value)
    return [(holder, key) for key in keys] + [spot for key in keys for spot in _spots(holder[key])]


def _problems(document: str | bytes) -> tuple[Problem, ...]:
    """List the problems of a document, none when it is valid."""
    try:
        parse_criteria(document, CATALOG)
    except CriteriaError as error:
        return error.problems or (Problem("", "", "no problem named"),)
    return ()
