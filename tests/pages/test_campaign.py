"""The page of one campaign: checks, launch, audience, figures, and what each role may do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from segment_engine.databases import Databases
from segment_engine.domain.access import OrganizationContext, Role
from segment_engine.domain.campaign import CampaignKind, CampaignState
from segment_engine.engine import Engine
from tests.integration.campaign_world import CampaignWorld
from tests.pages.conftest import Visit, columns, words
from tests.pages.controls import act


@pytest.fixture
def world(engine: Engine, databases: Databases, context: OrganizationContext, tmp_path: Path) -> CampaignWorld:
    """Six contacts, three of them reached by e-mail."""
    return CampaignWorld.make(engine, databases, context, tmp_path)


def charts_of(page: AppTest) -> list[str]:
    """Give what every chart says in words."""
    found: list[Any] = list(page.get("vega_lite_chart"))
    return [str(chart.proto.alt) for chart in found]


@pytest.mark.parametrize("asked", ["", "no-id", "00000000-0000-4000-8000-000000000000"])
def test_what_is_not_there_says_so_and_leads_back(visit: Visit, asked: str) -> None:
    """An address without an id, with a broken one and with an unknown one look the same."""
    page = visit("campaign", id=asked)
    assert not page.exception
    assert "No such campaign or sequence" in words(page)
    assert "Show all campaigns" in words(page)


def test_a_draft_shows_checks_reach_and_segments(visit: Visit, world: CampaignWorld) -> None:
    """Everything that speaks for and against the launch is there before anybody presses a button (T91)."""
    waiting = world.segment("Waiting", "Gent", run=False)
    world.sql("UPDATE runs SET not_before = now() + interval '1 day'")
    campaign = world.campaign(waiting, name="Spring", description="For the spring", starts_on=date(2190, 1, 1))
    said = words(visit("campaign", id=str(campaign.campaign_id)))
    for each in ("Spring", "For the spring", "From 1 Jan 2190", "Cannot be launched", "must not be used", "Waiting"):
        assert each in said
    ready = world.campaign(world.segment("Ready"), name="Autumn")
    page = visit("campaign", id=str(ready.campaign_id))
    assert "Can be launched" in words(page)
    assert "**3** of 6 contacts can be reached by e-mail" in words(page)
    assert "No audience was frozen" not in words(page)


def test_a_launch_asks_with_the_numbers_and_happens(visit: Visit, world: CampaignWorld) -> None:
    """RP5: the dialog names audience and reach, the button names how many, and the page then shows it running."""
    campaign = world.campaign(world.segment("Everyone"), name="Spring")
    page = visit("campaign", id=str(campaign.campaign_id))
    page.button(key="campaign.launch").click().run()
    assert "6 contacts" in words(page)
    button = page.button(key="campaign.launch_now")
    assert (button.label, button.disabled) == ("Launch to 3 contacts", False)
    button.click().run()
    assert not page.exception
    assert world.engine.campaigns.get(world.context, campaign.campaign_id).state is CampaignState.RUNNING
    again = visit("campaign", id=str(campaign.campaign_id))
    assert "Running" in words(again)
    assert "Frozen just now: 6 contacts, 3 of them reached" in words(again)
    assert columns(again)["Segment"] == ["Everyone"]
    assert "No figures have come yet" in words(again)


def test_the_button_names_the_warnings_it_accepts(visit: Visit, world: CampaignWorld) -> None:
    """The dialog shows every warning with its reason; nobody accepts one without having been told."""
    campaign = world.campaign(world.segment("Gent", "Gent"))
    page = visit("campaign", id=str(campaign.campaign_id))
    page.button(key="campaign.launch").click().run()
    assert "Only 1 of 3 contacts can be reached by e-mail" in words(page)
    button = page.button(key="campaign.launch_now")
    assert button.label == "Accept 1 warning and launch to 1 contact"
    button.click().run()
    assert world.engine.campaigns.get(world.context, campaign.campaign_id).state is CampaignState.RUNNING


def test_what_blocks_leaves_no_button(visit: Visit, world: CampaignWorld) -> None:
    """E22: a campaign over a segment that was never calculated cannot be launched from the page either."""
    waiting = world.segment("Waiting", "Gent", run=False)
    campaign = world.campaign(world.segment("Lyon", "Lyon", run=False), excluded=(waiting,))
    page = visit("campaign", id=str(campaign.campaign_id))
    page.button(key="campaign.launch").click().run()
    assert "cannot be launched yet" in words(page)
    assert "nobody would be kept out" in words(page)
    assert page.button(key="campaign.launch_now").disabled


def test_what_changed_since_the_dialog_opened_is_said_in_it(visit: Visit, world: CampaignWorld) -> None:
    """The numbers shown are the numbers launched with: another number stops it, with the reason and fresh numbers."""
    campaign = world.campaign(world.segment("Everyone"))
    page = visit("campaign", id=str(campaign.campaign_id))
    page.button(key="campaign.launch").click().run()
    world.sql("UPDATE contacts SET deleted_at = now() WHERE organization_id = :o AND number IN (1, 3, 6)")
    page.button(key="campaign.launch_now").click().run()
    page.button(key="campaign.launch").click().run()  # a dialog stays open in the browser; here it is opened again
    assert "It would reach 2 contacts by now, not 3" in words(page)
    assert world.engine.campaigns.get(world.context, campaign.campaign_id).state is CampaignState.DRAFT


def test_roles_that_may_not_launch_see_why(visit: Visit, world: CampaignWorld, role: Callable[[Role], None]) -> None:
    """Viewers and ops leads read everything and press nothing."""
    campaign = world.campaign(world.segment("Everyone"))
    for who in (Role.VIEWER, Role.OPS_LEAD):
        role(who)
        page = visit("campaign", id=str(campaign.campaign_id))
        assert not page.exception
        for key in ("campaign.launch", "campaign.edit"):
            assert page.button(key=key).disabled
            assert "does not allow you to change campaigns" in page.button(key=key).help
        assert "Whom it would reach now" in words(page)


def test_a_running_campaign_shows_figures_with_denominators(visit: Visit, world: CampaignWorld) -> None:
    """Sums, rates with what they are shares of, every day in the chart and in a table."""
    campaign = world.launch(world.campaign(world.segment("Everyone")))
    for day, sent in ((1, 4), (2, 0)):
        world.sql(
            "INSERT INTO campaign_daily_metrics VALUES (:o, :c, make_date(2026, 3, :day), :sent, :sent, 2, 1, 0, 0, 0)",
            c=campaign.campaign_id, day=day, sent=sent,
        )  # fmt: skip
    page = visit("campaign", id=str(campaign.campaign_id))
    assert not page.exception
    tiles = {each.label: each.value for each in page.metric}
    assert (tiles["Sent"], tiles["Opened"], tiles["Clicked"]) == ("4", "4", "2")
    assert "100.0% of delivered" in words(page)
    assert any("Opened on each of 2 days, at most 2" in alt for alt in charts_of(page))
    assert "Clicked 50.0% of delivered" in words(page)
    assert any("2 days from 1 Mar 2026: in all opened 4, clicked 2, converted 0" in alt for alt in charts_of(page))


def test_a_difference_is_told_with_the_reasons_that_are_kept(visit: Visit, world: CampaignWorld) -> None:
    """Who was deleted is counted apart; what the kept reasons do not account for is said, and no reason is made up."""
    segment = world.segment("Everyone")
    campaign = world.launch(world.campaign(segment))
    world.sql("UPDATE contacts SET deleted_at = now() WHERE organization_id = :o AND number = 1")
    said = words(visit("campaign", id=str(campaign.campaign_id)))
    assert "it would leave 1 contact out, 1 of them deleted" in said
    world.engine.runs.request(world.context, segment)
    world.work()
    said = words(visit("campaign", id=str(campaign.campaign_id)))
    assert ("6 then, 5 now" in said, "not kept any more" in said) == (True, False)
    world.sql("UPDATE segments SET member_count = 4 WHERE organization_id = :o")
    said = words(visit("campaign", id=str(campaign.campaign_id)))
    assert "6 then, 4 now" in said
    assert "other reasons are not kept any more" in said


def test_a_running_campaign_is_paused_resumed_and_finished(visit: Visit, world: CampaignWorld) -> None:
    """Moves are in the menu; finishing asks first, because it cannot be undone."""
    campaign = world.launch(world.campaign(world.segment("Everyone"), kind=CampaignKind.SEQUENCE, name="Welcome"))

    def state() -> CampaignState:
        return world.engine.campaigns.get(world.context, campaign.campaign_id).state

    page = visit("campaign", id=str(campaign.campaign_id))
    act(page, "More", "Pause")
    assert state() is CampaignState.PAUSED
    act(page, "More", "Resume")
    assert state() is CampaignState.RUNNING
    act(page, "More", "Finish…")
    assert "A finished sequence cannot be resumed" in words(page)
    assert state() is CampaignState.RUNNING
    page.button(key="campaign.confirm_finish").click().run()
    assert state() is CampaignState.FINISHED


def test_reach_as_launched_stays_beside_reach_now(visit: Visit, world: CampaignWorld) -> None:
    """T93: what was reached then does not move when consents change; now is one click away."""
    campaign = world.launch(world.campaign(world.segment("Everyone")))
    world.sql("UPDATE consents SET state = 'withdrawn' WHERE organization_id = :o AND contact_number = 1")
    page = visit("campaign", id=str(campaign.campaign_id))
    assert "**3** of 6 contacts can be reached" in words(page)
    page.segmented_control(key="campaign.when").set_value("Now").run()
    assert "**2** of 6 contacts can be reached" in words(page)


def test_what_changed_since_the_freeze_is_said_with_its_reasons(visit: Visit, world: CampaignWorld) -> None:
    """The audience stays as it was launched; how far it is from today, and why, stands beside it (T93)."""
    segment = world.segment("Utrecht", "Utrecht")
    campaign = world.launch(world.campaign(segment))
    page = visit("campaign", id=str(campaign.campaign_id))
    assert "it would hold the same contacts" in words(page)
    world.engine.overrides.take_out(world.context, segment, "c1", reason="Asked")
    world.work()
    said = words(visit("campaign", id=str(campaign.campaign_id)))
    assert "it would leave 1 contact out" in said
    assert "by hand" in said.replace("\\", "").lower()
    assert "2 then, 1 now" in said.replace("\\", "")
