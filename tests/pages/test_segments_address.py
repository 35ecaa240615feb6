"""The address of the list: a link shows the same to everybody, whatever was asked for."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from streamlit.testing.v1 import AppTest

from pages.segments_address import SORTS
from segment_engine.databases import Databases
from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.readiness import Readiness
from segment_engine.domain.segment import SegmentQuery, SegmentSort, SegmentState, SegmentTrait
from segment_engine.engine import Engine
from tests.integration.listed_world import Listed, listed_world
from tests.pages.conftest import Create, Visit, columns, words

TODAY = date(2026, 1, 1)


@pytest.fixture
def world(databases: Databases, context: OrganizationContext) -> dict[UUID, Listed]:
    """Sixty segments of every kind."""
    return listed_world(databases, context, TODAY)


def names(page: AppTest) -> list[str]:
    """Read the names in the table."""
    assert not page.exception
    return columns(page).get("name", [])


EVERYTHING: dict[str, Any] = {
    "q": "0", "state": "Archived as well", "ready": ["Do not use", "Use with care"], "show": ["Used"],
    "tag": ["trial", "VIP"], "owner": ["Local operator", "Nobody"], "source": ["crm", "shop"], "least": "0",
    "most": "450", "sort": "Members", "dir": "Ascending", "view": "Table",
}  # fmt: skip


def test_a_link_shows_the_same_to_everybody(
    visit: Visit, world: dict[UUID, Listed], engine: Engine, context: OrganizationContext
) -> None:
    """Search, every filter, order and view stand in the address, and nothing else is needed to show them again."""
    assert world
    page = visit(**EVERYTHING)
    query = SegmentQuery(
        "0", readiness=frozenset({Readiness.DO_NOT_USE, Readiness.USE_WITH_CARE}), tags=frozenset({"trial", "VIP"}),
        sources=frozenset({"crm", "shop"}), least=0, most=450, traits=frozenset({SegmentTrait.USED}),
        sort=SegmentSort.MEMBERS, descending=False, size=25,
    )  # fmt: skip
    wanted = [card.name for card in engine.segments.find(context, query).items]
    assert wanted
    assert names(page) == wanted
    assert names(visit(**EVERYTHING)) == wanted
    assert (page.text_input(key="q").value, page.selectbox(key="state").value) == ("0", "Archived as well")
    assert (page.multiselect(key="tag").value, page.number_input(key="most").value) == (["trial", "VIP"], 450)
    page.button(key="segments.chip.tag.VIP").click().run()
    assert page.multiselect(key="tag").value == ["trial"]
    page.button(key="segments.chip.most.450").click().run()
    assert page.number_input(key="most").value is None
    page.button(key="segments.reset").click().run()
    assert len(names(page)) == 25
    assert [page.pills(key=key).value for key in ("ready", "show", "status")] == [[], [], []]


def test_every_column_can_be_sorted_by_both_ways(
    visit: Visit, world: dict[UUID, Listed], engine: Engine, context: OrganizationContext
) -> None:
    """The direction is the one a person expects of the column, and can be turned round."""
    assert world
    states = frozenset(SegmentState) - {SegmentState.ARCHIVED}
    page = visit(view="Table")
    for word, (sort, down) in SORTS.items():
        page.selectbox(key="sort").set_value(word).run()
        for descending in (down, not down):
            query = SegmentQuery(states=states, sort=sort, descending=descending, size=25)
            assert names(page) == [card.name for card in engine.segments.find(context, query).items], word
            page.button(key="segments.turn").click().run()
            assert page.query_params["dir"] == ("Ascending" if descending else "Descending")


@pytest.mark.parametrize(
    "query",
    [
        {"status": "Bogus", "ready": "Bogus", "show": "Bogus", "state": "Bogus", "sort": "Bogus", "view": "Bogus"},
        {"tag": "Bogus", "owner": "Bogus", "source": "Bogus", "dir": "Sideways"},
        {"least": "-7", "most": "many", "page": "-7x"},
        {"least": "9" * 40, "q": "x" * 5000, "page": "9" * 40},
        {"unknown": "1", "id": "nothing"},
    ],
)
def test_nonsense_in_the_address_falls_back(visit: Visit, create: Create, query: dict[str, str]) -> None:
    """An address is anybody's to change, and no page breaks for it."""
    create("Here")
    page = visit(**query)
    assert not page.exception
    assert not page.error
    assert "Here" in words(page) or "No segment matches" in words(page)


def test_another_filter_begins_at_the_first_page(visit: Visit, world: dict[UUID, Listed]) -> None:
    """The page stands in the address, and no filter leaves one on a page that is not there any more."""
    assert world
    page = visit(view="Table", sort="Name")
    first = names(page)
    page.pagination(key="segments.page").set_value(2).run()
    assert page.query_params["page"] == "2"
    second = names(page)
    assert not set(first) & set(second)
    assert names(visit(view="Table", sort="Name", page="2")) == second
    page.selectbox(key="sort").set_value("Members").run()
    assert "page" not in page.query_params
    assert page.pagination(key="segments.page").value == 1
    last = visit(view="Table", sort="Name", page="99")
    last.pills(key="ready").set_value(["Do not use"]).run()
    assert "page" not in last.query_params


def test_the_archive_is_hidden_until_it_is_asked_for(
    visit: Visit, create: Create, engine: Engine, context: OrganizationContext
) -> None:
    """What was put away is counted nowhere and can always be found."""
    create("Kept")
    away = create("Put away")
    engine.segments.archive(context, [away])
    page = visit()
    assert [metric.value for metric in page.metric if metric.label == "Segments"] == ["1"]
    assert "Put away" not in words(page)
    assert "Put away" in words(visit(state="Archived"))
    hidden = visit(q="away")
    assert "1 segment matches in another state or in the archive" in words(hidden)
    hidden.button(key="segments.widen").click().run()
    assert "Put away" in words(hidden)


def test_without_a_match_the_filter_that_hides_most_is_named(visit: Visit, create: Create) -> None:
    """One click takes it off; the others stay."""
    create("First")
    create("Second")
    page = visit(q="nowhere", least="0", view="Table", status="Running")
    assert "Reset filters" in [button.label for button in page.button]
    page = visit(q="nowhere", view="Table", status="Running")
    assert "Without the search, 2 segments would match" in words(page)
    page.button(key="segments.widen").click().run()
    assert sorted(names(page)) == ["First", "Second"]
    assert page.pills(key="status").value == ["Running"]


# Saved views -------------------------------------------------------------------------------------------------------


def test_a_view_is_saved_shown_marked_and_deleted(
    visit: Visit, world: dict[UUID, Listed], engine: Engine, context: OrganizationContext
) -> None:
    """What stands in the address is kept under a name, and the menu says which view is shown."""
    assert world
    page = visit(view="Table", tag="VIP", sort="Members", dir="Ascending")
    seen = names(page)
    page.session_state["segments.view_name"] = "Important *ones*"
    page.session_state["segments.view_shared"] = True
    page.button(key="segments.save_view").click().run()
    page.button(key="segments.view_save").click().run()
    assert not page.exception
    (view,) = engine.views.find(context)
    assert (view.name, view.shared) == ("Important *ones*", True)
    other = visit()
    other.button(key=f"segments.view.{view.view_id}").click().run()
    assert names(other) == seen
    assert (other.multiselect(key="tag").value, other.query_params["dir"]) == (["VIP"], "Ascending")
    assert "View: Important *ones*" in [
        str(each.proto.popover.label).replace("\\", "").replace("\u2060", "") for each in other.get("popover")
    ]  # fmt: skip
    other.button(key=f"segments.unview.{view.view_id}").click().run()
    assert engine.views.find(context) == ()
    assert names(other) == seen


def test_an_outdated_view_falls_back(
    visit: Visit, create: Create, engine: Engine, context: OrganizationContext
) -> None:
    """A tag that nobody uses any more, a sort of long ago: the rest is shown, and nothing breaks."""
    create("Here")
    engine.views.save(context, "Old", "tag=gone&sort=Weight&least=-3&most=x&dir=Up&view=Table&q=he")
    page = visit()
    (view,) = engine.views.find(context)
    page.button(key=f"segments.view.{view.view_id}").click().run()
    assert not page.error
    assert names(page) == ["Here"]


def test_a_view_without_a_name_is_refused_with_a_sentence(
    visit: Visit, create: Create, engine: Engine, context: OrganizationContext
) -> None:
    """Nothing is stored, and the person is told what is missing."""
    create("Here")
    page = visit()
    page.button(key="segments.save_view").click().run()
    page.button(key="segments.view_save").click().run()
    assert "A view needs a name" in words(page)
    assert engine.views.find(context) == ()
