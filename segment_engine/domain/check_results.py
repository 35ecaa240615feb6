"""What checks found, as people read it: the last verdict on each, a withheld result, what was found before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from segment_engine.domain.assertions import Assertion
from segment_engine.domain.checks import CheckFinding
from segment_engine.domain.run import RunId
from segment_engine.domain.stored import StoredWord


class AssertionVerdict(StoredWord):
    """How a check last stood."""

    NOT_JUDGED = "not_judged"
    PASSED = "passed"
    WARNED = "warned"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class JudgedAssertion:
    """A check with its last verdict. `contacts` name those it is about; empty for whoever may not see members."""

    assertion: Assertion
    verdict: AssertionVerdict
    sentence: str = ""
    judged_at: datetime | None = None
    contacts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckedRun:
    """What was found in one result; `withheld_count` is how many it had where it was kept back. Units: `at` in UTC."""

    run_id: RunId
    at: datetime
    findings: tuple[CheckFinding, ...]
    member_count: int | None
    withheld_count: int | None


@dataclass(frozen=True, slots=True)
class WithheldResult:
    """A result that checks kept back: how many it had, and how many members stay. Units: UTC, contacts."""

    run_id: RunId
    at: datetime
    count: int
    published: int | None
    findings: tuple[CheckFinding, ...]


@dataclass(frozen=True, slots=True)
class SegmentChecks:
    """Everything about the checks of one segment: those people set up, what was found lately, a withheld result."""

    set_up: tuple[JudgedAssertion, ...] = ()
    history: tuple[CheckedRun, ...] = ()
    withheld: WithheldResult | None = None
