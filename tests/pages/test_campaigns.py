"""The lists of campaigns and sequences: what every role sees in every state."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from segment_engine.databases import Databases
from segment_engine.domain.access import OrganizationContext, Role
from segment_engine.domain.campaign import CampaignKind
from segment_engine.engine import Engine
from tests.integration.campaign_world import CampaignWorld
from tests.pages.conftest import Visit, columns, words


@pytest.fixture
def world(engine: Engine, databases: Databases, context: OrganizationContext, tmp_path: Path) -> CampaignWorld:
    """Six contacts, three of them reached by e-mail."""
    return CampaignWorld.make(engine, databases, context, tmp_path)


@pytest.mark.parametrize(("path", "one"), [("campaigns", "campaign"), ("sequences", "sequence")])
def test_without_any_the_list_offers_to_create_one(visit: Visit, path: str, one: str) -> None:
    """The zero state says what such a thing is, in the words of its kind, with one next step."""
    page = visit(path)
    assert not page.exception
    assert f"No {one}s yet" in words(page)
    assert f"Create the first {one}" in [button.label for button in page.button]


def test_who_may_not_edit_is_told_why(visit: Visit, role: Callable[[Role], None]) -> None:
    """The button stays where it is, disabled, with the reason; the zero state offers nothing that is refused."""
    for who in (Role.VIEWER, Role.ANALYST, Role.OPS_LEAD):
        role(who)
        page = visit("campaigns")
        button = page.button(key="c_new")
        assert button.disabled
        assert "does not allow you to change campaigns" in button.help
        assert "Create the first campaign" not in [each.label for each in page.button]


def test_a_row_shows_state_readiness_dates_audience_and_rates(visit: Visit, world: CampaignWorld) -> None:
    """What a row says is what is stored; a rate without a denominator is no number."""
    ready, waiting = world.segment("Ready"), world.segment("Waiting", "Gent", run=False)
    running = world.launch(world.campaign(ready, name="Running", ends_on=date(2190, 1, 1)))
    world.campaign(ready, excluded=(waiting,), name="Planned", channel="sms", starts_on=date(2190, 2, 1))
    world.sql(
        "INSERT INTO campaign_daily_metrics VALUES (:o, :c, '2026-03-01', 4, 4, 2, 1, 0, 0, 0)", c=running.campaign_id
    )
    page = visit("campaigns", c_sort="Name")
    assert not page.exception
    shown = columns(page)
    assert shown["name"] == ["Planned", "Running"]
    assert [list(each) for each in shown["state"]] == [["Draft"], ["Running"]]
    assert [list(each) for each in shown["readiness"]] == [["Do not use"], ["Ready"]]
    assert shown["channel"] == ["SMS", "E-mail"]
    assert shown["audience"][1] == 6
    assert (shown["opened"][1], shown["clicked"][1], shown["opened"][0] == shown["opened"][0]) == (50.0, 25.0, False)
    assert "2 campaigns" in words(page)


def test_figures_and_filters_narrow_the_list(visit: Visit, world: CampaignWorld) -> None:
    """Each figure leads to what it counts; no match says so and leads back; the two lists do not mix."""
    ready = world.segment("Ready")
    world.launch(world.campaign(ready, name="Running"))
    world.campaign(ready, name="Planned", description="for the summer")
    world.campaign(ready, name="Welcome", kind=CampaignKind.SEQUENCE)
    page = visit("campaigns", c_sort="Name")
    assert [(each.label, each.value) for each in page.metric] == [
        ("Running", "1"), ("Scheduled", "0"), ("Draft", "1"), ("Finished", "0"),
    ]  # fmt: skip
    assert page.button(key="c_tile.scheduled").disabled
    page.button(key="c_tile.draft").click().run()
    assert columns(page)["name"] == ["Planned"]
    page.text_input(key="c_q").set_value("summer").run()
    assert columns(page)["name"] == ["Planned"]
    page.text_input(key="c_q").set_value("nowhere").run()
    assert "No campaign matches" in words(page)
    next(each for each in page.button if each.label == "Reset filters").click().run()
    assert columns(page)["name"] == ["Planned", "Running"]
    assert columns(visit("sequences"))["name"] == ["Welcome"]


def test_addresses_are_anybodys_to_change(visit: Visit, world: CampaignWorld) -> None:
    """A page, sort or state that does not exist falls back instead of failing."""
    world.campaign(world.segment("Ready"), name="Only")
    page = visit("campaigns", c_page="99999999999", c_sort="Nothing", c_state="Nowhere")
    assert not page.exception
    assert columns(page)["name"] == ["Only"]


def test_a_name_is_shown_as_it_was_typed(visit: Visit, world: CampaignWorld) -> None:
    """What people type is text everywhere, never markup."""
    hostile = "**bold** [x](https://example.org) <b>:red[y]</b>"
    campaign = world.campaign(world.segment("Ready"), name=hostile)
    assert columns(visit("campaigns"))["name"] == [hostile]
    detail = visit("campaign", id=str(campaign.campaign_id))
    assert hostile in words(detail)
    assert detail.title[0].value != hostile
