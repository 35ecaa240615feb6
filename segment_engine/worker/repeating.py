"""Something done again and again beside other work, in a thread of its own: heartbeats, and what workers look after."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

from segment_engine.errors import SegmentEngineError
from segment_engine.logs import note_incident

log = logging.getLogger(__name__)

# Whoever stops waits this long for what is being done at that moment; then the process may end over it.
PATIENCE_SECONDS = 1.0


@contextmanager
def repeating(name: str, act: Callable[[], object], *, seconds: float, at_once: bool = False) -> Generator[None]:
    """Do something every so many seconds while the block lasts; trouble is logged and never ends it.

    Shape: `act` ends the repetition by giving back False. With `at_once` the first time is now, not after a pause.
    """
    done = threading.Event()

    def repeat() -> None:
        if at_once and not _goes_on(name, act):
            return
        while not done.wait(seconds):
            if not _goes_on(name, act):
                return

    thread = threading.Thread(target=repeat, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join(PATIENCE_SECONDS)


def _goes_on(name: str, act: Callable[[], object]) -> bool:
    try:
        return act() is not False
    except SegmentEngineError as error:
        log.warning("%s: %s", name, error)
    except Exception as error:  # noqa: BLE001 - one mistake must not end what everything else relies on
        note_incident(error, name)
    return True
