"""What the documents say of the pages and of readiness is what the code does."""

from __future__ import annotations

from app import PLACES
from segment_engine.domain.readiness import CODES, Axis, Readiness
from tests.documents import table

READINESS = "docs/readiness.md"


def test_the_codes_of_readiness() -> None:
    """docs/readiness.md lists every code in the order of its badness, with its axis and what it makes of a segment."""
    listed = table(READINESS, "code")
    documented = [(row[0].strip("`"), Axis(row[1]), Readiness(row[2])) for row in listed.rows]
    assert documented == [(code, axis, readiness) for code, (axis, readiness) in CODES.items()]


def test_every_page_is_described() -> None:
    """docs/pages.md lists every page of the application under its address; the first one is found at the bare one."""
    listed = table("docs/pages.md", "page")
    documented = dict(zip(listed.column("address"), listed.column("page"), strict=True))
    assert documented == {f"/{'' if place is PLACES[0] else place.path}": place.title for place in PLACES}


def test_the_axes_of_readiness() -> None:
    """docs/readiness.md names the axes there are, in their order."""
    assert [word.lower() for word in table(READINESS, "axis").column("axis")] == [axis.value for axis in Axis]
