"""Which runs a run needs before it, and in which order: what is read comes before what reads it, each once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from segment_engine.domain.schedules import FAILURES_ALLOWED


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """What is stored about one segment.

    Shape: `reads` are the segments it reads itself. `active_run_id` is the run that waits or works. `outdated` when its
        members no longer answer today's question, or are older than its own schedule.
    """

    segment_id: UUID
    reads: frozenset[UUID] = frozenset()
    state: str = "active"
    failed_in_row: int = 0
    active_run_id: UUID | None = None
    outdated: bool = False

    @property
    def may_run(self) -> bool:
        """Whether others may have it calculated: not what a person has put aside, nor what keeps failing."""
        return self.state == "active" and self.failed_in_row < FAILURES_ALLOWED


@dataclass(frozen=True, slots=True)
class OrderedRun:
    """One run to make sure of: the segments whose runs have to end before it begins, and whether it was asked for."""

    segment_id: UUID
    after: tuple[UUID, ...]
    asked_for: bool


def ordered_runs(wanted: Iterable[UUID], world: Mapping[UUID, OrderFacts]) -> tuple[OrderedRun, ...]:
    """List the runs to make sure of, each after everything it reads; what two of them read stands there once.

    Shape: what is read gets a run when it is outdated, or when something that it reads itself gets one; a run that
        waits or works already is waited for. Circles cannot be saved; one would end where it began.
    """
    asked = [each for each in dict.fromkeys(wanted) if each in world]
    moving: set[UUID] = {each.segment_id for each in world.values() if each.active_run_id is not None}
    below: dict[UUID, frozenset[UUID]] = {}
    found: list[OrderedRun] = []
    for segment_id in _read_first(asked, world):
        facts = world[segment_id]
        reads = sorted(each for each in facts.reads if each in world and each != segment_id)
        below[segment_id] = frozenset(reads).union(*(below.get(each, frozenset[UUID]()) for each in reads))
        after = tuple(sorted(below[segment_id] & moving))
        if segment_id in asked or (facts.may_run and (facts.outdated or after)):
            moving.add(segment_id)
            found.append(OrderedRun(segment_id, after, segment_id in asked))
    return tuple(found)


def _read_first(asked: Iterable[UUID], world: Mapping[UUID, OrderFacts]) -> Iterable[UUID]:
    given: set[UUID] = set()
    for first in asked:
        path = [first]
        while path:
            ahead = [each for each in _unseen(world[path[-1]].reads, given, path) if each in world]
            if ahead:
                path.append(min(ahead))
                continue
            each = path.pop()
            if each not in given:
                given.add(each)
                yield each


def _unseen(reads: Iterable[UUID], given: Collection[UUID], path: Collection[UUID]) -> list[UUID]:
    return [each for each in reads if each not in given and each not in path]
