"""Which segments could go, and why: reasons, what they cost, who uses them, and which of several alike stays."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from segment_engine.domain.segment import SegmentId, SegmentState

UNUSED_DAYS = 90
NEW_DAYS = 7
ALIKE_SHARE = 0.95
CONTAINED_SHARE = 0.5
FEWEST_ALIKE = 20
MOST_DAYS = 365
POINTS_A_MINUTE = 10.0


class CandidateReason(StrEnum):
    """Why a segment may not be needed; the order is that of the page."""

    UNUSED = "unused"
    EMPTY = "empty"
    NEVER_CALCULATED = "never_calculated"
    STALE = "stale"
    REVIEW_PAST = "review_past"
    DUPLICATE = "duplicate"
    NEAR_DUPLICATE = "near_duplicate"
    CONTAINED = "contained"


@dataclass(frozen=True, slots=True)
class SegmentFigures:
    """What is stored about a segment that is not archived.

    Shape: `plans` are the campaigns and sequences that still run or may run; `readers` the segments that are not
        archived and read it. `last_used_at` is the newest frozen audience or export. `stale` are codes of readiness.
    Units: times in UTC; `idle_days` since it was used last, or created, 0 while it is in use; `seconds` of workers'
        time in 30 days.
    """

    segment_id: SegmentId
    name: str
    state: SegmentState
    owner: str | None
    created_at: datetime
    age_days: float
    member_count: int | None
    last_calculated_at: datetime | None
    under_way: bool
    stale: tuple[str, ...]
    review_on: date | None
    criteria_hash: str | None
    plans: tuple[str, ...]
    readers: tuple[str, ...]
    last_used_at: datetime | None
    idle_days: float
    seconds: float
    runs: int

    @property
    def used(self) -> bool:
        """Whether a plan or another segment needs it."""
        return bool(self.plans or self.readers)


@dataclass(frozen=True, slots=True)
class Alike:
    """A segment whose members are nearly those of another, or all in it: `segment_id` could go, `other_id` stays.

    Units: `share` is of the contacts in either that are in both, or of the larger one's that are in the contained one.
    """

    reason: CandidateReason
    segment_id: SegmentId
    other_id: SegmentId
    shared: int
    share: float


@dataclass(frozen=True, slots=True)
class Grounds:
    """One reason for one segment, as a sentence; `other_id` is the segment that stays instead of it."""

    reason: CandidateReason
    sentence: str
    other_id: SegmentId | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A segment that could go: why, what it costs, and its place in the ranking."""

    figures: SegmentFigures
    grounds: tuple[Grounds, ...]
    score: float

    def has(self, reason: CandidateReason) -> bool:
        """Tell whether this is one of the reasons."""
        return any(each.reason is reason for each in self.grounds)


@dataclass(frozen=True, slots=True)
class ArchivedSegment:
    """A segment in the archive, and since when. Units: UTC."""

    segment_id: SegmentId
    name: str
    archived_at: datetime
    archived_from: SegmentState | None


@dataclass(frozen=True, slots=True)
class CleanupQuery:
    """What the list of candidates shows: one reason or all; `alike` is what a comparison of members found.

    Units: `unused_days` without use make a segment unused; `page` counts from 1, `size` is rows a page, 1 to 100.
    """

    reason: CandidateReason | None = None
    unused_days: int = UNUSED_DAYS
    alike: tuple[Alike, ...] = ()
    page: int = 1
    size: int = 25


@dataclass(frozen=True, slots=True)
class CleanupReport:
    """One page of candidates, the first in the ranking first.

    Shape: `by_reason` counts candidates of every reason, whatever page and reason are shown.
    Units: `looked_at` counts segments that are not archived; `matching` those of the reason shown; `seconds` is what
        all candidates cost in 30 days.
    """

    candidates: tuple[Candidate, ...]
    by_reason: Mapping[CandidateReason, int]
    total: int
    matching: int
    looked_at: int
    seconds: float
    page: int
    size: int

    @property
    def pages(self) -> int:
        """How many pages there are, at least 1."""
        return max(1, -(-self.matching // self.size))


def score_of(figures: SegmentFigures) -> float:
    """Rank by disuse and cost: a point for each day without use, at most 365, and ten for each minute of a worker.

    Units: days since the last use or the creation; minutes of workers' time in the last 30 days.
    """
    return min(figures.idle_days, float(MOST_DAYS)) + POINTS_A_MINUTE * figures.seconds / 60


def report_of(found: Sequence[SegmentFigures], today: date, query: CleanupQuery, *, looked_at: int) -> CleanupReport:
    """Judge segments, rank the candidates, and give the page asked for; one beyond the end becomes the last."""
    candidates = candidates_of(found, today, query)
    matching = [each for each in candidates if query.reason is None or each.has(query.reason)]
    size = min(max(query.size, 1), 100)
    page = min(max(query.page, 1), max(1, -(-len(matching) // size)))
    return CleanupReport(
        candidates=tuple(matching[(page - 1) * size : page * size]),
        by_reason={reason: sum(each.has(reason) for each in candidates) for reason in CandidateReason},
        total=len(candidates), matching=len(matching), looked_at=looked_at,
        seconds=sum(each.figures.seconds for each in candidates), page=page, size=size,
    )  # fmt: skip


def candidates_of(found: Sequence[SegmentFigures], today: date, query: CleanupQuery) -> tuple[Candidate, ...]:
    """List the segments for which there is any reason, the highest score first."""
    names = {each.segment_id: each.name for each in found}
    instead = {each: group[0] for group in duplicates(found) for each in group[1:]}
    alike: dict[SegmentId, list[Alike]] = {}
    for each in query.alike:
        if each.other_id in names:
            alike.setdefault(each.segment_id, []).append(each)
    candidates: list[Candidate] = []
    for each in found:
        grounds = [*_own(each, today, query.unused_days)]
        keeper = instead.get(each.segment_id)
        if keeper is not None:
            sentence = f"Its criteria say the same as those of “{names[keeper]}”, which is to stay."
            grounds.append(Grounds(CandidateReason.DUPLICATE, sentence, keeper))
        grounds += [_of_alike(other, names[other.other_id]) for other in alike.get(each.segment_id, ())[:1]]
        if grounds:
            candidates.append(Candidate(each, tuple(grounds), score_of(each)))
    return tuple(sorted(candidates, key=lambda each: (-each.score, each.figures.name, each.figures.segment_id)))


def _own(figures: SegmentFigures, today: date, unused_days: int) -> Iterable[Grounds]:
    """Give the reasons that lie in the segment itself. What is in use is repaired, not cleaned up; a review is due."""
    if not figures.used:
        yield from _of_idle(figures, unused_days)
    if figures.review_on is not None and figures.review_on < today:
        late = (today - figures.review_on).days
        passed = "yesterday" if late == 1 else f"{late:,} days ago"
        yield Grounds(CandidateReason.REVIEW_PAST, f"Its review was due {passed}.")


def _of_idle(figures: SegmentFigures, unused_days: int) -> Iterable[Grounds]:
    if figures.idle_days >= unused_days:
        yield Grounds(CandidateReason.UNUSED, _unused(figures))
    if figures.under_way:
        return
    if figures.member_count == 0:
        yield Grounds(CandidateReason.EMPTY, "Its last calculation found no contact.")
    if figures.last_calculated_at is None and figures.age_days >= NEW_DAYS:
        age = f"{int(figures.age_days):,} days"
        yield Grounds(CandidateReason.NEVER_CALCULATED, f"No calculation has succeeded since it was created {age} ago.")
    if figures.stale:
        yield Grounds(CandidateReason.STALE, _STALE[figures.stale[0]])


def _unused(figures: SegmentFigures) -> str:
    days = f"{int(figures.idle_days):,} days"
    if figures.last_used_at is None:
        return f"Not used since it was created {days} ago: by no campaign, sequence or segment."
    return f"Used last {days} ago; no campaign, sequence or segment uses it now."


# The codes of readiness for which somebody should have done something long ago.
_STALE = {
    "stale_criteria": "It was edited and never calculated again since, so its members are those of older criteria.",
    "stale_dependency": "A segment that it reads changed, failed or is not active, so its members are out of date.",
    "too_old": "It was calculated longer ago than a segment may be used.",
}
STALE_CODES = tuple(_STALE)


def _of_alike(alike: Alike, other: str) -> Grounds:
    if alike.reason is CandidateReason.CONTAINED:
        part = f"{100 * alike.share:.0f}%"
        sentence = f"All its {alike.shared:,} contacts are in “{other}” as well; they are {part} of that one."
    else:
        share = "the same contacts" if alike.share == 1 else f"{100 * alike.share:.1f}% of the contacts in common"
        sentence = f"It has {share} with “{other}”, by other criteria."
    return Grounds(alike.reason, sentence, alike.other_id)


# Which of several stays --------------------------------------------------------------------------------------------


def preference(figures: SegmentFigures) -> tuple[bool, bool, float, datetime, UUID]:
    """Order segments that are alike: the used one first, then an active one, the one used last, and the older one."""
    last = figures.last_used_at.timestamp() if figures.last_used_at else float("-inf")
    return (
        not figures.used,
        figures.state is not SegmentState.ACTIVE,
        -last,
        figures.created_at,
        figures.segment_id,
    )


def duplicates(found: Iterable[SegmentFigures]) -> tuple[tuple[SegmentId, ...], ...]:
    """Group the segments whose criteria say the same; the first of each group is the one to keep."""
    groups: dict[str, list[SegmentFigures]] = {}
    for each in found:
        if each.criteria_hash is not None:
            groups.setdefault(each.criteria_hash, []).append(each)
    ordered = (sorted(group, key=preference) for group in groups.values() if len(group) > 1)
    return tuple(tuple(each.segment_id for each in group) for group in ordered)


def spared(chosen: Collection[UUID], groups: Iterable[Sequence[UUID]]) -> dict[UUID, tuple[UUID, ...]]:
    """Find what must stay although it was chosen: of segments that are alike, one is always kept.

    Shape: the first of a group is spared where the whole group was chosen; with those that it stays instead of.
    """
    found: dict[UUID, tuple[UUID, ...]] = {}
    for group in groups:
        if all(each in chosen for each in group) and not any(each in found for each in group):
            found[group[0]] = tuple(group[1:])
    return found
