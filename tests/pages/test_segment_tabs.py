"""The tabs of a segment: what each answers, for every role and in every state."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from streamlit.testing.v1 import AppTest

from pages import segment
from segment_engine.databases import Databases
from segment_engine.domain.access import OrganizationContext, Role
from segment_engine.domain.run import RunStatus
from segment_engine.domain.segment import SegmentDraft, SegmentState
from segment_engine.engine import Engine
from tests.integration.importing import Importer
from tests.integration.test_segments import campaign_on
from tests.pages.conftest import CONTACTS, EVERYONE, IN_UTRECHT, Create, Visit, columns, words

pytestmark = pytest.mark.usefixtures("contacts")
Work = Callable[[], None]
TABS = tuple(segment.TABS)


@pytest.fixture
def segment_id(create: Create, work: Work) -> UUID:
    """A segment of two contacts, calculated."""
    made = create("In Utrecht", IN_UTRECHT, "Lives in Utrecht")
    work()
    return made


def _open(visit: Visit, segment_id: UUID, tab: str = "Overview") -> AppTest:
    page = visit("segment", id=str(segment_id), tab=tab)
    assert not page.exception
    return page


def _edit(engine: Engine, context: OrganizationContext, segment_id: UUID, criteria: dict[str, object]) -> None:
    held = engine.segments.get(context, segment_id)
    draft = SegmentDraft(held.name, held.description, criteria, accepted_warnings=frozenset({"L-DUPLICATE"}))
    engine.segments.update(context, segment_id, expected_revision=held.revision, draft=draft)


def _sql(databases: Databases, context: OrganizationContext, statement: str, **values: object) -> None:
    with databases.app.transaction(context.organization_id) as transaction:
        transaction.run(text(statement), {"o": context.organization_id, **values})


@pytest.mark.parametrize("role_name", list(Role))
def test_every_tab_opens_for_every_role(
    visit: Visit, segment_id: UUID, role: Callable[[Role], None], role_name: Role
) -> None:
    """Whatever a person may not do is refused in a sentence; nothing breaks."""
    role(role_name)
    for tab in TABS:
        page = _open(visit, segment_id, tab)
        assert not page.error, tab
        assert page.title[0].value == "In Utrecht"


def test_every_tab_opens_before_the_first_result_and_without_members(visit: Visit, create: Create, work: Work) -> None:
    """Waiting, and empty: each is a calm page of its own."""
    nobody = {"kind": "attribute", "field": "contact.city", "op": "equals", "value": "Nowhere"}
    root = {"group": "all", "of": [nobody]}
    made = create("Empty", {"format": "segment-criteria", "version": 1, "base": "contacts", "root": root})
    for tab in TABS:
        assert not _open(visit, made, tab).error, tab
    work()
    for tab in TABS:
        page = _open(visit, made, tab)
        assert not page.error, tab
        assert "Do not use" in words(page), tab


def test_only_the_open_tab_is_computed(visit: Visit, segment_id: UUID) -> None:
    """What is not seen costs nothing: no other tab's blocks are drawn."""
    seen = words(_open(visit, segment_id, "Versions"))
    assert "Versions of the criteria" in seen
    for other in ("Members over time", "Whom each channel reaches", "Members by hand", "Status over time", "Facts"):
        assert other not in seen


def test_an_unknown_tab_is_the_first_one(visit: Visit, segment_id: UUID) -> None:
    """Whatever stands in the address, a page is shown."""
    assert "Members over time" in words(_open(visit, segment_id, "Nonsense"))


# The judgement -----------------------------------------------------------------------------------------------------


def test_every_axis_is_shown_also_when_it_is_good(visit: Visit, segment_id: UUID) -> None:
    """State, run, freshness and checks stand apart, each with a word and a sentence; together they are the verdict."""
    seen = words(_open(visit, segment_id))
    assert "Ready" in seen
    assert "Nothing speaks against using it" in seen
    for axis, word, sentence in (
        ("State", "Active", "Campaigns and sequences can choose it."),
        ("Run", "Success", "The last calculation succeeded just now."),
        ("Freshness", "Fresh", "nothing that it reads has changed since"),
        ("Checks", "Passed", "Nothing odd was found in the result"),
    ):
        assert axis in seen, axis
        assert word in seen, axis
        assert sentence in seen, axis


def test_what_speaks_against_it_is_said_on_its_axis(
    visit: Visit, segment_id: UUID, engine: Engine, context: OrganizationContext
) -> None:
    """Edited criteria are a reason on one axis; the other axes keep their good words (T61)."""
    _edit(engine, context, segment_id, EVERYONE)
    seen = words(_open(visit, segment_id))
    assert "Do not use" in seen
    assert "Criteria changed" in seen
    assert "The criteria are version 2, the members those of version 1" in seen
    assert "Campaigns and sequences can choose it." in seen
    assert "Nothing odd was found in the result" in seen


def test_of_an_inactive_segment_no_freshness_is_claimed(
    visit: Visit, segment_id: UUID, engine: Engine, context: OrganizationContext
) -> None:
    """Nobody watches whether it is fresh, so the page does not say that it is."""
    engine.segments.deactivate(context, [segment_id])
    seen = words(_open(visit, segment_id))
    assert "It is inactive, so campaigns and sequences cannot choose it" in seen
    assert "Not watched" in seen
    assert "nothing that it reads has changed" not in seen


def test_the_figures_of_the_page_are_those_of_the_list(
    visit: Visit, segment_id: UUID, engine: Engine, context: OrganizationContext
) -> None:
    """Count and time come from one row everywhere, and change together (T62, T79, T80)."""
    held = engine.segments.get(context, segment_id)
    (run,) = engine.runs.find(context, segment_id)
    assert (held.member_count, held.last_calculated_at) == (run.member_count, run.finished_at)
    assert f"Members {held.member_count}" in words(_open(visit, segment_id))
    shown = columns(_open(visit, segment_id, "Members"))
    assert len(shown["Key"]) == held.member_count
    assert f" {held.member_count} " in f" {words(visit('segments'))} ".replace("\n", " ")


# Reach -------------------------------------------------------------------------------------------------------------


def test_reach_says_of_when_and_over_whom(visit: Visit, segment_id: UUID) -> None:
    """Two members, both with an address, neither with a consent."""
    page = _open(visit, segment_id)
    seen = words(page)
    assert "0 of 2 members can be reached by E-mail: 0.0%" in seen.replace("**", "")
    assert "over the members of the run at" in seen
    shown = columns(page)
    assert shown["Gate"] == [
        "Members", "With an address", "Address valid", "Not suppressed", "Consent granted: reached",
    ]  # fmt: skip
    assert shown["E-mail"] == [2, 2, 2, 2, 0]


# Members -----------------------------------------------------------------------------------------------------------


def test_members_are_searched_and_seen_as_of_a_past_run(
    visit: Visit, segment_id: UUID, work: Work, engine: Engine, context: OrganizationContext
) -> None:
    """A part of a name finds a member; a past run shows whom it held; who came back joined twice (T83, T92)."""
    (first,) = engine.runs.find(context, segment_id)
    engine.overrides.take_out(context, segment_id, "0001", reason="asked")
    work()
    page = _open(visit, segment_id, "Members")
    assert columns(page)["Key"] == ["0003"]
    page.selectbox(key="members.moment").set_value(str(first.run_id)).run()
    assert columns(page)["Key"] == ["0001", "0003"]
    page.text_input(key="members.search").set_value("ADA").run()
    assert columns(page)["Key"] == ["0001"]
    page.text_input(key="members.search").set_value("nobody").run()
    assert "No member has “nobody”" in words(page)
    (override,) = engine.overrides.find(context, segment_id)
    engine.overrides.end(context, segment_id, override.override_id)
    work()
    shown = columns(_open(visit, segment_id, "Members"))
    assert (shown["Key"], shown["Joined"]) == (["0001", "0003"], [2, 1])


def test_a_member_by_hand_is_marked(
    visit: Visit, segment_id: UUID, work: Work, engine: Engine, context: OrganizationContext
) -> None:
    """Who is in by a decision is told from whom the criteria found (T84, T85)."""
    engine.overrides.put_in(context, segment_id, "0002", reason="A friend")
    work()
    assert columns(_open(visit, segment_id, "Members"))["By hand"] == ["", "Put in", ""]


@pytest.mark.parametrize(("role_name", "offered"), [(Role.ADMIN, True), (Role.ANALYST, False), (Role.VIEWER, False)])
def test_export_is_for_those_who_may(
    visit: Visit, segment_id: UUID, role: Callable[[Role], None], role_name: Role, *, offered: bool
) -> None:
    """The button is there with the reason, or with the files; opening the page makes no file."""
    role(role_name)
    page = _open(visit, segment_id, "Members")
    assert ("does not allow you to export" in words(page)) is (not offered and role_name is not Role.VIEWER)
    assert len(page.get("download_button")) == (0 if role_name is Role.VIEWER else 2)


# Runs --------------------------------------------------------------------------------------------------------------


def test_runs_and_status_changes_stand_in_tables(visit: Visit, segment_id: UUID) -> None:
    """A strip and a line to see at a glance; the same in tables."""
    page = _open(visit, segment_id, "Runs")
    shown = columns(page)
    assert shown["members"] == [2]
    assert shown["To"] == ["Success", "Processing", "Queued"]
    assert len(page.get("vega_lite_chart")) == 2


def test_a_cancelled_run_leaves_the_result_and_is_said(
    visit: Visit, segment_id: UUID, engine: Engine, context: OrganizationContext
) -> None:
    """The members of the last success stay, and the strip knows the cancelled run."""
    run = engine.runs.request(context, segment_id)
    engine.runs.cancel(context, run.run_id)
    assert engine.runs.find(context, segment_id)[0].status is RunStatus.CANCELLED
    page = _open(visit, segment_id, "Runs")
    assert "Last 2 runs" in words(page)
    assert columns(page)["result"] == [["Cancelled"], ["Success"]]
    assert "Members 2" in words(_open(visit, segment_id))


# Usage -------------------------------------------------------------------------------------------------------------


def test_usage_names_both_directions(
    visit: Visit, segment_id: UUID, create: Create, work: Work, databases: Databases, context: OrganizationContext
) -> None:
    """What it reads, who reads it, and which campaign uses it, as a picture and as a list."""
    reads = {"kind": "segment", "op": "in_any", "segments": [str(segment_id)]}
    root = {"group": "all", "of": [reads]}
    create("Reader", {"format": "segment-criteria", "version": 1, "base": "contacts", "root": root})
    work()
    campaign_on(databases, context.organization_id, segment_id)
    page = _open(visit, segment_id, "Usage")
    seen = words(page)
    assert "Reader" in seen
    assert "Segment · active · 2 contacts" in seen
    assert "Spring" in seen
    assert "Campaign · draft · email · included" in seen
    assert "None yet: an audience is frozen" in seen
    assert "No campaign that included this segment has reported anything yet" in seen
    shown = columns(page)
    assert (shown["Segment"], shown["Shared"], shown["Note"]) == (["Reader"], [2], ["The same members"])


def test_engagement_names_its_denominators_and_small_numbers(
    visit: Visit, segment_id: UUID, databases: Databases, context: OrganizationContext, engine: Engine
) -> None:
    """A rate comes with what it is a share of, and few deliveries are said."""
    campaign_on(databases, context.organization_id, segment_id)
    (run,) = engine.runs.find(context, segment_id)
    _sql(
        databases, context,
        "INSERT INTO campaign_audiences SELECT :o, campaign_id, now(), :segment, :run, 'included', 2 FROM campaigns",
        segment=segment_id, run=run.run_id,
    )  # fmt: skip
    _sql(
        databases, context,
        "INSERT INTO campaign_daily_metrics (organization_id, campaign_id, day, sent, delivered, opened) "
        "SELECT :o, campaign_id, '2026-02-02', 10, 8, 2 FROM campaigns",
    )  # fmt: skip
    page = _open(visit, segment_id, "Usage")
    seen = words(page)
    assert "1 campaign that included it, 8 deliveries" in seen
    assert "Opened 25.0%" in seen
    assert "Delivered 80.0%" in seen
    opened = next(each for each in page.metric if each.label == "Opened")
    assert "2 of 8 delivered" in opened.help
    assert columns(page)["Contacts"] == [2]
    assert columns(page)["Note"][0] in {"few deliveries", ""}


# Versions ----------------------------------------------------------------------------------------------------------


def test_versions_are_compared_in_words_and_restored(
    visit: Visit, segment_id: UUID, work: Work, engine: Engine, context: OrganizationContext
) -> None:
    """Lines that went and came; the dialog says whom it moves; restoring makes a new version."""
    _edit(engine, context, segment_id, EVERYONE)
    work()
    page = _open(visit, segment_id, "Versions")
    seen = words(page)
    assert "is “Utrecht” (removed)" in seen
    assert "(added)" in seen
    assert columns(page)["Note"] == ["Current, Published", ""]
    page.button(key="versions.restore").click().run()
    assert not page.exception
    assert "The criteria of version 1 become version 3" in words(page)
    assert "Leave 2" in words(page)
    page.button(key="versions.confirm").click().run()
    assert engine.segments.get(context, segment_id).version == 3
    assert "Version 1 is restored as version 3" in words(page)


def test_a_version_that_cannot_be_read_is_not_restored(
    visit: Visit, segment_id: UUID, engine: Engine, context: OrganizationContext, databases: Databases
) -> None:
    """The button says why."""
    _edit(engine, context, segment_id, EVERYONE)
    _sql(databases, context, "DELETE FROM fields WHERE organization_id = :o AND key = 'contact.city'")
    page = _open(visit, segment_id, "Versions")
    button = page.button(key="versions.restore")
    assert button.disabled
    assert "cannot be read any more" in button.help
    assert columns(page)["Note"] == ["Current", "Published, Cannot be read"]


def test_a_viewer_compares_and_does_not_restore(
    visit: Visit, segment_id: UUID, engine: Engine, context: OrganizationContext, role: Callable[[Role], None]
) -> None:
    """Reading is for everybody, changing is not."""
    _edit(engine, context, segment_id, EVERYONE)
    role(Role.VIEWER)
    page = _open(visit, segment_id, "Versions")
    assert "(removed)" in words(page)
    assert page.button(key="versions.restore").disabled


# About -------------------------------------------------------------------------------------------------------------


def test_tags_owner_notes_and_review_are_saved_without_a_new_version(
    visit: Visit, segment_id: UUID, engine: Engine, context: OrganizationContext
) -> None:
    """What says more about a segment touches neither criteria nor members."""
    page = _open(visit, segment_id, "About")
    held = engine.segments.get(context, segment_id)
    (owner,) = engine.segments.owners(context)
    page.session_state[f"about.tags.{held.revision}"] = ["retention"]
    page.selectbox(key=f"about.owner.{held.revision}").set_value(owner)
    page.text_area(key=f"about.notes.{held.revision}").set_value("Ask first.")
    page.date_input(key=f"about.review.{held.revision}").set_value(datetime.now(UTC).date() - timedelta(days=2))
    page.button(key="about.save").click().run()
    assert not page.exception
    saved = engine.segments.get(context, segment_id)
    assert (saved.tags, saved.owner, saved.notes, saved.version) == (("retention",), owner, "Ask first.", 1)
    assert "It was to be looked at on" in words(page)
    assert "Owner: Local operator" in words(page)


def test_two_people_at_once_do_not_overwrite_each_other(
    visit: Visit, segment_id: UUID, engine: Engine, context: OrganizationContext
) -> None:
    """Who saves second is told so; the first note stays."""
    page = _open(visit, segment_id, "About")
    held = engine.segments.get(context, segment_id)
    engine.segments.describe(
        context, segment_id, expected_revision=held.revision, tags=(), owner_id=None, notes="First", review_on=None
    )
    page.text_area(key=f"about.notes.{held.revision}").set_value("Second")
    page.button(key="about.save").click().run()
    assert "was changed by another editor" in words(page)
    assert engine.segments.get(context, segment_id).notes == "First"


# Acts --------------------------------------------------------------------------------------------------------------


def test_a_copy_is_opened_in_the_editor_and_not_stored(
    visit: Visit, segment_id: UUID, engine: Engine, context: OrganizationContext
) -> None:
    """A copy is made to be changed: nothing exists before somebody saves it."""
    page = _open(visit, segment_id)
    page.menu_button(key="more").click("Duplicate").run()
    assert not page.exception
    draft = page.session_state["editor.draft"]
    assert (draft.segment_id, draft.name) == (None, "Copy of In Utrecht")
    assert engine.segments.summary(context).total == 1


def test_archiving_asks_first_and_can_be_taken_back(
    visit: Visit, segment_id: UUID, engine: Engine, context: OrganizationContext
) -> None:
    """The dialog names what it holds and what stays; the archive gives back the state there was."""
    page = _open(visit, segment_id)
    page.menu_button(key="more").click("Archive…").run()
    assert "It holds 2 contacts" in words(page)
    assert engine.segments.get(context, segment_id).state is SegmentState.ACTIVE
    page.button(key="confirm_archive").click().run()
    assert engine.segments.get(context, segment_id).state is SegmentState.ARCHIVED
    page = _open(visit, segment_id)
    assert "It is archived" in words(page)
    page.menu_button(key="more").click("Restore from the archive").run()
    assert engine.segments.get(context, segment_id).state is SegmentState.ACTIVE


def test_what_is_needed_is_not_archived_and_the_dialog_says_by_whom(
    visit: Visit, segment_id: UUID, databases: Databases, context: OrganizationContext
) -> None:
    """The engine rehearses the act, and its refusal is the sentence."""
    campaign_on(databases, context.organization_id, segment_id)
    page = _open(visit, segment_id)
    page.menu_button(key="more").click("Archive…").run()
    assert "Spring" in words(page)
    assert page.button(key="confirm_archive").disabled


# Sources -----------------------------------------------------------------------------------------------------------


def test_sources_say_what_changed_since_the_last_run(visit: Visit, segment_id: UUID, contacts: Importer) -> None:
    """Nothing since; then an import that changes nothing the criteria read; then one in which every city is gone."""
    assert "Nothing was imported since the last run read it" in words(_open(visit, segment_id, "Criteria"))
    contacts.contacts(CONTACTS, types={"tier": "ordered:bronze|silver|gold"})
    assert "what the segment reads looks as it did" in words(_open(visit, segment_id, "Criteria"))
    contacts.contacts("id,city\n" + "".join(f"9{number:04},\n" for number in range(400)))
    seen = words(_open(visit, segment_id, "Criteria"))
    assert "looks as it did" not in seen
    assert "of the rows have no value" in seen
