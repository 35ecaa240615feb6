"""Automatic checks on made-up histories: the rhythm of the week raises no false alarm and hides no real drop."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest

from segment_engine.domain.automatic_checks import (
    DayCount,
    DroppedRows,
    LastFile,
    ResultFacts,
    asks_for_everyone,
    check_automatically,
    has_weekly_rhythm,
)
from segment_engine.domain.checks import CheckLevel, check_result
from segment_engine.domain.criteria import AllContacts, Attribute, Criteria, Group, GroupKind, Test

MONDAY = date(2026, 3, 2)
WEEK = (1000, 1020, 1010, 990, 1005, 420, 380)


def history(weeks: int, *, noise: float = 0.0, shape: tuple[int, ...] = WEEK, growth: float = 0.0) -> list[DayCount]:
    """Make up a history of whole weeks that ends on a Sunday; noise is a share of the count."""
    dice = random.Random(7)  # noqa: S311 - a made-up history
    first = MONDAY - timedelta(days=7 * weeks)
    return [
        DayCount(
            first + timedelta(days=place),
            round(shape[place % 7] * (1 + growth) ** (place / 7) * (1 + dice.uniform(-noise, noise))),
        )
        for place in range(7 * weeks)
    ]


def codes(count: int, days: list[DayCount], today: date = MONDAY) -> list[tuple[str, CheckLevel]]:
    """Check a count against a history of days."""
    facts = ResultFacts(count, [each.count for each in days], days, today)
    return [(each.code, each.level) for each in check_automatically(facts)]


@pytest.mark.parametrize(("noise", "growth"), [(0.0, 0.0), (0.04, 0.0), (0.03, 0.02)])
def test_a_weekly_rhythm_gives_no_false_alarm(noise: float, growth: float) -> None:
    """Every day of six weeks is judged by the weeks before it, and none is called sudden."""
    days = history(9, noise=noise, growth=growth)
    for place in range(21, len(days)):
        assert codes(days[place].count, days[:place], days[place].day) == [], days[place]


def test_the_rule_without_weekdays_would_raise_false_alarms() -> None:
    """The test above has teeth: from day to day the same calm weeks look sudden, every Saturday and Monday."""
    days = [each.count for each in history(9)]
    alarms = [place for place in range(21, len(days)) if check_result(days[place], days[:place])]
    assert {place % 7 for place in alarms} == {0, 5}


def test_a_real_drop_on_a_weekday_is_found() -> None:
    """A Monday as small as a Sunday is no change from the day before, and far from earlier Mondays."""
    days = history(6, noise=0.03)
    last = days[-1].count
    assert check_result(last, [each.count for each in days]) == ()
    assert codes(last, days) == [("sudden_change", CheckLevel.FAILED)]
    assert codes(700, days) == [("sudden_change", CheckLevel.WARNED)]
    (finding,) = check_automatically(ResultFacts(700, [], days, MONDAY))
    assert "fewer than on earlier Mondays" in finding.sentence


def test_one_holiday_does_not_set_the_measure() -> None:
    """After a holiday last Monday, this Monday is judged by the ones before, too."""
    days = history(6, noise=0.02)
    days[-7] = DayCount(days[-7].day, 100)
    assert codes(1000, days) == []


def test_without_a_rhythm_the_result_before_is_the_measure() -> None:
    """A steady or a restless segment, and one known for two weeks only, is judged from run to run as before."""
    steady = history(6, noise=0.02, shape=(1000,) * 7)
    assert not has_weekly_rhythm(steady)
    assert codes(700, steady) == [("sudden_change", CheckLevel.WARNED)]
    assert not has_weekly_rhythm(history(2))
    assert not has_weekly_rhythm([])
    assert has_weekly_rhythm(history(3))
    assert not has_weekly_rhythm([DayCount(each.day, 1000) for each in history(6)])


def test_everybody_is_said_unless_it_is_asked_for() -> None:
    """Criteria that leave nobody out are worth a look; “all contacts” and a handful of contacts are not."""
    found = check_automatically(ResultFacts(500, base=500))
    assert [(each.code, each.level) for each in found] == [("everyone", CheckLevel.WARNED)]
    assert "all 500 contacts" in found[0].sentence
    for fine in (
        ResultFacts(499, base=500),
        ResultFacts(500, base=500, asks_for_everyone=True),
        ResultFacts(50, base=50),
        ResultFacts(500),
    ):
        assert check_automatically(fine) == ()
    asked = Criteria(Group(GroupKind.ALL, (AllContacts(),)))
    other = Criteria(Group(GroupKind.ALL, (Attribute("contact.city", Test("is_set")),)))
    assert (asks_for_everyone(asked), asks_for_everyone(other)) == (True, False)


@pytest.mark.parametrize(
    ("before", "after", "found"), [(1000, 799, True), (1000, 800, False), (1000, 2000, False), (12, 3, False)]
)
def test_a_source_that_lost_rows_is_named(before: int, after: int, found: bool) -> None:  # noqa: FBT001 - a column of the table
    """More than a fifth of the rows gone at the last import, and at least ten of them, is worth a look."""
    findings = check_automatically(ResultFacts(5, sources=(DroppedRows("CRM", before, after),)))
    assert [each.code for each in findings] == (["source_dropped"] if found else [])
    if found:
        assert "“CRM”, which it reads, lost 201 of its 1,000 rows" in findings[0].sentence


@pytest.mark.parametrize(
    ("brought", "fewest", "before", "found"),
    [(799, 1000, 3, True), (800, 1000, 3, False), (0, 1000, 2, False), (3, 12, 10, False), (0, 10, 10, True)],
)
def test_a_file_shorter_than_all_before_it_is_named(brought: int, fewest: int, before: int, found: bool) -> None:  # noqa: FBT001 - a column of the table
    """Three files make a habit; what is within a fifth of the shortest of them, or a handful of rows, is none."""
    findings = check_automatically(ResultFacts(5, files=(LastFile("CRM", brought, fewest, before),)))
    assert [each.code for each in findings] == (["source_dropped"] if found else [])
