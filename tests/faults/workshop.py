"""What a worker process of the fault tests does: real claims, real publishing, members that name their attempt."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from sqlalchemy import text

from segment_engine.db import runs
from segment_engine.db.session import Database, Limits
from segment_engine.domain.run import Claim
from segment_engine.faults import POINTS
from segment_engine.settings import load_settings
from segment_engine.worker.computing import Computed, Passing, pass_by
from segment_engine.worker.loop import Pace, Worker, run_worker
from tests.faults.clocks import go_wrong

BLOCKS = 5
BYTES_OF_A_BLOCK = 512


def members_of(run_id: UUID, attempt: int) -> dict[int, bytes]:
    """Give the members that this attempt would publish, and no other one: who reads them knows who published."""
    drawn = random.Random(f"{run_id}:{attempt}")  # noqa: S311 - repeatable is what it has to be
    numbers = drawn.sample(range(BLOCKS), drawn.randint(1, BLOCKS))
    return {number: drawn.randbytes(BYTES_OF_A_BLOCK) for number in sorted(numbers)}


def counted(blocks: Mapping[int, bytes]) -> int:
    """Count the members in blocks."""
    return sum(int.from_bytes(bits).bit_count() for bits in blocks.values())


class SignedWorker(Worker):
    """A worker whose results are signed: computed for real, then replaced by members that name run and attempt."""

    def _compute(self, claim: Claim) -> Computed:
        computed = super()._compute(claim)
        return replace(computed, blocks=members_of(claim.run_id, claim.attempt))


def work(
    *, url: str, name: str, seed: int = 0, lease: float = 0.6, idle: int = 1_000, limit: int = 10_000,
    dawdle: float = 0.0, fenced: bool = True, environment: Mapping[str, str] | None = None,
    clock: str | None = None, trusting: bool = False,
) -> None:  # fmt: skip
    """Work until stopped. With an environment this is the program itself, otherwise a worker with signed results.

    Units: `lease` and `dawdle` in seconds, `idle` and `limit` in milliseconds. `dawdle` is the longest pause at any
        point, so that kills and freezes hit all of them. `clock` is how the clock is wrong; whoever is `trusting`
        believes it.
    """
    if clock is not None:
        go_wrong(clock)
    if environment is not None:
        logging.disable()
        run_worker(load_settings(environment))
        return
    logging.disable()
    if not fenced:
        remove_fence()
    if trusting:
        trust_the_clock()
    limits = Limits(statement=limit, lock=500, idle_in_transaction=idle)
    database = Database(url, application="segment_engine worker", limits=limits)
    pace = Pace(lease=lease, heartbeat=lease / 3, poll=0.05, seen=1.0, back_off=(0.01, 0.02, 0.05))
    SignedWorker(database, pace=pace, name=name, passing=_dawdling(seed, dawdle)).work()


def _dawdling(seed: int, longest: float) -> Passing:
    if not longest:
        return pass_by
    drawn = random.Random(seed)  # noqa: S311 - repeatable is what it has to be
    pause = threading.Event()

    def passing(point: str) -> None:
        if point in POINTS and drawn.random() < 0.5:
            pause.wait(drawn.random() * longest)

    return passing


def remove_fence() -> None:
    """Finish by status alone, as other products do: the mistake that the harness must find."""
    for name in ("fence", "succeed", "heartbeat", "give_back", "fail"):
        written = runs._QUERIES[name].text.replace("AND attempt = :attempt", "AND :attempt > 0")
        # The queries are meant to stay as they are written; this is the mistake, made on purpose.
        runs._QUERIES[name] = text(written)  # pyright: ignore[reportIndexIssue, reportArgumentType]


def trust_the_clock() -> None:
    """Write leases and times by the clock of this machine, as other products do: what a test must notice."""
    for name in ("claim", "heartbeat"):
        written = runs._QUERIES[name].text.replace("clock_timestamp()", f"to_timestamp({time.time()})")
        # The queries are meant to stay as they are written; this is the mistake, made on purpose.
        runs._QUERIES[name] = text(written)  # pyright: ignore[reportIndexIssue, reportArgumentType]
