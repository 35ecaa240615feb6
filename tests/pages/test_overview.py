"""The first page: empty, all good, and with everything wrong; for every role; its links lead to filtered lists."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import pytest
from sqlalchemy import text
from streamlit.testing.v1 import AppTest

from pages.operations import TABS
from pages.overview_steps import PLACES
from pages.segments_address import READY_WORDS, SHOW_WORDS, STATE_WORDS, STATUS_WORDS
from segment_engine import Topic
from segment_engine.databases import Databases
from segment_engine.domain.access import OrganizationContext, Role
from segment_engine.engine import Engine
from tests.integration.importing import Importer
from tests.pages.conftest import IN_UTRECHT, Create, Visit, columns, document, words

NOWHERE = document({"kind": "attribute", "field": "contact.city", "op": "equals", "value": "Nowhere"})
MORE = "id,name,city,tier,score,email\n" + "".join(f"1{n:03},N{n},Utrecht,gold,1,\n" for n in range(40))


def links(page: AppTest) -> dict[str, str]:
    """Give the links of the page itself: what they say, and where they lead with which query."""
    found: dict[str, str] = {}
    for element in page.main.children.values():
        _collect(element, found)
    return found


def _collect(element: Any, found: dict[str, str]) -> None:
    proto = getattr(element, "proto", None)
    if getattr(element, "type", "") == "page_link" and proto is not None:
        query = f"?{proto.query_string}" if proto.query_string else ""
        found[proto.label.replace("\\", "").replace("\u2060", "")] = f"{proto.page}{query}"
    for child in getattr(element, "children", {}).values():
        _collect(child, found)


@pytest.mark.usefixtures("organization_id")
def test_without_contacts_there_is_one_next_step(visit: Visit, role: Callable[[Role], None]) -> None:
    """Nothing there is not an error: what comes first is said, and who may not do it is not offered it."""
    page = visit("overview")
    assert not page.exception
    assert "No contacts yet" in words(page)
    assert links(page) == {"Import a file": "import"}
    role(Role.VIEWER)
    assert links(visit("overview")) == {}


@pytest.mark.usefixtures("contacts")
def test_without_segments_there_is_one_next_step(visit: Visit, role: Callable[[Role], None]) -> None:
    """With contacts, the first segment comes next."""
    page = visit("overview")
    assert "No segments yet" in words(page)
    assert links(page) == {"Create the first segment": "edit"}
    role(Role.VIEWER)
    assert links(visit("overview")) == {}


@pytest.mark.usefixtures("contacts")
def test_all_good_is_calm_and_not_blank(
    visit: Visit, create: Create, work: Callable[[], None], engine: Engine, context: OrganizationContext,
    databases: Databases,
) -> None:  # fmt: skip
    """Where nothing is wrong, that is said, block by block."""
    segment_id = create("Everyone")
    work()
    _plan(databases, context.organization_id)
    page = visit("overview")
    shown = words(page)
    assert "Nothing to do. Every active segment is ready" in "\n".join(each.value for each in page.success)
    for sentence in (
        "Ready 1", "Do not use 0", "100.0% of 1 active", "No result differs from the one before by 5% or more.",
        "The newest calculation of every active segment succeeded.",
        "Every data source with a limit delivered in time.",
        "Every planned and running campaign and sequence stands on segments that are ready.",
        "Nothing speaks against any active segment.",
    ):  # fmt: skip
        assert sentence in shown, sentence
    assert engine.runs.find(context, segment_id)[0].status.value == "success"


def _plan(databases: Databases, organization_id: int) -> None:
    with databases.app.transaction(organization_id) as transaction:
        transaction.run(
            text(
                "WITH made AS (INSERT INTO campaigns (organization_id, name, channel, state, starts_on) "
                "VALUES (:o, 'Spring', 'email', 'scheduled', current_date + 2) RETURNING campaign_id) "
                "INSERT INTO campaign_segments (organization_id, campaign_id, segment_id, part) "
                "SELECT :o, made.campaign_id, segments.segment_id, 'included' FROM made CROSS JOIN segments "
                "WHERE segments.organization_id = :o"
            ),
            {"o": organization_id},
        )


@pytest.fixture
def troubled(
    contacts: Importer, create: Create, work: Callable[[], None], engine: Engine, context: OrganizationContext,
    databases: Databases,
) -> None:  # fmt: skip
    """Everybody, who doubled; nobody at all; and one that fails. All are planned for a campaign in two days."""
    everyone = create("Everyone")
    create("Nobody", NOWHERE)
    create("*Broken* [link](javascript:alert(1))", IN_UTRECHT)
    work()
    contacts.contacts(MORE)
    engine.runs.request(context, everyone)
    with databases.app.transaction(context.organization_id) as transaction:
        transaction.run(
            text("DELETE FROM fields WHERE organization_id = :o AND key = 'contact.city'"),
            {"o": context.organization_id},
        )
    engine.runs.request(context, engine.segments.id_by_name(context, "*Broken* [link](javascript:alert(1))"))
    work()
    _plan(databases, context.organization_id)


@pytest.mark.usefixtures("troubled")
def test_the_page_says_what_is_wrong_and_what_to_do(visit: Visit) -> None:
    """Figures, steps, campaigns at risk, failures with their sentence and large changes stand on one page."""
    page = visit("overview")
    assert not page.exception
    assert not page.error
    shown = words(page)
    assert "Stop or correct “Spring”" in shown
    assert "The campaign starts in 2 days on" in shown
    assert "contact.city" in shown
    assert "Campaign, scheduled, starts in 2 days" in shown
    assert columns(page)["name"] == ["Everyone"]
    assert columns(page)["change"] == [40]
    (chart,) = page.get("vega_lite_chart")
    assert "Nobody in it: 1" in str(chart.proto.alt)


@pytest.mark.usefixtures("troubled")
def test_every_figure_leads_to_its_list(
    visit: Visit, create: Create, engine: Engine, context: OrganizationContext, databases: Databases
) -> None:
    """Who clicks a figure sees what it counts, filtered already; a figure of nothing leads nowhere (T80)."""
    assert not any("Review+due" in address for address in links(visit("overview")).values())
    create("Waits")
    engine.runs.cancel(context, engine.runs.find(context, create("Never"))[0].run_id)
    with databases.app.transaction(context.organization_id) as transaction:
        transaction.run(text("UPDATE segments SET review_on = '2020-01-01'"))
    found = links(visit("overview"))
    assert found["Show ready"] == "segments?state=Active&ready=Ready"
    assert found["Show do not use"] == "segments?state=Active&ready=Do+not+use"
    assert found["Show under way"] == "segments?state=Active&status=Running"
    assert found["**1** failed"] == "segments?state=Active&status=Failed"
    assert found["**1** never calculated"] == "segments?state=Active&status=Not+calculated"
    assert found["**2** used by nobody"] == "segments?state=Active&show=Unused"
    assert found["**5** due for a review"] == "segments?state=Active&show=Review+due"
    assert "segments?state=Active&show=Stale" in found.values()


@pytest.mark.usefixtures("troubled")
def test_the_list_understands_every_link(visit: Visit, role: Callable[[Role], None]) -> None:
    """A link asks the list for words that it offers; any other would be dropped and show everything (T80)."""
    role(Role.ADMIN)
    offered = {"state": STATE_WORDS, "status": STATUS_WORDS, "ready": READY_WORDS, "show": SHOW_WORDS}
    asked = [parse_qs(address.partition("?")[2]) for address in links(visit("overview")).values()]
    asked += [{key: [word] for key, word in query.items()} for page, query in PLACES.values() if page == "segments"]
    for query in asked:
        for key, values in query.items():
            assert key not in offered or set(values) <= set(offered[key]), query
    assert set(PLACES) == set(Topic)
    assert PLACES[Topic.STALE][1]["o_tab"] in TABS


@pytest.mark.usefixtures("troubled")
@pytest.mark.parametrize("who", list(Role))
def test_every_role_sees_the_page(
    who: Role, visit: Visit, role: Callable[[Role], None], databases: Databases, context: OrganizationContext
) -> None:
    """Everybody may look; a late source is a link for those who may open it, and text for others."""
    with databases.app.transaction(context.organization_id) as transaction:
        late = "UPDATE data_sources SET stale_after_hours = 1, last_imported_at = last_imported_at - interval '9 hours'"
        transaction.run(text(late))
    role(who)
    page = visit("overview")
    assert not page.exception
    assert not page.error
    shown = words(page)
    assert "Import “CRM”" in shown
    assert ("**Import “CRM”**" in links(page)) == (who is not Role.VIEWER)


@pytest.mark.usefixtures("troubled")
def test_user_text_is_text(visit: Visit) -> None:
    """A name that is Markdown is shown letter by letter."""
    page = visit("overview")
    assert any("\\*Broken\\*" in each.value for each in page.caption)
    assert not any("](javascript" in str(each.value) for each in page.markdown)


@pytest.mark.usefixtures("troubled")
def test_opening_the_page_starts_nothing(visit: Visit, engine: Engine, context: OrganizationContext) -> None:
    """Opening the first page starts no run, however much there is to calculate (RO5, T72)."""
    segment_id = engine.segments.id_by_name(context, "Everyone")
    before = engine.runs.find(context, segment_id)
    visit("overview")
    visit("overview")
    assert engine.runs.find(context, segment_id) == before


@pytest.mark.usefixtures("troubled")
def test_a_broken_question_is_a_sentence(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the figures cannot be read, the page says so and shows no program text (D8)."""

    def fail(_situation: object) -> None:
        message = "no such column: secret"
        raise RuntimeError(message)

    monkeypatch.setattr("segment_engine.use_cases.overview.next_steps", fail)
    page = visit("overview")
    assert not page.exception
    assert "Something unexpected went wrong" in "\n".join(error.value for error in page.error).replace("\\", "")
    assert "secret" not in words(page)
