"""Organizations and who may enter them: what the operator sets up, and the context every other call starts from."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from zoneinfo import available_timezones

from segment_engine.db import arrivals, people
from segment_engine.db.people import OrganizationRow
from segment_engine.db.session import Database
from segment_engine.domain.access import LOCAL_IDENTITY, PERMISSIONS, Identity, OrganizationContext, PersonId, Role
from segment_engine.domain.folding import is_blank
from segment_engine.errors import InputError, NotFound, NotSignedIn, SignedOut


@dataclass(frozen=True, slots=True)
class OrganizationChoice:
    """An organization a person may enter, and as what."""

    organization_id: int
    name: str
    role: Role


class Organizations:
    """What the operator of the installation does; it needs the owner's connection, so pages cannot call it."""

    def __init__(self, owner: Database) -> None:
        self._owner = owner

    def create(self, name: str, *, time_zone: str = "UTC") -> int:
        """Add an organization, and give the local operator its first seat as admin.

        Raises: InputError for a blank name or an unknown time zone, NameTaken.
        """
        if is_blank(name):
            raise InputError("An organization needs a name.")
        if time_zone not in available_timezones():
            raise InputError(f"“{time_zone}” is not a time zone. Use a name such as Europe/Amsterdam or UTC.")
        with self._owner.transaction() as transaction:
            organization_id = people.create_organization(transaction, name.strip(), time_zone=time_zone)
            person_id = people.ensure_person(
                transaction, issuer=LOCAL_IDENTITY.issuer, subject=LOCAL_IDENTITY.subject,
                display_name=LOCAL_IDENTITY.display_name,
            )  # fmt: skip
            people.give_seat(transaction, organization_id=organization_id, person_id=person_id, role=Role.ADMIN)
        return organization_id

    def give_seat(self, organization_id: int, identity: Identity, role: Role) -> None:
        """Let a person enter an organization, or change the role of a seat there is."""
        with self._owner.transaction() as transaction:
            person_id = people.ensure_person(
                transaction, issuer=identity.issuer, subject=identity.subject, display_name=identity.display_name
            )
            people.give_seat(transaction, organization_id=organization_id, person_id=person_id, role=role)

    def all(self) -> tuple[OrganizationRow, ...]:
        """List every organization of the installation."""
        with self._owner.transaction(read_only=True) as transaction:
            return people.all_organizations(transaction)

    def find(self, name_or_id: str) -> int:
        """Find an organization by its id or its exact name. Raises: NotFound, naming those there are."""
        known = self.all()
        for row in known:
            if name_or_id in {str(row.organization_id), row.name}:
                return row.organization_id
        names = ", ".join(f"“{row.name}”" for row in known) or "none yet; create one with `organization create`"
        raise NotFound(f"There is no organization “{name_or_id}”. There are: {names}.")


def choices(database: Database, identity: Identity) -> tuple[OrganizationChoice, ...]:
    """List where a person may work; nothing for somebody unknown, disabled or without a seat.

    Raises: SignedOut when the person has ended this sign-in.
    """
    person = _person(database, identity)
    seats = () if person is None else _seats(database, person.person_id)
    return tuple(OrganizationChoice(seat.organization_id, seat.name, seat.role) for seat in seats)


def context_for(
    database: Database, identity: Identity, organization_id: int | None = None, *, role: Role | None = None
) -> OrganizationContext:
    """Build the context from the database as it is at this moment; a removed seat works at once.

    Shape: without an organization, the first by name. `role` is one to try instead of the seat's own; only whoever
        works on the machine itself may, and what is done then is on record under the role tried.
    Raises: NotSignedIn when the person has no seat there, or none at all; SignedOut.
    """
    if role is not None and identity != LOCAL_IDENTITY:
        raise NotSignedIn("Another role than that of the seat can be tried on this computer only, without a sign-in.")
    person = _person(database, identity)
    for seat in () if person is None else _seats(database, person.person_id):
        if person is not None and organization_id in {None, seat.organization_id}:
            name = person.name if role is None else f"{person.name} (trying {role.value.replace('_', ' ')})"
            acting = role or seat.role
            return OrganizationContext(
                seat.organization_id, seat.name, person.person_id, name, acting, PERMISSIONS[acting], seat.calendar,
                secrets.token_hex(8),
            )  # fmt: skip
    if organization_id is None:
        raise NotSignedIn("You have no seat in any organization. Ask an administrator to invite you.")
    raise NotSignedIn("You have no seat in this organization. Choose another one, or ask its administrator.")


def _person(database: Database, identity: Identity) -> arrivals.KnownPerson | None:
    with database.transaction(identity=(identity.issuer, identity.subject), read_only=True) as transaction:
        person = arrivals.find(transaction, identity)
    if person is None or person.signed_out_at is None:
        return person
    if identity.issued_at is None or identity.issued_at < person.signed_out_at:
        raise SignedOut
    return person


def _seats(database: Database, person_id: PersonId) -> tuple[people.SeatRow, ...]:
    with database.transaction(person_id=person_id, read_only=True) as transaction:
        return people.seats_of_person(transaction, person_id)
