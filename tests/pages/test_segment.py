"""The page of one segment: every role, every state, and what its buttons do."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from sqlalchemy import text
from streamlit.testing.v1 import AppTest

from segment_engine.databases import Databases
from segment_engine.domain.access import OrganizationContext, Role
from segment_engine.domain.run import RunStatus
from segment_engine.domain.segment import SegmentDraft, SegmentState
from segment_engine.engine import Engine
from segment_engine.errors import NotFound
from segment_engine.use_cases.organizations import LOCAL_IDENTITY
from tests.integration.test_segments import campaign_on
from tests.pages.conftest import EVERYONE, IN_UTRECHT, Create, Visit, columns, words

TABS = ("Overview", "Criteria", "Members", "Runs", "Usage", "Versions", "About")
Work = Callable[[], None]


@pytest.fixture
def segment_id(contacts: object, create: Create) -> UUID:
    """A segment of two contacts, saved and waiting for its first calculation."""
    assert contacts
    return create("In Utrecht", IN_UTRECHT, "Lives in Utrecht")


def _open(visit: Visit, segment_id: UUID, tab: str = "Overview") -> AppTest:
    page = visit("segment", id=str(segment_id), tab=tab)
    assert not page.exception
    return page


def test_a_waiting_segment_shows_its_progress_and_no_count(visit: Visit, segment_id: UUID) -> None:
    """Before a success nothing is counted, and a person sees that something is under way."""
    page = _open(visit, segment_id)
    seen = words(page)
    assert page.get("progress")
    assert "Queued" in seen
    assert "Members – " in seen
    assert "It was never calculated" in seen
    assert page.button(key="recalculate").disabled
    assert "Nobody yet" in words(_open(visit, segment_id, "Members"))


def test_a_ready_segment_shows_count_members_criteria_and_sources(visit: Visit, segment_id: UUID, work: Work) -> None:
    """Who is in, why, and from which data, as of when."""
    work()
    page = _open(visit, segment_id)
    seen = words(page)
    assert not page.get("progress")
    assert "Members 2" in seen
    assert "is “Utrecht”" in seen
    assert "No campaign uses this segment" in seen
    assert "CRM" in words(_open(visit, segment_id, "Criteria"))
    members = columns(_open(visit, segment_id, "Members"))
    assert members["Key"] == ["0001", "0003"]
    assert members["E-mail"] == ["ada@example.org", "cy@example.org"]


def test_a_viewer_sees_the_count_and_no_contact(
    visit: Visit, segment_id: UUID, work: Work, role: Callable[[Role], None]
) -> None:
    """Counts are for everybody, contacts are not; every refused button says why (B5)."""
    work()
    role(Role.VIEWER)
    for tab in TABS:
        assert "ada@example.org" not in str(_open(visit, segment_id, tab)), tab
    assert "does not allow you to see the contacts of a segment" in words(_open(visit, segment_id, "Members"))
    page = _open(visit, segment_id)
    assert "Members 2" in words(page)
    for key in ("recalculate", "edit"):
        assert page.button(key=key).disabled
        assert "does not allow you" in page.button(key=key).help


def test_a_failure_is_explained_and_the_old_members_stay_with_their_time(
    visit: Visit, segment_id: UUID, work: Work, databases: Databases, engine: Engine, context: OrganizationContext
) -> None:
    """What went wrong, what to do, and of when the figures are (T41)."""
    work()
    with databases.app.transaction(context.organization_id) as transaction:
        transaction.run(
            text("DELETE FROM fields WHERE organization_id = :o AND key = 'contact.city'"),
            {"o": context.organization_id},
        )
    engine.runs.request(context, segment_id)
    work()
    seen = words(_open(visit, segment_id))
    assert "Do not use" in seen
    assert "The last calculation failed:" in seen
    assert "contact.city" in seen
    assert "The members shown are those of" in seen
    assert "Members 2" in seen
    assert "Edit the segment to repair its criteria" in seen


@pytest.mark.parametrize("asked", ["", "nonsense", "5a0c1f0e-7b1e-4c39-9b3d-0d6f3f1f2a10"])
def test_an_unknown_segment_is_a_calm_page(visit: Visit, asked: str) -> None:
    """Whatever stands in the address, the answer is the same, and leads back to the list (B1)."""
    page = visit("segment", id=asked)
    assert not page.exception
    assert "No such segment" in words(page)
    assert "Show all segments" in words(page)


def test_a_segment_of_another_organization_looks_as_if_it_were_not_there(visit: Visit, engine: Engine) -> None:
    """The same words as for an id nobody has, so that nothing is learned from them (B1)."""
    other = engine.organizations.create("Yet another organization")
    foreign = engine.context_for(LOCAL_IDENTITY, other)
    segment = engine.segments.create(foreign, SegmentDraft("Foreign", "", EVERYONE))
    seen = words(_open(visit, segment.segment_id))
    assert "No such segment" in seen
    assert "Foreign" not in seen


def test_recalculate_queues_one_run(
    visit: Visit, segment_id: UUID, work: Work, engine: Engine, context: OrganizationContext
) -> None:
    """The button asks once; while the run waits it cannot be asked again."""
    work()
    page = _open(visit, segment_id)
    page.button(key="recalculate").click().run()
    assert not page.exception
    assert page.button(key="recalculate").disabled
    assert [run.status for run in engine.runs.find(context, segment_id)] == [RunStatus.QUEUED, RunStatus.SUCCESS]


def test_a_waiting_run_can_be_cancelled(
    visit: Visit, segment_id: UUID, engine: Engine, context: OrganizationContext
) -> None:
    """Whoever asked may think better of it."""
    page = _open(visit, segment_id)
    page.button(key="cancel_run").click().run()
    assert engine.runs.find(context, segment_id)[0].status is RunStatus.CANCELLED
    assert "is cancelled" in words(page)


def test_more_deactivates_and_activates(
    visit: Visit, segment_id: UUID, engine: Engine, context: OrganizationContext
) -> None:
    """The menu offers the one that changes something, and says what it did."""
    page = _open(visit, segment_id)
    for wanted, state in (("Deactivate", SegmentState.INACTIVE), ("Activate", SegmentState.ACTIVE)):
        page.menu_button(key="more").click(wanted).run()
        assert engine.segments.get(context, segment_id).state is state


def test_deleting_names_what_goes_and_what_stays(
    visit: Visit, segment_id: UUID, work: Work, engine: Engine, context: OrganizationContext
) -> None:
    """The dialog names the segment and its size, and that contacts stay; only then it is deleted (T77)."""
    work()
    page = _open(visit, segment_id)
    page.menu_button(key="more").click("Delete…").run()
    seen = words(page)
    assert "It holds 2 contacts" in seen
    assert "The contacts stay" in seen
    assert engine.segments.get(context, segment_id)
    page.button(key="confirm_delete").click().run()
    with pytest.raises(NotFound):
        engine.segments.get(context, segment_id)


def test_a_used_segment_is_not_deleted(
    visit: Visit, segment_id: UUID, databases: Databases, context: OrganizationContext
) -> None:
    """The dialog says which campaign holds on to it, and its button is off."""
    campaign_on(databases, context.organization_id, segment_id)
    page = _open(visit, segment_id)
    assert "Spring" in words(page)
    page.menu_button(key="more").click("Delete…").run()
    assert "It is used by 1 campaign or sequence: Spring" in words(page)
    assert page.button(key="confirm_delete").disabled


def test_changed_criteria_say_to_which_version_the_members_belong(
    visit: Visit, segment_id: UUID, work: Work, engine: Engine, context: OrganizationContext
) -> None:
    """Members and criteria are never shown as if they belonged together when they do not."""
    work()
    engine.segments.update(context, segment_id, expected_revision=1, draft=SegmentDraft("In Utrecht", "", EVERYONE))
    seen = words(_open(visit, segment_id))
    assert "the members belong to version 1" in seen
    assert "criteria above are version 2" in seen


def test_the_name_and_description_of_a_segment_stay_text(visit: Visit, create: Create) -> None:
    """A heading is Markdown, a name is not (D2)."""
    name = "# **b** <img src=x onerror=alert(1)> :fire: [l](http://example.org)"
    page = _open(visit, create(name, description="**not bold** <script>alert(1)</script>"))
    title = page.title[0].value
    assert title.replace("\\", "").replace("\u2060", "") == name
    assert "<img" not in title
    assert "**not bold** <script>alert(1)</script>" in [each.value for each in page.text]
