"""What the linter knows about the data, on real PostgreSQL: statistics of fields, sources, similar segments, plans."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from uuid import UUID

import pytest
from sqlalchemy import Connection

from segment_engine.compiler import compile_criteria
from segment_engine.compiler.statistics import MOST_ROWS, MOST_VALUES, contact_statistics, row_statistics
from segment_engine.db.facts import field_facts
from segment_engine.db.session import Database, Transaction
from segment_engine.domain.catalog import NUMBERS, Catalog, Field, FieldType
from segment_engine.domain.criteria import Attribute, Criteria, Event, Group, GroupKind, Node, Property, Rows, Test
from segment_engine.domain.evaluate import ContactRecord
from segment_engine.domain.evaluate.records import Stored
from segment_engine.domain.lint import lint
from segment_engine.domain.lint.facts import FieldFacts, SourceFacts
from segment_engine.postgres.local import LocalServer
from segment_engine.use_cases import facts as collecting
from segment_engine.use_cases.facts import load_facts
from tests.language_catalog import AS_OF, CATALOG, CHILD, OTHER_CHILD
from tests.property.hostile_tables import add_contacts, add_organization, database_copy
from tests.property.small_people import People

_PEOPLE = 60
_DELETED = 7
_IS_SET = Test("is_set")


@dataclass(frozen=True)
class Stored60:
    """Sixty contacts in one organization, a neighbor with others, and what the first hold in plain Python."""

    database: Database
    organization_id: int
    records: Mapping[int, ContactRecord]

    @property
    def base(self) -> list[ContactRecord]:
        """The contacts that are not deleted."""
        return [record for number, record in self.records.items() if number != _DELETED]


@pytest.fixture(scope="module")
def stored(server: LocalServer, administrator: Database, template: str) -> Iterator[Stored60]:
    """One database for all tests of this module: they only read it."""
    people, others = (People(Random(seed)) for seed in (1, 2))  # noqa: S311 - repeatable, no secret
    records = {number: people.contact(number) for number in range(1, _PEOPLE + 1)}
    strangers = {number: others.contact(number) for number in range(1, _PEOPLE + 1)}
    with database_copy(server, administrator, template) as database:
        with database.transaction() as transaction:
            connection = transaction.connection
            for name, world in (("neighbor", strangers), ("ours", records)):
                number = add_organization(connection, name, CATALOG)
                add_contacts(connection, number, catalog=CATALOG, records=world, deleted=(_DELETED,))
        yield Stored60(database, number, records)


@pytest.fixture
def transaction(stored: Stored60) -> Iterator[Transaction]:
    """A transaction that is never kept."""
    with stored.database.engine.connect() as connection:
        yield Transaction(connection)
        connection.rollback()


def _whole(*nodes: Node) -> Criteria:
    return Criteria(Group(GroupKind.ALL, nodes))


def _expected(values: list[Stored | None], field: Field) -> FieldFacts:
    """Work out by hand what the database should say."""
    present = [value for value in values if value is not None]
    numbers = [value for value in present if isinstance(value, int)] if field.type in NUMBERS else []
    texts: Counter[str] = Counter()
    for value in present:
        texts.update([value] if isinstance(value, str) else filter(None, value) if isinstance(value, tuple) else [])
    listed = sorted(texts, key=lambda text: (-texts[text], text))
    named = field.type in {FieldType.TEXT, FieldType.CHOICE, FieldType.SET}
    return FieldFacts(
        len(values),
        len(present),
        len(set(present)),
        frozenset(listed) if named and listed else None,
        tuple(listed[:5]),
        min(numbers, default=None),
        max(numbers, default=None),
    )


@pytest.mark.parametrize("key", CATALOG.fields)
def test_the_statistics_of_a_field_are_those_of_the_base(stored: Stored60, transaction: Transaction, key: str) -> None:
    """Counts, different values, extremes and texts are exact, without deleted contacts and without the neighbor's."""
    field = CATALOG.fields[key]
    statement = contact_statistics(field, organization_id=stored.organization_id)
    facts = field_facts(transaction, statement, seconds=30, most_values=MOST_VALUES)
    assert facts == _expected([record.values.get(key) for record in stored.base], field)


@pytest.mark.parametrize("key", ["order_placed.items", "order_placed.channel", "order_placed.gift"])
def test_the_statistics_of_a_property_are_those_of_its_rows(
    stored: Stored60, transaction: Transaction, key: str
) -> None:
    """Rows of one type only; where there are more than may be read, nothing is said."""
    kind = CATALOG.events["order_placed"]
    statement = row_statistics(kind, kind.fields[key], organization_id=stored.organization_id)
    facts = field_facts(transaction, statement, seconds=30, most_values=MOST_VALUES, most_rows=MOST_ROWS)
    too_many = field_facts(transaction, statement, seconds=30, most_values=MOST_VALUES, most_rows=3)
    events = [event for record in stored.records.values() for event in record.events if event.type == kind.key]
    assert facts == _expected([event.values.get(key) for event in events], kind.fields[key])
    assert too_many is None


def test_more_texts_than_may_be_listed_are_not_listed(stored: Stored60, transaction: Transaction) -> None:
    """Half a list would call a value unknown that is only further down."""
    statement = contact_statistics(CATALOG.fields["contact.city"], organization_id=stored.organization_id)
    facts = field_facts(transaction, statement, seconds=30, most_values=2)
    assert facts is not None
    assert facts.values is None
    assert len(facts.frequent) == 5


def test_what_takes_too_long_is_absent(
    stored: Stored60, transaction: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reading that was stopped, or has no time left, leaves no trace; the rest is still there (T82)."""
    criteria = _whole(Attribute("contact.city", _IS_SET))
    nothing = load_facts(transaction, stored.organization_id, criteria, CATALOG, seconds=0)
    monkeypatch.setattr(collecting, "FIELD_SECONDS", 0.0)
    stopped = load_facts(transaction, stored.organization_id, criteria, CATALOG)
    assert (nothing.fields, stopped.fields) == ({}, {})
    assert (nothing.base, stopped.base) == (None, _PEOPLE - 1)


def test_every_field_that_is_asked_about_is_read_once(stored: Stored60, transaction: Transaction) -> None:
    """Fields of contacts and properties inside `where` are read; times of events are none."""
    asked = Group(GroupKind.ANY, (Property("order_placed.items", _IS_SET), Property("@hour", Test("gt", 3))))
    attribute = Attribute("contact.age", _IS_SET)
    criteria = _whole(attribute, attribute, Event("did", Rows("order_placed", asked), None))
    facts = load_facts(transaction, stored.organization_id, criteria, CATALOG)
    assert set(facts.fields) == {"contact.age", "order_placed.items"}


def test_sources_say_how_far_they_have_delivered(stored: Stored60, transaction: Transaction) -> None:
    """The watermark and what was agreed, by the name of the source; an unknown one is absent."""
    transaction.connection.exec_driver_sql(
        "UPDATE data_sources SET watermark = %s, stale_after_hours = 24 WHERE organization_id = %s",
        (AS_OF - timedelta(hours=30), stored.organization_id),
    )
    criteria = _whole(Attribute("contact.age", _IS_SET))
    facts = load_facts(transaction, stored.organization_id, criteria, CATALOG, sources=("source", "nowhere"), seconds=0)
    assert facts.sources == {"source": SourceFacts(AS_OF - timedelta(hours=30), 24)}


def test_segments_with_nearly_the_same_members_are_found(stored: Stored60, transaction: Transaction) -> None:
    """The share of all members of either is exact; one of another size is not compared, a neighbor's never."""
    members = {each for each in stored.records if each % 2}
    for segment, chosen in ((CHILD, members), (OTHER_CHILD, members - {1})):
        _store_members(stored, transaction.connection, segment, chosen)
    transaction.connection.exec_driver_sql("UPDATE segments SET member_count = 3 WHERE starts_with(name, 'Link')")
    everyone = _whole(Attribute("contact.age", _IS_SET))
    facts = load_facts(
        transaction, stored.organization_id, everyone, CATALOG, segment_id=UUID(CHILD), seconds=0
    )  # fmt: skip
    (similar,) = facts.similar
    assert (similar.segment_id, similar.name) == (OTHER_CHILD, "Newcomers")
    assert similar.jaccard == pytest.approx(29 / 30)
    assert "L-NEAR-DUPLICATE" in {each.code for each in lint(everyone, CATALOG, as_of=AS_OF, facts=facts)}


def _store_members(stored: Stored60, connection: Connection, segment: str, members: set[int]) -> None:
    bits = "".join("1" if number in members else "0" for number in range(4096))
    own = (stored.organization_id, segment)
    named = "organization_id = %s AND segment_id = %s"
    connection.exec_driver_sql(f"DELETE FROM membership_blocks WHERE {named}", own)  # noqa: S608 - constants
    connection.exec_driver_sql(
        "INSERT INTO membership_blocks (organization_id, segment_id, block, members) VALUES (%s, %s, 0, %s)",
        (*own, bits),
    )
    counted = f"UPDATE segments SET member_count = %s WHERE {named}"  # noqa: S608 - constants
    connection.exec_driver_sql(counted, (len(members), *own))


def test_a_field_that_is_gone_names_the_segments_that_use_it(stored: Stored60, transaction: Transaction) -> None:
    """Drift is an error at the condition, and says who else is concerned (T40, T44)."""
    criteria = _whole(Attribute("contact.city", _IS_SET))
    without = Catalog(fields={key: field for key, field in CATALOG.fields.items() if key != "contact.city"})
    document = {"root": {"group": "all", "of": [{"kind": "attribute", "field": "contact.city", "op": "is_set"}]}}
    transaction.connection.exec_driver_sql(
        "INSERT INTO segment_versions (organization_id, segment_id, version, criteria) VALUES (%s, %s, 1, %s)",
        (stored.organization_id, CHILD, json.dumps(document)),
    )
    facts = load_facts(transaction, stored.organization_id, criteria, without)
    (finding,) = lint(criteria, without, as_of=AS_OF, facts=facts)
    assert (finding.code, finding.path) == ("L-DRIFT", "$.root.of[0]")
    assert "contact.city" in finding.sentence
    assert "“Regulars”" in finding.sentence


def test_a_plan_over_the_gate_is_slow(
    stored: Stored60, transaction: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planner's figure is compared with the gate; nothing is run."""
    criteria = _whole(Attribute("contact.age", _IS_SET))
    compiled = compile_criteria(criteria, catalog=CATALOG, organization_id=stored.organization_id, as_of=AS_OF)
    usual = load_facts(transaction, stored.organization_id, criteria, CATALOG, compiled=compiled, seconds=0)
    monkeypatch.setattr(collecting, "PLAN_GATE", 0.01)
    gated = load_facts(transaction, stored.organization_id, criteria, CATALOG, compiled=compiled, seconds=0)
    assert usual.slow == {}
    assert gated.slow["$.root"].cost
    assert "L-SLOW" in {each.code for each in lint(criteria, CATALOG, as_of=AS_OF, facts=gated)}
