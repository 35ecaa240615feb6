"""Inviting people by e-mail: a seat waits for whoever signs in with the verified address."""

from __future__ import annotations

from uuid import UUID

from segment_engine.db import audit, invitations, seats
from segment_engine.db.session import Database, Transaction
from segment_engine.domain.access import PERMISSIONS, OrganizationContext, Permission, Role, require
from segment_engine.domain.folding import fold
from segment_engine.domain.people import (
    INVITATION_DAYS,
    MOST_OPEN_INVITATIONS,
    Invitation,
    InvitationState,
    checked_days,
    checked_email,
)
from segment_engine.errors import LimitExceeded, NameTaken, NotFound, PermissionDenied

SEATED = "Somebody who signs in with {} holds a seat already. Change the role of that seat instead."
INVITED = "{} is invited already. Renew that invitation, or revoke it first."


class Inviting:
    """The part of `People` that invites. Nothing is sent: the seat waits, and whoever is told signs in."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def invitations(self, context: OrganizationContext) -> tuple[Invitation, ...]:
        """List the open and the expired invitations, the newest first. Raises: PermissionDenied."""
        require(context, Permission.PEOPLE_MANAGE)
        with self._database.transaction(context.organization_id, read_only=True) as transaction:
            return invitations.find(transaction, context.organization_id)

    def invite(
        self, context: OrganizationContext, email: str, role: Role, *, days: int = INVITATION_DAYS
    ) -> Invitation:
        """Let a seat wait for an address. An expired invitation to it is replaced.

        Raises: PermissionDenied, InputError, NameTaken when the address is invited or seated, LimitExceeded.
        """
        require(context, Permission.PEOPLE_MANAGE)
        address, open_for = checked_email(email), checked_days(days)
        organization_id = context.organization_id
        with self._database.transaction(organization_id) as transaction:
            still_an_admin(transaction, context)
            _refuse_seated(transaction, organization_id, address)
            earlier = invitations.of_address(transaction, organization_id, address)
            if earlier is not None and earlier.state is InvitationState.OPEN:
                raise NameTaken(INVITED.format(earlier.email))
            if earlier is not None:
                invitations.revoke(transaction, organization_id, earlier.invitation_id)
            return _add(transaction, context, address, role, open_for)

    def invite_again(
        self, context: OrganizationContext, invitation_id: UUID, *, days: int = INVITATION_DAYS
    ) -> Invitation:
        """Replace an open or expired invitation by one that is open for so many days from now.

        Raises: PermissionDenied, NotFound, InputError.
        """
        require(context, Permission.PEOPLE_MANAGE)
        open_for, organization_id = checked_days(days), context.organization_id
        with self._database.transaction(organization_id) as transaction:
            still_an_admin(transaction, context)
            earlier = _existing(transaction, organization_id, invitation_id)
            _refuse_seated(transaction, organization_id, earlier.email)
            return _add(transaction, context, earlier.email, earlier.role, open_for)

    def revoke(self, context: OrganizationContext, invitation_id: UUID) -> Invitation:
        """End an invitation that nobody has accepted. Gives what it was. Raises: PermissionDenied, NotFound."""
        require(context, Permission.PEOPLE_MANAGE)
        organization_id = context.organization_id
        with self._database.transaction(organization_id) as transaction:
            still_an_admin(transaction, context)
            earlier = _existing(transaction, organization_id, invitation_id)
            audit.record(
                transaction, context, action="invitation.revoke", object_kind="invitation", object_id=invitation_id,
                detail={"email": earlier.email, "role": earlier.role.value},
            )  # fmt: skip
            return earlier


def still_an_admin(transaction: Transaction, context: OrganizationContext) -> None:
    """Refuse whoever lost the right while waiting: two who take it from each other must not both succeed.

    Raises: PermissionDenied.
    """
    seats.one_at_a_time(transaction, context.organization_id)
    role = seats.role_of(transaction, context.organization_id, context.person_id)
    if role is None or Permission.PEOPLE_MANAGE not in PERMISSIONS[role]:
        raise PermissionDenied(Permission.PEOPLE_MANAGE.value, "Your own seat was changed a moment ago.")


def _existing(transaction: Transaction, organization_id: int, invitation_id: UUID) -> Invitation:
    """Read an invitation and end it, whether or not another one follows. Raises: NotFound."""
    earlier = invitations.get(transaction, organization_id, invitation_id)
    if earlier is None or not invitations.revoke(transaction, organization_id, invitation_id):
        raise NotFound("This invitation was accepted or revoked, or there never was one. Reload the page.")
    return earlier


def _refuse_seated(transaction: Transaction, organization_id: int, address: str) -> None:
    folded = fold(address)
    if any(holder.email and fold(holder.email) == folded for holder in seats.find(transaction, organization_id)):
        raise NameTaken(SEATED.format(address))


def _add(transaction: Transaction, context: OrganizationContext, address: str, role: Role, days: int) -> Invitation:
    organization_id = context.organization_id
    if len(invitations.find(transaction, organization_id)) >= MOST_OPEN_INVITATIONS:
        raise LimitExceeded(f"There are {MOST_OPEN_INVITATIONS} invitations already. Revoke some first.")
    made = invitations.add(
        transaction, organization_id, email=address, role=role, days=days, invited_by=context.person_id
    )
    audit.record(
        transaction, context, action="invitation.create", object_kind="invitation", object_id=made.invitation_id,
        detail={"email": address, "role": role.value, "days": days},
    )  # fmt: skip
    return made
