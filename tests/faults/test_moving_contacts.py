"""Contacts that change while members are collected, and contacts that vanish between two runs."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import TextClause, text

from segment_engine.databases import Databases
from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.run import RunStatus
from segment_engine.engine import Engine
from segment_engine.errors import NotFound
from segment_engine.export import members_file
from segment_engine.worker.loop import Worker
from tests.integration.importing import Importer
from tests.integration.reference_worlds import add_contacts, calculate, city, document, in_segments, save
from tests.scoreboard import Scored

CONTACTS, HERE, ROUNDS = 40, 20, 10
MOVE = text("UPDATE contacts SET city = :city, city_fold = :city WHERE organization_id = :o AND number = ANY(:numbers)")
PART = text(
    "SELECT number FROM contacts WHERE organization_id = :o AND city = 'here' AND number BETWEEN :first AND :last"
)
POINTS = ("before_evaluate", "in_evaluate", "after_evaluate", "in_publish")
Numbers = frozenset[int]


class Movers:
    """Moves contacts between two cities, one in and one out in each transaction, and remembers every state."""

    def __init__(self, databases: Databases, organization_id: int) -> None:
        self._database, self._organization_id = databases.app, organization_id
        self._drawn = random.Random(20)  # noqa: S311 - repeatable is what it has to be
        self._here = set(range(1, HERE + 1))
        self.states: set[Numbers] = {frozenset(self._here)}
        self._moved = threading.Condition()
        self._moves = 0
        self._done = threading.Event()

    @contextmanager
    def moving(self) -> Generator[None]:
        """Move without a pause, in a thread of its own."""
        thread = threading.Thread(target=self._go_on)
        thread.start()
        try:
            yield
        finally:
            self._done.set()
            thread.join()

    def wait(self) -> None:
        """Wait until two more moves are done: one of them began after this was asked."""
        with self._moved:
            target = self._moves + 2
            assert self._moved.wait_for(lambda: self._moves >= target, timeout=60)

    def moves(self) -> int:
        """Count the moves so far."""
        return self._moves

    def _go_on(self) -> None:
        while not self._done.is_set():
            gone = self._drawn.choice(sorted(self._here))
            come = self._drawn.choice(sorted(set(range(1, CONTACTS + 1)) - self._here))
            self._here = self._here - {gone} | {come}
            self.states.add(frozenset(self._here))  # known before anybody can see it
            with self._database.transaction(self._organization_id) as transaction:
                for number, place in ((gone, "there"), (come, "here")):
                    values = {"o": self._organization_id, "city": place, "numbers": [number]}
                    transaction.run(MOVE, values)
            with self._moved:
                self._moves += 1
                self._moved.notify_all()


def test_a_run_sees_one_instant_while_contacts_change(
    engine: Engine, context: OrganizationContext, databases: Databases, scored: Scored
) -> None:
    """Moves before, in and after every step: the members are those of a state that existed, and always twenty (E20)."""
    add_contacts(databases, context.organization_id, ["here"] * HERE + ["there"] * (CONTACTS - HERE))
    direct = save(engine, context, "Here", document(city("here")))
    calculate(databases)
    both = document(in_segments(direct), city("here", "there"), group="any")
    everyone = save(engine, context, "Everywhere", both)
    calculate(databases)
    movers = Movers(databases, context.organization_id)

    def passing(point: str) -> None:
        if point in POINTS:
            movers.wait()

    worker = Worker(databases.worker, passing=passing)
    torn = 0
    with movers.moving():
        for _ in range(ROUNDS):
            for segment_id, count in ((direct, HERE), (everyone, CONTACTS)):
                run = engine.runs.request(context, segment_id)
                assert worker.work_once()
                ended = engine.runs.get(context, run.run_id)
                assert (ended.status, ended.member_count) == (RunStatus.SUCCESS, count)
                assert ended.joined_count == ended.left_count
            found = frozenset(member.number for member in engine.segments.members(context, direct).members)
            assert found in movers.states
            torn += _read_in_two_steps(databases, context.organization_id, movers.wait) not in movers.states
    assert torn, "reading in two steps must see states that never were; otherwise nothing moved at the right time"
    scored("runs while contacts change", 2 * ROUNDS, moves=movers.moves(), torn=0)


def _read_in_two_steps(databases: Databases, organization_id: int, between: Callable[[], None]) -> Numbers:
    """Do what must not be done: read one half of the contacts now, and the other one later."""
    found: set[int] = set()
    with databases.worker.transaction(organization_id, read_only=True) as transaction:
        for first, last in ((1, HERE), (HERE + 1, CONTACTS)):
            values = {"o": organization_id, "first": first, "last": last}
            found |= {row.number for row in transaction.rows(PART, values)}
            between()
    return frozenset(found)


MARKED = text("UPDATE contacts SET deleted_at = clock_timestamp() WHERE organization_id = :o AND number = :n")
ERASED = text("DELETE FROM contacts WHERE organization_id = :o AND number = :n")
TABLES = text("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'")
PEOPLE = "id,email,city\n" + "".join(f"person-{n},person-{n}@example.com,Arnhem\n" for n in range(1, 10))


@pytest.mark.parametrize("statement", [MARKED, ERASED], ids=["marked", "erased"])
def test_a_contact_that_is_gone_is_gone_everywhere(
    statement: TextClause, engine: Engine, context: OrganizationContext, databases: Databases, tmp_path: Path
) -> None:
    """Out of members, now and earlier, searches, changes and files at once; out of the count with a run (E21)."""
    organization_id = context.organization_id
    importer = Importer(databases.app, organization_id, tmp_path)
    importer.contacts(PEOPLE)
    importer.events("id,at\nperson-4,2026-01-01T00:00:00Z\nperson-5,2026-01-01T00:00:00Z\n")
    segment_id = save(engine, context, "Arnhem", document(city("Arnhem")))
    calculate(databases)
    first = engine.runs.find(context, segment_id)[0]
    assert _seen(engine, context, segment_id, first.run_id) == {9}
    with databases.app.transaction(organization_id) as transaction:
        transaction.run(statement, {"o": organization_id, "n": 4})

    assert _seen(engine, context, segment_id, first.run_id) == {8}
    assert not engine.contacts.find(context, "person-4").contacts
    for ask in (engine.contacts.get, engine.contacts.segments_of, engine.contacts.memberships):
        with pytest.raises(NotFound):
            ask(context, "person-4")
    with pytest.raises(NotFound):
        engine.changes.of_contact(context, segment_id, "person-4")
    run = engine.runs.request(context, segment_id)
    calculate(databases)
    ended = engine.runs.get(context, run.run_id)
    assert (ended.member_count, ended.joined_count, ended.left_count) == (8, 0, 1)
    assert _seen(engine, context, segment_id, first.run_id) == {8}
    kept = {name for name in _tables(databases) if _mentions(databases, name)}
    assert kept == (set() if statement is ERASED else {"contacts", "contact_channels", "identities"})


def _seen(engine: Engine, context: OrganizationContext, segment_id: UUID, run_id: UUID) -> set[int]:
    """Count the members in every way they are shown or handed out; one number when all agree."""
    pages = (engine.segments.members(context, segment_id), engine.segments.members(context, segment_id, at_run=run_id))
    files = (
        members_file(engine, context, segment_id, form="csv"),
        members_file(engine, context, segment_id, form="csv", at_run=run_id),
    )
    for file in files:
        assert file.data.count(b"@example.com") == file.members
    return {len(page.members) for page in pages} | {file.members for file in files}


def _tables(databases: Databases) -> list[str]:
    with databases.migrator.transaction(read_only=True) as transaction:
        return [row.relname for row in transaction.rows(TABLES)]


def _mentions(databases: Databases, table: str) -> bool:
    """Tell whether any column of any row still names the contact."""
    asked = text(f"SELECT count(*) FROM {table} AS kept WHERE CAST(kept AS text) LIKE '%person-4%'")  # noqa: S608 - a name of the catalog
    with databases.migrator.transaction(read_only=True) as transaction:
        return bool(transaction.scalar(asked))
