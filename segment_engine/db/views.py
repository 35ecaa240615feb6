"""Saved views: rows to values and back."""

from __future__ import annotations

from uuid import UUID

from segment_engine.db.queries import load_queries
from segment_engine.db.session import Transaction
from segment_engine.domain.folding import fold
from segment_engine.domain.views import SavedView, ViewId

_QUERIES = load_queries("views")


def find(transaction: Transaction, organization_id: int, *, person_id: UUID) -> tuple[SavedView, ...]:
    """List a person's own views and the shared ones, by name."""
    rows = transaction.rows(_QUERIES["find"], {"organization": organization_id, "person": person_id})
    return tuple(
        SavedView(ViewId(row.view_id), row.name, row.query, row.shared, row.mine, row.saved_by) for row in rows
    )


def save(
    transaction: Transaction, organization_id: int, *, name: str, query: str, shared: bool, person_id: UUID
) -> ViewId:
    """Store a view in place of the person's own one of this name."""
    values = {"organization": organization_id, "name": name, "name_fold": fold(name), "person": person_id}
    return ViewId(transaction.scalar(_QUERIES["save"], {**values, "query": query, "shared": shared}))


def count_own(transaction: Transaction, organization_id: int, *, person_id: UUID) -> int:
    """Count the views a person keeps."""
    return int(transaction.scalar(_QUERIES["count_own"], {"organization": organization_id, "person": person_id}))


def owned(transaction: Transaction, organization_id: int, view_id: UUID, *, person_id: UUID) -> tuple[str, bool] | None:
    """Read the name of a view and whether it is the person's own; None when the person cannot see it."""
    values = {"organization": organization_id, "view": view_id, "person": person_id}
    row = transaction.one(_QUERIES["get"], values)
    return None if row is None else (row.name, bool(row.mine))


def delete(transaction: Transaction, organization_id: int, view_id: UUID) -> None:
    """Remove a view."""
    transaction.run(_QUERIES["delete"], {"organization": organization_id, "view": view_id})
