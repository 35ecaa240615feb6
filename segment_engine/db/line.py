"""The line to the server, for other threads than its user's: end a statement, see that it is dead, break it off."""

from __future__ import annotations

import os
import socket
import time
from typing import Any, cast

import psycopg
from sqlalchemy import Connection, Engine, event

from segment_engine.errors import Unavailable

CANCEL_SECONDS = 2.0
# A long statement is silent: this keeps its line open, and tells within a minute that it went dead. Units: seconds.
KEEP_ALIVE = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
_HEARD_AT = "heard at"


class Line:
    """One connection, as threads see it that do not use it themselves.

    Shape: everything is known from the beginning, so that it can be asked when the connection is broken, too.
    """

    def __init__(self, connection: Connection) -> None:
        self.driver = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
        self._notes = connection.info

    @property
    def heard_at(self) -> float:
        """When a statement last began or ended here. Units: seconds of the monotonic clock."""
        return self._notes[_HEARD_AT]

    def cancel(self) -> None:
        """End the statement that runs at this moment. Raises: Unavailable when the server does not hear of it."""
        try:
            self.driver.cancel_safe(timeout=CANCEL_SECONDS)
        except psycopg.Error as error:
            raise Unavailable from error

    def break_off(self) -> None:
        """End the connection from this side: whoever waits for an answer on it gets none."""
        if not self.driver.closed:
            with socket.socket(fileno=os.dup(self.driver.fileno())) as end:
                end.shutdown(socket.SHUT_RDWR)


def note_life(engine: Engine) -> None:
    """Note with every connection when its statements begin and end."""
    for moment in ("before_cursor_execute", "after_cursor_execute"):
        event.listen(engine, moment, _note)


def _note(connection: Connection, *_: object) -> None:
    connection.info[_HEARD_AT] = time.monotonic()
