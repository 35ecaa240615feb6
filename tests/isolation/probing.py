"""Asks every method for things of another organization and for things that never were, and compares the answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import cast
from uuid import UUID, uuid5

from sqlalchemy import text
from sqlalchemy.exc import InvalidRequestError

from segment_engine.databases import Databases
from segment_engine.db.queries import Query, load_queries
from segment_engine.domain.access import PERMISSIONS, OrganizationContext, Role
from segment_engine.engine import Engine
from segment_engine.errors import SegmentEngineError
from tests.isolation.asking import BESIDE, BY_WORD
from tests.isolation.calls import CALLS
from tests.isolation.marked_worlds import TENANT_TABLES, THEIRS, Marked, names

# What a probe does not compare: when it was asked, and what grows with time alone.
_MOMENTS = re.compile(
    r"datetime\.datetime\([^)]*\)|\b\w*seconds=[0-9.e-]+|-?\b[0-9]+(?:\.[0-9]+(?:e-[0-9]+)?|e-[0-9]+)\b"
)
_INCIDENT = re.compile(r"number [0-9a-f]{8}\b")
_MADE = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
_STORED: set[UUID] = set()  # every id of both organizations, filled by ids_of
BROKEN = "broken:"  # a query that found more rows than there can be
NOBODYS = "greymoors"
_NOWHERE = UUID("5a0c1f0e-7b1e-4c39-9b3d-0d6f3f1f2a10")
_EVERY = "SELECT DISTINCT COLUMN FROM TABLE WHERE COLUMN IS NOT NULL"
_FIRST = "SELECT min(COLUMN::text) FROM TABLE WHERE organization_id = :o"
_CHECKSUM = """
    SELECT md5(coalesce(string_agg(md5(t::text), '' ORDER BY md5(t::text)), '')) FROM TABLE AS t
    WHERE organization_id = :o
"""
Ask = Callable[[], object]


@dataclass
class Tally:
    """How many probes were made, what could be told apart, and where the other's word appeared."""

    probes: int = 0
    told_apart: list[str] = field(default_factory=list[str])
    leaks: list[str] = field(default_factory=list[str])

    @property
    def clean(self) -> bool:
        """Whether nothing of the other organization could be learned."""
        return not self.told_apart and not self.leaks

    def with_those_of(self, other: Tally) -> Tally:
        """Add two of them up."""
        return Tally(self.probes + other.probes, self.told_apart + other.told_apart, self.leaks + other.leaks)

    def compare(self, name: str, first: str, second: str) -> None:
        """Count one probe: the answer about the other organization's thing, and about one that never was."""
        self.probes += 1
        if first != second or BROKEN in first:
            place = next((n for n, pair in enumerate(zip(first, second, strict=False)) if pair[0] != pair[1]), 0)
            shown = slice(max(0, place - 60), place + 60)
            self.told_apart.append(f"{name}: …{first[shown]}… or …{second[shown]}…")
        if THEIRS in first:
            self.leaks.append(f"{name}: {first[:400]}")


def answer(ask: Ask, given: str) -> str:
    """What the caller learns, as text in which the thing asked for is called THING."""
    try:
        found = ask()
        learned = repr([*found] if isinstance(found, Iterator) else found)  # pyright: ignore[reportUnknownArgumentType] - any answer
    except InvalidRequestError as error:
        learned = f"{BROKEN} {error}"
    except SegmentEngineError as error:
        learned = f"{type(error).__name__}: {_INCIDENT.sub('number N', str(error))}"
    # Ids first: “4e-0192” inside of one reads like a number.
    return _MOMENTS.sub("MOMENT", _MADE.sub(_new_or_known, learned.replace(given, "THING")))


def _new_or_known(found: re.Match[str]) -> str:
    """Keep an id that was stored before the probes; what a probe makes has a new one every time."""
    return found[0] if UUID(found[0]) in _STORED else "NEW"


def ids_of(databases: Databases, organization_id: int) -> dict[str, UUID]:
    """Give one id from every column of ids of every table, under the name of the column."""
    found: dict[str, UUID] = {}
    with databases.migrator.transaction() as transaction:
        columns = transaction.rows(
            text(
                "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' "
                "AND data_type = 'uuid' AND table_name = ANY(:tables) ORDER BY 1, 2"
            ),
            {"tables": names(databases.migrator, TENANT_TABLES)},
        )
        for row in columns:
            every = _EVERY.replace("COLUMN", row.column_name).replace("TABLE", row.table_name)
            stored: list[UUID] = [each[0] for each in transaction.rows(text(every))]
            _STORED.update(stored)
            first = _FIRST.replace("COLUMN", row.column_name).replace("TABLE", row.table_name)
            value = transaction.scalar(text(first), {"o": organization_id})
            if value is not None and UUID(value) not in found.values():
                found[f"{row.table_name}.{row.column_name}"] = UUID(value)
    return found


def probe_methods(
    engine: Engine, context: OrganizationContext, ids: Mapping[str, UUID], *, roles: tuple[Role, ...] = (Role.ADMIN,)
) -> Tally:
    """Call every method with every id, in each role, and with ids that exist nowhere."""
    tally = Tally()
    for role in roles:
        acting = replace(context, role=role, permissions=PERMISSIONS[role])
        for name, (_permission, call) in CALLS.items():
            strangers = (uuid5(_NOWHERE, f"{role} {name} {turn}") for turn in range(2))
            ask = partial(call, engine, acting)
            # The first call may create what later ones find, such as a segment of the name in the table.
            _, nothing = [answer(partial(ask, given), str(given)) for given in strangers]
            for kind, given in ids.items():
                tally.compare(f"{role.value} {name} {kind}", answer(partial(ask, given), str(given)), nothing)
    return tally


def probe_words(engine: Engine, ours: Marked, theirs: Marked) -> Tally:
    """Ask by the other's names and keys, and by a word as long that nobody uses."""
    tally = Tally()
    for name, call in BY_WORD.items():
        ask = partial(call, engine, ours.context, ours)
        found, nothing = (answer(partial(ask, word), word) for word in (theirs.word, NOBODYS))
        tally.compare(name, found, nothing)
    return tally


def probe_beside(engine: Engine, ours: Marked, ids: Mapping[str, UUID]) -> Tally:
    """Name the other's things beside one's own."""
    tally = Tally()
    for name, call in BESIDE.items():
        strangers = (uuid5(_NOWHERE, f"{name} {turn}") for turn in range(2))
        ask = partial(call, engine, ours.context, ours)
        _, nothing = [answer(partial(ask, given), str(given)) for given in strangers]
        for kind, given in ids.items():
            tally.compare(f"{name} {kind}", answer(partial(ask, given), str(given)), nothing)
    return tally


def state_of(databases: Databases, organization_id: int, *tables: str) -> dict[str, str]:
    """Give a checksum of the rows of one organization, of every table unless some are named."""
    with databases.migrator.transaction() as transaction:
        return {
            table: str(
                transaction.scalar(
                    text(
                        "SELECT md5(coalesce(string_agg(md5(t::text), '' ORDER BY md5(t::text)), '')) "  # noqa: S608 - a name of the catalog
                        f"FROM {table} AS t WHERE organization_id = :o"
                    ),
                    {"o": organization_id},
                )
            )
            for table in tables or names(databases.migrator, TENANT_TABLES)
        }


# Locks that are taken away on purpose ------------------------------------------------------------------------------


def without_row_security(databases: Databases) -> None:
    """Take the second lock away: every role sees every row."""
    with databases.migrator.engine.begin() as connection:
        for table in names(databases.migrator, TENANT_TABLES):
            connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")


@contextmanager
def without_filters(modules: tuple[str, ...]) -> Generator[int]:
    """Take the first lock away: no named query asks for its organization. Gives how many queries were opened."""
    opened = 0
    loaded = [cast("dict[str, Query]", load_queries(module)) for module in modules]
    before = [dict(known) for known in loaded]
    for known in loaded:
        for name, query in known.items():
            body, count = re.subn(r"(?:\w+\.)?organization_id = :organization\b", "(:organization > 0)", query.text)
            opened += bool(count)
            known[name] = Query(text(body))
    try:
        yield opened
    finally:
        for known, kept in zip(loaded, before, strict=True):
            known.update(kept)
