"""What two versions of criteria share, line by line, and when a rate rests on too little."""

from __future__ import annotations

import pytest

from segment_engine.domain.campaign import Figures
from segment_engine.domain.describe import Sentence, SentenceLine
from segment_engine.domain.segment_details import LineFate, compare_sentences

KEPT, ADDED, REMOVED = LineFate.KEPT, LineFate.ADDED, LineFate.REMOVED


def sentence(*lines: tuple[int, str]) -> Sentence:
    """Write a sentence from levels and texts."""
    return Sentence(tuple(SentenceLine(level, text) for level, text in lines))


ONE = sentence((0, "Contacts where city is “Utrecht”"))
TWO = sentence((0, "Contacts where"), (1, "city is “Utrecht”"), (1, "and tier is “gold”"))
GROUPED = sentence((0, "Contacts where any of these hold:"), (1, "city is “Utrecht”"), (1, "tier is “gold”"))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (ONE, ONE, [(KEPT, "city is “Utrecht”")]),
        (ONE, TWO, [(KEPT, "city is “Utrecht”"), (ADDED, "and tier is “gold”")]),
        (TWO, ONE, [(KEPT, "city is “Utrecht”"), (REMOVED, "and tier is “gold”")]),
        (
            TWO, GROUPED,
            [
                (REMOVED, "city is “Utrecht”"), (REMOVED, "and tier is “gold”"), (ADDED, "any of these hold:"),
                (ADDED, "city is “Utrecht”"), (ADDED, "tier is “gold”"),
            ],
        ),
    ],
    ids=["the same", "one more", "one fewer", "another grouping"],
)  # fmt: skip
def test_lines_are_compared_without_the_frame(
    before: Sentence, after: Sentence, expected: list[tuple[LineFate, str]]
) -> None:
    """How a sentence is framed says nothing; how deep a condition stands does: in a group it means another thing."""
    assert [(each.fate, each.line.text) for each in compare_sentences(before, after)] == expected


def test_all_contacts_is_a_line_like_any_other() -> None:
    """A sentence that is nothing but its frame still compares."""
    everyone = sentence((0, "All contacts"))
    assert [each.fate for each in compare_sentences(everyone, ONE)] == [REMOVED, ADDED]


@pytest.mark.parametrize(("delivered", "few"), [(0, True), (99, True), (100, False)])
def test_few_deliveries_are_said(delivered: int, *, few: bool) -> None:
    """Below a hundred, one contact moves a rate by more than a percent."""
    assert Figures(delivered, delivered).few is few
