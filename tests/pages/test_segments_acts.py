"""Choosing across pages, the verdicts before an act, the act, and the report after it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest
from streamlit.testing.v1 import AppTest

from auth import guard
from pages.segments_selection import ACT_WORDS
from segment_engine.databases import Databases
from segment_engine.domain.access import OrganizationContext, Permission, Role
from segment_engine.domain.run import RunStatus
from segment_engine.domain.segment import SegmentState
from segment_engine.domain.segment_acts import SegmentAct
from segment_engine.engine import Engine
from tests.integration.test_segment_acts import plan
from tests.pages.conftest import Create, Visit, columns, words

TABLE = "segments.table"


@pytest.fixture
def thirty(create: Create) -> list[UUID]:
    """Enough segments for two pages of the table."""
    return [create(f"Segment {number:02}") for number in range(30)]


def mark(page: AppTest, *rows: int) -> None:
    """Mark these rows of the table and no others of this page."""
    key = next(str(each.key) for each in page.dataframe if str(each.key).startswith(TABLE))
    page.session_state[key] = {"selection": {"rows": list(rows), "columns": [], "cells": []}}
    page.run()
    assert not page.exception


def ask(page: AppTest, act: SegmentAct) -> None:
    """Choose what to do with the segments that are selected."""
    page.menu_button(key="segments.acts").click(act).run()
    assert not page.exception


def confirm(page: AppTest) -> str:
    """Press the button that names the number, and give its label."""
    button = page.button(key="segments.act_confirm")
    label = str(button.label)
    button.click().run()
    assert not page.exception
    return label


def test_a_choice_lasts_across_pages_filters_and_views(visit: Visit, thirty: list[UUID]) -> None:
    """What is chosen on one page stays chosen on the next, and is counted where one can see it."""
    assert thirty
    page = visit(view="Table", sort="Name")
    mark(page, 0, 2)
    assert "2 selected" in words(page)
    page.pagination(key="segments.page").set_value(2).run()
    mark(page, 1)
    assert "3 selected" in words(page)
    page.text_input(key="q").set_value("Segment 02").run()
    assert "3 selected" in words(page)
    page.segmented_control(key="view").set_value("Cards").run()
    assert page.checkbox(key=f"segments.mark.{thirty[2]}").value
    page.checkbox(key=f"segments.mark.{thirty[2]}").uncheck().run()
    assert "2 selected" in words(page)
    page.button(key="segments.clear").click().run()
    assert "selected" not in words(page).replace("Change selected", "")
    assert page.menu_button(key="segments.acts").disabled


def test_this_page_or_all_that_match(visit: Visit, thirty: list[UUID]) -> None:
    """The two ways to choose many say how many they mean."""
    assert thirty
    page = visit(view="Table", sort="Name")
    assert page.button(key="segments.choose_page").label == "Select this page (25)"
    page.button(key="segments.choose_page").click().run()
    assert "25 selected" in words(page)
    assert page.button(key="segments.choose_all").label == "Select all 30"
    page.button(key="segments.choose_all").click().run()
    assert "30 selected" in words(page)


def test_a_verdict_on_each_before_and_a_report_after(
    visit: Visit, create: Create, engine: Engine, context: OrganizationContext, databases: Databases
) -> None:
    """Nothing happens before the button that names the number; afterwards every segment is accounted for (T55, T56)."""
    used, free, away = (create(name) for name in ("Used", "Free", "Away"))
    plan(databases, context.organization_id, used)
    engine.segments.archive(context, [away])
    page = visit(view="Table", state="Archived as well")
    page.button(key="segments.choose_page").click().run()
    ask(page, SegmentAct.ARCHIVE)
    seen = columns(page)
    assert dict(zip(seen["segment"], [each[0] for each in seen["verdict"]], strict=True)) == {
        "Used": "Kept", "Away": "Nothing to do", "Free": "Safe",
    }  # fmt: skip
    assert "it is used by campaign “running campaign”" in " ".join(seen["why"]) or "used by campaign" in seen["why"][0]
    assert "1 will be archived" in words(page)
    assert engine.segments.get(context, free).state is SegmentState.ACTIVE
    assert confirm(page) == "Archive 1 segment"
    assert engine.segments.get(context, free).state is SegmentState.ARCHIVED
    assert engine.segments.get(context, used).state is SegmentState.ACTIVE
    page.run()
    assert "Last change: 1 archived, 1 with nothing to do, 1 kept as they were" in words(page)
    page.button(key="segments.report_again").click().run()
    report = columns(page)
    assert dict(zip(report["segment"], [each[0] for each in report["verdict"]], strict=True)) == {
        "Used": "Kept", "Away": "Nothing to do", "Free": "Done",
    }  # fmt: skip


def test_deleting_says_that_the_contacts_stay(
    visit: Visit, create: Create, engine: Engine, context: OrganizationContext
) -> None:
    """The fear is answered where it arises, and what was deleted is selected no more (T58)."""
    create("One")
    create("Two")
    page = visit()
    page.button(key="segments.choose_page").click().run()
    ask(page, SegmentAct.DELETE)
    assert "The contacts stay." in words(page)
    assert confirm(page) == "Delete 2 segments"
    assert engine.segments.summary(context).total == 0
    assert "No segments yet" in words(visit()) or "No contacts yet" in words(visit())


def test_a_verdict_is_reached_again_at_the_act(
    visit: Visit, create: Create, engine: Engine, context: OrganizationContext, databases: Databases
) -> None:
    """What came into use while the dialog was open is kept, and the report says why (T54)."""
    segment_id = create("Wanted")
    page = visit()
    page.button(key="segments.choose_page").click().run()
    ask(page, SegmentAct.DELETE)
    plan(databases, context.organization_id, segment_id)
    confirm(page)
    assert engine.segments.get(context, segment_id).name == "Wanted"
    page.run()
    assert "1 kept as they were" in words(page)


def test_tags_and_an_owner_are_asked_for_in_the_dialog(
    visit: Visit, create: Create, engine: Engine, context: OrganizationContext
) -> None:
    """Without a tag there is nothing to confirm; with one, the verdicts follow."""
    segment_id = create("One")
    page = visit()
    page.button(key="segments.choose_page").click().run()
    ask(page, SegmentAct.TAG)
    assert page.button(key="segments.act_confirm").disabled
    page.session_state["segments.act_tags"] = ["vip"]
    ask(page, SegmentAct.TAG)
    assert confirm(page) == "Tag 1 segment"
    assert engine.segments.get(context, segment_id).tags == ("vip",)
    ask(page, SegmentAct.SET_OWNER)
    assert confirm(page) == "Set the owner of 1 segment"
    assert engine.segments.get(context, segment_id).owner is not None


def test_many_are_recalculated(
    visit: Visit, thirty: list[UUID], engine: Engine, context: OrganizationContext, work: Callable[[], None]
) -> None:
    """All that match, on whatever page they stand."""
    work()
    page = visit(view="Table")
    page.button(key="segments.choose_all").click().run()
    ask(page, SegmentAct.RECALCULATE)
    assert confirm(page) == "Recalculate 30 segments"
    assert {engine.runs.find(context, each)[0].status for each in thirty} == {RunStatus.QUEUED}


def test_who_may_change_nothing_is_told_why(visit: Visit, create: Create, role: Callable[[Role], None]) -> None:
    """The menu is there, disabled, with the reason; a role that may do some of it gets a verdict on the rest."""
    create("One")
    role(Role.VIEWER)
    page = visit(view="Table")
    page.button(key="segments.choose_page").click().run()
    menu = page.menu_button(key="segments.acts")
    assert menu.disabled
    assert "does not allow you to change segments" in menu.help
    assert [list(each) for each in columns(page)["menu"]] == [["Open"]]
    role(Role.ANALYST)
    page = visit()
    page.button(key="segments.choose_page").click().run()
    ask(page, SegmentAct.DELETE)
    assert columns(page)["why"][0].startswith("you may not: Your role (analyst)")
    assert page.button(key="segments.act_confirm").disabled


def test_another_organization_begins_with_nothing_chosen(visit: Visit, create: Create, engine: Engine) -> None:
    """Neither a choice nor a report follows a person into another organization (B2)."""
    create("Mine")
    other = engine.organizations.create("Yet another organization")
    page = visit()
    page.button(key="segments.choose_page").click().run()
    ask(page, SegmentAct.DEACTIVATE)
    confirm(page)
    page.sidebar.selectbox(key="organization").set_value(other).run()
    assert not page.exception
    assert "selected" not in words(page).replace("Change selected", "")
    assert "Last change" not in words(page)


def test_every_act_has_its_words() -> None:
    """No act is missing from the menu."""
    assert set(ACT_WORDS) == set(SegmentAct)


@pytest.mark.parametrize("view", ["Cards", "Table"])
def test_every_set_of_permissions_draws_the_list(
    visit: Visit, create: Create, monkeypatch: pytest.MonkeyPatch, view: str
) -> None:
    """However odd a role may be put together, the list is drawn, and quickly (T89)."""
    create("One")
    usual = guard.current_context
    others = [permission for permission in Permission if permission is not Permission.SEGMENTS_VIEW]
    for odd in [(), *((each,) for each in others), tuple(others)]:

        def odd_context(extra: tuple[Permission, ...] = odd) -> OrganizationContext:
            return replace(usual(), permissions=frozenset({Permission.SEGMENTS_VIEW, *extra}))

        monkeypatch.setattr(guard, "current_context", odd_context)
        page = visit(view=view)
        assert not page.exception, odd
        assert not page.error, odd
        assert "1 segment" in words(page)


def test_a_long_name_is_cut_and_told_in_full(visit: Visit, create: Create) -> None:
    """Two hundred characters break neither card, table nor dialog."""
    name = ("Contacts who " * 16)[:199].strip()
    create(name)
    page = visit()
    assert f"{name[:70]}" in words(page)
    assert name in columns(visit(view="Table"))["name"]
    page.button(key="segments.choose_page").click().run()
    ask(page, SegmentAct.DEACTIVATE)
    assert columns(page)["segment"] == [name]
