"""Imports of related rows on real PostgreSQL: one step and two, ids, owners that change."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from segment_engine.databases import Databases
from segment_engine.domain.catalog import FieldType
from segment_engine.errors import InputError
from segment_engine.imports.report import ImportReport
from tests.integration.importing import RELATED, Importer, figures, lines, reasons

ORDERS = "id,no,at,total\n1,A,2026-01-01 10:00,5.00\n2,B,2026-01-02 10:00,7.50\n"
LINES = "order,no,sku,gift\nA,1,X-1,true\nA,2,X-2,false\nB,3,X-1,false\n"


@pytest.fixture
def importer(databases: Databases, organization_id: int, tmp_path: Path) -> Importer:
    """Import into a test organization that has the contacts 1, 2 and gone, who was deleted."""
    ready = Importer(databases.app, organization_id, tmp_path)
    ready.contacts("id\n1\n2\ngone\n")
    return ready


def orders(importer: Importer, content: str = ORDERS, **keys: Any) -> ImportReport:
    """Import orders, which have a time."""
    words: dict[str, Any] = {"relation": "orders", "time": "at", "types": {"total": "money:EUR:2"}, **keys}
    return importer.related(content, **words)


def order_lines(importer: Importer, content: str = LINES, **keys: Any) -> ImportReport:
    """Import the lines of orders."""
    words: dict[str, Any] = {"key": "order", "parent_relation": "orders", **keys}
    return importer.related(content, "order_lines", **words)


def places(importer: Importer) -> list[tuple[Any, ...]]:
    """Give contact, number, parent and id of every row."""
    names = ("contact_number", "row_number", "parent_number", "row_key")
    return [tuple(row[name] for name in names) for row in importer.rows(RELATED)]


def test_two_steps_from_a_contact(importer: Importer) -> None:
    """Orders hang on contacts, lines on orders; a line carries the contact of its order."""
    assert figures(orders(importer)) == (2, 2, 0, 0, 0)
    assert figures(order_lines(importer)) == (3, 3, 0, 0, 0)
    assert places(importer) == [(1, 1, None, "A"), (2, 2, None, "B"), (1, 3, 1, "1"), (1, 4, 1, "2"), (2, 5, 2, "3")]
    relations = importer.catalog().relations
    first, second = relations["orders"], relations["order_lines"]
    assert (first.parent, first.time, first.source, first.label) == (None, FieldType.INSTANT, "Shop", "orders")
    assert (second.parent, second.time, second.label) == ("orders", None, "order lines")
    assert list(second.fields) == ["order_lines.gift", "order_lines.sku"]
    assert importer.rows(RELATED)[0]["occurred_at"] == datetime(2026, 1, 1, 10, tzinfo=UTC)
    assert importer.values("related", "orders.total")[:2] == [(500,), (750,)]


def test_the_same_files_change_nothing(importer: Importer) -> None:
    """Repeats of both files find every row as it is (T86)."""
    orders(importer)
    order_lines(importer)
    before = importer.rows(RELATED)
    assert figures(orders(importer)) == (2, 0, 0, 2, 0)
    assert figures(order_lines(importer)) == (3, 0, 0, 3, 0)
    assert importer.rows(RELATED) == before


def test_known_ids_are_updated(importer: Importer) -> None:
    """The last row of an id counts; delivered values replace the old ones, numbers stay."""
    orders(importer)
    content = lines(
        ["id", "no", "at", "total"], [1, "A", "2026-01-01 10:00", 1], [1, "A", "2026-01-05 10:00", 9],
        [2, "B", "2026-01-02 10:00", "7.50"], [2, "C", "2026-01-02 10:00", "7.50"],
    )  # fmt: skip
    report = orders(importer, content)
    assert (figures(report), reasons(report)) == ((4, 1, 1, 1, 1), {"duplicate_row": (1,)})
    assert importer.values("related", "orders.total") == [(900,), (750,), (750,)]
    assert [place[1] for place in places(importer)] == [1, 2, 6]


def test_a_row_may_change_its_owner(importer: Importer) -> None:
    """An order that belongs to somebody else now takes its lines along; a line goes over to another order."""
    orders(importer)
    order_lines(importer)
    moved = ORDERS.replace("1,A", "2,A")
    assert figures(orders(importer, moved)) == (2, 0, 1, 1, 0)
    assert places(importer)[:4] == [(2, 1, None, "A"), (2, 2, None, "B"), (2, 3, 1, "1"), (2, 4, 1, "2")]
    orders(importer)
    assert figures(order_lines(importer, LINES.replace("A,2", "B,2"))) == (3, 0, 1, 2, 0)
    assert places(importer)[2:] == [(1, 3, 1, "1"), (2, 4, 2, "2"), (2, 5, 2, "3")]


def test_rows_without_a_place_are_rejected(importer: Importer) -> None:
    """Each has one reason, on both steps."""
    orders(importer, f"{ORDERS}gone,G,2026-01-01 10:00,1.00\n")
    importer.delete("gone")
    time = "2026-01-01 10:00"
    report = orders(importer, lines(
        ["id", "no", "at", "total"], [None, "C", time, 1], [1, None, time, 1], [1, "C", None, 1], [1, "C", "never", 1],
        ["z", "C", time, 1], ["gone", "G", time, 2], [1, "c" * 256, time, 1],
    ))  # fmt: skip
    assert (figures(report), reasons(report)) == (
        (7, 0, 0, 0, 7),
        {
            "missing_key": (1,), "missing_id": (2,), "missing_time": (3,), "bad_time": (4,), "unknown_contact": (5,),
            "deleted_contact": (6,), "id_too_long": (7,),
        },
    )  # fmt: skip
    report = order_lines(importer, "order,no\nnowhere,1\nG,2\n,3\nA,4\n")
    assert (figures(report), reasons(report)) == (
        (4, 1, 0, 0, 3), {"unknown_parent": (1,), "deleted_contact": (2,), "missing_parent": (3,)},
    )  # fmt: skip


def test_dates_make_rows_date_only(importer: Importer) -> None:
    """Rows with dates are held at midnight UTC, and times of day are refused afterwards."""
    orders(importer, "id,no,at\n1,A,2026-03-29\n", time_zone="Europe/Amsterdam", types={})
    assert importer.catalog().relations["orders"].date_only
    assert importer.rows(RELATED)[0]["occurred_at"] == datetime(2026, 3, 29, tzinfo=UTC)
    with pytest.raises(InputError, match="dates only"):
        orders(importer, "id,no,at\n1,A,2026-03-29 10:00\n", types={})


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"source": "Till"}, "belong to the data source “Shop”"),
        ({"relation": "Orders"}, "cannot be the key of a related table"),
        ({"relation": "order_placed"}, "nor the key of events"),
        ({"time": None, "skip": frozenset({"at"})}, "have a time, and stay so"),
        ({"parent_relation": "order_lines"}, "belong to contacts, and stay so"),
        ({"parent_relation": "nowhere"}, "no related table nowhere"),
        ({"relation": "parts", "parent_relation": "order_lines_of_lines"}, "no related table"),
        ({"types": {"total": "set"}, "relation": "others"}, "rows of a related table hold single values"),
    ],
)
def test_relations_stay_what_they_are(importer: Importer, keys: dict[str, Any], sentence: str) -> None:
    """Source, owner and time of a relation are those of its first import; what cannot be is refused."""
    importer.events("id,at\n1,2026-01-01 10:00\n")
    orders(importer)
    importer.related("id,no\n1,1\n", "order_lines")
    with pytest.raises(InputError, match=sentence):
        orders(importer, **keys)


def test_there_is_no_third_step(importer: Importer) -> None:
    """Rows of rows of rows are refused before anything is written."""
    orders(importer)
    order_lines(importer)
    with pytest.raises(InputError, match="at most two steps lead from a contact"):
        importer.related("line,no\n1,1\n", "parts", key="line", parent_relation="order_lines")
    assert "parts" not in importer.catalog().relations


def test_events_and_relations_have_keys_of_their_own(importer: Importer) -> None:
    """A key that a related table has is no key of events: their fields would be the same."""
    orders(importer)
    with pytest.raises(InputError, match="nor the key of a related table"):
        importer.events("id,at\n1,2026-01-01 10:00\n", event="orders")
