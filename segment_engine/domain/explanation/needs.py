"""What must be read of a contact to explain criteria: which fields, rows, consents and memberships they name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from segment_engine.domain.catalog import Catalog
from segment_engine.domain.criteria import (
    Aggregate,
    Attribute,
    Campaign,
    CompareFields,
    Condition,
    Consent,
    Criteria,
    Event,
    EventHas,
    EventTime,
    FieldValue,
    Figure,
    FirstOrLast,
    Group,
    Interactions,
    ListMembership,
    Node,
    Property,
    Reachable,
    Related,
    RelationPath,
    Rows,
    SegmentMembership,
    Sequence,
    Source,
    ValueExpression,
)


@dataclass(slots=True)
class Needs:
    """What criteria read of one contact.

    Shape: `fields` are keys of contact fields; `events` and `relations` map a key to the keys of the properties read;
        `segments` and `lists` are ids.
    """

    fields: set[str] = field(default_factory=set[str])
    events: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    relations: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    segments: set[str] = field(default_factory=set[str])
    lists: set[str] = field(default_factory=set[str])
    channels: bool = False


def leaves(node: Node, path: str = "$.root") -> Iterator[tuple[str, Condition]]:
    """List the conditions of a tree with their JSON paths, in the order of the document."""
    if isinstance(node, Group):
        for place, child in enumerate(node.of):
            yield from leaves(child, f"{path}.of[{place}]")
    else:
        yield path, node


def rows_of(node: Condition) -> tuple[Rows, ...]:
    """List the choices of rows a condition makes, in the order of the document."""
    match node:
        case Event() | Aggregate() | EventTime() | EventHas() | Campaign() | Related():
            return (node.rows,)
        case Sequence(first, _, then):
            return (first, then)
        case CompareFields(left, _, right):
            return tuple(side.rows for side in (left, right) if not isinstance(side, FieldValue))
        case _:
            return ()


def source_keys(source: Source, catalog: Catalog) -> tuple[str, ...]:
    """List the keys of the events or relations that rows come from: both hops of a path."""
    if isinstance(source, RelationPath):
        return source.path
    kind = catalog.rows_of(source)
    return () if kind is None else (kind.key,)


def property_keys(group: Group | None) -> Iterator[Property]:
    """List the tests of properties in a `where` or `has`."""
    for child in () if group is None else group.of:
        if isinstance(child, Group):
            yield from property_keys(child)
        elif isinstance(child, Property):
            yield child


def needs_of(criteria: Criteria, catalog: Catalog) -> Needs:
    """Collect what criteria read, also through segments that are calculated together with them."""
    needs = Needs()
    _collect(criteria, catalog, needs, frozenset())
    return needs


def _collect(criteria: Criteria, catalog: Catalog, needs: Needs, seen: frozenset[str]) -> None:
    for _, leaf in leaves(criteria.root):
        _of_leaf(leaf, catalog, needs)
        if isinstance(leaf, SegmentMembership) and leaf.members == "live":
            for segment_id in set(leaf.segments) - seen:
                child = catalog.segments.get(segment_id)
                if child is not None and child.criteria is not None:
                    _collect(child.criteria, catalog, needs, seen | {segment_id})


def _of_leaf(leaf: Condition, catalog: Catalog, needs: Needs) -> None:
    for rows in rows_of(leaf):
        _note(needs, catalog, rows.source, (each.field for each in property_keys(rows.where)))
    match leaf:
        case Attribute(key):
            needs.fields.add(key)
        case Aggregate(rows=rows, of=str() as of):
            _note(needs, catalog, rows.source, [of])
        case EventHas(rows=rows, has=has):
            _note(needs, catalog, rows.source, (each.field for each in property_keys(has)))
        case CompareFields(left, _, right):
            _of_expression(left, catalog, needs)
            _of_expression(right, catalog, needs)
        case SegmentMembership(segments=segments):
            needs.segments.update(segments)
        case ListMembership(lists=lists):
            needs.lists.update(lists)
        case Consent() | Reachable():
            needs.channels = True
        case _:
            pass


def _of_expression(expression: ValueExpression, catalog: Catalog, needs: Needs) -> None:
    match expression:
        case FieldValue(key):
            needs.fields.add(key)
        case Figure(rows=rows, of=str() as of):
            _note(needs, catalog, rows.source, [of])
        case Figure() | FirstOrLast():
            pass


def _note(needs: Needs, catalog: Catalog, source: Source, keys: Iterator[str] | list[str]) -> None:
    """Remember that rows of a source are read, and which of their properties; a path of two reads both hops."""
    wanted = {key for key in keys if not key.startswith("@")}
    match source:
        case str():
            needs.events.setdefault(source, set()).update(wanted)
        case Interactions():
            event = catalog.rows_of(source)
            if event is not None:
                needs.events.setdefault(event.key, set()).update(wanted)
        case RelationPath(path):
            for step in path:
                relation = catalog.relations.get(step)
                known = set[str]() if relation is None else set(relation.fields)
                needs.relations.setdefault(step, set()).update(wanted & known)
