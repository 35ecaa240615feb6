"""The import wizard from the first look to the report: every step, every role, and everything that can go wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from segment_engine.domain.access import OrganizationContext, Role
from segment_engine.engine import Engine
from segment_engine.imports.mapping import IMPORT_KINDS
from tests.integration.import_desk import KINDS
from tests.integration.importing import Importer
from tests.pages.conftest import IN_UTRECHT, Create, Visit, columns, words
from tests.pages.controls import element

PATIENCE = 100
PEOPLE = (
    "id,name,city,joined,empty\n1,Ada,Utrecht,31.12.2025,\n2,Bo,Gent,01.02.2026,\n2,Bo,Ghent,01.02.2026,\n,Cy,Gent,,\n"
)


def upload(page: AppTest, content: str | bytes, name: str = "people.csv") -> AppTest:
    """Give a file to the page and wait until it was looked at."""
    data = content.encode() if isinstance(content, str) else content
    page.file_uploader[0].set_value((name, data, "text/csv")).run()
    return until(page, lambda: page.button(key="import_next").disabled is False or bool(page.error))


def until(page: AppTest, there: Callable[[], bool]) -> AppTest:
    """Look again until something is there, as the page itself does while work goes on."""
    for _ in range(PATIENCE):
        assert not page.exception
        if there():
            return page
        page.run()
    pytest.fail(words(page))


def press(page: AppTest, key: str) -> AppTest:
    """Press a button by its key."""
    page.button(key=key).click().run()
    assert not page.exception
    return page


def has(page: AppTest, key: str) -> bool:
    """Tell whether a button is there."""
    return any(button.key == key for button in page.button)


def choose(page: AppTest, label: str, value: object) -> None:
    """Answer a question by its label."""
    element(page, label).set_value(value).run()
    assert not page.exception


def named(page: AppTest, name: str) -> AppTest:
    """Name a new data source."""
    if element(page, "Data source").value != "A new data source":
        choose(page, "Data source", "A new data source")
    choose(page, "Name of the new data source", name)
    return page


def to_columns(page: AppTest, content: str = PEOPLE, source: str = "CRM") -> AppTest:
    """Go through the first step."""
    return press(upload(named(page, source), content), "import_next")


def rehearsed(page: AppTest) -> AppTest:
    """Press on and wait for the rehearsal."""
    return until(press(page, "import_rehearse"), lambda: has(page, "import_run") or has(page, "import_another"))


def imported(page: AppTest) -> AppTest:
    """Press on and wait for the import."""
    return until(press(page, "import_run"), lambda: has(page, "import_another"))


def figures(page: AppTest) -> list[str]:
    """Give the five figures of a report."""
    return [metric.value for metric in page.metric]


def test_the_whole_way(visit: Visit, engine: Engine, context: OrganizationContext) -> None:
    """File, columns, rehearsal, import: the figures of both reports are the same and add up (T86)."""
    page = to_columns(visit("import"))
    assert element(page, "Key of the contact").value == "id"
    assert "The values look like “31.12.2025”" in words(page)
    rehearsed(page)
    assert figures(page) == ["4", "2", "0", "0", "2"]
    assert "4 read = 2 added + 0 updated + 0 unchanged + 2 rejected" in words(page)
    assert "The data source CRM" in words(page)
    assert columns(page)["field"] == ["contact.name", "contact.city", "contact.joined"]
    assert not engine.catalog(context).fields
    imported(page)
    assert figures(page) == ["4", "2", "0", "0", "2"]
    assert sorted(engine.catalog(context).fields) == ["contact.city", "contact.joined", "contact.name"]
    assert "Imported into CRM" in "\n".join(each.value for each in page.success)


def test_rejected_rows_are_shown_with_reason_and_number(visit: Visit) -> None:
    """Whoever reads the report can find the rows in the file."""
    table = columns(rehearsed(to_columns(visit("import"))))
    assert dict(zip(table["reason"], table["first"], strict=True)) == {
        "A later row of the same file has the same key; that one counts.": "2",
        "The row has no contact key.": "4",
    }


def test_the_second_file_is_decided_like_the_first(visit: Visit) -> None:
    """The same columns again: one button takes over everything, and the import says that nothing changes (T86)."""
    imported(rehearsed(to_columns(visit("import"))))
    page = visit("import")
    choose(page, "Data source", "CRM")
    press(upload(page, PEOPLE, "next month.csv"), "import_next")
    assert "“people.csv” had the same columns" in words(page)
    press(page, "import_same")
    assert figures(rehearsed(page)) == ["4", "0", "0", "2", "2"]
    assert "Nothing: source, rows and fields are there already" in words(page)


def test_what_the_address_asks_for_is_filled_in(visit: Visit, contacts: Importer) -> None:
    """A link of a source's page leads to its next import."""
    assert contacts.organization_id
    page = visit("import", i_source="Shop", i_kind="events")
    assert element(page, "Data source").value == "Shop"
    assert page.radio[0].value == "events"
    assert visit("import", i_kind="Campaign history").radio[0].value == "history"
    odd = visit("import", i_source="x" * 5000, i_kind="../..", i_step="9x")
    assert not odd.exception


@pytest.mark.parametrize("kind", list(KINDS))
@pytest.mark.usefixtures("contacts")
def test_every_kind_of_file(visit: Visit, kind: str) -> None:
    """Each kind asks for its own parts, finds the usual columns, and can be rehearsed."""
    content, decided = KINDS[kind]
    page = named(visit("import", i_kind=kind, i_source="Somewhere"), "Somewhere")
    press(upload(page, content), "import_next")
    if kind == "events":
        choose(page, "Event type", "A new one")
        choose(page, "Key of the new event type", "visit")
    if kind == "history":
        choose(page, "Campaign", "mailing")
        choose(page, "What happened", "opened")
    if kind == "related":
        choose(page, "Key of the new related table", "lines")
    labels = [role.label for role in IMPORT_KINDS[kind].roles if role.required]
    assert {label: element(page, label).value for label in labels}.keys() == set(labels)
    rehearsed(page)
    assert figures(page)[0] == str(content.count("\n") - 1)
    assert "python -m segment_engine import" in words(page)
    assert decided


def test_problems_are_all_said_at_once_and_stop_the_way(visit: Visit) -> None:
    """A name that cannot be used, twice the same field, no key: each is named with its column, and Next waits."""
    page = to_columns(visit("import"), "Ä,b,B,n\nx,1,1,1\n")
    assert page.button(key="import_rehearse").disabled
    said = words(page)
    assert "Choose the column for “Key of the contact”" in said
    assert "The field needs a name of small letters" in said
    assert "The column “b” becomes the field contact.b already" in said
    assert "3 things do not work yet" in said
    choose(page, "Key of the contact", "Ä")
    choose(page, "Field of “B”".replace("“B”", "“B”"), "Leave out")
    assert not page.button(key="import_rehearse").disabled


def test_a_type_can_be_chosen_and_the_reason_for_the_suggestion_is_said(visit: Visit) -> None:
    """Codes stay texts, nearly-numbers say which value is not one, and another type can be chosen."""
    content = "id,code,n\n" + "".join(f"{row},00{row},{row}\n" for row in range(30)) + "31,0099,none\n"
    page = to_columns(visit("import"), content)
    said = words(page)
    assert "Numbers that begin with a zero are codes" in said
    assert "Nearly all values are whole numbers; of the first 31, 1 are not, such as “none”" in said
    choose(page, "Type of “n”", "integer")
    table = columns(rehearsed(page))
    assert (table["type"], table["unreadable"]) == (["Text", "Whole number"], [0, 1])
    assert table["samples"] == ["", "none"]


@pytest.mark.usefixtures("contacts")
def test_a_field_keeps_its_type(visit: Visit) -> None:
    """The type of a field that is there is shown with the reason why it stays, and cannot be changed."""
    page = visit("import", i_source="CRM", i_kind="contacts")
    press(upload(page, "id,score,tier\n0001,7,gold\n"), "import_next")
    held = element(page, "Type of “score”")
    assert (held.value, held.disabled) == ("Whole number", True)
    assert "keeps that type" in held.help
    assert figures(rehearsed(page)) == ["1", "0", "1", "0", "0"]


@pytest.mark.usefixtures("contacts")
def test_segments_that_would_see_the_data_are_named_and_recalculated(
    visit: Visit, create: Create, work: Callable[[], None], engine: Engine, context: OrganizationContext
) -> None:
    """The rehearsal names who reads the source; after the import one button with their number recalculates them."""
    segment = create("In Utrecht", IN_UTRECHT)
    work()
    page = visit("import", i_source="CRM", i_kind="contacts")
    press(upload(page, "id,city\n0001,Gent\n"), "import_next")
    rehearsed(page)
    assert "In Utrecht" in words(page)
    assert "1 segment reads CRM" in words(page)
    imported(page)
    assert len(engine.runs.find(context, segment)) == 1
    assert page.button(key="import_recalculate").label == "Recalculate 1 segment"
    press(page, "import_recalculate")
    assert len(engine.runs.find(context, segment)) == 2


def test_going_back_keeps_everything(visit: Visit) -> None:
    """What was decided is there again after a step back, and after one back and forth."""
    page = to_columns(visit("import"))
    choose(page, "Field of “name”", "Leave out")
    choose(page, "Texts that mean “missing”", ["n/a"])
    press(page, "import_step.1")
    assert "people.csv" in words(page)
    press(page, "import_step.2")
    assert element(page, "Field of “name”").value == "Leave out"
    assert element(page, "Texts that mean “missing”").value == ["n/a"]
    press(rehearsed(page), "import_step.2")
    assert element(page, "Field of “name”").value == "Leave out"


def test_the_browsers_back_button_goes_back_a_step(visit: Visit) -> None:
    """The step stands in the address; an earlier one in it is followed, a later one that is not reached yet is not."""
    page = to_columns(visit("import"))
    assert page.query_params["i_step"] in ("2", ["2"])
    page.query_params["i_step"] = "1"
    assert "Step 1 of 4" in headings(page.run())
    page.query_params["i_step"] = "4"
    assert "Step 1 of 4" in headings(page.run())


def headings(page: AppTest) -> str:
    """Give the heading of the step."""
    return "\n".join(each.value for each in page.header)


BROKEN: list[tuple[bytes, str]] = [
    (b"", "is empty"),
    (b"id,name\n", "no rows below them"),
    (b"id,name\n1,\xff\xfe\xfa\n", "is not in UTF-8"),
    (b"id,id\n1,2\n", "more than one column called id"),
    (b"PK\x03\x04rest", "an Excel workbook"),
    (b"\x89PNG\r\n\x1a\n\0\0\0", "neither CSV nor Parquet"),
    (b"\x1f\x8b\x08\0broken", "damaged"),
]


@pytest.mark.parametrize(("content", "sentence"), BROKEN, ids=[sentence for _, sentence in BROKEN])
def test_a_file_that_cannot_be_used_says_why(visit: Visit, content: bytes, sentence: str) -> None:
    """Told by its content, whatever it is called; another file can be chosen at once (D11)."""
    page = visit("import")
    page.file_uploader[0].set_value(("people.csv", content, "text/csv")).run()
    until(page, lambda: bool(page.error))
    assert sentence in page.error[0].value.replace("\\", "").replace("\u2060", "")
    assert page.button(key="import_next").disabled
    if not page.file_uploader:
        press(page, "import_again")
    assert page.file_uploader


def test_names_of_files_and_columns_are_text(visit: Visit) -> None:
    """Paths, line feeds, quotes and Markdown in names are shown as typed, and lead nowhere (D7, D2)."""
    name = "../../etc/**x**\r\n<b>[l](javascript:1).csv"
    page = upload(named(visit("import"), "*S*"), "id,*a* [l](x)\n1,<b>:smile:\n", name)
    said = words(page)
    assert "**x**  <b>[l](javascript:1).csv" in said
    assert "etc/" not in said
    press(page, "import_next")
    assert "*a* [l](x)" in [each.value for each in page.text]


def test_who_may_not_import_is_told_why(visit: Visit, role: Callable[[Role], None]) -> None:
    """An analyst sees the reason and a way on; a viewer may not open the page at all."""
    role(Role.ANALYST)
    page = visit("import")
    assert "does not allow you to change data sources" in words(page)
    assert not page.file_uploader
    role(Role.VIEWER)
    assert "see data sources" in words(visit("import"))
    role(Role.OPS_LEAD)
    assert visit("import").file_uploader


def test_a_right_that_is_taken_away_stops_the_next_step(visit: Visit, role: Callable[[Role], None]) -> None:
    """Between two steps the seat may change: nothing more happens from then on."""
    page = rehearsed(to_columns(visit("import")))
    role(Role.ANALYST)
    page.button(key="import_run").click().run()
    assert not page.exception
    assert "does not allow you to change data sources" in words(page)


def test_many_columns_are_shown_in_pages(visit: Visit) -> None:
    """Of three hundred columns twenty are drawn; the search finds one, and all can be left out at once."""
    names = [f"column_{number}" for number in range(299)]
    content = ",".join(["id", *names]) + "\n" + ",".join(["1"] * 300) + "\n"
    page = to_columns(visit("import"), content)
    assert len(rows_shown(page)) == 20
    choose(page, "Search columns", "column_298")
    assert rows_shown(page) == ["Field of “column_298”"]
    press(page, next(str(each.key) for each in page.button if each.label == "Leave all out"))
    assert "0 columns imported, 299 columns left out" in words(page)
    assert figures(rehearsed(page)) == ["1", "1", "0", "0", "0"]


def rows_shown(page: AppTest) -> list[str]:
    """Give the questions for the fields that are drawn."""
    return [str(each.label).replace("\\", "") for each in page.selectbox if str(each.label).startswith("Field of")]


def test_a_running_import_is_found_again_and_can_be_cancelled(
    visit: Visit, server: Any, database_name: str, engine: Engine
) -> None:
    """Another visit sees what goes on, and can follow and cancel it; nothing of it stays."""
    from sqlalchemy import text  # noqa: PLC0415 - one statement that only this test needs

    from segment_engine.db.session import Database  # noqa: PLC0415 - as above
    from segment_engine.postgres.local import ADMINISTRATOR  # noqa: PLC0415 - as above

    page = rehearsed(to_columns(visit("import")))
    owner = Database(server.url(ADMINISTRATOR, database_name))
    with owner.transaction() as transaction:
        transaction.run(text("LOCK TABLE contacts IN SHARE MODE"))
        press(page, "import_run")
        assert has(page, "import_cancel")
        press(page, "import_cancel")
        until(page, lambda: any("was cancelled" in each.value for each in page.warning))
    owner.close()
    assert has(page, "import_run")
    assert figures(imported(page)) == ["4", "2", "0", "0", "2"]
    assert engine is not None
