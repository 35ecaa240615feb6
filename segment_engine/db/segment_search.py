"""Looking for members of a segment, and since when each of them is one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from segment_engine.db.queries import load_queries
from segment_engine.db.session import Transaction
from segment_engine.domain.folding import fold
from segment_engine.domain.overrides import Decision
from segment_engine.domain.segment import Member

_QUERIES = load_queries("segment_details")


def exactly(transaction: Transaction, organization_id: int, text: str) -> tuple[int, ...]:
    """Find the contacts whose key or e-mail address is exactly this."""
    values = {"organization": organization_id, "key": text, "email": fold(text)}
    return tuple(row.contact_number for row in transaction.rows(_QUERIES["exactly"], values))


def containing(
    transaction: Transaction, organization_id: int, segment_id: UUID, text: str, *, sequence: int | None, after: int,
    limit: int, seconds: float,
) -> tuple[int, ...] | None:  # fmt: skip
    """Find members by a part of their key, e-mail address or name, in the order of their numbers.

    Shape: among the members now, or those of the result numbered `sequence`; None when it takes longer than allowed.
    """
    values = {"organization": organization_id, "segment": segment_id, "text": fold(text), "after": after}
    query = _QUERIES["search"] if sequence is None else _QUERIES["search_as_of"].bindparams(sequence=sequence)
    rows = transaction.rows_within(query.bindparams(**values, limit=limit), seconds=seconds)
    return None if rows is None else tuple(row.number for row in rows)


def members(
    transaction: Transaction, organization_id: int, segment_id: UUID, numbers: Sequence[int], *, moment: datetime
) -> tuple[Member, ...]:
    """Read who these contacts are, each with what a person had decided about it at a moment."""
    values = {"organization": organization_id, "segment": segment_id, "numbers": list(numbers), "moment": moment}
    return tuple(
        Member(
            row.number, row.external_key, " ".join(part for part in (row.first_name, row.last_name) if part),
            row.email, row.city, row.country, None if row.by_hand is None else Decision(row.by_hand),
        )
        for row in transaction.rows(_QUERIES["members_by_number"], values)
    )  # fmt: skip


def joined(
    transaction: Transaction, organization_id: int, segment_id: UUID, numbers: Sequence[int], *, sequence: int
) -> dict[int, tuple[datetime, int]]:
    """Read when each of these contacts joined last, and how many times, up to the result numbered `sequence`."""
    values = {
        "organization": organization_id,
        "segment": segment_id,
        "numbers": list(numbers),
        "sequence": sequence,
    }
    return {row.number: (row.since, row.times) for row in transaction.rows(_QUERIES["joined"], values)}
