"""Workers killed, frozen and cut off at random moments, two hundred and fifty times, while others read."""

from __future__ import annotations

from tests.faults.chaos import Plan, Tally, strike

BLOWS = 250


def test_whatever_happens_to_workers_every_result_is_whole_and_the_newest() -> None:
    """250 kills and freezes, with cuts and restarts: nothing lost, double, stale or half-read (E2, E10, E11, RQ5)."""
    tally = strike(Plan(blows=BLOWS, seed=20, restarts=3))
    assert tally.findings.all() == []
    assert (tally.hits, tally.blows["restart"]) == (BLOWS, 3)
    assert min(tally.blows["kill"], tally.blows["freeze"], tally.blows["cut connection"], tally.compared) > 0
    assert sum(tally.ended.values()) == len(tally.accepted)


def test_without_the_fence_the_same_blows_do_harm() -> None:
    """The harness has teeth: finishing by status alone lets a worker that wakes up publish (RQ2, E2)."""

    def seen(tally: Tally) -> bool:
        return bool(tally.findings.stale)

    tally = strike(Plan(blows=4 * BLOWS, seed=1, fenced=False), enough=seen)
    assert tally.findings.stale
