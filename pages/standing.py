"""Readiness on a page: one badge and one list of reasons, the same wherever a segment is offered or shown."""

from __future__ import annotations

from pages.parts import badge
from pages.words import Look, readable
from segment_engine import Axis, Readiness, Standing

READINESS_LOOKS: dict[Readiness, Look] = {
    Readiness.READY: Look("Ready", "green", ":material/check_circle:"),
    Readiness.USE_WITH_CARE: Look("Use with care", "orange", ":material/warning:"),
    Readiness.DO_NOT_USE: Look("Do not use", "red", ":material/block:"),
}
AXIS_WORDS: dict[Axis, str] = {
    Axis.STATE: "State",
    Axis.RUN: "Run",
    Axis.FRESHNESS: "Freshness",
    Axis.CHECKS: "Checks",
}
# What each reason is called where many are counted; the sentence of one segment says it in full.
CODE_WORDS: dict[str, str] = {
    "not_active": "Not active",
    "never_calculated": "Never calculated",
    "last_run_failed": "Last run failed",
    "stale_criteria": "Edited since",
    "stale_dependency": "What it reads changed",
    "too_old": "Too old to use",
    "check_failed": "Changed drastically",
    "empty": "Nobody in it",
    "schedule_suspended": "Schedule suspended",
    "stale_source": "Imported since",
    "source_late": "Data source is late",
    "dependency_behind": "What it reads is behind",
    "changed_by_hand": "Changed by hand since",
    "stale_age": "Older than usual",
    "time_passed": "Time has passed",
    "sudden_change": "Changed suddenly",
    "everyone": "Everybody is in it",
    "source_dropped": "A source lost rows",
    "check_warned": "A check warns",
}
NOTHING_AGAINST = "Active, calculated, fresh, and nothing odd was found in the result."


def readiness_badge(standing: Standing) -> None:
    """Draw the judgement as a badge; hovering tells the worst reason."""
    worst = readable(standing.reasons[0].sentence) if standing.reasons else NOTHING_AGAINST
    badge(READINESS_LOOKS[standing.readiness], help_text=worst)
