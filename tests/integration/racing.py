"""Lets several people act at the same moment, in real threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

PATIENCE_SECONDS = 30


def race(*acts: Callable[[], object]) -> list[object]:
    """Start all acts at the same moment; gives what each returned, or the error it ended with."""
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        start.wait(timeout=PATIENCE_SECONDS)
        try:
            return act()
        except Exception as error:  # noqa: BLE001 -- what went wrong is the outcome of the race
            return error

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(run, acts))
