"""Asks PostgreSQL and the reference evaluator the same questions and reports where they differ, made small."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, select

from segment_engine.compiler import compile_criteria
from segment_engine.compiler.tables import contacts
from segment_engine.domain.criteria import Criteria, Group, GroupKind, Node
from segment_engine.domain.evaluate import ContactRecord, question
from segment_engine.domain.write import write_criteria
from segment_engine.errors import LimitExceeded
from tests.property.hostile_data import CATALOG, World

BATCH = 40


@dataclass(frozen=True)
class StoredWorld:
    """A world and the organization that holds it."""

    world: World
    organization_id: int

    @property
    def base(self) -> tuple[int, ...]:
        """The contacts that may be found at all."""
        return tuple(number for number in self.world.records if number not in self.world.deleted)


@dataclass(frozen=True)
class Asked:
    """One document in both forms."""

    criteria: Criteria
    predicate: ColumnElement[bool]
    ask: Callable[[ContactRecord], bool]


@dataclass(frozen=True)
class Difference:
    """One document about which the two engines do not agree, and the contacts concerned."""

    criteria: Criteria
    seed: int
    numbers: tuple[int, ...]

    def __str__(self) -> str:
        return f"seed {self.seed}, contacts {self.numbers}: {write_criteria(self.criteria)}"


def prepare(stored: StoredWorld, documents: Iterable[Criteria]) -> list[Asked]:
    """Bring documents into both forms; one that both refuse is left out, one that only one refuses is an error."""
    prepared: list[Asked] = []
    for criteria in documents:
        predicate, ask = _predicate(stored, criteria), _ask(stored, criteria)
        if (predicate is None) is not (ask is None):
            raise AssertionError(f"seed {stored.world.seed}, only one refuses: {write_criteria(criteria)}")
        if predicate is not None and ask is not None:
            prepared.append(Asked(criteria, predicate, ask))
    return prepared


def _predicate(stored: StoredWorld, criteria: Criteria) -> ColumnElement[bool] | None:
    try:
        return compile_criteria(
            criteria, catalog=CATALOG, organization_id=stored.organization_id, as_of=stored.world.as_of
        ).predicate
    except LimitExceeded:
        return None


def _ask(stored: StoredWorld, criteria: Criteria) -> Callable[[ContactRecord], bool] | None:
    try:
        return question(criteria, catalog=CATALOG, as_of=stored.world.as_of)
    except LimitExceeded:
        return None


def sql_answers(
    connection: Connection, stored: StoredWorld, predicates: Sequence[ColumnElement[bool]]
) -> dict[int, tuple[bool | None, ...]]:
    """Return what SQL answers to each predicate for each contact of the base, in one statement."""
    named = [predicate.label(f"p{place}") for place, predicate in enumerate(predicates)]
    statement = select(contacts.c.number, *named).where(
        contacts.c.organization_id == stored.organization_id, contacts.c.deleted_at.is_(None)
    )
    # No statement occurs twice, so looking it up in the cache of written statements only costs time.
    rows = connection.execute(statement, execution_options={"compiled_cache": None})
    return {row[0]: tuple(row[1:]) for row in rows}


def differences(connection: Connection, stored: StoredWorld, documents: Iterable[Criteria]) -> Iterator[Difference]:
    """Yield every document with an unequal or missing answer, reduced to the smallest part of it that still differs."""
    prepared = prepare(stored, documents)
    for start in range(0, len(prepared), BATCH):
        batch = prepared[start : start + BATCH]
        for asked, numbers in zip(batch, _differing(connection, stored, batch), strict=True):
            if numbers:
                yield _smallest(connection, stored, Difference(asked.criteria, stored.world.seed, numbers))


def _differing(connection: Connection, stored: StoredWorld, batch: Sequence[Asked]) -> list[tuple[int, ...]]:
    theirs = sql_answers(connection, stored, [asked.predicate for asked in batch])
    if set(theirs) != set(stored.base):
        raise AssertionError(f"the base differs: {set(theirs) ^ set(stored.base)}")
    records = stored.world.records
    return [
        tuple(number for number in stored.base if theirs[number][place] is not asked.ask(records[number]))
        for place, asked in enumerate(batch)
    ]


def _smallest(connection: Connection, stored: StoredWorld, difference: Difference) -> Difference:
    for smaller in _smaller(difference.criteria):
        for asked in prepare(stored, [smaller]):
            numbers = _differing(connection, stored, [asked])[0]
            if numbers:
                return _smallest(connection, stored, Difference(smaller, difference.seed, numbers))
    return difference


def _smaller(criteria: Criteria) -> Iterator[Criteria]:
    for part in _parts(criteria.root):
        root = part if isinstance(part, Group) else Group(GroupKind.ALL, (part,))
        if root != criteria.root:
            yield Criteria(root, criteria.calendar)


def _parts(group: Group) -> Iterator[Node]:
    yield from group.of
    if len(group.of) > 1:
        for left_out in range(len(group.of)):
            rest = group.of[:left_out] + group.of[left_out + 1 :]
            yield Group(group.kind, rest, k=min(group.k, len(rest)) if group.k else None)
