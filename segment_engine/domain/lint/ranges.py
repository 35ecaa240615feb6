"""Sets of whole numbers as ranges: what a number, a count or a position may be. Exact; it does not know of what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

End = int | None


@dataclass(frozen=True, slots=True)
class Ranges:
    """A set of whole numbers.

    Shape: half-open ranges in order, apart from each other; None is open. No range at all is the empty set.
    """

    parts: tuple[tuple[End, End], ...]

    @property
    def is_empty(self) -> bool:
        """Whether no number is in it."""
        return not self.parts

    @property
    def lowest(self) -> End:
        """The smallest number of a set that is not empty, None when there is none."""
        return self.parts[0][0]

    @property
    def highest(self) -> End:
        """The largest number of a set that is not empty, None when there is none."""
        last = self.parts[-1][1]
        return None if last is None else last - 1

    def __contains__(self, number: int) -> bool:
        return any((lo is None or number >= lo) and (hi is None or number < hi) for lo, hi in self.parts)

    def both(self, other: Ranges) -> Ranges:
        """What is in both."""
        crossed = (
            (_higher(lo, other_lo), _lower(hi, other_hi)) for lo, hi in self.parts for other_lo, other_hi in other.parts
        )
        return Ranges(tuple(sorted((part for part in crossed if not _is_void(part)), key=_by_start)))

    def opposite(self) -> Ranges:
        """What is not in it."""
        parts: list[tuple[End, End]] = []
        start: End = None
        for place, (lo, hi) in enumerate(self.parts):
            if place > 0 or lo is not None:
                parts.append((start, lo))
            start = hi
            if hi is None:
                return Ranges(tuple(part for part in parts if not _is_void(part)))
        return Ranges((*(part for part in parts if not _is_void(part)), (start, None)))


def _by_start(part: tuple[End, End]) -> tuple[bool, int]:
    return part[0] is not None, part[0] or 0


def _higher(one: End, other: End) -> End:
    return other if one is None else one if other is None else max(one, other)


def _lower(one: End, other: End) -> End:
    return other if one is None else one if other is None else min(one, other)


def _is_void(part: tuple[End, End]) -> bool:
    lo, hi = part
    return lo is not None and hi is not None and lo >= hi


EVERYTHING = Ranges(((None, None),))
NOTHING = Ranges(())
NOT_NEGATIVE = Ranges(((0, None),))


def span(lo: End, hi: End) -> Ranges:
    """Every number from `lo` up to, and without, `hi`."""
    return NOTHING if _is_void((lo, hi)) else Ranges(((lo, hi),))


def points(numbers: Iterable[int]) -> Ranges:
    """These numbers, those that follow each other as one range."""
    parts: list[tuple[End, End]] = []
    for number in sorted(set(numbers)):
        if parts and parts[-1][1] == number:
            parts[-1] = (parts[-1][0], number + 1)
        else:
            parts.append((number, number + 1))
    return Ranges(tuple(parts))
