"""Static lists: contacts delivered as keys, and the report that says what became of every row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NewType
from uuid import UUID

ListId = NewType("ListId", UUID)


@dataclass(frozen=True, slots=True)
class ListReport:
    """What became of the rows of a list: read = matched + duplicate + unknown + invalid.

    Units: rows. `matched` rows are the members; `duplicate` ones lead to a contact that an earlier row led to;
        `unknown` keys are no contact's; `invalid` ones are blank, too long or hold characters no key has.
    """

    matched: int = 0
    duplicate: int = 0
    unknown: int = 0
    invalid: int = 0

    @property
    def read(self) -> int:
        """How many rows there were."""
        return self.matched + self.duplicate + self.unknown + self.invalid


@dataclass(frozen=True, slots=True)
class StaticList:
    """A list as people see it. Units: `created_at` in UTC. `used_by` names the segments that refer to it."""

    list_id: ListId
    name: str
    report: ListReport
    created_at: datetime
    created_by: str | None
    used_by: tuple[str, ...] = ()

    @property
    def member_count(self) -> int:
        """How many contacts are in the list."""
        return self.report.matched


@dataclass(frozen=True, slots=True)
class ListVerdict:
    """What happened to one list of a bulk act, and why."""

    list_id: ListId
    name: str
    done: bool
    reason: str
