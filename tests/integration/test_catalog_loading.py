"""The catalog as it is read: every kind of field and row type, and what a document names, followed to the end."""

from __future__ import annotations

import json
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from segment_engine.databases import Databases
from segment_engine.db.catalog import load_catalog
from segment_engine.db.session import Transaction
from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.catalog import Catalog, FieldType
from segment_engine.domain.limits import REFERENCE_CHAIN
from segment_engine.engine import Engine
from tests.integration.reference_worlds import add_contacts, calculate, city, document, in_lists, in_segments, save

STATEMENTS = (
    "INSERT INTO data_sources (organization_id, name, retention_days) VALUES (:o, 'Mail', 400), (:o, 'Shop', NULL)",
    """INSERT INTO event_types (organization_id, number, key, label, date_only, interaction, data_source_id)
    SELECT :o, 1, 'mail_opened', 'mail opened', false, 'opened', data_source_id FROM data_sources
    WHERE name = 'Mail'""",
    """INSERT INTO relations (organization_id, number, key, label, parent, time, data_source_id)
    SELECT :o, 1, 'orders', 'Orders', cast(NULL AS integer), 'instant', data_source_id FROM data_sources
    WHERE name = 'Shop' UNION ALL
    SELECT :o, 2, 'lines', 'Lines', 1, NULL, data_source_id FROM data_sources WHERE name = 'Shop'""",
    """INSERT INTO fields (organization_id, key, label, type, column_name, fold_column, choice_values, sensitive,
        event_type, relation) VALUES
    (:o, 'contact.tags', 'Tags', 'set', 'set_1', 'set_1_fold', '{a,b}', true, NULL, NULL),
    (:o, 'mail_opened.device', 'Device', 'text', 'text_1', NULL, '{}', false, 1, NULL),
    (:o, 'lines.sku', 'SKU', 'text', 'text_1', NULL, '{}', false, NULL, 2)""",
)


@pytest.fixture
def loaded(databases: Databases, organization_id: int) -> Catalog:
    """The catalog of an organization with a set, campaign history and two hops of related rows."""
    with databases.app.transaction(organization_id) as transaction:
        for statement in STATEMENTS:
            transaction.run(text(statement), {"o": organization_id})
        return load_catalog(transaction, organization_id)


def test_sets_interactions_and_relations_are_read(loaded: Catalog) -> None:
    """Each field stands with what it belongs to; retention is that of the source."""
    tags = loaded.fields["contact.tags"]
    assert (tags.type, tags.column, tags.fold_column, tags.values, tags.sensitive) == (
        FieldType.SET, "set_1", "set_1_fold", ("a", "b"), True,
    )  # fmt: skip
    assert set(loaded.fields) == {"contact.tags"}
    opened = loaded.events["mail_opened"]
    assert (opened.interaction, opened.retention_days, opened.source) == ("opened", 400, "Mail")
    assert set(opened.fields) == {"mail_opened.device"}
    orders, lines = loaded.relations["orders"], loaded.relations["lines"]
    assert (orders.parent, orders.time, orders.fields) == (None, FieldType.INSTANT, {})
    assert (lines.parent, lines.time, set(lines.fields), lines.retention_days) == ("orders", None, {"lines.sku"}, None)
    assert (loaded.segments, loaded.lists, loaded.campaigns) == ({}, {}, {})


def test_what_a_document_names_is_read(engine: Engine, context: OrganizationContext, databases: Databases) -> None:
    """Segments with their last run, lists and campaigns; what does not exist is left out, whatever form names it."""
    organization_id = context.organization_id
    add_contacts(databases, organization_id, ["Utrecht"])
    child = save(engine, context, "Child", document(city("Utrecht")))
    guests = engine.lists.create(context, "Guests", ["key-1"])
    campaign = add_campaign(databases, organization_id)
    before = engine.catalog(context, document(in_segments(child))).segments[str(child)]
    assert (before.name, before.state, before.status, before.run_id, before.as_of) == (
        "Child",
        "active",
        "queued",
        None,
        None,
    )
    calculate(databases)
    opened: dict[str, object] = {
        "kind": "campaign",
        "verb": "did",
        "interaction": "opened",
        "campaigns": [str(campaign).upper(), str(uuid4())],
    }
    named = document(in_segments(child, uuid4()), in_lists(guests.list_id), opened)
    for form in (named, json.dumps(named), json.dumps(named).encode()):
        known = engine.catalog(context, form)
        assert (set(known.segments), set(known.lists), set(known.campaigns)) == (
            {str(child)}, {str(guests.list_id)}, {str(campaign)},
        )  # fmt: skip
    read = known.segments[str(child)]
    run = engine.runs.find(context, child)[0]
    assert (read.status, read.run_id, read.as_of, read.member_count) == ("success", str(run.run_id), run.as_of, 1)
    assert read.criteria == engine.segments.get(context, child).criteria
    assert known.lists[str(guests.list_id)].member_count == 1
    assert known.campaigns[str(campaign)].name == "Spring"


def test_references_are_followed_to_the_end(engine: Engine, context: OrganizationContext, databases: Databases) -> None:
    """Children of children are read, also what they name, one step further than a chain may be long (T49)."""
    organization_id = context.organization_id
    add_contacts(databases, organization_id, ["Utrecht"])
    guests = engine.lists.create(context, "Guests", ["key-1"])
    chain: list[UUID] = [save(engine, context, "Step 0", document(in_lists(guests.list_id)))]
    for step in range(1, REFERENCE_CHAIN + 3):
        chain.append(uuid4())
        with databases.app.transaction(organization_id) as transaction:
            add_segment(transaction, organization_id, chain[-1], f"Step {step}", document(in_segments(chain[-2])))
    known = engine.catalog(context, document(in_segments(chain[-1])))
    assert set(known.segments) == {str(each) for each in chain[2:]}
    assert known.lists == {}
    known = engine.catalog(context, document(in_segments(chain[3])))
    assert set(known.segments) == {str(each) for each in chain[:4]}
    assert set(known.lists) == {str(guests.list_id)}


def test_a_child_that_cannot_be_read_has_no_criteria(
    engine: Engine, context: OrganizationContext, databases: Databases
) -> None:
    """A broken child is there by name, without criteria, and breaks nothing else (T43)."""
    broken = uuid4()
    with databases.app.transaction(context.organization_id) as transaction:
        add_segment(transaction, context.organization_id, broken, "Broken", document(city("Utrecht")))
    child = engine.catalog(context, document(in_segments(broken))).segments[str(broken)]
    assert (child.name, child.criteria) == ("Broken", None)


@pytest.mark.parametrize(
    "form", ["{", '{"root": [', "[" * 5_000, b"\xff", '{"segments": "x", "of": [{"lists": [1, null]}]}']
)
def test_a_document_that_is_none_names_nothing(engine: Engine, context: OrganizationContext, form: str | bytes) -> None:
    """Reading the catalog never fails over a document; the parser says what is wrong with it."""
    known = engine.catalog(context, form)
    assert (known.segments, known.lists, known.campaigns) == ({}, {}, {})


def add_campaign(databases: Databases, organization_id: int) -> UUID:
    """Store a campaign and return its id."""
    statement = """INSERT INTO campaigns (organization_id, name, channel) VALUES (:o, 'Spring', 'email')
    RETURNING campaign_id"""
    with databases.app.transaction(organization_id) as transaction:
        return transaction.scalar(text(statement), {"o": organization_id})


def add_segment(
    transaction: Transaction, organization_id: int, segment_id: UUID, name: str, criteria: dict[str, object]
) -> None:
    """Store a segment as it is, without any check."""
    values = {"o": organization_id, "s": segment_id, "name": name, "criteria": json.dumps(criteria)}
    for statement in (
        "INSERT INTO segments (organization_id, segment_id, name, name_fold) VALUES (:o, :s, :name, :name)",
        """INSERT INTO segment_versions (organization_id, segment_id, version, criteria)
        VALUES (:o, :s, 1, cast(:criteria AS jsonb))""",
    ):
        transaction.run(text(statement), values)
