"""Files handed in for an import: judged by their content, kept in private, removed in every case. No database."""

from __future__ import annotations

import gzip
import io
import os
import subprocess
import sys
import tempfile
import tracemalloc
import zlib
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segment_engine.errors import InputError, LimitExceeded, NotFound
from segment_engine.imports import received
from segment_engine.imports.arrow import pa, parquet
from segment_engine.imports.read import open_file
from segment_engine.imports.received import Received, ReceivedFile, shown_name
from segment_engine.imports.survey import survey
from segment_engine.imports.surveying import Survey, survey_file, written
from tests.sources import PROJECT

HERE = 1


@pytest.fixture
def desk() -> Received:
    """The files of one process."""
    return Received()


def take(desk: Received, content: bytes | str, name: str = "file.csv") -> ReceivedFile:
    """Hand a file in."""
    return desk.take(HERE, BytesIO(content.encode() if isinstance(content, str) else content), name)


def looked_at(desk: Received, content: bytes | str) -> Survey:
    """Hand a file in and survey it."""
    return survey_file(take(desk, content))


def folder_of(desk: Received) -> Path:
    """Give the folder of the files."""
    assert desk._folder is not None
    return desk._folder


# What a file is called, and where it lies --------------------------------------------------------------------------


@given(st.text())
def test_names_never_become_paths(name: str) -> None:
    """Whatever a file is called, what is shown is one line without a path, and never empty (D7)."""
    shown = shown_name(name)
    assert shown
    assert len(shown) <= 120
    assert not set(shown) & {"/", "\\", "\r", "\n", "\0"}


@pytest.mark.parametrize("name", ["../../../etc/passwd", "..\\x.csv", "a\r\nb.csv", "", "/", "'; rm -rf ~ #.csv"])
def test_files_have_names_of_our_own(desk: Received, name: str) -> None:
    """The file lies in the private folder under a name made here, readable by nobody else (D7)."""
    file = take(desk, "id\n1\n", name)
    assert file.path.parent == folder_of(desk)
    assert file.path.name.removesuffix(".csv").isalnum()
    assert folder_of(desk).stat().st_mode & 0o077 == 0


def test_a_refused_file_leaves_nothing(desk: Received) -> None:
    """What is refused is removed at once."""
    with pytest.raises(InputError):
        take(desk, b"PK\x03\x04")
    assert [each.name for each in folder_of(desk).iterdir()] == ["lock"]


def test_idle_files_and_too_many_files_are_removed(desk: Received, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who uploads and leaves does not fill the disk."""
    files = [take(desk, "id\n1\n") for _ in range(received.MOST_FILES + 2)]
    assert not files[0].path.exists()
    assert files[-1].path.exists()
    monkeypatch.setattr(received, "IDLE_SECONDS", -1)
    newest = take(desk, "id\n1\n")
    assert [each.path.exists() for each in (*files, newest)] == [False] * len(files) + [True]


def test_another_organization_does_not_find_a_file(desk: Received) -> None:
    """A file belongs to one organization; nobody else can read or remove it (B1)."""
    file = take(desk, "id\n1\n")
    for organization_id, file_id in ((HERE + 1, file.file_id), (HERE, uuid4())):
        with pytest.raises(NotFound):
            desk.get(organization_id, file_id)
        desk.remove(organization_id, file_id)
    assert file.path.exists()


def test_the_folder_goes_with_its_owner_and_a_killed_owners_at_the_next_upload() -> None:
    """At the end of the process nothing is left; what a killed process left is removed by the next one."""
    program = (
        "import os, io; from segment_engine.imports.received import Received; desk = Received(); "
        "print(desk.take(1, io.BytesIO(b'id\\n1\\n'), 'x.csv').path, flush=True); {end}"
    )

    def run(end: str) -> Path:
        words = (sys.executable, "-c", program.format(end=end))
        answer = subprocess.run(words, cwd=PROJECT, env={**os.environ}, capture_output=True, text=True, check=False)
        return Path(answer.stdout.strip())

    assert not run("pass").parent.exists()
    left = run("os.kill(os.getpid(), 9)")
    assert left.exists()
    take(Received(), "id\n1\n")
    assert not left.parent.exists()
    assert str(left).startswith(tempfile.gettempdir())


def test_the_folder_of_a_living_process_stays(desk: Received) -> None:
    """Another server on this computer does not take the files away."""
    file = take(desk, "id\n1\n")
    take(Received(), "id\n1\n")
    assert file.path.exists()


# What a file is ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"PK\x03\x04xlsx", "an Excel workbook or another zip archive"),
        (b"\xd0\xcf\x11\xe0old", "an old Excel or Word file"),
        (b"%PDF-1.7", "a PDF"),
        ("id\n1\n".encode("utf-16"), "UTF-16"),
        (b"\x89PNG\r\n\x1a\n\0", "neither CSV nor Parquet"),
        (gzip.compress(b"\x89PNG\0\0\0", mtime=0), "neither CSV nor Parquet"),
        (gzip.compress(b"id\n1\n", mtime=0)[:-9], "damaged"),
        (b"\x1f\x8b\x08nonsense", "damaged"),
    ],
)
def test_what_is_no_table_is_told_by_its_content(desk: Received, content: bytes, sentence: str) -> None:
    """The name says nothing: each of these is called file.csv (D11)."""
    with pytest.raises(InputError, match=sentence):
        take(desk, content)


def test_what_is_a_table_is_taken_whatever_it_is_called(desk: Received) -> None:
    """CSV, compressed CSV and Parquet under wrong names are read as what they are (D11)."""
    sink = io.BytesIO()
    parquet.write_table(pa.table({"id": ["1", "2"]}), sink)
    for content, form in (
        (b"id\n1\n2\n", "CSV"), (gzip.compress(b"id\n1\n2\n", mtime=0), "CSV, compressed"),
        (gzip.compress(b"id\n1\n", mtime=0) + gzip.compress(b"2\n", mtime=0), "CSV, compressed"),
        (sink.getvalue(), "Parquet"),
    ):  # fmt: skip
        file = take(desk, content, "picture.png")
        found = survey_file(file)
        assert (file.form, found.row_total, [each.name for each in found.columns]) == (form, 2, ["id"])


def test_a_file_that_is_too_large_is_refused_while_it_comes(desk: Received, monkeypatch: pytest.MonkeyPatch) -> None:
    """One byte over the limit ends it, whatever the browser was told; nothing stays (D11)."""
    monkeypatch.setattr(received, "MOST_BYTES", 1000)
    assert take(desk, b"i" * 1000).size == 1000
    with pytest.raises(LimitExceeded, match="command line"):
        take(desk, b"i" * 1001)
    assert len(list(folder_of(desk).glob("*.csv"))) == 1


def test_a_zip_bomb_is_refused_in_bounded_memory(desk: Received, monkeypatch: pytest.MonkeyPatch) -> None:
    """A few kilobytes that unpack to half a gigabyte are refused, and nobody unpacks them into memory (D11)."""
    machine = zlib.compressobj(9, wbits=31)
    rows = b"id\n" + b"1\n" * 500_000
    bomb = b"".join(machine.compress(rows) for _ in range(64)) + machine.flush()
    monkeypatch.setattr(received, "MOST_UNPACKED", 32 * received.MEGABYTE)
    tracemalloc.start()
    try:
        with pytest.raises(LimitExceeded, match="unpacks to more than"):
            take(desk, bomb)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(bomb) < received.MEGABYTE
    assert peak < 4 * received.MEGABYTE


def test_a_parquet_file_that_says_too_much_is_refused(desk: Received, monkeypatch: pytest.MonkeyPatch) -> None:
    """A column of one value repeated costs nothing on the disk; its rows count all the same (D11)."""
    monkeypatch.setattr(received, "MOST_ROWS", 100_000)
    sink = io.BytesIO()
    parquet.write_table(pa.table({"id": pa.array(["1"] * 100_001)}), sink)
    with pytest.raises(LimitExceeded, match="unpacks to more than"):
        take(desk, sink.getvalue())


# What its columns hold ---------------------------------------------------------------------------------------------

COLUMNS = {
    "whole": ["1", "-2", "0"],
    "code": ["01", "2", "3"],
    "part": ["1.5", "2", "3.25"],
    "day": ["2026-01-01", "2025-12-31", ""],
    "moment": ["2026-01-01T10:00Z", "2026-01-01 11:00", ""],
    "yes": ["true", "False", ""],
    "words": ["a", "1", "2026-01-01"],
    "nothing": ["", " ", ""],
    "mixed": ["2026-01-01", "01/02/2026", "x"],
}


def test_suggestions_are_what_an_import_would_find(desk: Received, tmp_path: Path) -> None:
    """The page suggests the very types the command line finds, so neither compares times or numbers as text (T29)."""
    rows = zip(*COLUMNS.values(), strict=True)
    content = ",".join(COLUMNS) + "\n" + "".join(",".join(row) + "\n" for row in rows)
    path = tmp_path / "file.csv"
    path.write_text(content)
    found = survey(open_file(path), dict.fromkeys(COLUMNS, ()), texts=list(COLUMNS), numbers=(), times=())
    suggested = {each.name: each.suggestion for each in looked_at(desk, content).columns}
    assert suggested == {name: written(found[name]) for name in COLUMNS}
    assert suggested["moment"] == "instant"
    assert suggested["part"] == "decimal:2"


@pytest.mark.parametrize(
    ("values", "suggestion", "why"),
    [
        (["31.12.2025", "01.02.2026"], "date:%d.%m.%Y", "look like “31.12.2025”"),
        (["12/31/2025", "01/02/2026"], "date:%m/%d/%Y", "look like “12/31/2025”"),
        (["01/02/2026"], "date:%d/%m/%Y", "%m/%d/%Y would fit as well: check"),
        (["31/12/2025 23:59"], "instant:%d/%m/%Y %H:%M", "look like"),
        (
            ["1"] * 20 + ["n/a"],
            "text",
            "Nearly all values are whole numbers; of the first 21, 1 are not, such as “n/a”",
        ),
        (["007", "12"], "text", "begin with a zero"),
        (["a"], "text", "are texts"),
        (["Yes", "no", "no"], "boolean", "yes or no"),
        (["a", "b"] * 20, "text", "2 different ones; as a choice"),
        ([""], "", "nothing to import"),
        (["7"], "integer", "All 1 values are whole numbers"),
    ],
)
def test_every_suggestion_has_its_reason(desk: Received, values: list[str], suggestion: str, why: str) -> None:
    """What a column might become is said with the why beside it."""
    content = "id,x\n" + "".join(f"{place},{value}\n" for place, value in enumerate(values))
    column = looked_at(desk, content).columns[1]
    assert column.suggestion == suggestion
    assert why in column.why


def test_a_parquet_file_says_its_own_types(desk: Received) -> None:
    """What the file declares is taken over; what cannot be imported is said."""
    sink = io.BytesIO()
    table = pa.table(
        {
            "n": pa.array([1, None], pa.int32()), "f": pa.array([1.25, 2.0]), "d": pa.array([1, 2], pa.date32()),
            "l": pa.array([["a"], []], pa.list_(pa.string())), "t": pa.array(["2026-01-01", None]),
            "b": pa.array([b"x", b"y"]),
        }
    )  # fmt: skip
    parquet.write_table(table, sink)
    columns = {each.name: each for each in looked_at(desk, sink.getvalue()).columns}
    assert {name: each.suggestion for name, each in columns.items()} == {
        "n": "integer", "f": "decimal:2", "d": "date", "l": "set", "t": "date", "b": "",
    }  # fmt: skip
    assert (columns["n"].held_as, columns["n"].missing) == ("int32", 1)
    assert "cannot be imported" in columns["b"].why


def test_a_survey_counts_everything(desk: Received) -> None:
    """Rows, torn rows, missing values, samples, delimiter and encoding."""
    found = looked_at(desk, b"\xef\xbb\xbfid;x\n1;a\n2;\n3;b;c\n4;a\n")
    assert (found.row_total, found.torn_rows, found.delimiter) == (3, 1, ";")
    assert found.encoding == "UTF-8 with a byte order mark"
    assert (found.columns[1].present, found.columns[1].missing, found.columns[1].samples) == (2, 1, ("a",))


def test_too_many_columns_are_refused(desk: Received) -> None:
    """A table of a thousand columns is looked at, one of more is not."""
    with pytest.raises(LimitExceeded, match="1,001 columns"):
        looked_at(desk, ",".join(f"c{number}" for number in range(1001)) + "\n" + "," * 1000 + "\n")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"id,name\n", "no rows below"),
        (b"id,id\n1,2\n", "more than one column called id"),
        (b"id,x\n1,\xff\n", "not in UTF-8"),
        (b"\n\n", "is empty"),
    ],
)
def test_what_cannot_be_read_says_why_by_its_own_name(desk: Received, content: bytes, sentence: str) -> None:
    """The sentence names the file as its owner does, not as it is stored."""
    with pytest.raises(InputError, match=sentence) as raised:
        survey_file(take(desk, content, "my people.csv"))
    assert "my people.csv" in str(raised.value)
