"""Faults on purpose: a worker that ends, freezes or breaks at a named point, for the tests that crash it.

Nothing here acts unless a setting names a fault, the database is called a test, and the server is one that keeps
nothing; otherwise the program does not start.
"""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from enum import StrEnum

from segment_engine.errors import SettingsError

# What a worker passes in one run, in this order.
POINTS = (
    "after_claim",
    "before_evaluate",
    "in_evaluate",
    "after_evaluate",
    "in_publish",
    "before_commit",
    "after_commit",
    "before_acknowledge",
)
TEST_PREFIX = "test_"


class Action(StrEnum):
    """What happens at the point: the process is killed, is stopped until somebody continues it, or breaks."""

    KILL = "kill"
    STOP = "stop"
    RAISE = "raise"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong at one point, every time it is passed."""

    point: str
    action: Action

    def passing(self, point: str) -> None:
        """Go wrong, if this is the point."""
        if point != self.point:
            return
        if self.action is Action.RAISE:
            raise RuntimeError(f"a fault at {point}, on purpose")
        os.kill(os.getpid(), signal.SIGKILL if self.action is Action.KILL else signal.SIGSTOP)


def read_fault(text: str, *, database: str | None) -> Fault:
    """Read `point:action`. Raises: SettingsError for anything else, and where the database is not called a test."""
    if database is None or not database.startswith(TEST_PREFIX):
        raise SettingsError(
            f"SEGMENT_ENGINE_FAULT breaks workers on purpose, so it needs a DATABASE_URL whose database is called "
            f"{TEST_PREFIX}…; remove the setting."
        )
    point, _, action = text.partition(":")
    if point not in POINTS or action not in set(Action):
        raise SettingsError(
            f"SEGMENT_ENGINE_FAULT must be one of {', '.join(POINTS)}, a colon and one of {', '.join(Action)}, not "
            f"{text!r}; correct or remove it."
        )
    return Fault(point, Action(action))
