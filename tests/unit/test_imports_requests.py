"""The words of an import: declared types, names of fields, arguments. No database."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from segment_engine.domain.catalog import Field, FieldType
from segment_engine.errors import InputError
from segment_engine.imports.arrow import pa, parquet
from segment_engine.imports.columns import FilePlan, normalized, plan_columns
from segment_engine.imports.command import KINDS, add_arguments
from segment_engine.imports.read import open_file
from segment_engine.imports.report import FieldReport, ImportReport, Rejection
from segment_engine.imports.request import ContactImport, DeclaredType, parse_type


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("text", DeclaredType(FieldType.TEXT)),
        ("decimal", DeclaredType(FieldType.DECIMAL)),
        ("decimal:4", DeclaredType(FieldType.DECIMAL, 4)),
        ("money:EUR", DeclaredType(FieldType.MONEY, 2, "EUR")),
        ("money:JPY:0", DeclaredType(FieldType.MONEY, 0, "JPY")),
        ("choice:a|b", DeclaredType(FieldType.CHOICE, values=("a", "b"))),
        ("ordered:low|high", DeclaredType(FieldType.CHOICE, values=("low", "high"), ordered=True)),
        ("set", DeclaredType(FieldType.SET)),
        ("set:a|b", DeclaredType(FieldType.SET, values=("a", "b"))),
        ("instant:%d/%m/%Y %H:%M", DeclaredType(FieldType.INSTANT, pattern="%d/%m/%Y %H:%M")),
    ],
)
def test_types_are_read(text: str, expected: DeclaredType) -> None:
    """Every type of the language can be declared."""
    assert parse_type(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "number", "decimal:10", "decimal:x", "money", "money:eur", "choice:", "choice:a|a", "set:a|a", "text:5"],
)
def test_unreadable_types_say_what_can_be_written(text: str) -> None:
    """The refusal lists the possible forms."""
    with pytest.raises(InputError, match="money:EUR:2"):
        parse_type(text)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Income", "income"), ("emp.var.rate", "emp_var_rate"),
      (" Zip Code ", "zip_code"), ("2nd", "x_2nd"), ("é", None), ("", None)],
)  # fmt: skip
def test_names_of_fields_follow_the_column(name: str, expected: str | None) -> None:
    """Small letters, digits and underscores; nothing is left of a name in another script."""
    assert normalized(name) == expected


def plan(path: Path, known: dict[str, Field] | None = None, **keys: Any) -> FilePlan:
    """Plan an import of contacts whose key is the column id."""
    request = ContactImport(path=path, source="CRM", key="id", **keys)
    return plan_columns(open_file(path), request, prefix="contact", reserved=("id",), known=known or {})


def types(path: Path, **keys: Any) -> dict[str, str]:
    """Give the type each column would get, with its scale."""
    found: dict[str, str] = {}
    for column in plan(path, **keys).columns:
        new = column.new
        assert new is not None
        found[new.key] = new.type.value + (f":{new.scale}" if new.scale else "")
    return found


def test_types_of_a_csv_are_found_in_all_rows(tmp_path: Path) -> None:
    """The last row may decide; codes with leading zeros, 0/1 and mixtures stay what they are."""
    path = tmp_path / "contacts.csv"
    path.write_text(
        "id,whole,part,code,flag,bit,day,at,mixed,none\n"
        "001,5,1.5,007,true,1,2026-01-01,2026-01-01 10:00,1,\n"
        "002,-12,2,010,FALSE,0,2026-02-30,2026-01-01T10:00:00Z,x, \n"
        "003,,10.125,,,,,,,\n"
    )
    assert types(path) == {
        "contact.whole": "integer", "contact.part": "decimal:3", "contact.code": "text", "contact.flag": "boolean",
        "contact.bit": "integer", "contact.day": "date", "contact.at": "instant", "contact.mixed": "text",
    }  # fmt: skip
    assert plan(path).empty == ("none",)


def test_types_of_a_parquet_file_are_its_own(tmp_path: Path) -> None:
    """The schema decides; only the scale of floats is looked up."""
    path = tmp_path / "contacts.parquet"
    table = pa.table({
        "id": pa.array([1, 2]), "text": ["1", "2"], "real": [0.5, 1.25], "whole": [1.0, None], "nothing": pa.nulls(2),
        "coded": pa.array(["a", "b"]).dictionary_encode(), "price": pa.array([1, 2]).cast(pa.decimal128(21, 2)),
    })  # fmt: skip
    parquet.write_table(table, path)
    assert types(path) == {
        "contact.text": "text", "contact.real": "decimal:2", "contact.whole": "integer", "contact.coded": "text",
        "contact.price": "decimal:2",
    }  # fmt: skip


def test_standard_columns_have_their_type(tmp_path: Path) -> None:
    """A column called like a standard field is that field, whatever its values look like."""
    path = tmp_path / "contacts.csv"
    path.write_text("id,Phone,BIRTHDAY\n1,0612345678,1990-01-01\n")
    assert types(path) == {"contact.phone": "text", "contact.birthday": "date"}


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"skip": frozenset({"nowhere"})}, "has no column nowhere"),
        ({"renames": {"City": "Bad name"}}, "small letters"),
        ({"renames": {"City": "size"}}, "would both become contact.size"),
        ({"types": {"birthday": DeclaredType(FieldType.TEXT)}}, "held as date"),
    ],
)
def test_requests_that_cannot_be_carried_out(tmp_path: Path, keys: dict[str, Any], sentence: str) -> None:
    """Each is refused before anything is written, with a next step."""
    path = tmp_path / "contacts.csv"
    path.write_text("id,City,Size,birthday\n1,Gent,4,1990-01-01\n")
    with pytest.raises(InputError, match=sentence):
        plan(path, **keys)


def test_a_field_has_one_source(tmp_path: Path) -> None:
    """Another source may not write it; the refusal names the owner and the way out."""
    path = tmp_path / "contacts.csv"
    path.write_text("id,City\n1,Gent\n")
    known = {"contact.city": Field("contact.city", "City", FieldType.TEXT, "city", source="Shop")}
    with pytest.raises(InputError, match=r"belongs to the data source “Shop”.*--rename City=city_2"):
        plan(path, known)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"a,a\n1,2\n", "more than one column called a"),
        ("a,b\n1,\xe9\n".encode("latin-1"), "UTF-8"),
        (b"PAR1 and then nothing", "cannot be read"),
    ],
)
def test_unreadable_files_say_why(tmp_path: Path, content: bytes, sentence: str) -> None:
    """A file that cannot be read is the person's to mend, not an incident."""
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(InputError, match=sentence):
        list(open_file(path).batches(["a", "b"]))


def test_headers_of_many_kinds(tmp_path: Path) -> None:
    """A byte order mark, another delimiter and quotes in the header are all fine."""
    path = tmp_path / "file.csv"
    path.write_bytes(b'\xef\xbb\xbf"a;1";b\r\n1;2\r\n')
    file = open_file(path)
    assert [column.name for column in file.columns] == ["a;1", "b"]
    assert [batch.rows.to_pydict() for batch in file.batches(["b"])] == [{"b": ["2"]}]


def test_torn_rows_keep_the_count(tmp_path: Path) -> None:
    """Rows with too few or too many values are left out and numbered; the others keep their place in the file."""
    path = tmp_path / "file.csv"
    path.write_text("a,b\n1,2\n3\n4,5\n6,7,8\n9,10\n")
    file = open_file(path)
    assert [batch.rows.column("a").to_pylist() for batch in file.batches(["a"])] == [["1", "4", "9"]]
    assert file.torn_rows == [2, 4]
    assert [file.physical_row(row) for row in (1, 2, 3)] == [1, 3, 5]


def test_a_report_adds_up_and_speaks() -> None:
    """What was rejected and what did not convert is said in words, with rows and samples."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    field = FieldReport("Size", "contact.size", "integer", 7, 1, 2, 0, ("L", "XL"), new=True)
    report = ImportReport(
        UUID(int=1), "contacts", "CRM", "c.csv", 10, 4, 3, 2, (Rejection("missing_key", 1, (7,)),), (field,),
        ("empty",), 0, 1, now, now,
    )  # fmt: skip
    assert report.rejected == 1
    assert report.document()["rejected"] == 1
    text = "\n".join(report.sentences())
    for part in ("10 rows read; 4 contacts added", "First rows: 7.", "“L”, “XL”", "another contact had first", "empty"):
        assert part in text


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_explains_itself(kind: str) -> None:
    """Each kind of import has a help text that names its columns."""
    parser = argparse.ArgumentParser()
    add_arguments(parser, kind)
    assert "--retention-days" in parser.format_help()


def test_arguments_of_events() -> None:
    """Contacts need a source and a key, events also a type and a time."""
    parser = argparse.ArgumentParser()
    add_arguments(parser, "events")
    words = "f.csv --source S --key K --event order_placed --time at --id no --type a=text --type b=date"
    parsed = parser.parse_args(words.split())
    assert parsed.type == ["a=text", "b=date"]
    assert (parsed.file, parsed.event, parsed.id) == (Path("f.csv"), "order_placed", "no")
    assert "%d.%m.%Y" in parser.format_help()
