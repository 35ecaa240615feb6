"""Members by hand: the records, open and ended."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Row

from segment_engine.db.queries import load_queries
from segment_engine.db.session import Transaction
from segment_engine.domain.overrides import Decision, Override, OverrideId

_QUERIES = load_queries("overrides")
MOST_SHOWN = 10_000


def add(
    transaction: Transaction, organization_id: int, *, segment_id: UUID, contact_number: int, decision: Decision,
    reason: str, person_id: UUID,
) -> OverrideId | None:  # fmt: skip
    """Record a decision; None when one about this contact and segment is open already."""
    values = {
        "organization": organization_id,
        "segment": segment_id,
        "contact": contact_number,
        "decision": decision.value,
        "reason": reason,
        "person": person_id,
    }
    made = transaction.scalar(_QUERIES["add"], values)
    return None if made is None else OverrideId(made)


def end(
    transaction: Transaction, organization_id: int, *, segment_id: UUID, override_id: UUID, person_id: UUID
) -> bool:
    """End a decision; False when there is none of this id that is open."""
    values = {"organization": organization_id, "segment": segment_id, "override": override_id, "person": person_id}
    return transaction.run(_QUERIES["end"], values) == 1


def find(
    transaction: Transaction, organization_id: int, segment_id: UUID, *, contact_number: int | None = None,
    with_ended: bool = False,
) -> tuple[Override, ...]:  # fmt: skip
    """List decisions, open ones first, the newest first; of one contact only where it is given."""
    values = {"organization": organization_id, "segment": segment_id, "contact": contact_number}
    rows = transaction.rows(_QUERIES["find"], {**values, "with_ended": with_ended, "limit": MOST_SHOWN})
    return tuple(_override(row) for row in rows)


def _override(row: Row[Any]) -> Override:
    return Override(
        OverrideId(row.override_id), row.contact_number, row.external_key,
        " ".join(part for part in (row.first_name, row.last_name) if part), Decision(row.decision), row.reason,
        row.created_at, row.created_by_name, row.ended_at, row.ended_by_name,
    )  # fmt: skip


def count_open(transaction: Transaction, organization_id: int, segment_id: UUID) -> dict[Decision, int]:
    """Count the decisions that count now, by kind; none is 0."""
    rows = transaction.rows(_QUERIES["count_open"], {"organization": organization_id, "segment": segment_id})
    return dict.fromkeys(Decision, 0) | {Decision(row.decision): row.records for row in rows}
