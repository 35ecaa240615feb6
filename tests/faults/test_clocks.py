"""Workers whose machine has the wrong time: a day ahead, a day behind, or jumping."""

from __future__ import annotations

import threading
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from segment_engine.db import runs
from segment_engine.domain.run import Claim, RunStatus
from segment_engine.domain.segment import SegmentDraft
from tests.faults.clocks import CLOCKS
from tests.faults.conftest import OneSegment
from tests.faults.fault_world import EVERYONE
from tests.faults.forge import Forge
from tests.integration.scheduled_world import due_segments, runs_by_segment
from tests.scoreboard import Scored

ACCEPTED = frozenset({"L-DUPLICATE"})
MORE = 5
HALF_A_DAY = 12 * 3600.0
# Whatever a worker writes that is a time, and that people or other workers read.
OUTSIDE = text(
    "SELECT count(*) FROM (SELECT unnest(ARRAY[requested_at, as_of, started_at, finished_at]) AS at FROM runs "
    "UNION ALL SELECT happened_at FROM run_status_events UNION ALL SELECT seen_at FROM workers "
    "UNION ALL SELECT last_calculated_at FROM segments "
    "UNION ALL SELECT last_claimed_at FROM organization_work) AS kept "
    "WHERE at NOT BETWEEN CAST(:began AS timestamptz) AND clock_timestamp()"
)


WAITING = text(
    "SELECT count(*) FROM runs WHERE status = 'queued' OR status = 'processing' AND worker <> 'the right time'"
)


@pytest.fixture
def several(one: OneSegment) -> OneSegment:
    """Six segments of everyone, and one more whose schedule is due in half a day."""
    for number in range(MORE):
        draft = SegmentDraft(f"Everyone {number}", "", EVERYONE, accepted_warnings=ACCEPTED)
        one.engine.segments.create(one.context, draft)
    due_segments(one.databases, one.context.organization_id, 1, late=-HALF_A_DAY)
    return one


def worked(one: OneSegment, forge: Forge, clock: str, *, trusting: bool = False) -> None:
    """Let a worker with this clock do what waits, and end it when nothing waits any more."""
    options = {"lease": 600.0, "clock": clock, "trusting": trusting}
    pid = forge.start(url=one.worker_url, name=f"{clock} {trusting}", **options)
    pause = threading.Event()
    for _ in range(1_000):
        with one.databases.migrator.transaction(read_only=True) as transaction:
            if not transaction.scalar(WAITING):
                break
        pause.wait(0.05)
    forge.kill(pid)


def outside(one: OneSegment, began: object) -> int:
    """Count the times that were written and are none of the time in which all this happened."""
    with one.databases.migrator.transaction(read_only=True) as transaction:
        return transaction.scalar(OUTSIDE, {"began": began})


def test_a_wrong_clock_changes_nothing(several: OneSegment, forge: Forge, scored: Scored) -> None:
    """Ahead, behind and jumping: no run is taken twice or away, no schedule comes early, no time is wrong (E17)."""
    databases, runs_of = several.databases, several.engine.runs
    with databases.worker.transaction() as transaction:
        began = transaction.now() - timedelta(minutes=5)
        held = runs.claim(transaction, worker="the right time", lease_seconds=600)
    assert isinstance(held, Claim)
    segments = segments_of(several) - {held.segment_id}
    for clock in CLOCKS:
        worked(several, forge, clock)
        newest = [runs_of.find(several.context, each, limit=5)[0] for each in segments]
        assert [(run.status, run.attempt) for run in newest] == [(RunStatus.SUCCESS, 1)] * MORE, clock
        assert (len(segments_of(several)), outside(several, began)) == (MORE + 1, 0), clock
        for each in segments:
            runs_of.request(several.context, each)
    with databases.worker.transaction(held.organization_id) as transaction:
        assert runs.heartbeat(transaction, held, lease_seconds=600)
    worked(several, forge, "behind", trusting=True)
    assert outside(several, began) > 0, "whoever believes such a clock is noticed"
    scored("runs by wrong clocks", len(CLOCKS) * MORE, wrong_times=0)


def segments_of(one: OneSegment) -> set[UUID]:
    """Give the segments that have a run."""
    return set(runs_by_segment(one.databases, one.context.organization_id))
