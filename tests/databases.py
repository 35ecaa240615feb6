"""Databases of tests: a migrated copy for each, swept and used again, because emptying costs a fraction of copying.

A database is used again only when nothing but rows was left in it: whoever changed the schema or stored a lot gets
theirs dropped, and the next test a new copy.
"""

from __future__ import annotations

import secrets
from contextlib import closing

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from segment_engine.db.migrate import upgrade
from segment_engine.db.session import Database
from segment_engine.postgres.local import ADMINISTRATOR, LocalServer

TEMPLATE = "segment_template"
MOST_ROWS = 20_000  # more than this leaves a table that is slow to look through
MOST_USES = 200  # rows that were deleted stay on their pages

# Every row of the catalog says which transaction wrote it, so a change of the schema cannot hide.
# Imports make temporary tables, whose traces may stay; they are nobody's.
_SCHEMA = """
WITH ours AS (SELECT oid, xmin FROM pg_class WHERE relnamespace = 'public'::regnamespace)
SELECT (SELECT sum(cast(cast(xmin AS text) AS bigint)) + count(*) FROM ours),
    (SELECT sum(cast(cast(pg_attribute.xmin AS text) AS bigint)) + count(*)
        FROM pg_attribute JOIN ours ON ours.oid = attrelid),
    (SELECT sum(cast(cast(xmin AS text) AS bigint)) + count(*) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace),
    (SELECT sum(cast(cast(xmin AS text) AS bigint)) + count(*) FROM pg_policy),
    (SELECT sum(cast(cast(xmin AS text) AS bigint)) + count(*) FROM pg_trigger),
    (SELECT sum(cast(cast(xmin AS text) AS bigint)) + count(*) FROM pg_proc WHERE oid >= 16384),
    (SELECT count(*) FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp_'),
    (SELECT count(*) FROM pg_db_role_setting),
    (SELECT count(*) FROM pg_largeobject_metadata),
    (SELECT string_agg(checksum, ' ' ORDER BY number) FROM public.schema_migrations)
"""
_TABLES = """
SELECT quote_ident(relname) FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'schema_migrations'
"""
# Work beside a test may outlive it by a moment; five seconds are enough for a session to end.
_OTHERS_OUT = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
# What the planner believes about rows that are gone would mislead the next test.
_FORGET = (
    "SET LOCAL allow_system_table_mods = on",
    "DELETE FROM pg_statistic WHERE starelid >= 16384",
    "DELETE FROM pg_statistic_ext_data",
    "SET LOCAL allow_system_table_mods = off",
)
_RESTART = "SELECT setval(seqrelid::regclass, seqstart, false) FROM pg_sequence"


class Copies:
    """The copies of one test process: `take` gives a migrated, empty database, `give_back` sweeps or drops it."""

    def __init__(self, server: LocalServer, administrator: Database) -> None:
        self._server, self._administrator = server, administrator
        self.template = TEMPLATE
        self._spare: list[str] = []
        self._uses: dict[str, int] = {}
        self._schema: dict[str, tuple[object, ...]] = {}

    def make_template(self) -> None:
        """Migrate the database that all others are copied from."""
        self.execute(f"CREATE DATABASE {TEMPLATE} TEMPLATE template0")
        migrator = Database(self._server.url(ADMINISTRATOR, TEMPLATE))
        upgrade(migrator)
        migrator.close()

    def take(self) -> str:
        """Give a database that nobody else uses."""
        if self._spare:
            return self._spare.pop()
        name = f"test_{secrets.token_hex(6)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY file_copy")
        with closing(self._open(name)) as database, database.engine.begin() as connection:
            self._schema[name] = _schema(connection)
        return name

    def give_back(self, name: str) -> None:
        """Empty it for the next test; where that is not enough, or not possible, drop it."""
        self._uses[name] = self._uses.get(name, 0) + 1
        if self._uses[name] < MOST_USES and self._swept(name):
            self._spare.append(name)
        else:
            self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def execute(self, statement: str) -> None:
        """Run a statement that cannot stand in a transaction."""
        with self._administrator.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(statement)

    def _open(self, name: str) -> Database:
        return Database(self._server.url(ADMINISTRATOR, name), application="tests", pool_size=1)

    def _swept(self, name: str) -> bool:
        """Delete every row there is; False when more than rows was left behind."""
        try:
            with closing(self._open(name)) as database, database.engine.begin() as connection:
                connection.exec_driver_sql(_OTHERS_OUT)
                if _schema(connection) != self._schema[name]:
                    return False
                connection.exec_driver_sql("SET LOCAL session_replication_role = replica")  # no triggers, no cascades
                rows = sum(
                    connection.exec_driver_sql(f"DELETE FROM {table}").rowcount  # noqa: S608 - names of the catalog
                    for table in _filled(connection)
                )
                for statement in (*_FORGET, _RESTART):
                    connection.exec_driver_sql(statement)
                return rows <= MOST_ROWS
        except DBAPIError:
            return False  # read-only, cut off, or gone: whatever the test did to it, it is not used again


def _schema(connection: Connection) -> tuple[object, ...]:
    return tuple(connection.exec_driver_sql(_SCHEMA).one())


def _filled(connection: Connection) -> list[str]:
    """Name the tables that hold a row."""
    tables = [str(row[0]) for row in connection.exec_driver_sql(_TABLES)]
    asked = " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT FROM {table})" for table in tables)  # noqa: S608 - as above
    return [str(row[0]) for row in connection.exec_driver_sql(asked)]
