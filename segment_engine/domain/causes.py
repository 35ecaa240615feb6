"""Why members joined and left: every change of a result belongs to exactly one cause, by a fixed order of precedence.

The rules, with what each means, stand in docs/checks.md. Here they meet as sets; who evaluates what is the worker's
business.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from segment_engine.domain.bits import ContactSet
from segment_engine.domain.run import RunId
from segment_engine.domain.stored import StoredWord


class ChangeCause(StoredWord):
    """What made a contact join or leave. The order is that of precedence, the strongest first."""

    FIRST = "first"
    MANUAL = "manual"
    CRITERIA = "criteria"
    TIME = "time"
    DEPENDENCY = "dependency"
    DATA = "data"


# What claims contacts of its own; what nobody claims was changed by data.
CLAIMING = (ChangeCause.MANUAL, ChangeCause.CRITERIA, ChangeCause.TIME, ChangeCause.DEPENDENCY)


@dataclass(frozen=True, slots=True)
class CauseCount:
    """How many joined and left for one cause. Units: contacts."""

    cause: ChangeCause
    joined: int
    departed: int


@dataclass(frozen=True, slots=True)
class Attribution:
    """Why one result differs from the one before it.

    Shape: `counts` has every cause that anybody joined or left for, in the order of precedence; they add up to those
        who joined and left. `contacts` are those of each cause that claims contacts. With `is_partial` some causes
        could not be told apart, and their contacts count as data.
    """

    counts: tuple[CauseCount, ...] = ()
    contacts: Mapping[ChangeCause, ContactSet] | None = None
    is_partial: bool = False


def first_result(members: ContactSet) -> Attribution:
    """Explain the first result of a segment: nobody was there before, so everybody joined with it."""
    return Attribution((CauseCount(ChangeCause.FIRST, len(members), 0),) if members else ())


def attribute(
    before: ContactSet, after: ContactSet, claims: Mapping[ChangeCause, ContactSet], *, is_partial: bool = False
) -> Attribution:
    """Give every contact that joined or left to the strongest cause that claims it, the rest to data.

    Shape: `claims` are the contacts for which each cause holds, whether they changed or not.
    Source: docs/checks.md, Why the number changed.
    """
    joined, departed = after - before, before - after
    counts: list[CauseCount] = []
    contacts: dict[ChangeCause, ContactSet] = {}
    for cause in CLAIMING:
        claimed = claims.get(cause, ContactSet())
        mine_joined, mine_departed = joined & claimed, departed & claimed
        joined, departed = joined - mine_joined, departed - mine_departed
        if mine_joined or mine_departed:
            counts.append(CauseCount(cause, len(mine_joined), len(mine_departed)))
            contacts[cause] = mine_joined | mine_departed
    if joined or departed:
        counts.append(CauseCount(ChangeCause.DATA, len(joined), len(departed)))
    return Attribution(tuple(counts), contacts, is_partial)


@dataclass(frozen=True, slots=True)
class RunCauses:
    """Why the members changed with one run, as people read it. Units: `at` in UTC."""

    run_id: RunId
    at: datetime
    version: int
    joined: int
    departed: int
    counts: tuple[CauseCount, ...]
    is_partial: bool = False


@dataclass(frozen=True, slots=True)
class ContactMove:
    """One time a contact joined or left a segment, and why. Units: `at` in UTC."""

    segment_id: UUID
    run_id: RunId | None
    sequence: int
    at: datetime
    joined: bool
    cause: ChangeCause
    is_partial: bool = False


@dataclass(frozen=True, slots=True)
class SourceChange:
    """How one segment of a frozen audience changed since. Units: contacts; `now` is None when the segment is gone.

    Shape: `part` is included or excluded. `counts` are why members joined and left since, over all results.
    """

    segment_id: UUID
    name: str | None
    part: str
    then: int
    now: int | None
    counts: tuple[CauseCount, ...] = ()

    @property
    def is_explained(self) -> bool:
        """Whether the stored causes account for the whole difference."""
        joined, departed = added_up(self.counts)
        return self.now is not None and self.then + joined - departed == self.now


@dataclass(frozen=True, slots=True)
class AudienceChange:
    """How far today's segments are from the newest frozen audience. Units: `frozen_at` in UTC, counts are contacts.

    Shape: `joined` would be in an audience of today and are not in the frozen one, `departed` the other way round;
        `deleted` are those of the latter who were deleted since, whether a segment was calculated again or not.
    """

    frozen_at: datetime
    joined: int
    departed: int
    sources: tuple[SourceChange, ...]
    deleted: int = 0


_MOVES: Mapping[ChangeCause, str] = {
    ChangeCause.FIRST: "it was the first result",
    ChangeCause.MANUAL: "somebody decided it by hand",
    ChangeCause.CRITERIA: "the criteria were edited",
    ChangeCause.TIME: "time passed",
    ChangeCause.DEPENDENCY: "a segment that it reads changed",
    ChangeCause.DATA: "the data changed",
}


def because(cause: ChangeCause, *, is_partial: bool = False) -> str:
    """Say in words why a contact joined or left: “because the criteria were edited”."""
    if is_partial and cause is ChangeCause.DATA:
        return "because the data changed or time passed, which could not be told apart"
    return f"because {_MOVES[cause]}"


def added_up(counts: Sequence[CauseCount]) -> tuple[int, int]:
    """Add up who joined and who left."""
    return sum(each.joined for each in counts), sum(each.departed for each in counts)
