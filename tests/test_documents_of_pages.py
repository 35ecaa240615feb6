"""What the documents say of the pages and of readiness is what the code does."""

from __future__ import annotations

from segment_engine.domain.readiness import CODES, Axis, Readiness
from tests.documents import table

READINESS = "docs/readiness.md"


def test_the_codes_of_readiness() -> None:
    """docs/readiness.md lists every code in the order of its badness, with its axis and what it makes of a segment."""
    listed = table(READINESS, "code")
    documented = [(row[0].strip("`"), Axis(row[1]), Readiness(row[2])) for row in listed.rows]
    assert documented == [(code, axis, readiness) for code, (axis, readiness) in CODES.items()]


def test_the_axes_of_readiness() -> None:
    """docs/readiness.md names the axes there are, in their order."""
    assert [word.lower() for word in table(READINESS, "axis").column("axis")] == [axis.value for axis in Axis]
