"""What a person types into a search box becomes words and phrases; every other sign stands for itself."""

from __future__ import annotations

import pytest

from segment_engine.domain.searching import LONGEST_SEARCH, search_terms


@pytest.mark.parametrize(
    ("typed", "terms"),
    [
        ("", ()),
        ("  \n ", ()),
        ("Loyal", ("loyal",)),
        ("loyal  Contacts loyal", ("loyal", "contacts")),
        ('"loyal  contacts"', ("loyal contacts",)),
        ("“Loyal contacts” 2026", ("loyal contacts", "2026")),
        ('spring "not closed yet', ("spring", "not closed yet")),
        ('a"b c"d', ("a", "b c", "d")),
        ('""', ()),
        ("100% _odd_ \\ [x] (y) .*", ("100%", "_odd_", "\\", "[x]", "(y)", ".*")),
        ("STRASSE straße", ("strasse",)),
        ("ÜBER Ça", ("über", "ça")),
    ],
)
def test_words_and_phrases(typed: str, terms: tuple[str, ...]) -> None:
    """Words in any order, phrases whole, letters of either case alike, nothing a pattern (T34, T35, T36)."""
    assert search_terms(typed) == terms


def test_a_search_is_as_long_as_the_box_allows() -> None:
    """A link made by hand cannot ask for more than a person can type."""
    assert search_terms("x" * (LONGEST_SEARCH + 50)) == ("x" * LONGEST_SEARCH,)
