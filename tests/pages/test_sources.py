"""The pages of data sources: every role, nothing yet, late ones, fields, imports, changes, limits and renaming."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from segment_engine.databases import Databases
from segment_engine.domain.access import OrganizationContext, Role
from segment_engine.engine import Engine
from tests.integration.importing import Importer, lines
from tests.pages.conftest import CONTACTS, IN_UTRECHT, Create, Visit, columns, words


def id_of(engine: Engine, context: OrganizationContext, name: str) -> UUID:
    """Find a source by its name."""
    return next(each.source_id for each in engine.sources.find(context) if each.name == name)


def button(page: Any, label: str) -> Any:
    """Find a button by its label."""
    return next(each for each in page.button if each.label == label)


# The list ----------------------------------------------------------------------------------------------------------


def test_without_sources_the_page_says_how_to_begin(visit: Visit) -> None:
    """The wizard, and the same as commands."""
    page = visit("sources")
    assert not page.exception
    assert "No data sources yet" in words(page)
    assert "import contacts contacts.csv" in words(page)
    assert not button(page, "Import the first file").disabled


@pytest.mark.usefixtures("contacts")
def test_the_list_shows_every_source(visit: Visit, create: Create) -> None:
    """What it delivers, how many rows, what the last import did, and who reads it."""
    create("In Utrecht", IN_UTRECHT)
    page = visit("sources")
    assert not page.exception
    said = words(page)
    for expected in ("CRM", "Shop", "order placed", "4 rows read, 4 added", "Read by 1 segment", "Not watched"):
        assert expected in said, expected
    assert "2 data sources" in said


@pytest.mark.usefixtures("contacts")
def test_the_table_has_the_same_figures(visit: Visit) -> None:
    """The view stands in the address."""
    shown = columns(visit("sources", s_view="Table"))
    assert shown["name"] == ["CRM", "Shop"]
    assert [list(each) for each in shown["freshness"]] == [["Not watched"], ["Not watched"]]
    assert [int(each) for each in shown["rows"]] == [4, 3]


@pytest.mark.usefixtures("contacts")
def test_late_sources_stand_first_and_can_be_asked_for(
    visit: Visit, engine: Engine, context: OrganizationContext, databases: Databases
) -> None:
    """With the word, the span that was agreed, and nothing else when filtered."""
    engine.sources.set_limits(context, id_of(engine, context, "Shop"), stale_after_hours=24)
    with databases.migrator.transaction() as transaction:
        late = "UPDATE data_sources SET last_imported_at = now() - interval '31 hours' WHERE name = 'Shop'"
        transaction.run(text(late))
    assert columns(visit("sources", s_view="Table"))["name"] == ["Shop", "CRM"]
    assert columns(visit("sources", s_view="Table", s_freshness="Late"))["name"] == ["Shop"]
    page = visit("source", id=str(id_of(engine, context, "Shop")))
    assert "it should deliver every 24 hours" in words(page)


@pytest.mark.usefixtures("contacts")
def test_a_search_without_result_can_be_reset(visit: Visit) -> None:
    """One step leads back to all of them."""
    page = visit("sources", s_q="nothing like it")
    assert "No data source matches" in words(page)
    button(page, "Reset filters").click().run()
    assert "CRM" in words(page)


@pytest.mark.usefixtures("contacts")
def test_an_analyst_sees_and_cannot_import(visit: Visit, role: Callable[[Role], None]) -> None:
    """The way is closed with the reason."""
    role(Role.ANALYST)
    page = visit("sources")
    assert "CRM" in words(page)
    assert button(page, "Import a file").disabled
    assert "does not allow you to change data sources" in button(page, "Import a file").help


@pytest.mark.usefixtures("contacts")
def test_a_viewer_is_told_why_there_is_nothing(
    visit: Visit, engine: Engine, context: OrganizationContext, role: Callable[[Role], None]
) -> None:
    """List and source alike."""
    source_id = id_of(engine, context, "CRM")
    role(Role.VIEWER)
    for page in (visit("sources"), visit("source", id=str(source_id))):
        assert "does not allow you to see data sources" in words(page)
        assert not page.dataframe


# One source --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", ["", "nonsense", "00000000-0000-4000-8000-000000000001"])
def test_an_unknown_source_is_not_found(visit: Visit, asked: str) -> None:
    """One sentence and the way back, whatever stands in the address."""
    page = visit("source", id=asked)
    assert not page.exception
    assert "No such data source" in words(page)


@pytest.mark.usefixtures("contacts")
def test_fields_are_listed_with_missing_values(
    visit: Visit, engine: Engine, context: OrganizationContext, create: Create
) -> None:
    """Share missing, different values, what is common, who uses it; and one field in full."""
    create("In Utrecht", IN_UTRECHT)
    page = visit("source", id=str(id_of(engine, context, "CRM")), d_field="contact.city")
    assert not page.exception
    shown = columns(page)
    city = shown["label"].index("City")
    assert (shown["missing"][city], shown["distinct"][city], shown["users"][city]) == (25.0, 2, 1)
    assert shown["common"][city] == "Utrecht, 66.7%"
    said = words(page)
    assert "contact.city · text" in said
    assert "In Utrecht" in said
    assert "Of 4 rows." in said


@pytest.mark.usefixtures("contacts")
def test_a_field_that_tells_who_a_contact_is_shows_no_values(
    visit: Visit, engine: Engine, context: OrganizationContext
) -> None:
    """Counts only, and why."""
    page = visit("source", id=str(id_of(engine, context, "CRM")), d_field="contact.email")
    said = words(page)
    assert "They would tell who a contact is" in said
    assert "ada@example.org" not in said


def test_a_source_with_very_many_fields_opens(
    visit: Visit, engine: Engine, context: OrganizationContext, contacts: Importer
) -> None:
    """As many as there is room for; search narrows them."""
    names = [f"answer_{each}" for each in range(30)] + [f"mark_{each}" for each in range(30)]
    rows = [(f"{each:04}", *(["yes"] * 30), *([each] * 30)) for each in range(1, 5)]
    contacts.contacts(lines(("id", *names), *rows), source="Survey")
    source_id = str(id_of(engine, context, "Survey"))
    assert len(columns(visit("source", id=source_id))["key"]) == 60
    assert columns(visit("source", id=source_id, d_q="mark_7"))["key"] == ["contact.mark_7"]
    assert "No field has this" in words(visit("source", id=source_id, d_q="nothing"))


def test_a_source_without_fields_says_so(
    visit: Visit, engine: Engine, context: OrganizationContext, contacts: Importer
) -> None:
    """Consents alone are no mistake."""
    rows = lines(("id", "channel", "state", "recorded_at"), ("0001", "email", "granted", "2026-01-01T00:00:00Z"))
    contacts.consents(rows)
    with contacts.database.transaction(contacts.organization_id) as transaction:
        name = "UPDATE fields SET data_source_id = NULL WHERE organization_id = :o AND event_type IS NULL"
        transaction.run(text(name), {"o": contacts.organization_id})
    assert "No fields" in words(visit("source", id=str(id_of(engine, context, "CRM"))))


def test_imports_add_up_and_show_what_was_rejected(
    visit: Visit, engine: Engine, context: OrganizationContext, contacts: Importer
) -> None:
    """The sum in one line, every reason with its rows, and values that could not be read (T29, T86)."""
    contacts.contacts(lines(("id", "score"), ("0001", "many"), ("", 5), ("0002", 7)))
    page = visit("source", id=str(id_of(engine, context, "CRM")), d_tab="Imports")
    assert not page.exception
    said = words(page)
    assert "3 rows read = 0 added + 2 updated + 0 unchanged + 1 rejected" in said
    assert "1 value could not be read and counts as missing" in said
    shown = columns(page)
    assert shown["why"] == ["The row has no contact key."]
    assert shown["samples"][1] == "many"


def test_an_earlier_import_opens_by_its_address(
    visit: Visit, engine: Engine, context: OrganizationContext, contacts: Importer
) -> None:
    """And an address of nothing shows the newest."""
    contacts.contacts("id,score\n0001,11\n")
    source_id = id_of(engine, context, "CRM")
    first = engine.sources.imports(context, source_id).items[-1]
    page = visit("source", id=str(source_id), d_tab="Imports", d_import=str(first.import_id))
    assert "4 rows read = 4 added" in words(page)
    page = visit("source", id=str(source_id), d_tab="Imports", d_import="nothing", d_page="x")
    assert "1 row read = 0 added + 1 updated" in words(page)


# Drift -------------------------------------------------------------------------------------------------------------


def people(city: str) -> str:
    """Contacts who all live in one city."""
    return lines(("id", "city"), *((f"{each:04}", city if each % 5 else "Delft") for each in range(200)))


def test_a_first_import_has_nothing_to_be_compared_with(
    visit: Visit, engine: Engine, context: OrganizationContext, contacts: Importer
) -> None:
    """It says when there will be."""
    page = visit("source", id=str(id_of(engine, context, "CRM")), d_tab="Drift")
    assert "Nothing to compare yet" in words(page)
    contacts.contacts(CONTACTS)
    page = visit("source", id=str(id_of(engine, context, "CRM")), d_tab="Drift")
    assert "Nothing changed that matters" in words(page)


def test_changes_stand_with_what_they_touch(
    visit: Visit, engine: Engine, context: OrganizationContext, contacts: Importer, create: Create
) -> None:
    """Level, sentence, segments; several changes of one field together."""
    create("In Utrecht", IN_UTRECHT)
    for city in ("Utrecht", "Leiden"):
        contacts.contacts(people(city))
    page = visit("source", id=str(id_of(engine, context, "CRM")), d_tab="Drift")
    assert not page.exception
    said = words(page)
    assert "Serious" in said
    assert "“Utrecht” went from 80.0% to 0.0%" in said or "“Leiden” went from 0.0% to 80.0%" in said
    assert said.count("In Utrecht") == 1


# Settings ----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("contacts")
def test_limits_are_saved(visit: Visit, engine: Engine, context: OrganizationContext) -> None:
    """Watch, choose the hours, save; the page says what holds now."""
    source_id = id_of(engine, context, "CRM")
    page = visit("source", id=str(source_id), d_tab="Settings")
    page.toggle[0].set_value(True).run()
    page.number_input[0].set_value(30).run()
    button(page, "Save").click().run()
    assert engine.sources.get(context, source_id).stale_after_hours == 30
    assert "Late after 30 hours" in words(page)
    assert button(page, "Save").disabled


@pytest.mark.usefixtures("contacts")
def test_a_field_is_renamed_step_by_step(
    visit: Visit, engine: Engine, context: OrganizationContext, create: Create
) -> None:
    """What will change and what will not, with numbers, then the act; the segment keeps working (T41)."""
    segment_id = create("In Utrecht", IN_UTRECHT)
    page = visit("source", id=str(id_of(engine, context, "CRM")), d_tab="Settings", d_rename="contact.city")
    assert button(page, "Rename").disabled
    page.text_input(key="d_new_key.contact.city").set_value("town").run()
    said = words(page)
    assert "The field contact.city is called contact.town." in said
    assert "1 segment: criteria, past versions and runs stay" in said
    button(page, "Rename, used by 1 segment").click().run()
    assert not page.exception
    assert "contact.city still leads to it" in words(page)
    assert page.selectbox(key="d_rename").value == "contact.town"
    assert engine.segments.get(context, segment_id).criteria_problem is None


@pytest.mark.usefixtures("contacts")
def test_a_name_that_is_taken_is_refused_in_place(visit: Visit, engine: Engine, context: OrganizationContext) -> None:
    """The sentence stands under the boxes and there is no button to press."""
    page = visit("source", id=str(id_of(engine, context, "CRM")), d_tab="Settings", d_rename="contact.city")
    page.text_input(key="d_new_key.contact.city").set_value("tier").run()
    assert "leads to the field contact.tier" in words(page)
    assert not [each for each in page.button if each.label.startswith("Rename")]


@pytest.mark.usefixtures("contacts")
def test_an_analyst_changes_nothing(
    visit: Visit, engine: Engine, context: OrganizationContext, role: Callable[[Role], None]
) -> None:
    """Everything is visible, disabled, and says why."""
    source_id = str(id_of(engine, context, "CRM"))
    role(Role.ANALYST)
    page = visit("source", id=source_id, d_tab="Settings")
    assert page.toggle[0].disabled
    assert button(page, "Save").disabled
    assert button(page, "Rename").disabled
    assert "does not allow you to change data sources" in button(page, "Rename").help


def test_a_hostile_name_is_shown_as_text(visit: Visit, contacts: Importer) -> None:
    """Markdown in names of sources, files and columns stays what it is (D2)."""
    name = "**bold** :red[x] ![a](https://example.org/a.png)"
    contacts.contacts("id,motto\n0001,hello\n", source=name)
    page = visit("sources")
    assert not page.exception
    assert name in words(page)
