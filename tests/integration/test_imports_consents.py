"""Imports of consents and of channels on real PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from segment_engine.databases import Databases
from segment_engine.errors import InputError
from segment_engine.imports.request import parse_type
from tests.integration.importing import CHANNELS, CONSENTS, Importer, figures, lines, reasons

HEADER = ["id", "channel", "state", "topic", "recorded_at"]


@pytest.fixture
def importer(databases: Databases, organization_id: int, tmp_path: Path) -> Importer:
    """Import into a test organization that has the contacts 1, 2 and gone, who was deleted."""
    ready = Importer(databases.app, organization_id, tmp_path)
    ready.contacts("id,email\n1,a@x.org\n2,\ngone,\n")
    ready.delete("gone")
    return ready


def consents(importer: Importer) -> list[tuple[Any, ...]]:
    """Give contact, channel, topic, state and day of every record, in the order of their numbers."""
    return [
        (row["contact_number"], row["channel"], row["topic"], row["state"], row["recorded_at"].day)
        for row in importer.rows(CONSENTS)
    ]


def channels(importer: Importer) -> dict[tuple[int, str], tuple[Any, ...]]:
    """Give address, validity and suppression by contact and channel."""
    return {
        (row["contact_number"], row["channel"]): (row["address"], row["address_valid"], row["suppression"])
        for row in importer.rows(CHANNELS)
    }


def test_consents_are_records_in_the_order_of_the_file(importer: Importer) -> None:
    """Later rows have larger numbers, so that of two records of one moment the later row counts."""
    content = lines(
        HEADER, [1, "email", "granted", None, "2026-01-01"], [1, " Email", "WITHDRAWN", None, "2026-01-01"],
        [2, "sms", "pending", "offers", "2026-01-03"], [1, "email", "granted", "news", "2026-01-02"],
    )  # fmt: skip
    assert figures(importer.consents(content)) == (4, 4, 0, 0, 0)
    assert consents(importer) == [
        (1, "email", None, "granted", 1), (1, "email", None, "withdrawn", 1), (2, "sms", "offers", "pending", 3),
        (1, "email", "news", "granted", 2),
    ]  # fmt: skip


def test_the_same_consents_change_nothing(importer: Importer) -> None:
    """A record that is there is left alone, also twice in one file; new ones get larger numbers (T86)."""
    row = [1, "email", "granted", None, "2026-01-01T10:00:00Z"]
    assert figures(importer.consents(lines(HEADER, row, row))) == (2, 1, 0, 1, 0)
    before = importer.rows(CONSENTS)
    assert figures(importer.consents(lines(HEADER, row, row))) == (2, 0, 0, 2, 0)
    assert importer.rows(CONSENTS) == before
    later = [1, "email", "withdrawn", None, "2026-01-01T10:00:00Z"]
    assert figures(importer.consents(lines(HEADER, row, later))) == (2, 1, 0, 1, 0)
    assert [row["state"] for row in importer.rows(CONSENTS)] == ["granted", "withdrawn"]


def test_consents_without_a_place_are_rejected(importer: Importer) -> None:
    """No channel of ours, no state, no record of nothing, no time: each has its reason."""
    day = "2026-01-01"
    report = importer.consents(lines(
        HEADER, [None, "email", "granted", None, day], ["z", "email", "granted", None, day],
        ["gone", "email", "granted", None, day], [1, "fax", "granted", None, day], [1, None, "granted", None, day],
        [1, "email", None, None, day], [1, "email", "no_record", None, day], [1, "email", "granted", "t" * 256, day],
        [1, "email", "granted", None, None], [1, "email", "granted", None, "soon"], [1, "email", "granted", None, day],
    ))  # fmt: skip
    assert figures(report) == (11, 1, 0, 0, 10)
    assert reasons(report) == {
        "missing_key": (1,), "unknown_contact": (2,), "deleted_contact": (3,), "bad_channel": (4,),
        "missing_channel": (5,), "missing_state": (6,), "bad_state": (7,), "bad_topic": (8,), "missing_time": (9,),
        "bad_time": (10,),
    }  # fmt: skip


def test_consent_columns_may_have_other_names(importer: Importer) -> None:
    """Columns are named in the request; times are read in its zone, and the rest is said to be unread."""
    report = importer.consents(
        "id,how,what,when,note\n1,sms,granted,29.03.2026 03:30,x\n", channel="how", state="what", time="when",
        time_zone="Europe/Amsterdam", types={"when": parse_type("instant:%d.%m.%Y %H:%M")},
    )  # fmt: skip
    assert (report.added, report.ignored_columns) == (1, ("note",))
    assert any("not read: note" in sentence for sentence in report.sentences())
    assert importer.rows(CONSENTS)[0]["recorded_at"] == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    with pytest.raises(InputError, match="has no column topics"):
        importer.consents("id,channel,state,recorded_at\n", topic="topics")


def test_channels_are_added_and_updated(importer: Importer) -> None:
    """New channels are valid unless said otherwise; delivered values replace the old ones, the same file none (T86)."""
    content = lines(
        ["id", "channel", "address", "valid", "suppressed_at", "suppression"],
        [1, "email", "a@x.org", "no", None, None], [1, "sms", "0611", None, "2026-01-01", "Complaint"],
        [2, "push", None, True, None, None], [2, "email", "b@x.org", 1, None, None],
    )  # fmt: skip
    assert figures(importer.channels(content)) == (4, 3, 1, 0, 0)
    expected = {
        (1, "email"): ("a@x.org", False, None), (1, "sms"): ("0611", True, "complaint"),
        (2, "push"): (None, True, None), (2, "email"): ("b@x.org", True, None),
    }  # fmt: skip
    assert channels(importer) == expected
    assert figures(importer.channels(content)) == (4, 0, 0, 4, 0)
    assert channels(importer) == expected


def test_channels_keep_what_a_file_does_not_deliver(importer: Importer) -> None:
    """A file of addresses alone leaves the rest; a new address forgets a hard bounce and is valid, as with contacts."""
    importer.channels(
        "id,channel,valid,suppressed_at,suppression\n1,email,false,2026-01-01,hard_bounce\n"
        "2,email,false,2026-01-01,complaint\n"
    )
    report = importer.channels("id,channel,address\n1,email,a@x.org\n2,email,b@x.org\n")
    assert figures(report) == (2, 0, 1, 1, 0)
    assert channels(importer) == {
        (1, "email"): ("a@x.org", False, "hard_bounce"), (2, "email"): ("b@x.org", True, "complaint"),
    }  # fmt: skip
    importer.channels("id,channel,address\n1,email,new@x.org\n")
    assert channels(importer)[1, "email"] == ("new@x.org", True, None)
    importer.channels("id,channel,suppressed_at,suppression\n2,email,,\n")
    assert channels(importer)[2, "email"] == ("b@x.org", True, None)


def test_channels_without_a_place_are_rejected(importer: Importer) -> None:
    """Half a suppression, an unreadable word, nobody known: each has its reason; the last of several counts."""
    report = importer.channels(lines(
        ["id", "channel", "address", "valid", "suppressed_at", "suppression"],
        [1, "sms", "1", None, "2026-01-01", None], [1, "sms", "1", None, None, "complaint"],
        [1, "sms", "1", "maybe", None, None], [1, "sms", "1", None, "2026-01-01", "annoyed"],
        [1, "sms", "a" * 321, None, None, None], [1, "sms", "1", None, "when", "complaint"],
        ["z", "sms", "1", None, None, None], ["gone", "sms", "1", None, None, None], [1, "sms", "1", None, None, None],
        [1, "sms", "2", None, None, None],
    ))  # fmt: skip
    assert figures(report) == (10, 1, 0, 0, 9)
    assert reasons(report) == {
        "half_suppression": (1, 2), "bad_valid": (3,), "bad_suppression": (4,), "bad_address": (5,), "bad_time": (6,),
        "unknown_contact": (7,), "deleted_contact": (8,), "duplicate_channel": (9,),
    }  # fmt: skip
    assert channels(importer)[1, "sms"] == ("2", True, None)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("id,channel,note\n1,email,x\n", "at least one of"),
        ("id,channel,suppression\n1,email,complaint\n", "two columns"),
    ],
)
def test_files_that_say_nothing_are_refused(importer: Importer, content: str, sentence: str) -> None:
    """A file without an address, a validity or a whole suppression has nothing to say about channels."""
    with pytest.raises(InputError, match=sentence):
        importer.channels(content)
