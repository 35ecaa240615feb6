"""Seats of one organization: who holds them, and changing them one after the other."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Row

from segment_engine.db.queries import load_queries
from segment_engine.db.session import Transaction
from segment_engine.domain.access import LOCAL_IDENTITY, PersonId, Role
from segment_engine.domain.people import SeatHolder

_QUERIES = load_queries("seats")


def find(transaction: Transaction, organization_id: int, person_id: UUID | None = None) -> tuple[SeatHolder, ...]:
    """List who holds a seat, admins first; only this person when one is named."""
    rows = transaction.rows(_QUERIES["find"], {"organization": organization_id, "person": person_id})
    return tuple(_holder(row) for row in rows)


def _holder(row: Row[Any]) -> SeatHolder:
    return SeatHolder(
        PersonId(row.person_id), row.display_name or row.email or row.subject, row.email, row.issuer, row.subject,
        Role(row.role), row.created_at, row.giver, row.last_signed_in_at, row.disabled_at, row.revision,
    )  # fmt: skip


def one_at_a_time(transaction: Transaction, organization_id: int) -> None:
    """Wait until no other act on the seats of this organization is under way."""
    transaction.run(_QUERIES["one_at_a_time"], {"organization": organization_id})


def role_of(transaction: Transaction, organization_id: int, person_id: UUID) -> Role | None:
    """Read what a person's seat entitles to at this moment; None without a seat."""
    found = transaction.scalar(_QUERIES["role_of"], {"organization": organization_id, "person": person_id})
    return None if found is None else Role(found)


def other_admins(transaction: Transaction, organization_id: int, person_id: UUID) -> int:
    """Count the admins who can sign in, apart from this person."""
    values = {"organization": organization_id, "person": person_id, "local": LOCAL_IDENTITY.issuer}
    return int(transaction.scalar(_QUERIES["other_admins"], values))


def change_role(transaction: Transaction, organization_id: int, person_id: UUID, role: Role) -> None:
    """Give a seat another role."""
    values = {"organization": organization_id, "person": person_id, "role": role.value}
    transaction.run(_QUERIES["change_role"], values)


def take(transaction: Transaction, organization_id: int, person_id: UUID) -> None:
    """End a seat."""
    transaction.run(_QUERIES["take"], {"organization": organization_id, "person": person_id})


def give(transaction: Transaction, organization_id: int, person_id: UUID, role: Role, *, given_by: UUID | None) -> bool:
    """Give a seat to somebody who has none; tell whether that was so."""
    values = {"organization": organization_id, "person": person_id, "role": role.value, "given_by": given_by}
    return transaction.scalar(_QUERIES["give"], values) is not None
