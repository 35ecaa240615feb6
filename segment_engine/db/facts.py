"""Reads what the linter may know about the data. Every reading is bounded; what takes too long is not known."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Executable

from segment_engine.db.queries import load_queries
from segment_engine.db.session import Transaction
from segment_engine.domain.lint.facts import SIMILAR, FieldFacts, SimilarMembers, SourceFacts

_QUERIES = load_queries("facts")
_SHOWN = 5


def field_facts(
    transaction: Transaction, statement: Executable, *, seconds: float, most_values: int, most_rows: int | None = None
) -> FieldFacts | None:
    """Read what is stored in a field; None when that takes longer, or when there are more rows than may be read.

    Shape: `statement` gives total, present, kinds, lowest, highest and listed. Texts are given when all are known.
    """
    row = transaction.the_within(statement, seconds=seconds)
    if row is None or (most_rows is not None and row.total > most_rows):
        return None
    listed: list[str] | None = row.listed
    whole = frozenset(listed) if listed is not None and len(listed) <= most_values else None
    return FieldFacts(
        int(row.total), int(row.present), row.kinds, whole, tuple((listed or [])[:_SHOWN]), row.lowest, row.highest
    )


def plan_cost(transaction: Transaction, statement: Executable) -> float:
    """Read what the planner expects a statement to cost. Units: the planner's own."""
    plan: list[dict[str, Any]] = transaction.scalar(statement)
    return float(plan[0]["Plan"]["Total Cost"])


def source_facts(transaction: Transaction, organization_id: int, names: Iterable[str]) -> dict[str, SourceFacts]:
    """Read how fresh sources are, by name; those that do not exist are absent."""
    values = {"organization": organization_id, "names": list(names)}
    rows = transaction.rows(_QUERIES["sources"], values)
    return {row.name: SourceFacts(row.delivered_at, row.stale_after_hours) for row in rows}


def similar_members(transaction: Transaction, organization_id: int, segment_id: UUID) -> tuple[SimilarMembers, ...]:
    """List the segments whose stored members are nearly those of this one, the most similar first."""
    values = {"organization": organization_id, "segment": segment_id, "share": SIMILAR, "limit": _SHOWN}
    rows = transaction.rows(_QUERIES["similar"], values)
    return tuple(SimilarMembers(str(row.segment_id), row.name, row.jaccard) for row in rows)


def segments_naming(
    transaction: Transaction, organization_id: int, key: str, *, other_than: UUID | None
) -> tuple[str, ...]:
    """List the names of segments whose current criteria name a field, an event or a relation."""
    values = {"organization": organization_id, "key": key, "segment": other_than, "limit": _SHOWN}
    return tuple(row.name for row in transaction.rows(_QUERIES["naming"], values))
