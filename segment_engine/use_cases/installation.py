"""What only the operator of an installation does with people, on the command line: no page can reach it.

The first administrator of an organization comes in this way. Each act is a line in the log of every organization it
touches.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from uuid import UUID

from segment_engine.db import audit, people
from segment_engine.db import installation as rows
from segment_engine.db.installation import KnownPerson
from segment_engine.db.session import Database, Transaction
from segment_engine.domain.access import LOCAL_IDENTITY, Identity, PersonId, Role
from segment_engine.domain.audit import Actor
from segment_engine.domain.folding import is_blank
from segment_engine.errors import InputError, NotFound

LOCAL_SEAT = "This is the seat the command line itself works in; it stays as it is. Name another person."


class Installation:
    """People and seats of the whole installation. It needs the owner's connection."""

    def __init__(self, owner: Database) -> None:
        self._owner = owner

    def everybody(self) -> tuple[KnownPerson, ...]:
        """List whoever ever came or was given a seat, with where they work."""
        with self._owner.transaction(read_only=True) as transaction:
            return rows.everybody(transaction)

    def give_seat(self, organization_id: int, identity: Identity, role: Role) -> None:
        """Let somebody enter an organization, also before they ever came; a seat there is gets the new role.

        Raises: InputError, NotFound.
        """
        _refuse_local(identity)
        with self._owner.transaction() as transaction:
            known = rows.find(transaction, identity)
            person_id = known[0] if known else people.ensure_person(
                transaction, issuer=identity.issuer, subject=identity.subject, display_name=identity.display_name
            )  # fmt: skip
            name = known[1] if known else identity.name
            before, operator = rows.role_in(transaction, organization_id, person_id), _operator(transaction)
            if before is role:
                return
            rows.give_seat(transaction, organization_id, person_id, role, given_by=operator)
            action = "seat.give" if before is None else "seat.change_role"
            changed = {"role": role.value} if before is None else {"from": before.value, "to": role.value}
            _record(transaction, [organization_id], operator, action, person_id, {"name": name, **changed})

    def take_seat(self, organization_id: int, identity: Identity) -> None:
        """End somebody's seat in an organization, also the last administrator's: the operator can give another one.

        Raises: InputError, NotFound.
        """
        _refuse_local(identity)
        with self._owner.transaction() as transaction:
            person_id, name = _known(transaction, identity)
            role = rows.role_in(transaction, organization_id, person_id)
            if role is None:
                raise NotFound(f"{name} has no seat in this organization.")
            operator = _operator(transaction)
            detail = {"name": name, "role": role.value}
            _record(transaction, [organization_id], operator, "seat.take", person_id, detail)
            rows.take_seat(transaction, organization_id, person_id)

    def disable(self, identity: Identity) -> bool:
        """Shut somebody out of the installation from the next click on; tell whether they were not before.

        Raises: InputError, NotFound.
        """
        _refuse_local(identity)
        return self._change(identity, "person.disable", rows.disable)

    def enable(self, identity: Identity) -> bool:
        """Let somebody in again; tell whether they were shut out. Raises: NotFound."""
        return self._change(identity, "person.enable", rows.enable)

    def _change(self, identity: Identity, action: str, change: Callable[[Transaction, PersonId], bool]) -> bool:
        with self._owner.transaction() as transaction:
            person_id, name = _known(transaction, identity)
            changed = change(transaction, person_id)
            if changed:
                _record_everywhere(transaction, action, person_id, name)
            return changed

    def sign_out(self, identity: Identity) -> None:
        """End every sign-in of somebody so far, on every device. Raises: NotFound."""
        with self._owner.transaction() as transaction:
            person_id, name = _known(transaction, identity)
            rows.sign_out(transaction, person_id)
            _record_everywhere(transaction, "person.sign_out", person_id, name)


def _refuse_local(identity: Identity) -> None:
    if (identity.issuer, identity.subject) == (LOCAL_IDENTITY.issuer, LOCAL_IDENTITY.subject):
        raise InputError(LOCAL_SEAT)
    if is_blank(identity.issuer) or is_blank(identity.subject):
        raise InputError("A person is named by issuer and subject. Give both, as the sign-in provider says them.")


def _known(transaction: Transaction, identity: Identity) -> tuple[PersonId, str]:
    found = rows.find(transaction, identity)
    if found is None:
        raise NotFound("Nobody with this issuer and subject has ever come here. `person list` shows who has.")
    return found


def _operator(transaction: Transaction) -> PersonId | None:
    found = rows.find(transaction, LOCAL_IDENTITY)
    return None if found is None else found[0]


def _record_everywhere(transaction: Transaction, action: str, person_id: PersonId, name: str) -> None:
    touched = rows.organizations_of(transaction, person_id)
    _record(transaction, touched, _operator(transaction), action, person_id, {"name": name})


def _record(
    transaction: Transaction, organizations: Iterable[int], operator: PersonId | None, action: str, person_id: UUID,
    detail: Mapping[str, object],
) -> None:  # fmt: skip
    """Write one line into the log of each organization, as the operator."""
    request_id = secrets.token_hex(8)
    for organization_id in organizations:
        actor = Actor(organization_id, operator, LOCAL_IDENTITY.display_name, request_id)
        audit.record(transaction, actor, action=action, object_kind="person", object_id=person_id, detail=detail)
