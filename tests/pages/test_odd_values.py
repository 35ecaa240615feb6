"""What is stored and was never meant to be: words of a newer release, mangled documents, values at every edge."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import pytest
import streamlit as st
from sqlalchemy import text
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from app import PLACES
from segment_engine.databases import Databases, connect_local
from segment_engine.engine import Engine
from segment_engine.errors import StoredByNewer
from segment_engine.postgres.local import ADMINISTRATOR, LocalServer
from segment_engine.settings import Settings
from tests.databases import Copies
from tests.hostile_names import HostileWorld, make_hostile_world
from tests.pages.conftest import DEFAULT_TIMEOUT, VISIT, words

Count = Callable[..., None]
# Every word the schema lists is one a newer release may have more of. Roles decide who gets in at all, and the zone and
# calendar of an organization stand in every context: they are refused before there is a page.
_WORDS = text("""
SELECT CAST(con.conrelid AS regclass)::text AS of_table, att.attname AS of_column
FROM pg_constraint AS con JOIN pg_attribute AS att ON att.attrelid = con.conrelid AND att.attnum = ANY(con.conkey)
WHERE con.contype = 'c' AND cardinality(con.conkey) = 1 AND pg_get_constraintdef(con.oid) LIKE '%= ANY (ARRAY[%'
    AND con.connamespace = CAST('public' AS regnamespace)
    AND CAST(con.conrelid AS regclass)::text NOT IN ('seats', 'organizations', 'invitations')
ORDER BY 1, 2""")
_LIMITS = text("SELECT conname FROM pg_constraint WHERE contype = 'c' AND conrelid = CAST(:of_table AS regclass)")
_KEYS = text("""SELECT att.attname FROM pg_index AS ind JOIN pg_attribute AS att
    ON att.attrelid = ind.indrelid AND att.attnum = ANY(ind.indkey)
    WHERE ind.indisprimary AND ind.indrelid = CAST(:of_table AS regclass)""")
# Of the pages that show one thing so many are opened for each word.
MOST = 2
EVERYWHERE = frozenset({"segments", "runs", "fields"})


@dataclass
class Odd:
    """An organization whose rows can be made odd, and its pages."""

    databases: Databases
    world: HostileWorld
    caplog: pytest.LogCaptureFixture

    def run(self, *statements: str) -> None:
        """Change rows past every rule of the schema."""
        with self.databases.migrator.transaction() as transaction:
            for statement in ("SET LOCAL session_replication_role = replica", *statements):
                transaction.run(text(statement), {})

    def words(self) -> list[tuple[str, str]]:
        """Name every column that holds one of a list of words, and has rows."""
        with self.databases.migrator.transaction() as transaction:
            found = [(row.of_table, row.of_column) for row in transaction.rows(_WORDS, {})]
            return [
                (table, column)
                for table, column in found
                if transaction.scalar(text(f"SELECT count(*) FROM {table} WHERE {column} IS NOT NULL"), {})  # noqa: S608 - names from the catalog
            ]

    def let_be(self, table: str) -> None:
        """Take the rules of a table away, and keep its rows beside it."""
        with self.databases.migrator.transaction() as transaction:
            limits = [row.conname for row in transaction.rows(_LIMITS, {"of_table": table})]
        self.run(
            f"CREATE TABLE IF NOT EXISTS kept_{table} AS SELECT * FROM {table}",  # noqa: S608 - names from the catalog
            *(f'ALTER TABLE {table} DROP CONSTRAINT "{each}"' for each in limits),
        )

    def put_back(self, table: str, column: str) -> None:
        """Store again what stood there."""
        with self.databases.migrator.transaction() as transaction:
            keys = [row.attname for row in transaction.rows(_KEYS, {"of_table": table})]
        if column in keys:
            self.run(f"DELETE FROM {table}", f"INSERT INTO {table} SELECT * FROM kept_{table}")  # noqa: S608 - names from the catalog
            return
        same = " AND ".join(f"{table}.{key} = kept_{table}.{key}" for key in keys)
        self.run(f"UPDATE {table} SET {column} = kept_{table}.{column} FROM kept_{table} WHERE {same}")  # noqa: S608 - names from the catalog

    def pages(self, most: int | None = MOST) -> Iterator[tuple[str, AppTest]]:
        """Open every page, and some of what it can show."""
        asked = self.world.queries()
        for place in PLACES:
            for query in asked.get(place.path, [{}])[:most]:
                self.caplog.clear()
                page = AppTest.from_file(str(VISIT), default_timeout=DEFAULT_TIMEOUT)
                page._page_hash = calc_hash(place.path)  # AppTest switches to files only
                page.query_params.update(query)
                page.run()
                errors = [each for each in self.caplog.records if each.levelno >= logging.ERROR]
                assert not page.exception, (place.path, query)
                assert [each.exc_text for each in errors] == [], (place.path, query)
                yield place.path, page


@pytest.fixture
def odd(
    server: LocalServer, settings: Settings, copies: Copies, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> Iterator[Odd]:  # fmt: skip
    """An organization with everything in it, on a database of its own."""
    name = copies.take()
    databases = connect_local(server, settings, database=name)
    world = make_hostile_world(Engine(databases), databases, tmp_path)
    monkeypatch.setenv("DATABASE_URL", server.url(ADMINISTRATOR, name))
    st.cache_resource.clear()
    yield Odd(databases, world, caplog)
    st.cache_resource.clear()
    databases.close()
    copies.give_back(name)


def rounds(found: list[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    """Put together what does not hide each other: what all pages read is odd by itself, of other tables one column."""
    # Campaigns and sequences are lists of their own; a third kind stands in neither.
    wanted = [each for each in found if each != ("campaigns", "kind")]
    alone = [[each] for each in wanted if each[0] in EVERYWHERE]
    others = defaultdict[str, list[tuple[str, str]]](list)
    for table, column in wanted:
        if table not in EVERYWHERE:
            others[table].append((table, column))
    return alone + [[each for each in some if each] for some in zip_longest(*others.values())]


@pytest.mark.timeout(300)
def test_words_of_a_newer_release_break_no_page(odd: Odd, scored: Count) -> None:
    """While an installation is updated, statuses, reasons and kinds nobody here knows are “–” or a sentence (A9)."""
    tried, told = 0, 0
    for together in rounds(odd.words()):
        for table, column in together:
            odd.let_be(table)
            odd.run(f"UPDATE {table} SET {column} = 'newer' WHERE {column} IS NOT NULL")  # noqa: S608 - names from the catalog
        for _, page in odd.pages():
            tried += 1
            told += "is not known to this release" in words(page)
        for table, column in together:
            odd.put_back(table, column)
    scored("words of a newer release", tried, faults=0)
    assert told >= 20
    assert not any("is not known to this release" in words(page) for _, page in odd.pages(1))


_ODD_DOCUMENTS = (
    "null", "[]", '"text"', "{}", '{"format": "segment-criteria", "version": 99}', '{"root": {"group": "all"}}',
    '{"format": "segment-criteria", "version": 1, "base": "contacts", "root": {"group": "some", "of": [7, null, {}]}}',
    '{"root": {"group": "all", "of": [{"kind": "attribute", "field": "contact.gone", "op": "eq", "value": 1e400}]}}',
)  # fmt: skip


@pytest.mark.timeout(300)
def test_values_that_fit_no_longer_break_no_page(odd: Odd, scored: Count) -> None:
    """Documents that are none, fields of another type, choices that are gone, and values at every edge (A9, A10)."""
    segments = odd.world.segments
    tables = ("contacts", "fields", "segment_versions", "runs", "segments")
    for table in tables:
        odd.let_be(table)
    odd.run(
        "UPDATE fields SET type = 'boolean' WHERE type = 'text' AND column_name LIKE 'text%'",
        "UPDATE contacts SET city = repeat('x', 20000) WHERE number = 1",
        "UPDATE segments SET member_count = 2147483647, description = repeat('y', 100000)",
        "UPDATE runs SET member_count = 0, joined_count = 2147483647, as_of = '1900-01-01' WHERE status = 'success'",
        *(
            f"UPDATE segment_versions SET criteria = '{document}' WHERE segment_id = '{segment_id}'"  # noqa: S608 - documents of this file
            for segment_id, document in zip(segments, _ODD_DOCUMENTS, strict=False)
        ),
    )  # fmt: skip
    tried = sum(1 for _ in odd.pages(None))
    for document in _ODD_DOCUMENTS[len(segments) :]:
        odd.run(f"UPDATE segment_versions SET criteria = '{document}' WHERE segment_id = '{segments[1]}'")  # noqa: S608 - documents of this file
        tried += sum(1 for path, _ in odd.pages() if path in {"segment", "edit"})
    scored("odd values on pages", tried, faults=0)


def test_a_word_that_is_not_known_is_an_error_people_can_read() -> None:
    """It names the word and the next step, and whoever reads an address still sees a value that is none."""
    from segment_engine.domain.run import RunStatus  # noqa: PLC0415 - the smallest of them

    with pytest.raises(StoredByNewer, match="“paused” is not known to this release"):
        RunStatus("paused")
    assert issubclass(StoredByNewer, ValueError)
