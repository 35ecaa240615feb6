"""Finding segments with nearly the same members among many, without comparing every pair to the end.

Members are compared block by block, the fullest block first. A pair is given up as soon as it differs by more contacts
than it may: after one block hardly any pair is left, so that all pairs of a thousand segments take seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from segment_engine.domain.cleanup import ALIKE_SHARE, CONTAINED_SHARE, FEWEST_ALIKE

WORDS = 64  # 4,096 bits as 64 numbers of 64 bits
FEW_WORDS = 8
MOST_PAIRS_LEFT = 4_000_000

Numbers = NDArray[np.int64]
ReadBlock = Callable[[int], Mapping[UUID, bytes]]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two segments by their places, the smaller first, and how many members they share."""

    smaller: int
    larger: int
    shared: int


@dataclass(slots=True)
class Comparison:
    """All pairs of segments that can be alike at all, by their numbers of members.

    Shape: `counts` ascend. `missing` counts, for every pair that is still open, the members of the smaller segment that
        are not in the larger one, in the blocks looked at; `allowed` is how many may be. Pairs that were never opened
        because of a limit are among `pairs` and not among `decided`.
    """

    counts: Numbers
    pairs: int = 0
    smaller: Numbers = field(default_factory=lambda: np.empty(0, np.int64))
    larger: Numbers = field(default_factory=lambda: np.empty(0, np.int64))
    missing: Numbers = field(default_factory=lambda: np.empty(0, np.int64))
    unopened: int = 0
    finished: bool = False

    @property
    def decided(self) -> int:
        """How many pairs were compared until nothing was left to find out."""
        return self.pairs - self.unopened - (0 if self.finished else len(self.smaller))

    def found(self) -> tuple[Pair, ...]:
        """Give the pairs that are alike; none before everything was looked at."""
        if not self.finished:
            return ()
        shared = self.counts[self.smaller] - self.missing
        return tuple(
            Pair(int(one), int(other), int(both))
            for one, other, both in zip(self.smaller, self.larger, shared, strict=True)
        )


def allowed_missing(smaller: Numbers | np.int64, larger: Numbers) -> Numbers:
    """How many members of the smaller segment may be missing from the larger one; below 0 the pair cannot be alike.

    Source: shared / (smaller + larger - shared) >= share, solved for smaller - shared. None may be missing from a
        segment that contains the smaller one.
    """
    whole = smaller + larger
    nearly = np.floor(smaller - whole * ALIKE_SHARE / (1 + ALIKE_SHARE) + 1e-9).astype(np.int64)
    contained = np.where(smaller >= larger * CONTAINED_SHARE, 0, -1)
    return np.maximum(nearly, contained)


def compare(
    ids: Sequence[UUID], counts: Numbers, blocks: Sequence[int], read: ReadBlock, *, until: float,
    told: Callable[[float], None],
) -> Comparison:  # fmt: skip
    """Compare the members of segments, block by block in the given order.

    Shape: `ids` and `counts` ascend by members; `until` is a moment of the monotonic clock at which to stop; `told`
        hears which share of the blocks is done.
    """
    comparison = Comparison(counts)
    for done, block in enumerate(blocks):
        bits = _matrix(ids, read(block))
        if done == 0:
            _open(comparison, bits, until)
        else:
            _go_on(comparison, bits)
        told((done + 1) / len(blocks))
        if monotonic() >= until and done + 1 < len(blocks):
            return comparison
    comparison.finished = True
    return comparison


def _matrix(ids: Sequence[UUID], found: Mapping[UUID, bytes]) -> NDArray[np.uint64]:
    empty = bytes(WORDS * 8)
    return np.frombuffer(b"".join(found.get(each, empty) for each in ids), np.uint64).reshape(len(ids), WORDS)


def _open(comparison: Comparison, bits: NDArray[np.uint64], until: float) -> None:
    """Look at every pair of the first block, and keep those that do not differ too much in it."""
    counts, outside = comparison.counts, ~bits
    ends = np.searchsorted(counts, counts / CONTAINED_SHARE, side="right")
    sizes = ends - np.arange(len(counts)) - 1
    comparison.pairs = int(sizes.sum())
    kept: list[tuple[Numbers, Numbers, Numbers]] = []
    left = 0
    for one, end in enumerate(ends):
        if monotonic() >= until or left > MOST_PAIRS_LEFT:
            comparison.unopened = int(sizes[one:].sum())
            break
        others = np.arange(one + 1, int(end))
        allowed = allowed_missing(counts[one], counts[others])
        # A few words tell nearly all pairs apart; only the others are worth the rest of the block.
        few = _members(bits[one, :FEW_WORDS] & outside[one + 1 : int(end), :FEW_WORDS])
        others, allowed, few = others[few <= allowed], allowed[few <= allowed], few[few <= allowed]
        missing = few + _members(bits[one, FEW_WORDS:] & outside[others, FEW_WORDS:])
        alive = missing <= allowed
        left += int(alive.sum())
        kept.append((np.full(int(alive.sum()), one), others[alive], missing[alive]))
    if kept:
        comparison.smaller, comparison.larger, comparison.missing = (
            np.concatenate([part[at] for part in kept]) for at in range(3)
        )


def _go_on(comparison: Comparison, bits: NDArray[np.uint64]) -> None:
    """Look at the pairs that are left in one more block."""
    portion = 20_000  # 10 MB of bits at a time
    for start in range(0, len(comparison.smaller), portion):
        part = slice(start, start + portion)
        comparison.missing[part] += _members(bits[comparison.smaller[part]] & ~bits[comparison.larger[part]])
    allowed = allowed_missing(comparison.counts[comparison.smaller], comparison.counts[comparison.larger])
    keep = comparison.missing <= allowed
    comparison.smaller, comparison.larger = comparison.smaller[keep], comparison.larger[keep]
    comparison.missing = comparison.missing[keep]


def _members(bits: NDArray[np.uint64]) -> Numbers:
    return np.bitwise_count(bits).sum(axis=-1, dtype=np.int64)


def comparable(counts: Sequence[int]) -> Numbers:
    """Give the numbers of members as they are compared: those that are too few say nothing."""
    return np.array([count for count in counts if count >= FEWEST_ALIKE], np.int64)
