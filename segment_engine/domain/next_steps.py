"""What to do next, the most urgent first: what stands still or goes out wrong soon comes before what can wait."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from segment_engine.domain.campaign import CampaignState
from segment_engine.domain.overview import (
    CampaignAtRisk,
    ChangedSegment,
    LateDelivery,
    OverviewFigures,
    RecentFailure,
    Waiting,
)
from segment_engine.domain.readiness import Readiness
from segment_engine.domain.segment import SegmentStatus
from segment_engine.domain.spans import span

MOST_STEPS = 7
PATIENCE_SECONDS = 300
NAMED_CAMPAIGNS = 2
LONGEST_NAME = 32


class Topic(StrEnum):
    """What a step is about; a page knows where each leads."""

    IMPORT_CONTACTS = "import_contacts"
    CREATE_SEGMENT = "create_segment"
    CAMPAIGN = "campaign"
    CAMPAIGNS = "campaigns"
    WORKER = "worker"
    FAILED = "failed"
    FAILED_MANY = "failed_many"
    SUSPENDED = "suspended"
    LATE_SOURCE = "late_source"
    CHANGED = "changed"
    DO_NOT_USE = "do_not_use"
    STALE = "stale"
    NOT_CALCULATED = "not_calculated"
    REVIEW = "review"
    UNUSED = "unused"


class Urgency(StrEnum):
    """How long a step can wait: not at all, until its day, or until there is time."""

    NOW = "now"
    SOON = "soon"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class NextStep:
    """One concrete thing to do: what, why, and what it is about; `subject_id` names the one thing, else None."""

    topic: Topic
    urgency: Urgency
    act: str
    why: str
    subject_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything the steps are chosen from."""

    figures: OverviewFigures
    at_risk: Sequence[CampaignAtRisk] = ()
    failed: Sequence[RecentFailure] = ()
    changed: Sequence[ChangedSegment] = ()
    late: Sequence[LateDelivery] = ()
    waiting: Waiting = field(default_factory=Waiting)


def next_steps(situation: Situation) -> tuple[NextStep, ...]:
    """Choose at most seven steps, the most urgent first."""
    figures = situation.figures
    if not figures.total:
        return (_first_step(figures),)
    steps: list[NextStep] = []
    for several in (
        _campaigns(situation.at_risk), _worker(situation), _failed(situation), _suspended(figures),
        _late(situation.late), _suspicious(figures), _stale(figures, situation.at_risk),
        _careful_campaigns(situation.at_risk),
        _changed(situation.changed, figures), _tidy(figures),
    ):  # fmt: skip
        steps += several
    order = tuple(Urgency)
    return tuple(sorted(steps, key=lambda step: order.index(step.urgency))[:MOST_STEPS])


def _first_step(figures: OverviewFigures) -> NextStep:
    if not figures.has_contacts:
        why = "Segments are made of contacts, and there are none yet."
        return NextStep(Topic.IMPORT_CONTACTS, Urgency.NOW, "Import contacts", why)
    why = "The contacts are here. A segment says which of them belong together."
    return NextStep(Topic.CREATE_SEGMENT, Urgency.NOW, "Create the first segment", why)


def _campaigns(at_risk: Sequence[CampaignAtRisk]) -> Iterator[NextStep]:
    """The nearest two that run or start soon with a segment that must not be used, and one step for all others."""
    wrong = [each for each in at_risk if each.readiness is Readiness.DO_NOT_USE and each.soon]
    for campaign in wrong[:NAMED_CAMPAIGNS]:
        act = f"Stop or correct “{_short(campaign.name)}”"
        yield NextStep(Topic.CAMPAIGN, Urgency.NOW, act, _why(campaign), campaign.campaign_id)
    rest = wrong[NAMED_CAMPAIGNS:]
    if rest:
        act = f"Stop or correct {_more(rest)} on such segments"
        yield NextStep(Topic.CAMPAIGNS, Urgency.NOW, act, _starts(rest))


def _careful_campaigns(at_risk: Sequence[CampaignAtRisk]) -> Iterator[NextStep]:
    """One step for all that run or start soon with segments to be used with care."""
    careful = [each for each in at_risk if each.readiness is Readiness.USE_WITH_CARE and each.soon]
    if len(careful) == 1:
        (campaign,) = careful
        act = f"Look at “{_short(campaign.name)}”"
        yield NextStep(Topic.CAMPAIGN, Urgency.SOON, act, _why(campaign), campaign.campaign_id)
    elif careful:
        act = f"Look at {len(careful):,} campaigns to be used with care"
        yield NextStep(Topic.CAMPAIGNS, Urgency.SOON, act, _starts(careful))


def _why(campaign: CampaignAtRisk) -> str:
    """Say when it starts, and what is the matter with its worst segment."""
    worst = next(each for each in campaign.segments if each.standing.readiness is campaign.readiness)
    start = f"The {campaign.kind.value} {when_it_starts(campaign)} on “{worst.name}”."
    return f"{start} {worst.standing.reasons[0].sentence}"


def _starts(campaigns: Sequence[CampaignAtRisk]) -> str:
    named = ", ".join(f"“{each.name}” {when_it_starts(each)}" for each in campaigns[:3])
    return f"{named}." if len(campaigns) <= 3 else f"{named} and others."  # noqa: PLR2004 - as many are named


def _more(campaigns: Sequence[CampaignAtRisk]) -> str:
    return "1 more campaign" if len(campaigns) == 1 else f"{len(campaigns):,} more campaigns"


def _short(name: str) -> str:
    """Cut a name, because a link is one line, also on a phone."""
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1].rstrip()}…"


def when_it_starts(campaign: CampaignAtRisk) -> str:
    """Say how near the start is: “starts tomorrow”, “is running”."""
    days = campaign.days_left
    if campaign.state is CampaignState.RUNNING:
        return "is running"
    if days is None:
        return "has no day yet"
    if days < 0:
        return f"should have started {-days} day{'' if days == -1 else 's'} ago"
    return "starts today" if days == 0 else "starts tomorrow" if days == 1 else f"starts in {days} days"


def _worker(situation: Situation) -> Iterator[NextStep]:
    longest = situation.waiting.longest
    if longest is not None and longest > PATIENCE_SECONDS and not situation.waiting.live_workers:
        why = f"No worker computes, and the oldest calculation has waited for {span(longest / 3600)}."
        yield NextStep(Topic.WORKER, Urgency.NOW, "Start a worker", why)


def _failed(situation: Situation) -> Iterator[NextStep]:
    count = situation.figures.by_status.get(SegmentStatus.FAILED, 0)
    if not count or not situation.failed:
        return
    newest = situation.failed[0]
    if count == 1:
        yield NextStep(
            Topic.FAILED, Urgency.NOW, f"Correct “{_short(newest.name)}”", newest.sentence, newest.segment_id
        )
    else:
        act = f"Correct {count:,} segments that failed"
        yield NextStep(Topic.FAILED_MANY, Urgency.NOW, act, f"The newest is “{newest.name}”: {newest.sentence}")


def _suspended(figures: OverviewFigures) -> Iterator[NextStep]:
    count = figures.by_code.get("schedule_suspended", 0)
    if count:
        act = "Resume 1 suspended schedule" if count == 1 else f"Resume {count:,} suspended schedules"
        why = "It failed five times in a row" if count == 1 else "They failed five times in a row"
        them = "it" if count == 1 else "them"
        yield NextStep(
            Topic.SUSPENDED, Urgency.NOW, act,
            f"{why}, so nothing calculates {them} by itself any more. Correct the cause first.",
        )  # fmt: skip


def _late(late: Sequence[LateDelivery]) -> Iterator[NextStep]:
    for source in (each for each in late[:2] if each.readers):
        silent = "has never delivered anything" if source.hours is None else f"is silent for {span(source.hours)}"
        readers = "1 active segment reads it" if source.readers == 1 else f"{source.readers:,} active segments read it"
        why = f"It {silent}; {span(source.allowed)} are usual. {readers}."
        yield NextStep(Topic.LATE_SOURCE, Urgency.SOON, f"Import “{_short(source.name)}”", why, source.data_source_id)


def _suspicious(figures: OverviewFigures) -> Iterator[NextStep]:
    """Results that must not be used as they are: nobody in them, or suddenly far more or fewer."""
    empty, drastic = figures.by_code.get("empty", 0), figures.by_code.get("check_failed", 0)
    why = "The criteria may ask for what no longer occurs, or the last import was incomplete. Look at both."
    if empty:
        yield NextStep(Topic.DO_NOT_USE, Urgency.SOON, f"Check {_segments(empty)} with nobody in them", why)
    if drastic:
        yield NextStep(Topic.DO_NOT_USE, Urgency.SOON, f"Check {_segments(drastic)} that changed drastically", why)


def _stale(figures: OverviewFigures, at_risk: Sequence[CampaignAtRisk]) -> Iterator[NextStep]:
    never = figures.by_code.get("never_calculated", 0) - figures.under_way
    if never > 0:
        why = "Until it is calculated, a segment has no members and nobody can use it."
        yield NextStep(Topic.NOT_CALCULATED, Urgency.SOON, f"Calculate {_segments(never)} for the first time", why)
    if figures.recalculable:
        pressing = figures.recalculable_forbidden or any(campaign.soon for campaign in at_risk)
        urgency = Urgency.SOON if pressing else Urgency.LATER
        why = "Criteria, data or other segments that they read have changed since, or too much time has passed."
        yield NextStep(Topic.STALE, urgency, f"Recalculate {_segments(figures.recalculable)}", why)


def _changed(changed: Sequence[ChangedSegment], figures: OverviewFigures) -> Iterator[NextStep]:
    if changed and figures.by_code.get("sudden_change", 0):
        most = changed[0]
        direction = "more" if most.change > 0 else "fewer"
        why = (
            f"{abs(most.change):,} contacts {direction} than in the result before, {abs(most.share):.0%}. "
            "Look at the criteria and the last imports."
        )
        yield NextStep(Topic.CHANGED, Urgency.SOON, f"Look at “{_short(most.name)}”", why, most.segment_id)


def _tidy(figures: OverviewFigures) -> Iterator[NextStep]:
    if figures.review_due:
        why = "The day their owners set for looking at them again has come."
        yield NextStep(Topic.REVIEW, Urgency.LATER, f"Review {_segments(figures.review_due)}", why)
    if figures.unused:
        why = "No campaign, no sequence and no other segment uses them; they are calculated all the same."
        yield NextStep(Topic.UNUSED, Urgency.LATER, f"Clean up {_segments(figures.unused, 'unused ')}", why)


def _segments(count: int, which: str = "") -> str:
    return f"1 {which}segment" if count == 1 else f"{count:,} {which}segments"
