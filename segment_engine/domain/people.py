"""Who works in an organization and who is invited: seats, invitations, and what may be done with them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from segment_engine.domain.access import LOCAL_IDENTITY, PersonId, Role
from segment_engine.errors import InputError

InvitationId = NewType("InvitationId", UUID)

INVITATION_DAYS = 14
MOST_INVITATION_DAYS = 90
MOST_OPEN_INVITATIONS = 500
LONGEST_EMAIL = 254

_ADDRESS = re.compile(r"[^\s@\x00-\x1f\x7f]{1,64}@[^\s@.\x00-\x1f\x7f]+(\.[^\s@.\x00-\x1f\x7f]+)+")


@dataclass(frozen=True, slots=True)
class SeatHolder:
    """A person with a seat, as an administrator sees it.

    Shape: `email` only where the sign-in provider calls it verified. `given_by` is None when nobody is known any more.
    Units: times in UTC. `revision` counts the changes of the seat.
    """

    person_id: PersonId
    name: str
    email: str | None
    issuer: str
    subject: str
    role: Role
    since: datetime
    given_by: str | None
    last_signed_in_at: datetime | None
    disabled_at: datetime | None
    revision: int

    @property
    def local(self) -> bool:
        """Whether this is the seat of the command line and of local mode."""
        return (self.issuer, self.subject) == (LOCAL_IDENTITY.issuer, LOCAL_IDENTITY.subject)


class InvitationState(StrEnum):
    """How an invitation stands."""

    OPEN = "open"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Invitation:
    """A seat that waits for whoever signs in with this verified address, once, until it expires. Units: UTC."""

    invitation_id: InvitationId
    email: str
    role: Role
    invited_by: str | None
    created_at: datetime
    expires_at: datetime
    state: InvitationState


def checked_email(text: str) -> str:
    """Give an address without blanks around it.

    Shape: one “@”, a dot after it, nothing that ends a line: whether it exists shows when somebody signs in with it.
    Raises: InputError.
    """
    address = text.strip()
    if len(address) > LONGEST_EMAIL or not _ADDRESS.fullmatch(address):
        raise InputError("This is not an e-mail address. Write one such as name@example.org.")
    return address


def checked_days(days: int) -> int:
    """Give for how long an invitation is open. Raises: InputError."""
    if not 1 <= days <= MOST_INVITATION_DAYS:
        raise InputError(f"An invitation is open for 1 to {MOST_INVITATION_DAYS} days. Choose a figure between them.")
    return days
