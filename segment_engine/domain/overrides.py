"""Members by hand: what a person decided about one contact and one segment, until a person ends it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NewType
from uuid import UUID

from segment_engine.domain.stored import StoredWord

OverrideId = NewType("OverrideId", UUID)


class Decision(StoredWord):
    """Taken out beats put in, and both beat the criteria."""

    PUT_IN = "put_in"
    TAKEN_OUT = "taken_out"


@dataclass(frozen=True, slots=True)
class Override:
    """One decision with its author, date and reason; open until `ended_at` is set.

    Units: times in UTC. `name` is empty and `external_key` None for a contact that is gone.
    """

    override_id: OverrideId
    contact_number: int
    external_key: str | None
    name: str
    decision: Decision
    reason: str
    created_at: datetime
    created_by: str | None
    ended_at: datetime | None = None
    ended_by: str | None = None

    @property
    def open(self) -> bool:
        """Whether it still counts."""
        return self.ended_at is None
