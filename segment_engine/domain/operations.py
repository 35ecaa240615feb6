"""How the work goes: what waits, who computes, what fails for which cause, and what is out of date."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from segment_engine.domain.failures import Cause, cause_of
from segment_engine.domain.readiness import CODES, Axis, Readiness
from segment_engine.domain.run import FailingCondition, RunId, RunReason, RunStatus
from segment_engine.domain.segment import SegmentId

SILENT_SECONDS = 60
REPEATEDLY = 3


class WorkerState(StrEnum):
    """Whether a worker can be counted on: heard of lately, silent for too long, or ended on purpose."""

    LIVE = "live"
    SILENT = "silent"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class KnownWorker:
    """A worker as it was heard of last. Units: times in UTC; `runs_done` counts runs of every organization."""

    name: str
    started_at: datetime
    seen_at: datetime
    stopped_at: datetime | None
    runs_done: int
    silent_seconds: float

    @property
    def state(self) -> WorkerState:
        """Whether it lives, by the database's clock at the moment it was read."""
        if self.stopped_at is not None:
            return WorkerState.STOPPED
        return WorkerState.LIVE if self.silent_seconds <= SILENT_SECONDS else WorkerState.SILENT


@dataclass(frozen=True, slots=True)
class WaitingRun:
    """A run that waits or works.

    Shape: `position` counts from 1 in the order in which workers take the runs of this organization, None for one that
        works. `usual_seconds` is the median of the segment's last successes, else of all; `starts_in` is an estimate
        from these and from the workers that live, None where there is nothing to estimate from or nobody to work.
    Units: times in UTC, the rest seconds.
    """

    run_id: RunId
    segment_id: SegmentId
    name: str
    status: RunStatus
    reason: RunReason
    requested_by: str | None
    requested_at: datetime
    waited_seconds: float
    not_before: datetime | None
    started_at: datetime | None
    working_seconds: float | None
    step: str | None
    attempt: int
    worker: str | None
    lease_until: datetime | None
    usual_seconds: float | None
    position: int | None = None
    starts_in: float | None = None


@dataclass(frozen=True, slots=True)
class RunQueue:
    """The work at this moment: figures of all of it, the first runs of it, and the workers.

    Units: `waiting` and `processing` count runs of this organization; `longest_wait` is seconds.
    """

    waiting: int
    processing: int
    longest_wait: float | None
    runs: tuple[WaitingRun, ...]
    workers: tuple[KnownWorker, ...]

    @property
    def live_workers(self) -> int:
        """How many workers were heard of lately."""
        return sum(worker.state is WorkerState.LIVE for worker in self.workers)

    @property
    def silent_workers(self) -> int:
        """How many workers have neither been heard of lately nor ended on purpose."""
        return sum(worker.state is WorkerState.SILENT for worker in self.workers)

    @property
    def heard(self) -> float | None:
        """How many seconds ago any worker was heard of last; None when there never was one."""
        return min((worker.silent_seconds for worker in self.workers), default=None)


def in_order(runs: Sequence[WaitingRun], *, workers: int) -> tuple[WaitingRun, ...]:
    """Say of every waiting run when it is likely to begin: each free worker takes the next, each run its usual time.

    Shape: `runs` stand in the order in which they are taken. Without workers, or where nothing is known of the
        durations, nothing is estimated from there on.
    """
    free = [0.0] * workers
    found: list[WaitingRun] = []
    known = workers > 0
    for run in sorted(runs, key=lambda run: run.status is not RunStatus.PROCESSING):
        begins = max(min(free), _due_in(run)) if known else None
        if run.status is RunStatus.PROCESSING:
            left = max((run.usual_seconds or 0.0) - (run.working_seconds or 0.0), 0.0)
            found.append(run)
        else:
            left = run.usual_seconds or 0.0
            found.append(replace(run, starts_in=begins))
        known = known and run.usual_seconds is not None
        if known and begins is not None:
            free[free.index(min(free))] = begins + left
    return tuple(found)


def _due_in(run: WaitingRun) -> float:
    if run.not_before is None:
        return 0.0
    return max((run.not_before - run.requested_at).total_seconds() - run.waited_seconds, 0.0)


# What failed -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FailedSegment:
    """A segment whose last run failed, at the condition `failing` where one was found.

    Units: `failures` in a row, since `failing_since`; times in UTC.
    """

    segment_id: SegmentId
    name: str
    error_class: str
    sentence: str
    failed_at: datetime
    failing_since: datetime
    failures: int
    member_count: int | None
    last_calculated_at: datetime | None
    failing: FailingCondition | None = None

    @property
    def repeatedly(self) -> bool:
        """Whether it failed so often in a row that trying once more is not the answer."""
        return self.failures >= REPEATEDLY


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """Segments that failed for one common cause: what it is, who can act and how, and which segments they are."""

    cause: Cause
    sentence: str
    since: datetime
    segments: tuple[FailedSegment, ...]

    @property
    def repeatedly(self) -> int:
        """How many of the segments failed several times in a row."""
        return sum(segment.repeatedly for segment in self.segments)


# A place in a document, the number of an incident, and counts differ from segment to segment where the cause does not.
# What stands in quotation marks is the cause, and stays.
_PLACE = re.compile(r"\$[\w.\[\]@]*: ")
_INCIDENT = re.compile(r"\b(?=[0-9a-f]*\d)[0-9a-f]{8}\b")
_QUOTED = re.compile(r"(“[^”]*”)")
_FIGURE = re.compile(r"\d[\d,.]*(?<![,.])")


def shape_of(sentence: str) -> str:
    """Leave out of a sentence what differs between failures of one cause."""
    parts = _QUOTED.split(_PLACE.sub("", sentence))
    return "".join(part if at % 2 else _FIGURE.sub("#", _INCIDENT.sub("#", part)) for at, part in enumerate(parts))


def failure_groups(segments: Iterable[FailedSegment]) -> tuple[FailureGroup, ...]:
    """Group failed segments by cause: the cause with the most segments first, the longest failing first in each."""
    found: dict[tuple[str, str], list[FailedSegment]] = {}
    for segment in segments:
        found.setdefault((segment.error_class, shape_of(segment.sentence)), []).append(segment)
    groups = [_group(same) for same in found.values()]
    return tuple(sorted(groups, key=lambda group: (-len(group.segments), group.since, group.sentence)))


def _group(same: list[FailedSegment]) -> FailureGroup:
    ordered = sorted(same, key=lambda segment: (segment.failing_since, segment.name))
    newest = max(same, key=lambda segment: segment.failed_at)
    return FailureGroup(cause_of(newest.error_class), newest.sentence, ordered[0].failing_since, tuple(ordered))


# What is out of date -----------------------------------------------------------------------------------------------

# The reasons for which members may not answer today's question, the worst first, and whether calculating helps.
STALE_CODES: tuple[str, ...] = (
    "never_calculated", *(code for code, (axis, _) in CODES.items() if axis is Axis.FRESHNESS)
)  # fmt: skip
_NOT_BY_CALCULATING = frozenset({"source_late"})


@dataclass(frozen=True, slots=True)
class StaleSegment:
    """An active segment whose members are out of date: why, as a sentence, and whether a run is under way."""

    segment_id: SegmentId
    name: str
    sentence: str
    member_count: int | None
    last_calculated_at: datetime | None
    under_way: bool


@dataclass(frozen=True, slots=True)
class StaleGroup:
    """The active segments to which one reason applies; a segment with several stands in each."""

    code: str
    segments: tuple[StaleSegment, ...]

    @property
    def readiness(self) -> Readiness:
        """What the reason makes of a segment."""
        return CODES[self.code][1]

    @property
    def calculating_helps(self) -> bool:
        """Whether a run removes the reason; late data only come by delivering them."""
        return self.code not in _NOT_BY_CALCULATING
