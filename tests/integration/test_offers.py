"""What a builder may offer, on real PostgreSQL: short lists, and the values of a field where they are few."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text

from segment_engine.databases import Databases
from segment_engine.domain.access import PERMISSIONS, OrganizationContext, Role
from segment_engine.domain.offers import MOST_VALUES, TopicOffer, ValueOffer
from segment_engine.domain.segment import SegmentState
from segment_engine.engine import Engine
from segment_engine.errors import CriteriaError, InputError, PermissionDenied
from tests.integration.reference_worlds import EVERYONE, add_contacts, calculate, document, save

FIELDS = """INSERT INTO fields (organization_id, key, label, type, column_name, sensitive, event_type) VALUES
    (:o, 'contact.email', 'Email', 'text', 'email', false, NULL),
    (:o, 'contact.tier', 'Tier', 'text', 'text_1', true, NULL),
    (:o, 'contact.tags', 'Tags', 'set', 'set_1', false, NULL),
    (:o, 'contact.children', 'Children', 'integer', 'number_1', false, NULL),
    (:o, 'contact.member', 'Member', 'boolean', 'boolean_1', false, NULL),
    (:o, 'contact.joined', 'Joined', 'date', 'date_1', false, NULL),
    (:o, 'contact.number', 'Number', 'integer', 'number_2', false, NULL),
    (:o, 'visited.page', 'Page', 'text', 'text_1', false, 1)"""
STATEMENTS = (
    "INSERT INTO data_sources (organization_id, name) VALUES (:o, 'Site')",
    """INSERT INTO event_types (organization_id, number, key, label, date_only, data_source_id)
    SELECT :o, n, 'visited' || substr('x', 1, n - 1), 'visited', false, data_source_id
    FROM data_sources, generate_series(1, 2) AS n""",
    FIELDS,
    """UPDATE contacts SET text_1 = 'gold', set_1 = CASE WHEN number = 1 THEN '{a,b}'::text[] ELSE '{b}' END,
        number_1 = number / 2, number_2 = 10, boolean_1 = number = 1, email = number || '@example.test'
    WHERE number <= 3""",
    "UPDATE contacts SET deleted_at = now() WHERE number = 4",
    "UPDATE contacts SET text_1 = 'silver' WHERE number = 4",
    """INSERT INTO events (organization_id, contact_number, event_type, event_key, event_number, occurred_at, text_1)
    SELECT :o, 1, n % 2 + 1, gen_random_uuid(), n, now(), CASE WHEN n < 5 THEN 'home' ELSE 'shop' END
    FROM generate_series(1, 6) AS n""",
    """INSERT INTO consents (organization_id, contact_number, channel, consent_number, topic, state, recorded_at)
    VALUES (:o, 1, 'email', 1, 'news', 'granted', now()), (:o, 2, 'email', 2, 'news', 'withdrawn', now()),
        (:o, 1, 'email', 3, NULL, 'granted', now()), (:o, 1, 'sms', 4, 'alerts', 'granted', now())""",
    """INSERT INTO relations (organization_id, number, key, label, data_source_id)
    SELECT :o, n, 'car' || substr('s', 1, n - 1), 'car', data_source_id
    FROM data_sources, generate_series(1, 2) AS n""",
    """INSERT INTO fields (organization_id, key, label, type, column_name, relation)
    VALUES (:o, 'car.maker', 'Maker', 'text', 'text_1', 1)""",
    """INSERT INTO related_rows (organization_id, contact_number, row_number, relation, row_key, text_1)
    SELECT :o, 1, n, n % 2 + 1, n::text, CASE WHEN n < 5 THEN 'Ford' ELSE 'Fiat' END FROM generate_series(1, 6) AS n""",
)


@pytest.fixture(autouse=True)
def world(databases: Databases, organization_id: int) -> None:
    """Three contacts with values, a deleted one, some events and consents."""
    add_contacts(databases, organization_id, ["Utrecht", "Utrecht", "Gent", "Gent"])
    with databases.app.transaction(organization_id) as transaction:
        for statement in STATEMENTS:
            transaction.run(text(statement), {"o": organization_id})


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("contact.city", [("Utrecht", 2), ("Gent", 1)]),
        ("contact.tier", [("gold", 3)]),
        ("contact.tags", [("b", 3), ("a", 1)]),
        ("contact.children", [(1, 2), (0, 1)]),
        ("contact.member", [(False, 2), (True, 1)]),
        ("visited.page", [("home", 2), ("shop", 1)]),
        ("car.maker", [("Ford", 2), ("Fiat", 1)]),
    ],
)
def test_few_values_are_offered_with_counts(
    engine: Engine, context: OrganizationContext, key: str, values: list[tuple[object, int]]
) -> None:
    """Values as stored, most frequent first, of contacts of the base and of rows of that kind only (T77)."""
    offered = engine.offers.values(context, key)
    assert offered is not None
    assert [(each.value, each.count) for each in offered] == values


def test_many_values_are_not_offered(engine: Engine, context: OrganizationContext, databases: Databases) -> None:
    """Fifty different values are a list to choose from, fifty-one are not; a date is no choice at all."""
    organization_id = context.organization_id
    with databases.app.transaction(organization_id) as transaction:
        transaction.run(
            text(
                "INSERT INTO contacts (organization_id, number, external_key, number_2) "
                "SELECT :o, n, n, n FROM generate_series(11, 59) AS n"
            ),
            {"o": organization_id},
        )
    offered = engine.offers.values(context, "contact.number")
    assert offered is not None
    assert len(offered) == MOST_VALUES
    assert offered[0] == ValueOffer(10, 3)
    with databases.app.transaction(organization_id) as transaction:
        transaction.run(
            text("INSERT INTO contacts (organization_id, number, external_key, number_2) VALUES (:o, 60, '60', 60)"),
            {"o": organization_id},
        )
    assert engine.offers.values(context, "contact.number") is None
    assert engine.offers.values(context, "contact.joined") is None
    with pytest.raises(InputError, match=r"no field “contact\.none”"):
        engine.offers.values(context, "contact.none")


@pytest.mark.parametrize("key", ["contact.tier", "contact.email"])
def test_sensitive_and_identifying_values_need_the_right_to_see_contacts(
    engine: Engine, context: OrganizationContext, key: str
) -> None:
    """A viewer sees counts, never contacts: neither in the values of a field nor through criteria."""
    viewer = replace(context, role=Role.VIEWER, permissions=PERMISSIONS[Role.VIEWER])
    with pytest.raises(PermissionDenied) as refused:
        engine.offers.values(viewer, key)
    assert refused.value.permission == "ce.members.view"
    assert engine.offers.values(context, key) is not None


def test_criteria_over_sensitive_fields_need_the_right_to_see_contacts(
    engine: Engine, context: OrganizationContext
) -> None:
    """Counting one value after another would show what the field itself does not (sensitive_field)."""
    viewer = replace(context, role=Role.VIEWER, permissions=PERMISSIONS[Role.VIEWER])
    gold = document({"kind": "attribute", "field": "contact.tier", "op": "equals", "value": "gold"})
    assert engine.evaluation.count(context, gold) == 3
    with pytest.raises(CriteriaError) as refused:
        engine.evaluation.count(viewer, gold)
    assert [problem.code for problem in refused.value.problems] == ["sensitive_field"]
    segment_id = save(engine, context, "Gold", gold)
    assert engine.segments.get(viewer, segment_id).criteria is not None
    assert "Tier" in engine.segments.sentence(viewer, gold).text


def test_segments_lists_campaigns_and_topics_are_offered(
    engine: Engine, context: OrganizationContext, databases: Databases
) -> None:
    """By name, with what a person needs for choosing; archived things are not offered any more."""
    organization_id = context.organization_id
    first = save(engine, context, "b", EVERYONE)
    second = save(engine, context, "A", EVERYONE, SegmentState.DRAFT)
    calculate(databases)
    guests = engine.lists.create(context, "Guests", ["key-1"])
    with databases.app.transaction(organization_id) as transaction:
        transaction.run(
            text(
                "INSERT INTO campaigns (organization_id, name, channel, state) "
                "VALUES (:o, 'Spring', 'email', 'running'), (:o, 'Old', 'sms', 'archived')"
            ),
            {"o": organization_id},
        )
    offered = engine.offers.segments(context)
    assert [(each.segment_id, each.state, each.status, each.member_count) for each in offered] == [
        (str(second), "draft", "success", 3),
        (str(first), "active", "success", 3),
    ]
    assert [(each.list_id, each.name, each.member_count) for each in engine.offers.lists(context)] == [
        (str(guests.list_id), "Guests", 1)
    ]
    assert [(each.name, each.channel, each.state) for each in engine.offers.campaigns(context)] == [
        ("Spring", "email", "running")
    ]
    assert engine.offers.topics(context) == (TopicOffer("email", "news", 2), TopicOffer("sms", "alerts", 1))
    with databases.app.transaction(organization_id) as transaction:
        transaction.run(text("UPDATE segments SET state = 'archived' WHERE segment_id = :s"), {"s": first})
    assert [each.name for each in engine.offers.segments(context)] == ["A"]
