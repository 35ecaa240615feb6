"""Why a campaign reaches a contact or not, on real PostgreSQL: every gate really closed, agreed with the waterfall."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from segment_engine.databases import Databases
from segment_engine.domain.access import OrganizationContext, Role
from segment_engine.domain.campaign import CampaignKind, CampaignMove
from segment_engine.domain.reach import Gate
from segment_engine.domain.reach_chain import ChainGate, GateState, ReachChain, closing
from segment_engine.domain.segment import SegmentState
from segment_engine.engine import Engine
from segment_engine.errors import NotFound, PermissionDenied
from segment_engine.use_cases.organizations import LOCAL_IDENTITY
from tests.integration.campaign_world import CampaignWorld
from tests.integration.importing import Importer

# Beside the six of the world: c7 has an address that is not valid, c8 no record of consent, c9 lives elsewhere.
MORE = """id,city
c7,Utrecht
c8,Gent
c9,Paris
"""
CHANNELS = """id,channel,address,valid,suppressed_at,suppression
c7,email,g@example.org,no,,
c8,email,h@example.org,yes,,
c9,email,i@example.org,yes,,
"""


@pytest.fixture
def world(engine: Engine, databases: Databases, context: OrganizationContext, tmp_path: Path) -> CampaignWorld:
    """Nine contacts, of whom every gate of a channel stops somebody."""
    made = CampaignWorld.make(engine, databases, context, tmp_path)
    importer = Importer(databases.app, context.organization_id, tmp_path)
    importer.contacts(MORE)
    importer.channels(CHANNELS)
    return made


@pytest.fixture
def everyone(world: CampaignWorld) -> UUID:
    """An active segment of three cities, calculated: everyone but c9."""
    return world.segment("Three cities", "Utrecht", "Gent", "Lyon")


def chain(world: CampaignWorld, campaign_id: UUID, contact: str | int) -> ReachChain:
    """Ask for the chain of one contact."""
    return world.engine.contacts.reach_chain(world.context, campaign_id, contact)


def ends(world: CampaignWorld, campaign_id: UUID, contact: str = "c1") -> tuple[ChainGate | None, str]:
    """Say where the chain ends now, and what the answer is."""
    told = chain(world, campaign_id, contact)
    stopped = closing(told.gates)
    return None if stopped is None else stopped.gate, told.answer


def test_every_gate_of_the_contact_closes_for_somebody(world: CampaignWorld, everyone: UUID) -> None:
    """Nine contacts, each with the answer a campaign manager can pass on (T91)."""
    barred = world.segment("Nobody in Utrecht", "Utrecht")
    world.engine.overrides.take_out(world.context, barred, "c1", reason="Asked")
    world.engine.overrides.take_out(world.context, everyone, "c4", reason="Asked by phone")
    world.work()
    campaign_id = world.campaign(everyone, excluded=(barred,)).campaign_id
    found = {key: ends(world, campaign_id, key) for key in ("c1", "c2", "c3", "c4", "c5", "c6", "c8", "c9")}
    assert {key: gate for key, (gate, _) in found.items()} == {
        "c1": None, "c2": ChainGate.NOT_EXCLUDED, "c3": ChainGate.HAS_ADDRESS, "c4": ChainGate.BY_HAND,
        "c5": ChainGate.NOT_SUPPRESSED, "c6": ChainGate.CONSENTED, "c8": ChainGate.CONSENTED, "c9": ChainGate.MEMBER,
    }  # fmt: skip
    assert found["c1"][1] == "Would be reached: every gate is open, if the campaign is launched now."
    assert found["c4"][1].startswith("Not reached: taken out by hand by Local operator on")
    assert found["c5"][1] == "Not reached: e-mail was stopped on 1 Jan 2020: the contact complained."
    assert found["c6"][1] == "Not reached: consent for e-mail was withdrawn on 1 Feb 2020."
    assert found["c8"][1] == "Not reached: there is no record of consent for e-mail."
    open_to_all = world.campaign(everyone, name="Open").campaign_id
    assert ends(world, open_to_all, "c7")[0] is ChainGate.ADDRESS_VALID


def test_the_number_of_contacts_at_each_gate_is_that_of_the_waterfall(
    world: CampaignWorld, everyone: UUID, tmp_path: Path
) -> None:
    """Walking everybody who is stored gives exactly the steps of the campaign's waterfall, and they sum up (T91)."""
    barred = world.segment("Utrecht", "Utrecht")
    Importer(world.databases.app, world.context.organization_id, tmp_path).delete("c4")
    campaign_id = world.campaign(everyone, excluded=(barred,)).campaign_id
    stopped: Counter[Gate] = Counter()
    reached = 0
    for number in (1, 2, 3, 4, 5, 6, 7, 8):
        try:
            found = closing(chain(world, campaign_id, number).gates)
        except NotFound:  # deleted since it was stored
            stopped[Gate.MEMBER] += 1
            continue
        if found is None:
            reached += 1
        else:
            assert found.gate.waterfall is not None
            stopped[found.gate.waterfall] += 1
    (told,) = world.engine.campaigns.reach(
        world.context, included=(everyone,), excluded=(barred,), channels=("email",)
    )  # fmt: skip
    assert {step.gate: step.dropped for step in told.steps} == {gate: stopped[gate] for gate in Gate}
    assert (told.reached, told.stored) == (reached, 8)
    assert stopped[Gate.MEMBER] == 1
    assert stopped[Gate.NOT_EXCLUDED] == 3


# The segment -------------------------------------------------------------------------------------------------------


def test_an_inactive_segment_is_the_answer(world: CampaignWorld, everyone: UUID) -> None:
    """A person's decision about the segment comes before everything about the contact."""
    campaign_id = world.campaign(everyone).campaign_id
    world.sql("UPDATE segments SET state = 'inactive' WHERE organization_id = :o")
    gate, answer = ends(world, campaign_id)
    assert gate is ChainGate.ACTIVE
    assert answer.startswith("Not reached: “Three cities”: it is inactive")


def test_a_segment_that_was_never_calculated_is_the_answer(world: CampaignWorld) -> None:
    """Without a run there are no members, and the chain says which gate that is."""
    waiting = world.segment("Waiting", "Utrecht", run=False)
    gate, answer = ends(world, world.campaign(waiting).campaign_id)
    assert gate is ChainGate.CALCULATED
    assert answer.startswith("Not reached: “Waiting”: it was never calculated")


def test_members_that_are_too_old_are_the_answer(world: CampaignWorld, everyone: UUID) -> None:
    """Criteria that were edited since the result close the gate of freshness."""
    campaign_id = world.campaign(everyone).campaign_id
    world.sql("UPDATE segments SET published_version = published_version + 1 WHERE organization_id = :o")
    assert ends(world, campaign_id)[0] is ChainGate.FRESH


def test_an_empty_result_is_the_answer(world: CampaignWorld) -> None:
    """A result that did not pass its checks is not used."""
    nobody = world.segment("Nobody", "Atlantis")
    assert ends(world, world.campaign(nobody).campaign_id)[0] is ChainGate.CHECKED


def test_care_warns_and_does_not_stop(world: CampaignWorld, everyone: UUID, tmp_path: Path) -> None:
    """Data imported since warns; the contact is still reached."""
    campaign_id = world.campaign(everyone).campaign_id
    Importer(world.databases.app, world.context.organization_id, tmp_path).contacts("id,city\nc99,Paris\n")
    told = {each.gate: each.state for each in chain(world, campaign_id, "c1").gates}
    assert (told[ChainGate.FRESH], told[ChainGate.SELECTED]) == (GateState.WARNED, GateState.PASSED)


def test_a_decision_since_the_result_is_announced(world: CampaignWorld, everyone: UUID) -> None:
    """Taken out and still published: the waterfall counts the contact, so the chain lets it through, with a warning."""
    campaign_id = world.campaign(everyone).campaign_id
    world.engine.overrides.take_out(world.context, everyone, "c1", reason="Asked")
    told = {each.gate: each for each in chain(world, campaign_id, "c1").gates}
    assert told[ChainGate.BY_HAND].state is GateState.WARNED
    assert told[ChainGate.BY_HAND].sentence.endswith("it counts from the next run on.")
    world.work()
    assert ends(world, campaign_id)[0] is ChainGate.BY_HAND


def test_several_segments_have_a_line_each_and_the_best_counts(world: CampaignWorld, everyone: UUID) -> None:
    """In one of two is enough; the other one says why it does not lead further, and what forbids a launch."""
    draft = world.segment("Almost", "Utrecht")
    told = chain(world, world.campaign(everyone, draft).campaign_id, "c1")
    assert (told.is_reached, len(told.segments)) == (True, 2)
    world.sql("UPDATE segments SET state = 'draft' WHERE organization_id = :o AND segment_id = :s", s=draft)
    told = chain(world, told.campaign_id, "c1")
    assert [(each.name, each.stopped_at) for each in told.segments] == [
        ("Almost", ChainGate.ACTIVE), ("Three cities", None),
    ]  # fmt: skip
    assert told.answer.startswith("Would be reached, but a launch is refused at the moment: “Almost”")


def test_a_campaign_without_segments_says_so(world: CampaignWorld) -> None:
    """Nothing to ask, one next step."""
    told = chain(world, world.campaign().campaign_id, "c1")
    assert (told.gates, told.answer) == (
        (), "Not reached: this campaign has no segment to take contacts from. Add one.",
    )  # fmt: skip


# Launched ----------------------------------------------------------------------------------------------------------


def test_what_was_true_at_the_launch_stands_beside_what_is_true_now(
    world: CampaignWorld, everyone: UUID, tmp_path: Path
) -> None:
    """Reached then; consent withdrawn, moved away and deleted from the segment since only counts now (T93)."""
    codes = ("low_reach", f"segment_with_care:{everyone}")
    campaign = world.launch(world.campaign(everyone), accepted_warnings=codes)
    then = chain(world, campaign.campaign_id, "c1")
    assert then.answer.startswith("Reached: in the audience that was frozen on")
    assert then.now == "Every gate is still open."
    importer = Importer(world.databases.app, world.context.organization_id, tmp_path)
    importer.consents("id,channel,topic,state,recorded_at\nc1,email,,withdrawn,2099-01-01T00:00:00Z\n")
    importer.contacts("id,city\nc2,Paris\nc9,Gent\n")
    world.engine.runs.request(world.context, everyone)
    world.work()
    moved, came = chain(world, campaign.campaign_id, "c2"), chain(world, campaign.campaign_id, "c9")
    assert moved.answer.startswith("Reached: in the audience")
    assert moved.now.startswith("Not reached now: not a member of “Three cities”")
    assert came.answer.startswith("Not reached on")
    assert "not a member of “Three cities” by the run of" in came.answer
    stopped = closing(came.gates)
    assert stopped is not None
    assert stopped.gate is ChainGate.FROZEN
    assert came.frozen is not None
    assert not came.frozen.was_in


def test_who_was_stopped_at_the_launch_is_told_by_what_is_kept(world: CampaignWorld, everyone: UUID) -> None:
    """In the frozen audience, which holds whom the segments held, and stopped by consent or suppression of that day."""
    codes = ("low_reach", f"segment_with_care:{everyone}")
    campaign_id = world.launch(world.campaign(everyone), accepted_warnings=codes).campaign_id
    assert chain(world, campaign_id, "c6").answer.endswith("consent for e-mail was withdrawn on 1 Feb 2020.")
    assert chain(world, campaign_id, "c5").answer.endswith("the contact complained.")
    addresses = chain(world, campaign_id, "c3").frozen
    assert addresses is not None
    told = {each.gate: each for each in addresses.gates}
    assert told[ChainGate.HAS_ADDRESS].sentence.startswith("What it was then is not kept.")


def test_a_sequence_is_judged_by_what_is_true_now(world: CampaignWorld, everyone: UUID) -> None:
    """Contacts enter one by one, so what was frozen at its start decides nothing."""
    codes = ("low_reach", f"segment_with_care:{everyone}")
    sequence = world.launch(world.campaign(everyone, kind=CampaignKind.SEQUENCE), accepted_warnings=codes)
    told = chain(world, sequence.campaign_id, "c1")
    assert (told.frozen, told.kind) == (None, "sequence")
    assert told.answer.startswith("Reached: every gate is open")


# Who may ask -------------------------------------------------------------------------------------------------------


def test_unknown_campaigns_and_contacts_are_not_found(world: CampaignWorld, everyone: UUID) -> None:
    """An id of another organization looks like one that never was, for both (B1)."""
    campaign_id = world.campaign(everyone).campaign_id
    other = world.engine.context_for(LOCAL_IDENTITY, world.engine.organizations.create("Other"))
    for asked, contact in ((uuid4(), "c1"), (campaign_id, "nobody"), (campaign_id, 99)):
        with pytest.raises(NotFound):
            chain(world, asked, contact)
    with pytest.raises(NotFound) as theirs:
        world.engine.contacts.reach_chain(other, campaign_id, "c1")
    with pytest.raises(NotFound) as random:
        world.engine.contacts.reach_chain(other, uuid4(), "c1")
    assert str(theirs.value) == str(random.value)


def test_a_viewer_may_not_ask(world: CampaignWorld, everyone: UUID) -> None:
    """Viewers see campaigns and no contacts."""
    campaign_id = world.campaign(everyone).campaign_id
    with pytest.raises(PermissionDenied, match=r"ce\.members\.view"):
        world.engine.contacts.reach_chain(world.acting(Role.VIEWER), campaign_id, "c1")


def test_the_list_of_campaigns_says_what_each_has_to_do_with_the_contact(world: CampaignWorld, everyone: UUID) -> None:
    """Selected now, in a frozen audience or not; archived ones last."""
    codes = ("low_reach", f"segment_with_care:{everyone}")
    launched = world.launch(world.campaign(everyone, name="Launched"), accepted_warnings=codes)
    gone = world.campaign(everyone, name="Gone")
    world.engine.campaigns.move(world.context, gone.campaign_id, CampaignMove.ARCHIVE, expected_revision=gone.revision)
    paris = world.segment("Paris", "Paris", state=SegmentState.ACTIVE)
    world.campaign(paris, name="Elsewhere")
    found = world.engine.contacts.campaigns(world.context, "c1")
    assert [(each.name, each.selects, each.was_in) for each in found] == [
        ("Elsewhere", False, None), ("Launched", True, True), ("Gone", True, None),
    ]  # fmt: skip
    assert found[1].campaign_id == launched.campaign_id
