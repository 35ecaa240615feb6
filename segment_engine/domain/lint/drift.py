"""Finds conditions that ask for what the catalog does not have any more, or has in another type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from segment_engine.domain.aggregates import aggregate_result
from segment_engine.domain.catalog import Catalog, Field, FieldType
from segment_engine.domain.criteria import (
    Aggregate,
    Attribute,
    CompareFields,
    Condition,
    Criteria,
    FieldValue,
    Figure,
    Group,
    Interactions,
    LiteralRange,
    Property,
    RelationPath,
    Source,
    Test,
    ValueExpression,
)
from segment_engine.domain.lint.facts import Drift
from segment_engine.domain.lint.findings import Finding, found
from segment_engine.domain.lint.walk import Spot, every_node, limit_rows, rows_in
from segment_engine.domain.operators import find_operator
from segment_engine.errors import Problem

_ORDERED = frozenset({"gt", "gte", "lt", "lte", "between", "not_between"})
# What is named, what the catalog has under that name, and what is asked of it, None where it is only read.
_Named = tuple[str, Field | None, Test | None]


def drift_findings(criteria: Criteria, catalog: Catalog, drift: Mapping[str, Drift]) -> Iterator[Finding]:
    """Yield what the criteria ask for in vain.

    Shape: `drift` tells what became of a field or of rows since the criteria were saved, by key, where that is known.
    Source: docs/criteria.md M16: such criteria fail their run and are kept untouched.
    """
    for spot in every_node(criteria):
        if not isinstance(spot.node, Group):
            lost = dict(_lost(spot, spot.node, catalog))
            named = keys_of(spot.node, spot.path)
            changed = {key: drift[key].cause for key in named if key in drift and drift[key].cause}
            for key, cause in (lost | changed).items():
                yield _finding(spot.path, cause, drift.get(key))
    for rows in limit_rows(criteria):
        if catalog.rows_of(rows.rows.source) is None:
            yield _finding(rows.path, _gone(_name(rows.rows.source)), None)
    for place, key in enumerate(() if criteria.limit is None else criteria.limit.order_by):
        for _, cause in _judged(_of_value(key.value, catalog)):
            yield _finding(f"$.limit.order_by[{place}].value", cause, None)


# What the parser says of a stored document that could be read when it was saved.
_SINCE_SAVED = frozenset(
    {"unknown_field", "operator_type", "unknown_operator", "unknown_value", "scale", "moment_kind"}
)


def drift_of_problems(problems: tuple[Problem, ...]) -> tuple[Finding, ...]:
    """Turn what makes a *stored* document unreadable into findings; it was well formed when it was saved.

    Shape: none where the document is broken in another way, which is not the catalog's doing.
    """
    if not all(problem.code in _SINCE_SAVED for problem in problems):
        return ()
    return tuple(found("L-DRIFT", problem.path, problem.sentence) for problem in problems)


def lost_keys(criteria: Criteria, catalog: Catalog) -> tuple[str, ...]:
    """List the keys that criteria name in vain, each once."""
    spots = [(spot, spot.node) for spot in every_node(criteria)]
    lost = [key for spot, node in spots if not isinstance(node, Group) for key, _ in _lost(spot, node, catalog)]
    return tuple(dict.fromkeys(lost))


def _finding(path: str, cause: str, known: Drift | None) -> Finding:
    names = () if known is None else known.segments
    also = f" It also concerns {', '.join(f'“{name}”' for name in names)}." if names else ""
    return found("L-DRIFT", path, f"{cause} Restore it, or edit this condition.{also}")


def keys_of(node: Condition, path: str) -> tuple[str, ...]:
    """List the keys of fields, events and relations that a condition names itself."""
    keys = [_name(each.rows.source) for each in rows_in(node, path)]
    match node:
        case Attribute(field) | Property(field):
            keys.append(field)
        case Aggregate(of=of) if of is not None:
            keys.append(of)
        case CompareFields(left, _, right):
            keys += [side.field for side in (left, right) if isinstance(side, FieldValue)]
        case _:
            pass
    return tuple(keys)


def _name(source: Source) -> str:
    match source:
        case str():
            return source
        case RelationPath(path):
            return path[-1]
        case Interactions(interaction):
            return interaction


def _lost(spot: Spot, node: Condition, catalog: Catalog) -> Iterator[tuple[str, str]]:
    gone = [_name(each.rows.source) for each in rows_in(node, spot.path) if catalog.rows_of(each.rows.source) is None]
    yield from ((key, _gone(key)) for key in gone)
    if not gone:
        yield from _judged(_asked(node, spot.source, catalog))


def _gone(key: str) -> str:
    return f"{key} does not exist any more."


def _asked(node: Condition, source: Source | None, catalog: Catalog) -> tuple[_Named, ...]:
    match node:
        case Attribute(key, test):
            return ((key, catalog.fields.get(key), test),)
        case Property(key, test):
            return ((key, None if source is None else catalog.property_of(source, key), test),)
        case Aggregate(test=test):
            return _figure(node.figure, test, catalog)
        case CompareFields(left, _, right):
            return (*_of_value(left, catalog), *_of_value(right, catalog))
        case _:
            return ()


def _of_value(value: ValueExpression, catalog: Catalog) -> tuple[_Named, ...]:
    match value:
        case FieldValue(key):
            return ((key, catalog.fields.get(key), None),)
        case Figure(rows=rows) if catalog.rows_of(rows.source) is not None:
            return _figure(value, None, catalog)
        case _:
            return ()


def _figure(figure: Figure, test: Test | None, catalog: Catalog) -> tuple[_Named, ...]:
    of = None if figure.of is None else catalog.property_of(figure.rows.source, figure.of)
    if figure.of is not None and of is None:
        return ((figure.of, None, None),)
    return ((figure.of or figure.function, aggregate_result(figure.function, of), test),)


def _judged(named: tuple[_Named, ...]) -> Iterator[tuple[str, str]]:
    for key, field, test in named:
        if field is None:
            yield key, _gone(key)
        elif test is not None and find_operator(test.op, field.type, ordered=field.ordered) is None:
            yield key, f"{field.label} is a {field.type.value} now, which “{test.op}” cannot be asked of."
        elif test is not None and (lost := _unlisted(test, field)):
            yield key, f"{field.label} does not have the value “{lost}” any more."


def _unlisted(test: Test, field: Field) -> str | None:
    """Name a compared value that an ordered choice lost: without a place in the order it cannot be compared."""
    if field.type is not FieldType.CHOICE or test.op not in _ORDERED:
        return None
    ends = (test.value.start, test.value.end) if isinstance(test.value, LiteralRange) else (test.value,)
    return next((str(end) for end in ends if end not in field.values), None)
