"""Imports of events on real PostgreSQL: identity, order, repeats, unknown contacts, times."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from segment_engine.databases import Databases
from segment_engine.domain.catalog import FieldType
from segment_engine.errors import InputError
from tests.integration.importing import CONTACTS, EVENTS, Importer, figures, lines, reasons


@pytest.fixture
def importer(databases: Databases, organization_id: int, tmp_path: Path) -> Importer:
    """Import into a test organization that has the contacts 1, 02 and c."""
    ready = Importer(databases.app, organization_id, tmp_path)
    ready.contacts("id\n1\n02\nc\n")
    return ready


def test_events_keep_the_order_of_the_file(importer: Importer) -> None:
    """The event number follows the file, whatever contact or time; the contact is found by its exact key."""
    report = importer.events(
        "id,at,n\nc,2026-01-03 10:00,1\n02,2026-01-01 10:00,2\n1,2026-01-02 10:00,3\n2,2026-01-02 10:00,4\n"
    )
    assert (figures(report), reasons(report)) == ((4, 3, 0, 0, 1), {"unknown_contact": (4,)})
    assert importer.values("events", "order_placed.n") == [(1,), (2,), (3,)]
    rows = importer.rows(EVENTS)
    assert [row["contact_number"] for row in rows] == [3, 2, 1]
    assert rows[0]["occurred_at"] == datetime(2026, 1, 3, 10, tzinfo=UTC)
    event = importer.catalog().events["order_placed"]
    assert (event.source, event.date_only, event.label) == ("Shop", False, "order placed")


def test_repeats_count_and_the_file_may_come_again(importer: Importer) -> None:
    """Rows alike in everything are events of their own; the same file adds none, a longer one what is new."""
    content = (
        "id,at,total\n1,2026-01-01,5.00\n1,2026-01-01,5.00\n1,2026-01-01,5.00\n1,2026-01-01,6.00\nc,2026-01-01,5.00\n"
    )
    assert figures(importer.events(content)) == (5, 5, 0, 0, 0)
    before = importer.rows(EVENTS)
    assert figures(importer.events(content)) == (5, 0, 0, 5, 0)
    assert importer.rows(EVENTS) == before
    assert figures(importer.events(content + "1,2026-01-01,5.00\n")) == (6, 1, 0, 5, 0)
    assert len({row["event_key"] for row in importer.rows(EVENTS)}) == 6


def test_a_new_empty_column_is_no_new_event(importer: Importer) -> None:
    """Old events are found again in a file that has one more column, empty for them."""
    importer.events("id,at,a\n1,2026-01-01,x\n")
    report = importer.events("id,at,a,b\n1,2026-01-01,x,\n1,2026-01-02,x,y\n")
    assert figures(report) == (2, 1, 0, 1, 0)


def test_values_never_run_into_each_other(importer: Importer) -> None:
    """Two events whose texts only look alike when joined are two events."""
    importer.events(
        'id,at,a,b\n1,2026-01-01,xy,z\n1,2026-01-01,x,yz\n1,2026-01-01,"x\x1f8:text_2=y",\n1,2026-01-01,x,y\n'
    )
    assert figures(importer.events("id,at,a,b\n1,2026-01-01,xyz,\n")) == (1, 1, 0, 0, 0)
    assert len(importer.rows(EVENTS)) == 5


def test_ids_make_events_changeable(importer: Importer) -> None:
    """With an id, a later file updates the event in place; of several rows with one id the last counts."""
    first = importer.events(
        "id,at,no,total\n1,2026-01-01 10:00,A,5\n1,2026-01-01 10:00,B,5\nc,2026-01-02 10:00,A,7\n", identifier="no"
    )
    assert figures(first) == (3, 3, 0, 0, 0)
    before = importer.rows(EVENTS)
    content = lines(
        ["id", "at", "no", "total"], [1, "2026-01-05 10:00", "A", 1], [1, "2026-01-01 10:00", "A", 9],
        [1, "2026-01-01 10:00", "B", 5], [1, "2026-01-01 10:00", None, 5],
    )  # fmt: skip
    report = importer.events(content, identifier="no")
    assert (figures(report), reasons(report)) == ((4, 0, 1, 1, 2), {"duplicate_id": (1,), "missing_id": (4,)})
    after = importer.rows(EVENTS)
    assert importer.values("events", "order_placed.total") == [(9,), (5,), (7,)]
    assert [row["event_key"] for row in after] == [row["event_key"] for row in before]
    assert [row["event_number"] for row in after] == [row["event_number"] for row in before]


def test_contacts_can_be_made_from_events(importer: Importer) -> None:
    """Unknown keys become contacts in the order of their first event, when asked; known ones are used."""
    report = importer.events("id,at\nz,2026-01-01\n1,2026-01-01\nnew,2026-01-01\nz,2026-01-02\n", create_contacts=True)
    assert (figures(report), report.created_contacts) == ((4, 4, 0, 0, 0), 2)
    assert [row["external_key"] for row in importer.rows(CONTACTS)] == ["1", "02", "c", "z", "new"]
    assert [row["contact_number"] for row in importer.rows(EVENTS)] == [4, 1, 5, 4]
    importer.contacts("id\nnext\nz\n")
    assert importer.rows(CONTACTS)[-1]["number"] == 6


def test_rows_without_a_place_are_rejected(importer: Importer) -> None:
    """No key, no time, a time that cannot be read, a contact that was deleted: each with its reason."""
    with importer.database.transaction(importer.organization_id) as transaction:
        deletion = "UPDATE contacts SET deleted_at = now() WHERE organization_id = :o AND external_key = 'c'"
        transaction.run(text(deletion), {"o": importer.organization_id})
    report = importer.events(
        "id,at\n,2026-01-01\n1,\n1,2026-02-30\n1,yesterday\n1,1850-01-01\nc,2026-01-01\n1,2026-01-01\n"
    )
    assert figures(report) == (7, 1, 0, 0, 6)
    assert reasons(report) == {
        "missing_key": (1,), "missing_time": (2,), "bad_time": (3, 4, 5), "deleted_contact": (6,),
    }  # fmt: skip


def test_dates_make_a_date_only_type(importer: Importer) -> None:
    """A file of dates makes a type without times of day, held at midnight UTC; times of day are refused afterwards."""
    importer.events("id,at\n1,2026-03-29\n", time_zone="Europe/Amsterdam")
    assert importer.catalog().events["order_placed"].date_only
    assert importer.rows(EVENTS)[0]["occurred_at"] == datetime(2026, 3, 29, tzinfo=UTC)
    with pytest.raises(InputError, match="dates only"):
        importer.events("id,at\n1,2026-03-29 10:00\n")


def test_dates_in_a_type_with_times(importer: Importer) -> None:
    """Where the type has times of day, a date means its first instant in the zone of the import."""
    importer.events("id,at\n1,2026-03-29 10:00\n")
    importer.events("id,at\n1,2026-03-28\n", time_zone="Europe/Amsterdam")
    assert importer.rows(EVENTS)[1]["occurred_at"] == datetime(2026, 3, 27, 23, tzinfo=UTC)


def test_unreadable_time_columns_are_refused(importer: Importer) -> None:
    """When nothing in the column looks like a time, the file is not taken apart row by row."""
    with pytest.raises(InputError, match="--type at=date"):
        importer.events("id,at\n1,01/02/2026\n")
    report = importer.events("id,at\n1,01/02/2026 8:30\n", types={"at": "instant:%d/%m/%Y %H:%M"})
    assert report.added == 1
    assert importer.rows(EVENTS)[0]["occurred_at"] == datetime(2026, 2, 1, 8, 30, tzinfo=UTC)


def test_event_types_have_one_source(importer: Importer) -> None:
    """Another source brings its events under a key of its own."""
    importer.events("id,at\n1,2026-01-01\n")
    with pytest.raises(InputError, match="belong to the data source “Shop”"):
        importer.events("id,at\n1,2026-01-02\n", source="Till")
    importer.events("id,at\n1,2026-01-02\n", source="Till", event="till_sale")
    assert [event.number for event in importer.catalog().events.values()] == [1, 2]


@pytest.mark.parametrize("key", ["Order", "contact", "1st", ""])
def test_event_keys_are_names(importer: Importer, key: str) -> None:
    """A key that could not stand in criteria, or would be taken for contact fields, is refused."""
    with pytest.raises(InputError, match="--event"):
        importer.events("id,at\n1,2026-01-01\n", event=key)


def test_the_amount_gets_the_indexed_column(importer: Importer) -> None:
    """The index of events carries number_1, so money comes before other numbers wherever it stands in the file."""
    importer.events("id,at,quantity,total\n1,2026-01-01,3,5.00\n", types={"total": "money:EUR:2"})
    properties = importer.catalog().events["order_placed"].fields
    assert (properties["order_placed.total"].column, properties["order_placed.total"].type) == (
        "number_1",
        FieldType.MONEY,
    )
    assert properties["order_placed.quantity"].column == "number_2"
    assert importer.values("events", "order_placed.quantity", "order_placed.total") == [(3, 500)]
