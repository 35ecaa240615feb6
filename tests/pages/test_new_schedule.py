"""The schedule of a new segment: chosen where it is made, saved in the same act, and left alone by every edit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import time

import pytest
from streamlit.testing.v1 import AppTest

from auth import guard
from pages import schedule_form, segment_editor
from pages.editor_draft import RECOMMENDED
from segment_engine.domain.access import OrganizationContext, Permission, Role
from segment_engine.domain.schedules import ScheduleStanding, daily, every, weekly
from segment_engine.domain.segment import SegmentQuery, SegmentState
from segment_engine.engine import Engine
from tests.integration.scheduled_world import schedule
from tests.pages.conftest import Create, Visit, words
from tests.pages.controls import add_condition, answer, in_utrecht, name_it, save

pytestmark = pytest.mark.usefixtures("contacts")
KIND = "schedule.kind.new.0"


def choose(page: AppTest, kind: str) -> None:
    """Choose a kind of schedule."""
    page.segmented_control(key=KIND).set_value(kind).run()
    assert not page.exception


def ready(visit: Visit, name: str = "Made") -> AppTest:
    """Fill in a form that could be saved; nobody has the same criteria."""
    page = visit("edit")
    name_it(page, name)
    answer(page, "Condition 1 subject", "attribute:contact.city")
    answer(page, "Condition 1 operator", "starts_with")
    answer(page, "Condition 1 value", name)
    return page


def saved(engine: Engine, context: OrganizationContext, name: str = "Made") -> object:
    """Read the schedule of the segment of that name."""
    (card,) = engine.segments.find(context, SegmentQuery(search=name)).items
    return engine.schedules.get(context, card.segment_id).schedule


def test_a_new_segment_follows_its_data_unless_somebody_chooses_otherwise(
    visit: Visit, engine: Engine, context: OrganizationContext
) -> None:
    """What is recommended is chosen already, and every choice says what it means before it is saved."""
    page = ready(visit)
    assert page.segmented_control(key=KIND).value == "New data"
    assert "A minute after the last file of a delivery" in words(page)
    save(page)
    assert saved(engine, context) == RECOMMENDED
    page = ready(visit, "By hand")
    choose(page, "By hand")
    assert "It is calculated when it is created, edited, or somebody asks for it." in words(page)
    save(page)
    assert saved(engine, context, "By hand") is None


def test_every_kind_of_schedule_can_be_chosen_for_a_new_segment(
    visit: Visit, engine: Engine, context: OrganizationContext
) -> None:
    """An interval, a time of the day and a time of the week, in the zone of the organization or in another one."""
    page = ready(visit, "Often")
    choose(page, "Interval")
    page.segmented_control(key="schedule.unit.new.0").set_value("minutes").run()
    page.number_input(key="schedule.every.minutes.new.0").set_value(45).run()
    assert "Every 45 minutes, from when it is saved." in words(page)
    save(page)
    assert saved(engine, context, "Often") == every(45)
    page = ready(visit, "Days")
    choose(page, "Daily")
    page.time_input(key="schedule.at.new.0").set_value(time(7, 30)).run()
    assert "Every day at 07:30 (Europe/Amsterdam). The next one: " in words(page)
    save(page)
    assert saved(engine, context, "Days") == daily(time(7, 30), "Europe/Amsterdam")
    page = ready(visit, "Weeks")
    choose(page, "Weekly")
    page.selectbox(key="schedule.weekday.new.0").set_value("Friday").run()
    page.selectbox(key="schedule.zone.new.0").set_value("Asia/Tokyo").run()
    assert "Every Friday at 06:00 (Asia/Tokyo)" in words(page)
    save(page)
    assert saved(engine, context, "Weeks") == weekly(5, time(6), "Asia/Tokyo")


def test_a_save_that_is_refused_keeps_the_choice_and_stores_nothing(
    visit: Visit, create: Create, engine: Engine, context: OrganizationContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that is taken, criteria that are not finished, an interval that is too short: the form stays as it is."""
    monkeypatch.setattr(schedule_form, "FEWEST_MINUTES", 1)  # as another release's control could offer
    create("Taken")
    page = visit("edit")
    choose(page, "Interval")
    save(page)
    in_utrecht(page)
    name_it(page, "taken")
    save(page)
    assert page.error
    assert page.segmented_control(key=KIND).value == "Interval"
    name_it(page, "Free")
    page.segmented_control(key="schedule.unit.new.0").set_value("minutes").run()
    page.number_input(key="schedule.every.minutes.new.0").set_value(1).run()
    save(page)
    assert "every 5 minutes at the most" in words(page)
    assert engine.segments.summary(context).total == 1
    assert engine.schedules.report(context).scheduled == ()
    page.number_input(key="schedule.every.minutes.new.0").set_value(10).run()
    save(page)
    assert saved(engine, context, "Free") == every(10)


def test_criteria_that_look_at_the_time_get_a_hint(visit: Visit) -> None:
    """Data announce themselves, time does not: who follows data alone is told, and who chose a time is not."""
    page = visit("edit")
    assert "look at the time" not in words(page)
    in_utrecht(page)
    assert "look at the time" not in words(page)
    answer(page, "Condition 1 subject", "event:order_placed")
    answer(page, "Condition 1 period", "in_last")
    answer(page, "Condition 1 number", 30)
    assert "These criteria also look at the time" in words(page)
    choose(page, "Daily")
    assert "look at the time" not in words(page)


def test_an_edit_asks_for_no_schedule_and_leaves_the_one_there_is(
    visit: Visit, create: Create, work: Callable[[], None], engine: Engine, context: OrganizationContext
) -> None:
    """Saved or refused, for a circle too: the schedule stays as it stands on the page of the segment."""
    segment_id = create("Scheduled")
    work()
    schedule(engine, context, segment_id, every(90))
    before = engine.schedules.get(context, segment_id)
    page = visit("edit", id=str(segment_id))
    assert "When it is calculated" not in [each.value for each in page.subheader]
    name_it(page, "Renamed")
    save(page)
    page = visit("edit", id=str(segment_id))
    answer(page, "Condition 1 subject", "segment:")
    answer(page, "Condition 1 segments", [str(segment_id)])
    save(page)
    assert "in a circle: “Renamed” → “Renamed”" in words(page)
    after = engine.schedules.get(context, segment_id)
    assert engine.segments.get(context, segment_id).version == 1
    assert (after.schedule, after.revision, after.next_due_at) == (every(90), 1, before.next_due_at)


@pytest.mark.parametrize("role_name", list(Role))
def test_every_role_that_makes_segments_chooses_their_schedule(
    visit: Visit, role: Callable[[Role], None], role_name: Role
) -> None:
    """Whoever may not make a segment sees no form at all."""
    role(role_name)
    page = visit("edit")
    assert not page.exception
    if role_name is Role.VIEWER:
        assert not page.segmented_control
        return
    assert not page.segmented_control(key=KIND).disabled


def test_who_may_make_segments_but_not_change_them_leaves_the_schedule_to_others(
    visit: Visit, engine: Engine, context: OrganizationContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No role is like that today; should one be, the choice is closed with the reason, and the save goes through."""

    def narrowed() -> OrganizationContext:
        whole = guard.current_context()
        return replace(whole, permissions=whole.permissions - {Permission.SEGMENTS_EDIT})

    monkeypatch.setattr(segment_editor, "current_context", narrowed)
    page = ready(visit)
    assert page.segmented_control(key=KIND).disabled
    assert "It is calculated when it is created, edited, or somebody asks for it." in words(page)
    save(page)
    assert saved(engine, context) is None


def test_a_draft_keeps_its_schedule_for_later(visit: Visit, engine: Engine, context: OrganizationContext) -> None:
    """What is saved as a draft, because its criteria have errors, is scheduled once it is active."""
    page = visit("edit")
    name_it(page, "Not finished")
    for number, city in (("1", "Utrecht"), ("2", "Gent")):
        if number == "2":
            add_condition(page)
        answer(page, f"Condition {number} subject", "attribute:contact.city")
        answer(page, f"Condition {number} value", city)
    choose(page, "Interval")
    save(page)
    page.button(key="editor.save_draft").click().run()
    (card,) = engine.segments.find(context, SegmentQuery()).items
    assert card.state is SegmentState.DRAFT
    held = engine.schedules.get(context, card.segment_id)
    assert (held.schedule, held.standing) == (every(60), ScheduleStanding.NOT_ACTIVE)
