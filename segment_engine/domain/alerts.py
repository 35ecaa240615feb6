"""Alerts: troubles that go on. Each is opened once, told once, and closed when it is over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from segment_engine.domain.segment import SegmentId
from segment_engine.domain.stored import StoredWord

AlertId = NewType("AlertId", UUID)


class AlertKind(StoredWord):
    """What kind of trouble it is; docs/alerts.md says when each begins and when it is over."""

    RUN_FAILED = "run_failed"
    SCHEDULE_SUSPENDED = "schedule_suspended"
    CHECK_FAILED = "check_failed"
    RESULT_WITHHELD = "result_withheld"
    EMPTY = "empty"
    SUDDEN_CHANGE = "sudden_change"
    TOO_OLD = "too_old"
    STALE = "stale"
    SOURCE_LATE = "source_late"
    QUEUE_STUCK = "queue_stuck"
    NO_WORKER = "no_worker"


# What is told about the organization as a whole; a rule for one segment cannot ask for these.
OF_THE_ORGANIZATION = frozenset({AlertKind.QUEUE_STUCK, AlertKind.NO_WORKER})

# The kind that a reason of the readiness becomes; the reasons that are missing here are no troubles of their own:
# a person decided them, or the age tells of them when they last.
KIND_OF_REASON: Mapping[str, AlertKind] = {
    "last_run_failed": AlertKind.RUN_FAILED,
    "check_failed": AlertKind.CHECK_FAILED,
    "empty": AlertKind.EMPTY,
    "check_warned": AlertKind.CHECK_FAILED,
    "everyone": AlertKind.CHECK_FAILED,
    "source_dropped": AlertKind.CHECK_FAILED,
    "sudden_change": AlertKind.SUDDEN_CHANGE,
    "too_old": AlertKind.TOO_OLD,
    "stale_age": AlertKind.STALE,
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is wrong at this moment.

    Shape: `key` tells one trouble from another: what has the same key is one alert. `cause` is the class of an error.
        `segments` are those it concerns, none for the organization as a whole. `happened_at` is when it last happened
        anew (a run that failed once more); None for what simply lasts.
    """

    key: str
    kind: AlertKind
    sentence: str
    segments: frozenset[SegmentId] = frozenset()
    cause: str | None = None
    happened_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OpenAlert:
    """An alert that is open, as far as it has to be compared: `segments` are those that have not recovered."""

    alert_id: AlertId
    key: str
    sentence: str
    segments: frozenset[SegmentId]
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class Continued:
    """A trouble that goes on: which segments came to it, which recovered, and whether it happened anew."""

    alert: OpenAlert
    trouble: Trouble
    joined: frozenset[SegmentId]
    recovered: frozenset[SegmentId]
    anew: bool

    @property
    def changed(self) -> bool:
        """Whether anything has to be written besides that it was seen."""
        return bool(self.joined or self.recovered or self.anew or self.alert.sentence != self.trouble.sentence)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What has to happen so that the open alerts are the troubles there are."""

    opened: tuple[Trouble, ...]
    continued: tuple[Continued, ...]
    recovered: tuple[OpenAlert, ...]


def compare(alerts: Sequence[OpenAlert], troubles: Sequence[Trouble]) -> Comparison:
    """Compare the open alerts with the troubles of this moment, by their keys.

    Shape: troubles with one key are one, with the segments of all of them.
    """
    merged = merge(troubles)
    known = {alert.key: alert for alert in alerts}
    opened = tuple(trouble for trouble in merged if trouble.key not in known)
    continued = tuple(_continued(known[trouble.key], trouble) for trouble in merged if trouble.key in known)
    keys = {trouble.key for trouble in merged}
    return Comparison(opened, continued, tuple(alert for alert in alerts if alert.key not in keys))


def _continued(alert: OpenAlert, trouble: Trouble) -> Continued:
    joined = trouble.segments - alert.segments
    anew = trouble.happened_at is not None and trouble.happened_at > alert.last_seen_at
    return Continued(alert, trouble, joined, alert.segments - trouble.segments, anew or bool(joined))


def merge(troubles: Sequence[Trouble]) -> tuple[Trouble, ...]:
    """Make one trouble of all that have the same key: the newest sentence, and the segments of all."""
    found: dict[str, Trouble] = {}
    for trouble in troubles:
        other = found.get(trouble.key)
        found[trouble.key] = trouble if other is None else _both(other, trouble)
    return tuple(found.values())


def _both(first: Trouble, second: Trouble) -> Trouble:
    moments = [each.happened_at for each in (first, second) if each.happened_at is not None]
    later = second if second.happened_at and second.happened_at == max(moments, default=None) else first
    return Trouble(
        first.key, first.kind, later.sentence, first.segments | second.segments, later.cause,
        max(moments, default=None),
    )  # fmt: skip


# As people see them ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AlertCard:
    """An alert in a list. Units: times in UTC; `segments` counts all it ever concerned, `failing` those that remain."""

    alert_id: AlertId
    kind: AlertKind
    cause: str | None
    sentence: str
    opened_at: datetime
    last_seen_at: datetime
    occurrences: int
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    recovered_at: datetime | None
    segments: int
    failing: int
    first_names: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether the trouble goes on."""
        return self.recovered_at is None


@dataclass(frozen=True, slots=True)
class AlertSegment:
    """A segment of an alert. Units: times in UTC; `recovered_at` is None while the trouble goes on for it."""

    segment_id: SegmentId
    name: str
    since: datetime
    recovered_at: datetime | None


class DeliveryState(StrEnum):
    """How far a delivery is."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    WITHDRAWN = "withdrawn"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True)
class AlertDelivery:
    """One message about an alert: to whom, how far it is, and what went wrong. Units: times in UTC."""

    delivery_id: UUID
    channel: str
    target: str
    news: str
    state: DeliveryState
    not_before: datetime
    attempts: int
    delivered_at: datetime | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert in full: its card, its segments by name, and what was sent about it."""

    card: AlertCard
    segments: tuple[AlertSegment, ...] = ()
    deliveries: tuple[AlertDelivery, ...] = field(default=())


ALERT_TITLES: Mapping[AlertKind, str] = {
    AlertKind.RUN_FAILED: "Calculation failed",
    AlertKind.SCHEDULE_SUSPENDED: "Schedule suspended",
    AlertKind.CHECK_FAILED: "A check did not pass",
    AlertKind.RESULT_WITHHELD: "Result withheld",
    AlertKind.EMPTY: "Nobody is in it",
    AlertKind.SUDDEN_CHANGE: "Sudden change",
    AlertKind.TOO_OLD: "Too old to use",
    AlertKind.STALE: "Older than usual",
    AlertKind.SOURCE_LATE: "Data are late",
    AlertKind.QUEUE_STUCK: "Runs wait too long",
    AlertKind.NO_WORKER: "No worker is running",
}


@dataclass(frozen=True, slots=True)
class AlertCount:
    """How many alerts are open, and how many of those nobody has acknowledged."""

    open: int
    unseen: int
