"""The races and crashes of the tests in amounts that take minutes: `python -m tests.faults.amounts`, or `make soak`."""

from __future__ import annotations

import argparse
import logging
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress

from segment_engine.databases import WORKER_ROLE
from segment_engine.domain.run import RunStatus
from segment_engine.errors import Conflict
from segment_engine.faults import POINTS
from segment_engine.postgres.local import ADMINISTRATOR
from segment_engine.worker.loop import Worker
from tests.faults.conftest import OneSegment
from tests.faults.fault_world import DATABASE, fault_world
from tests.faults.forge import Forge

PUBLISHED = {"after_commit", "before_acknowledge"}
CLICKING = 8  # people at once
# When somebody cancels: at once, or while the worker is at this point.
MOMENTS = ("at once", "after_claim", "in_evaluate", "after_evaluate", "in_publish", "before_commit")


def crash(one: OneSegment, forge: Forge, point: str, rounds: int) -> int:
    """Kill the program itself at one point, again and again: each run is published once, by the right attempt."""
    environment = one.environment(SEGMENT_ENGINE_FAULT=f"{point}:kill")
    base = one.contacts
    for number in range(rounds):
        one.request()
        before = one.member_count()
        pid = forge.start(url="", name="", environment=environment)
        assert forge.wait(pid) == "signaled 9"
        assert one.member_count() == (before if point not in PUBLISHED else base + number)
        one.let_lease_pass()
        worker = Worker(one.databases.worker)
        while worker.work_once():
            pass
        run = one.run()
        assert (run.status, one.published(), one.member_count()) == (RunStatus.SUCCESS, 1, base + number)
        assert (run.attempt, run.joined_count) == (1 if point in PUBLISHED else 2, base + number - before)
        one.add_contacts(1)
    return rounds


def click(one: OneSegment, rounds: int) -> int:
    """Ask eight times at the same moment, again and again: all get the same run. Shape: how many clicks there were."""
    go, came = threading.Barrier(CLICKING + 1), threading.Barrier(CLICKING + 1)
    answers: set[object] = set()

    def ask() -> None:
        for _ in range(rounds):
            go.wait()
            answers.add(one.request().run_id)
            came.wait()

    threads = [threading.Thread(target=ask) for _ in range(CLICKING)]
    for thread in threads:
        thread.start()
    for _ in range(rounds):
        answers.clear()
        go.wait()
        came.wait()
        assert len(answers) == 1
        one.engine.runs.cancel(one.context, one.run().run_id)
    for thread in threads:
        thread.join()
    return rounds * CLICKING


def cancel(one: OneSegment, rounds: int) -> Counter[RunStatus]:
    """Cancel while a worker waits, works or publishes: one of the two happens. Shape: how often each."""
    ends: Counter[RunStatus] = Counter()
    for number in range(rounds):
        moment, reached = MOMENTS[number % len(MOMENTS)], threading.Event()

        def passing(point: str, moment: str = moment, reached: threading.Event = reached) -> None:
            if point == moment:
                reached.set()

        run = one.request()
        thread = threading.Thread(target=Worker(one.databases.worker, passing=passing).work_once)
        thread.start()
        if moment in POINTS:
            reached.wait()
        with suppress(Conflict):  # it had been published a moment before
            one.engine.runs.cancel(one.context, run.run_id)
        thread.join()
        found = one.engine.runs.get(one.context, run.run_id)
        assert found.status in {RunStatus.SUCCESS, RunStatus.CANCELLED}, number
        assert (one.published() == 1) is (found.status is RunStatus.SUCCESS), number
        ends[found.status] += 1
    return ends


@contextmanager
def one_segment() -> Generator[OneSegment]:
    """Start a server with one segment that has no run yet."""
    with fault_world(organizations=1, segments=1) as world:
        [(context, segment_id)] = world.segments
        urls = (world.server.url(ADMINISTRATOR, DATABASE), world.server.url(WORKER_ROLE, DATABASE))
        one = OneSegment(world.engine, context, world.databases, segment_id, *urls)
        one.engine.runs.cancel(context, one.run().run_id)
        yield one


def main() -> int:
    """Do all of it; whatever goes wrong ends it with what it was."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.amounts", description=__doc__)
    parser.add_argument("crashes", type=int, nargs="?", default=200, help="at each of the points")
    parser.add_argument("races", type=int, nargs="?", default=1_000)
    options = parser.parse_args()
    logging.disable()
    for point in POINTS:
        with one_segment() as one, Forge() as forge:
            _say(f"killed at {point}", lambda one=one, forge=forge, at=point: crash(one, forge, at, options.crashes))
    with one_segment() as one:
        _say("clicks at the same moment", lambda: click(one, options.races))
        _say("cancelled while it is computed", lambda: dict(cancel(one, options.races)))
    return 0


def _say(what: str, act: Callable[[], object]) -> None:
    began = time.monotonic()
    found = act()
    print(f"{what}: {found} in {time.monotonic() - began:,.0f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
