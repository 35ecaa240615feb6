"""Whether a result may be published: automatic checks and those people set up, inside the publishing transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from segment_engine.db import assertions, causes, checks, runs
from segment_engine.db.evidence import published_blocks
from segment_engine.db.session import Transaction
from segment_engine.domain.assertions import NAMES_A_SEGMENT, Assertion, Judged, accepted, judge, withheld_sentence
from segment_engine.domain.automatic_checks import ResultFacts, check_automatically
from segment_engine.domain.bits import ContactSet
from segment_engine.domain.checks import MOST_EARLIER, CheckFinding, CheckLevel
from segment_engine.domain.criteria import Calendar
from segment_engine.domain.moments import local_date
from segment_engine.domain.run import Claim
from segment_engine.worker.results.insight import Insight

CHECK_FAILED = "check_failed"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was found in a result. With `is_withheld` the run has ended, and nothing of it may be published."""

    findings: tuple[CheckFinding, ...]
    is_withheld: bool = False


def judge_result(
    transaction: Transaction, claim: Claim, insight: Insight, *, sources: Iterable[UUID] = ()
) -> Judgement:
    """Judge a result by every check, after the fence and with the segment held; a failing block ends the run.

    Shape: `sources` are the data sources that were read. Nothing has been published yet when this is asked.
    Source: docs/checks.md.
    """
    found = _set_up(transaction, claim, insight)
    if any(each.level is CheckLevel.FAILED for each in found):
        sentence = withheld_sentence(len(insight.members), insight.published, found)
        assertions.withhold(transaction, claim, count=len(insight.members), found=found)
        runs.fail(transaction, claim, error_class=CHECK_FAILED, sentence=sentence)
        return Judgement(found, is_withheld=True)
    return Judgement((*_automatic(transaction, claim, insight, sources), *found))


def keep_insight(transaction: Transaction, claim: Claim, insight: Insight, *, sequence: int) -> None:
    """Store why the members changed and when time changes them, with the result that is being published."""
    causes.record(transaction, claim, sequence=sequence, found=insight.attribution, read=insight.counters)
    clock = insight.clock
    checks.set_clock(
        transaction, claim.organization_id, claim.segment_id, clock=clock.kind, changes_at=clock.changes_at,
        outdated_at=clock.outdated_at,
    )  # fmt: skip


def _automatic(
    transaction: Transaction, claim: Claim, insight: Insight, sources: Iterable[UUID]
) -> tuple[CheckFinding, ...]:
    days = checks.earlier_days(transaction, claim, zone=insight.zone)
    today = local_date(claim.as_of, Calendar(insight.zone))
    facts = ResultFacts(
        len(insight.members), runs.earlier_counts(transaction, claim, limit=MOST_EARLIER),
        [each for each in days if each.day < today], today, insight.base, insight.asks_for_everyone,
        checks.last_imports(transaction, claim.organization_id, sources),
        checks.last_files(transaction, claim.organization_id, sources),
    )  # fmt: skip
    return check_automatically(facts)


def _set_up(transaction: Transaction, claim: Claim, insight: Insight) -> tuple[CheckFinding, ...]:
    """Judge by the checks people set up; what a person let pass for this run is a warning that says so."""
    every = assertions.find(transaction, claim.organization_id, claim.segment_id)
    if not every:
        return ()
    judged = Judged(insight.members, insight.published, _others(transaction, claim, every))
    tokens, person = assertions.accepted(transaction, claim)
    found = (judge(each, judged) for each in every)
    return tuple(accepted(each, tokens, person) for each in found if each is not None)


def _others(transaction: Transaction, claim: Claim, every: Iterable[Assertion]) -> dict[UUID, ContactSet]:
    named = {
        each.other_segment_id
        for each in every
        if each.kind in NAMES_A_SEGMENT and each.other_segment_id is not None and each.other_calculated
    }
    organization_id = claim.organization_id
    return {each: ContactSet.of_bytes(published_blocks(transaction, organization_id, each)) for each in named}
