"""Accepting invitations: whoever signs in with a verified address gets the seats that wait for it, each once."""

from __future__ import annotations

import secrets

from segment_engine.db import arrivals, audit, invitations, seats
from segment_engine.db.session import Database
from segment_engine.domain.access import Identity
from segment_engine.domain.audit import Actor
from segment_engine.domain.folding import fold


def accept_invitations(database: Database, identity: Identity) -> int:
    """Give the seats that wait for the verified address of who arrives, and return how many were given.

    Shape: each invitation counts once. Afterwards the seat belongs to issuer and subject: whoever gets the address
        later finds nothing. A person the operator has shut out gets nothing, and a seat that is there keeps its role.
    Raises: Unavailable, Conflict.
    """
    if not identity.email:
        return 0
    address = fold(identity.email.strip())
    with database.transaction(verified_email=address, read_only=True) as transaction:
        found = invitations.waiting_for(transaction, address)
    return sum(_accept(database, identity, waiting, address) for waiting in found)


def _accept(database: Database, identity: Identity, waiting: invitations.Waiting, address: str) -> bool:
    own = (identity.issuer, identity.subject)
    organization_id = waiting.organization_id
    with database.transaction(organization_id, identity=own, verified_email=address) as transaction:
        held = invitations.lock_open(transaction, waiting, address)
        if held is None:
            return False
        role, invited_by = held
        arrivals.arrive(transaction, identity)
        person = arrivals.find(transaction, identity)
        if person is None:
            return False
        given = seats.give(transaction, organization_id, person.person_id, role, given_by=invited_by)
        invitations.accept(transaction, waiting, person.person_id)
        actor = Actor(organization_id, person.person_id, person.name, secrets.token_hex(8))
        audit.record(
            transaction, actor, action="invitation.accept", object_kind="invitation", object_id=waiting.invitation_id,
            detail={"email": identity.email, "role": role.value, "seat_given": given},
        )  # fmt: skip
        return given
