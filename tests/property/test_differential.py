"""PostgreSQL and the reference evaluator, two readings of one paper, must answer alike about thousands of documents."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from random import Random

import pytest
from sqlalchemy import func, not_, select

from segment_engine.compiler import compile_criteria
from segment_engine.compiler.tables import contacts
from segment_engine.db.session import Database
from segment_engine.domain.catalog import TEXTS, FieldType, event_time_field
from segment_engine.domain.criteria import (
    Aggregate,
    Attribute,
    Calendar,
    Condition,
    Criteria,
    EventTime,
    Group,
    GroupKind,
    OnMissing,
    Rows,
    Test,
)
from segment_engine.domain.operators import Operator, operators_for
from segment_engine.domain.parse import parse_criteria
from segment_engine.domain.write import write_criteria
from tests.property.comparison import BATCH, StoredWorld, differences, prepare, sql_answers
from tests.property.hostile_data import CATALOG, SCENES, build_world
from tests.property.hostile_documents import Documents

DOCUMENTS_PER_WORLD = 315


def documents(stored: StoredWorld, count: int, *, start: int = 0) -> Iterator[Criteria]:
    """Draw documents for a world; the same start always gives the same ones."""
    drawer = Documents(Random(stored.world.seed * 1_000_003 + start), stored.world)  # noqa: S311 - repeatable
    return (drawer.criteria() for _ in range(count))


@pytest.mark.parametrize("seed", range(SCENES))
def test_both_engines_answer_alike(seed: int, worlds: tuple[StoredWorld, ...], hostile_database: Database) -> None:
    """T01 T12 T21 T33: every kind, operator, type and value shape, over missing, extreme and boundary values."""
    stored = worlds[seed]
    with hostile_database.transaction(stored.organization_id, read_only=True) as transaction:
        drawn = documents(stored, DOCUMENTS_PER_WORLD)
        found = [str(difference) for difference in differences(transaction.connection, stored, drawn)]
    assert not found, "\n".join(found[:5])


@pytest.mark.parametrize("seed", range(0, SCENES, 4))
def test_the_base_is_split_in_two(seed: int, worlds: tuple[StoredWorld, ...], hostile_database: Database) -> None:
    """M1: the contacts for which a document holds and those for which it does not add up to the base; none is NULL."""
    stored = worlds[seed]
    prepared = prepare(stored, documents(stored, BATCH, start=1))
    counts = [
        func.count().filter(condition)
        for asked in prepared
        for condition in (asked.predicate, not_(asked.predicate), func.num_nulls(asked.predicate) > 0)
    ]
    statement = (
        select(*counts)
        .select_from(contacts)
        .where(contacts.c.organization_id == stored.organization_id, contacts.c.deleted_at.is_(None))
    )
    with hostile_database.transaction(stored.organization_id, read_only=True) as transaction:
        row = tuple(transaction.connection.execute(statement).one())
    for place, asked in enumerate(prepared):
        yes, no, unknown = row[3 * place : 3 * place + 3]
        assert (yes + no, unknown) == (len(stored.base), 0), write_criteria(asked.criteria)


def test_members_and_count_come_from_the_same_predicate(
    worlds: tuple[StoredWorld, ...], hostile_database: Database
) -> None:
    """M18 T74 T76 T77 T88: members are the base's contacts that match, never a deleted one or a neighbor's."""
    for stored in worlds[:4]:
        prepared = prepare(stored, documents(stored, 25, start=2))
        with hostile_database.transaction(stored.organization_id, read_only=True) as transaction:
            for asked in prepared:
                compiled = compile_criteria(
                    asked.criteria,
                    catalog=CATALOG,
                    organization_id=stored.organization_id,
                    as_of=stored.world.as_of,
                )
                expected = [number for number in stored.base if asked.ask(stored.world.records[number])]
                numbers = sorted(transaction.connection.execute(compiled.numbers()).scalars())
                assert numbers == expected, write_criteria(asked.criteria)
                assert transaction.connection.execute(compiled.count()).scalar_one() == len(expected)


# Complements -----------------------------------------------------------------------------------------------------

_OPPOSITE = {OnMissing.INCLUDE: OnMissing.EXCLUDE, OnMissing.EXCLUDE: OnMissing.INCLUDE, None: None}


def _subjects(drawer: Documents) -> Iterator[tuple[Condition, Operator]]:
    for field in CATALOG.fields.values():
        for operator in operators_for(field.type, ordered=field.ordered):
            yield Attribute(field.key, drawer.test_of(operator, field)), operator
    for event in CATALOG.events.values():
        for field in event.fields.values():
            if field.type in TEXTS or field.type is FieldType.BOOLEAN:
                continue
            for operator in operators_for(field.type):
                yield Aggregate("max", Rows(event.key), field.key, drawer.test_of(operator, field)), operator
        time = event_time_field(event)
        for operator in operators_for(time.type):
            yield EventTime("last", Rows(event.key), drawer.test_of(operator, time)), operator


def _with_test(condition: Condition, test: Test) -> Condition:
    if isinstance(condition, Attribute | Aggregate | EventTime):
        return replace(condition, test=test)
    raise TypeError("only conditions with a test have a complement")


def _alone(condition: Condition, zone: str) -> Criteria:
    return Criteria(Group(GroupKind.ALL, (condition,)), Calendar(time_zone=zone))


def test_every_operator_is_the_opposite_of_its_complement(
    worlds: tuple[StoredWorld, ...], hostile_database: Database
) -> None:
    """T06 T12 T39: M3 for every operator and type, in SQL and in Python, with either answer for missing values."""
    stored = worlds[2]
    drawer = Documents(Random(3), stored.world)  # noqa: S311 - repeatable data
    pairs: list[tuple[Criteria, Criteria]] = []
    for condition, operator in _subjects(drawer):
        assert isinstance(condition, Attribute | Aggregate | EventTime)
        for missing in (None,) if operator.missing is None else OnMissing:
            one = replace(condition.test, on_missing=missing)
            other = replace(one, op=operator.complement, on_missing=_OPPOSITE[missing])
            zone = stored.world.zone
            pairs.append((_alone(_with_test(condition, one), zone), _alone(_with_test(condition, other), zone)))
    assert len(pairs) > 300
    with hostile_database.transaction(stored.organization_id, read_only=True) as transaction:
        for start in range(0, len(pairs), BATCH // 2):
            batch = pairs[start : start + BATCH // 2]
            prepared = prepare(stored, (criteria for pair in batch for criteria in pair))
            rows = sql_answers(transaction.connection, stored, [asked.predicate for asked in prepared])
            for number, row in rows.items():
                record = stored.world.records[number]
                for place in range(0, len(prepared), 2):
                    one, other = prepared[place], prepared[place + 1]
                    found = (row[place], row[place + 1])
                    assert found == (one.ask(record), other.ask(record)), write_criteria(one.criteria)
                    assert found[0] is not found[1], write_criteria(one.criteria)


def test_the_drawn_documents_are_documents() -> None:
    """Whatever is drawn is valid: written and read again it is the same, so nothing impossible is compared."""
    for seed in range(SCENES):
        drawer = Documents(Random(seed), build_world(seed))  # noqa: S311 - repeatable data
        for _ in range(40):
            criteria = drawer.criteria()
            assert parse_criteria(write_criteria(criteria), CATALOG) == criteria


def test_hostile_data_is_answered_in_both_ways(worlds: tuple[StoredWorld, ...]) -> None:
    """The comparison is worth something: most documents hold for some contacts and not for others."""
    split = total = 0
    for stored in worlds:
        for asked in prepare(stored, documents(stored, 40, start=3)):
            answers = {asked.ask(stored.world.records[number]) for number in stored.base}
            total += 1
            split += len(answers) == 2
    assert split > total // 2
