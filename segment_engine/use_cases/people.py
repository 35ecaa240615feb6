"""People of an organization: who holds a seat, changing roles, taking seats, and inviting by e-mail."""

from __future__ import annotations

from uuid import UUID

from segment_engine.db import audit, seats
from segment_engine.db.session import Database, Transaction
from segment_engine.domain.access import OrganizationContext, Permission, Role, require
from segment_engine.domain.people import SeatHolder
from segment_engine.errors import Conflict, InputError, NotFound, StaleVersion
from segment_engine.use_cases.inviting import Inviting, still_an_admin

OWN_SEAT = "Nobody changes their own seat. Ask another administrator of your organization."
LOCAL_SEAT = (
    "This seat belongs to the command line and to local mode of this installation; it cannot be changed here. Whoever "
    "runs the installation decides who may use those."
)
LAST_ADMIN = (
    "This is the last administrator who can sign in; without one nobody could manage people any more. Make somebody "
    "else an administrator first."
)
CHANGED = "The seat of {} was changed after you opened it. Reload the page to see how it is now, and choose again."


class People(Inviting):
    """Everything an administrator does with people. Acts on seats wait for each other, and each is in the audit log."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._database = database

    def find(self, context: OrganizationContext) -> tuple[SeatHolder, ...]:
        """List who holds a seat, admins first. Raises: PermissionDenied."""
        require(context, Permission.PEOPLE_MANAGE)
        with self._database.transaction(context.organization_id, read_only=True) as transaction:
            return seats.find(transaction, context.organization_id)

    def change_role(
        self, context: OrganizationContext, person_id: UUID, role: Role, *, expected_revision: int
    ) -> SeatHolder:
        """Give a person another role; it holds from the person's next click.

        Raises: PermissionDenied, NotFound, StaleVersion when somebody changed the seat in between, InputError for
            one's own seat and that of the command line, Conflict for the last administrator.
        """
        require(context, Permission.PEOPLE_MANAGE)
        with self._database.transaction(context.organization_id) as transaction:
            held = _held(transaction, context, person_id, expected_revision)
            if held.role is role:
                return held
            if held.role is Role.ADMIN:
                _keep_an_admin(transaction, context, person_id)
            seats.change_role(transaction, context.organization_id, person_id, role)
            audit.record(
                transaction, context, action="seat.change_role", object_kind="person", object_id=person_id,
                detail={"name": held.name, "from": held.role.value, "to": role.value},
            )  # fmt: skip
            return seats.find(transaction, context.organization_id, person_id)[0]

    def take_seat(self, context: OrganizationContext, person_id: UUID, *, expected_revision: int) -> SeatHolder:
        """End a person's seat here, from the person's next click on; what the person made stays. Gives what it was.

        Raises: PermissionDenied, NotFound, StaleVersion, InputError, Conflict as for `change_role`.
        """
        require(context, Permission.PEOPLE_MANAGE)
        with self._database.transaction(context.organization_id) as transaction:
            held = _held(transaction, context, person_id, expected_revision)
            if held.role is Role.ADMIN:
                _keep_an_admin(transaction, context, person_id)
            # Before the seat goes: afterwards the person can no longer be seen from here.
            audit.record(
                transaction, context, action="seat.take", object_kind="person", object_id=person_id,
                detail={"name": held.name, "role": held.role.value},
            )  # fmt: skip
            seats.take(transaction, context.organization_id, person_id)
            return held


def _held(
    transaction: Transaction, context: OrganizationContext, person_id: UUID, expected_revision: int
) -> SeatHolder:
    """Read a seat that may be changed, after every other act on seats has ended."""
    still_an_admin(transaction, context)
    found = seats.find(transaction, context.organization_id, person_id)
    if not found:
        raise NotFound
    held = found[0]
    if held.local:
        raise InputError(LOCAL_SEAT)
    if held.person_id == context.person_id:
        raise InputError(OWN_SEAT)
    if held.revision != expected_revision:
        raise StaleVersion(CHANGED.format(held.name))
    return held


def _keep_an_admin(transaction: Transaction, context: OrganizationContext, person_id: UUID) -> None:
    if not seats.other_admins(transaction, context.organization_id, person_id):
        raise Conflict(LAST_ADMIN)
