"""Every error a person can meet. The docstring of a class is its default sentence; `str()` is always safe to show."""

from __future__ import annotations

from dataclasses import dataclass


class SegmentEngineError(Exception):
    """The request could not be carried out. Try again, or ask an administrator with the time it happened."""

    code = "error"

    def __init__(self, sentence: str | None = None) -> None:
        super().__init__(sentence or self.__doc__ or "")


class InputError(SegmentEngineError):
    """Something you entered cannot be used. Correct it and try again."""

    code = "input"


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a criteria document: a JSON path such as `$.root.of[0].value`, a code, and a sentence."""

    path: str
    code: str
    sentence: str


class CriteriaError(InputError):
    """The criteria cannot be used. Each problem is listed with its place."""

    code = "criteria"

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{problem.path}: {problem.sentence}" for problem in problems) or None)


class UnacceptedWarnings(CriteriaError):
    """The criteria have warnings that nobody has accepted yet. Read them and accept them, or change the criteria."""

    code = "unaccepted_warnings"


class NameTaken(InputError):
    """Another one of that name exists already. Choose a different name."""

    code = "name_taken"


class NotFound(SegmentEngineError):
    """This does not exist, or you have no access to it. Check the address, or ask for access."""

    code = "not_found"


class TooLongAgo(NotFound):
    """This is longer ago than your organization keeps history. Choose a later run, or ask for a longer time."""

    code = "too_long_ago"


class PermissionDenied(SegmentEngineError):
    """Your role does not allow this. Ask an administrator of your organization for the permission."""

    code = "permission_denied"

    def __init__(self, permission: str, reason: str) -> None:
        self.permission = permission
        self.reason = reason
        self.recorded = False  # whether it stands in the audit log
        super().__init__(f"{reason} Ask an administrator of your organization for the permission {permission}.")


class NotSignedIn(SegmentEngineError):
    """You are not signed in, or your access has ended. Sign in again."""

    code = "not_signed_in"


class SignedOut(NotSignedIn):
    """You have signed out everywhere, here too. Sign in again."""

    code = "signed_out"


class Conflict(SegmentEngineError):
    """Something else is happening to this right now. Try again in a moment."""

    code = "conflict"


class Locked(Conflict):
    """This is being published at the moment. Try again in a few seconds."""

    code = "locked"


class StaleVersion(Conflict):
    """This was changed by another editor after you opened it. Reload to see that version; your text is kept."""

    code = "stale_version"


class IllegalTransition(Conflict):
    """This step is not possible in the current status. Reload the page to see the current one."""

    code = "illegal_transition"


class LaunchBlocked(Conflict):
    """This cannot be launched yet. Correct what the checks name, or accept their warnings."""

    code = "launch_blocked"

    def __init__(self, sentence: str | None = None, checks: tuple[str, ...] = ()) -> None:
        self.checks = checks
        super().__init__(sentence)


class InUse(Conflict):
    """This is still used. Remove it from the places listed first."""

    code = "in_use"

    def __init__(self, sentence: str | None = None, *, users: tuple[str, ...] = ()) -> None:
        self.users = users
        super().__init__(sentence)


class Unresolved(SegmentEngineError):
    """The criteria name something that no longer exists. Edit the criteria, or restore what is missing."""

    code = "unresolved"

    def __init__(self, sentence: str | None = None, *, cause: str = "field_missing") -> None:
        self.cause = cause
        super().__init__(sentence)


class LimitExceeded(SegmentEngineError):
    """This is more than can be done in one go. Narrow it and try again."""

    code = "limit_exceeded"


class TimedOut(LimitExceeded):
    """This took longer than allowed and was stopped. Narrow it and try again."""

    code = "timeout"


class TooLarge(LimitExceeded):
    """This needs more room for what lies between its steps than it may take. Narrow it and try again."""

    code = "too_large"


class Unavailable(SegmentEngineError):
    """The database cannot be reached at the moment. Nothing was changed; try again in a minute."""

    code = "unavailable"


class OutOfSpace(Unavailable):
    """The database has no room left, on its disk or in its memory. Nothing was changed; make room, then try again."""

    code = "out_of_space"


class AccessRefused(Unavailable):
    """The database refused this request. Tell an administrator; nothing was changed."""

    code = "access_refused"


class DeliveryFailed(SegmentEngineError):
    """The message could not be delivered. It is tried again; if it never arrives, the alert says so."""

    code = "delivery_failed"

    def __init__(self, sentence: str | None = None, *, final: bool = False) -> None:
        self.final = final
        super().__init__(sentence)


class LeaseLost(SegmentEngineError):
    """Another worker has taken over this run; this attempt stops without publishing."""

    code = "lease_lost"


class Incident(SegmentEngineError):
    """Something unexpected went wrong. Tell an administrator the number."""

    code = "incident"

    def __init__(self, incident_id: str, *, unchanged: bool = True) -> None:
        self.incident_id = incident_id
        known = "; nothing was changed" if unchanged else ""
        super().__init__(f"Something unexpected went wrong{known}. Tell an administrator the number {incident_id}.")


class StoredByNewer(SegmentEngineError, ValueError):
    """What is stored here is not known to this release. Update the program here, then open this again."""

    code = "stored_by_newer"


class SettingsError(SegmentEngineError):
    """The settings are incomplete or unsafe, so the program does not start."""

    code = "settings"
