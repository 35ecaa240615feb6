"""What an installation takes does not grow with the days it has been running."""

from __future__ import annotations

import pytest

from tests.faults.month import grew, month

pytestmark = pytest.mark.timeout(300)


def test_a_month_of_runs_leaves_everything_as_it_was() -> None:
    """F9: after thirty days it takes what it took after twelve; without the sweeps of the nights it takes more."""
    said: list[str] = []
    assert not grew(month(200, say=said.append)), said
    assert grew(month(200, sweeps=False, say=said.append)), said
