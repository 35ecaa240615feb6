"""The page Cleanup: candidates with their reasons, comparing members, archiving with a way back, deleting by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from streamlit.testing.v1 import AppTest

from segment_engine.databases import Databases
from segment_engine.domain.access import OrganizationContext, Role
from segment_engine.domain.segment import SegmentState
from segment_engine.engine import Engine
from segment_engine.errors import NotFound
from tests.integration.importing import Importer
from tests.pages.conftest import Create, Document, Visit, columns, document, words

PATIENCE = 40
Work = Callable[[], None]


def city(name: str, op: str = "equals") -> Document:
    """Ask for a city."""
    return document({"kind": "attribute", "field": "contact.city", "op": op, "value": name})


@pytest.fixture
def forgotten(
    contacts: Importer, create: Create, work: Work, databases: Databases, context: OrganizationContext
) -> dict[str, UUID]:
    """Three segments nobody has used for 200 days, one of them with the criteria of another."""
    assert contacts
    made = {
        "Utrecht": create("Utrecht", city("Utrecht")),
        "Utrecht again": create("Utrecht again", city("Utrecht")),
        "Gent": create("Gent", city("Gent")),
    }
    work()
    with databases.app.transaction(context.organization_id) as transaction:
        transaction.run(
            text("UPDATE segments SET created_at = now() - interval '200 days' WHERE organization_id = :o"),
            {"o": context.organization_id},
        )
    return made


def select(page: AppTest, *names: str) -> None:
    """Select rows of the candidates by the names of their segments."""
    candidates: Any = next(table for table in page.dataframe if "score" in table.value)
    rows = [list(candidates.value["name"]).index(name) for name in names]
    page.session_state[str(candidates.key)] = {"selection": {"rows": rows, "columns": [], "cells": []}}
    page.run()
    assert not page.exception


def test_without_segments_there_is_nothing_to_tidy(visit: Visit) -> None:
    """A new organization is told so calmly."""
    page = visit("cleanup")
    assert not page.exception
    assert "No segments yet" in words(page)


def test_when_all_is_in_use_the_page_is_calm(visit: Visit, contacts: Importer, create: Create, work: Work) -> None:
    """Fresh segments are no candidates, and the page says what that means."""
    assert contacts
    create("Utrecht", city("Utrecht"))
    work()
    page = visit("cleanup")
    assert "Nothing to clean up" in words(page)
    assert [error.value for error in page.error] == []


def test_candidates_say_why_and_what_they_cost(visit: Visit, forgotten: dict[str, UUID]) -> None:
    """Reasons as words and as a sentence, the cost, and the formula of the ranking."""
    page = visit("cleanup")
    found = columns(page)
    assert set(found["name"]) == set(forgotten)
    of = dict(zip(found["name"], zip(found["reasons"], found["why"], strict=True), strict=True))
    assert list(of["Gent"][0]) == ["Unused"]
    assert "Not used since it was created 200 days ago" in of["Gent"][1]
    (double,) = [name for name in ("Utrecht", "Utrecht again") if "Same criteria" in of[name][0]]
    keeper = ({"Utrecht", "Utrecht again"} - {double}).pop()
    assert f"the same as those of “{keeper}”, which is to stay" in of[double][1]
    assert "a point for each day since the last use" in words(page)


def test_a_reason_in_the_address_filters(visit: Visit, forgotten: dict[str, UUID]) -> None:
    """Deep links work, one for a reason without candidates leads back, and nonsense shows everything."""
    assert len(columns(visit("cleanup", k_reason="Same criteria"))["name"]) == 1
    nothing = visit("cleanup", k_reason="Empty")
    assert "Nothing for this reason" in words(nothing)
    for address in ({"k_reason": "Nonsense"}, {"k_page": "99"}, {"k_page": "x"}, {"k_days": "x"}):
        assert len(columns(visit("cleanup", **address))["name"]) == len(forgotten)
    assert "Nothing to clean up" not in words(visit("cleanup", k_days="Unused for 365 days"))


def test_archiving_names_the_number_and_can_be_undone(
    visit: Visit, forgotten: dict[str, UUID], engine: Engine, context: OrganizationContext
) -> None:
    """The dialog says what happens to each; Undo stands on the page, and so does the list of the archived (T56)."""
    page = visit("cleanup")
    assert page.button(key="cleanup.archive").disabled
    select(page, "Gent")
    page.button(key="cleanup.archive").click().run()
    assert "**1 segment** would be archived" in words(page)
    assert "is archived now" in columns(page)["verdict"]
    assert engine.segments.get(context, forgotten["Gent"]).state is SegmentState.ACTIVE
    page.button(key="cleanup.yes").click().run()
    assert "1 segment archived." in words(page)
    assert engine.segments.get(context, forgotten["Gent"]).state is SegmentState.ARCHIVED
    assert page.button(key="cleanup.restore_all")
    page.button(key="cleanup.undo").click().run()
    assert engine.segments.get(context, forgotten["Gent"]).state is SegmentState.ACTIVE
    assert "Gent is active again." in words(page)


def test_what_was_archived_is_restored_from_the_list(
    visit: Visit, forgotten: dict[str, UUID], engine: Engine, context: OrganizationContext
) -> None:
    """Also after the report is gone, and by whoever comes later."""
    engine.segments.archive(context, [forgotten["Gent"], forgotten["Utrecht again"]])
    page = visit("cleanup")
    assert columns(page)["back"] == ["Active", "Active"]
    page.button(key="cleanup.restore_all").click().run()
    assert "2 segments restored." in words(page)
    assert {engine.segments.get(context, each).state for each in forgotten.values()} == {SegmentState.ACTIVE}


def test_deleting_asks_for_the_name(
    visit: Visit, forgotten: dict[str, UUID], engine: Engine, context: OrganizationContext
) -> None:
    """What goes and what stays is said exactly, and the button waits for the name (T58)."""
    page = visit("cleanup")
    select(page, "Gent")
    page.button(key="cleanup.delete").click().run()
    told = words(page)
    assert "**1 segment** would be deleted" in told
    assert "The contacts stay" in told
    assert page.button(key="cleanup.yes").disabled
    page.text_input(key="cleanup.confirmation").set_value("Utrecht").run()
    assert page.button(key="cleanup.yes").disabled
    page.text_input(key="cleanup.confirmation").set_value("gent").run()
    page.button(key="cleanup.yes").click().run()
    assert "1 segment deleted." in words(page)
    with pytest.raises(NotFound):
        engine.segments.get(context, forgotten["Gent"])


def test_a_whole_group_of_duplicates_cannot_be_deleted(
    visit: Visit, forgotten: dict[str, UUID], engine: Engine, context: OrganizationContext
) -> None:
    """Both are candidates because both are unused; one of them is kept all the same, and the dialog says why (T55)."""
    page = visit("cleanup")
    select(page, "Utrecht", "Utrecht again")
    page.button(key="cleanup.delete").click().run()
    assert "**1 segment** would be deleted, 1 kept" in words(page)
    assert any("one of them has to stay" in each for each in columns(page)["verdict"])
    page.button(key="cleanup.no").click().run()
    assert "would be deleted" not in words(page)
    assert all(engine.segments.get(context, each) for each in forgotten.values())


def test_comparing_the_members_adds_its_reasons(visit: Visit, contacts: Importer, create: Create, work: Work) -> None:
    """It begins with a button, goes on beside the page, and says how many pairs were compared."""
    rows = "".join(f"1{number:03},Utrecht,{number}\n" for number in range(100))
    contacts.contacts(f"id,city,score\n{rows}")
    create("All of Utrecht", city("Utrecht"))
    create("Nearly all of it", document({"kind": "attribute", "field": "contact.score", "op": "gte", "value": 3}))
    work()
    page = visit("cleanup")
    assert "Not looked for yet." in words(page)
    page.button(key="cleanup.compare").click().run()
    for _ in range(PATIENCE):
        if "compared" in words(page):
            break
        page.run()
    assert "1 of 1 pair of 2 segments compared: 1 nearly the same, 0 contained." in words(page)
    assert list(columns(page)["reasons"][0]) == ["Nearly the same"]


@pytest.mark.parametrize("given", list(Role))
def test_every_role_sees_the_candidates_and_what_it_may_do(
    visit: Visit, forgotten: dict[str, UUID], role: Callable[[Role], None], given: Role
) -> None:
    """Buttons a role may not press are there, disabled, with the reason."""
    role(given)
    page = visit("cleanup")
    assert [error.value for error in page.error] == []
    select(page, "Gent")
    archive, delete = page.button(key="cleanup.archive"), page.button(key="cleanup.delete")
    assert archive.disabled is (given is Role.VIEWER)
    assert delete.disabled is (given not in {Role.OPS_LEAD, Role.ADMIN})
    assert ("does not allow you to delete segments" in str(delete.help)) is delete.disabled
    assert set(columns(page)["name"]) == set(forgotten)
