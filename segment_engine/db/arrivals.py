"""Who comes in: the row of a person's own, found and kept true by issuer and subject."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from segment_engine.db.queries import load_queries
from segment_engine.db.session import Transaction
from segment_engine.domain.access import Identity, PersonId

_QUERIES = load_queries("arrivals")


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """The person of an identity, as kept. Units: `signed_out_at` is UTC; what was issued before it holds no more."""

    person_id: PersonId
    name: str
    signed_out_at: datetime | None


def find(transaction: Transaction, identity: Identity) -> KnownPerson | None:
    """Find who this is; None for nobody and for a disabled person."""
    row = transaction.one(_QUERIES["find"], {"issuer": identity.issuer, "subject": identity.subject})
    return None if row is None else KnownPerson(PersonId(row.person_id), row.name, row.signed_out_at)


def arrive(transaction: Transaction, identity: Identity) -> None:
    """Add or correct the person's own row; a row without a seat opens nothing, a disabled one stays as it is."""
    transaction.run(
        _QUERIES["arrive"],
        {
            "issuer": identity.issuer,
            "subject": identity.subject,
            "email": identity.email,
            "display_name": identity.display_name,
            "issued_at": identity.issued_at,
        },
    )


def sign_out_everywhere(transaction: Transaction, identity: Identity) -> None:
    """End everything the provider has issued for this person so far."""
    transaction.run(_QUERIES["sign_out_everywhere"], {"issuer": identity.issuer, "subject": identity.subject})
