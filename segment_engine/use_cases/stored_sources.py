"""One data source as it is stored, or the answer for one that is not there."""

from __future__ import annotations

from uuid import UUID

from segment_engine.db import sources
from segment_engine.db.session import Transaction
from segment_engine.domain.sources import SourceCard
from segment_engine.errors import NotFound


def stored_source(transaction: Transaction, organization_id: int, source_id: UUID) -> SourceCard:
    """Read a source. Raises: NotFound for an unknown id and for one of another organization alike."""
    found = sources.find(transaction, organization_id, source_id)
    if not found:
        raise NotFound
    return found[0]
