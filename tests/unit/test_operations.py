"""Causes of failures, groups of them, and the estimated wait: pure decisions, tried case by case."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from segment_engine.domain.failures import Remedy, cause_of, causes
from segment_engine.domain.operations import (
    FailedSegment,
    WaitingRun,
    failure_groups,
    in_order,
    shape_of,
)
from segment_engine.domain.pace import DAYS, RunDay, every_day
from segment_engine.domain.run import RunId, RunReason, RunStatus
from segment_engine.domain.segment import SegmentId
from segment_engine.errors import Conflict, CriteriaError, Incident, LimitExceeded, Unavailable

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("$.root.of[0]: There is no field “a.b”.", "$.root.of[1].of[2]: There is no field “a.b”.", True),
        ("There is no field “a.b”.", "There is no field “a.c”.", False),
        ("Tell an administrator the number 0a1b2c3d.", "Tell an administrator the number 9f8e7d6c.", True),
        ("It stopped after 30 seconds.", "It stopped after 31.5 seconds.", True),
        ("The segment “Top 10” is inactive.", "The segment “Top 20” is inactive.", False),
    ],
)
def test_a_cause_has_a_shape(one: str, other: str, *, alike: bool) -> None:
    """Places, numbers of incidents and counts do not part what has one cause; what is quoted does."""
    assert (shape_of(one) == shape_of(other)) is alike


def failed(name: str, error_class: str, sentence: str, hours: int) -> FailedSegment:
    """Make a segment that has been failing for some hours."""
    at = NOW - timedelta(hours=hours)
    return FailedSegment(SegmentId(UUID(int=hours)), name, error_class, sentence, NOW, at, 1, None, None)


def test_groups_stand_by_size_then_age() -> None:
    """The cause of most segments comes first; among equals the one that has lasted longest."""
    groups = failure_groups(
        [
            failed("late", "conflict", "Busy.", 1),
            failed("early", "unavailable", "Away.", 9),
            failed("one", "field_missing", "There is no field “x”.", 2),
            failed("two", "field_missing", "There is no field “x”.", 5),
        ]
    )
    assert [[segment.name for segment in group.segments] for group in groups] == [["two", "one"], ["early"], ["late"]]
    assert groups[0].since == NOW - timedelta(hours=5)


def test_every_class_a_run_can_fail_with_has_a_cause() -> None:
    """What workers write as the class of an error is known here, with who can act; anything else is unexpected."""
    known = {cause.code for cause in causes()}
    assert {error.code for error in (Conflict, CriteriaError, Incident, LimitExceeded, Unavailable)} <= known
    assert {"field_missing", "reference_missing", "reference_inactive", "worker_lost"} <= known
    strange = cause_of("something_new")
    assert (strange.code, strange.remedy) == ("something_new", Remedy.ADMINISTRATOR)


def waiting(name: str, usual: float | None) -> WaitingRun:
    """Make a run that waits."""
    return WaitingRun(
        RunId(UUID(int=1)), SegmentId(UUID(int=2)), name, RunStatus.QUEUED, RunReason.REQUESTED, None, NOW, 5.0, None,
        None, None, None, 0, None, None, usual,
    )  # fmt: skip


def test_a_run_that_works_holds_its_worker_for_the_rest_of_its_time() -> None:
    """Of ten usual seconds four have passed, so the next begins in six; what takes longer may end at any moment."""
    works = replace(waiting("works", 10.0), status=RunStatus.PROCESSING, working_seconds=4.0)
    assert [run.starts_in for run in in_order([works, waiting("next", 1.0)], workers=1)] == [None, 6.0]
    works = replace(works, working_seconds=40.0)
    assert [run.starts_in for run in in_order([works, waiting("next", 1.0)], workers=1)] == [None, 0.0]


def test_nothing_is_estimated_from_nothing() -> None:
    """Without workers, and behind a run of which nobody knows how long it takes, no time is promised."""
    assert [run.starts_in for run in in_order([waiting("a", 1.0)], workers=0)] == [None]
    runs = [waiting("known", 2.0), waiting("unknown", None), waiting("behind it", 2.0)]
    assert [run.starts_in for run in in_order(runs, workers=1)] == [0.0, 2.0, None]


def test_a_run_that_may_not_begin_yet_waits_for_its_time() -> None:
    """Asked for 5 seconds ago and not before 20 seconds after that: 15 are left, though a worker is free."""
    later = replace(waiting("later", 1.0), not_before=NOW + timedelta(seconds=20))
    assert [run.starts_in for run in in_order([later], workers=1)] == [15.0]


def test_days_without_runs_are_there() -> None:
    """A chart shows the gaps: thirty days, the last of them today."""
    today = date(2026, 3, 2)
    found = every_day([RunDay(date(2026, 2, 28), succeeded=3)], today)
    assert (len(found), found[0].day, found[-1].day) == (DAYS, date(2026, 2, 1), today)
    assert [day.runs for day in found if day.runs] == [3]
