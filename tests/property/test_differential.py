"""PostgreSQL and the reference evaluator, two readings of one paper, must answer alike about 51,200 documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from itertools import islice
from random import Random
from typing import Any

import pytest
from sqlalchemy import func, not_, select

from segment_engine.compiler import compile_criteria
from segment_engine.compiler.analysis import compile_analysis
from segment_engine.compiler.tables import contacts
from segment_engine.db.session import Database
from segment_engine.domain.criteria import Calendar, Criteria, Group, GroupKind
from segment_engine.domain.evaluate import question
from segment_engine.domain.parse import parse_criteria
from segment_engine.domain.write import write_criteria
from tests.property.comparison import BATCH, Asked, Question, StoredWorld, differences, drawn, looked_at, prepare
from tests.property.hostile_data import SCENES, build_world
from tests.property.hostile_documents import Documents
from tests.property.hostile_references import OWN, REFUSED
from tests.property.three_counts import counted

# 32 parts, so that every core gets its share: two for each world.
PARTS = 2 * SCENES
DOCUMENTS_PER_PART = 1_600


@pytest.mark.parametrize("part", range(PARTS))
def test_both_engines_answer_alike(part: int, worlds: tuple[StoredWorld, ...], hostile_database: Database) -> None:
    """A9 A10 A15 T01 T12 T21 T33: every kind, operator, type and shape, over missing, extreme and boundary values.

    M1 for each of them: no answer is NULL, so those who match and those who do not add up to the base.
    """
    stored = worlds[part % SCENES]
    with hostile_database.transaction(stored.organization_id, read_only=True) as transaction:
        questions = drawn(stored, DOCUMENTS_PER_PART, start=10 + part)
        found = [str(difference) for difference in islice(differences(transaction.connection, stored, questions), 5)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("seed", range(SCENES))
def test_the_base_is_split_in_two(seed: int, worlds: tuple[StoredWorld, ...], hostile_database: Database) -> None:
    """A13 M1: in SQL, those for whom a document holds and those for whom NOT holds are the base; none is NULL."""
    stored = worlds[seed]
    with hostile_database.transaction(stored.organization_id, read_only=True) as transaction:
        for start in range(2):
            prepared = prepare(stored, drawn(stored, BATCH, start=1 + start))
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
            row = tuple(transaction.connection.execute(statement).one())
            for place, asked in enumerate(prepared):
                yes, no, unknown = row[3 * place : 3 * place + 3]
                assert (yes + no, unknown) == (len(stored.base), 0), write_criteria(asked.question.criteria)


@pytest.mark.parametrize("seed", range(0, SCENES, 4))
def test_members_and_count_come_from_the_same_predicate(
    seed: int, worlds: tuple[StoredWorld, ...], hostile_database: Database
) -> None:
    """M18 T74 T76 T77 T88: members are the base's contacts that match, never a deleted one or a neighbor's."""
    stored = worlds[seed]
    keys = {number: record.key for number, record in stored.population.records.items()}
    with hostile_database.transaction(stored.organization_id, read_only=True) as transaction:
        for asked in prepare(stored, drawn(stored, 40, start=3)):
            compiled = compile_criteria(asked.question.criteria, **_known(stored, asked))
            expected = sorted(asked.members & looked_at(stored, asked))
            numbers = sorted(transaction.connection.execute(compiled.numbers()).scalars())
            assert numbers == expected, write_criteria(asked.question.criteria)
            assert transaction.connection.execute(compiled.count()).scalar_one() == len(expected)
            found = list(transaction.connection.execute(compiled.keys()).scalars())
            assert found == sorted(keys[number] for number in expected)


def _known(stored: StoredWorld, asked: Asked) -> dict[str, Any]:
    return {
        "catalog": stored.world.catalog,
        "organization_id": stored.organization_id,
        "as_of": stored.world.as_of,
        "segment_id": asked.question.segment_id,
        "among": asked.question.among,
    }


@pytest.mark.parametrize("seed", range(SCENES))
def test_every_node_is_analyzed(seed: int, worlds: tuple[StoredWorld, ...], hostile_database: Database) -> None:
    """§9.2 M18: at every node true, false and unknown add up to the base, and the members are those of the run."""
    stored = worlds[seed]
    with hostile_database.transaction(stored.organization_id, read_only=True) as transaction:
        for asked in prepare(stored, drawn(stored, 40, start=4)):
            analysis = compile_analysis(asked.question.criteria, **_known(stored, asked))
            row = transaction.connection.execute(analysis.counts()).one()._mapping
            base = looked_at(stored, asked)
            assert (row["base"], row["members"]) == (len(base), len(asked.members & base))
            nodes = list(counted(asked.question.criteria, base, lambda tree, base=base: _holds(stored, tree, base)))
            assert len(nodes) == len(analysis.paths)
            for place, node in enumerate(nodes):
                found = tuple(row[f"{name}_{place}"] for name in ("matched", "true", "false", "unknown"))
                told = f"{analysis.paths[place]} of {write_criteria(asked.question.criteria)}"
                assert found == node.counts(), told
                assert sum(found[1:]) == len(base), told


def _holds(stored: StoredWorld, criteria: Criteria, base: frozenset[int]) -> frozenset[int]:
    world = stored.world
    asks = question(criteria, catalog=world.catalog, as_of=world.as_of, population=stored.population)
    return frozenset(number for number in base if asks(stored.population.records[number]))


def test_what_cannot_be_read_is_refused_alike(worlds: tuple[StoredWorld, ...]) -> None:
    """M16 T40 T51: both engines fail with the same cause, in any group, for a preview and for a segment."""
    stored = worlds[0]
    for condition, cause in REFUSED:
        for kind in (GroupKind.ALL, GroupKind.NONE):
            for segment in (None, OWN):
                criteria = Criteria(Group(kind, (condition,)), Calendar())
                assert prepare(stored, [Question(criteria, segment)]) == [], cause


# The material ----------------------------------------------------------------------------------------------------


def test_the_drawn_documents_are_documents() -> None:
    """Whatever is drawn is valid: written and read again it is the same, so nothing impossible is compared."""
    for seed in range(SCENES):
        world = build_world(seed)
        drawer = Documents(Random(seed), world)  # noqa: S311 - repeatable data
        for _ in range(60):
            criteria = drawer.criteria()
            assert parse_criteria(write_criteria(criteria), world.catalog) == criteria


def test_hostile_data_is_answered_in_both_ways(worlds: tuple[StoredWorld, ...]) -> None:
    """The comparison is worth something: most documents, of every kind, hold for some contacts and not for others."""
    split: Counter[str] = Counter()
    total = 0
    for stored in worlds:
        for asked in prepare(stored, drawn(stored, 60, start=5)):
            total += 1
            if 0 < len(asked.members) < len(stored.base):
                split["any"] += 1
                split.update(set(_kinds(asked.question.criteria)))
    assert split["any"] > total // 2
    expected = {
        *("Attribute", "Event", "Aggregate", "EventTime", "EventHas", "Sequence", "Campaign", "SegmentMembership"),
        *("ListMembership", "Consent", "Reachable", "Related", "Sample", "Bucket", "CompareFields", "AllContacts"),
        *("Property", "Limit", "Interactions", "RelationPath"),
    }
    assert {kind for kind in expected if split[kind] < 5} == set()


def _kinds(part: object) -> Iterator[str]:
    if isinstance(part, tuple):
        for item in part:  # pyright: ignore[reportUnknownVariableType] - a tuple of parts of the tree
            yield from _kinds(item)  # pyright: ignore[reportUnknownArgumentType] - any part of the tree
    elif is_dataclass(part) and not isinstance(part, type):
        yield type(part).__name__
        for field in fields(part):
            yield from _kinds(getattr(part, field.name))
