"""What the server itself complained about: its log is the witness that nothing typed was ever read as SQL."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from segment_engine.postgres.local import LocalServer

# The prefix of the embedded server's lines ends with the database, the application and the SQLSTATE.
_LINE = r"@{database} .*? (?P<state>[0-9A-Z]{{5}}) (?:ERROR|FATAL|PANIC):"


class ServerLog:
    """Everything one database complained about since this was made."""

    def __init__(self, server: LocalServer, database: str) -> None:
        self._path: Path = server.data_directory / "postgres.log"
        self._line = re.compile(_LINE.format(database=re.escape(database)))
        self._start = self._path.stat().st_size

    def complaints(self) -> Counter[str]:
        """Count the errors by their SQLSTATE."""
        with self._path.open("rb") as log:
            log.seek(self._start)
            said = log.read().decode("utf-8", "replace")
        return Counter(match["state"] for match in self._line.finditer(said))

    def misread(self) -> int:
        """Count errors of class 42: syntax errors, unknown names, and things that are not allowed."""
        return sum(count for state, count in self.complaints().items() if state.startswith("42"))
