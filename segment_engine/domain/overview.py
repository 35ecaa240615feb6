"""What the first page says of an organization: figures, what failed, what changed, and what is at risk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from segment_engine.domain.campaign import CampaignId, CampaignKind, CampaignState, Part
from segment_engine.domain.readiness import CODES, Axis, Readiness, Standing
from segment_engine.domain.segment import SegmentId, SegmentState, SegmentStatus

SOON_DAYS = 7
# What a calculation cures; a late data source is not among it, and what failed has to be corrected first.
_CURED = frozenset({
    "stale_criteria", "stale_dependency", "too_old", "stale_source", "dependency_behind", "changed_by_hand",
    "stale_age", "time_passed",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class JudgedGroup:
    """Segments that are judged alike: their state, status and codes. Units: `segments` counts them."""

    state: SegmentState
    status: SegmentStatus
    readiness: Readiness
    codes: tuple[str, ...]
    segments: int


@dataclass(frozen=True, slots=True)
class OverviewFigures:
    """The figures of the first page. All but `by_state` and `has_contacts` are about active segments only.

    Shape: `by_code` counts every segment once for each of its reasons; `stale` counts those with one of freshness.
        `recalculable` counts those of them that a calculation brings up to date and that do not wait for one already;
        `recalculable_forbidden` those that must not be used until then.
    Units: counts of segments; `last_calculated_at` in UTC.
    """

    by_state: Mapping[SegmentState, int] = field(default_factory=dict[SegmentState, int])
    by_readiness: Mapping[Readiness, int] = field(default_factory=dict[Readiness, int])
    by_status: Mapping[SegmentStatus, int] = field(default_factory=dict[SegmentStatus, int])
    by_code: Mapping[str, int] = field(default_factory=dict[str, int])
    stale: int = 0
    recalculable: int = 0
    recalculable_forbidden: int = 0
    unused: int = 0
    review_due: int = 0
    has_contacts: bool = False
    last_calculated_at: datetime | None = None

    @property
    def active(self) -> int:
        """How many segments are active."""
        return self.by_state.get(SegmentState.ACTIVE, 0)

    @property
    def total(self) -> int:
        """How many segments there are outside the archive."""
        return sum(count for state, count in self.by_state.items() if state is not SegmentState.ARCHIVED)

    @property
    def under_way(self) -> int:
        """How many active segments wait or are being calculated."""
        return self.by_status.get(SegmentStatus.QUEUED, 0) + self.by_status.get(SegmentStatus.PROCESSING, 0)


@dataclass(frozen=True, slots=True)
class RecentFailure:
    """An active segment whose newest run failed, with the sentence that says why. Units: time in UTC."""

    segment_id: SegmentId
    name: str
    failed_at: datetime
    sentence: str
    member_count: int | None


@dataclass(frozen=True, slots=True)
class ChangedSegment:
    """An active segment whose published result differs much from the one before.

    Units: contacts; time in UTC. `recent_counts` are those of up to 30 results, oldest first.
    """

    segment_id: SegmentId
    name: str
    member_count: int
    previous_member_count: int
    calculated_at: datetime
    recent_counts: tuple[int, ...] = ()

    @property
    def change(self) -> int:
        """How many contacts more or fewer."""
        return self.member_count - self.previous_member_count

    @property
    def share(self) -> float:
        """The change as a share of the result before, 0.1 is 10 % more; of an empty one, of a single contact."""
        return self.change / max(self.previous_member_count, 1)


@dataclass(frozen=True, slots=True)
class SegmentAtRisk:
    """A segment that a campaign uses and that is not ready."""

    segment_id: SegmentId
    name: str
    part: Part
    standing: Standing


@dataclass(frozen=True, slots=True)
class CampaignAtRisk:
    """A campaign or sequence that is planned or running, with those of its segments that are not ready.

    Units: `days_left` until it starts, negative when that day has passed, None without a day.
    """

    campaign_id: CampaignId
    name: str
    kind: CampaignKind
    state: CampaignState
    starts_on: date | None
    days_left: int | None
    segments: tuple[SegmentAtRisk, ...]

    @property
    def readiness(self) -> Readiness:
        """The worst readiness of its segments."""
        blocked = any(each.standing.readiness is Readiness.DO_NOT_USE for each in self.segments)
        return Readiness.DO_NOT_USE if blocked else Readiness.USE_WITH_CARE

    @property
    def soon(self) -> bool:
        """Whether it runs already, or starts within a week."""
        return self.state is CampaignState.RUNNING or (self.days_left is not None and self.days_left <= SOON_DAYS)


@dataclass(frozen=True, slots=True)
class LateDelivery:
    """A data source that has delivered nothing for longer than it may, and how many active segments read it.

    Units: `hours` since the last import, None when there was none; `allowed` in hours.
    """

    data_source_id: UUID
    name: str
    last_imported_at: datetime | None
    hours: float | None
    allowed: int
    readers: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """How long runs have waited, and whether anybody computes. Units: `longest` in seconds, None without a run."""

    longest: float | None = None
    live_workers: int = 0


def figures_of(
    groups: Iterable[JudgedGroup], *, unused: int, review_due: int, has_contacts: bool,
    last_calculated_at: datetime | None,
) -> OverviewFigures:  # fmt: skip
    """Add groups up to the figures of the first page."""
    by_state: dict[SegmentState, int] = {}
    by_readiness: dict[Readiness, int] = {}
    by_status: dict[SegmentStatus, int] = {}
    by_code: dict[str, int] = {}
    stale = recalculable = forbidden = 0
    for group in groups:
        by_state[group.state] = by_state.get(group.state, 0) + group.segments
        if group.state is not SegmentState.ACTIVE:
            continue
        by_readiness[group.readiness] = by_readiness.get(group.readiness, 0) + group.segments
        by_status[group.status] = by_status.get(group.status, 0) + group.segments
        for code in group.codes:
            by_code[code] = by_code.get(code, 0) + group.segments
        stale += group.segments if any(CODES[code][0] is Axis.FRESHNESS for code in group.codes) else 0
        if group.status is SegmentStatus.SUCCESS and _CURED & set(group.codes):
            recalculable += group.segments
            forbidden += group.segments if group.readiness is Readiness.DO_NOT_USE else 0
    return OverviewFigures(
        by_state, by_readiness, by_status, by_code, stale, recalculable, forbidden, unused, review_due, has_contacts,
        last_calculated_at,
    )  # fmt: skip
