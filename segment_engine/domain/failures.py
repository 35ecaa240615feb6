"""Why runs fail, as causes people can act on: what it is called, who can do something, and what."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Remedy(StrEnum):
    """Where somebody can do something about a failure."""

    CRITERIA = "criteria"
    SOURCES = "sources"
    SEGMENT = "segment"
    RETRY = "retry"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class Cause:
    """A cause of failures: a title, who can act, how, and where."""

    code: str
    title: str
    who: str
    how: str
    remedy: Remedy


_EDITOR = "Whoever edits the segments"
_OWNER = "The owner of the segment that is read"
_OPERATOR = "Whoever runs the workers"

_CAUSES: dict[str, Cause] = {
    cause.code: cause
    for cause in (
        Cause(
            "field_missing", "A field or event type is gone", "Whoever imports the data, or edits the segments",
            "Import the missing data again, or edit the criteria so that they ask for something else.", Remedy.SOURCES,
        ),
        Cause(
            "reference_missing", "Something the criteria name is gone", _EDITOR,
            "Edit the criteria: choose another segment, list or campaign, or take the condition out.", Remedy.CRITERIA,
        ),
        Cause(
            "reference_inactive", "A segment that is read is not active", _OWNER,
            "Activate that segment again, or take it out of the criteria.", Remedy.SEGMENT,
        ),
        Cause(
            "reference_not_calculated", "A segment that is read was never calculated", _OWNER,
            "Calculate that segment first; then retry these.", Remedy.SEGMENT,
        ),
        Cause(
            "reference_too_old", "A segment that is read is too old", _OWNER,
            "Recalculate that segment first; then retry these.", Remedy.SEGMENT,
        ),
        Cause(
            "reference_cycle", "Segments read each other in a circle", _EDITOR,
            "Edit one of them so that it no longer reads the other.", Remedy.CRITERIA,
        ),
        Cause(
            "limit_exceeded", "Stopped at a limit", _EDITOR,
            "Narrow the criteria, above all the time windows. If they must stay as they are, ask whoever runs the "
            "workers to allow more time.", Remedy.CRITERIA,
        ),
        Cause(
            "timeout", "It took longer than allowed", _EDITOR,
            "Narrow the condition that is named, above all its time window. If it must stay as it is, ask whoever runs "
            "the workers to allow more time.", Remedy.CRITERIA,
        ),
        Cause(
            "too_large", "It needed more room than allowed", _EDITOR,
            "Narrow the condition that is named. If it must stay as it is, ask whoever runs the database to allow more "
            "temporary space.", Remedy.CRITERIA,
        ),
        Cause(
            "criteria", "The criteria cannot be used", _EDITOR, "Open the criteria and correct what is marked.",
            Remedy.CRITERIA,
        ),
        Cause(
            "check_failed", "A check withheld the result", _EDITOR,
            "Look at the criteria and the last imports; then change the check, or publish the result anyway.",
            Remedy.SEGMENT,
        ),
        Cause(
            "unavailable", "The database could not be reached", _OPERATOR,
            "See that the database runs and has room on its disk; then retry.", Remedy.RETRY,
        ),
        Cause(
            "out_of_space", "The database has no room left", _OPERATOR,
            "Make room on the disk of the database, or give it more memory; then retry.", Remedy.RETRY,
        ),
        Cause(
            "access_refused", "The database refused the worker", _OPERATOR,
            "Run the doctor: it names rights and roles that are not as they must be. Then retry.",
            Remedy.ADMINISTRATOR,
        ),
        Cause(
            "locked", "Something else held on to it too long", "Anyone who may recalculate",
            "Retry. If it happens again, look for long transactions in the database.", Remedy.RETRY,
        ),
        Cause(
            "conflict", "Something else held on to it", "Anyone who may recalculate",
            "Retry. If it happens again, ask whoever runs the workers.", Remedy.RETRY,
        ),
        Cause(
            "worker_lost", "Workers vanished while computing", _OPERATOR,
            "Look into the workers’ log and at their memory; then retry.", Remedy.ADMINISTRATOR,
        ),
        Cause(
            "incident", "Something unexpected went wrong", "An administrator",
            "Look for the number in the workers’ log, or report it; retrying may help.", Remedy.ADMINISTRATOR,
        ),
    )
}  # fmt: skip


def causes() -> tuple[Cause, ...]:
    """List the causes that have a name of their own."""
    return tuple(_CAUSES.values())


def cause_of(error_class: str) -> Cause:
    """Find what is known about a class of errors; one without an entry is treated as unexpected."""
    found = _CAUSES.get(error_class)
    if found is not None:
        return found
    unexpected = _CAUSES["incident"]
    return Cause(error_class, unexpected.title, unexpected.who, unexpected.how, unexpected.remedy)
