"""What a segment of the demo is: its criteria, and what became of it in the ninety days before loading."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from segment_engine.demo.documents import Node
from segment_engine.domain.segment import SegmentState

HISTORY_DAYS = 90
_DAILY_SINCE = 14
_DAYS_BETWEEN_BEFORE = 7


@dataclass(frozen=True, slots=True)
class Setting:
    """What criteria of the demo can name: the day of loading, and the ids of what stands already, by name."""

    today: date
    segments: Mapping[str, UUID] = field(default_factory=dict[str, UUID])
    lists: Mapping[str, UUID] = field(default_factory=dict[str, UUID])
    campaigns: Mapping[str, UUID] = field(default_factory=dict[str, UUID])


@dataclass(frozen=True, slots=True)
class Failure:
    """A calculation that failed so many days ago; `repeated` when somebody asked again the same morning."""

    days_ago: int
    cause: str
    repeated: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """A segment and what became of it.

    Shape: calculations go from `first_day` days ago until `last_day` days ago; without days there were none.
        `by_worker` segments are calculated once, by a worker while loading: what they name stands as it is today.
        `queued` segments are asked for at the very end of loading, for the worker to find. `loses_field` marks the
        segment whose field is removed, `decided_by_hand` the one with a member put in and one taken out by hand.
    """

    name: str
    description: str
    write: Callable[[Setting], Node]
    state: SegmentState = SegmentState.ACTIVE
    first_day: int = HISTORY_DAYS
    last_day: int = 0
    failures: tuple[Failure, ...] = ()
    by_worker: bool = False
    queued: bool = False
    loses_field: bool = False
    decided_by_hand: bool = False

    @property
    def daily(self) -> bool:
        """Whether it is calculated to this day, and once more when the demo is loaded: by a worker, from real data."""
        return self.calculated and self.last_day == 0 and self.state is SegmentState.ACTIVE and not self.queued

    @property
    def calculated(self) -> bool:
        """Whether there is any history."""
        return self.first_day >= self.last_day


def restart_night(*, repeated: bool) -> Failure:
    """The night the database was restarted, for every segment that was due then."""
    return Failure(12, "restart", repeated)


def calculation_days(plan: Plan) -> tuple[int, ...]:
    """List how many days ago the segment was calculated, oldest first: weekly at first, daily of late."""
    days = range(plan.first_day, plan.last_day - 1, -1)
    return tuple(day for day in days if day <= _DAILY_SINCE or (HISTORY_DAYS - day) % _DAYS_BETWEEN_BEFORE == 0)
