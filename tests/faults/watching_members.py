"""Looks at segments while workers are killed: all members come from one whole result, and from the right attempt."""

from __future__ import annotations

import random
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from uuid import UUID

from sqlalchemy import text

from segment_engine.db.session import Transaction
from segment_engine.errors import SegmentEngineError
from tests.faults.fault_world import FaultWorld
from tests.faults.workshop import counted, members_of

_PUBLISHED = text(
    "SELECT segments.published_run_id, segments.published_sequence, segments.member_count, "
    "segments.last_calculated_at, runs.attempt, runs.status, runs.member_count AS of_run, "
    "runs.published_sequence AS at FROM segments LEFT JOIN runs ON runs.organization_id = segments.organization_id "
    "AND runs.run_id = segments.published_run_id WHERE segments.organization_id = :o AND segments.segment_id = :s"
)
_BLOCKS = text(
    "SELECT block, members FROM membership_blocks "
    "WHERE organization_id = :o AND segment_id = :s AND bit_count(members) > 0"
)
_TWICE_ACTIVE = text(
    "SELECT segment_id FROM runs WHERE organization_id = :o AND status IN ('queued', 'processing') "
    "GROUP BY segment_id HAVING count(*) > 1"
)
_TWICE_PUBLISHED = text(
    "SELECT run_id FROM run_status_events WHERE organization_id = :o AND to_status = 'success' "
    "GROUP BY run_id HAVING count(*) > 1"
)
_RESULTS = text(
    "SELECT run_id, segment_id, attempt, published_sequence, member_count FROM runs "
    "WHERE organization_id = :o AND status = 'success' ORDER BY segment_id, published_sequence"
)
_CHANGES = text(
    "SELECT segment_id, published_sequence, block, joined, departed FROM membership_changes WHERE organization_id = :o"
)


@dataclass
class Findings:
    """What must stay empty, and how often was looked."""

    lost: list[str] = field(default_factory=list[str])
    double: list[str] = field(default_factory=list[str])
    stale: list[str] = field(default_factory=list[str])
    torn: list[str] = field(default_factory=list[str])
    reads: int = 0

    def all(self) -> list[str]:
        """Give everything that was found."""
        return [*self.lost, *self.double, *self.stale, *self.torn]


class Watcher:
    """Reads beside the workers, from threads of its own, until it is told to stop."""

    def __init__(self, world: FaultWorld, findings: Findings) -> None:
        self._world = world
        self._findings = findings
        self._newest: dict[UUID, tuple[int, Any]] = {}
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._watch, args=(look, seed), name=look.__name__)
            for seed, look in enumerate((self.read_members, self.read_members, self.read_runs))
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _watch(self, look: Any, seed: int) -> None:
        drawn = random.Random(seed)  # noqa: S311 - repeatable is what it has to be
        while not self._stop.wait(0.01):
            try:
                look(drawn)
            except SegmentEngineError:
                continue  # the server is being restarted; what must hold holds again afterwards

    def read_members(self, drawn: random.Random) -> None:
        """Compare the members of one segment, as one moment shows them, with what its run says of them."""
        context, segment_id = drawn.choice(self._world.segments)
        values = {"o": context.organization_id, "s": segment_id}
        database = self._world.databases.app
        with database.transaction(context.organization_id, read_only=True, snapshot=True) as transaction:
            row = transaction.the(_PUBLISHED, values)
            blocks = _bytes_of(transaction, values)
        self._findings.reads += 1
        before = self._newest.get(segment_id, (0, None))
        if row.published_sequence < before[0] or (before[1] and row.last_calculated_at < before[1]):
            # Another thread may have noted a newer one since this one began to look; that is no finding.
            with database.transaction(context.organization_id, read_only=True) as transaction:
                row = transaction.the(_PUBLISHED, values)
            if row.published_sequence < before[0]:
                self._findings.stale.append(f"{segment_id} went back from {before[0]} to {row.published_sequence}")
            return
        self._newest[segment_id] = row.published_sequence, row.last_calculated_at
        if row.published_run_id is None:
            return
        if (row.status, row.of_run, row.at) != ("success", row.member_count, row.published_sequence):
            self._findings.torn.append(f"{segment_id}: the segment and its run {row.published_run_id} disagree")
        _judge(self._findings, row.published_run_id, row.attempt, row.member_count, blocks)

    def read_runs(self, drawn: random.Random) -> None:
        """Look for segments with two runs at once, and for runs that were published twice."""
        context = drawn.choice(self._world.contexts)
        look_for_doubles(self._world, context.organization_id, self._findings)


def look_for_doubles(world: FaultWorld, organization_id: int, findings: Findings) -> None:
    """Note segments with two runs at once, and runs that were published twice."""
    with world.databases.app.transaction(organization_id, read_only=True) as transaction:
        for query in (_TWICE_ACTIVE, _TWICE_PUBLISHED):
            findings.double += [str(row) for row in transaction.rows(query, {"o": organization_id})]


def replay(world: FaultWorld, organization_id: int, findings: Findings) -> int:
    """Follow every result there ever was, change by change, and compare each with what its attempt computed.

    Shape: how many results were compared.
    """
    with world.databases.app.transaction(organization_id, read_only=True, snapshot=True) as transaction:
        changes: dict[tuple[UUID, int], list[Any]] = {}
        for row in transaction.rows(_CHANGES, {"o": organization_id}):
            changes.setdefault((row.segment_id, row.published_sequence), []).append(row)
        results = transaction.rows(_RESULTS, {"o": organization_id})
    states: dict[UUID, dict[int, int]] = {}
    for result in results:
        state = states.setdefault(result.segment_id, {})
        for change in changes.get((result.segment_id, result.published_sequence), []):
            joined, departed = int(change.joined, 2), int(change.departed, 2)
            if state.get(change.block, 0) & joined or departed & ~state.get(change.block, 0):
                findings.double.append(f"run {result.run_id} joined or left twice")
            state[change.block] = state.get(change.block, 0) & ~departed | joined
        members = {block: bits.to_bytes(512) for block, bits in state.items() if bits}
        _judge(findings, result.run_id, result.attempt, result.member_count, members)
    return len(results)


def _bytes_of(transaction: Transaction, values: dict[str, Any]) -> dict[int, bytes]:
    return {row.block: int(row.members, 2).to_bytes(512) for row in transaction.rows(_BLOCKS, values)}


def _judge(findings: Findings, run_id: UUID, attempt: int, member_count: int, found: Mapping[int, bytes]) -> None:
    """Note members that are not those of the newest attempt: of an older one, or of none at all."""
    if found == members_of(run_id, attempt):
        if member_count != counted(found):
            findings.torn.append(f"run {run_id}: {member_count} members are {counted(found)}")
        return
    older = next((number for number in range(attempt) if found == members_of(run_id, number)), None)
    if older is None:
        findings.torn.append(f"run {run_id}: members that no attempt computed")
    else:
        findings.stale.append(f"run {run_id}: published by attempt {older} of {attempt}")
