"""What is written for a member can be opened in a spreadsheet: nothing runs, and nothing is lost."""

from __future__ import annotations

import csv
import re
from io import BytesIO, StringIO

from hypothesis import example, given, settings
from hypothesis import strategies as st
from streamlit.runtime.media_file_storage import MediaFileKind
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage

from segment_engine.domain.segment import Member, MemberPage
from segment_engine.domain.spreadsheets import csv_text, safe_cell
from segment_engine.export import COLUMNS, MIME_TYPES, file_name
from segment_engine.export import _write as write

STARTS = "=+-@\t\r\n\0\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b"
UNSEEN = " \u00a0\u00ad\u200b\u200e\u2060\ufeff"
NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
TEXTS: st.SearchStrategy[str] = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)
STARTED = st.tuples(st.text(UNSEEN, max_size=2), st.sampled_from(STARTS.replace("\0", "")), TEXTS).map("".join)
SEPARATED: st.SearchStrategy[str] = st.text("=+-@,;|\t\r\n\"'\\a1 ", max_size=12)
CELLS: st.SearchStrategy[str] = TEXTS | STARTED | SEPARATED


def begins_a_formula(cell: str) -> bool:
    """Tell whether a spreadsheet could compute this cell: the first sign one can see decides, or a control sign."""
    return cell.startswith(("\t", "\r", "\n", "\0")) or cell.lstrip(UNSEEN + "\t\r\n\0").startswith(tuple(STARTS))


@settings(deadline=None)
@given(CELLS | CELLS.map("\0{}".format))
@example("=cmd|' /C calc'!A0")
@example("-12.5")
@example("+31612345678")
@example("-1+1|x")
@example("\uff1d1")
@example("\0=1")
@example(" \u200b=1")
@example("\t=1")
def test_no_cell_begins_like_a_formula_and_none_loses_its_text(text: str) -> None:
    """Only a plain number may begin with a sign; everything else is the text itself or follows an apostrophe (D3)."""
    cell = safe_cell(text)
    assert cell in {text, f"'{text}"}
    assert NUMBER.fullmatch(cell) or not begins_a_formula(cell)
    if begins_a_formula(text) and not NUMBER.fullmatch(text):
        assert cell == f"'{text}"


def test_the_formula_check_has_teeth() -> None:
    """Every beginning is a formula when it is written as it stands, so the test above would see it."""
    assert all(begins_a_formula(f"{start}1+1") for start in STARTS)
    assert all(
        begins_a_formula(f"{unseen}{start}1+1") for start in STARTS if start.strip("\t\r\n\0") for unseen in UNSEEN
    )


@settings(deadline=None)
@given(st.lists(st.lists(st.none() | CELLS, min_size=2, max_size=4), max_size=5))
def test_any_table_is_read_back_as_it_was_written(rows: list[list[str | None]]) -> None:
    """Separators, quotes and line ends stand inside their cells, for every file that is written here (D3, RFC 4180)."""
    head, *read = csv.reader(StringIO(csv_text(("one", "=two"), rows), newline=""), strict=True)
    assert head == ["one", "'=two"]
    assert read == [[safe_cell(cell or "") for cell in row] for row in rows]


@settings(deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS, st.none() | CELLS), max_size=5))
def test_a_csv_of_members_is_read_back_as_it_was_written(people: list[tuple[str, str, str | None]]) -> None:
    """Quotes, commas and line ends stand inside their cells (RFC 4180); a missing value is an empty cell (D3)."""
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


@settings(deadline=None)
@given(TEXTS | st.sampled_from(["../../etc/passwd", "a\r\nSet-Cookie: x=1", 'a"; filename="b.exe', "C:\\x", "..", ""]))
def test_a_file_name_is_harmless_and_cannot_be_guessed(name: str) -> None:
    """Letters, digits and hyphens, and 128 random bits; two files of one segment have different names (D7)."""
    first, second = file_name(name, "csv"), file_name(name, "csv")
    assert re.fullmatch(r"[a-z0-9-]{1,41}-[0-9a-f]{32}\.csv", first)
    assert first != second


def test_two_large_files_that_differ_inside_only_have_different_addresses() -> None:
    """An address is made of the name too, so files alike in length, beginning, middle and end are not mixed up (D6)."""
    size = 3 * 1024 * 1024
    one, other = bytearray(b"x" * size), bytearray(b"x" * size)
    other[size // 3] = ord("y")
    files = MemoryMediaFileStorage("/media")
    mime = MIME_TYPES["csv"]
    same = {
        files.load_and_get_id(bytes(data), mime, MediaFileKind.DOWNLOADABLE, "members.csv") for data in (one, other)
    }
    names = (file_name("Everyone", "csv"), file_name("Everyone", "csv"))
    apart = {
        files.load_and_get_id(bytes(data), mime, MediaFileKind.DOWNLOADABLE, name)
        for data, name in zip((one, other), names, strict=True)
    }
    assert len(same) == 1, "with one name they are mixed up, so this test can see it"
    assert len(apart) == 2
