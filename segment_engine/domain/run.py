"""One computation of one version of a segment, as of one instant: its status, its life and its result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NewType
from uuid import UUID

from segment_engine.domain.stored import StoredWord

RunId = NewType("RunId", UUID)


class RunStatus(StoredWord):
    """queued → processing → success, failed or cancelled; the last three are final."""

    QUEUED = "queued"
    PROCESSING = "processing"
    FAILED = "failed"
    SUCCESS = "success"
    CANCELLED = "cancelled"


class RunReason(StoredWord):
    """Why a run was asked for."""

    CREATED = "created"
    EDITED = "edited"
    REQUESTED = "requested"
    SCHEDULED = "scheduled"
    SOURCE = "source"
    DEPENDENCY = "dependency"


ACTIVE_STATUSES = frozenset({RunStatus.QUEUED, RunStatus.PROCESSING})
FINAL_STATUSES = frozenset({RunStatus.FAILED, RunStatus.SUCCESS, RunStatus.CANCELLED})

# The only moves there are; the trigger guard_run of the database says the same (a test compares the two).
TRANSITIONS: frozenset[tuple[RunStatus, RunStatus]] = frozenset(
    {
        (RunStatus.QUEUED, RunStatus.PROCESSING),
        (RunStatus.QUEUED, RunStatus.CANCELLED),
        (RunStatus.PROCESSING, RunStatus.PROCESSING),
        (RunStatus.PROCESSING, RunStatus.QUEUED),
        (RunStatus.PROCESSING, RunStatus.SUCCESS),
        (RunStatus.PROCESSING, RunStatus.FAILED),
        (RunStatus.PROCESSING, RunStatus.CANCELLED),
    }
)


@dataclass(frozen=True, slots=True)
class FailingCondition:
    """The condition of the criteria that a run failed at: its JSON path, and the condition or its trouble in words."""

    path: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Run:
    """A run as people see it.

    Units: times in UTC; counts are contacts. `joined_count` and `left_count` compare with the members published before.
        `step` says what a processing run does at this moment (claimed, evaluating, publishing). `read_runs` names
        the runs of other segments whose members it read, by segment id. `error_class` is the cause of a failure,
        `failing` the condition it failed at, where one was found.
    """

    run_id: RunId
    segment_id: UUID
    version: int
    status: RunStatus
    reason: RunReason
    requested_by: str | None
    requested_at: datetime
    as_of: datetime | None
    attempt: int
    step: str | None
    started_at: datetime | None
    finished_at: datetime | None
    member_count: int | None
    joined_count: int | None
    left_count: int | None
    error_class: str | None
    error_sentence: str | None
    read_runs: Mapping[str, str] = field(default_factory=dict[str, str])
    failing: FailingCondition | None = None

    @property
    def active(self) -> bool:
        """Whether the run still waits or works."""
        return self.status in ACTIVE_STATUSES

    @property
    def trouble(self) -> str | None:
        """What went wrong, with the condition it failed at unless the sentence names it already."""
        if self.failing is None or self.failing.sentence in (self.error_sentence or ""):
            return self.error_sentence
        return f"{self.error_sentence} It failed at: {self.failing.sentence}"

    @property
    def seconds(self) -> float | None:
        """How long the last attempt took, None while it runs or when it never began."""
        if self.started_at is None or self.finished_at is None:
            return None
        return (self.finished_at - self.started_at).total_seconds()


@dataclass(frozen=True, slots=True)
class Result:
    """What a successful run published: its place among the results of the segment, and when it began to read (UTC)."""

    segment_id: UUID
    sequence: int
    started_at: datetime


@dataclass(frozen=True, slots=True)
class StatusEvent:
    """One transition of a run. Units: `happened_at` in UTC."""

    run_id: RunId
    from_status: RunStatus | None
    to_status: RunStatus
    attempt: int
    happened_at: datetime
    detail: str | None


@dataclass(frozen=True, slots=True)
class Claim:
    """A worker's temporary right to a run: `attempt` is the fencing token that every write must present.

    Shape: `tries` leaves the attempts out that ended because their worker was stopped.
    """

    organization_id: int
    run_id: RunId
    segment_id: UUID
    attempt: int
    version: int
    document: dict[str, object]
    as_of: datetime
    tries: int = 1
