"""Coming and going: what a sign-in leaves behind, and ending every sign-in of one's own."""

from __future__ import annotations

from segment_engine.db import arrivals
from segment_engine.db.session import Database
from segment_engine.domain.access import Identity
from segment_engine.use_cases.accepting import accept_invitations
from segment_engine.use_cases.organizations import OrganizationChoice, choices


def arrive(database: Database, identity: Identity) -> tuple[OrganizationChoice, ...]:
    """Note who has signed in, give the seats that wait for the verified address, and list where the person may work.

    Shape: once per visit is enough; a second time changes nothing. The row of somebody without a seat opens nothing:
        it lets the operator find who has knocked.
    Raises: SignedOut when the person has ended this sign-in, Unavailable.
    """
    own = (identity.issuer, identity.subject)
    with database.transaction(identity=own) as transaction:
        arrivals.arrive(transaction, identity)
    found = choices(database, identity)  # before the invitations: a sign-in that was ended accepts nothing
    return choices(database, identity) if accept_invitations(database, identity) else found


def sign_out_everywhere(database: Database, identity: Identity) -> None:
    """End everything the provider has issued for this person so far, on every device, from the next click on."""
    with database.transaction(identity=(identity.issuer, identity.subject)) as transaction:
        arrivals.sign_out_everywhere(transaction, identity)
