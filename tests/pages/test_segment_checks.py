"""Checks and causes on the page of a segment: set up, judged, withheld, let pass, for every role."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from sqlalchemy import text
from streamlit.testing.v1 import AppTest

from pages.check_words import AUTOMATIC, CAUSE_WORDS, KIND_WORDS, LEVEL_WORDS, VERDICT_LOOKS
from pages.segment_charts import CAUSE_COLORS
from segment_engine.databases import Databases
from segment_engine.domain.access import OrganizationContext, Role
from segment_engine.domain.assertions import AssertionDraft, AssertionKind, AssertionLevel
from segment_engine.domain.automatic_checks import automatic_codes
from segment_engine.domain.causes import ChangeCause
from segment_engine.domain.check_results import AssertionVerdict
from segment_engine.engine import Engine
from tests.pages.conftest import IN_UTRECHT, Create, Visit, words

pytestmark = pytest.mark.usefixtures("contacts")
Work = Callable[[], None]


@pytest.fixture
def segment_id(create: Create, work: Work) -> UUID:
    """A segment of two contacts, calculated."""
    made = create("In Utrecht", IN_UTRECHT, "Lives in Utrecht")
    work()
    return made


@pytest.fixture
def withheld(engine: Engine, context: OrganizationContext, segment_id: UUID, work: Work) -> UUID:
    """The same, its second result withheld by a check."""
    draft = AssertionDraft(AssertionKind.COUNT_BETWEEN, AssertionLevel.BLOCK, lowest=5, note="The **big** mailing")
    engine.assertions.add(context, segment_id, draft)
    engine.runs.request(context, segment_id)
    work()
    return segment_id


def _open(visit: Visit, segment_id: UUID, tab: str = "Checks") -> AppTest:
    page = visit("segment", id=str(segment_id), tab=tab)
    assert not page.exception
    assert not page.error
    return page


def stay(page: AppTest, opener: str = "checks.add") -> None:
    """Draw the dialog again with what was entered; a browser does so by itself, AppTest closes it."""
    page.button(key=opener).click().run()


def test_every_word_of_checks_is_there() -> None:
    """Kinds, levels, verdicts, causes and automatic checks are named, each by a word of its own."""
    assert list(KIND_WORDS) == list(AssertionKind)
    assert list(LEVEL_WORDS) == list(AssertionLevel)
    assert list(VERDICT_LOOKS) == list(AssertionVerdict)
    assert list(CAUSE_WORDS) == list(ChangeCause)
    assert list(AUTOMATIC) == list(automatic_codes())
    assert len(set(CAUSE_WORDS.values())) == len(ChangeCause)
    drawn = [word for cause, word in CAUSE_WORDS.items() if cause is not ChangeCause.FIRST]
    assert [*drawn, "Data or time"] == list(CAUSE_COLORS)


def test_a_check_is_set_up_changed_and_removed(
    visit: Visit, engine: Engine, context: OrganizationContext, segment_id: UUID
) -> None:
    """What it will demand is said while it is filled in; nothing incomplete can be saved."""
    page = _open(visit, segment_id)
    assert "None yet. A check says" in words(page)
    page.button(key="checks.add").click().run()
    assert page.button(key="checks.save").disabled
    new = f"{segment_id}.new"
    page.number_input(key=f"checks.lowest.{new}").set_value(2)
    stay(page)
    assert "At least 2 contacts. A result of which this does not hold is published with a warning" in words(page)
    page.segmented_control(key=f"checks.level.{new}").set_value(AssertionLevel.BLOCK)
    stay(page)
    assert "is not published, and the members of before stay" in words(page)
    page.button(key="checks.save").click().run()
    (made,) = engine.assertions.find(context, segment_id).set_up
    assert (made.assertion.lowest, made.assertion.level) == (2, AssertionLevel.BLOCK)
    page = _open(visit, segment_id)
    assert "Not asked yet" in words(page)
    page.button(key=f"checks.change.{made.assertion.assertion_id}").click().run()
    page.number_input(key=f"checks.highest.{segment_id}.{made.assertion.token}").set_value(9)
    stay(page, f"checks.change.{made.assertion.assertion_id}")
    page.button(key="checks.save").click().run()
    (changed,) = engine.assertions.find(context, segment_id).set_up
    assert (changed.assertion.highest, changed.assertion.revision) == (9, 2)
    page = _open(visit, segment_id)
    page.button(key=f"checks.remove.{made.assertion.assertion_id}").click().run()
    assert engine.assertions.find(context, segment_id).set_up == ()


def test_every_kind_can_be_asked_for(visit: Visit, create: Create, segment_id: UUID) -> None:
    """The dialog asks each kind for what belongs to it, and what is wrong is said in a sentence."""
    create("Other", IN_UTRECHT)
    page = _open(visit, segment_id)
    page.button(key="checks.add").click().run()
    for kind in AssertionKind:
        page.selectbox(key=f"checks.kind.{segment_id}.new").set_value(kind)
        stay(page)
        assert not page.exception
        assert not page.error
    page.selectbox(key=f"checks.kind.{segment_id}.new").set_value(AssertionKind.MUST_INCLUDE)
    stay(page)
    page.text_area(key=f"checks.contacts.{segment_id}.new").set_value("nobody")
    stay(page)
    page.button(key="checks.save").click().run()
    assert any("There is no contact with the key" in str(toast.value) for toast in page.toast)


def test_a_withheld_result_is_said_on_every_tab_and_may_be_let_pass(
    visit: Visit, engine: Engine, context: OrganizationContext, withheld: UUID, work: Work
) -> None:
    """The figures, whose members stay, and the one decision there is; afterwards nothing of it is left."""
    for tab in ("Overview", "Checks"):
        page = _open(visit, withheld, tab)
        assert "The 2 members published before stay." in words(page)
    assert "Withheld a result" in words(page)
    assert r"The \*\*big\*\* mailing" in "".join(each.value for each in page.caption)
    page.button(key="checks.anyway").click().run()
    work()
    page = _open(visit, withheld)
    assert not [each for each in page.button if each.key == "checks.anyway"]
    assert "Published anyway by" in words(page)
    assert engine.segments.get(context, withheld).member_count == 2


@pytest.mark.parametrize("role_name", list(Role))
def test_checks_for_every_role(visit: Visit, withheld: UUID, role: Callable[[Role], None], role_name: Role) -> None:
    """Who may not edit reads everything and changes nothing; the button says what permission is missing."""
    role(role_name)
    page = _open(visit, withheld)
    may = role_name in {Role.ANALYST, Role.OPS_LEAD, Role.ADMIN, Role.CAMPAIGN_MANAGER}
    disabled = page.button(key="checks.add").disabled
    assert page.button(key="checks.anyway").disabled is disabled
    assert disabled or may
    if disabled:
        assert "does not allow you to change segments" in page.button(key="checks.add").help


def test_why_the_number_changed_is_shown(
    visit: Visit, databases: Databases, engine: Engine, context: OrganizationContext, segment_id: UUID, work: Work
) -> None:
    """By result and cause, and for one contact in words; before anybody moved, a sentence says so."""
    assert "Nobody has joined or left since the first result" in words(_open(visit, segment_id, "Runs"))
    member = engine.segments.members(context, segment_id).members[0]
    engine.overrides.take_out(context, segment_id, member.external_key, reason="Asked")
    work()
    page = _open(visit, segment_id, "Runs")
    assert "Each contact counts for one cause" in words(page)
    page = _open(visit, segment_id, "Members")
    page.text_input(key="why.key").set_value(member.external_key).run()
    assert "because somebody decided it by hand" in words(page)
    with databases.app.transaction(context.organization_id) as transaction:
        moment = "UPDATE segments SET clock = 'at', changes_at = now() + interval '1 hour' WHERE segment_id = :s"
        transaction.run(text(moment), {"s": segment_id})
    assert "Members change by time alone next" in words(_open(visit, segment_id, "Runs"))
    with databases.migrator.transaction() as transaction:  # as results of an older version are
        transaction.run(text("DELETE FROM run_causes"))
    assert "published before causes were kept" in words(_open(visit, segment_id, "Runs"))
