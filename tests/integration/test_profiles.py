"""What every import leaves on record: the columns of its file, rows, how far it delivers, a profile of each field."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from segment_engine.databases import Databases
from segment_engine.db import profiles
from segment_engine.domain.profiles import FieldProfile
from segment_engine.imports import profiling
from tests.integration.importing import Importer, lines

IMPORTS = "SELECT * FROM imports WHERE organization_id = :o ORDER BY finished_at"
SOURCES = "SELECT * FROM data_sources WHERE organization_id = :o ORDER BY name"
TYPES = {"tier": "ordered:bronze|silver|gold", "tags": "set", "spent": "money:EUR:2"}
COLUMNS = ("id", "email", "tier", "tags", "spent", "day", "at", "member")


@pytest.fixture
def importer(databases: Databases, organization_id: int, tmp_path: Path) -> Importer:
    """Imports into a fresh organization."""
    return Importer(databases.app, organization_id, tmp_path)


def people(count: int) -> str:
    """Contacts whose figures are easy to work out."""
    rows = [
        (
            f"{number:04}", f"p{number}@example.org", "silver" if number % 4 else "gold", "a;b" if number % 2 else "",
            f"{number}.50", f"2026-01-{number % 20 + 1:02}", f"2026-02-01T10:{number % 60:02}:00Z",
            "true" if number % 5 else "",
        )
        for number in range(count)
    ]  # fmt: skip
    return lines(COLUMNS, *rows)


def known(importer: Importer, place: int = -1) -> dict[str, FieldProfile]:
    """Give the profiles of an import, the newest if not said otherwise."""
    import_id = importer.rows(IMPORTS)[place]["import_id"]
    with importer.database.transaction(importer.organization_id) as transaction:
        return profiles.of_imports(transaction, importer.organization_id, [import_id])[import_id]


def test_a_profile_counts_rows_missing_and_different_values(importer: Importer) -> None:
    """Of every type: shares are of the values that are there, sets are counted by element, ends are written exactly."""
    importer.contacts(people(100), types=TYPES)
    found = known(importer)
    tier, spent, tags, member = (found[f"contact.{key}"] for key in ("tier", "spent", "tags", "member"))
    assert [(each.value, each.share) for each in tier.distribution] == [("silver", 0.75), ("gold", 0.25)]
    assert (spent.lowest, spent.highest, spent.distinct, len(spent.distribution)) == ("0.50", "99.50", 100, 10)
    assert all(each.share == pytest.approx(0.1) for each in spent.distribution)
    assert (tags.missing, tags.distinct) == (50, 2)
    assert [(each.value, each.share) for each in tags.distribution] == [("a", 1.0), ("b", 1.0)]
    assert (member.missing, member.row_total, member.distribution[0].value) == (20, 100, "true")
    assert (found["contact.day"].lowest, found["contact.day"].highest) == ("2026-01-01", "2026-01-20")
    assert found["contact.at"].highest == "2026-02-01T10:59:00+00:00"
    assert not any(each.sampled for each in found.values())


def test_what_tells_who_a_contact_is_is_only_counted(importer: Importer) -> None:
    """Addresses and sensitive fields leave no value behind."""
    importer.contacts(people(40), types=TYPES)
    with importer.database.transaction(importer.organization_id) as transaction:
        sensitive = "UPDATE fields SET sensitive = true WHERE organization_id = :o AND key = 'contact.tier'"
        transaction.run(text(sensitive), {"o": importer.organization_id})
    importer.contacts(people(40))
    found = known(importer)
    for key in ("contact.email", "contact.tier"):
        assert (found[key].distribution, found[key].lowest, found[key].highest) == ((), None, None)
    assert (found["contact.email"].distinct, found["contact.tier"].distinct) == (40, 2)


def test_texts_of_their_own_in_every_row_have_no_common_values(importer: Importer) -> None:
    """A list of ten arbitrary ones would say nothing."""
    importer.contacts(lines(("id", "motto"), *((each, f"motto {each}") for each in range(30))))
    assert known(importer)["contact.motto"].distribution == ()


def test_an_import_records_the_columns_of_its_file(importer: Importer) -> None:
    """Name, type as read and field; a column that could mostly not be read is said to hold text (T29)."""
    importer.contacts(lines(("id", "score", "note", "gone"), (1, 5, "x", None), (2, 7, "y", None)), skip={"note"})
    assert importer.rows(IMPORTS)[-1]["file_columns"] == [
        {"name": "id", "type": "text", "field": None},
        {"name": "score", "type": "integer", "field": "contact.score"},
        {"name": "note", "type": "not read", "field": None},
        {"name": "gone", "type": "empty", "field": None},
    ]
    importer.contacts(lines(("id", "score"), (1, "five"), (2, "seven")))
    assert importer.rows(IMPORTS)[-1]["file_columns"][1] == {
        "name": "score", "type": "text", "field": "contact.score"
    }  # fmt: skip


def test_rows_of_every_kind_are_counted(importer: Importer) -> None:
    """The total is of the whole source, also of what the import itself did not bring."""
    importer.contacts(people(10), source="Shop", types=TYPES)
    importer.events(
        lines(("id", "at", "total"), ("0001", "2026-01-05T10:00:00Z", 5), ("0002", "2026-01-06T10:00:00Z", 6))
    )
    importer.related(lines(("id", "no", "status"), ("0001", "A", "sent")))
    report = importer.rows(IMPORTS)[-1]
    assert report["report"]["totals"] == {"contact": 10, "order_placed": 2, "orders": 1}
    assert report["row_total"] == 13
    importer.consents(lines(("id", "channel", "state", "recorded_at"), ("0001", "email", "granted", "2026-01-01")))
    assert importer.rows(IMPORTS)[-1]["report"]["totals"] == {"consents": 1}


def test_what_an_import_did_not_touch_keeps_its_profile(importer: Importer) -> None:
    """Every import has a profile of every field of its source, so that two of them can always be compared."""
    importer.contacts(people(10), source="Shop", types=TYPES)
    importer.contacts(people(20), source="Other", renames={each: f"{each}_2" for each in COLUMNS[1:]})
    importer.events(lines(("id", "at", "total"), ("0001", "2026-01-05T10:00:00Z", 5)))
    found = known(importer)
    assert set(found) == {f"contact.{each}" for each in COLUMNS[1:]} | {"order_placed.total"}
    assert (found["contact.tier"].row_total, found["order_placed.total"].row_total) == (10, 1)


def test_contacts_made_by_events_are_in_the_profile(importer: Importer) -> None:
    """They have no values, so more is missing than before."""
    importer.contacts(people(10), source="Shop", types=TYPES)
    importer.events(lines(("id", "at"), ("new", "2026-01-05T10:00:00Z")), create_contacts=True)
    tier = known(importer)["contact.tier"]
    assert (tier.row_total, tier.missing) == (11, 1)


def test_how_far_a_source_has_delivered_is_its_latest_row(importer: Importer) -> None:
    """Not the time of the import, nor what lies ahead; an older file does not set it back."""
    importer.contacts("id\n1\n")
    for day in ("2026-01-05", "2026-01-07", "2026-01-06"):
        importer.events(f"id,at\n1,{day}T10:00:00Z\n1,2190-01-01T00:00:00Z\n")
    marks = [row["watermark"].isoformat() for row in importer.rows(IMPORTS)[1:]]
    assert marks == ["2026-01-05T10:00:00+00:00", "2026-01-07T10:00:00+00:00", "2026-01-07T10:00:00+00:00"]
    crm, shop = importer.rows(SOURCES)
    assert shop["watermark"].isoformat() == "2026-01-07T10:00:00+00:00"
    assert crm["watermark"] <= crm["last_imported_at"]


def test_many_rows_are_sampled_and_scaled(importer: Importer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sample is the same every time, says that it is one, and its figures are those of all rows, about."""
    for place, name, value in ((profiling, "MOST_ROWS", 200), (profiling, "SAMPLE_ROWS", 150)):
        monkeypatch.setattr(place, name, value)
    importer.contacts(people(1_000), types=TYPES)
    importer.contacts(people(1_000))
    first, second = known(importer, 0), known(importer, 1)
    assert first == second
    spent, member, email = (first[f"contact.{key}"] for key in ("spent", "member", "email"))
    assert spent.sampled
    assert spent.row_total == 1_000
    assert member.missing == pytest.approx(200, abs=100)
    assert email.distinct == pytest.approx(1_000, abs=50)
    assert first["contact.tier"].distribution[0].share == pytest.approx(0.75, abs=0.1)


def test_events_of_many_contacts_are_sampled_by_contact(importer: Importer, monkeypatch: pytest.MonkeyPatch) -> None:
    """About as many rows are looked at as for contacts, whatever each contact has."""
    monkeypatch.setattr(profiling, "MOST_ROWS", 200)
    monkeypatch.setattr(profiling, "SAMPLE_ROWS", 200)
    importer.contacts(lines(("id",), *((f"{each:04}",) for each in range(500))))
    rows = [(f"{each % 500:04}", f"2026-01-05T10:{each % 60:02}:00Z", each % 7) for each in range(2_000)]
    importer.events(lines(("id", "at", "total"), *rows))
    total = known(importer)["order_placed.total"]
    assert (total.sampled, total.row_total, total.distinct) == (True, 2_000, 7)
    assert sum(each.share for each in total.distribution) == pytest.approx(1.0)


def test_an_import_that_fails_leaves_no_profile(importer: Importer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The record stands or falls with the rows."""

    def broken(*_parts: Any, **_named: Any) -> None:
        message = "the disk is full"
        raise OSError(message)

    monkeypatch.setattr(profiles, "write", broken)
    with pytest.raises(OSError, match="disk"):
        importer.contacts(people(3), types=TYPES)
    assert importer.rows(IMPORTS) == []
    assert importer.rows("SELECT * FROM contacts WHERE organization_id = :o") == []


def test_odd_texts_survive_the_way_out(importer: Importer) -> None:
    """Quotes, line breaks, commas and backslashes in values are counted as they are."""
    odd = ['a "quoted" one', "two\nlines", "comma, here", "back\\slash", "\\N", "NULL", "ünï"]
    rows = "".join(f'{place},"{value.replace(chr(34), chr(34) * 2)}"\n' for place, value in enumerate([*odd, *odd]))
    importer.contacts(f"id,motto\n{rows}")
    found = known(importer)["contact.motto"]
    assert {each.value for each in found.distribution} == set(odd)
    assert (found.missing, found.distinct) == (0, 7)
