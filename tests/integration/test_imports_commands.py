"""The words of `import …` for every kind of file, on real PostgreSQL."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from segment_engine.databases import Databases
from segment_engine.errors import InputError
from segment_engine.imports.command import add_arguments, run
from segment_engine.imports.report import ImportReport
from tests.integration.importing import CHANNELS, Importer, figures


@pytest.fixture
def importer(databases: Databases, organization_id: int, tmp_path: Path) -> Importer:
    """Import into a test organization that has the contact 1."""
    ready = Importer(databases.app, organization_id, tmp_path)
    ready.contacts("id\n1\n")
    return ready


def say(importer: Importer, kind: str, words: str, content: str) -> ImportReport:
    """Run `import KIND FILE` with these words."""
    parser = argparse.ArgumentParser()
    add_arguments(parser, kind)
    arguments = parser.parse_args([str(importer.write(content)), "--source", "Shop", *words.split()])
    return run(arguments, importer.database, importer.organization_id, kind)


def test_contacts_with_sets(importer: Importer) -> None:
    """The type, the separator and the retention are words of the command line."""
    words = "--key id --type tags=set --separator / --retention-days 30"
    assert figures(say(importer, "contacts", words, "id,tags\n1,a/b\n")) == (1, 0, 1, 0, 0)
    assert importer.values("contacts", "contact.tags") == [(["a", "b"],)]


def test_campaign_history_has_a_key_of_its_own(importer: Importer) -> None:
    """Without --event, history of campaigns is called after its kind; other events need a key."""
    content = "id,at,campaign\n1,2026-01-01 10:00,A\n"
    report = say(importer, "events", "--key id --time at --interaction clicked --campaign campaign", content)
    assert (figures(report), report.created_campaigns) == ((1, 1, 0, 0, 0), 1)
    assert importer.catalog().events["campaign_clicked"].interaction == "clicked"
    with pytest.raises(InputError, match="--event order_placed"):
        say(importer, "events", "--key id --time at", content)


def test_related_rows_of_two_steps(importer: Importer) -> None:
    """Rows name the contact or the row they belong to, one of the two."""
    first = "--relation orders --key id --id no --time at"
    assert figures(say(importer, "related", first, "id,no,at\n1,A,2026-01-01 10:00\n")) == (1, 1, 0, 0, 0)
    second = "--relation lines --parent-relation orders --parent order --id no"
    report = say(importer, "related", second, "order,no,sku\nA,1,X\n")
    assert figures(report) == (1, 1, 0, 0, 0)
    assert "1 related rows added" in report.sentences()[0]
    for wrong in (
        "--relation lines --id no",
        f"{second} --key id",
        "--relation lines --id no --parent-relation orders",
    ):
        with pytest.raises(InputError, match="Rows belong either to contacts"):
            say(importer, "related", wrong, "order,no,id\nA,1,1\n")


def test_consents_and_channels(importer: Importer) -> None:
    """Columns with their usual names need no words."""
    content = "id,channel,state,recorded_at\n1,email,granted,2026-01-01\n"
    assert figures(say(importer, "consents", "--key id", content)) == (1, 1, 0, 0, 0)
    content = "id,how,address,stopped,why\n1,email,a@x.org,2026-01-01,global_stop\n"
    words = "--key id --channel how --suppressed-at stopped --suppression why"
    assert figures(say(importer, "channels", words, content)) == (1, 1, 0, 0, 0)
    assert importer.rows(CHANNELS)[0]["suppression"] == "global_stop"
