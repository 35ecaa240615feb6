"""Blanks and letters, as docs/criteria.md §2 and M5 name them."""

from __future__ import annotations

import pytest

from segment_engine.domain.folding import BLANKS, fold, fold_ascii, is_blank


def test_blanks_are_exactly_the_listed_characters() -> None:
    """The constant holds the 25 characters of the document, no more (T03)."""
    named = [*range(9, 14), 0x20, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000, 0xFEFF]
    assert sorted(map(ord, BLANKS)) == sorted(named)
    assert len(BLANKS) == 25


@pytest.mark.parametrize(
    ("text", "blank"), [("", True), (BLANKS, True), (" a ", False), ("\u200b", False), ("\x85", False)]
)
def test_only_listed_blanks_make_a_text_missing(text: str, *, blank: bool) -> None:
    """A zero-width space and NEL are not blanks of ours, although other tools trim them (T03)."""
    assert is_blank(text) is blank


@pytest.mark.parametrize(
    ("left", "right"),
    [("STRASSE", "straße"), ("\u00c9", "e\u0301"), ("\u03a3", "\u03c2"), ("\ufb01", "FI"), ("\u0130", "i\u0307")],
)
def test_fold_joins_upper_and_lower_case_of_every_script(left: str, right: str) -> None:
    """Case and composition make no difference, in both directions (A15, M5, T39)."""
    assert fold(left) == fold(right)


def test_fold_keeps_accents_apart() -> None:
    """Accents are never dropped (M5)."""
    assert fold("\u00e9") != fold("e")
    assert fold("\u0131") != fold("i")


def test_ascii_fold_touches_only_a_to_z() -> None:
    """Letters outside A-Z stay as they are, so Python and PostgreSQL's C collation agree (M5)."""
    assert fold_ascii("AZaz09[\u00c9\u0130\u212a") == "azaz09[\u00c9\u0130\u212a"
