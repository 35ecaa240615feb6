"""What to do next is chosen by one pure function: at most seven steps, what goes wrong soon before what can wait."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import product
from uuid import UUID, uuid5

import pytest

from segment_engine.domain.campaign import CampaignId, CampaignKind, CampaignState, Part
from segment_engine.domain.next_steps import MOST_STEPS, Situation, Topic, Urgency, next_steps, when_it_starts
from segment_engine.domain.overview import (
    CampaignAtRisk,
    ChangedSegment,
    JudgedGroup,
    LateDelivery,
    OverviewFigures,
    RecentFailure,
    SegmentAtRisk,
    Waiting,
    figures_of,
)
from segment_engine.domain.readiness import Facts, Readiness, standing_of
from segment_engine.domain.segment import SegmentId, SegmentState, SegmentStatus

SPACE = UUID(int=7)
WHEN = datetime(2026, 3, 1, tzinfo=UTC)
READY = OverviewFigures(
    {SegmentState.ACTIVE: 20}, {Readiness.READY: 20}, {SegmentStatus.SUCCESS: 20}, has_contacts=True
)  # fmt: skip


def campaign(
    name: str, code: str, *, days: int | None, state: CampaignState = CampaignState.SCHEDULED
) -> CampaignAtRisk:
    """Plan a campaign on a segment with one reason against it."""
    facts = Facts((code,), member_count=0, hours=300.0, decisions=1)
    segment = SegmentAtRisk(SegmentId(uuid5(SPACE, "s")), "Buyers", Part.INCLUDED, standing_of(facts))
    starts_on = None if days is None else date(2026, 3, 10)
    key = CampaignId(uuid5(SPACE, name))
    return CampaignAtRisk(key, name, CampaignKind.CAMPAIGN, state, starts_on, days, (segment,))


EVERYTHING = Situation(
    replace(
        READY, by_status={SegmentStatus.FAILED: 2}, unused=3, review_due=1, stale=9, recalculable=8,
        recalculable_forbidden=1,
        by_code={"empty": 1, "check_failed": 2, "sudden_change": 1, "never_calculated": 4, "last_run_failed": 2},
    ),
    at_risk=(campaign("Spring", "too_old", days=2), campaign("Summer", "stale_age", days=5)),
    failed=(RecentFailure(SegmentId(uuid5(SPACE, "f")), "Broken", WHEN, "There is no such field. Edit it.", 5),),
    changed=(ChangedSegment(SegmentId(uuid5(SPACE, "c")), "Wobbly", 150, 100, WHEN),),
    late=(LateDelivery(uuid5(SPACE, "l"), "Shop", WHEN, 50.0, 24, 12),),
    waiting=Waiting(3600.0, 0),
)  # fmt: skip


def test_nothing_to_do_is_possible() -> None:
    """Where everything is ready, nothing is made up."""
    assert next_steps(Situation(READY)) == ()


def test_the_most_urgent_comes_first() -> None:
    """A campaign that starts soon on a segment that must not be used comes before everything, cleaning up last."""
    steps = next_steps(EVERYTHING)
    assert [step.topic for step in steps] == [
        Topic.CAMPAIGN, Topic.WORKER, Topic.FAILED_MANY, Topic.LATE_SOURCE, Topic.DO_NOT_USE, Topic.DO_NOT_USE,
        Topic.NOT_CALCULATED,
    ]  # fmt: skip
    assert (steps[0].act, steps[0].subject_id) == ("Stop or correct “Spring”", uuid5(SPACE, "Spring"))
    assert steps[0].why.startswith("The campaign starts in 2 days on “Buyers”. Calculated ")
    assert steps[1].why == "No worker computes, and the oldest calculation has waited for 1 hour."
    assert steps[2].act == "Correct 2 segments that failed"
    assert steps[3].why == "It is silent for 2 days; 24 hours are usual. 12 active segments read it."


@pytest.mark.parametrize("everything", [True, False])
@pytest.mark.parametrize("counts", list(product((0, 3), repeat=3)))
def test_there_are_never_more_than_seven(counts: tuple[int, int, int], *, everything: bool) -> None:
    """A list that is longer is no list of what comes next; urgency never falls back, and every step has a reason."""
    unused, review_due, recalculable = counts
    figures = replace(EVERYTHING.figures, unused=unused, review_due=review_due, recalculable=recalculable)
    situation = replace(EVERYTHING if everything else Situation(READY), figures=figures)
    steps = next_steps(situation)
    order = list(Urgency)
    assert len(steps) <= MOST_STEPS
    assert [order.index(step.urgency) for step in steps] == sorted(order.index(step.urgency) for step in steps)
    assert all(step.why.endswith(".") and step.act for step in steps)


@pytest.mark.parametrize(
    ("change", "topic", "act"),
    [
        ({"unused": 1}, Topic.UNUSED, "Clean up 1 unused segment"),
        ({"unused": 1200}, Topic.UNUSED, "Clean up 1,200 unused segments"),
        ({"review_due": 2}, Topic.REVIEW, "Review 2 segments"),
        ({"recalculable": 3}, Topic.STALE, "Recalculate 3 segments"),
        ({"by_code": {"never_calculated": 1}}, Topic.NOT_CALCULATED, "Calculate 1 segment for the first time"),
        ({"by_code": {"schedule_suspended": 1}}, Topic.SUSPENDED, "Resume 1 suspended schedule"),
        ({"by_code": {"schedule_suspended": 4}}, Topic.SUSPENDED, "Resume 4 suspended schedules"),
        ({"by_code": {"empty": 1}}, Topic.DO_NOT_USE, "Check 1 segment with nobody in them"),
    ],
)
def test_each_figure_leads_to_a_step(change: dict[str, int], topic: Topic, act: str) -> None:
    """Whatever is counted as wrong has a step that says what to do about it."""
    (step,) = next_steps(Situation(replace(READY, **change)))  # pyright: ignore[reportArgumentType] -- the table names fields
    assert (step.topic, step.act) == (topic, act)


def test_what_is_under_way_is_not_asked_for_again() -> None:
    """A first calculation that waits needs nobody; with a worker that lives, waiting is no step either."""
    waiting = replace(READY, by_code={"never_calculated": 2}, by_status={SegmentStatus.QUEUED: 2})
    assert next_steps(Situation(waiting, waiting=Waiting(4000.0, 1))) == ()
    assert [step.topic for step in next_steps(Situation(waiting, waiting=Waiting(4000.0, 0)))] == [Topic.WORKER]
    assert next_steps(Situation(waiting, waiting=Waiting(20.0, 0))) == ()


def test_many_campaigns_do_not_crowd_everything_else_out() -> None:
    """Two are named, the others share one step; those to be used with care share one as well."""
    wrong = tuple(campaign(f"Wrong {number}", "empty", days=number) for number in range(5))
    careful = tuple(campaign(f"Careful {number}", "stale_age", days=number) for number in range(2))
    steps = next_steps(Situation(READY, at_risk=(*wrong, *careful)))
    assert [step.act for step in steps] == [
        "Stop or correct “Wrong 0”", "Stop or correct “Wrong 1”", "Stop or correct 3 more campaigns on such segments",
        "Look at 2 campaigns to be used with care",
    ]  # fmt: skip
    assert steps[-1].why == "“Careful 0” starts today, “Careful 1” starts tomorrow."


def test_a_draft_without_a_day_can_wait() -> None:
    """Only what runs or starts within a week is a step; the list of campaigns at risk shows the rest."""
    far = (campaign("Far", "empty", days=30), campaign("Some day", "empty", days=None, state=CampaignState.DRAFT))
    assert next_steps(Situation(READY, at_risk=far)) == ()
    running = campaign("Now", "empty", days=-40, state=CampaignState.RUNNING)
    assert next_steps(Situation(READY, at_risk=(running,)))[0].why.startswith("The campaign is running on")


@pytest.mark.parametrize(
    ("days", "words"),
    [(-1, "should have started 1 day ago"), (0, "starts today"), (1, "starts tomorrow"), (None, "has no day yet")],
)
def test_a_start_is_said_as_people_say_it(days: int | None, words: str) -> None:
    """Nobody counts days to tomorrow."""
    assert when_it_starts(campaign("Spring", "empty", days=days)) == words


def test_the_first_steps_of_an_empty_organization() -> None:
    """Contacts come before segments."""
    assert next_steps(Situation(OverviewFigures()))[0].topic is Topic.IMPORT_CONTACTS
    assert next_steps(Situation(OverviewFigures(has_contacts=True)))[0].topic is Topic.CREATE_SEGMENT


def test_groups_add_up() -> None:
    """Every active segment counts once in its readiness and status, and once for each of its reasons."""
    groups = (
        JudgedGroup(SegmentState.ACTIVE, SegmentStatus.SUCCESS, Readiness.READY, (), 5),
        JudgedGroup(SegmentState.ACTIVE, SegmentStatus.FAILED, Readiness.DO_NOT_USE, ("last_run_failed", "too_old"), 2),
        JudgedGroup(SegmentState.ACTIVE, SegmentStatus.SUCCESS, Readiness.DO_NOT_USE, ("too_old", "stale_source"), 3),
        JudgedGroup(SegmentState.ACTIVE, SegmentStatus.SUCCESS, Readiness.USE_WITH_CARE, ("source_late",), 4),
        JudgedGroup(SegmentState.ACTIVE, SegmentStatus.SUCCESS, Readiness.USE_WITH_CARE, ("time_passed",), 1),
        JudgedGroup(SegmentState.ARCHIVED, SegmentStatus.SUCCESS, Readiness.DO_NOT_USE, ("not_active",), 9),
    )
    figures = figures_of(groups, unused=0, review_due=0, has_contacts=True, last_calculated_at=WHEN)
    assert (figures.active, figures.total, sum(figures.by_readiness.values())) == (15, 15, 15)
    counted = {"last_run_failed": 2, "too_old": 5, "stale_source": 3, "source_late": 4, "time_passed": 1}
    assert figures.by_code == counted
    assert (figures.stale, figures.recalculable, figures.recalculable_forbidden) == (10, 4, 3)
