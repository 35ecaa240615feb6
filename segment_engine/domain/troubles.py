"""What is wrong at this moment, put together from what is stored: standings, failures, schedules, sources, queue."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from segment_engine.domain.alerts import KIND_OF_REASON, AlertKind, Trouble
from segment_engine.domain.failures import cause_of
from segment_engine.domain.operations import shape_of
from segment_engine.domain.readiness import Reason, Standing
from segment_engine.domain.segment import SegmentId
from segment_engine.domain.spans import span

STUCK_MINUTES = 15
_PLACE = re.compile(r"\$[\w.\[\]@]*: ")


@dataclass(frozen=True, slots=True)
class Failure:
    """The failed run for which a segment stands as failed; `withheld` where a check kept its result back."""

    segment_id: SegmentId
    error_class: str
    sentence: str
    failed_at: datetime
    withheld: bool


@dataclass(frozen=True, slots=True)
class SuspendedSchedule:
    """A schedule that stopped by itself, and why. Units: UTC."""

    segment_id: SegmentId
    because: str
    suspended_at: datetime


@dataclass(frozen=True, slots=True)
class SilentSource:
    """A data source that is late, with the active segments that read it. Units: hours; times in UTC."""

    source_id: str
    name: str
    allowed: int
    last_imported_at: datetime | None
    segments: frozenset[SegmentId]


@dataclass(frozen=True, slots=True)
class Observed:
    """Everything that is looked at, as of one moment.

    Shape: `standings` are those of the active segments.
    Units: `longest_wait` is seconds since the oldest run that waits could have begun; None when none waits.
    """

    standings: Mapping[SegmentId, Standing]
    failures: Sequence[Failure] = ()
    suspended: Sequence[SuspendedSchedule] = ()
    silent: Sequence[SilentSource] = ()
    longest_wait: float | None = None
    live_workers: int = 1
    stale_after_hours: int = 26
    unusable_after_hours: int = 168


def troubles_of(observed: Observed) -> tuple[Trouble, ...]:
    """List the troubles there are. What has one common cause has one key."""
    failures = {failure.segment_id: failure for failure in observed.failures}
    found = [
        _of_reason(segment_id, reason, failures, observed)
        for segment_id, standing in observed.standings.items()
        for reason in standing.reasons if reason.code in KIND_OF_REASON
    ]  # fmt: skip
    found += [_suspended(each) for each in observed.suspended]
    found += [_silent(each) for each in observed.silent if each.segments]
    return (*found, *_of_the_queue(observed))


def _of_reason(
    segment_id: SegmentId, reason: Reason, failures: Mapping[SegmentId, Failure], observed: Observed
) -> Trouble:
    kind, failure = KIND_OF_REASON[reason.code], failures.get(segment_id)
    if kind is AlertKind.RUN_FAILED and failure is not None:
        return _failed(failure)
    if kind is AlertKind.TOO_OLD:
        hours = observed.unusable_after_hours
        sentence = f"The members are older than {span(hours)}, so they must not be used. Recalculate what is listed."
        return Trouble(kind.value, kind, sentence, frozenset({segment_id}))
    if kind is AlertKind.STALE:
        hours = observed.stale_after_hours
        sentence = f"The members are older than {span(hours)}. Recalculate what is listed, or give it a schedule."
        return Trouble(kind.value, kind, sentence, frozenset({segment_id}))
    return Trouble(f"{kind.value}:{segment_id}", kind, reason.sentence, frozenset({segment_id}))


def _failed(failure: Failure) -> Trouble:
    ids, sentence = frozenset({failure.segment_id}), _PLACE.sub("", failure.sentence)
    if failure.withheld:
        kind = AlertKind.RESULT_WITHHELD
        key = f"{kind.value}:{failure.segment_id}"
        return Trouble(key, kind, sentence, ids, failure.error_class, failure.failed_at)
    key = f"{AlertKind.RUN_FAILED.value}:{failure.error_class}:{fingerprint(failure.sentence)}"
    told = f"{cause_of(failure.error_class).title}. {sentence}"
    return Trouble(key, AlertKind.RUN_FAILED, told, ids, failure.error_class, failure.failed_at)


def fingerprint(sentence: str) -> str:
    """Give a short mark that is the same for sentences of one cause."""
    return hashlib.sha256(shape_of(sentence).encode()).hexdigest()[:16]


def _suspended(schedule: SuspendedSchedule) -> Trouble:
    kind = AlertKind.SCHEDULE_SUSPENDED
    sentence = f"{_PLACE.sub('', schedule.because)} Correct the cause, then resume the schedule."
    key = f"{kind.value}:{fingerprint(schedule.because)}"
    return Trouble(key, kind, sentence, frozenset({schedule.segment_id}), None, schedule.suspended_at)


def _silent(source: SilentSource) -> Trouble:
    kind = AlertKind.SOURCE_LATE
    if source.last_imported_at is None:
        since = "has never delivered anything"
    else:
        moment = source.last_imported_at.astimezone(UTC)
        since = f"has delivered nothing since {moment:%Y-%m-%d %H:%M} UTC, and at most {span(source.allowed)} are usual"
    sentence = f"“{source.name}” {since}. Import it, or ask whoever delivers it."
    return Trouble(f"{kind.value}:{source.source_id}", kind, sentence, source.segments)


def _of_the_queue(observed: Observed) -> Iterator[Trouble]:
    if observed.longest_wait is None:
        return
    if not observed.live_workers:
        kind = AlertKind.NO_WORKER
        yield Trouble(kind.value, kind, "Runs wait, and no worker was heard of for a minute. Start one: make worker.")
    if observed.longest_wait > STUCK_MINUTES * 60:
        kind = AlertKind.QUEUE_STUCK
        what = f"A run has been waiting for more than {STUCK_MINUTES} minutes."
        yield Trouble(kind.value, kind, f"{what} See whether workers are there, or add one.")
