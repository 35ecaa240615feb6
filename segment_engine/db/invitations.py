"""Invitations: seats that wait for a verified address, seen by administrators, and by whoever was invited."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from segment_engine.db.queries import load_queries
from segment_engine.db.session import Transaction
from segment_engine.domain.access import PersonId, Role
from segment_engine.domain.folding import fold
from segment_engine.domain.people import Invitation, InvitationId, InvitationState

_QUERIES = load_queries("invitations")


def find(transaction: Transaction, organization_id: int) -> tuple[Invitation, ...]:
    """List the open and the expired invitations, the newest first."""
    return _found(transaction, organization_id)


def get(transaction: Transaction, organization_id: int, invitation_id: UUID) -> Invitation | None:
    """Read an open or expired invitation."""
    found = _found(transaction, organization_id, invitation_id=invitation_id)
    return found[0] if found else None


def of_address(transaction: Transaction, organization_id: int, email: str) -> Invitation | None:
    """Find the open or expired invitation to an address, letters of either case alike."""
    found = _found(transaction, organization_id, email=fold(email))
    return found[0] if found else None


def _found(
    transaction: Transaction, organization_id: int, *, invitation_id: UUID | None = None, email: str | None = None
) -> tuple[Invitation, ...]:
    values = {"organization": organization_id, "invitation": invitation_id, "email": email}
    return tuple(_invitation(row) for row in transaction.rows(_QUERIES["find"], values))


def _invitation(row: Row[Any]) -> Invitation:
    state = InvitationState.EXPIRED if row.expired else InvitationState.OPEN
    return Invitation(
        InvitationId(row.invitation_id), row.email, Role(row.role), row.inviter, row.created_at, row.expires_at, state
    )


def add(
    transaction: Transaction, organization_id: int, *, email: str, role: Role, days: int, invited_by: UUID
) -> Invitation:
    """Let a seat wait for an address."""
    values = {
        "organization": organization_id, "email": email, "email_fold": fold(email), "role": role.value, "days": days,
        "invited_by": invited_by,
    }  # fmt: skip
    return _found(transaction, organization_id, invitation_id=transaction.scalar(_QUERIES["add"], values))[0]


def revoke(transaction: Transaction, organization_id: int, invitation_id: UUID) -> bool:
    """End an invitation that nobody has accepted; tell whether there was one."""
    values = {"organization": organization_id, "invitation": invitation_id}
    return transaction.run(_QUERIES["revoke"], values) == 1


# Whoever was invited -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Waiting:
    """An invitation as whoever was invited finds it, before any organization is entered."""

    organization_id: int
    invitation_id: InvitationId


def waiting_for(transaction: Transaction, email_fold: str) -> tuple[Waiting, ...]:
    """Find what waits for this verified address; the transaction must have been opened with it."""
    rows = transaction.rows(_QUERIES["waiting_for"], {"email": email_fold})
    return tuple(Waiting(row.organization_id, InvitationId(row.invitation_id)) for row in rows)


def lock_open(transaction: Transaction, waiting: Waiting, email_fold: str) -> tuple[Role, UUID | None] | None:
    """Hold an invitation that can still be accepted: its role and who invited; None when it is too late."""
    values = {"organization": waiting.organization_id, "invitation": waiting.invitation_id, "email": email_fold}
    row = transaction.one(_QUERIES["lock_open"], values)
    return None if row is None else (Role(row.role), row.invited_by)


def accept(transaction: Transaction, waiting: Waiting, person_id: PersonId) -> None:
    """Close an invitation for good."""
    values = {"organization": waiting.organization_id, "invitation": waiting.invitation_id, "person": person_id}
    transaction.run(_QUERIES["accept"], values)
