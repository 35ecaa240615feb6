"""The second half of a run: one transaction that makes its members what everyone reads."""

from __future__ import annotations

from segment_engine.db import members, readings, runs, schedules
from segment_engine.db.members import Published
from segment_engine.db.session import Database
from segment_engine.domain.readings import readings_of
from segment_engine.domain.reference_chains import runs_read
from segment_engine.domain.run import Claim
from segment_engine.domain.write import write_criteria
from segment_engine.worker.computing import Computed, Ending, Passing, pass_by
from segment_engine.worker.results import judge_result, keep_insight


def publish(
    database: Database, claim: Claim, computed: Computed, *, ending: Ending, passing: Passing = pass_by
) -> Published | None:
    """Publish whole or not at all: members, what joined and left, count, time, version and status change together.

    Shape: the fence comes first and is held to the end, so that only the newest attempt gets here; the run is locked
        before its segment, as everywhere. A result that a check withholds ends its run, and nothing is published:
        None then.
    Raises: LeaseLost when the run belongs to another attempt by now, or was cancelled; Conflict, Unavailable.
    """
    organization_id = claim.organization_id
    with database.transaction(organization_id) as transaction, ending.watching(transaction, last=True):
        runs.fence(transaction, claim)
        sequence = runs.lock_published(transaction, claim) + 1
        sources = [each.data_source_id for each in computed.seen]
        judgement = judge_result(transaction, claim, computed.insight, sources=sources)
        if judgement.is_withheld:
            return None
        published = members.publish(
            transaction, organization_id, claim.segment_id, sequence=sequence, blocks=computed.blocks
        )
        passing("in_publish")
        keep_insight(transaction, claim, computed.insight, sequence=sequence)
        runs.succeed(
            transaction, claim, sequence=sequence, member_count=published.member_count, joined=published.joined,
            departed=published.departed, read_runs=runs_read(computed.criteria, computed.catalog),
            findings=judgement.findings,
        )  # fmt: skip
        readings.record(transaction, organization_id, claim.run_id, computed.seen)
        own = readings_of(write_criteria(computed.criteria), computed.catalog)
        readings.write_if_missing(transaction, organization_id, claim.segment_id, own)
        schedules.in_order_again(transaction, organization_id, claim.segment_id)
        passing("before_commit")
    passing("after_commit")
    return published
