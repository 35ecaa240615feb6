"""Brings the schema up to date: numbered SQL files, forward only, under a lock, each in one transaction."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from importlib import resources

from sqlalchemy import Connection

from segment_engine.db.session import Database
from segment_engine.db.translation import translated_errors
from segment_engine.errors import SettingsError

# Any number nobody else uses; two migrators of one database wait for each other on it.
_LOCK = 7_265_301_946_127

_NUMBERED = re.compile(r"^(?P<number>\d{4})_[a-z0-9_]+\.sql$")


@dataclass(frozen=True)
class Migration:
    """One file of `migrations/`. `checksum` proves that an applied file was not edited afterwards."""

    number: int
    name: str
    statements: str
    checksum: str


def migrations() -> tuple[Migration, ...]:
    """List the packaged migrations in order."""
    found: list[Migration] = []
    for entry in resources.files("segment_engine.db").joinpath("migrations").iterdir():
        match = _NUMBERED.match(entry.name)
        if match:
            source = entry.read_text(encoding="utf-8")
            checksum = hashlib.sha256(source.encode()).hexdigest()
            found.append(Migration(int(match["number"]), entry.name, source, checksum))
    return tuple(sorted(found, key=lambda migration: migration.number))


def upgrade(database: Database) -> tuple[str, ...]:
    """Apply what is missing and return the names of the files applied; a second call returns none.

    Raises: SettingsError when an applied file was changed, or the database is newer than this program; any error inside
        a file leaves the database as it was before that file.
    """
    applied: list[str] = []
    with translated_errors(), database.engine.connect() as connection:
        connection.exec_driver_sql("SET statement_timeout = 0")
        connection.exec_driver_sql("SET lock_timeout = 0")
        connection.exec_driver_sql(f"SELECT pg_advisory_lock({_LOCK})")
        connection.commit()
        try:
            done = _applied(connection)
            connection.commit()
            for migration in _missing(done):
                # Without parameters the driver sends the file as it is: many statements, and % is only a sign.
                connection.execution_options(no_parameters=True).exec_driver_sql(migration.statements)
                connection.exec_driver_sql(
                    "INSERT INTO schema_migrations (number, name, checksum) VALUES (%s, %s, %s)",
                    (migration.number, migration.name, migration.checksum),
                )
                connection.commit()
                applied.append(migration.name)
        finally:
            connection.rollback()
            connection.exec_driver_sql(f"SELECT pg_advisory_unlock({_LOCK})")
            connection.commit()
    return tuple(applied)


def pending(database: Database) -> tuple[str, ...]:
    """Name the migrations that were not applied yet, without applying them. Raises: SettingsError as `upgrade`."""
    with translated_errors(), database.engine.begin() as connection:
        return tuple(migration.name for migration in _missing(_applied(connection)))


def _applied(connection: Connection) -> dict[int, str]:
    connection.exec_driver_sql(
        "CREATE TABLE IF NOT EXISTS schema_migrations (number integer PRIMARY KEY, name text NOT NULL, "
        "checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT clock_timestamp())"
    )
    connection.exec_driver_sql("GRANT SELECT ON schema_migrations TO PUBLIC")
    return {
        row.number: row.checksum for row in connection.exec_driver_sql("SELECT number, checksum FROM schema_migrations")
    }


def _missing(done: dict[int, str]) -> tuple[Migration, ...]:
    known = {migration.number: migration for migration in migrations()}
    if set(done) - set(known):
        raise SettingsError("The database was made by a newer version of this program. Install that version.")
    changed = [known[number].name for number, checksum in done.items() if known[number].checksum != checksum]
    if changed:
        raise SettingsError(
            f"These applied migrations were edited afterwards: {', '.join(changed)}. Restore the files."
        )
    return tuple(migration for number, migration in known.items() if number not in done)
