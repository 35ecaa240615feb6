"""Sets of numbers, checked number by number, and bounds in time, checked moment by moment."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import product
from random import Random

import pytest

from segment_engine.domain.criteria import (
    BetweenAgo,
    Calendar,
    DayMoment,
    InPeriod,
    InstantMoment,
    NowMoment,
    Span,
    TodayMoment,
    Unit,
    Value,
)
from segment_engine.domain.lint.edges import Edge, TimeLine
from segment_engine.domain.lint.ranges import EVERYTHING, NOTHING, Ranges, points, span
from tests.language_catalog import AS_OF

_LINE = range(-8, 9)
_ENDS = (None, -5, -1, 0, 1, 4)
_SETS = (
    *(span(lo, hi) for lo, hi in product(_ENDS, _ENDS)),
    *(points(Random(seed).sample(range(-6, 7), 4)) for seed in range(8)),  # noqa: S311 - repeatable, no secret
)


def _members(ranges: Ranges) -> set[int]:
    return {number for number in _LINE if number in ranges}


@pytest.mark.parametrize("one", _SETS, ids=str)
def test_sets_of_numbers_are_what_they_say(one: Ranges) -> None:
    """Both and opposite agree with every single number, twice the opposite is the set, and ends are its ends."""
    assert _members(one.opposite()) == set(_LINE) - _members(one)
    assert one.opposite().opposite() == one
    assert one.both(one.opposite()).is_empty
    for other in _SETS:
        assert _members(one.both(other)) == _members(one) & _members(other)
    if not one.is_empty and one.lowest is not None and one.highest is not None:
        assert (one.lowest, one.highest) == (min(_members(one)), max(_members(one)))


def test_the_whole_line_and_nothing() -> None:
    """The two ends of the algebra."""
    assert EVERYTHING.opposite() == NOTHING
    assert NOTHING.opposite() == EVERYTHING
    assert span(3, 3) == NOTHING == points(())
    assert points((1, 2, 3, 5)) == Ranges(((1, 4), (5, 6)))


# Time ------------------------------------------------------------------------------------------------------------

_ZONES = ("UTC", "Europe/Amsterdam", "America/St_Johns", "Pacific/Apia")
_DAYS: tuple[tuple[str, Value], ...] = (
    *(("in_last", Span(n, unit)) for n, unit in ((1, Unit.DAY), (7, Unit.DAY), (1, Unit.WEEK), (30, Unit.DAY))),
    *(("in_last", Span(n, unit)) for n, unit in ((1, Unit.MONTH), (2, Unit.MONTH), (1, Unit.QUARTER), (1, Unit.YEAR))),
    ("in_next", Span(1, Unit.MONTH)),
    ("more_than_ahead", Span(31, Unit.DAY)),
    ("more_than_ago", Span(366, Unit.DAY)),
    ("between_ago", BetweenAgo(60, 30, Unit.DAY)),
    *(("in_period", InPeriod(unit, offset)) for unit in (Unit.DAY, Unit.WEEK, Unit.MONTH) for offset in (-1, 0, 1)),
    ("in_period", InPeriod(Unit.FISCAL_YEAR, 0)),
    *(("on", TodayMoment(n, unit)) for n, unit in ((-30, Unit.DAY), (0, Unit.DAY), (1, Unit.MONTH))),
    ("on", DayMoment(date(2026, 4, 1))),
    ("on", DayMoment(date(2026, 3, 1))),
)
_INSTANTS: tuple[tuple[str, Value], ...] = (
    *_DAYS,
    ("in_last", Span(24, Unit.HOUR)),
    ("in_last", Span(90, Unit.MINUTE)),
    ("after", NowMoment(-1, Unit.DAY)),
    ("before", NowMoment(0, Unit.DAY)),
    ("before", InstantMoment("2026-04-01T12:00:00Z")),
)


def _edges(line: TimeLine, asked: tuple[tuple[str, Value], ...]) -> list[Edge]:
    stretches = [line.of_operator(op, value) for op, value in asked]
    return [edge for each in stretches for edge in (each.lo, each.hi) if edge is not None] + [line.so_far()]


def _later() -> list[datetime]:
    rng = Random(3)  # noqa: S311 - repeatable, no secret
    drawn = [AS_OF + timedelta(minutes=rng.randrange(3 * 366 * 24 * 60)) for _ in range(60)]
    return [AS_OF, AS_OF + timedelta(microseconds=1), datetime.fromisoformat("2026-10-25T00:30:00Z"), *drawn]


@pytest.mark.parametrize("zone", _ZONES)
@pytest.mark.parametrize("dates", [False, True], ids=["instants", "dates"])
def test_a_bound_that_is_never_before_another_never_is(zone: str, dates: bool) -> None:  # noqa: FBT001 - a parameter
    """What is claimed as of one moment holds as of every later one, across clock changes and short months."""
    asked, calendar = (_DAYS if dates else _INSTANTS), Calendar(zone)
    now = _edges(TimeLine(AS_OF, calendar, dates=dates), asked)
    claims = [(i, j) for i, one in enumerate(now) for j, other in enumerate(now) if one.never_before(other)]
    assert len(claims) > len(now) * 5  # not only of itself
    for moment in _later():
        then = _edges(TimeLine(moment, calendar, dates=dates), asked)
        assert [(i, j) for i, j in claims if then[i].at < then[j].at] == [], moment
