"""Results are checked against their own past: nobody, or suddenly far more or fewer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segment_engine.domain.checks import CheckLevel, Checks, check_result, summed_up, usual_change

CALM = [1000, 1010, 1005, 1012, 1008, 1003]
WILD = [1000, 1500, 900, 1600, 1000, 1400]


@pytest.mark.parametrize(
    ("count", "earlier", "found"),
    [
        (1000, [], None),
        (0, [], ("empty", CheckLevel.FAILED)),
        (0, CALM, ("empty", CheckLevel.FAILED)),
        (5000, CALM[:4], None),
        (1090, CALM, None),
        (1200, CALM, ("sudden_change", CheckLevel.WARNED)),
        (800, CALM, ("sudden_change", CheckLevel.WARNED)),
        (500, CALM, ("sudden_change", CheckLevel.FAILED)),
        (100, CALM, ("sudden_change", CheckLevel.FAILED)),
        (800, WILD, None),
        (14, [5, 5, 5, 5, 5], None),
        (1200, [1000, 9000, 1000, 1005, 1001, 1003, 1002, 1000], ("sudden_change", CheckLevel.WARNED)),
        (20, [0, 0, 0, 0, 0], ("sudden_change", CheckLevel.FAILED)),
    ],
)
def test_a_result_is_judged_by_its_own_past(
    count: int, earlier: list[int], found: tuple[str, CheckLevel] | None
) -> None:
    """What is sudden depends on what is usual: a wild past, one outlier and a small segment raise no false alarm."""
    findings = check_result(count, earlier)
    assert [(each.code, each.level) for each in findings] == ([] if found is None else [found])


def test_a_sudden_change_is_said_in_figures() -> None:
    """The sentence names both counts, the change, and what is usual."""
    (finding,) = check_result(1200, CALM)
    assert finding.sentence.startswith(
        "197 contacts more than in the result before (1,003, now 1,200): 20%, where 0.5%"
    )
    assert check_result(0, CALM)[0].sentence.startswith("Nobody is in the result. The result before had 1,003.")


def test_only_the_last_thirty_results_count() -> None:
    """A segment that calmed down is judged by how it is now."""
    assert check_result(1200, [*WILD * 20, *[1000] * 31])


@given(st.lists(st.integers(0, 10**9), max_size=40), st.integers(0, 10**9))
def test_every_result_can_be_checked(earlier: list[int], count: int) -> None:
    """No past, however odd, stops a run; a repeated count is never sudden."""
    assert summed_up(check_result(count, earlier)) in Checks
    if count:
        assert check_result(count, [*earlier, count]) == ()
    assert usual_change(earlier) >= 0


def test_a_result_is_summed_up_by_the_worst() -> None:
    """Lists show one word for all checks."""
    assert summed_up(()) is Checks.PASSED
    assert summed_up(check_result(1200, CALM)) is Checks.WARNED
    assert summed_up((*check_result(1200, CALM), *check_result(0, CALM))) is Checks.FAILED
