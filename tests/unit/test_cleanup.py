"""Comparing many segments finds exactly the pairs that comparing each pair by itself finds; one of all alike stays."""

from __future__ import annotations

from time import monotonic
from uuid import UUID

import numpy as np
import pytest

from segment_engine.domain.cleanup import ALIKE_SHARE, CONTAINED_SHARE, spared
from segment_engine.use_cases.comparing import Comparison, comparable, compare

BLOCK = 4096
BLOCKS = 3


def world(seed: int) -> list[np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    """Make sets of contacts of which some are copies, some nearly copies, and some parts of others; by size."""
    random = np.random.default_rng(seed)
    sets: list[np.ndarray[tuple[int], np.dtype[np.bool_]]] = []
    for _ in range(12):
        base = random.random(BLOCK * BLOCKS) < random.choice([0.002, 0.05, 0.5])
        sets += [base, base & (random.random(base.size) < 0.97), base & (random.random(base.size) < 0.6), base.copy()]
    return sorted((each for each in sets if each.sum() >= 20), key=lambda each: int(each.sum()))


def compared(sets: list[np.ndarray[tuple[int], np.dtype[np.bool_]]], *, until: float) -> Comparison:
    """Compare sets as stored blocks."""
    ids = [UUID(int=place + 1) for place in range(len(sets))]

    def read(block: int) -> dict[UUID, bytes]:
        part = slice(block * BLOCK, (block + 1) * BLOCK)
        return {key: np.packbits(each[part]).tobytes() for key, each in zip(ids, sets, strict=True) if each[part].any()}

    counts = comparable([int(each.sum()) for each in sets])
    return compare(ids, counts, range(BLOCKS), read, until=until, told=lambda _share: None)


@pytest.mark.parametrize("seed", range(6))
def test_the_quick_way_finds_what_the_plain_way_finds(seed: int) -> None:
    """Giving pairs up early loses none and adds none, and every pair counts as compared."""
    sets = world(seed)
    expected: set[tuple[int, int, int]] = set()
    for one, smaller in enumerate(sets):
        for other in range(one + 1, len(sets)):
            larger = sets[other]
            shared = int((smaller & larger).sum())
            near = shared / int((smaller | larger).sum()) >= ALIKE_SHARE
            inside = shared == smaller.sum() and smaller.sum() >= CONTAINED_SHARE * larger.sum()
            if near or inside:
                expected.add((one, other, shared))
    found = compared(sets, until=monotonic() + 600)
    assert {(pair.smaller, pair.larger, pair.shared) for pair in found.found()} == expected
    assert expected
    assert found.decided == found.pairs


def test_without_time_nothing_is_claimed() -> None:
    """A comparison that had to stop gives no pair, and says that none was decided."""
    found = compared(world(1), until=monotonic() - 1)
    assert (found.found(), found.decided) == ((), 0)
    assert found.pairs > 0


@pytest.mark.parametrize(
    ("chosen", "groups", "staying"),
    [
        ("ab", ["ab"], "a"),
        ("b", ["ab"], ""),
        ("abc", ["ab", "bc"], "ab"),
        ("abc", ["abc"], "a"),
        ("bc", ["abc"], ""),
    ],
)
def test_one_of_all_alike_stays(chosen: str, groups: list[str], staying: str) -> None:
    """The first of every group that was chosen whole is spared, and nothing else is."""
    ids = {letter: UUID(int=ord(letter)) for letter in "abc"}
    found = spared({ids[letter] for letter in chosen}, [[ids[letter] for letter in group] for group in groups])
    assert set(found) == {ids[letter] for letter in staying}
