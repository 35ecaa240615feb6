"""Schedules on the pages: the card of a segment with its dialog, and the tab of Operations with the pause."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time
from uuid import UUID

import pytest
from sqlalchemy import text
from streamlit.testing.v1 import AppTest

from segment_engine.databases import Databases
from segment_engine.domain.access import OrganizationContext, Role
from segment_engine.domain.schedules import ScheduleStanding, daily, every, on_change, weekly
from segment_engine.engine import Engine
from tests.integration.scheduled_world import schedule
from tests.pages.conftest import Create, Visit, columns, words

pytestmark = pytest.mark.usefixtures("contacts")
SUSPEND = (
    "UPDATE segment_schedules SET suspended_at = clock_timestamp(), "
    "suspended_because = '5 calculations in a row failed.' WHERE segment_id = :segment"
)


@pytest.fixture
def segment_id(create: Create, work: Callable[[], None]) -> UUID:
    """A calculated segment."""
    made = create("Everyone")
    work()
    return made


def suspend(databases: Databases, segment_id: UUID) -> None:
    """Suspend a schedule as five failures would."""
    with databases.migrator.transaction() as transaction:
        transaction.run(text(SUSPEND), {"segment": segment_id})


def dialog(visit: Visit, segment_id: UUID) -> AppTest:
    """Open the dialog of a segment's schedule."""
    return visit("segment", id=str(segment_id)).button(key="schedule.change").click().run()


def stay(page: AppTest) -> None:
    """Draw the dialog again with what was entered; a browser does so by itself, AppTest closes it."""
    page.button(key="schedule.change").click().run()


def key(segment_id: UUID, name: str, revision: int) -> str:
    """Name a control of the dialog."""
    return f"schedule.{name}.{segment_id}.{revision}"


def test_a_schedule_is_set_changed_and_taken_away_on_the_page(
    visit: Visit, segment_id: UUID, engine: Engine, context: OrganizationContext
) -> None:
    """The card says when it is next; the dialog says what a choice would mean before it is saved."""
    assert "Calculated by hand only" in words(visit("segment", id=str(segment_id)))
    page = dialog(visit, segment_id)
    assert page.button(key="schedule.save").disabled
    page.segmented_control(key=key(segment_id, "kind", 0)).set_value("Daily")
    stay(page)
    page.time_input(key=key(segment_id, "at", 0)).set_value(time(6, 30))
    stay(page)
    assert "Every day at 06:30 (Europe/Amsterdam). The next one: " in words(page)
    page.button(key="schedule.save").click().run()
    assert not page.exception
    assert engine.schedules.get(context, segment_id).schedule == daily(time(6, 30), "Europe/Amsterdam")
    card = words(visit("segment", id=str(segment_id)))
    assert "Every day at 06:30 (Europe/Amsterdam)" in card
    assert "Next: " in card
    page = dialog(visit, segment_id)
    page.segmented_control(key=key(segment_id, "kind", 1)).set_value("Weekly")
    stay(page)
    page.selectbox(key=key(segment_id, "weekday", 1)).set_value("Friday")
    stay(page)
    page.button(key="schedule.save").click().run()
    assert engine.schedules.get(context, segment_id).schedule == weekly(5, time(6, 30), "Europe/Amsterdam")
    page = dialog(visit, segment_id)
    page.segmented_control(key=key(segment_id, "kind", 2)).set_value("Interval")
    stay(page)
    page.segmented_control(key=key(segment_id, "unit", 2)).set_value("minutes")
    stay(page)
    page.number_input(key=key(segment_id, "every.minutes", 2)).set_value(45)
    stay(page)
    page.button(key="schedule.save").click().run()
    assert engine.schedules.get(context, segment_id).schedule == every(45)
    page = dialog(visit, segment_id)
    page.segmented_control(key=key(segment_id, "kind", 3)).set_value("By hand")
    stay(page)
    page.button(key="schedule.save").click().run()
    assert engine.schedules.get(context, segment_id).schedule is None


def test_of_two_who_change_a_schedule_the_second_reads_why_not(
    visit: Visit, segment_id: UUID, engine: Engine, context: OrganizationContext
) -> None:
    """Nothing is overwritten unseen (E24)."""
    page = dialog(visit, segment_id)
    page.segmented_control(key=key(segment_id, "kind", 0)).set_value("New data")
    stay(page)
    schedule(engine, context, segment_id, every(60))
    page.button(key="schedule.save").click().run()
    assert "was changed by Local operator in between: “Every hour”" in words(page)
    assert engine.schedules.get(context, segment_id).schedule == every(60)


@pytest.mark.parametrize("role_name", list(Role))
def test_every_role_sees_schedules_and_some_change_them(
    visit: Visit, segment_id: UUID, engine: Engine, context: OrganizationContext, role: Callable[[Role], None],
    role_name: Role,
) -> None:  # fmt: skip
    """Who may not change or pause them sees the buttons disabled, with the reason."""
    schedule(engine, context, segment_id, every(60))
    role(role_name)
    page = visit("segment", id=str(segment_id))
    assert not page.exception
    assert "Every hour" in words(page)
    assert page.button(key="schedule.change").disabled == (role_name is Role.VIEWER)
    page = visit("operations", o_tab="Schedules")
    assert not page.exception
    assert page.button(key="operations.schedules.pause").disabled == (role_name not in {Role.OPS_LEAD, Role.ADMIN})


def test_a_suspended_schedule_is_shown_and_resumed(
    visit: Visit, segment_id: UUID, create: Create, engine: Engine, context: OrganizationContext, databases: Databases
) -> None:
    """Suspended stands on the segment and in Operations, with what ends it, one by one and all at once (T60)."""
    other = create("Another")
    for each in (segment_id, other):
        schedule(engine, context, each, every(60))
        suspend(databases, each)
    card = words(visit("segment", id=str(segment_id)))
    assert "5 calculations in a row failed. Nothing calculates it by itself until" in card
    assert "Its schedule is suspended." in card
    visit("segment", id=str(segment_id)).button(key="schedule.resume").click().run()
    assert engine.schedules.get(context, segment_id).standing is ScheduleStanding.WAITING
    suspend(databases, segment_id)
    page = visit("operations", o_tab="Schedules")
    assert "2 segments have a schedule: 2 suspended." in words(page)
    assert columns(page)["name"] == ["Everyone", "Another"] or columns(page)["name"] == ["Another", "Everyone"]
    page.button(key="operations.schedules.resume").click().run()
    assert "2 schedules resumed, 0 left as they were." in words(page)
    assert engine.schedules.suspended(context) == 0


def test_operations_pauses_all_schedules_and_keeps_them_again(
    visit: Visit, segment_id: UUID, engine: Engine, context: OrganizationContext
) -> None:
    """The banner says since when and by whom; what is empty says what a schedule is for."""
    assert "Nothing is calculated by itself" in words(visit("operations", o_tab="Schedules"))
    schedule(engine, context, segment_id, on_change())
    page = visit("operations", o_tab="Schedules")
    assert columns(page)["standing"] == [["Waits for data"]]
    page.button(key="operations.schedules.pause").click().run()
    assert "All schedules are paused" in words(page)
    assert "by Local operator" in words(page)
    assert "All schedules of the organization are paused" in words(visit("segment", id=str(segment_id)))
    page = visit("operations", o_tab="Schedules")
    page.button(key="operations.schedules.pause").click().run()
    assert engine.schedules.report(context).pause is None
