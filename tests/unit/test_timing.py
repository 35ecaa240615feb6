"""What `make timing` concludes from times is right for times that are known."""

from __future__ import annotations

from random import Random
from uuid import UUID

from tests.timing import TOLD_APART, measured, probability


def test_a_difference_is_found_where_there_is_one_and_nowhere_else() -> None:
    """Two samples of one kind pass; one that takes a tenth longer does not, among 2,000 of each (B16)."""
    rng = Random(3)  # noqa: S311 - made-up times, no secret
    usual, same = ([rng.lognormvariate(0, 0.3) for _ in range(2_000)] for _ in range(2))
    slower = [value * 1.1 for value in same]
    assert probability(usual, same) > TOLD_APART
    assert probability(usual, slower) < TOLD_APART


def test_both_kinds_are_asked_for() -> None:
    """The measurement asks for the id that is given and for one that nobody has, as often (B16)."""
    theirs = UUID(int=5)
    asked: list[object] = []
    found = measured(asked.append, theirs, 50)
    assert len(found[0]) + len(found[1]) == 100
    assert 100 < asked.count(theirs) < 200
    assert len({*asked}) == 2
