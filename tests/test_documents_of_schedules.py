"""docs/schedules.md says what the code does: kinds, standings and figures are compared."""

from __future__ import annotations

from segment_engine.domain import schedules
from segment_engine.domain.schedules import ScheduleKind, ScheduleStanding
from segment_engine.worker.chores import CHORES
from segment_engine.worker.scheduling import SECONDS_BETWEEN, USUAL_PACE, tick
from tests.documents import quoted_words, table

NAME = "docs/schedules.md"


def test_kinds_and_standings_are_those_of_the_code() -> None:
    """Every kind of schedule and every way it can stand is explained, and no other."""
    for column, every in (("kind", ScheduleKind), ("standing", ScheduleStanding)):
        assert quoted_words(" ".join(row[0] for row in table(NAME, column).rows)) == {each.value for each in every}


def test_figures_are_those_of_the_code() -> None:
    """The figures that people plan with are those the workers keep, and every worker looks."""
    assert {row[0]: row[1] for row in table(NAME, "figure").rows} == {
        "pause between two looks": f"{SECONDS_BETWEEN:.0f} s",
        "spread": f"{schedules.SPREAD_SECONDS} s",
        "settling": f"{schedules.SETTLE_SECONDS} s",
        "longest settling": f"{schedules.LONGEST_SETTLE_SECONDS} s",
        "at once": f"{USUAL_PACE.at_once}",
        "most waiting": f"{USUAL_PACE.most_waiting}",
        "overdue": f"{schedules.OVERDUE_SECONDS} s",
        "failures": f"{schedules.FAILURES_ALLOWED}",
    }
    (chore,) = [each for each in CHORES if each.act is tick]
    assert chore.seconds == SECONDS_BETWEEN
