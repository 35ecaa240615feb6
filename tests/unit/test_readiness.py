"""Readiness is one table and one function: every code has a sentence, and the worst reason decides."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segment_engine.domain.checks import CheckFinding, CheckLevel
from segment_engine.domain.read_segments import ReadSegments
from segment_engine.domain.readiness import (
    CODES,
    Axis,
    Facts,
    Freshness,
    LateSource,
    Readiness,
    Reason,
    forbidding,
    span,
    standing_of,
)

FACTS = Facts(
    (), state="inactive", version=3, published_version=2, member_count=0, previous_member_count=1200, hours=72.0,
    failure="The statement took longer than allowed. Narrow the criteria.", imported_sources=("Shop",),
    late_sources=(LateSource("Shop", 50.0, 24),),
    reads=ReadSegments(("Buyers",), ("Visitors",), ("Old", "Older"), ("Buyers", "Late"), ("Slow", "Slower")),
    decisions=2, suspended="5 calculations in a row failed.",
    findings=(
        CheckFinding("sudden_change", CheckLevel.WARNED, "Many more than usual. Look at it."),
        CheckFinding("sudden_change", CheckLevel.FAILED, "Nearly all are gone. Look at it."),
        CheckFinding("everyone", CheckLevel.WARNED, "All of them. Look at it."),
        CheckFinding("source_dropped", CheckLevel.WARNED, "Rows are gone. Look at it."),
        CheckFinding("assertion", CheckLevel.WARNED, "Too few. Look at it.", "id:1"),
    ),
)  # fmt: skip


def reason(code: str, **changes: object) -> Reason:
    """Give the only reason of a segment with one code."""
    (found,) = standing_of(replace(FACTS, codes=(code,), **changes)).reasons  # pyright: ignore[reportArgumentType] -- the tests below name fields
    return found


SENTENCES = {
    "not_active": "It is inactive, so campaigns and sequences cannot choose it. Activate it to use it.",
    "never_calculated": "It was never calculated, so it has no members yet. Recalculate it.",
    "last_run_failed": "The last calculation failed: The statement took longer than allowed. Narrow the criteria.",
    "stale_criteria": "The criteria are version 3, the members those of version 2. Recalculate it.",
    "stale_dependency": (
        "“Buyers”, which it reads, was edited or changed since. “Visitors”, which it reads, failed. Correct that "
        "first. “Old” and “Older”, which it reads, are not active. Activate it, or take it out of the criteria. "
        "“Late”, which it reads, is out of date itself; calculate that first. Recalculate it."
    ),
    "too_old": "Calculated 3 days ago; at most 7 days are allowed. Recalculate it.",
    "check_failed": "Nearly all are gone. Look at it.",
    "empty": "The last run found no contact; the run before found 1,200. Check the criteria and the last imports.",
    "schedule_suspended": (
        "Its schedule is suspended. 5 calculations in a row failed. Correct the cause, then resume the schedule."
    ),
    "stale_source": "“Shop” was imported after the members were calculated. Recalculate it.",
    "source_late": (
        "“Shop” has delivered nothing for 2 days, and at most 24 hours are usual. "
        "Import it, or ask whoever delivers it."
    ),
    "dependency_behind": (
        "“Slow” and “Slower”, which it reads, are not up to date themselves. Look at their reasons, and calculate what "
        "it reads first."
    ),
    "changed_by_hand": (
        "2 contacts were put in or taken out by hand since the calculation, or no longer are. Recalculate it."
    ),
    "stale_age": "Calculated 3 days ago; at most 26 hours are allowed. Recalculate it.",
    "time_passed": (
        "Who belongs to it changes by time alone, and has since the calculation 3 days ago. Recalculate it."
    ),
    "sudden_change": "Many more than usual. Look at it.",
    "everyone": "All of them. Look at it.",
    "source_dropped": "Rows are gone. Look at it.",
    "check_warned": "Too few. Look at it.",
}


@pytest.mark.parametrize("code", list(CODES))
def test_every_code_has_a_sentence_with_its_figures(code: str) -> None:
    """A person reads what is the matter, in figures, and what to do about it."""
    found = reason(code)
    assert (found.code, found.axis, found.readiness) == (code, *CODES[code])
    assert found.sentence == SENTENCES[code]


@given(codes=st.sets(st.sampled_from(list(CODES))))
def test_the_worst_reason_decides(codes: set[str]) -> None:
    """Ready exactly without a reason; else as bad as the worst, which stands first; each reason once."""
    standing = standing_of(replace(FACTS, codes=tuple(codes)))
    assert (standing.readiness is Readiness.READY) == (not standing.reasons)
    order = list(Readiness)
    assert standing.readiness is max((each.readiness for each in standing.reasons), key=order.index, default=order[0])
    assert [each.code for each in standing.reasons] == [code for code in CODES if code in codes]
    assert standing.reasons[:1] == tuple(each for each in standing.reasons if each.readiness is standing.readiness)[:1]
    assert sum(len(standing.of(axis)) for axis in Axis) == len(codes)
    assert all(each.sentence.endswith(".") for each in standing.reasons)


@pytest.mark.parametrize(
    ("codes", "freshness"),
    [
        ((), Freshness.FRESH),
        (("last_run_failed", "sudden_change"), Freshness.FRESH),
        (("stale_age",), Freshness.STALE_AGE),
        (("too_old",), Freshness.STALE_AGE),
        (("too_old", "source_late"), Freshness.STALE_SOURCE),
        (("changed_by_hand",), Freshness.STALE_SOURCE),
        (("stale_source", "dependency_behind"), Freshness.STALE_DEPENDENCY),
        (("stale_source", "stale_dependency"), Freshness.STALE_DEPENDENCY),
        (("stale_criteria", "stale_dependency", "too_old"), Freshness.STALE_CRITERIA),
    ],
)
def test_freshness_is_the_worst_that_applies(codes: tuple[str, ...], freshness: Freshness) -> None:
    """Of several things that make members stale, the one that matters most is shown."""
    assert standing_of(replace(FACTS, codes=codes)).freshness is freshness


def test_a_calculation_under_way_is_the_next_step() -> None:
    """Whoever is told to recalculate what is being calculated already would only wait twice."""
    assert reason("stale_criteria", status="queued").sentence.endswith("A calculation is under way; wait for its end.")
    assert reason("never_calculated", status="processing").sentence == (
        "It was never calculated, so it has no members yet. A calculation is under way; wait for its end."
    )
    assert "no calculation has succeeded" in reason("never_calculated", status="failed").sentence
    assert "under way" in reason("last_run_failed", status="queued").sentence


def test_ages_never_contradict_their_limits() -> None:
    """Where age and limit read alike, the sentence says that it is over; a result as of an earlier day says so."""
    assert reason("stale_age", hours=26.2).sentence.startswith("Calculated over 26 hours ago; at most 26 hours")
    assert reason("stale_age", hours=30.0, hours_back=24.0).sentence.startswith("Calculated as of 30 hours ago")


def test_sources_and_segments_are_named_but_not_listed_without_end() -> None:
    """Three names help; thirty are noise."""
    names = tuple("ABCDE")
    assert reason("stale_source", imported_sources=names).sentence.startswith("“A”, “B”, “C” and 2 more were imported")
    late = tuple(LateSource(name, None, 24) for name in names)
    assert "“C” has never delivered anything; 2 more are late." in reason("source_late", late_sources=late).sentence


@pytest.mark.parametrize(
    ("hours", "words"), [(0.0, "1 minute"), (0.5, "30 minutes"), (1.0, "1 hour"), (47, "47 hours"), (48, "2 days")]
)
def test_stretches_of_time_are_said_as_people_say_them(hours: float, words: str) -> None:
    """Nobody counts 72 hours."""
    assert span(hours) == words


def test_the_codes_that_forbid_are_those_of_the_table() -> None:
    """SQL is told which codes forbid, so that a filter and a badge cannot disagree (T80)."""
    assert {CODES[code][1] for code in forbidding()} == {Readiness.DO_NOT_USE}
    assert {CODES[code][1] for code in CODES if code not in forbidding()} == {Readiness.USE_WITH_CARE}
