"""Whether a segment can be used now, and why: four independent axes, one judgement, a sentence for every reason."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Readiness(StrEnum):
    """What a campaign should do with a segment at this moment."""

    READY = "ready"
    USE_WITH_CARE = "use_with_care"
    DO_NOT_USE = "do_not_use"


class Axis(StrEnum):
    """What a reason is about. State is a person's decision; the other three are facts."""

    STATE = "state"
    RUN = "run"
    FRESHNESS = "freshness"
    CHECKS = "checks"


class Freshness(StrEnum):
    """Whether the published members still answer today's question; the worst that applies, in this order."""

    FRESH = "fresh"
    STALE_AGE = "stale_age"
    STALE_SOURCE = "stale_source"
    STALE_DEPENDENCY = "stale_dependency"
    STALE_CRITERIA = "stale_criteria"


class Checks(StrEnum):
    """What was found when the published result was checked."""

    NONE = "none"
    PASSED = "passed"
    WARNED = "warned"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that keeps a segment from being ready, as a stable code and a sentence with a next step."""

    axis: Axis
    code: str
    readiness: Readiness
    sentence: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How a segment stands: its readiness and every reason, worst first. Ready exactly when there is no reason."""

    readiness: Readiness
    freshness: Freshness
    checks: Checks
    reasons: tuple[Reason, ...] = ()

    def of(self, axis: Axis) -> tuple[Reason, ...]:
        """Give the reasons of one axis."""
        return tuple(reason for reason in self.reasons if reason.axis is axis)
