"""New and edit: building criteria, seeing their size, saving, and what happens when two people edit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from streamlit.testing.v1 import AppTest

from pages.builder_subjects import Family
from segment_engine.domain.access import OrganizationContext, Role
from segment_engine.domain.run import RunReason
from segment_engine.domain.segment import SegmentDraft, SegmentQuery
from segment_engine.engine import Engine
from segment_engine.errors import LimitExceeded
from tests.pages.conftest import EVERYONE, IN_UTRECHT, Create, Visit, words

pytestmark = pytest.mark.usefixtures("contacts")
PATIENCE = 40


KINDS = ("selectbox", "multiselect", "text_input", "number_input", "text_area", "button", "menu_button", "toggle")


def _control(page: AppTest, label: str) -> str:
    """Find the key of a control by its accessible label."""
    return str(_element(page, label).key)


def _element(page: AppTest, label: str) -> Any:
    return next(each for kind in KINDS for each in page.get(kind) if str(each.proto.label) == label)


def _answer(page: AppTest, label: str, value: object) -> None:
    _element(page, label).set_value(value).run()
    assert not page.exception


def _shown(page: AppTest, label: str) -> object:
    return _element(page, label).value


def _act(page: AppTest, label: str, act: str) -> None:
    _element(page, label).click(act).run()
    assert not page.exception


def _add(page: AppTest, family: Family = Family.CONTACT) -> None:
    _act(page, "Add condition", family)


def _name(page: AppTest, name: str) -> None:
    _answer(page, "Name", name)


def _in_utrecht(page: AppTest, number: str = "1") -> None:
    _answer(page, f"Condition {number} subject", "attribute:contact.city")
    _answer(page, f"Condition {number} value", "Utrecht")


def _save(page: AppTest) -> None:
    page.button(key="editor.save_button").click().run()
    assert not page.exception


def _size(page: AppTest) -> str:
    """Read the live size; a count that takes longer than a moment is asked for again, as the page itself does."""
    for _ in range(PATIENCE):
        if not page.get("skeleton"):
            break
        page.run()
    return next(str(metric.value) for metric in page.metric if metric.label == "Live size")


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
    _name(page, "Utrecht, with orders")
    _in_utrecht(page)
    assert _size(page) == "2"
    _add(page)
    assert "Finish 1 condition to see the size" in words(page)
    _answer(page, "Condition 2 subject", "event:order_placed")
    _answer(page, "Condition 2 count", 2)
    assert _size(page) == "1"
    assert "at least 2 times" in words(page)
    assert engine.segments.summary(context).total == 0
    _save(page)
    saved = _only_segment(engine, context)
    assert saved.name == "Utrecht, with orders"
    assert [each["kind"] for each in saved.document["root"]["of"]] == ["attribute", "event"]  # pyright: ignore[reportIndexIssue, reportUnknownVariableType, reportArgumentType, reportCallIssue] -- JSON


def test_what_is_missing_is_named_only_after_a_save_was_tried(
    visit: Visit, engine: Engine, context: OrganizationContext
) -> None:
    """Nobody is scolded while still typing; a save that cannot be made says where to look (T88)."""
    page = visit("edit")
    assert not page.error
    _save(page)
    assert "Look at: 1" in words(page)
    assert "Something is missing here" in words(page)
    assert engine.segments.summary(context).total == 0


def test_a_mistake_is_said_at_once_beside_its_row_and_at_the_top(visit: Visit) -> None:
    """What is wrong will not become right by typing on: it is said in the words of the engine."""
    page = visit("edit")
    _answer(page, "Condition 1 subject", "aggregate:order_placed")
    _answer(page, "Condition 1 figure", "sum")
    _answer(page, "Condition 1 value", "12,50")
    seen = words(page)
    assert "is not a decimal number" in seen
    assert "Look at: 1" in seen
    assert "Correct 1 condition to see the size" in seen


def test_a_name_is_needed_and_must_be_free(
    visit: Visit, create: Create, engine: Engine, context: OrganizationContext
) -> None:
    """The engine decides; the form says it and keeps everything typed."""
    create("Taken")
    page = visit("edit")
    _in_utrecht(page)
    _save(page)
    assert "A segment needs a name" in words(page)
    _name(page, "taken")
    _save(page)
    assert page.error
    assert _shown(page, "Condition 1 value") == "Utrecht"
    assert engine.segments.summary(context).total == 1


def test_an_edit_of_the_name_alone_calculates_nothing_anew(
    visit: Visit, create: Create, work: Callable[[], None], engine: Engine, context: OrganizationContext
) -> None:
    """The document the form writes equals the stored one, so no new version is made."""
    segment_id = create("In Utrecht", IN_UTRECHT)
    work()
    page = visit("edit", id=str(segment_id))
    _name(page, "Lives in Utrecht")
    _save(page)
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
    _answer(page, "Condition 1 value", "Gent")
    _save(page)
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
    _name(page, "Mine")
    theirs = SegmentDraft("Theirs", "", EVERYONE)
    engine.segments.update(context, segment_id, expected_revision=1, draft=theirs)
    _save(page)
    assert "changed by another editor" in words(page)
    assert _shown(page, "Name") == "Mine"
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
    assert _shown(page, "Name") == "Theirs"
    assert "Everyone" in str(page.selectbox(key=_control(page, "Condition 1 subject")).options)
    assert engine.segments.get(context, segment_id).name == "Theirs"


def test_rows_are_moved_doubled_and_removed(visit: Visit) -> None:
    """Each row has its menu, and the numbers follow."""
    page = visit("edit")
    _in_utrecht(page)
    _act(page, "Condition 1 actions", "Duplicate")
    assert _shown(page, "Condition 2 value") == "Utrecht"
    _answer(page, "Condition 2 value", "Gent")
    _act(page, "Condition 2 actions", "Move up")
    assert _shown(page, "Condition 1 value") == "Gent"
    page.button(key=_control(page, "Remove condition 1")).click().run()
    assert _shown(page, "Condition 1 value") == "Utrecht"
    assert not [each for each in page.selectbox if each.label == "Condition 2 value"]


def test_groups_nest_and_an_empty_one_says_what_to_do(visit: Visit) -> None:
    """A group begins with one condition; without any it asks for one."""
    page = visit("edit")
    _in_utrecht(page)
    page.button(key=_control(page, "Add group")).click().run()
    page.button(key=_control(page, "Remove condition 2.1")).click().run()
    assert "This group is empty" in words(page)
    page.button(key=_control(page, "Remove group 2")).click().run()
    assert _size(page) == "2"


def test_events_are_filtered_by_their_properties(visit: Visit) -> None:
    """Only some of the events count; the filter stands below its condition."""
    page = visit("edit")
    _answer(page, "Condition 1 subject", "event:order_placed")
    assert _size(page) == "2"
    _act(page, "Condition 1 actions", "Count only some rows")
    _answer(page, "Condition 1 filter 1 value", "50.00")
    _answer(page, "Condition 1 filter 1 operator", "gte")
    assert _size(page) == "1"


def test_a_size_that_takes_too_long_does_not_stop_the_saving(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason is said in place of the number, and the rest of the form goes on."""
    page = visit("edit")

    def too_slow(*_: object, **__: object) -> None:
        raise LimitExceeded("The count takes longer than 3 seconds. Narrow the criteria.")

    monkeypatch.setattr("segment_engine.use_cases.analysis.Analysis.preview", too_slow)
    _in_utrecht(page)
    assert _size(page) == "–"
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
    _name(page, "Renamed")
    role(Role.VIEWER)
    _save(page)
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
    _name(page, "Something else")
    page.button(key="editor.cancel").click().run()
    assert "Something else" not in words(page)
    assert engine.segments.get(context, segment_id).revision == 1
