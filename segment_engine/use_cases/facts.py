"""Collects what the linter may know: statistics of fields, sources, similar segments, the cost of the plan.

Each reading has its time, and all together have theirs. What could not be read in time is absent; nothing is estimated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from segment_engine.compiler.compiled import Compiled
from segment_engine.compiler.statistics import MOST_ROWS, MOST_VALUES, PlanOf, contact_statistics, row_statistics
from segment_engine.db import facts as rows
from segment_engine.db.segments import count_base
from segment_engine.db.session import Transaction
from segment_engine.domain.catalog import Catalog, Field, RowType
from segment_engine.domain.criteria import Attribute, Criteria, Property, RelationPath, Source
from segment_engine.domain.lint.drift import lost_keys
from segment_engine.domain.lint.facts import Counts, Drift, Facts, FieldFacts, SameDefinition, Slow
from segment_engine.domain.lint.walk import every_node
from segment_engine.use_cases.asking import Stopwatch

FIELD_SECONDS = 1.0
ALL_FIELDS_SECONDS = 3.0
# About a minute of work: a plan that is expected to cost more would be stopped before it ends.
PLAN_GATE = 6_000_000.0


def load_facts(
    transaction: Transaction, organization_id: int, criteria: Criteria, catalog: Catalog, *,
    segment_id: UUID | None = None, counts: Mapping[str, Counts] | None = None, sources: tuple[str, ...] = (),
    same: tuple[SameDefinition, ...] = (), compiled: Compiled | None = None, seconds: float = ALL_FIELDS_SECONDS,
) -> Facts:  # fmt: skip
    """Read the facts about criteria that the linter's informed codes need.

    Shape:  `counts` of the nodes by JSON path, `same` definitions and `compiled` criteria are what the caller has
            already; `sources` are the names of those the criteria read.
    Units:  `seconds` bound all statistics of fields together, 0 leaves out whatever reads contacts; the other readings
            are of stored figures.
    """
    cost = None if compiled is None else rows.plan_cost(transaction, PlanOf(compiled.count()))
    return Facts(
        counts={} if counts is None else dict(counts),
        fields=_fields(transaction, organization_id, criteria, catalog, seconds),
        sources=rows.source_facts(transaction, organization_id, sources),
        drift=_drift(transaction, organization_id, criteria, catalog, segment_id),
        slow={} if cost is None or cost <= PLAN_GATE else {"$.root": Slow(cost=cost, gate=PLAN_GATE)},
        same=same,
        similar=() if segment_id is None else rows.similar_members(transaction, organization_id, segment_id),
        base=count_base(transaction, organization_id) if seconds > 0 else None,
    )


def _fields(
    transaction: Transaction, organization_id: int, criteria: Criteria, catalog: Catalog, seconds: float
) -> dict[str, FieldFacts]:
    watch = Stopwatch.start()
    known: dict[str, FieldFacts] = {}
    asked = {field.key: (field, kind) for field, kind in _asked(criteria, catalog)}
    for field, kind in asked.values():
        left = min(FIELD_SECONDS, watch.left_of(seconds))
        facts = _field(transaction, organization_id, field, kind, left) if left > 0 else None
        if facts is not None:
            known[field.key] = facts
    return known


def _field(
    transaction: Transaction, organization_id: int, field: Field, kind: RowType | None, seconds: float
) -> FieldFacts | None:
    statement: Any = (
        contact_statistics(field, organization_id=organization_id)
        if kind is None
        else row_statistics(kind, field, organization_id=organization_id)
    )
    return rows.field_facts(
        transaction, statement, seconds=seconds, most_values=MOST_VALUES, most_rows=None if kind is None else MOST_ROWS
    )


def _asked(criteria: Criteria, catalog: Catalog) -> Iterator[tuple[Field, RowType | None]]:
    """Yield the fields that conditions ask about, with the rows they are properties of."""
    for spot in every_node(criteria):
        match spot.node:
            case Attribute(key) if key in catalog.fields:
                yield catalog.fields[key], None
            case Property(key) if spot.source is not None and not key.startswith("@"):
                yield from _owned(spot.source, key, catalog)
            case _:
                pass


def _owned(source: Source, key: str, catalog: Catalog) -> Iterator[tuple[Field, RowType]]:
    """Yield a property with the row type that has it: of a path it may be the step before the last."""
    kinds: list[RowType | None] = [catalog.rows_of(source)]
    if isinstance(source, RelationPath):
        kinds += [catalog.relations.get(step) for step in source.path]
    for kind in kinds:
        if kind is not None and key in kind.fields:
            yield kind.fields[key], kind
            return


def _drift(
    transaction: Transaction, organization_id: int, criteria: Criteria, catalog: Catalog, segment_id: UUID | None
) -> dict[str, Drift]:
    return {
        key: Drift(segments=rows.segments_naming(transaction, organization_id, key, other_than=segment_id))
        for key in lost_keys(criteria, catalog)
    }
