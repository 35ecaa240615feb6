"""How far the values of a field are spread differently than before, as one figure: the population stability index."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from math import log, sqrt

from segment_engine.domain.catalog import TIMES, FieldType
from segment_engine.domain.profiles import FieldProfile, Share, has_positions, position

# A bin that is empty on one side would make the index infinite: it counts as nearly empty.
_NEARLY_EMPTY = 0.0005
# The 99.9th percentile of the standard normal distribution.
_CONFIDENCE = 3.09
REST = "Other values"
_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Bin:
    """One value, or one range, with its share before and now."""

    label: str
    before: float
    now: float

    @property
    def weight(self) -> float:
        """What it adds to the index."""
        before, now = max(self.before, _NEARLY_EMPTY), max(self.now, _NEARLY_EMPTY)
        return (now - before) * log(now / before)


@dataclass(frozen=True, slots=True)
class Stability:
    """The index with its bins. `beyond_chance` tells whether so few rows could differ as much by themselves."""

    index: float
    bins: tuple[Bin, ...]
    beyond_chance: bool

    @property
    def most_moved(self) -> Bin:
        """The bin that adds most."""
        return max(self.bins, key=lambda each: each.weight)


def stability(before: FieldProfile, now: FieldProfile, *, passed: float = 0.0) -> Stability | None:
    """Measure how far two profiles of one field differ; None where one of them lists no values.

    Shape: the bins are the ranges of the earlier profile, its first and last open-ended; for values that are listed,
        those both list, and one for the rest. A value that only one of them lists is in the other at most as common as
        the last one listed there, and is taken to be as common as that allows. Times are measured twice, as they
        stand and by their age after `passed` seconds: whoever logs in every day has a new date every day, and nothing
        changed. The smaller index counts.
    Source: PSI = Σ (now - before) · ln(now / before) over the bins; N. Siddiqi, “Credit Risk Scorecards” (2006), with
        0.1 and 0.25 as the usual limits. Where nothing changed, PSI is about χ²(bins - 1) · (1/n + 1/m): B. Yurdakul,
        “Statistical Properties of Population Stability Index” (2018). What stays below the 99.9th percentile of that
        is chance; the percentile by E. B. Wilson and M. M. Hilferty (1931).
    """
    if not before.distribution or not now.distribution:
        return None
    rows = 1 / max(_values(before), 1) + 1 / max(_values(now), 1)
    if before.type not in TIMES and not (has_positions(before.type) and (before.in_ranges or now.in_ranges)):
        return _measured(_listed(before, now), rows)
    aged = passed / (_DAY if before.type is FieldType.DATE else 1.0)
    shifts = {0.0, aged} if before.type in TIMES else {0.0}
    found = [each for shift in sorted(shifts) if (each := _measured(_ranges(before, now, shift), rows)) is not None]
    return min(found, key=lambda each: each.index, default=None)


def _measured(bins: list[Bin], rows: float) -> Stability | None:
    if len(bins) < 2:  # noqa: PLR2004 - one bin holds everything on both sides
        return None
    index = sum(each.weight for each in bins)
    return Stability(index, tuple(bins), beyond_chance=index > _percentile(len(bins) - 1) * rows)


def _values(profile: FieldProfile) -> int:
    """How many values the shares come from."""
    return round(profile.looked_at * (1 - profile.missing_share))


def _percentile(degrees: int) -> float:
    part = 2 / (9 * degrees)
    return degrees * (1 - part + _CONFIDENCE * sqrt(part)) ** 3


# Ranges ----------------------------------------------------------------------------------------------------------


def _ranges(before: FieldProfile, now: FieldProfile, shift: float) -> list[Bin]:
    ends = [_end(each, before) for each in before.distribution]
    had = _below(before, ends)
    has = _below(now, [each + shift for each in ends])
    # The last bin is open: whatever is larger than ever before belongs to it.
    had[-1] = has[-1] = 1.0
    labels = [each.value for each in before.distribution]
    labels[-1] = f"{labels[-1]} or more"
    parts = zip(labels, _steps(had), _steps(has), strict=True)
    return [Bin(label, was, is_now) for label, was, is_now in parts]


def _end(share: Share, profile: FieldProfile) -> float:
    return position(share.end if share.end is not None else share.value, profile.type)


def _start(share: Share, profile: FieldProfile) -> float:
    return position(share.start if share.start is not None else share.value, profile.type)


def _below(profile: FieldProfile, points: list[float]) -> list[float]:
    """Say which part of the values is not above each point; inside a range values are taken to lie evenly."""
    ends = [_end(each, profile) for each in profile.distribution]
    starts = [_start(each, profile) for each in profile.distribution]
    shares = [each.share for each in profile.distribution]
    found: list[float] = []
    for point in points:
        place = bisect_left(ends, point)
        below = sum(shares[:place])
        if place < len(ends):
            if point >= ends[place]:
                below += shares[place]
            elif point > starts[place] and ends[place] > starts[place]:
                below += shares[place] * (point - starts[place]) / (ends[place] - starts[place])
        found.append(min(below, 1.0))
    return found


def _steps(below: list[float]) -> list[float]:
    return [max(each - before, 0.0) for before, each in zip([0.0, *below[:-1]], below, strict=True)]


# Listed values ---------------------------------------------------------------------------------------------------


def _listed(before: FieldProfile, now: FieldProfile) -> list[Bin]:
    had, has = _normalized(before), _normalized(now)
    bins = [
        Bin(f"“{value}”", had.get(value, _unlisted(before, had, has.get(value, 0))),
            has.get(value, _unlisted(now, has, had.get(value, 0))))
        for value in dict.fromkeys((*had, *has))
    ]  # fmt: skip
    rest = Bin(REST, max(0.0, 1 - sum(each.before for each in bins)), max(0.0, 1 - sum(each.now for each in bins)))
    return [*bins, rest] if max(rest.before, rest.now) > _NEARLY_EMPTY else bins


def _normalized(profile: FieldProfile) -> dict[str, float]:
    """Give shares that sum to one at most: of a set, every contact has several elements."""
    whole = max(1.0, sum(each.share for each in profile.distribution))
    return {each.value: each.share / whole for each in profile.distribution}


def _unlisted(profile: FieldProfile, shares: dict[str, float], elsewhere: float) -> float:
    """Guess the share of a value that is not among the commonest, so that the guess is as harmless as it can be."""
    return 0.0 if profile.complete else min(elsewhere, *shares.values())
