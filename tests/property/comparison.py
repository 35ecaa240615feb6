"""Asks PostgreSQL and the reference evaluator the same questions and reports where they differ, made small."""

from __future__ import annotations

import gc
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from random import Random
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from segment_engine.compiler import compile_criteria
from segment_engine.compiler.tables import contacts
from segment_engine.db.session import Database
from segment_engine.domain.criteria import Criteria, Group, GroupKind, Node, Rows
from segment_engine.domain.evaluate import Population, members_of
from segment_engine.domain.write import write_criteria
from segment_engine.errors import InputError, LimitExceeded, Unresolved
from tests.property.hostile_data import World, build_world
from tests.property.hostile_documents import Documents
from tests.property.hostile_references import OWN
from tests.property.hostile_tables import add_contacts, add_organization

# Larger statements take longer to plan than to send one by one.
BATCH = 16
Refusal = tuple[type[Exception], str]


@dataclass(frozen=True)
class StoredWorld:
    """A world and the organization that holds it."""

    world: World
    organization_id: int

    @cached_property
    def population(self) -> Population:
        """The contacts that may be found at all, and members by hand."""
        return self.world.population

    @cached_property
    def base(self) -> frozenset[int]:
        """The numbers of the contacts that may be found at all."""
        return frozenset(self.population.records)


def store_worlds(database: Database, seeds: Iterable[int]) -> tuple[StoredWorld, ...]:
    """Build worlds and put them into one database, each as an organization."""
    stored: list[StoredWorld] = []
    with database.transaction() as transaction:
        connection = transaction.connection
        for seed in seeds:
            world = build_world(seed)
            number = add_organization(connection, f"world {seed}", world.catalog)
            add_contacts(
                connection, number,
                catalog=world.catalog, records=world.records, deleted=world.deleted, overrides=world.overrides,
            )  # fmt: skip
            stored.append(StoredWorld(world, number))
    return tuple(stored)


@contextmanager
def seldom_collected() -> Generator[None]:
    """Let garbage lie for longer: looking for it takes a quarter of the time of a comparison."""
    usual = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    yield
    gc.set_threshold(*usual)
    gc.unfreeze()


@dataclass(frozen=True)
class Question:
    """One document, whose members by hand count, and at which contacts one looks (None: at all)."""

    criteria: Criteria
    segment_id: str | None = None
    among: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Asked:
    """One question in SQL, and the answer of the reference evaluator."""

    question: Question
    predicate: ColumnElement[bool]
    members: frozenset[int]


@dataclass(frozen=True)
class Difference:
    """One question about which the two engines do not agree, and the contacts concerned."""

    question: Question
    seed: int
    numbers: tuple[int, ...]

    def __str__(self) -> str:
        asked = self.question
        hand = f" of {asked.segment_id}" if asked.segment_id else ""
        looked = f" among {asked.among}" if asked.among else ""
        return f"seed {self.seed}, contacts {self.numbers}{hand}{looked}: {write_criteria(asked.criteria)}"


def drawn(stored: StoredWorld, count: int, *, start: int = 0) -> Iterator[Question]:
    """Draw questions for a world; the same start always gives the same ones.

    Every fourth is about a segment with members by hand, every eighth looks at some contacts only.
    """
    rng = Random(stored.world.seed * 1_000_003 + start)  # noqa: S311 - repeatable data, no secret
    drawer = Documents(rng, stored.world)
    everyone = sorted(stored.world.records)
    for place in range(count):
        among = tuple(rng.sample(everyone, 12)) if place % 8 == 5 else None
        yield Question(drawer.criteria(), OWN if place % 4 == 1 else None, among)


def prepare(stored: StoredWorld, questions: Iterable[Question]) -> list[Asked]:
    """Ask the evaluator, and compile; what both refuse for the same reason is left out, anything else is an error."""
    prepared: list[Asked] = []
    for question in questions:
        predicate, members = _predicate(stored, question), answer(stored, question)
        if isinstance(predicate, ColumnElement) and isinstance(members, frozenset):
            prepared.append(Asked(question, predicate, members))
        elif isinstance(predicate, ColumnElement) or isinstance(members, frozenset) or predicate != members:
            sentence = f"SQL: {predicate}, evaluator: {members}: {write_criteria(question.criteria)}"
            raise AssertionError(f"seed {stored.world.seed}, only one refuses. {sentence}")
    return prepared


def _predicate(stored: StoredWorld, question: Question) -> ColumnElement[bool] | Refusal:
    world = stored.world
    try:
        return compile_criteria(
            question.criteria,
            catalog=world.catalog,
            organization_id=stored.organization_id,
            as_of=world.as_of,
            segment_id=question.segment_id,
            among=question.among,
        ).predicate
    except (Unresolved, LimitExceeded) as problem:
        return _refusal(problem)


def answer(stored: StoredWorld, question: Question) -> frozenset[int] | Refusal:
    """Ask the reference evaluator for the members, or why it refuses."""
    world = stored.world
    try:
        return members_of(
            question.criteria,
            stored.population,
            catalog=world.catalog,
            as_of=world.as_of,
            segment_id=question.segment_id,
        )
    except (Unresolved, LimitExceeded) as problem:
        return _refusal(problem)


def _refusal(problem: Unresolved | LimitExceeded) -> Refusal:
    return type(problem), problem.cause if isinstance(problem, Unresolved) else ""


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


def differences(connection: Connection, stored: StoredWorld, questions: Iterable[Question]) -> Iterator[Difference]:
    """Yield every question with an unequal or missing answer, reduced to the smallest part that still differs."""
    waiting = iter(questions)
    while some := tuple(islice(waiting, BATCH)):
        batch = prepare(stored, some)
        for asked, numbers in zip(batch, _differing(connection, stored, batch), strict=True):
            if numbers:
                yield _smallest(connection, stored, Difference(asked.question, stored.world.seed, numbers))


def _differing(connection: Connection, stored: StoredWorld, batch: Sequence[Asked]) -> list[tuple[int, ...]]:
    theirs = sql_answers(connection, stored, [asked.predicate for asked in batch])
    if theirs.keys() != stored.base:
        raise AssertionError(f"the base differs: {theirs.keys() ^ stored.base}")
    return [
        tuple(
            number
            for number in sorted(looked_at(stored, asked))
            if theirs[number][place] is not (number in asked.members)
        )
        for place, asked in enumerate(batch)
    ]


def looked_at(stored: StoredWorld, asked: Asked) -> frozenset[int]:
    """Return the contacts of the base about which a question is."""
    among = asked.question.among
    return stored.base if among is None else stored.base.intersection(among)


# Smaller questions -----------------------------------------------------------------------------------------------


def _smallest(connection: Connection, stored: StoredWorld, difference: Difference) -> Difference:
    for smaller in _smaller(difference.question):
        try:
            prepared = prepare(stored, [smaller])
        except (AssertionError, InputError):  # another problem than the one that is made small, or no document
            continue
        for asked in prepared:
            numbers = _differing(connection, stored, [asked])[0]
            if numbers:
                return _smallest(connection, stored, Difference(smaller, difference.seed, numbers))
    return difference


def _smaller(question: Question) -> Iterator[Question]:
    criteria = question.criteria
    if question.among is not None:
        yield replace(question, among=None)
    if question.segment_id is not None:
        yield replace(question, segment_id=None)
    if criteria.limit is not None:
        yield replace(question, criteria=replace(criteria, limit=None))
        if len(criteria.limit.order_by) > 1:
            for place in range(len(criteria.limit.order_by)):
                keys = criteria.limit.order_by[:place] + criteria.limit.order_by[place + 1 :]
                yield replace(question, criteria=replace(criteria, limit=replace(criteria.limit, order_by=keys)))
    for part in _parts(criteria.root):
        root = part if isinstance(part, Group) else Group(GroupKind.ALL, (part,))
        if root != criteria.root:
            yield replace(question, criteria=replace(criteria, root=root))


def _parts(group: Group) -> Iterator[Node]:
    yield from group.of
    if len(group.of) > 1:
        for left_out in range(len(group.of)):
            rest = group.of[:left_out] + group.of[left_out + 1 :]
            yield Group(group.kind, rest, k=min(group.k, len(rest)) if group.k else None)
    elif group.kind is GroupKind.ALL:
        for simpler in _simpler(*group.of):
            yield Group(GroupKind.ALL, (simpler,))


def _simpler(condition: Any) -> Iterator[Any]:
    """Ask of more rows: without `where`, without a window."""
    for name in ("rows", "first", "then"):
        rows = getattr(condition, name, None)
        if isinstance(rows, Rows):
            for key in ("where", "window"):
                if getattr(rows, key) is not None:
                    yield replace(condition, **{name: replace(rows, **{key: None})})
