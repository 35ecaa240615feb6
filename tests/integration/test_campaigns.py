"""Campaigns and sequences on real PostgreSQL: choosing segments, saving, moving, listing, and what came of them."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from segment_engine.databases import Databases
from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.campaign import (
    Campaign,
    CampaignDraft,
    CampaignKind,
    CampaignMove,
    CampaignQuery,
    CampaignSort,
    CampaignState,
    Part,
)
from segment_engine.domain.reach import Gate
from segment_engine.domain.readiness import Readiness
from segment_engine.domain.segment import SegmentState
from segment_engine.engine import Engine
from segment_engine.errors import (
    Conflict,
    IllegalTransition,
    InputError,
    NameTaken,
    NotFound,
    SegmentEngineError,
    StaleVersion,
)
from segment_engine.use_cases.cancelling import Cancellable
from segment_engine.use_cases.organizations import LOCAL_IDENTITY
from tests.integration.campaign_world import CampaignWorld
from tests.isolation.calls.campaigns import CALLS
from tests.isolation.calls.shared import Call


@pytest.fixture
def world(engine: Engine, databases: Databases, context: OrganizationContext, tmp_path: Path) -> CampaignWorld:
    """Six contacts, three of them reached by e-mail."""
    return CampaignWorld.make(engine, databases, context, tmp_path)


def draft_of(campaign: Campaign, **changes: object) -> CampaignDraft:
    """Write what the form would save for a campaign, with changes."""
    values: dict[str, object] = {
        "kind": campaign.kind, "name": campaign.name, "description": campaign.description,
        "channel": campaign.channel, "starts_on": campaign.starts_on, "ends_on": campaign.ends_on,
        "included": tuple(each.segment_id for each in campaign.part(Part.INCLUDED)),
        "excluded": tuple(each.segment_id for each in campaign.part(Part.EXCLUDED)),
    }  # fmt: skip
    return CampaignDraft(**{**values, **changes})  # pyright: ignore[reportArgumentType] - the fields as they are


# Choosing segments -------------------------------------------------------------------------------------------------


def test_only_active_segments_can_be_chosen(world: CampaignWorld) -> None:
    """Refused with the names of those that are not active, and nothing is saved."""
    ready, paused = world.segment("Ready"), world.segment("Paused", "Gent")
    drafted = world.segment("Drafted", "Lyon", state=SegmentState.DRAFT)
    world.engine.segments.deactivate(world.context, [paused])
    with pytest.raises(InputError, match="“Drafted” is a draft, “Paused” is inactive"):
        world.campaign(ready, paused, excluded=(drafted,))
    with pytest.raises(NotFound):
        world.campaign(ready, uuid4())
    with pytest.raises(InputError, match="included and excluded at once"):
        world.campaign(ready, excluded=(ready,))
    assert world.engine.campaigns.find(world.context, CampaignQuery()).total == 0


def test_a_segment_that_is_switched_off_later_stays_chosen_and_blocks(world: CampaignWorld) -> None:
    """Editing the name is not held up by it; the launch is, with the reason."""
    chosen = world.segment("Chosen", "Gent")
    campaign = world.campaign(chosen)
    # Nobody can do this from outside while the campaign lives; a restored backup might.
    world.sql("UPDATE segments SET state = 'inactive' WHERE segment_id = :s", s=chosen)
    renamed = world.engine.campaigns.update(
        world.context, campaign.campaign_id, expected_revision=campaign.revision, draft=draft_of(campaign, name="New")
    )
    assert (renamed.name, renamed.segments[0].standing.readiness) == ("New", Readiness.DO_NOT_USE)
    assert world.codes(renamed)["segment_not_usable"] == "block"


def test_segments_are_offered_with_how_they_stand(world: CampaignWorld) -> None:
    """Active ones only, found by name or description whatever the case, the matching beginnings first."""
    world.segment("People of Gent", "Gent")
    world.segment("Gent later", "Lyon", "Gent", state=SegmentState.DRAFT)
    world.segment("Gent and Lyon", "Gent", "Lyon", run=False)
    found = world.engine.campaigns.offered(world.context, search="GENT")
    assert [each.name for each in found] == ["Gent and Lyon", "People of Gent"]
    assert [each.standing.readiness for each in found] == [Readiness.DO_NOT_USE, Readiness.READY]
    assert world.engine.campaigns.offered(world.context, search="nothing like it") == ()


def test_reach_is_counted_before_saving_and_each_contact_once(world: CampaignWorld) -> None:
    """T81: two segments that share contacts count each once; the gates add up, for every channel at once (T91)."""
    first, second = world.segment("First", "Utrecht", "Gent"), world.segment("Second", "Gent", "Lyon")
    barred = world.segment("Barred", "Lyon")
    email, sms = world.engine.campaigns.reach(world.context, [first, second], [barred], ["email", "sms"])
    assert [email.stored, *(step.contacts_left for step in email.steps)] == [6, 6, 5, 4, 4, 3, 3]
    assert [step.dropped for step in email.steps] == [0, 1, 1, 0, 1, 0]
    assert (sms.left_after(Gate.HAS_ADDRESS), sms.reached) == (1, 0)
    cancelled = Cancellable()
    cancelled.cancel()
    with pytest.raises(Conflict, match="stopped"):
        world.engine.campaigns.reach(world.context, [first], [], ["email"], cancel=cancelled)


# Saving ------------------------------------------------------------------------------------------------------------


def test_a_campaign_is_saved_and_read_back(world: CampaignWorld) -> None:
    """Included segments first, each with its standing; the name is unique within its kind only."""
    included, excluded = world.segment("In", "Gent"), world.segment("Out", "Lyon")
    made = world.campaign(included, excluded=(excluded,), starts_on=date(2030, 1, 1), ends_on=date(2030, 2, 1))
    assert [(each.name, each.part, each.member_count) for each in made.segments] == [
        ("In", Part.INCLUDED, 3), ("Out", Part.EXCLUDED, 1),
    ]  # fmt: skip
    assert (made.state, made.revision, made.launched_at) == (CampaignState.DRAFT, 1, None)
    assert world.engine.campaigns.get(world.context, made.campaign_id) == made
    with pytest.raises(NameTaken):
        world.campaign(included)
    assert world.campaign(included, kind=CampaignKind.SEQUENCE).kind is CampaignKind.SEQUENCE


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": " "}, "needs a name"),
        ({"channel": "fax"}, "no such channel"),
        ({"starts_on": date(2030, 2, 1), "ends_on": date(2030, 1, 1)}, "before the first"),
        ({"description": "x" * 2_001}, "Shorten it"),
    ],
)
def test_what_cannot_be_saved_is_said(world: CampaignWorld, changes: dict[str, object], sentence: str) -> None:
    """Every refusal is a sentence with a next step, and nothing changes."""
    campaign = world.campaign(world.segment("Any"))
    with pytest.raises(InputError, match=sentence):
        world.engine.campaigns.update(
            world.context, campaign.campaign_id, expected_revision=1, draft=draft_of(campaign, **changes)
        )
    assert world.engine.campaigns.get(world.context, campaign.campaign_id) == campaign


def test_the_second_of_two_editors_is_told(world: CampaignWorld) -> None:
    """A save that did not see the one before is refused, not merged."""
    campaign = world.campaign(world.segment("Any"))
    world.engine.campaigns.update(
        world.context, campaign.campaign_id, expected_revision=1, draft=draft_of(campaign, name="Mine")
    )
    with pytest.raises(StaleVersion, match="after you opened it"):
        world.engine.campaigns.update(
            world.context, campaign.campaign_id, expected_revision=1, draft=draft_of(campaign, name="Theirs")
        )
    assert world.engine.campaigns.get(world.context, campaign.campaign_id).name == "Mine"


def test_after_the_launch_the_audience_is_history(world: CampaignWorld) -> None:
    """Name, description and last day still change; channel, first day and segments do not."""
    segment, other = world.segment("Any"), world.segment("Other", "Gent")
    running = world.launch(world.campaign(segment))
    for changes in (
        {"included": (other,)},
        {"excluded": (other,)},
        {"channel": "sms"},
        {"starts_on": date(2030, 1, 1)},
    ):
        with pytest.raises(IllegalTransition, match="are fixed"):
            world.engine.campaigns.update(
                world.context, running.campaign_id, expected_revision=2, draft=draft_of(running, **changes)
            )
    changed = world.engine.campaigns.update(
        world.context, running.campaign_id, expected_revision=2,
        draft=draft_of(running, name="Renamed", description="Why", ends_on=date(2030, 1, 1)),
    )  # fmt: skip
    assert (changed.name, changed.ends_on, len(changed.segments)) == ("Renamed", date(2030, 1, 1), 1)


# Moving ------------------------------------------------------------------------------------------------------------


def test_a_campaign_moves_through_its_life(world: CampaignWorld) -> None:
    """Paused, resumed, finished, archived, restored; a step that is not possible is refused with the state."""
    campaign = world.launch(world.campaign(world.segment("Any")))
    road = (
        (CampaignMove.PAUSE, CampaignState.PAUSED), (CampaignMove.RESUME, CampaignState.RUNNING),
        (CampaignMove.FINISH, CampaignState.FINISHED), (CampaignMove.ARCHIVE, CampaignState.ARCHIVED),
        (CampaignMove.RESTORE, CampaignState.FINISHED),
    )  # fmt: skip
    with pytest.raises(IllegalTransition, match="is running, so it cannot be archived"):
        world.engine.campaigns.move(
            world.context, campaign.campaign_id, CampaignMove.ARCHIVE, expected_revision=campaign.revision
        )
    for move, state in road:
        campaign = world.engine.campaigns.move(
            world.context, campaign.campaign_id, move, expected_revision=campaign.revision
        )
        assert campaign.state is state
    acts = world.sql("SELECT action FROM audit_events ORDER BY audit_number DESC LIMIT 2")
    assert [act["action"] for act in acts] == ["campaign.restore", "campaign.archive"]


def test_a_draft_that_was_archived_comes_back_as_a_draft(world: CampaignWorld) -> None:
    """Only what was launched is restored as finished."""
    campaign = world.campaign(world.segment("Any"))
    for move, state in ((CampaignMove.ARCHIVE, CampaignState.ARCHIVED), (CampaignMove.RESTORE, CampaignState.DRAFT)):
        campaign = world.engine.campaigns.move(
            world.context, campaign.campaign_id, move, expected_revision=campaign.revision
        )
        assert campaign.state is state


def test_a_used_segment_is_kept_and_its_campaign_untouched(world: CampaignWorld) -> None:
    """T54, T56: deleting is refused with the campaign's name, whatever its state; no campaign changes by it."""
    segment = world.segment("Any")
    campaign = world.launch(world.campaign(segment))
    (verdict,) = world.engine.segments.delete(world.context, [segment])
    assert (verdict.done, "Spring" in verdict.reason) == (False, True)
    (verdict,) = world.engine.segments.archive(world.context, [segment])
    assert (verdict.done, "Spring" in verdict.reason) == (False, True)
    for move in (CampaignMove.FINISH, CampaignMove.ARCHIVE):
        campaign = world.engine.campaigns.move(
            world.context, campaign.campaign_id, move, expected_revision=campaign.revision
        )
    (verdict,) = world.engine.segments.delete(world.context, [segment])
    assert (verdict.done, "Spring" in verdict.reason) == (False, True)
    assert world.engine.campaigns.get(world.context, campaign.campaign_id) == campaign


# Listing -----------------------------------------------------------------------------------------------------------


def test_the_list_searches_filters_sorts_and_pages(world: CampaignWorld) -> None:
    """Each kind has a list of its own; the archive is shown when asked for; readiness and audience stand beside."""
    ready, waiting = world.segment("Ready"), world.segment("Waiting", "Gent", run=False)
    running = world.launch(world.campaign(ready, name="Alpha", description="for the spring"))
    world.campaign(ready, excluded=(waiting,), name="beta", starts_on=date(2030, 1, 1))
    world.campaign(name="Gamma")
    world.campaign(ready, name="Alpha", kind=CampaignKind.SEQUENCE)

    def names(**asked: object) -> list[str]:
        query = CampaignQuery(**{"sort": CampaignSort.NAME, "descending": False, **asked})  # pyright: ignore[reportArgumentType] - as given
        return [card.name for card in world.engine.campaigns.find(world.context, query).items]

    assert names() == ["Alpha", "beta", "Gamma"]
    assert names(kind=CampaignKind.SEQUENCE) == ["Alpha"]
    assert names(search="SPRING") == ["Alpha"]
    assert names(states=frozenset({CampaignState.RUNNING})) == ["Alpha"]
    assert names(sort=CampaignSort.STARTS) == ["beta", "Alpha", "Gamma"]
    assert names(sort=CampaignSort.AUDIENCE, descending=True) == ["Alpha", "beta", "Gamma"]
    assert names(size=2, page=2) == ["Gamma"]
    assert names(size=2, page=99) == ["Gamma"]
    found = world.engine.campaigns.find(world.context, CampaignQuery(sort=CampaignSort.NAME, descending=False)).items
    assert [(card.audience, card.readiness, card.segment_count) for card in found] == [
        (6, Readiness.READY, 1), (None, Readiness.DO_NOT_USE, 2), (None, None, 0),
    ]  # fmt: skip
    assert "“Waiting”" in found[1].worst
    finished = world.engine.campaigns.move(
        world.context, running.campaign_id, CampaignMove.FINISH, expected_revision=running.revision
    )
    world.engine.campaigns.move(
        world.context, finished.campaign_id, CampaignMove.ARCHIVE, expected_revision=finished.revision
    )
    assert names() == ["beta", "Gamma"]
    assert names(states=frozenset({CampaignState.ARCHIVED})) == ["Alpha"]


def test_figures_are_summed_over_the_days(world: CampaignWorld) -> None:
    """Every day oldest first, and the sum; the list shows the same sum."""
    campaign = world.launch(world.campaign(world.segment("Any")))
    for day in range(3):
        world.sql(
            "INSERT INTO campaign_daily_metrics VALUES (:o, :c, :day, :sent, :sent, 2, 1, 1, 0, 0)",
            c=campaign.campaign_id, day=date(2026, 3, 3) - timedelta(days=day), sent=10 * (day == 2),
        )  # fmt: skip
    metrics = world.engine.campaigns.metrics(world.context, campaign.campaign_id)
    assert [each.day.day for each in metrics.days] == [1, 2, 3]
    assert (metrics.total.sent, metrics.total.opened, metrics.total.clicked) == (10, 6, 3)
    (card,) = world.engine.campaigns.find(world.context, CampaignQuery()).items
    assert card.figures == metrics.total


# Organizations apart -----------------------------------------------------------------------------------------------


def test_a_campaign_of_another_organization_looks_like_an_unknown_one(world: CampaignWorld) -> None:
    """Reading, saving, moving and launching answer alike, and nothing changes over there (B1)."""
    other = world.engine.context_for(LOCAL_IDENTITY, world.engine.organizations.create("Other"))
    theirs = world.engine.campaigns.create(other, CampaignDraft(CampaignKind.CAMPAIGN, "Theirs"))
    for name, (_permission, call) in CALLS.items():
        if name != "campaigns.create":
            known, random = uuid4(), theirs.campaign_id
            assert outcome(world, call, known) == outcome(world, call, random), name
    assert world.engine.campaigns.get(other, theirs.campaign_id) == theirs
    mine = world.segment("Mine")
    with pytest.raises(NotFound):
        world.engine.campaigns.create(other, CampaignDraft(CampaignKind.CAMPAIGN, "With mine", included=(mine,)))
    (found,) = world.engine.campaigns.reach(other, [mine], [], ["email"])
    assert found.stored == 0
    assert world.engine.campaigns.offered(other) == ()


def outcome(world: CampaignWorld, call: Call, given: UUID) -> str:
    """What the caller learns, in one comparable text."""
    try:
        return repr(call(world.engine, world.context, given))
    except SegmentEngineError as error:
        return f"{type(error).__name__}: {error}"
