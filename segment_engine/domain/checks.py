"""Checks of a result by itself: nobody in it, or far more or fewer contacts than its own past lets one expect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from statistics import median

from segment_engine.domain.stored import StoredWord

MOST_EARLIER = 30
FEWEST_EARLIER = 5
# Below these nobody would call a change sudden, however calm the past was: a tenth, and 10 contacts.
SMALLEST_SHARE = 0.1
SMALLEST_NUMBER = 10
TIMES_USUAL = 5.0
# A result that lost or gained this much, and ten times what is usual, is not used before somebody has looked.
DRASTIC_SHARE = 0.5
DRASTIC_TIMES = 10.0


class Checks(StoredWord):
    """What was found when the published result was checked."""

    NONE = "none"
    PASSED = "passed"
    WARNED = "warned"
    FAILED = "failed"


class CheckLevel(StrEnum):
    """How bad a finding is: worth a look, or a reason not to use the result."""

    WARNED = "warned"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class CheckFinding:
    """One thing found in a result, with a stable code and a sentence with a next step.

    Shape: `assertion` names the check a person set up, as its id and revision; it is empty for automatic ones.
    """

    code: str
    level: CheckLevel
    sentence: str
    assertion: str = ""


def check_result(count: int, earlier: Sequence[int]) -> tuple[CheckFinding, ...]:
    """Check a new count of members against the counts of earlier results of the same criteria, oldest first.

    Shape: `empty` (failed) when there is nobody. `sudden_change` when |count - last| / max(last, 1) exceeds
        max(0.1, 5 m), where m is the median of the absolute relative changes between neighbors among the last 30
        earlier counts; from 5 earlier results on, and from 10 contacts on. It fails from half on and above 10 m.
    Source: the median of absolute changes is not moved by a few outliers, as is the median absolute deviation of
        Hampel, The influence curve and its role in robust estimation, JASA 69 (1974); five times it is about 3.4
        standard deviations of normal noise, which one run in 1,500 passes by chance.
    """
    if count == 0:
        had = f" The result before had {earlier[-1]:,}." if earlier and earlier[-1] else ""
        sentence = f"Nobody is in the result.{had} Check the criteria and the last imports."
        return (CheckFinding("empty", CheckLevel.FAILED, sentence),)
    known = list(earlier[-MOST_EARLIER:])
    if len(known) < FEWEST_EARLIER:
        return ()
    usual = usual_change(known)
    change = _relative(known[-1], count)
    if abs(count - known[-1]) < SMALLEST_NUMBER or change <= max(SMALLEST_SHARE, TIMES_USUAL * usual):
        return ()
    drastic = change >= DRASTIC_SHARE and change > DRASTIC_TIMES * usual
    level = CheckLevel.FAILED if drastic else CheckLevel.WARNED
    return (CheckFinding("sudden_change", level, _sentence(known[-1], count, change, usual)),)


def usual_change(counts: Sequence[int]) -> float:
    """Give the median of the absolute relative changes from each count to the next. Units: a share, 0.1 is 10 %."""
    changes = [_relative(before, after) for before, after in pairwise(counts)]
    return median(changes) if changes else 0.0


def summed_up(findings: Sequence[CheckFinding]) -> Checks:
    """Sum a checked result up by its worst finding."""
    levels = {finding.level for finding in findings}
    if CheckLevel.FAILED in levels:
        return Checks.FAILED
    return Checks.WARNED if levels else Checks.PASSED


def _relative(before: int, after: int) -> float:
    return abs(after - before) / max(before, 1)


def _sentence(before: int, count: int, change: float, usual: float) -> str:
    direction = "fewer" if count < before else "more"
    return (
        f"{abs(count - before):,} contacts {direction} than in the result before ({before:,}, now {count:,}): "
        f"{change:.0%}, where {usual:.1%} is usual. Look at the last imports and the criteria before you use it."
    )
