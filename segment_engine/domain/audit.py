"""The audit log as people read it: who did what to which, when, and with which result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from segment_engine.domain.access import PersonId
from segment_engine.domain.stored import StoredWord

LINES_AT_ONCE = 50
MOST_EXPORTED = 100_000
LONGEST_SEARCHED = 200


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts where there is no context: while signing in, and on the command line of the operator."""

    organization_id: int
    person_id: PersonId | None
    person_name: str | None
    request_id: str


class AuditResult(StoredWord):
    """What became of what somebody wanted."""

    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """Which lines are wanted; what is None or empty does not narrow.

    Shape: `since` is part of the period and `until` is not. `text` is looked for in names, ids and details, letters of
        either case alike. `before` is the number of the last line of the page before.
    """

    person_id: UUID | None = None
    actions: tuple[str, ...] = ()
    object_kind: str | None = None
    object_id: str | None = None
    result: AuditResult | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""
    before: int | None = None


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One line of the log.

    Shape: `person_name` is the name of that time; `object_name` what the thing is called now, or was called then.
    Units: `happened_at` in UTC.
    """

    number: int
    happened_at: datetime
    person_id: PersonId | None
    person_name: str | None
    action: str
    object_kind: str
    object_id: str
    object_name: str | None
    result: AuditResult
    detail: Mapping[str, object]
    request_id: str | None


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Some lines, the newest first. Shape: `next_before` is None where nothing older follows."""

    lines: tuple[AuditLine, ...]
    next_before: int | None


@dataclass(frozen=True, slots=True)
class AuditChoices:
    """What the lines there are can be narrowed by: people by their latest names, and actions as they are stored."""

    people: tuple[tuple[PersonId, str], ...]
    actions: tuple[str, ...]
