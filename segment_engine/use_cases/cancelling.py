"""Lets one thread stop what another one asked of the database."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager

from segment_engine.db.session import Transaction
from segment_engine.errors import Conflict


class Cancellable:
    """A handle on one call: give it to the call, keep it, and cancel it from another thread.

    Shape: a call that was cancelled raises Conflict, also when it was cancelled before it began. One handle serves one
        call after the other until it is cancelled, and none afterwards.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._transaction: Transaction | None = None
        self._cancelled = False

    @property
    def cancelled(self) -> bool:
        """Whether it was cancelled."""
        return self._cancelled

    def cancel(self) -> None:
        """Stop the statement that runs, and let nothing more begin."""
        with self._lock:
            self._cancelled = True
            if self._transaction is not None:
                self._transaction.cancel()

    def check(self) -> None:
        """Go on only when nobody cancelled. Raises: Conflict."""
        if self._cancelled:
            raise Conflict("This was stopped, because something newer was asked for. Nothing was changed.")

    @contextmanager
    def holding(self, transaction: Transaction) -> Generator[None]:
        """Let `cancel` reach a transaction while it is worked with. Raises: Conflict once it was cancelled."""
        with self._lock:
            self.check()
            self._transaction = transaction
        try:
            yield
        except Exception:
            # What a cancelled statement raises is told apart from a real trouble here.
            self.check()
            raise
        finally:
            with self._lock:
                self._transaction = None
        self.check()
