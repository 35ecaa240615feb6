"""Sign-ins that were ended here: other tabs of the same browser keep theirs until they are told, and they ask here."""

from __future__ import annotations

import threading
from datetime import datetime

from auth.claims import Session

Key = tuple[str, str, datetime | None, str]


class EndedSessions:
    """The sign-ins this process has ended, each until it would have ended by itself. Safe between threads."""

    def __init__(self) -> None:
        self._until: dict[Key, datetime] = {}
        self._lock = threading.Lock()

    def end(self, session: Session, *, now: datetime) -> None:
        """Remember that a sign-in was ended, and forget those that are over anyway."""
        with self._lock:
            self._until = {key: until for key, until in self._until.items() if until > now}
            self._until[session.key] = session.ends_at

    def __contains__(self, session: Session) -> bool:
        with self._lock:
            return session.key in self._until


ENDED = EndedSessions()
