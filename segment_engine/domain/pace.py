"""How long runs take and wait, day by day, and which segments cost most."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from segment_engine.domain.segment import SegmentId

DAYS = 30


@dataclass(frozen=True, slots=True)
class RunDay:
    """What ended on one day of the organization's time zone.

    Units: seconds. Durations are those of the last attempt of successful runs; waits are from the request until that
        attempt began. None on a day without any.
    """

    day: date
    succeeded: int = 0
    failed: int = 0
    cancelled: int = 0
    median_seconds: float | None = None
    slow_seconds: float | None = None
    median_wait: float | None = None
    slow_wait: float | None = None

    @property
    def runs(self) -> int:
        """How many runs ended."""
        return self.succeeded + self.failed + self.cancelled


def every_day(found: Iterable[RunDay], today: date) -> tuple[RunDay, ...]:
    """Put the days without any run between the others, so that a chart shows the gaps."""
    by_day = {day.day: day for day in found}
    days = (today - timedelta(days=back) for back in range(DAYS - 1, -1, -1))
    return tuple(by_day.get(day, RunDay(day)) for day in days)


@dataclass(frozen=True, slots=True)
class SegmentCost:
    """What a segment cost in the last 30 days. Units: seconds of a worker; `runs` that began."""

    segment_id: SegmentId
    name: str
    member_count: int | None
    runs: int
    failed: int
    seconds: float

    @property
    def seconds_a_run(self) -> float:
        """How long one run took on average."""
        return self.seconds / self.runs if self.runs else 0.0


@dataclass(frozen=True, slots=True)
class RunPace:
    """How long things took in the last 30 days.

    Shape: `days` has every day, oldest first; `costs` the dearest segments first. `used` is the share of the time of
        all workers in the last 24 hours that went into runs of this organization, None while no worker was there.
    Units: `seconds` of all runs together.
    """

    days: tuple[RunDay, ...]
    costs: tuple[SegmentCost, ...]
    seconds: float
    used: float | None
