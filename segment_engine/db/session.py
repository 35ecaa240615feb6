"""Hands out transactions bound to one organization. Nothing else executes SQL."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg.sql import Composed
from sqlalchemy import URL, Connection, Engine, Executable, Row, create_engine, make_url
from sqlalchemy.exc import DBAPIError

from segment_engine.db.line import KEEP_ALIVE, Line, note_life
from segment_engine.db.queries import Query
from segment_engine.db.translation import Unsure, translated_errors
from segment_engine.errors import Unavailable

Parameters = Mapping[str, Any]


@dataclass(frozen=True)
class Limits:
    """What the server enforces on every connection of a role.

    Units: milliseconds, 0 means none; `work_memory` is megabytes for each sort or hash of a statement. A set of
        contacts that does not fit there is searched row by row instead of by hash, slower by orders of magnitude.
    """

    statement: int = 5_000
    lock: int = 2_000
    idle_in_transaction: int = 10_000
    work_memory: int = 128


class Transaction:
    """One promise towards the database: everything in it happens, or nothing."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.line = Line(connection)

    @property
    def connection(self) -> Connection:
        """The SQLAlchemy connection, for COPY and for statements the compiler built."""
        return self._connection

    def rows(self, statement: Query | Executable, parameters: Parameters | None = None) -> Sequence[Row[Any]]:
        """Run and return every row."""
        return self._connection.execute(_executable(statement), parameters or {}).all()

    def one(self, statement: Query | Executable, parameters: Parameters | None = None) -> Row[Any] | None:
        """Run and return the only row, or None."""
        return self._connection.execute(_executable(statement), parameters or {}).one_or_none()

    def the(self, statement: Query | Executable, parameters: Parameters | None = None) -> Row[Any]:
        """Run a statement that always gives exactly one row, and return it."""
        return self._connection.execute(_executable(statement), parameters or {}).one()

    def scalar(self, statement: Query | Executable, parameters: Parameters | None = None) -> Any:  # noqa: ANN401 - a value of any column
        """Run and return the first column of the first row, or None."""
        return self._connection.execute(_executable(statement), parameters or {}).scalar()

    def run(self, statement: Query | Executable, parameters: Parameters | Sequence[Parameters] | None = None) -> int:
        """Run and return how many rows were touched."""
        return self._connection.execute(_executable(statement), parameters or {}).rowcount

    def stream(
        self, statement: Query | Executable, parameters: Parameters | None = None, *, rows_at_once: int
    ) -> Generator[Row[Any]]:
        """Read row by row through a cursor on the server, so that memory does not grow with the result."""
        # Of the statement, not of the connection: what is asked after it in the transaction has no cursor. The cursor
        # is closed when the reader breaks off, too.
        options = {"stream_results": True, "max_row_buffer": rows_at_once}
        with self._connection.execute(_executable(statement), parameters or {}, execution_options=options) as result:
            cursor = result.cursor
            try:
                yield from result
            finally:
                if cursor is not None:  # of a connection that broke, nobody else would close it
                    _close(cursor)

    def copy(self, statement: Composed, chunks: Iterable[memoryview]) -> None:
        """Send rows through COPY … FROM STDIN; memory holds one chunk at a time."""
        try:
            with self.line.driver.cursor() as cursor, cursor.copy(statement) as stream:
                for chunk in chunks:
                    stream.write(chunk)
        except psycopg.Error as error:
            raise DBAPIError(statement.as_string(), None, error) from error

    def copy_out(self, statement: Composed) -> bytes:
        """Receive rows through COPY … TO STDOUT, all at once; the statement bounds how many they are."""
        try:
            with self.line.driver.cursor() as cursor, cursor.copy(statement) as stream:
                return b"".join(bytes(chunk) for chunk in stream)
        except psycopg.Error as error:
            raise DBAPIError(statement.as_string(), None, error) from error

    def now(self) -> datetime:
        """Read the database's clock once: the `as_of` of a preview. Units: UTC."""
        return self._connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()

    def rows_within(self, statement: Query | Executable, *, seconds: float) -> Sequence[Row[Any]] | None:
        """Run a statement and return every row, but give up after so long: None then, and nothing else ends.

        Shape: the limit stays in force for the statements after it; set another one with `limit_statements`.
        """
        with self._within(seconds):
            return self.rows(statement)
        return None

    def read_within(
        self, statement: Query | Executable, parameters: Parameters | None = None, *, take: Callable[[Row[Any]], None],
        seconds: float, rows_at_once: int,
    ) -> bool:  # fmt: skip
        """Hand over row by row as `stream` reads them, but give up after so long: False then, like `rows_within`."""
        until = time.monotonic() + seconds
        with self._within(seconds), closing(self.stream(statement, parameters, rows_at_once=rows_at_once)) as rows:
            for row in rows:
                take(row)
                if time.monotonic() > until:  # the server's limit is one for each portion
                    return False
            return True
        return False

    @contextmanager
    def _within(self, seconds: float) -> Generator[None]:
        """Go on behind the block where the server ends a statement in it after so long."""
        try:
            with self._connection.begin_nested():
                milliseconds = max(1, int(seconds * 1000))
                self._connection.exec_driver_sql(f"SET LOCAL statement_timeout = '{milliseconds}ms'")
                yield
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) != "57014":
                raise

    def the_within(self, statement: Query | Executable, *, seconds: float) -> Row[Any] | None:
        """Run a statement that always gives exactly one row, but give up after so long, like `rows_within`."""
        found = self.rows_within(statement, seconds=seconds)
        return None if found is None else found[0]

    def cancel(self) -> None:
        """Stop the statement that runs at this moment; called from another thread. Raises: Unavailable."""
        self.line.cancel()

    def without_helpers(self) -> None:
        """Let every further statement of this transaction be run by one process, as those that are streamed are."""
        self._connection.exec_driver_sql("SET LOCAL max_parallel_workers_per_gather = 0")

    def limit_statements(self, *, seconds: int) -> None:
        """Let the server end every further statement of this transaction after so long; 0 means no limit."""
        self._connection.exec_driver_sql(f"SET LOCAL statement_timeout = '{int(seconds)}s'")


def _close(cursor: Any) -> None:  # noqa: ANN401 - the driver's, which SQLAlchemy does not type
    """Close a cursor of the server; where that meets the end of the connection, only our side is left to close."""
    try:
        cursor.close()
    except psycopg.Error:
        cursor.close()
        raise


def _executable(statement: Query | Executable) -> Executable:
    return statement  # a Query is a TextClause; the two names keep free text out


class Database:
    """A pool of connections that act as one role.

    Raises: every method raises the errors of `segment_engine.errors`, never those of the driver.
    """

    def __init__(
        self, url: str | URL, *, role: str | None = None, application: str = "segment_engine",
        limits: Limits | None = None, pool_size: int = 5,
    ) -> None:  # fmt: skip
        self.limits = bounds = limits or Limits()
        options = [
            f"-c statement_timeout={bounds.statement}",
            f"-c lock_timeout={bounds.lock}",
            f"-c idle_in_transaction_session_timeout={bounds.idle_in_transaction}",
            f"-c work_mem={bounds.work_memory}MB",
            "-c timezone=UTC",
            "-c jit=off",
        ]
        if role is not None:
            options.append(f"-c role={role}")
        self._closed = False
        self.engine: Engine = create_engine(
            make_url(url).set(drivername="postgresql+psycopg"),
            pool_size=pool_size, max_overflow=5, pool_timeout=10, pool_pre_ping=True, pool_recycle=1800,
            hide_parameters=True,  # what people's data hold must not reach the log with the text of an error
            # Never a prepared statement: a generic plan would not know the bounds, which decide how events are read.
            connect_args={
                "prepare_threshold": None,
                "application_name": application,
                "options": " ".join(options),
                "connect_timeout": 10,
                **KEEP_ALIVE,
            },
        )  # fmt: skip
        note_life(self.engine)

    def close(self) -> None:
        """Give every connection back to the server; one that is in use now follows when its work ends."""
        self._closed = True
        self.engine.dispose()

    @contextmanager
    def _pooled(self) -> Generator[None]:
        """Empty the pool again after a piece of work that outlived `close`: nobody else would end its connection."""
        pool = self.engine.pool
        try:
            yield
        finally:
            if self._closed:
                pool.dispose()

    @contextmanager
    def transaction(
        self, organization_id: int | None = None, *, person_id: UUID | None = None,
        identity: tuple[str, str] | None = None, verified_email: str | None = None, read_only: bool = False,
        snapshot: bool = False,
    ) -> Generator[Transaction]:  # fmt: skip
        """Open a transaction that sees one organization (or, with none, only what belongs to nobody).

        Shape: the settings are local to the transaction, so a pooled connection never carries them to the next one.
            `verified_email` is folded; with it the open invitations to this address are seen. `snapshot` makes all
            statements see one moment.
        Raises: Unavailable, Conflict, LimitExceeded, NameTaken, NotFound, InUse, or Incident for the unexpected. Where
            the connection breaks at the very end, Unavailable says that nobody knows what happened.
        """
        unsure = Unsure()
        with unsure, translated_errors(), self._pooled(), self.engine.begin() as connection:
            if snapshot:
                connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            if read_only:
                connection.exec_driver_sql("SET TRANSACTION READ ONLY")
            if organization_id is not None:
                enter_organization(connection, organization_id)
            if person_id is not None:
                connection.exec_driver_sql(f"SET LOCAL app.person = '{UUID(str(person_id))}'")
            if identity is not None:
                settings = ("SELECT set_config('app.issuer', %s, true), set_config('app.subject', %s, true)", identity)
                connection.exec_driver_sql(*settings)
            if verified_email is not None:
                connection.exec_driver_sql("SELECT set_config('app.verified_email', %s, true)", (verified_email,))
            yield Transaction(connection)
            unsure.saving = not read_only

    def notifications(self, channel: LiteralString, *, seconds: float) -> Iterator[str]:
        """Listen on a channel and yield each message, until nothing came for so long.

        Raises: Unavailable when the connection breaks.
        """
        with translated_errors(), self._pooled(), self.engine.connect() as connection:
            listening = connection.execution_options(isolation_level="AUTOCOMMIT")
            listening.exec_driver_sql(f"LISTEN {channel}")
            driver: Any = listening.connection.driver_connection
            try:
                for message in driver.notifies(timeout=seconds):
                    yield message.payload
            except psycopg.OperationalError as error:
                raise Unavailable from error
            finally:
                if not driver.closed:
                    listening.exec_driver_sql("UNLISTEN *")


def enter_organization(connection: Connection, organization_id: int) -> None:
    """Bind the rest of the transaction to one organization.

    Source: a SET statement, because `set_config()` is not carried to the nodes of a distributed database.
    """
    connection.exec_driver_sql(f"SET LOCAL app.organization = '{int(organization_id)}'")
