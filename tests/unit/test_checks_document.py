"""docs/checks.md names what the code has: kinds, automatic checks, causes, and their figures."""

from __future__ import annotations

import re
from pathlib import Path

from segment_engine.domain import automatic_checks, checks
from segment_engine.domain.assertions import MOST_OF_A_SEGMENT, AssertionKind
from segment_engine.domain.automatic_checks import automatic_codes
from segment_engine.domain.causes import ChangeCause
from segment_engine.worker.results import causes, clock

DOCUMENT = (Path(__file__).parents[2] / "docs/checks.md").read_text(encoding="utf-8")


def codes(title: str) -> list[str]:
    """Read the first column of the table below a title."""
    section = DOCUMENT.partition(f"## {title}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)


def test_the_tables_are_those_of_the_code() -> None:
    """A new kind, check or cause is described, in the order in which it counts."""
    assert codes("Checks people set up") == [each.value for each in AssertionKind]
    assert codes("Automatic checks") == list(automatic_codes())
    assert codes("Why the number changed") == [each.value for each in ChangeCause]


def test_the_figures_are_those_of_the_code() -> None:
    """Whoever changes a limit changes the document."""
    words = " ".join(DOCUMENT.split())
    for figure in (
        f"Up to {MOST_OF_A_SEGMENT} for a segment",
        f"all contacts, at least {automatic_checks.SMALLEST_BASE}",
        f"lost more than {automatic_checks.DROPPED_SHARE:.0%}".replace("%", " %"),
        f"at least {automatic_checks.FEWEST_DROPPED};",
        f"up to {automatic_checks.FILES_REMEMBERED} files",
        f"from {automatic_checks.FEWEST_FILES} on |",
        f"among the last {checks.MOST_EARLIER} results",
        f"max({checks.SMALLEST_SHARE:.0%}, {checks.TIMES_USUAL:.0f} *m*)".replace("%", " %"),
        f"from {checks.FEWEST_EARLIER} earlier results and {checks.SMALLEST_NUMBER} contacts on",
        f"above {checks.DRASTIC_TIMES:.0f} *m*",
        f"over {automatic_checks.DAYS_REMEMBERED} days",
        f"up to {causes.MOST_ALONE:,} one by one",
        f"longer than {causes.LONGEST_SECONDS:.0f} seconds",
        f"longer than {clock.LONGEST_SECONDS:.0f} seconds",
    ):
        assert figure in words, figure
