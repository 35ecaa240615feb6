"""Renaming a field breaks nothing: what was stored keeps its meaning, under every name the field ever had."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from segment_engine.databases import Databases
from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.segment import SegmentDraft
from segment_engine.engine import Engine
from segment_engine.errors import InputError, NameTaken
from segment_engine.worker.loop import Worker
from tests.integration.importing import Importer

CONTACTS = """id,city,tier,score,limit
1,Utrecht,gold,10,5
2,Gent,silver,25,30
3,Utrecht,gold,40,41
4,,bronze,,7
"""
ORDERS = """id,at,total,status
1,2026-01-05T10:00:00Z,12.50,sent
1,2026-02-05T10:00:00Z,99.00,sent
3,2026-02-06T10:00:00Z,20.00,returned
"""
LINES = """id,no,article
1,A,shoe
2,B,hat
"""
OLD = ("contact.city", "contact.tier", "contact.score", "order_placed.total", "order_placed.status", "lines.article")
Document = dict[str, Any]


def document(*conditions: Document, limit: Document | None = None) -> Document:
    """Criteria of one group, and perhaps a limit."""
    found: Document = {"format": "segment-criteria", "version": 1, "base": "contacts"}
    found["root"] = {"group": "all", "of": list(conditions)}
    return found if limit is None else {**found, "limit": limit}


def where(key: str, op: str, value: object) -> Document:
    """A group of one property."""
    return {"group": "all", "of": [{"kind": "property", "field": key, "op": op, "value": value}]}


EVERY_PLACE: dict[str, Document] = {
    "attribute": document({"kind": "attribute", "field": "contact.city", "op": "equals", "value": "Utrecht"}),
    "negated": document({"kind": "attribute", "field": "contact.city", "op": "not_equals", "value": "Utrecht"}),
    "ordered": document({"kind": "attribute", "field": "contact.tier", "op": "gte", "value": "silver"}),
    "compared": document(
        {"kind": "compare_fields", "left": {"field": "contact.limit"}, "op": "lt", "right": {"field": "contact.score"}}
    ),
    "property": document(
        {"kind": "event", "event": "order_placed", "verb": "did", "where": where("order_placed.total", "gt", "15.00")}
    ),
    "figure": document(
        {
            "kind": "aggregate", "from": {"event": "order_placed"}, "function": "sum", "of": "order_placed.total",
            "where": where("order_placed.status", "equals", "sent"), "op": "gt", "value": "50.00",
        }
    ),
    "related": document(
        {"kind": "related", "path": ["lines"], "quantifier": "any", "where": where("lines.article", "equals", "hat")}
    ),
    "ranked": document(
        {"kind": "all_contacts"},
        limit={
            "top_n": 2, "ties": "cut",
            "order_by": [{"value": {"field": "contact.score"}, "direction": "desc"}],
        },
    ),
}  # fmt: skip


@pytest.fixture
def importer(databases: Databases, organization_id: int, tmp_path: Path) -> Importer:
    """Contacts, orders and lines of two sources."""
    found = Importer(databases.app, organization_id, tmp_path)
    found.contacts(CONTACTS, types={"tier": "ordered:bronze|silver|gold"})
    found.events(ORDERS, types={"total": "money:EUR:2"})
    found.related(LINES, "lines")
    return found


Save = Callable[[str, Document], Any]


@pytest.fixture
def save(engine: Engine, context: OrganizationContext) -> Save:
    """Save a segment, whatever the linter thinks of it."""
    return lambda name, criteria: engine.segments.create(
        context,
        SegmentDraft(name, "", criteria, accepted_warnings=frozenset({"L-DUPLICATE", "L-ALL", "L-NEAR", "L-TIES"})),
    )


def rename_all(engine: Engine, context: OrganizationContext) -> None:
    """Give every field another name."""
    for key in OLD:
        engine.sources.rename_field(context, key, new_key=f"{key}_now")


def answers(engine: Engine, context: OrganizationContext, criteria: Document) -> tuple[list[str], list[bool]]:
    """Members by SQL, and for each contact the answer of the second evaluator."""
    told = [engine.analysis.explain(context, str(each), document=criteria) for each in range(1, 5)]
    return list(engine.evaluation.keys(context, criteria)), [each.member for each in told]


@pytest.mark.usefixtures("importer")
@pytest.mark.parametrize("place", list(EVERY_PLACE))
def test_criteria_find_the_same_contacts_after_a_renaming(
    engine: Engine, context: OrganizationContext, place: str
) -> None:
    """In SQL and in explanations, wherever a field can stand, by the old name and by the new one (T41, T44)."""
    criteria = EVERY_PLACE[place]
    before = answers(engine, context, criteria)
    assert 0 < len(before[0]) < 4
    rename_all(engine, context)
    assert answers(engine, context, criteria) == before
    catalog = engine.catalog(context)
    assert not any(key in OLD for key in catalog.fields)
    assert set(OLD) == set(catalog.aliases)


def test_stored_documents_stay_and_are_read_under_the_new_name(
    engine: Engine, context: OrganizationContext, databases: Databases, importer: Importer, save: Save
) -> None:
    """Versions and runs are not rewritten; the editor, the sentence and the next run use the name of today (T41)."""
    saved = save("In Utrecht", EVERY_PLACE["attribute"])
    while Worker(databases.worker).work_once():
        pass
    stored = [row["criteria"] for row in importer.rows("SELECT criteria FROM segment_versions")]
    engine.sources.rename_field(context, "contact.city", new_key="contact.town", new_label="Home town")
    assert [row["criteria"] for row in importer.rows("SELECT criteria FROM segment_versions")] == stored
    read = engine.segments.get(context, saved.segment_id)
    assert read.criteria_problem is None
    assert read.document["root"]["of"][0]["field"] == "contact.town"  # pyright: ignore[reportIndexIssue, reportArgumentType, reportCallIssue, reportUnknownVariableType] - JSON
    assert "Home town" in str(engine.segments.sentence(context, read.document))
    run = engine.runs.request(context, saved.segment_id)
    while Worker(databases.worker).work_once():
        pass
    assert engine.runs.get(context, run.run_id).member_count == 2


@pytest.mark.usefixtures("importer")
def test_a_renaming_is_no_edit(engine: Engine, context: OrganizationContext, save: Save) -> None:
    """Whoever saves a new title afterwards makes no new version and starts no run."""
    saved = save("In Utrecht", EVERY_PLACE["attribute"])
    engine.sources.rename_field(context, "contact.city", new_key="contact.town")
    opened = engine.segments.get(context, saved.segment_id)
    draft = SegmentDraft("Utrechters", "", opened.document)
    again = engine.segments.update(context, saved.segment_id, expected_revision=opened.revision, draft=draft)
    assert (again.version, again.name) == (saved.version, "Utrechters")


@pytest.mark.usefixtures("importer")
def test_a_double_is_recognized_across_a_renaming(engine: Engine, context: OrganizationContext, save: Save) -> None:
    """The fingerprint of criteria is that of the field, whatever it was called when they were saved."""
    first = save("In Utrecht", EVERY_PLACE["attribute"])
    engine.sources.rename_field(context, "contact.city", new_key="contact.town")
    engine.sources.rename_field(context, "contact.town", new_key="contact.place")
    renamed = document({"kind": "attribute", "field": "contact.place", "op": "equals", "value": "Utrecht"})
    second = save("Also in Utrecht", renamed)
    assert [each.segment_id for each in engine.segments.duplicates(context, second.segment_id)] == [first.segment_id]


@pytest.mark.usefixtures("importer")
def test_names_can_follow_each_other_and_come_back(engine: Engine, context: OrganizationContext, save: Save) -> None:
    """a, then b, then c, then a again: every name leads to the field, and the fingerprint never moves."""
    before = save("In Utrecht", EVERY_PLACE["attribute"])
    for old, new in (("city", "town"), ("town", "place"), ("place", "city"), ("city", "home")):
        engine.sources.rename_field(context, f"contact.{old}", new_key=f"contact.{new}")
        for name in ("city", new):
            criteria = document({"kind": "attribute", "field": f"contact.{name}", "op": "equals", "value": "Utrecht"})
            assert list(engine.evaluation.keys(context, criteria)) == ["1", "3"]
    field = engine.catalog(context).fields["contact.town"]
    assert (field.key, set(field.aliases)) == ("contact.home", {"contact.city", "contact.town", "contact.place"})
    assert field.identity == "contact.city"
    again = save(
        "The same", document({"kind": "attribute", "field": "contact.home", "op": "equals", "value": "Utrecht"})
    )
    assert [each.segment_id for each in engine.segments.duplicates(context, again.segment_id)] == [before.segment_id]


@pytest.mark.usefixtures("importer")
@pytest.mark.parametrize(
    ("new_key", "error", "said"),
    [
        ("contact.tier", NameTaken, "leads to the field contact.tier"),
        ("contact.points", NameTaken, "had this name before"),
        ("contact.email", NameTaken, "kept for the standard field Email"),
        ("order_placed.city", InputError, "Write contact. and a name"),
        ("contact.Größe", InputError, "small letters"),
        ("contact.", InputError, "small letters"),
        ("city", InputError, "Write contact."),
    ],
)
def test_a_name_that_is_none_or_belongs_elsewhere_is_refused(
    engine: Engine, context: OrganizationContext, new_key: str, error: type[Exception], said: str
) -> None:
    """Neither a name in use, nor one another field had, nor one of another table (T44); nothing changes."""
    engine.sources.rename_field(context, "contact.score", new_key="contact.points")
    engine.sources.rename_field(context, "contact.points", new_key="contact.marks")
    for act in (engine.sources.plan_rename, engine.sources.rename_field):
        with pytest.raises(error, match=said):
            act(context, "contact.city", new_key=new_key)
    assert "contact.city" in list(engine.catalog(context).fields)


@pytest.mark.usefixtures("importer")
def test_an_unknown_field_or_no_change_is_refused(engine: Engine, context: OrganizationContext) -> None:
    """Each with what to do instead."""
    with pytest.raises(InputError, match="no field"):
        engine.sources.rename_field(context, "contact.nothing", new_key="contact.something")
    with pytest.raises(InputError, match="Nothing would change"):
        engine.sources.rename_field(context, "contact.city", new_key="contact.city")
    with pytest.raises(InputError, match="needs a name"):
        engine.sources.rename_field(context, "contact.city", new_label="  ")


def test_a_file_with_the_old_column_still_fills_the_field(
    engine: Engine, context: OrganizationContext, importer: Importer
) -> None:
    """By its old name, by its new one, and never into a second field; both at once are refused."""
    engine.sources.rename_field(context, "contact.city", new_key="contact.town")
    assert importer.contacts("id,city\n2,Leiden\n").fields[0].key == "contact.town"
    assert importer.contacts("id,town\n4,Delft\n").fields[0].key == "contact.town"
    assert importer.contacts("id,place\n1,Breda\n", renames={"place": "city"}).fields[0].key == "contact.town"
    assert importer.values("contacts", "contact.town") == [("Breda",), ("Leiden",), ("Utrecht",), ("Delft",)]
    with pytest.raises(InputError, match=r"city and town would both become contact\.town"):
        importer.contacts("id,city,town\n1,a,b\n")
    with pytest.raises(InputError, match="belongs to the data source “CRM”"):
        importer.contacts("id,city\n1,a\n", source="Other")


def test_events_already_there_are_known_after_a_renaming(
    engine: Engine, context: OrganizationContext, importer: Importer
) -> None:
    """An event without an id is known by its values, which the name of a property is no part of (T86)."""
    engine.sources.rename_field(context, "order_placed.total", new_key="order_placed.amount")
    again = importer.events(ORDERS)
    assert (again.added, again.unchanged) == (0, 3)


@pytest.mark.usefixtures("importer")
def test_a_plan_says_what_a_renaming_would_do(
    engine: Engine, context: OrganizationContext, databases: Databases, save: Save
) -> None:
    """Who uses the field and how many imports brought it, with nothing changed; the act is on record."""
    saved = save("In Utrecht", EVERY_PLACE["attribute"])
    plan = engine.sources.plan_rename(context, "contact.city", new_key="contact.town", new_label="Home town")
    assert [each.user_id for each in plan.used_by] == [saved.segment_id]
    assert (plan.import_count, plan.names) == (1, ("contact.town", "contact.city"))
    assert "contact.city" in list(engine.catalog(context).fields)
    done = engine.sources.rename_field(context, "contact.city", new_key="contact.town", new_label="Home town")
    assert done == plan
    with databases.app.transaction(context.organization_id) as transaction:
        line = transaction.the(text("SELECT * FROM audit_events WHERE action = 'field.rename'"))
    assert (line.object_id, line.detail["key"], line.detail["used_by"]) == ("contact.town", "contact.city", 1)
    assert engine.sources.plan_rename(context, "contact.city", new_label="City").key == "contact.town"


@pytest.mark.usefixtures("importer")
def test_profiles_follow_the_field(engine: Engine, context: OrganizationContext, importer: Importer) -> None:
    """What was recorded under the old name is that of the field: no field is gone, none is new."""
    engine.sources.rename_field(context, "contact.city", new_key="contact.town")
    importer.contacts(CONTACTS.replace(",city,", ",town,"))
    assert len(engine.sources.field_history(context, "contact.town")) == 2
    crm = next(each for each in engine.sources.find(context) if each.name == "CRM")
    found = engine.sources.drift(context, crm.source_id)
    assert [each.finding.sentence for each in found.findings] == [
        "The column “city” is called “town” now and fills the same field."
    ]


def test_a_type_declared_under_the_old_name_still_fits(
    engine: Engine, context: OrganizationContext, importer: Importer
) -> None:  # fmt: skip
    """The words of a stored command keep their meaning."""
    engine.sources.rename_field(context, "contact.tier", new_key="contact.level")
    report = importer.contacts("id,tier\n4,gold\n", types={"tier": "ordered:bronze|silver|gold"})
    assert (report.fields[0].key, report.updated) == ("contact.level", 1)


def test_another_organization_keeps_its_names(engine: Engine, context: OrganizationContext, importer: Importer) -> None:
    """A renaming is of one organization alone."""
    other = engine.organizations.create("Other")
    Importer(importer.database, other, importer.folder).contacts(CONTACTS)
    engine.sources.rename_field(context, "contact.city", new_key="contact.town")
    with importer.database.transaction(other) as transaction:
        keys = transaction.rows(text("SELECT key FROM fields WHERE organization_id = :o"), {"o": other})
    assert "contact.city" in {row.key for row in keys}
