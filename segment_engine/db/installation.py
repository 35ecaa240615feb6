"""What the operator of an installation reads and changes about people, across organizations, as the owner."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from segment_engine.db.queries import load_queries
from segment_engine.db.session import Transaction
from segment_engine.domain.access import Identity, PersonId, Role

_QUERIES = load_queries("installation")


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """A person of the installation as its operator sees them. Shape: `seats` are (organization, role). Units: UTC."""

    person_id: PersonId
    issuer: str
    subject: str
    display_name: str | None
    email: str | None
    last_signed_in_at: datetime | None
    disabled_at: datetime | None
    signed_out_at: datetime | None
    seats: tuple[tuple[str, Role], ...]


def everybody(transaction: Transaction) -> tuple[KnownPerson, ...]:
    """List all people by issuer and subject."""
    return tuple(
        KnownPerson(
            PersonId(row.person_id), row.issuer, row.subject, row.display_name, row.email, row.last_signed_in_at,
            row.disabled_at, row.signed_out_at,
            tuple((each["organization"], Role(each["role"])) for each in row.seats),
        )
        for row in transaction.rows(_QUERIES["everybody"])
    )  # fmt: skip


def find(transaction: Transaction, identity: Identity) -> tuple[PersonId, str] | None:
    """Find somebody by issuer and subject: id and name."""
    row = transaction.one(_QUERIES["find"], {"issuer": identity.issuer, "subject": identity.subject})
    return None if row is None else (PersonId(row.person_id), row.name)


def organizations_of(transaction: Transaction, person_id: UUID) -> tuple[int, ...]:
    """List where somebody works."""
    rows = transaction.rows(_QUERIES["organizations_of"], {"person": person_id})
    return tuple(row.organization_id for row in rows)


def disable(transaction: Transaction, person_id: UUID) -> bool:
    """Shut somebody out; tell whether they were not before."""
    return transaction.run(_QUERIES["disable"], {"person": person_id}) == 1


def enable(transaction: Transaction, person_id: UUID) -> bool:
    """Let somebody in again; tell whether they were shut out."""
    return transaction.run(_QUERIES["enable"], {"person": person_id}) == 1


def sign_out(transaction: Transaction, person_id: UUID) -> None:
    """End every sign-in of somebody so far."""
    transaction.run(_QUERIES["sign_out"], {"person": person_id})


def role_in(transaction: Transaction, organization_id: int, person_id: UUID) -> Role | None:
    """Read somebody's role in an organization; None without a seat."""
    found = transaction.scalar(_QUERIES["role_in"], {"organization": organization_id, "person": person_id})
    return None if found is None else Role(found)


def give_seat(
    transaction: Transaction, organization_id: int, person_id: UUID, role: Role, *, given_by: UUID | None
) -> None:
    """Give a seat, or another role to one there is."""
    values = {"organization": organization_id, "person": person_id, "role": role.value, "given_by": given_by}
    transaction.run(_QUERIES["give_seat"], values)


def take_seat(transaction: Transaction, organization_id: int, person_id: UUID) -> None:
    """End a seat."""
    transaction.run(_QUERIES["take_seat"], {"organization": organization_id, "person": person_id})
