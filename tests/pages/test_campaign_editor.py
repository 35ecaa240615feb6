"""The form of a campaign: choosing segments, counting beside it, saving, and everything that stands in the way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from streamlit.testing.v1 import AppTest

from segment_engine.databases import Databases
from segment_engine.domain.access import OrganizationContext, Role
from segment_engine.domain.campaign import CampaignDraft, CampaignKind, CampaignQuery, CampaignState, Part
from segment_engine.domain.segment import SegmentState
from segment_engine.engine import Engine
from tests.integration.campaign_world import CampaignWorld
from tests.pages.conftest import Visit, words
from tests.pages.controls import answer

MOST_LOOKS = 200


@pytest.fixture
def world(engine: Engine, databases: Databases, context: OrganizationContext, tmp_path: Path) -> CampaignWorld:
    """Six contacts, three of them reached by e-mail."""
    return CampaignWorld.make(engine, databases, context, tmp_path)


def press(page: AppTest, key: str) -> None:
    """Press a button and let the page run."""
    page.button(key=key).click().run()
    assert not page.exception


def counted(page: AppTest) -> str:
    """Look again until the count beside the form is there, as the page itself does."""
    for _ in range(MOST_LOOKS):
        if "Counting …" not in words(page):
            break
        page.run()
    return words(page)


def test_a_campaign_is_set_up_counted_and_saved(visit: Visit, world: CampaignWorld) -> None:
    """Segments are found by name, put on a side, counted before anything is saved, and saved as chosen (T81)."""
    everyone, lyon = world.segment("Everyone"), world.segment("Lyon", "Lyon")
    page = visit("campaign_editor", kind="campaign")
    assert not page.exception
    assert "New campaign" in words(page)
    assert "Include a segment" in words(page)
    answer(page, "Name", "Spring")
    answer(page, "Find active segments", "every")
    assert f"campaign.included.{lyon}" not in {button.key for button in page.button}
    press(page, f"campaign.included.{everyone}")
    answer(page, "Find active segments", "")
    press(page, f"campaign.excluded.{lyon}")
    said = counted(page)
    assert "**3** of 5 contacts can be reached by e-mail" in said
    assert "Can be launched" in said
    assert world.engine.campaigns.find(world.context, CampaignQuery()).total == 0
    press(page, "campaign.save_button")
    (card,) = world.engine.campaigns.find(world.context, CampaignQuery()).items
    saved = world.engine.campaigns.get(world.context, card.campaign_id)
    assert [(each.name, each.part) for each in saved.segments] == [
        ("Everyone", Part.INCLUDED), ("Lyon", Part.EXCLUDED),
    ]  # fmt: skip


def test_only_active_segments_are_offered_each_with_its_verdict(visit: Visit, world: CampaignWorld) -> None:
    """What is not active cannot be chosen at all; what must not be used can, and blocks with its reason."""
    world.segment("Drafted", state=SegmentState.DRAFT)
    waiting = world.segment("Waiting", "Gent", run=False)
    page = visit("campaign_editor", kind="campaign")
    assert "Drafted" not in words(page)
    assert "Do not use" in words(page)
    press(page, f"campaign.included.{waiting}")
    said = counted(page)
    assert "Cannot be launched" in said
    assert "“Waiting” (included) must not be used: It was never calculated" in said


def test_a_segment_changes_sides_and_is_taken_off(visit: Visit, world: CampaignWorld) -> None:
    """It is on one side at most, whatever is pressed."""
    everyone, lyon = world.segment("Everyone"), world.segment("Lyon", "Lyon")
    campaign = world.campaign(everyone, excluded=(lyon,))
    page = visit("campaign_editor", id=str(campaign.campaign_id))
    press(page, f"campaign.remove.{lyon}")
    press(page, f"campaign.included.{lyon}")
    press(page, "campaign.save_button")
    saved = world.engine.campaigns.get(world.context, campaign.campaign_id)
    assert {each.name for each in saved.part(Part.INCLUDED)} == {"Everyone", "Lyon"}
    assert saved.part(Part.EXCLUDED) == ()


def test_what_was_typed_survives_a_refused_save(visit: Visit, world: CampaignWorld) -> None:
    """A save that is refused says why, and every value stays on the screen."""
    everyone = world.segment("Everyone")
    world.campaign(everyone, name="Spring")
    page = visit("campaign_editor", kind="campaign")
    press(page, f"campaign.included.{everyone}")
    answer(page, "Description", "About the new shop")
    press(page, "campaign.save_button")
    assert "A campaign needs a name" in words(page)
    answer(page, "Name", "Spring")
    press(page, "campaign.save_button")
    assert "of this name exists already" in words(page)
    assert page.text_area[0].value == "About the new shop"
    assert f"campaign.remove.{everyone}" in {button.key for button in page.button}
    answer(page, "Name", "Summer")
    press(page, "campaign.save_button")
    assert world.engine.campaigns.find(world.context, CampaignQuery(search="summer")).total == 1


def test_of_two_editors_the_second_decides(visit: Visit, world: CampaignWorld) -> None:
    """E24: nothing of either is lost; the person takes the newest, or saves over it knowingly."""
    campaign = world.campaign(world.segment("Everyone"), name="Spring")

    def elsewhere(name: str) -> None:
        newest = world.engine.campaigns.get(world.context, campaign.campaign_id)
        draft = CampaignDraft(newest.kind, name, included=tuple(each.segment_id for each in newest.segments))
        world.engine.campaigns.update(world.context, newest.campaign_id, expected_revision=newest.revision, draft=draft)

    page = visit("campaign_editor", id=str(campaign.campaign_id))
    elsewhere("Theirs")
    answer(page, "Name", "Mine")
    press(page, "campaign.save_button")
    assert "after you opened it" in words(page)
    assert page.text_input[0].value == "Mine"
    press(page, "campaign.theirs")
    assert page.text_input[0].value == "Theirs"
    elsewhere("Theirs again")
    answer(page, "Name", "Mine")
    press(page, "campaign.save_button")
    press(page, "campaign.mine")
    assert world.engine.campaigns.get(world.context, campaign.campaign_id).name == "Mine"


def test_after_the_launch_the_form_says_what_is_fixed(visit: Visit, world: CampaignWorld) -> None:
    """Name and last day can be changed; the rest is shown, and cannot be pressed."""
    running = world.launch(world.campaign(world.segment("Everyone"), kind=CampaignKind.SEQUENCE, name="Welcome"))
    assert running.state is CampaignState.RUNNING
    page = visit("campaign_editor", id=str(running.campaign_id))
    assert "Edit sequence" in words(page)
    assert "Its audience is frozen" in words(page)
    assert page.date_input[0].disabled
    assert not page.date_input[1].disabled
    assert not [button for button in page.button if str(button.key).startswith("campaign.remove")]
    answer(page, "Name", "Welcome all")
    press(page, "campaign.save_button")
    assert world.engine.campaigns.get(world.context, running.campaign_id).name == "Welcome all"


def test_who_may_not_edit_does_not_reach_the_form(
    visit: Visit, world: CampaignWorld, role: Callable[[Role], None]
) -> None:
    """An address typed by hand says why, with a way back; what is unknown looks the same as another's."""
    campaign = world.campaign(world.segment("Everyone"))
    for asked in (str(uuid4()), "no-id", str(UUID(int=0))):
        page = visit("campaign_editor", id=asked)
        assert "No such campaign or sequence" in words(page)
    role(Role.OPS_LEAD)
    page = visit("campaign_editor", id=str(campaign.campaign_id))
    assert not page.exception
    assert "does not allow you to change campaigns" in words(page)
    assert "campaign.save_button" not in {button.key for button in page.button}


def test_cancelling_keeps_what_was_saved(visit: Visit, world: CampaignWorld) -> None:
    """Leaving drops what was typed, and the next visit begins with what is stored."""
    campaign = world.campaign(world.segment("Everyone"), name="Spring")
    page = visit("campaign_editor", id=str(campaign.campaign_id))
    answer(page, "Name", "Typed")
    press(page, "campaign.cancel")
    assert visit("campaign_editor", id=str(campaign.campaign_id)).text_input[0].value == "Spring"
