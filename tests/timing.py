"""`make timing`: whether the time of an answer tells that an id belongs to somebody else and not to nobody.

Needs a machine with nothing else to do. Exit code 0 when the two cannot be told apart, 1 when they can.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from functools import partial
from math import erfc, sqrt
from pathlib import Path
from random import Random
from time import perf_counter
from uuid import UUID, uuid4

from segment_engine.databases import connect_local
from segment_engine.db.migrate import upgrade
from segment_engine.engine import Engine
from segment_engine.errors import NotFound
from segment_engine.postgres.throwaway import throwaway_server
from segment_engine.settings import load_settings
from tests.isolation.marked_worlds import make_worlds

TOLD_APART = 0.01
Ask = Callable[[UUID], object]


def probability(first: Sequence[float], second: Sequence[float]) -> float:
    """How probable it is to see samples this different when they are of one kind: the test of Mann and Whitney."""
    ranked = sorted([(value, 0) for value in first] + [(value, 1) for value in second])
    places = sum(place for place, (_value, which) in enumerate(ranked, start=1) if which == 0)
    n, m = len(first), len(second)
    beyond = abs(places - n * (n + m + 1) / 2) / sqrt(n * m * (n + m + 1) / 12)
    return erfc(beyond / sqrt(2))


def measured(ask: Ask, theirs: UUID, count: int) -> tuple[list[float], list[float]]:
    """Ask for another organization's thing and for one that never was, in an order nobody can foresee. Units: s."""
    rng = Random(1)  # noqa: S311 - an order, no secret
    nobodys = uuid4()
    found: tuple[list[float], list[float]] = ([], [])
    for turn in range(2 * count + 200):
        which = rng.randrange(2)
        given = nobodys if which else theirs
        start = perf_counter()
        with suppress(NotFound):
            ask(given)
        if turn >= 200:  # the first ones warm up
            found[which].append(perf_counter() - start)
    return found


def main() -> int:
    """Measure several methods and say what is probable."""
    parser = argparse.ArgumentParser(prog="python -m tests.timing", description=__doc__)
    parser.add_argument("count", type=int, nargs="?", default=2_000)
    count = parser.parse_args().count
    told_apart = 0
    with (
        throwaway_server() as server,
        tempfile.TemporaryDirectory() as folder,
        closing(connect_local(server, load_settings({}))) as databases,
    ):
        upgrade(databases.migrator)
        engine = Engine(databases)
        ours, theirs = make_worlds(engine, databases, Path(folder))
        asked: dict[str, tuple[Ask, UUID]] = {
            "segments.get": (partial(engine.segments.get, ours.context), theirs.segment),
            "lists.get": (partial(engine.lists.get, ours.context), theirs.listed),
            "campaigns.get": (partial(engine.campaigns.get, ours.context), theirs.campaign),
        }
        for name, (ask, given) in asked.items():
            chance = probability(*measured(ask, given, count))
            told_apart += chance < TOLD_APART / len(asked)
            print(f"{name}: {count:,} of each, probability {chance:.3f}")
    print("The two can be told apart." if told_apart else "The two cannot be told apart.")
    return 1 if told_apart else 0


if __name__ == "__main__":
    sys.exit(main())
