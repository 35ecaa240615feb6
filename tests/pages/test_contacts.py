"""Looking contacts up: the search, its results, and what the page tells about one contact, for every role and state."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from streamlit.testing.v1 import AppTest

from segment_engine.databases import Databases
from segment_engine.domain.access import OrganizationContext, Role
from segment_engine.domain.campaign import CampaignDraft, CampaignKind
from segment_engine.domain.run import RunStatus
from segment_engine.engine import Engine
from tests.integration.importing import Importer
from tests.pages.conftest import IN_UTRECHT, Create, Visit, columns, words

Work = Callable[[], None]


@pytest.fixture
def utrecht(contacts: Importer, create: Create, work: Work) -> UUID:
    """Contacts 0001 and 0003 in a calculated segment; 0001 has withdrawn consent for e-mail."""
    contacts.consents(
        "id,channel,topic,state,recorded_at\n"
        "0001,email,,granted,2026-01-01T00:00:00Z\n0001,email,,withdrawn,2026-05-03T12:00:00Z\n"
        "0003,email,,granted,2026-01-01T00:00:00Z\n"
    )
    made = create("Utrecht", IN_UTRECHT)
    work()
    return made


@pytest.fixture
def campaign(engine: Engine, context: OrganizationContext, utrecht: UUID) -> UUID:
    """A draft for the members in Utrecht."""
    draft = CampaignDraft(CampaignKind.CAMPAIGN, "Spring", included=(utrecht,))
    return engine.campaigns.create(context, draft).campaign_id


def read(page: AppTest) -> str:
    """Read the page; nothing may have ended in an exception."""
    assert not page.exception
    return words(page)


def clean(text: str) -> str:
    """Take back what keeps Markdown from reading a text."""
    return text.replace("\\", "").replace("\u2060", "")


def press(page: AppTest, label: str) -> AppTest:
    """Press the first button of a name."""
    return next(button for button in page.button if clean(button.label) == label).click().run()


# The search --------------------------------------------------------------------------------------------------------


def test_without_a_search_the_page_says_what_to_type(visit: Visit) -> None:
    """Also where nothing was ever imported."""
    assert "Whom are you looking for?" in read(visit("contacts"))


@pytest.mark.usefixtures("contacts")
def test_a_search_lists_who_fits_and_says_by_what(visit: Visit) -> None:
    """Each result with its key and address, and what was compared; pressing one shows the contact."""
    page = visit("contacts", c_q="000")
    seen = read(page)
    assert "Key 0001 · ada@example.org · Utrecht" in seen
    assert "4 contacts. Compared with whole keys and beginnings of keys" in seen
    page = press(page, "0003")
    assert page.query_params["c_key"] == "0003"
    assert [each.value for each in page.header] == ["0003"]
    page = press(page, "All results")
    assert "c_key" not in page.query_params
    assert "Key 0001 · ada@example.org" in read(page)


@pytest.mark.usefixtures("contacts")
def test_nothing_found_says_what_was_compared(visit: Visit) -> None:
    """The sentence helps: which ways were tried, and what never is found."""
    seen = read(visit("contacts", c_q="nobody"))
    assert "Nothing fits “nobody”. Compared with whole keys, beginnings of keys and words of names." in seen
    assert "Deleted contacts are not found" in seen


@pytest.mark.usefixtures("contacts")
def test_a_whole_key_or_address_leads_straight_to_the_contact(visit: Visit) -> None:
    """There is nothing to choose from, so nobody has to."""
    for text in ("0003", "CY@example.org"):
        page = visit("contacts", c_q=text)
        assert [each.value for each in page.header] == ["0003"]
        assert not [each for each in page.button if each.label == "All results"]


@pytest.mark.usefixtures("contacts")
def test_another_search_leaves_the_contact(visit: Visit) -> None:
    """The address no longer names who is not shown."""
    page = visit("contacts", c_key="0003")
    assert [each.value for each in page.header] == ["0003"]
    page = page.text_input(key="contact.search").set_value("000").run()
    assert "c_key" not in page.query_params
    assert page.query_params["c_q"] == "000"
    assert "Key 0002 · Gent" in read(page)
    page = page.text_input(key="contact.search").set_value("").run()
    assert "c_q" not in page.query_params
    assert "Whom are you looking for?" in read(page)


def test_a_viewer_is_told_that_contacts_are_not_shown(visit: Visit, role: Callable[[Role], None]) -> None:
    """A sentence with the permission, and nothing of the contact (C2)."""
    role(Role.VIEWER)
    page = visit("contacts", c_key="0001")
    assert "Your role (viewer) does not allow you to see the contacts of a segment." in read(page)
    assert not page.header
    assert not page.text_input


@pytest.mark.parametrize("role_of", [Role.ANALYST, Role.CAMPAIGN_MANAGER, Role.OPS_LEAD, Role.ADMIN])
def test_everyone_else_sees_the_contact(
    visit: Visit, role: Callable[[Role], None], utrecht: UUID, role_of: Role
) -> None:
    """Every tab renders for every role that may see contacts."""
    role(role_of)
    for tab in ("Segments", "Why", "Campaigns", "Data"):
        page = visit("contacts", c_key="0001", c_tab=tab, c_segment=str(utrecht))
        assert [each.value for each in page.header] == ["0001"]
        assert not page.error, tab


@pytest.mark.usefixtures("contacts")
def test_a_contact_that_is_gone_is_said_to_be_gone(visit: Visit, contacts: Importer) -> None:
    """Deleted meanwhile, of another organization, or never there: one sentence, one next step (B1)."""
    contacts.delete("0003")
    for key in ("0003", "theirs"):
        page = visit("contacts", c_key=key)
        assert f"There is no contact with the key “{key}”." in read(page)
        page = press(page, "Search again")
        assert page.text_input(key="contact.search").value == key


@pytest.mark.usefixtures("contacts")
def test_names_are_shown_as_they_are(visit: Visit, contacts: Importer) -> None:
    """Markdown in a name or a key stays text (D2)."""
    contacts.contacts('id,name,first_name\n[x](y),,"**bold** ![i](http://evil)"\n')
    page = visit("contacts", c_q="[x](y)")
    (header,) = page.header
    assert "\\*\\*bold\\*\\*" in header.value
    assert "![i](" not in header.value


# Segments ----------------------------------------------------------------------------------------------------------


def test_the_segments_of_a_contact_with_every_stretch(
    visit: Visit, utrecht: UUID, contacts: Importer, engine: Engine, context: OrganizationContext, work: Work
) -> None:
    """In one now, and when it was before; coming back is a new stretch (T92)."""
    for name in ("Gent", "Utrecht"):
        contacts.contacts(f"id,city\n0001,{name}\n")
        engine.runs.request(context, utrecht)
        work()
    seen = read(visit("contacts", c_key="0001"))
    assert "In 1 segment now" in seen
    assert "Member since " in seen
    assert " · left " in seen
    assert "Ready" in seen


def test_a_contact_in_no_segment_can_be_asked_about(visit: Visit, contacts: Importer) -> None:
    """Nothing on record: one next step, which leads to the question why not."""
    assert contacts
    page = visit("contacts", c_key="0002")
    assert "In no segment" in read(page)
    assert page.session_state["c_tab"] == "Segments"
    page = press(page, "Ask why it is not in one")
    assert page.session_state["c_tab"] == "Why"
    assert "No segments yet" in read(page)


def test_opening_the_page_starts_nothing(
    visit: Visit, create: Create, contacts: Importer, engine: Engine, context: OrganizationContext
) -> None:
    """No run is requested by looking (T72)."""
    assert contacts
    waiting = create("Waiting", IN_UTRECHT)
    before = engine.runs.find(context, waiting)
    for tab in ("Segments", "Campaigns", "Data"):
        visit("contacts", c_key="0001", c_tab=tab)
    assert engine.runs.find(context, waiting) == before
    assert [run.status for run in before] == [RunStatus.QUEUED]


# Why ---------------------------------------------------------------------------------------------------------------


def test_why_it_is_in_a_segment_and_why_it_is_not(visit: Visit, utrecht: UUID) -> None:
    """The published answer on top, the conditions below; also for a segment it is not in."""
    seen = read(visit("contacts", c_key="0001", c_tab="Why", c_segment=str(utrecht)))
    assert "A member by the run of" in seen
    assert "City is “Utrecht”" in seen
    seen = read(visit("contacts", c_key="0002", c_tab="Why", c_segment=str(utrecht)))
    assert "Not a member by the run of" in seen
    assert "not true" in seen


def test_why_leads_from_the_list_of_segments(visit: Visit, utrecht: UUID) -> None:
    """One press; the address then names the segment, so that it can be passed on."""
    page = press(visit("contacts", c_key="0001"), "Why")
    assert str(utrecht) in str(page.query_params["c_segment"])
    assert "A member by the run of" in read(page)


def test_what_changed_since_the_run_is_explained(visit: Visit, utrecht: UUID, contacts: Importer) -> None:
    """The members are those of the last run; the next one would decide otherwise, and it says why."""
    contacts.contacts("id,city\n0002,Utrecht\n")
    seen = read(visit("contacts", c_key="0002", c_tab="Why", c_segment=str(utrecht)))
    assert "By the last run the contact is not a member yet; with the next one it would join." in seen
    assert "“CRM” was imported after the members were calculated." in seen


def test_why_as_of_a_past_run(
    visit: Visit, utrecht: UUID, contacts: Importer, engine: Engine, context: OrganizationContext, work: Work
) -> None:
    """The run is named in the address; a run that is not there falls back to now."""
    first = engine.runs.find(context, utrecht)[0].run_id
    contacts.contacts("id,city\n0001,Gent\n")
    engine.runs.request(context, utrecht)
    work()
    page = visit("contacts", c_key="0001", c_tab="Why", c_segment=str(utrecht), c_run=str(first))
    assert page.selectbox(key="contact.run").value == str(first)
    assert "The run found the contact a member" in read(page)
    page = page.selectbox(key="contact.run").set_value("now").run()
    assert "c_run" not in page.query_params
    page = visit("contacts", c_key="0001", c_tab="Why", c_segment=str(utrecht), c_run=str(uuid4()))
    assert page.selectbox(key="contact.run").value == "now"


def test_a_segment_that_was_never_calculated_is_explained_all_the_same(
    visit: Visit, create: Create, contacts: Importer
) -> None:
    """No members yet, and what the criteria say of this contact."""
    assert contacts
    waiting = create("Waiting", IN_UTRECHT)
    seen = read(visit("contacts", c_key="0001", c_tab="Why", c_segment=str(waiting)))
    assert "It was never calculated, so it has no members yet." in seen
    assert "the next one would take this contact in" in seen


def test_a_segment_is_chosen_and_a_wrong_address_is_said_to_be_wrong(visit: Visit, utrecht: UUID) -> None:
    """The box writes the address; an id that does not exist asks for another one (D12)."""
    for wrong in (str(uuid4()), "x' OR 1=1"):
        page = visit("contacts", c_key="0001", c_tab="Why", c_segment=wrong)
        assert "The segment in the address does not exist any more." in read(page)
    page = page.selectbox(key="contact.segment").set_value(str(utrecht)).run()
    assert str(utrecht) in str(page.query_params["c_segment"])
    assert "A member by the run of" in read(page)


# Campaigns ---------------------------------------------------------------------------------------------------------


def test_why_a_campaign_does_not_reach_the_contact(visit: Visit, campaign: UUID) -> None:
    """One sentence on top, the gate that closes among the others, what the later ones would say below (T91)."""
    page = visit("contacts", c_key="0001", c_tab="Campaigns")
    assert "A member of its segments now" in read(page)
    page = press(page, "Why reached, or not")
    assert str(campaign) in str(page.query_params["c_campaign"])
    assert [clean(each.value) for each in page.error] == [
        "Not reached: consent for e-mail was withdrawn on 3 May 2026."
    ]
    assert "Not asked" in read(page)
    page = press(page, "All campaigns of this contact")
    assert "With this contact" in read(page)


def test_why_a_campaign_would_reach_the_contact(visit: Visit, campaign: UUID) -> None:
    """Every gate open."""
    page = visit("contacts", c_key="0003", c_tab="Campaigns", c_campaign=str(campaign))
    assert [clean(each.value) for each in page.success] == [
        "Would be reached: every gate is open, if the campaign is launched now."
    ]


def test_then_and_now_stand_beside_each_other(
    visit: Visit, campaign: UUID, engine: Engine, context: OrganizationContext, utrecht: UUID
) -> None:
    """A launched campaign tells what was true when its audience was frozen, and what is true now (T93)."""
    codes = [check.key for check in engine.campaigns.readiness(context, campaign).checks]
    engine.campaigns.launch(context, campaign, expected_revision=1, accepted_warnings=codes)
    assert utrecht
    page = visit("contacts", c_key="0003", c_tab="Campaigns", c_campaign=str(campaign))
    seen = read(page)
    assert "When the audience was frozen: " in seen
    assert "Now: " in seen
    assert "Reached: in the audience that was frozen on" in clean(page.success[0].value)


def test_campaigns_that_are_not_there(visit: Visit, contacts: Importer) -> None:
    """None at all, or one that the address names wrongly: a sentence with a way on (D12)."""
    assert contacts
    assert "No campaigns yet" in read(visit("contacts", c_key="0001", c_tab="Campaigns"))
    for wrong in (str(uuid4()), "nonsense"):
        seen = read(visit("contacts", c_key="0001", c_tab="Campaigns", c_campaign=wrong))
        assert "No such campaign or sequence" in seen


def test_a_campaign_without_segments_says_so(
    visit: Visit, contacts: Importer, engine: Engine, context: OrganizationContext
) -> None:
    """Nothing to ask; one next step."""
    assert contacts
    made = engine.campaigns.create(context, CampaignDraft(CampaignKind.CAMPAIGN, "Bare"))
    seen = read(visit("contacts", c_key="0001", c_tab="Campaigns", c_campaign=str(made.campaign_id)))
    assert "this campaign has no segment to take contacts from" in seen
    assert "Add a segment" in seen


# Data --------------------------------------------------------------------------------------------------------------


def test_everything_that_is_stored(visit: Visit, utrecht: UUID) -> None:
    """Fields with their labels and types, channels, consents, and what happened how often."""
    assert utrecht
    page = visit("contacts", c_key="0001", c_tab="Data")
    shown, seen = columns(page), read(page)
    assert dict(zip(shown["Field"], shown["Value"], strict=True))["City"] == "Utrecht"
    assert dict(zip(shown["What"], shown["Rows"], strict=True)) == {"order placed": 2}
    assert "ada@example.org" in seen
    assert "Withdrawn" in seen
    assert "Before: granted" in seen


def test_a_contact_of_which_only_the_key_is_known(visit: Visit, contacts: Importer) -> None:
    """Every block says that there is nothing, and none is broken."""
    contacts.contacts("id\nbare\n")
    page = visit("contacts", c_key="bare", c_tab="Data")
    seen = read(page)
    assert [each.value for each in page.header] == ["bare"]
    for sentence in ("No e-mail address", "No channel leads to this contact.", "There is no record of consent"):
        assert sentence in seen


def test_a_database_that_is_away_is_a_sentence(visit: Visit, contacts: Importer, databases: Databases) -> None:
    """What breaks in a tab stays in the tab; the rest of the page stands (D8)."""
    assert contacts
    with databases.owner.transaction() as transaction:
        transaction.connection.exec_driver_sql("ALTER TABLE membership_blocks RENAME TO gone")
    page = visit("contacts", c_key="0001")
    assert [each.value for each in page.header] == ["0001"]
    assert "Tell an administrator the number" in page.error[0].value
