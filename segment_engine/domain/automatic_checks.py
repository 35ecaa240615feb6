"""The checks every result gets without anybody setting them up; docs/checks.md has their rules side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import fmean, median

from segment_engine.domain.checks import (
    DRASTIC_SHARE,
    DRASTIC_TIMES,
    SMALLEST_NUMBER,
    SMALLEST_SHARE,
    TIMES_USUAL,
    CheckFinding,
    CheckLevel,
    check_result,
)
from segment_engine.domain.criteria import AllContacts, Criteria
from segment_engine.domain.explanation.needs import leaves

# Below so many contacts it is nothing unusual that criteria hold for all of them.
SMALLEST_BASE = 100
# A source that lost more than this share of its rows, and at least so many, may have been imported incompletely.
DROPPED_SHARE = 0.2
FEWEST_DROPPED = 10
# The same measure for a file that brought too few, against the shortest of the files before it.
FILES_REMEMBERED = 10
FEWEST_FILES = 3
# A weekly rhythm: known over three weeks, and half as restless from week to week as from day to day.
DAYS_REMEMBERED = 63
FEWEST_WEEKS = 3
RHYTHM_SHARE = 0.5
WEEKS_COMPARED = 4
FEWEST_COMPARED = 2
_WEEK = timedelta(days=7)
_CODES = ("empty", "everyone", "sudden_change", "source_dropped")


@dataclass(frozen=True, slots=True)
class DayCount:
    """The count of a day that is over, nearest to the time of day of the result that is checked.

    Units: contacts; the day is that of the criteria's time zone.
    """

    day: date
    count: int


@dataclass(frozen=True, slots=True)
class DroppedRows:
    """How many rows a source had before its last import, and after it."""

    source: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class LastFile:
    """How many rows the last file of one kind brought, and the fewest of those `before` it. Units: rows, files."""

    source: str
    brought: int
    fewest: int
    before: int


@dataclass(frozen=True, slots=True)
class ResultFacts:
    """What the automatic checks look at.

    Shape: `earlier` are the counts of the results before with the same criteria, oldest first, and `days` one of
        each day, oldest first. `base` is how many contacts there are, None where that cannot matter. `sources` are
        those that are read, with the rows they had before and after their last import, and `files` what they brought.
    """

    count: int
    earlier: Sequence[int] = ()
    days: Sequence[DayCount] = ()
    today: date | None = None
    base: int | None = None
    asks_for_everyone: bool = False
    sources: Sequence[DroppedRows] = ()
    files: Sequence[LastFile] = ()


def automatic_codes() -> tuple[str, ...]:
    """List the codes of what the automatic checks may find."""
    return _CODES


def asks_for_everyone(criteria: Criteria) -> bool:
    """Tell whether criteria say in so many words that everybody is meant."""
    return any(isinstance(leaf, AllContacts) for _, leaf in leaves(criteria.root))


def check_automatically(facts: ResultFacts) -> tuple[CheckFinding, ...]:
    """Check a new result by everything that needs nobody to set it up.

    Source: docs/checks.md, Automatic checks.
    """
    rhythm = None if facts.today is None or not facts.count else _by_weekday(facts.count, facts.days, facts.today)
    sudden = check_result(facts.count, facts.earlier) if rhythm is None else rhythm
    return (*sudden, *_everyone(facts), *_dropped(facts.sources), *_short(facts.files))


def _everyone(facts: ResultFacts) -> tuple[CheckFinding, ...]:
    if facts.base is None or facts.base < SMALLEST_BASE or facts.count < facts.base or facts.asks_for_everyone:
        return ()
    sentence = (
        f"The result is everybody: all {facts.base:,} contacts. The criteria leave nobody out; check whether they say "
        "what is meant."
    )
    return (CheckFinding("everyone", CheckLevel.WARNED, sentence),)


def _dropped(sources: Sequence[DroppedRows]) -> tuple[CheckFinding, ...]:
    return tuple(
        CheckFinding(
            "source_dropped", CheckLevel.WARNED,
            f"“{each.source}”, which it reads, lost {each.before - each.after:,} of its {each.before:,} rows at its "
            "last import. Check whether that import was complete, then recalculate.",
        )
        for each in sources
        if each.before - each.after >= FEWEST_DROPPED and each.after < each.before * (1 - DROPPED_SHARE)
    )  # fmt: skip


def _short(files: Sequence[LastFile]) -> tuple[CheckFinding, ...]:
    """Find files that brought far fewer rows than any before: imports take nothing away, so no row is missing yet."""
    return tuple(
        CheckFinding(
            "source_dropped", CheckLevel.WARNED,
            f"“{each.source}”, which it reads, delivered {each.brought:,} rows at its last import, and never "
            f"fewer than {each.fewest:,} at the {each.before} before. Check whether that file was complete, then "
            "recalculate.",
        )
        for each in files
        if each.before >= FEWEST_FILES and each.fewest - each.brought >= FEWEST_DROPPED
        and each.brought < each.fewest * (1 - DROPPED_SHARE)
    )  # fmt: skip


# The rhythm of the week ----------------------------------------------------------------------------------------------


def has_weekly_rhythm(days: Sequence[DayCount]) -> bool:
    """Tell whether counts follow the days of the week: the same weekday predicts far better than the day before.

    Shape: over at least three weeks, the mean absolute change from one weekday to the next of its kind is at most half
        the mean absolute change from day to day.
    Source: the two means are the scales of the naive and the seasonal naive forecast in Hyndman and Koehler, Another
        look at measures of forecast accuracy, International Journal of Forecasting 22 (2006).
    """
    known = {each.day: each.count for each in days}
    daily = [_relative(known[day - timedelta(days=1)], count) for day, count in known.items() if _follows(day, known)]
    weekly = [_relative(known[day - _WEEK], count) for day, count in known.items() if day - _WEEK in known]
    if len(weekly) < (FEWEST_WEEKS - 1) * 7 or not daily:
        return False
    moving = fmean(daily)
    return moving > 0 and fmean(weekly) <= RHYTHM_SHARE * moving


def _follows(day: date, known: dict[date, int]) -> bool:
    return day - timedelta(days=1) in known


def _by_weekday(count: int, days: Sequence[DayCount], today: date) -> tuple[CheckFinding, ...] | None:
    """Compare with the same weekday's past; None without a weekly rhythm.

    Shape: expected is the median of the last four counts of this weekday, so that one holiday does not set the
        measure. The rule and its limits are those of `sudden_change`, with the distance from what was expected in place
        of the change since the result before.
    """
    if not has_weekly_rhythm(days):
        return None
    known = {each.day: each.count for each in days if each.day < today}
    expected = _expected(known, today)
    if expected is None:
        return None
    missed = [_relative(before, there) for day, there in known.items() if (before := _expected(known, day)) is not None]
    usual = median(missed) if missed else 0.0
    change = _relative(expected, count)
    if abs(count - expected) < SMALLEST_NUMBER or change <= max(SMALLEST_SHARE, TIMES_USUAL * usual):
        return ()
    drastic = change >= DRASTIC_SHARE and change > DRASTIC_TIMES * usual
    sentence = (
        f"{abs(count - expected):,.0f} contacts {'fewer' if count < expected else 'more'} than on earlier "
        f"{today:%A}s ({expected:,.0f}, now {count:,}): {change:.0%}, where {usual:.1%} is usual. Look at the last "
        "imports and the criteria before you use it."
    )
    return (CheckFinding("sudden_change", CheckLevel.FAILED if drastic else CheckLevel.WARNED, sentence),)


def _expected(known: dict[date, int], day: date) -> float | None:
    """Give the median of the last counts of the same weekday before a day."""
    places = (day - week * _WEEK for week in range(1, WEEKS_COMPARED + 1))
    found = [known[each] for each in places if each in known]
    return median(found) if len(found) >= FEWEST_COMPARED else None


def _relative(before: float, after: float) -> float:
    return abs(after - before) / max(before, 1)
