"""Kills and freezes real workers at random moments, for as long as one likes, while others read.

`python -m tests.faults.chaos 10000` does it ten thousand times; `make soak` does that too.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import text

from segment_engine.domain.run import RunId
from segment_engine.errors import SegmentEngineError
from tests.faults.fault_world import FaultWorld, fault_world
from tests.faults.forge import Forge
from tests.faults.watching_members import Findings, Watcher, look_for_doubles, replay

_CUT = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'segment_engine worker' "
    "ORDER BY random() LIMIT 1"
)
_STATUSES = text("SELECT run_id, status FROM runs WHERE organization_id = :o")
_ACTIVE = text("SELECT count(*) FROM runs WHERE organization_id = :o AND status IN ('queued', 'processing')")
_WORKING = text("SELECT worker, run_id, attempt FROM runs WHERE status = 'processing'")
DRAIN_SECONDS = 90
ASKING = 2  # threads
AIMED = 0.8  # how many blows hit a worker in the middle of a run, where there is one
CANCELLED = 0.01


@dataclass(frozen=True)
class Plan:
    """What happens to the workers. Units: seconds; `restarts` counts for the whole."""

    blows: int
    seed: int = 1
    workers: int = 5
    lease: float = 0.6
    dawdle: float = 0.03
    pause: float = 0.05
    restarts: int = 0
    fenced: bool = True


@dataclass
class Tally:
    """What was done, and what was found."""

    blows: Counter[str] = field(default_factory=Counter[str])
    accepted: dict[UUID, int] = field(default_factory=dict[UUID, int])
    ended: Counter[str] = field(default_factory=Counter[str])
    compared: int = 0
    findings: Findings = field(default_factory=Findings)

    @property
    def hits(self) -> int:
        """How many kills and freezes there were."""
        return self.blows["kill"] + self.blows["freeze"]

    def __str__(self) -> str:
        done = ", ".join(f"{count:,} {name}s" for name, count in sorted(self.blows.items()))
        ends = ", ".join(f"{count:,} {name}" for name, count in sorted(self.ended.items()))
        found = self.findings
        return (
            f"{done}; {len(self.accepted):,} runs accepted ({ends}), {self.compared:,} results replayed, "
            f"{found.reads:,} reads; {len(found.lost)} lost, {len(found.double)} double, {len(found.stale)} stale, "
            f"{len(found.torn)} half-read"
        )


@dataclass(frozen=True)
class Frozen:
    """A worker that was stopped. Units: `since` in seconds of a clock that never goes back."""

    name: str
    since: float
    run_id: UUID | None
    attempt: int


class Chaos:
    """One seeded loop over real worker processes."""

    def __init__(self, world: FaultWorld, forge: Forge, plan: Plan, say: Callable[[str], object]) -> None:
        self._world, self._forge, self._plan, self._say = world, forge, plan, say
        self._drawn = random.Random(plan.seed)  # noqa: S311 - repeatable is what it has to be
        self._workers: dict[str, int] = {}
        self._frozen: dict[str, Frozen] = {}
        self._made = 0
        self._pause = threading.Event()
        self.tally = Tally()

    def run(self, *, enough: Callable[[Tally], bool] = lambda _: False) -> Tally:
        """Do it all: strike, let everything come to its end, and look at what is left."""
        for context, segment_id in self._world.segments:
            for run in self._world.engine.runs.find(context, segment_id):
                self.tally.accepted[run.run_id] = context.organization_id
        for _ in range(self._plan.workers):
            self._hire()
        with Watcher(self._world, self.tally.findings):
            with self._asking():
                self._strike(enough)
            self._drain()
        for pid in self._workers.values():
            self._forge.kill(pid)
        self._take_stock()
        return self.tally

    def _strike(self, enough: Callable[[Tally], bool]) -> None:
        plan = self._plan
        restarts = {plan.blows * (number + 1) // (plan.restarts + 1) for number in range(plan.restarts)}
        while self.tally.hits < plan.blows and not enough(self.tally):
            try:
                self._step()
            except SegmentEngineError:
                continue  # a connection of ours was cut, or the server is coming up again
            if self.tally.hits in restarts:
                restarts.remove(self.tally.hits)
                self._world.restart(at_once=len(restarts) % 2 == 0)
                self.tally.blows["restart"] += 1

    def _hire(self) -> None:
        self._made += 1
        name = f"worker {self._made}"
        self._workers[name] = self._forge.start(
            url=self._world.worker_url, name=name, seed=self._drawn.randrange(1 << 30), lease=self._plan.lease,
            dawdle=self._plan.dawdle, fenced=self._plan.fenced,
        )  # fmt: skip

    def _step(self) -> None:
        """Do one thing to one worker, mostly to one that is in the middle of a run."""
        working = self._working()
        self._thaw(working)
        awake = [name for name in self._workers if name not in self._frozen]
        busy = [name for name in awake if name in working]
        deed = self._drawn.choices(("kill", "freeze", "cut"), (45, 45, 10))[0]
        if deed == "cut":
            self._cut()
        elif awake:
            name = self._drawn.choice(busy if busy and self._drawn.random() < AIMED else awake)
            if deed == "kill":
                self._forge.kill(self._workers.pop(name))
                self._hire()
            else:
                os.kill(self._workers[name], signal.SIGSTOP)
                self._frozen[name] = Frozen(name, time.monotonic(), *working.get(name, (None, 0)))
            self.tally.blows[deed] += 1
            if self.tally.hits % 500 == 0:
                self._say(str(self.tally))
        self._pause.wait(self._drawn.random() * 2 * self._plan.pause)

    def _working(self) -> dict[str, tuple[UUID, int]]:
        with self._world.databases.migrator.transaction(read_only=True) as transaction:
            return {row.worker: (row.run_id, row.attempt) for row in transaction.rows(_WORKING)}

    def _thaw(self, working: dict[str, tuple[UUID, int]]) -> None:
        """Let frozen workers go on: at the worst moment, when another one has their run, or when it is time."""
        taken_over = dict(working.values())
        for frozen in list(self._frozen.values()):
            lasted = time.monotonic() - frozen.since
            lost = frozen.run_id is not None and taken_over.get(frozen.run_id, 0) > frozen.attempt
            if lost or lasted > 2 * self._plan.lease:
                del self._frozen[frozen.name]
                os.kill(self._workers[frozen.name], signal.SIGCONT)

    def _cut(self) -> None:
        with self._world.databases.migrator.transaction() as transaction:
            transaction.run(_CUT)
        self.tally.blows["cut connection"] += 1

    @contextmanager
    def _asking(self) -> Generator[None]:
        """Keep the queue filled, and take back a request now and then."""
        done = threading.Event()
        threads = [threading.Thread(target=self._ask, args=(done, seed)) for seed in range(ASKING)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            done.set()
            for thread in threads:
                thread.join()

    def _ask(self, done: threading.Event, seed: int) -> None:
        drawn = random.Random(self._plan.seed * ASKING + seed)  # noqa: S311 - repeatable is what it has to be
        while not done.wait(0.01):
            context, segment_id = drawn.choice(self._world.segments)
            try:
                run = self._world.engine.runs.request(context, segment_id)
                self.tally.accepted[run.run_id] = context.organization_id
                if drawn.random() < CANCELLED:
                    self._world.engine.runs.cancel(context, run.run_id)
            except SegmentEngineError:
                continue  # being published by somebody frozen, or ended already: refused with a sentence

    def _drain(self) -> None:
        """Let the workers go on undisturbed until nothing waits."""
        deadline = time.monotonic() + DRAIN_SECONDS
        for frozen in self._frozen.values():
            os.kill(self._workers[frozen.name], signal.SIGCONT)
        while self._active() and time.monotonic() < deadline:
            self._pause.wait(0.05)

    def _active(self) -> int:
        found = 0
        for context in self._world.contexts:
            with self._world.databases.app.transaction(context.organization_id, read_only=True) as transaction:
                found += transaction.scalar(_ACTIVE, {"o": context.organization_id})
        return found

    def _take_stock(self) -> None:
        ends: dict[RunId, str] = {}
        for context in self._world.contexts:
            with self._world.databases.app.transaction(context.organization_id, read_only=True) as transaction:
                rows = transaction.rows(_STATUSES, {"o": context.organization_id})
            ends.update({row.run_id: row.status for row in rows})
            look_for_doubles(self._world, context.organization_id, self.tally.findings)
            self.tally.compared += replay(self._world, context.organization_id, self.tally.findings)
        for run_id in self.tally.accepted:
            status = ends.get(RunId(run_id), "gone")
            self.tally.ended[status] += 1
            if status not in {"success", "failed", "cancelled"}:
                self.tally.findings.lost.append(f"run {run_id} is {status}")


def strike(
    plan: Plan, *, say: Callable[[str], object] = lambda _: None, enough: Callable[[Tally], bool] = lambda _: False
) -> Tally:
    """Carry out a plan in a world of its own."""
    with fault_world() as world, Forge() as forge:
        return Chaos(world, forge, plan, say).run(enough=enough)


def main() -> int:
    """Strike as often as was asked for; 0 means that nothing was lost, double, stale or half-read."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.chaos", description=__doc__)
    parser.add_argument("blows", type=int, nargs="?", default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    began = time.monotonic()
    plan = Plan(blows=options.blows, seed=options.seed, restarts=max(options.blows // 80, 1))
    tally = strike(plan, say=lambda line: print(line, flush=True))
    print(f"{tally} in {time.monotonic() - began:,.0f} s", flush=True)
    for found in tally.findings.all()[:20]:
        print(f"FOUND {found}", flush=True)
    return 1 if tally.findings.all() else 0


if __name__ == "__main__":
    sys.exit(main())
