"""The launch: what blocks it, what it freezes, and that it happens once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from threading import Barrier
from uuid import UUID

import pytest
from sqlalchemy import text

from segment_engine.databases import Databases
from segment_engine.domain.access import OrganizationContext, Permission, Role
from segment_engine.domain.campaign import CampaignKind, CampaignMove, CampaignState
from segment_engine.domain.launch_checks import CheckVerdict
from segment_engine.domain.reach import Gate
from segment_engine.domain.segment import SegmentDraft
from segment_engine.engine import Engine
from segment_engine.errors import (
    Conflict,
    IllegalTransition,
    LaunchBlocked,
    PermissionDenied,
    SegmentEngineError,
    StaleVersion,
)
from tests.integration.campaign_world import CampaignWorld, document

ROUNDS, PEOPLE = 25, 8


@pytest.fixture
def world(engine: Engine, databases: Databases, context: OrganizationContext, tmp_path: Path) -> CampaignWorld:
    """Six contacts, three of them reached by e-mail."""
    return CampaignWorld.make(engine, databases, context, tmp_path)


# What is frozen ----------------------------------------------------------------------------------------------------


def test_an_audience_is_frozen_from_named_runs(world: CampaignWorld) -> None:
    """T93: who was meant stays known by run, whatever the segments do afterwards, and the gates say why fewer (T91)."""
    included, excluded = world.segment("Everyone"), world.segment("Lyon", "Lyon")
    runs = {each: world.engine.segments.get(world.context, each).published_run_id for each in (included, excluded)}
    campaign = world.launch(world.campaign(included, excluded=(excluded,)))
    assert campaign.state is CampaignState.RUNNING
    draft = SegmentDraft("Everyone", "", document("Gent"))
    world.engine.segments.update(world.context, included, expected_revision=1, draft=draft)
    world.work()

    (audience,) = world.engine.campaigns.audiences(world.context, campaign.campaign_id)
    assert audience.frozen_at == campaign.launched_at
    assert {each.segment_id: each.run_id for each in audience.sources} == runs
    assert [(each.name, each.contact_count) for each in audience.sources] == [("Everyone", 6), ("Lyon", 1)]
    assert all(each.as_of is not None for each in audience.sources)
    assert audience.size == 5
    assert audience.reach is not None
    assert audience.reach.stored == 6
    assert [step.contacts_left for step in audience.reach.steps] == [6, 5, 4, 4, 3, 3]
    held = {number for number in range(1, 7) if in_audience(world, campaign.campaign_id, number)}
    assert held == {1, 2, 3, 4, 5}


def in_audience(world: CampaignWorld, campaign_id: UUID, number: int) -> bool:
    """Tell whether the newest frozen audience holds a contact."""
    return world.engine.campaigns.gates_of_contact(world.context, campaign_id, number).audiences[0].holds


def test_a_deleted_contact_is_not_frozen(world: CampaignWorld) -> None:
    """Who was deleted after the run is no audience any more, and the first gate counts it."""
    campaign = world.campaign(world.segment("Everyone"))
    world.sql("UPDATE contacts SET deleted_at = now() WHERE organization_id = :o AND number = 3")
    launched = world.launch(campaign)
    (audience,) = world.engine.campaigns.audiences(world.context, launched.campaign_id)
    assert audience.reach is not None
    assert (audience.size, audience.reach.left_after(Gate.NOT_EXCLUDED)) == (5, 5)
    assert (audience.reach.stored, audience.reach.steps[0].dropped) == (6, 1)
    assert not in_audience(world, launched.campaign_id, 3)


def test_a_campaign_with_its_day_ahead_is_scheduled(world: CampaignWorld) -> None:
    """It is launched again when the day has come, with an audience of that day; a sequence runs at once."""
    segment, ahead = world.segment("Everyone"), date(2190, 1, 1)
    scheduled = world.launch(world.campaign(segment, starts_on=ahead))
    assert scheduled.state is CampaignState.SCHEDULED
    with pytest.raises(IllegalTransition, match="scheduled for 2190-01-01"):
        world.launch(scheduled)
    sequence = world.launch(world.campaign(segment, starts_on=ahead, kind=CampaignKind.SEQUENCE))
    assert sequence.state is CampaignState.RUNNING
    world.sql("UPDATE campaigns SET starts_on = current_date - 1 WHERE campaign_id = :c", c=scheduled.campaign_id)
    running = world.launch(scheduled, accepted_warnings={"starts_late"})
    assert running.state is CampaignState.RUNNING
    assert len(world.engine.campaigns.audiences(world.context, running.campaign_id)) == 2


def test_what_was_taken_back_is_a_draft_again(world: CampaignWorld) -> None:
    """A scheduled campaign that is taken back was never launched: it can be changed, and comes back as a draft."""
    scheduled = world.launch(world.campaign(world.segment("Everyone"), starts_on=date(2190, 1, 1)))
    taken = world.engine.campaigns.move(
        world.context, scheduled.campaign_id, CampaignMove.TAKE_BACK, expected_revision=scheduled.revision
    )
    assert (taken.state, taken.launched_at) == (CampaignState.DRAFT, None)


def test_the_launch_is_audited(world: CampaignWorld) -> None:
    """Who launched what, with how many contacts it reaches and what was accepted, in the same transaction."""
    campaign = world.launch(
        world.campaign(world.segment("Everyone"), starts_on=yesterday()), accepted_warnings={"starts_late"}
    )
    (line,) = world.sql("SELECT * FROM audit_events WHERE action = 'campaign.launch'")
    assert line["object_id"] == str(campaign.campaign_id)
    assert (line["detail"]["reached"], line["detail"]["accepted"]) == (3, ["starts_late"])


def yesterday() -> date:
    """A first day that is over wherever one is."""
    return date(2020, 1, 1) - timedelta(days=1)


# What blocks it ----------------------------------------------------------------------------------------------------

Spoil = Callable[[CampaignWorld, UUID], None]


def edited(world: CampaignWorld, segment_id: UUID) -> None:
    """Let the criteria be newer than the members."""
    draft = SegmentDraft("Any", "", document("Utrecht", "Gent"))
    world.engine.segments.update(world.context, segment_id, expected_revision=1, draft=draft)


def failed(world: CampaignWorld, segment_id: UUID) -> None:
    """Let the newest run fail."""
    run = world.engine.runs.request(world.context, segment_id)
    world.sql("UPDATE runs SET status = 'processing', attempt = 1 WHERE run_id = :r", r=run.run_id)
    world.sql(
        "UPDATE runs SET status = 'failed', finished_at = clock_timestamp(), error_sentence = 'It broke.' "
        "WHERE run_id = :r",
        r=run.run_id,
    )


def old(world: CampaignWorld, segment_id: UUID) -> None:
    """Let the members be older than the organization allows."""
    world.sql("UPDATE segments SET last_calculated_at = now() - interval '9 days' WHERE segment_id = :s", s=segment_id)


def empty(world: CampaignWorld, segment_id: UUID) -> None:
    """Let the newest run find nobody."""
    world.sql("UPDATE contacts SET deleted_at = now() WHERE organization_id = :o")
    world.engine.runs.request(world.context, segment_id)
    world.work()


def inactive(world: CampaignWorld, segment_id: UUID) -> None:
    """Let it be switched off, as a restored backup might."""
    world.sql("UPDATE segments SET state = 'inactive' WHERE segment_id = :s", s=segment_id)


def uncalculated(world: CampaignWorld, segment_id: UUID) -> None:
    """Let it never have been calculated."""
    world.sql(
        "UPDATE segments SET status = 'not_calculated', published_run_id = NULL, member_count = NULL, "
        "last_calculated_at = NULL, published_version = NULL WHERE segment_id = :s",
        s=segment_id,
    )


def withdrawn(world: CampaignWorld, segment_id: UUID) -> None:
    """Let everybody withdraw, whoever the segment holds."""
    assert segment_id
    world.sql("UPDATE consents SET state = 'withdrawn' WHERE organization_id = :o")


def deleted(world: CampaignWorld, segment_id: UUID) -> None:
    """Let every contact be deleted since the run, whoever the segment holds."""
    assert segment_id
    world.sql("UPDATE contacts SET deleted_at = now() WHERE organization_id = :o")


@pytest.mark.parametrize("spoil", [edited, failed, old, empty, inactive, uncalculated, withdrawn, deleted])
def test_a_launch_is_judged_again_in_its_own_transaction(world: CampaignWorld, spoil: Spoil) -> None:
    """E22: what went wrong after the page was drawn blocks, with the check named; nothing is written."""
    segment = world.segment("Any", "Utrecht")
    campaign = world.campaign(segment)
    assert world.engine.campaigns.readiness(world.context, campaign.campaign_id).verdict is CheckVerdict.OK
    spoil(world, segment)
    numbers = {"withdrawn": "no_consent", "deleted": "nobody_left"}
    expected = numbers.get(spoil.__name__, "segment_not_usable")
    assert world.codes(campaign)[expected] == "block"
    with pytest.raises(LaunchBlocked, match="was not launched") as refused:
        world.launch(campaign)
    assert expected in {key.partition(":")[0] for key in refused.value.checks}
    assert world.engine.campaigns.get(world.context, campaign.campaign_id).state is CampaignState.DRAFT
    for table in ("campaign_audiences", "campaign_audience_blocks", "campaign_reach"):
        assert world.sql(f"SELECT 1 FROM {table}") == []  # noqa: S608 - the three names above


def test_an_excluded_segment_without_members_is_dangerous(world: CampaignWorld) -> None:
    """E22: one that was never calculated would keep nobody out, so it blocks; one that is empty only warns."""
    everyone, nobody = world.segment("Everyone"), world.segment("Nobody", "Nowhere")
    barred = world.segment("Complained", "Gent", run=False)
    blocked = world.campaign(everyone, excluded=(barred,))
    assert world.codes(blocked)["excluded_not_calculated"] == "block"
    with pytest.raises(LaunchBlocked, match="nobody would be kept out"):
        world.launch(blocked)
    assert world.codes(world.campaign(everyone, excluded=(nobody,), name="Other"))["excluded_empty"] == "warning"


def test_excluding_everyone_blocks(world: CampaignWorld) -> None:
    """The included and excluded segments may be different and still hold the same contacts."""
    campaign = world.campaign(world.segment("Gent", "Gent"), excluded=(world.segment("Everyone"),))
    assert world.codes(campaign)["everyone_excluded"] == "block"
    with pytest.raises(LaunchBlocked, match="All 3 contacts of the included segments are in an excluded one"):
        world.launch(campaign)


def test_a_campaign_without_segments_or_after_its_end_blocks(world: CampaignWorld) -> None:
    """Nothing to send to, and no time left to send."""
    assert world.codes(world.campaign())["nothing_included"] == "block"
    over = world.campaign(world.segment("Any"), name="Over", ends_on=yesterday())
    assert world.codes(over)["is_over"] == "block"


def test_warnings_have_to_be_accepted_one_by_one(world: CampaignWorld) -> None:
    """Accepting another one does not count; the refusal names what is open, and what is open says why."""
    segment = world.segment("Gent", "Gent")  # one of three is reached
    campaign = world.campaign(segment, starts_on=yesterday())
    found = world.engine.campaigns.readiness(world.context, campaign.campaign_id)
    assert {check.code for check in found.of(CheckVerdict.WARNING)} == {"low_reach", "starts_late"}
    with pytest.raises(LaunchBlocked, match="Only 1 of 3 contacts can be reached by e-mail") as refused:
        world.launch(campaign, accepted_warnings={"starts_late"})
    assert refused.value.checks == ("low_reach",)
    assert world.launch(campaign, accepted_warnings={"starts_late", "low_reach"}).state is CampaignState.RUNNING


def test_a_launch_counts_on_the_number_that_was_shown(world: CampaignWorld) -> None:
    """RP5: the confirmation names a number; another number by now is looked at again, not launched."""
    campaign = world.campaign(world.segment("Everyone"))
    world.sql("UPDATE consents SET state = 'withdrawn' WHERE organization_id = :o AND contact_number = 1")
    with pytest.raises(Conflict, match="It would reach 2 contacts by now, not 3"):
        world.launch(campaign, seen_reach=3, accepted_warnings={"low_reach"})
    assert world.launch(campaign, seen_reach=2, accepted_warnings={"low_reach"}).state is CampaignState.RUNNING


def test_who_repairs_segments_does_not_launch(world: CampaignWorld) -> None:
    """Viewers, analysts and ops leads are refused with the permission's name; a campaign manager is not."""
    campaign = world.campaign(world.segment("Everyone"))
    for role in (Role.VIEWER, Role.ANALYST, Role.OPS_LEAD):
        with pytest.raises(PermissionDenied, match=Permission.CAMPAIGNS_EDIT.value):
            world.engine.campaigns.launch(world.acting(role), campaign.campaign_id, expected_revision=1)
    manager = world.acting(Role.CAMPAIGN_MANAGER)
    assert world.engine.campaigns.launch(manager, campaign.campaign_id, expected_revision=1).launched_at is not None


# Only once ---------------------------------------------------------------------------------------------------------


def test_of_many_launches_at_once_one_happens(world: CampaignWorld) -> None:
    """E23: clicked twice or by several people, one audience is frozen and one line audited; the others are told."""
    segment = world.segment("Everyone")
    for turn in range(ROUNDS):
        campaign = world.campaign(segment, name=f"Round {turn}")
        start = Barrier(PEOPLE)

        def launch(_person: int, campaign_id: UUID = campaign.campaign_id, start: Barrier = start) -> str:
            start.wait()
            try:
                world.engine.campaigns.launch(world.context, campaign_id, expected_revision=1)
            except (StaleVersion, IllegalTransition) as told:
                return type(told).__name__
            except SegmentEngineError as other:
                return f"unexpected: {other}"
            return "launched"

        with ThreadPoolExecutor(PEOPLE) as people:
            outcomes = sorted(people.map(launch, range(PEOPLE)))
        assert outcomes == ["StaleVersion"] * (PEOPLE - 1) + ["launched"]
        assert len(world.engine.campaigns.audiences(world.context, campaign.campaign_id)) == 1
    lines = world.sql("SELECT object_id FROM audit_events WHERE action = 'campaign.launch'")
    assert len(lines) == len({line["object_id"] for line in lines}) == ROUNDS


def test_a_segment_that_is_being_published_is_waited_for_or_said(world: CampaignWorld) -> None:
    """A launch never reads half of a publishing: while one holds the segment, the launch waits, and then says so."""
    segment = world.segment("Everyone")
    campaign = world.campaign(segment)
    with world.databases.worker.transaction(world.context.organization_id) as publishing:
        publishing.rows(text("SELECT 1 FROM segments WHERE segment_id = :s FOR UPDATE"), {"s": segment})
        with pytest.raises(Conflict, match="being published"):
            world.launch(campaign)
    assert world.launch(campaign).state is CampaignState.RUNNING
