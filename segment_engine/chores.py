"""What every worker looks after beside computing, each in a thread of its own, so that no long run delays it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

from segment_engine.db.session import Database
from segment_engine.repeating import repeating
from segment_engine.scheduling import SECONDS_BETWEEN, tick


@dataclass(frozen=True, slots=True)
class Chore:
    """Something done again and again by every worker; several may do it at the same time.

    Units: `seconds` is the pause between two times.
    """

    name: str
    seconds: float
    act: Callable[[Database], object]


CHORES: tuple[Chore, ...] = (Chore("schedules", SECONDS_BETWEEN, tick),)


def look_after(database: Database, chores: tuple[Chore, ...] = CHORES) -> ExitStack:
    """Begin the chores; they end with the `with` block that this is given to."""
    with ExitStack() as begun:
        for chore in chores:
            act = partial(_once, database, chore)
            begun.enter_context(repeating(chore.name, act, seconds=chore.seconds, at_once=True))
        return begun.pop_all()


def _once(database: Database, chore: Chore) -> None:
    chore.act(database)
