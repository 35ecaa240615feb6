"""Imports of contacts on real PostgreSQL: keys, updates, rejections, addresses, one source per field."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from segment_engine.databases import Databases
from segment_engine.domain.catalog import FieldType
from segment_engine.engine import Engine
from segment_engine.errors import InputError
from segment_engine.imports.arrow import pa, parquet
from segment_engine.imports.contacts import import_contacts
from segment_engine.imports.request import ContactImport
from tests.integration.importing import CONTACTS, Importer, figures, lines, reasons


@pytest.fixture
def importer(databases: Databases, organization_id: int, tmp_path: Path) -> Importer:
    """Import into the test organization as the application role."""
    return Importer(databases.app, organization_id, tmp_path)


def everything(importer: Importer) -> str:
    """Digest every row an import may write, except the record of imports itself."""
    tables = ("contacts", "identities", "contact_channels", "fields", "event_types", "events", "organization_counters")
    texts = [
        str(row)
        for table in tables
        for row in importer.rows(f"SELECT t::text FROM {table} AS t WHERE organization_id = :o ORDER BY 1")  # noqa: S608 - fixed names
    ]
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


def test_keys_are_kept_as_given(importer: Importer) -> None:
    """Leading zeros, spaces and letters of a key stay; contacts are numbered in the order of the file."""
    report = importer.contacts("id,size\n007,1\n7,2\n a b ,3\nÜ-1,4\n")
    assert figures(report) == (4, 4, 0, 0, 0)
    rows = importer.rows(CONTACTS)
    assert [(row["number"], row["external_key"]) for row in rows] == [(1, "007"), (2, "7"), (3, " a b "), (4, "Ü-1")]
    assert importer.values("contacts", "contact.size") == [(1,), (2,), (3,), (4,)]


def test_integer_keys_of_parquet(importer: Importer) -> None:
    """Integers are written in decimal, also where gaps made them floats; other floats are no keys."""
    path = importer.folder / "file.parquet"
    parquet.write_table(pa.table({"id": pa.array([12346.0, None, 7.0, 7.5])}), path)
    report = import_contacts(
        importer.database, importer.organization_id, ContactImport(path=path, source="S", key="id")
    )
    assert [row["external_key"] for row in importer.rows(CONTACTS)] == ["12346", "7"]
    assert reasons(report) == {"missing_key": (2,), "bad_key": (4,)}


def test_every_type_arrives(importer: Importer) -> None:
    """Each type is stored in its column with its unit; folded twins follow their text."""
    importer.contacts(
        lines(
            ["id", "City", "income", "rate", "vip", "day", "seen", "size", "code"],
            ["1", "GENT É", "49.9", "1.125", "yes", "31.01.2020", "2026-03-29 12:00", "M", "Aé"],
            ["2", *[None] * 8],
        ),
        types={"income": "money:EUR:2", "vip": "boolean", "day": "date:%d.%m.%Y", "size": "ordered:S|M|L"},
        time_zone="Europe/Amsterdam",
    )
    catalog = importer.catalog().fields
    assert {key: (each.type, each.scale) for key, each in catalog.items()} == {
        "contact.city": (FieldType.TEXT, 0), "contact.income": (FieldType.MONEY, 2),
        "contact.rate": (FieldType.DECIMAL, 3), "contact.vip": (FieldType.BOOLEAN, 0),
        "contact.day": (FieldType.DATE, 0), "contact.seen": (FieldType.INSTANT, 0),
        "contact.size": (FieldType.CHOICE, 0), "contact.code": (FieldType.TEXT, 0),
    }  # fmt: skip
    size, city = catalog["contact.size"], catalog["contact.city"]
    assert (size.values, size.ordered, catalog["contact.income"].currency) == (("S", "M", "L"), True, "EUR")
    assert (city.column, city.label, city.source) == ("city", "City", "CRM")
    keys = ("income", "rate", "vip", "day", "seen", "size", "code", "city")
    seen = datetime(2026, 3, 29, 10, tzinfo=UTC)
    assert importer.values("contacts", *(f"contact.{key}" for key in keys)) == [
        (4990, 1125, True, date(2020, 1, 31), seen, "M", "Aé", "GENT É"), (None,) * 8,
    ]  # fmt: skip
    [first, _] = importer.rows(CONTACTS)
    assert (first["city_fold"], first[f"{catalog['contact.code'].column}_fold"]) == ("gent é", "aé")


def test_the_same_file_twice_changes_nothing(importer: Importer) -> None:
    """Not a row is written the second time, not even a time of change."""
    content = "id,Email,phone,note\n1,A@x.org,0612,é\n2,a@X.org,,\n3,,,n\n"
    importer.contacts(content)
    before = everything(importer)
    report = importer.contacts(content)
    assert figures(report) == (3, 0, 0, 3, 0)
    assert everything(importer) == before


def test_changes_touch_what_was_delivered(importer: Importer) -> None:
    """A changed row is updated; columns not in the file keep their values, empty ones are cleared."""
    importer.contacts("id,a,b\n1,x,1\n2,y,2\n3,z,3\n")
    changed = {row["number"]: row["updated_at"] for row in importer.rows(CONTACTS)}
    report = importer.contacts("id,a\n3,\n1,x\n2,Y\n4,new\n")
    assert figures(report) == (4, 1, 2, 1, 0)
    assert importer.values("contacts", "contact.a", "contact.b") == [("x", 1), ("Y", 2), (None, 3), ("new", None)]
    assert [row["updated_at"] > changed.get(row["number"], row["updated_at"]) for row in importer.rows(CONTACTS)] == [
        False, True, True, False,
    ]  # fmt: skip


def test_rejections_have_reasons_and_rows(importer: Importer) -> None:
    """Every row left out has one reason; the last of several rows with one key counts."""
    importer.contacts("id,a\nalive,1\ngone,1\n")
    with importer.database.transaction(importer.organization_id) as transaction:
        deletion = "UPDATE contacts SET deleted_at = now() WHERE organization_id = :o AND external_key = 'gone'"
        transaction.run(text(deletion), {"o": importer.organization_id})
    report = importer.contacts(f"id,a\nalive,2\n ,2\ngone,2\nalive,3\ntorn\n{'k' * 256},2\nalive,4\n,2\n")
    assert figures(report) == (8, 0, 1, 0, 7)
    assert reasons(report) == {
        "missing_key": (2, 8), "deleted_contact": (3,), "duplicate_key": (1, 4), "torn_row": (5,), "key_too_long": (6,),
    }  # fmt: skip
    assert importer.values("contacts", "contact.a") == [(4,), (1,)]


def test_values_that_do_not_convert_are_missing_and_reported(importer: Importer) -> None:
    """The row is kept, the value is missing, and up to five samples say why."""
    rows = [[number, f"bad {number}", "x" * 10_001, "1899-12-31"] for number in range(7)]
    report = importer.contacts(
        lines(["id", "n", "long", "birthday"], *rows, [8, 5, "ok", "2000-01-01"]), types={"n": "integer"}
    )
    assert figures(report) == (8, 8, 0, 0, 0)
    found = {each.key: (each.present, each.missing, each.unparseable) for each in report.fields}
    assert found == dict.fromkeys(("contact.n", "contact.long", "contact.birthday"), (1, 0, 7))
    assert report.fields[0].samples == ("bad 0", "bad 1", "bad 2", "bad 3", "bad 4")
    assert importer.values("contacts", "contact.n")[-2:] == [(None,), (5,)]


def test_nul_is_reported_and_not_stored(importer: Importer) -> None:
    """PostgreSQL cannot hold NUL, neither in a value nor in a key, nor in the stored report."""
    report = importer.contacts("id,a\n1,x\0y\nk\0,z\n")
    assert (figures(report), reasons(report)) == ((2, 1, 0, 0, 1), {"bad_key": (2,)})
    assert (report.fields[0].unparseable, report.fields[0].samples) == (1, ("x\0y",))
    [record] = importer.rows("SELECT report FROM imports WHERE organization_id = :o")
    assert record["report"]["fields"][0]["samples"] == ["x�y"]


def test_missing_markers(importer: Importer) -> None:
    """A text may stand for missing everywhere, another one in a single column only."""
    report = importer.contacts(
        "id,a,b\n1,unknown,-1\n2,-1,5\n", missing=("unknown",), missing_in={"b": ("-1",)}, types={"a": "text"}
    )
    assert importer.values("contacts", "contact.a", "contact.b") == [(None, None), ("-1", 5)]
    assert [(each.missing, each.unparseable) for each in report.fields] == [(1, 0), (1, 0)]


def test_choices_outside_the_list_are_kept_and_counted(importer: Importer) -> None:
    """Drift is reported, not hidden: the value is stored as it came."""
    report = importer.contacts("id,size\n1,S\n2,XL\n3,\n", types={"size": "choice:S|M"})
    assert importer.values("contacts", "contact.size") == [("S",), ("XL",), (None,)]
    assert (report.fields[0].outside, report.fields[0].samples) == (1, ("XL",))


def test_the_first_holder_of_an_address_keeps_it(importer: Importer) -> None:
    """Letters of either case are one address; a sharer is counted, and gets it once the holder gives it up."""
    emails = "SELECT value, contact_number FROM identities WHERE organization_id = :o AND kind = 'email' ORDER BY 1"
    report = importer.contacts("id,email\n1,Same@x.org\n2,same@X.ORG\n3,own@x.org\n")
    assert report.shared_emails == 1
    assert importer.rows(emails) == [
        {"value": "own@x.org", "contact_number": 3}, {"value": "same@x.org", "contact_number": 1},
    ]  # fmt: skip
    report = importer.contacts("id,email\n1,\n2,same@x.org\n3,new@x.org\n")
    assert (report.shared_emails, report.updated) == (0, 3)
    assert importer.rows(emails) == [
        {"value": "new@x.org", "contact_number": 3}, {"value": "same@x.org", "contact_number": 2},
    ]  # fmt: skip


def test_channels_follow_the_addresses(importer: Importer) -> None:
    """A new address forgets a hard bounce of the old one; a complaint belongs to the contact and stays."""
    channels = (
        "SELECT contact_number, channel, address, suppression FROM contact_channels WHERE organization_id = :o "
        "ORDER BY contact_number, channel"
    )
    importer.contacts("id,email,phone\n1,a@x.org,0611\n2,b@x.org,\n3,,\n")
    with importer.database.transaction(importer.organization_id) as transaction:
        suppress = (
            "UPDATE contact_channels SET suppressed_at = now(), suppression = "
            "CASE contact_number WHEN 1 THEN 'hard_bounce' ELSE 'complaint' END WHERE organization_id = :o"
        )
        transaction.run(text(suppress), {"o": importer.organization_id})
    importer.contacts("id,email,phone\n1,new@x.org,0611\n2,c@x.org,0622\n3,d@x.org,\n")
    assert [tuple(row.values()) for row in importer.rows(channels)] == [
        (1, "email", "new@x.org", None), (1, "phone", "0611", "hard_bounce"),
        (2, "email", "c@x.org", "complaint"), (2, "phone", "0622", None), (3, "email", "d@x.org", None),
    ]  # fmt: skip


def test_sources_do_not_write_each_others_fields(importer: Importer) -> None:
    """A refused file leaves nothing behind; under another name it is welcome."""
    importer.contacts("id,city\n1,Gent\n")
    before = everything(importer)
    with pytest.raises(InputError, match="belongs to the data source “CRM”"):
        importer.contacts("id,city\n1,Brugge\n", source="Shop")
    assert everything(importer) == before
    importer.contacts("id,city\n1,Brugge\n", source="Shop", renames={"city": "shop_city"})
    assert importer.values("contacts", "contact.city", "contact.shop_city") == [("Gent", "Brugge")]


def test_a_field_keeps_its_type(importer: Importer) -> None:
    """Later files are read by the field's type; what does not fit is counted, never widened in silence."""
    importer.contacts("id,n\n1,5\n")
    report = importer.contacts("id,n\n1,6.5\n2,7\n")
    assert report.fields[0].unparseable == 1
    assert importer.values("contacts", "contact.n") == [(None,), (7,)]
    with pytest.raises(InputError, match="held as integer"):
        importer.contacts("id,n\n1,6.5\n", types={"n": "decimal:1"})


def test_too_many_columns_are_refused(importer: Importer) -> None:
    """What does not fit into the typed columns is said, not dropped."""
    names = [f"t{number}" for number in range(33)]
    with pytest.raises(InputError, match=r"all 32 columns for text values are used.*--skip"):
        importer.contacts(lines(["id", *names], ["1", *["x"] * 33]))
    assert importer.rows(CONTACTS) == []


def test_imports_are_recorded(importer: Importer) -> None:
    """The record, the freshness of the source and the audit line belong to the same transaction."""
    report = importer.contacts("id,a\n1,x\n,y\n")
    [record] = importer.rows("SELECT * FROM imports WHERE organization_id = :o")
    assert (record["import_id"], record["kind"], record["rows_read"], record["rejected"]) == (
        report.import_id, "contacts", 2, 1,
    )  # fmt: skip
    assert {key: record["report"][key] for key in report.detail()} == report.detail()
    assert (record["report"]["rows"], record["report"]["totals"]) == ("contact", {"contact": 1})
    [source] = importer.rows("SELECT name, last_imported_at FROM data_sources WHERE organization_id = :o")
    assert source == {"name": "CRM", "last_imported_at": report.finished_at}
    [audit] = importer.rows(
        "SELECT action, detail FROM audit_events WHERE organization_id = :o AND object_kind = 'data_source'"
    )
    assert (audit["action"], audit["detail"]["added"]) == ("source.import", 1)


def test_organizations_do_not_meet(importer: Importer, databases: Databases, engine: Engine, tmp_path: Path) -> None:
    """The same keys, sources and fields in two organizations are strangers to each other."""
    other = Importer(databases.app, engine.organizations.create("Other"), tmp_path)
    importer.contacts("id,email,city\n1,a@x.org,Gent\n")
    report = other.contacts("id,email,city\n1,a@x.org,Oslo\n")
    assert (figures(report), report.shared_emails) == ((1, 1, 0, 0, 0), 0)
    assert importer.values("contacts", "contact.city") == [("Gent",)]
    assert other.values("contacts", "contact.city") == [("Oslo",)]
