"""Imports of campaign history on real PostgreSQL: which campaign, which kind of interaction."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from segment_engine.databases import Databases
from segment_engine.errors import InputError
from segment_engine.imports.report import ImportReport
from tests.integration.importing import EVENTS, Importer, figures, reasons

CAMPAIGNS = "SELECT name, channel, state, campaign_id FROM campaigns WHERE organization_id = :o ORDER BY name"


@pytest.fixture
def importer(databases: Databases, organization_id: int, tmp_path: Path) -> Importer:
    """Import into a test organization that has the contacts 1 and 2."""
    ready = Importer(databases.app, organization_id, tmp_path)
    ready.contacts("id\n1\n2\n")
    return ready


def opened(importer: Importer, content: str, **keys: Any) -> ImportReport:
    """Import opened messages."""
    words: dict[str, Any] = {"event": "campaign_opened", "interaction": "opened", "campaign": "campaign", **keys}
    return importer.events(content, **words)


def test_campaigns_are_made_from_names(importer: Importer) -> None:
    """A name nobody knows becomes a campaign on the channel given; the next file finds it by name and by id."""
    content = "id,at,campaign,device\n1,2026-01-01 10:00,Spring sale,phone\n2,2026-01-01 11:00, Spring sale ,\n"
    report = opened(importer, content, channel="push")
    assert (figures(report), report.created_campaigns) == ((2, 2, 0, 0, 0), 1)
    [campaign] = importer.rows(CAMPAIGNS)
    assert (campaign["name"], campaign["channel"], campaign["state"]) == ("Spring sale", "push", "finished")
    assert [row["campaign_id"] for row in importer.rows(EVENTS)] == [campaign["campaign_id"]] * 2
    event = importer.catalog().events["campaign_opened"]
    assert (event.interaction, list(event.fields)) == ("opened", ["campaign_opened.device"])
    by_id = content.replace("Spring sale", str(campaign["campaign_id"]).upper())
    report = opened(importer, by_id)
    assert (figures(report), report.created_campaigns) == ((2, 0, 0, 2, 0), 0)


def test_the_same_file_changes_nothing(importer: Importer) -> None:
    """Repeats of a file add neither events nor campaigns; the campaign belongs to what an event is (T86)."""
    content = "id,at,campaign\n1,2026-01-01 10:00,A\n1,2026-01-01 10:00,B\n1,2026-01-01 10:00,A\n"
    assert figures(opened(importer, content)) == (3, 3, 0, 0, 0)
    before = importer.rows(EVENTS), importer.rows(CAMPAIGNS)
    assert figures(opened(importer, content)) == (3, 0, 0, 3, 0)
    assert (importer.rows(EVENTS), importer.rows(CAMPAIGNS)) == before


def test_an_interaction_of_a_known_id_can_move_to_another_campaign(importer: Importer) -> None:
    """With an id the campaign is a value like any other."""
    opened(importer, "id,at,campaign,no\n1,2026-01-01 10:00,A,x\n", identifier="no")
    report = opened(importer, "id,at,campaign,no\n1,2026-01-01 10:00,B,x\n", identifier="no")
    assert figures(report) == (1, 0, 1, 0, 0)
    assert importer.rows(EVENTS)[0]["campaign_id"] == importer.rows(CAMPAIGNS)[1]["campaign_id"]


def test_rows_without_a_campaign_are_rejected(importer: Importer) -> None:
    """No name, an id nobody has, a name too long; and a campaign needs a row that stays."""
    unknown = "5a0c1f0e-7b1e-4c39-9b3d-0d6f3f1f2a10"
    report = opened(
        importer,
        f"id,at,campaign\n1,2026-01-01, \n1,2026-01-01,{unknown}\n1,2026-01-01,{'n' * 256}\nz,2026-01-01,Only z\n"
        "1,2026-01-01,Real\n",
    )
    assert figures(report) == (5, 1, 0, 0, 4)
    assert reasons(report) == {"missing_campaign": (1,), "unknown_campaign": (2, 3), "unknown_contact": (4,)}
    assert [row["name"] for row in importer.rows(CAMPAIGNS)] == ["Real"]


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"interaction": "read"}, "no interaction “read”.*entered, received"),
        ({"campaign": None}, "needs both"),
        ({"channel": "fax"}, "no channel “fax”"),
        ({"campaign": "nowhere"}, "has no column nowhere"),
        ({"event": "seen"}, "kept as events campaign_opened already"),
        ({"interaction": "clicked"}, "are the campaign history “opened”, and stay so"),
        ({"interaction": None, "campaign": None}, "are the campaign history “opened”, and stay so"),
    ],
)
def test_histories_are_kept_apart(importer: Importer, keys: dict[str, Any], sentence: str) -> None:
    """Every kind of interaction is one type of events, and what cannot be meant is refused."""
    content = "id,at,campaign\n1,2026-01-01 10:00,A\n"
    opened(importer, content)
    with pytest.raises(InputError, match=sentence):
        opened(importer, content, **keys)


def test_a_column_that_names_no_campaigns_is_noticed(importer: Importer) -> None:
    """More new names than anybody has campaigns is the wrong column."""
    content = "id,at,campaign\n" + "".join(f"1,2026-01-01,name {row}\n" for row in range(10_001))
    with pytest.raises(InputError, match="more than 10,000 campaigns"):
        opened(importer, content)


def test_retention_belongs_to_the_source(importer: Importer) -> None:
    """How long a source keeps its rows is said with an import, kept by the next one, and can be taken back."""
    content = "id,at,campaign\n1,2026-01-01 10:00,A\n"
    opened(importer, content, retention_days=400)
    opened(importer, content)
    assert importer.catalog().events["campaign_opened"].retention_days == 400
    opened(importer, content, retention_days=0)
    assert importer.catalog().events["campaign_opened"].retention_days is None
    with pytest.raises(InputError, match="--retention-days 0"):
        opened(importer, content, retention_days=-1)
