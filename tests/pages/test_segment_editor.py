"""New and edit: building criteria, seeing their size, saving, and what happens when two people edit."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from streamlit.testing.v1 import AppTest

from segment_engine.domain.access import OrganizationContext, Role
from segment_engine.domain.run import RunReason
from segment_engine.domain.segment import SegmentDraft, SegmentQuery
from segment_engine.engine import Engine
from segment_engine.errors import LimitExceeded
from tests.pages.conftest import EVERYONE, IN_UTRECHT, Create, Visit, words
from tests.pages.controls import act, add_condition, answer, control, in_utrecht, live_size, name_it, save, shown

pytestmark = pytest.mark.usefixtures("contacts")


def _only_segment(engine: Engine, context: OrganizationContext) -> SegmentDraft:
    (card,) = engine.segments.find(context, SegmentQuery()).items
    segment = engine.segments.get(context, card.segment_id)
    return SegmentDraft(segment.name, segment.description, segment.document)


def test_two_conditions_are_built_counted_said_and_saved(
    visit: Visit, engine: Engine, context: OrganizationContext
) -> None:
    """From an empty form to a saved segment whose calculation waits."""
    page = visit("edit")
    assert "Finish 1 condition to see the size" in words(page)
    name_it(page, "Utrecht, with orders")
    in_utrecht(page)
    assert live_size(page) == "2"
    add_condition(page)
    assert "Finish 1 condition to see the size" in words(page)
    answer(page, "Condition 2 subject", "event:order_placed")
    answer(page, "Condition 2 count", 2)
    assert live_size(page) == "1"
    assert "at least 2 times" in words(page)
    assert engine.segments.summary(context).total == 0
    save(page)
    saved = _only_segment(engine, context)
    assert saved.name == "Utrecht, with orders"
    assert [each["kind"] for each in saved.document["root"]["of"]] == ["attribute", "event"]  # pyright: ignore[reportIndexIssue, reportUnknownVariableType, reportArgumentType, reportCallIssue] -- JSON


def test_what_is_missing_is_named_only_after_a_save_was_tried(
    visit: Visit, engine: Engine, context: OrganizationContext
) -> None:
    """Nobody is scolded while still typing; a save that cannot be made says where to look (T88)."""
    page = visit("edit")
    assert not page.error
    save(page)
    assert "Look at: 1" in words(page)
    assert "Something is missing here" in words(page)
    assert engine.segments.summary(context).total == 0


def test_a_mistake_is_said_at_once_beside_its_row_and_at_the_top(visit: Visit) -> None:
    """What is wrong will not become right by typing on: it is said in the words of the engine."""
    page = visit("edit")
    answer(page, "Condition 1 subject", "aggregate:order_placed")
    answer(page, "Condition 1 figure", "sum")
    answer(page, "Condition 1 value", "12,50")
    seen = words(page)
    assert "is not a decimal number" in seen
    assert "Look at: 1" in seen
    assert "Correct 1 condition to see the size" in seen


def test_what_the_data_tell_is_said_and_stops_nobody(
    visit: Visit, engine: Engine, context: OrganizationContext
) -> None:
    """Criteria that nobody meets are noticed once they were counted; saving them is still the author's decision."""
    page = visit("edit")
    name_it(page, "Nobody yet")
    answer(page, "Condition 1 subject", "attribute:contact.city")
    answer(page, "Condition 1 operator", "starts_with")
    answer(page, "Condition 1 value", "Arnhem")
    for _ in range(40):
        page.run()
        if "Nobody" in words(page).replace("Nobody yet", ""):
            break
    assert "Nobody" in words(page).replace("Nobody yet", "")
    save(page)
    assert engine.segments.summary(context).total == 1


def test_a_name_is_needed_and_must_be_free(
    visit: Visit, create: Create, engine: Engine, context: OrganizationContext
) -> None:
    """The engine decides; the form says it and keeps everything typed."""
    create("Taken")
    page = visit("edit")
    in_utrecht(page)
    save(page)
    assert "A segment needs a name" in words(page)
    name_it(page, "taken")
    save(page)
    assert page.error
    assert shown(page, "Condition 1 value") == "Utrecht"
    assert engine.segments.summary(context).total == 1


def test_an_edit_of_the_name_alone_calculates_nothing_anew(
    visit: Visit, create: Create, work: Callable[[], None], engine: Engine, context: OrganizationContext
) -> None:
    """The document the form writes equals the stored one, so no new version is made."""
    segment_id = create("In Utrecht", IN_UTRECHT)
    work()
    page = visit("edit", id=str(segment_id))
    name_it(page, "Lives in Utrecht")
    save(page)
    segment = engine.segments.get(context, segment_id)
    assert (segment.name, segment.version, segment.revision) == ("Lives in Utrecht", 1, 2)
    assert len(engine.runs.find(context, segment_id)) == 1


def test_an_edit_of_the_criteria_shows_what_it_does_then_makes_a_version_and_a_run(
    visit: Visit, create: Create, work: Callable[[], None], engine: Engine, context: OrganizationContext
) -> None:
    """Who joins, leaves and stays is said before anything is saved; what was asked before stays a version."""
    segment_id = create("In a town", IN_UTRECHT)
    work()
    page = visit("edit", id=str(segment_id))
    answer(page, "Condition 1 value", "Gent")
    save(page)
    figures = {metric.label: metric.value for metric in page.metric}
    assert {each: figures[each] for each in ("Join", "Leave", "Stay")} == {"Join": "1", "Leave": "2", "Stay": "0"}
    assert "No campaign, sequence or other segment uses it" in words(page)
    assert engine.segments.get(context, segment_id).version == 1
    page.button(key="editor.diff.save").click().run()
    assert not page.exception
    assert engine.segments.get(context, segment_id).version == 2
    assert engine.runs.find(context, segment_id)[0].reason is RunReason.EDITED


def _edited_by_two(visit: Visit, create: Create, engine: Engine, context: OrganizationContext) -> tuple[AppTest, UUID]:
    segment_id = create("First", IN_UTRECHT)
    page = visit("edit", id=str(segment_id))
    name_it(page, "Mine")
    theirs = SegmentDraft("Theirs", "", EVERYONE)
    engine.segments.update(context, segment_id, expected_revision=1, draft=theirs)
    save(page)
    assert "changed by another editor" in words(page)
    assert shown(page, "Name") == "Mine"
    assert engine.segments.get(context, segment_id).name == "Theirs"
    return page, segment_id


def test_the_second_of_two_editors_may_keep_their_own(
    visit: Visit, create: Create, engine: Engine, context: OrganizationContext
) -> None:
    """Nothing is overwritten in silence, and nothing typed is lost: the person decides (E24)."""
    page, segment_id = _edited_by_two(visit, create, engine, context)
    page.button(key="editor.mine").click().run()
    assert engine.segments.get(context, segment_id).name == "Mine"


def test_the_second_of_two_editors_may_take_the_others(
    visit: Visit, create: Create, engine: Engine, context: OrganizationContext
) -> None:
    """The form then shows the other version, in every control."""
    page, segment_id = _edited_by_two(visit, create, engine, context)
    page.button(key="editor.theirs").click().run()
    assert shown(page, "Name") == "Theirs"
    assert "Everyone" in str(page.selectbox(key=control(page, "Condition 1 subject")).options)
    assert engine.segments.get(context, segment_id).name == "Theirs"


def test_rows_are_moved_doubled_and_removed(visit: Visit) -> None:
    """Each row has its menu, and the numbers follow."""
    page = visit("edit")
    in_utrecht(page)
    act(page, "Condition 1 actions", "Duplicate")
    assert shown(page, "Condition 2 value") == "Utrecht"
    answer(page, "Condition 2 value", "Gent")
    act(page, "Condition 2 actions", "Move up")
    assert shown(page, "Condition 1 value") == "Gent"
    page.button(key=control(page, "Remove condition 1")).click().run()
    assert shown(page, "Condition 1 value") == "Utrecht"
    assert not [each for each in page.selectbox if each.label == "Condition 2 value"]


def test_groups_nest_and_an_empty_one_says_what_to_do(visit: Visit) -> None:
    """A group begins with one condition; without any it asks for one."""
    page = visit("edit")
    in_utrecht(page)
    page.button(key=control(page, "Add group")).click().run()
    page.button(key=control(page, "Remove condition 2.1")).click().run()
    assert "This group is empty" in words(page)
    page.button(key=control(page, "Remove group 2")).click().run()
    assert live_size(page) == "2"


def test_events_are_filtered_by_their_properties(visit: Visit) -> None:
    """Only some of the events count; the filter stands below its condition."""
    page = visit("edit")
    answer(page, "Condition 1 subject", "event:order_placed")
    assert live_size(page) == "2"
    act(page, "Condition 1 actions", "Count only some rows")
    answer(page, "Condition 1 filter 1 value", "50.00")
    answer(page, "Condition 1 filter 1 operator", "gte")
    assert live_size(page) == "1"


def test_a_size_that_takes_too_long_does_not_stop_the_saving(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason is said in place of the number, and the rest of the form goes on."""
    page = visit("edit")

    def too_slow(*_: object, **__: object) -> None:
        raise LimitExceeded("The count takes longer than 3 seconds. Narrow the criteria.")

    monkeypatch.setattr("segment_engine.use_cases.analysis.Analysis.preview", too_slow)
    in_utrecht(page)
    assert live_size(page) == "–"
    assert "You can save all the same" in words(page)


@pytest.mark.parametrize("role_of_person", [Role.VIEWER])
def test_who_may_not_edit_sees_the_reason_and_no_form(
    visit: Visit, create: Create, role: Callable[[Role], None], role_of_person: Role
) -> None:
    """The address alone opens nothing (B4)."""
    segment_id = create("In Utrecht", IN_UTRECHT)
    role(role_of_person)
    for page in (visit("edit"), visit("edit", id=str(segment_id))):
        assert "does not allow you" in words(page)
        assert not page.text_input


def test_a_permission_that_ends_while_editing_ends_the_saving(
    visit: Visit, create: Create, role: Callable[[Role], None], engine: Engine, context: OrganizationContext
) -> None:
    """The fragment asks anew on every run: a seat that was changed meanwhile is respected (C3)."""
    segment_id = create("In Utrecht", IN_UTRECHT)
    page = visit("edit", id=str(segment_id))
    name_it(page, "Renamed")
    role(Role.VIEWER)
    save(page)
    assert "does not allow you" in words(page)
    assert engine.segments.get(context, segment_id).name == "In Utrecht"


def test_an_unknown_segment_cannot_be_edited(visit: Visit) -> None:
    """The same calm page as everywhere."""
    assert "No such segment" in words(visit("edit", id=str(uuid4())))
    assert "No such segment" in words(visit("edit", id="x"))


def test_leaving_changes_nothing(visit: Visit, create: Create, engine: Engine, context: OrganizationContext) -> None:
    """Cancel goes back, and the segment is as it was."""
    segment_id = create("In Utrecht", IN_UTRECHT)
    page = visit("edit", id=str(segment_id))
    name_it(page, "Something else")
    page.button(key="editor.cancel").click().run()
    assert "Something else" not in words(page)
    assert engine.segments.get(context, segment_id).revision == 1
