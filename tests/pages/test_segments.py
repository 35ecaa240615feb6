"""The list of segments: what every role sees in every state."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from segment_engine.domain.access import Role
from segment_engine.engine import Engine
from tests.integration.importing import Importer
from tests.pages.conftest import IN_UTRECHT, Create, Visit, columns, words


def test_without_contacts_the_page_says_how_to_import_them(visit: Visit, organization_id: int) -> None:
    """The first zero state names the two commands that lead out of it (T86)."""
    page = visit()
    assert not page.exception
    assert [code.value.split(" --")[0] for code in page.code] == [
        "python -m segment_engine import contacts contacts.csv",
        "python -m segment_engine import events orders.csv",
    ]
    assert all(f"--organization {organization_id} " in code.value for code in page.code)


@pytest.mark.usefixtures("contacts")
def test_without_segments_the_page_offers_to_create_one(visit: Visit) -> None:
    """The second zero state is another one: contacts are there, and one button leads on."""
    page = visit()
    assert "No segments yet" in words(page)
    assert "Create the first segment" in [button.label for button in page.button]
    assert not page.code


@pytest.mark.usefixtures("contacts")
def test_who_may_not_create_is_told_why(visit: Visit, role: Callable[[Role], None]) -> None:
    """The button stays where it is, disabled, with the reason."""
    role(Role.VIEWER)
    page = visit()
    button = page.button(key="new_segment")
    assert button.disabled
    assert "does not allow you to create segments" in button.help
    assert "Create the first segment" not in [each.label for each in page.button]


def test_a_card_shows_status_state_count_and_time(
    visit: Visit, contacts: Importer, create: Create, work: Callable[[], None]
) -> None:
    """What a card says is what is stored; before a success there is no count at all."""
    assert contacts.organization_id
    create("In Utrecht", IN_UTRECHT)
    before = visit()
    assert [metric.value for metric in before.metric if metric.label == "Members"] == ["–"]
    work()
    after = words(visit())
    assert "Members 2" in after
    assert "Success" in after
    assert "Ready" in after
    assert "Calculated just now" in after


def test_the_figures_filter_the_list(
    visit: Visit, contacts: Importer, create: Create, work: Callable[[], None]
) -> None:
    """Each figure is a link to what it counts."""
    assert contacts.organization_id
    create("Done")
    work()
    create("Waiting")
    page = visit()
    assert [(each.label, each.value) for each in page.metric][:4] == [
        ("Segments", "2"), ("Ready", "1"), ("Use with care", "0"), ("Do not use", "1"),
    ]  # fmt: skip
    assert page.button(key="tile.Use with care").disabled
    page.button(key="tile.Do not use").click().run()
    assert "Waiting" in words(page)
    assert "Done" not in words(page)
    page.button(key="tile.Segments").click().run()
    assert "Done" in words(page)
    assert dict(page.query_params) == {"state": "Active"}


def test_search_finds_in_name_and_description_and_nothing_found_differs_from_nothing_there(
    visit: Visit, create: Create
) -> None:
    """No match says so and leads back; it never looks as if everything were gone."""
    create("Loyal", description="ordered often")
    create("Resting")
    page = visit()
    page.text_input(key="q").set_value("OFTEN").run()
    assert "Loyal" in words(page)
    assert "Resting" not in words(page)
    page.text_input(key="q").set_value("nowhere").run()
    assert "No segment matches" in words(page)
    page.button(key="segments.reset_all").click().run()
    assert "Resting" in words(page)


def test_the_address_keeps_the_view(visit: Visit, create: Create) -> None:
    """A link opens the same search, filters, order and view; nonsense in it falls back to the defaults."""
    create("B")
    create("A")
    page = visit(q="A", sort="Name", view="Table")
    assert columns(page)["name"] == ["A"]
    odd = visit(status="Bogus", sort="Bogus", view="Bogus", page="-7x", state="Bogus")
    assert not odd.exception
    assert "B" in words(odd)


def test_more_segments_than_a_page_are_paged_and_no_page_is_empty(visit: Visit, create: Create) -> None:
    """A page beyond the end shows the last one."""
    for number in range(14):
        create(f"Segment {number:02}")
    page = visit(sort="Name")
    assert "14 segments" in words(page)
    assert "Segment 11" in words(page)
    assert "Segment 12" not in words(page)
    second = visit(sort="Name", page="2")
    assert "Segment 13" in words(second)
    assert "Segment 1" in words(visit(sort="Name", page="99"))


def test_the_table_tells_the_same_as_the_cards(visit: Visit, create: Create, work: Callable[[], None]) -> None:
    """Two views, one truth."""
    create("Everybody")
    work()
    table = columns(visit(view="Table"))
    assert (table["name"], table["state"], table["members"]) == (["Everybody"], ["Active"], [0])
    assert [list(each) for each in table["status"]] == [["Success"]]


def test_names_stay_text(visit: Visit, create: Create) -> None:
    """Markdown, HTML and icon codes in a name are shown as typed (D2)."""
    name = "**b** <b>x</b> [l](javascript:1) :material/home: :smile: $x$ :red[x] # h"
    create(name)
    label = next(str(link.proto.label) for link in visit().get("page_link") if "javascript" in str(link.proto.label))
    assert label.replace("\\", "").replace("\u2060", "") == f"**{name}**"
    assert "<b>" not in label
    assert "](" not in label


def test_several_organizations_can_be_changed_between(visit: Visit, engine: Engine, create: Create) -> None:
    """The other organization's segments are there after the change, and this one's are not (B2)."""
    create("Mine")
    assert [box.label for box in visit().sidebar.selectbox] == ["Try a role"]
    other = engine.organizations.create("Yet another organization")
    page = visit()
    assert "Mine" in words(page)
    page.sidebar.selectbox(key="organization").set_value(other).run()
    assert not page.exception
    assert "Mine" not in words(page)
