"""Imports of sets on real PostgreSQL: elements, folded twins, repeats."""

from __future__ import annotations

from pathlib import Path

import pytest

from segment_engine.databases import Databases
from segment_engine.domain.catalog import FieldType
from segment_engine.errors import InputError
from segment_engine.imports.arrow import pa, parquet
from segment_engine.imports.contacts import import_contacts
from segment_engine.imports.request import ContactImport
from tests.integration.importing import CONTACTS, EVENTS, Importer, figures


@pytest.fixture
def importer(databases: Databases, organization_id: int, tmp_path: Path) -> Importer:
    """Import into the test organization as the application role."""
    return Importer(databases.app, organization_id, tmp_path)


def test_sets_are_cut_at_the_separator(importer: Importer) -> None:
    """Blanks around elements go, each element counts once, nothing left is missing (T03)."""
    report = importer.contacts(
        'id,tags\n1,b; a;;b\n2," ; "\n3,\n4,"[""x;y"", null, "" ""]"\n5,[]\n6,[x\n', types={"tags": "set"}
    )
    assert figures(report) == (6, 6, 0, 0, 0)
    assert importer.values("contacts", "contact.tags") == [
        (["a", "b"],),
        (None,),
        (None,),
        (["x;y"],),
        (None,),
        (None,),
    ]
    [field] = report.fields
    assert (field.type, field.present, field.missing, field.unparseable, field.samples) == ("set", 2, 3, 1, ("[x",))


def test_elements_that_differ_in_case_are_one_in_the_folded_twin(importer: Importer) -> None:
    """The stored elements stay as they are; the twin folds every script and holds each element once (M5)."""
    importer.contacts('id,tags\n1,"É,é,Straße,STRASSE"\n', types={"tags": "set"}, separator=",")
    field = importer.catalog().fields["contact.tags"]
    assert (field.type, field.column, field.fold_column) == (FieldType.SET, "set_1", "set_1_fold")
    [row] = importer.rows(CONTACTS)
    assert (row["set_1"], row["set_1_fold"]) == (["STRASSE", "Straße", "É", "é"], ["strasse", "é"])


def test_sets_of_choices_report_elements_outside(importer: Importer) -> None:
    """The list of a set of choices is kept in the catalog; other elements are stored and counted."""
    report = importer.contacts("id,likes\n1,a;b\n2,c;a;d\n", types={"likes": "set:a|b"})
    assert importer.catalog().fields["contact.likes"].values == ("a", "b")
    assert (report.fields[0].outside, report.fields[0].samples) == (2, ("c", "d"))
    assert importer.values("contacts", "contact.likes") == [(["a", "b"],), (["a", "c", "d"],)]


def test_the_same_set_in_another_order_changes_nothing(importer: Importer) -> None:
    """A set has no order, so a file that lists it differently finds it unchanged (T86)."""
    types = {"tags": "set"}
    importer.contacts("id,tags\n1,a;b\n2,x\n", types=types)
    assert figures(importer.contacts("id,tags\n1,b;a;a\n2,y\n", types=types)) == (2, 0, 1, 1, 0)
    importer.events("id,at,tags\n1,2026-01-01,a;b\n", types=types)
    assert figures(importer.events("id,at,tags\n1,2026-01-01,b; a\n", types=types)) == (1, 0, 0, 1, 0)
    assert importer.rows(EVENTS)[0]["set_1"] == ["a", "b"]


def test_lists_of_parquet_become_sets(importer: Importer) -> None:
    """Lists need no declaration; whole numbers are written in decimal, markers and nulls are left out."""
    path = importer.folder / "file.parquet"
    lists = pa.array([["b", None, "-", "a\\", 'q"'], None, []])
    parquet.write_table(pa.table({"id": ["1", "2", "3"], "tags": lists, "shops": [[7, 12], [], None]}), path)
    request = ContactImport(path=path, source="CRM", key="id", missing=("-",))
    assert figures(import_contacts(importer.database, importer.organization_id, request)) == (3, 3, 0, 0, 0)
    assert importer.values("contacts", "contact.tags", "contact.shops") == [
        (["a\\", "b", 'q"'], ["12", "7"]), (None, None), (None, None),
    ]  # fmt: skip


def test_what_is_no_set_of_texts_is_reported(importer: Importer) -> None:
    """Objects, fractions and half characters do not convert; the row stays and the value is missing."""
    rows = ['[{""a"": 1}]', "[1.5]", "[true]", '{""a"": 1}', '[""\\ud800""]', '[""\\u0000""]', f"[{'9' * 5000}]"]
    content = "id,tags\n" + "".join(f'{number},"{row}"\n' for number, row in enumerate(rows))
    report = importer.contacts(content, types={"tags": "set"})
    assert (report.added, report.fields[0].unparseable) == (7, 6)
    assert importer.values("contacts", "contact.tags")[3] == (['{"a": 1}'],)


def test_lists_are_not_read_as_single_values(importer: Importer) -> None:
    """A list for a field that is a text is refused, with the way out."""
    path = importer.folder / "file.parquet"
    importer.contacts("id,city\n1,Gent\n")
    parquet.write_table(pa.table({"id": ["1"], "city": [["Gent"]]}), path)
    with pytest.raises(InputError, match=r"can only become a set.*--rename"):
        import_contacts(importer.database, importer.organization_id, ContactImport(path=path, source="CRM", key="id"))
