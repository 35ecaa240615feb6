"""What is written for a member can be opened in a spreadsheet: nothing runs, and nothing is lost."""

from __future__ import annotations

import csv
import re
from io import BytesIO, StringIO

from hypothesis import example, given
from hypothesis import strategies as st

from segment_engine.domain.segment import Member, MemberPage
from segment_engine.export import COLUMNS, file_name, safe_cell
from segment_engine.export import _write as write

STARTS = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
TEXTS: st.SearchStrategy[str] = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)
CELLS: st.SearchStrategy[str] = TEXTS | st.tuples(st.sampled_from(STARTS), TEXTS).map("".join)


@given(CELLS)
@example("=cmd|' /C calc'!A0")
@example("-12.5")
@example("+31612345678")
@example("-1+1|x")
@example("\uff1d1")
def test_no_cell_begins_like_a_formula_and_none_loses_its_text(text: str) -> None:
    """Only a plain number may begin with a sign; everything else is the text itself or the text after an apostrophe."""
    cell = safe_cell(text)
    assert cell in {text, f"'{text}"}
    assert not cell or cell[0] not in STARTS or NUMBER.fullmatch(cell)
    begins_like_one = text.startswith(tuple(STARTS)) and not NUMBER.fullmatch(text)
    assert (cell != text) is begins_like_one


@given(st.lists(st.tuples(CELLS, CELLS, st.none() | CELLS), max_size=5))
def test_a_csv_of_members_is_read_back_as_it_was_written(people: list[tuple[str, str, str | None]]) -> None:
    """Quotes, commas and line ends stand inside their cells (RFC 4180); a missing value is an empty cell."""
    members = tuple(
        Member(number, key, name, email, None, None) for number, (key, name, email) in enumerate(people, start=1)
    )
    target = BytesIO()
    assert write(iter([MemberPage(members, None)]), target, "csv") == len(people)
    text = target.getvalue().decode()
    head, *rows = csv.reader(StringIO(text, newline=""), strict=True)
    assert tuple(head) == COLUMNS
    assert [row[:3] for row in rows] == [[safe_cell(value or "") for value in person] for person in people]
    assert text.endswith("\r\n")


@given(TEXTS)
def test_a_file_name_is_harmless_and_cannot_be_guessed(name: str) -> None:
    """Letters, digits and hyphens, and 128 random bits; two files of one segment have different names."""
    first, second = file_name(name, "csv"), file_name(name, "csv")
    assert re.fullmatch(r"[a-z0-9-]{1,41}-[0-9a-f]{32}\.csv", first)
    assert first != second
