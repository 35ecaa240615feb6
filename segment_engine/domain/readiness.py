"""Whether a segment can be used now, and why: four independent axes, one judgement, a sentence for every reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from segment_engine.domain.checks import CheckFinding, CheckLevel, Checks
from segment_engine.domain.read_segments import NAMED_AT_MOST, ReadSegments, listed
from segment_engine.domain.spans import span


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


# Every code there is, the worst first: what it is about, and what it makes of the segment. The codes of a segment are
# found by db/sql/standing.sql, which is given those that forbid.
CODES: Mapping[str, tuple[Axis, Readiness]] = {
    "not_active": (Axis.STATE, Readiness.DO_NOT_USE),
    "never_calculated": (Axis.RUN, Readiness.DO_NOT_USE),
    "last_run_failed": (Axis.RUN, Readiness.DO_NOT_USE),
    "stale_criteria": (Axis.FRESHNESS, Readiness.DO_NOT_USE),
    "stale_dependency": (Axis.FRESHNESS, Readiness.DO_NOT_USE),
    "too_old": (Axis.FRESHNESS, Readiness.DO_NOT_USE),
    "check_failed": (Axis.CHECKS, Readiness.DO_NOT_USE),
    "empty": (Axis.CHECKS, Readiness.DO_NOT_USE),
    "schedule_suspended": (Axis.RUN, Readiness.USE_WITH_CARE),
    "stale_source": (Axis.FRESHNESS, Readiness.USE_WITH_CARE),
    "source_late": (Axis.FRESHNESS, Readiness.USE_WITH_CARE),
    "dependency_behind": (Axis.FRESHNESS, Readiness.USE_WITH_CARE),
    "changed_by_hand": (Axis.FRESHNESS, Readiness.USE_WITH_CARE),
    "stale_age": (Axis.FRESHNESS, Readiness.USE_WITH_CARE),
    "time_passed": (Axis.FRESHNESS, Readiness.USE_WITH_CARE),
    "sudden_change": (Axis.CHECKS, Readiness.USE_WITH_CARE),
    "everyone": (Axis.CHECKS, Readiness.USE_WITH_CARE),
    "source_dropped": (Axis.CHECKS, Readiness.USE_WITH_CARE),
    "check_warned": (Axis.CHECKS, Readiness.USE_WITH_CARE),
}
_FRESHNESS: Mapping[str, Freshness] = {
    "stale_criteria": Freshness.STALE_CRITERIA,
    "stale_dependency": Freshness.STALE_DEPENDENCY,
    "dependency_behind": Freshness.STALE_DEPENDENCY,
    "stale_source": Freshness.STALE_SOURCE,
    "source_late": Freshness.STALE_SOURCE,
    "changed_by_hand": Freshness.STALE_SOURCE,
    "too_old": Freshness.STALE_AGE,
    "stale_age": Freshness.STALE_AGE,
    "time_passed": Freshness.STALE_AGE,
}
_BADNESS = (Readiness.READY, Readiness.USE_WITH_CARE, Readiness.DO_NOT_USE)
_UNDER_WAY = frozenset({"queued", "processing"})
_NOTHING_READ = ReadSegments()


@dataclass(frozen=True, slots=True)
class LateSource:
    """A data source that has delivered nothing for longer than it may. Units: hours; None when it never did."""

    name: str
    hours: float | None
    allowed: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What is stored about a segment and its published run: the codes that apply, and what their sentences tell.

    Shape: `failure` is the sentence of the newest run when that failed; `suspended` says why its schedule is suspended.
        `imported_sources` were imported after the published run had read them; `reads` names the segments that the
        criteria read and that are not in order. `decisions` were made or ended by hand since.
    Units: `hours` since the instant the members are as of; `hours_back` is how much earlier that was than the
        calculation itself; counts are contacts.
    """

    codes: tuple[str, ...]
    state: str = "active"
    status: str = "success"
    checks: Checks = Checks.NONE
    version: int = 1
    published_version: int | None = None
    member_count: int | None = None
    previous_member_count: int | None = None
    hours: float = 0.0
    hours_back: float = 0.0
    stale_after_hours: int = 26
    unusable_after_hours: int = 168
    failure: str | None = None
    imported_sources: tuple[str, ...] = ()
    late_sources: tuple[LateSource, ...] = ()
    reads: ReadSegments = _NOTHING_READ
    decisions: int = 0
    suspended: str | None = None
    findings: tuple[CheckFinding, ...] = ()


def standing_of(facts: Facts) -> Standing:
    """Judge a segment: a sentence with a next step for every code, the worst first; ready exactly without any."""
    codes = [code for code in CODES if code in facts.codes]
    reasons = tuple(Reason(CODES[code][0], code, CODES[code][1], _sentence(code, facts)) for code in codes)
    readiness = max((reason.readiness for reason in reasons), key=_BADNESS.index, default=Readiness.READY)
    order = tuple(Freshness)
    found = (_FRESHNESS[code] for code in codes if code in _FRESHNESS)
    return Standing(readiness, max(found, key=order.index, default=Freshness.FRESH), facts.checks, reasons)


def readiness_of(code: str) -> Readiness:
    """Say what one code makes of a segment."""
    return CODES[code][1]


def forbidding() -> tuple[str, ...]:
    """List the codes with which a segment must not be used."""
    return tuple(code for code, (_, readiness) in CODES.items() if readiness is Readiness.DO_NOT_USE)


def _sentence(code: str, facts: Facts) -> str:
    """Say what a code means for this segment, with the figures in it, and what to do."""
    return _SENTENCES[code](facts)


def _not_active(facts: Facts) -> str:
    return _NOT_ACTIVE.get(facts.state, "Its state is not known to this release. Update the program here.")


_NOT_ACTIVE = {
    "draft": "It is a draft, so campaigns and sequences cannot choose it. Finish it, then activate it.",
    "inactive": "It is inactive, so campaigns and sequences cannot choose it. Activate it to use it.",
    "archived": "It is archived, so campaigns and sequences cannot choose it. Restore it to use it.",
}


def _recalculate(facts: Facts) -> str:
    return "A calculation is under way; wait for its end." if facts.status in _UNDER_WAY else "Recalculate it."


def _never_calculated(facts: Facts) -> str:
    if facts.status == "failed":
        return "It has no members yet, because no calculation has succeeded. Correct what failed, then recalculate it."
    return f"It was never calculated, so it has no members yet. {_recalculate(facts)}"


def _last_run_failed(facts: Facts) -> str:
    again = f" {_recalculate(facts)}" if facts.status in _UNDER_WAY else ""
    return f"The last calculation failed: {facts.failure}{again}"


def _age(facts: Facts, allowed: int) -> str:
    when, limit = span(facts.hours), span(allowed)
    passed = f"over {when}" if when == limit else when
    as_of = f"as of {passed} ago" if facts.hours_back >= 1 else f"{passed} ago"
    return f"Calculated {as_of}; at most {limit} are allowed. {_recalculate(facts)}"


def _edited(facts: Facts) -> str:
    versions = f"The criteria are version {facts.version}, the members those of version {facts.published_version}."
    return f"{versions} {_recalculate(facts)}"


def _dependency(facts: Facts) -> str:
    return f"{facts.reads.forbidding} {_recalculate(facts)}"


def _empty(facts: Facts) -> str:
    before = facts.previous_member_count
    had = f"; the run before found {before:,}" if before else ""
    return f"The last run found no contact{had}. Check the criteria and the last imports."


def _suspended(facts: Facts) -> str:
    return f"Its schedule is suspended. {facts.suspended} Correct the cause, then resume the schedule."


def _imported(facts: Facts) -> str:
    names, verb = listed(facts.imported_sources), "was" if len(facts.imported_sources) == 1 else "were"
    return f"{names} {verb} imported after the members were calculated. {_recalculate(facts)}"


def _by_hand(facts: Facts) -> str:
    what = "1 contact was" if facts.decisions == 1 else f"{facts.decisions:,} contacts were"
    return f"{what} put in or taken out by hand since the calculation, or no longer are. {_recalculate(facts)}"


def _late(facts: Facts) -> str:
    sources = facts.late_sources
    parts: list[str] = []
    for source in sources[:NAMED_AT_MOST]:
        if source.hours is None:
            parts.append(f"“{source.name}” has never delivered anything")
        else:
            when, limit = span(source.hours), span(source.allowed)
            passed = f"over {when}" if when == limit else when
            parts.append(f"“{source.name}” has delivered nothing for {passed}, and at most {limit} are usual")
    rest = len(sources) - len(parts)
    more = f"; {rest} more are late" if rest else ""
    return f"{'; '.join(parts)}{more}. Import it, or ask whoever delivers it."


def _time_passed(facts: Facts) -> str:
    when = span(facts.hours)
    return f"Who belongs to it changes by time alone, and has since the calculation {when} ago. {_recalculate(facts)}"


def _found(facts: Facts, level: CheckLevel, code: str | None = None) -> str:
    found = [each.sentence for each in facts.findings if each.level is level and code in {None, each.code}]
    return " ".join(found) or "A check of the result did not pass. Look at the last run, then recalculate it."


_SENTENCES: Mapping[str, Callable[[Facts], str]] = {
    "not_active": _not_active,
    "never_calculated": _never_calculated,
    "last_run_failed": _last_run_failed,
    "stale_criteria": _edited,
    "stale_dependency": _dependency,
    "too_old": lambda facts: _age(facts, facts.unusable_after_hours),
    "check_failed": lambda facts: _found(facts, CheckLevel.FAILED),
    "empty": _empty,
    "schedule_suspended": _suspended,
    "stale_source": _imported,
    "source_late": _late,
    "dependency_behind": lambda facts: facts.reads.warning,
    "changed_by_hand": _by_hand,
    "stale_age": lambda facts: _age(facts, facts.stale_after_hours),
    "time_passed": _time_passed,
    "sudden_change": lambda facts: _found(facts, CheckLevel.WARNED, "sudden_change"),
    "everyone": lambda facts: _found(facts, CheckLevel.WARNED, "everyone"),
    "source_dropped": lambda facts: _found(facts, CheckLevel.WARNED, "source_dropped"),
    "check_warned": lambda facts: _found(facts, CheckLevel.WARNED, "assertion"),
}
