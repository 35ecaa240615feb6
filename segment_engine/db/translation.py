"""Turns what the driver raises into our errors: sentences for what is foreseen, a number for what is not."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from segment_engine.errors import (
    AccessRefused,
    Conflict,
    IllegalTransition,
    Incident,
    InputError,
    InUse,
    Locked,
    NameTaken,
    NotFound,
    OutOfSpace,
    SegmentEngineError,
    TimedOut,
    TooLarge,
    Unavailable,
)
from segment_engine.logs import note_incident

log = logging.getLogger(__name__)

UNSURE = "The connection broke while this was being saved; it may have been saved or not. Look before you do it again."


@contextmanager
def translated_errors() -> Generator[None]:
    """Turn driver errors into sentences; whatever is not foreseen becomes an incident number, here and in the log."""
    try:
        yield
    except SegmentEngineError:
        raise
    except PoolTimeout as error:
        raise Unavailable("Too many people are working at this moment. Nothing was changed; try again.") from error
    except UnicodeEncodeError as error:
        raise InputError(UNREADABLE) from error
    except DBAPIError as error:
        raise translate(error) from error


class Unsure:
    """Keeps the promise “nothing was changed” from being made for a COMMIT whose answer never came."""

    def __init__(self) -> None:
        self.saving = False

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Say what is known. Raises: Unavailable with another sentence."""
        if self.saving and type(error) is Unavailable:
            raise Unavailable(UNSURE) from error


UNREADABLE = "A text holds a character that cannot be stored or searched. Type it again."
_NUL = "cannot contain NUL"  # refused by the driver itself, without a code

# Constraint names are stable and ours; their sentences say what the person did, never what the table is called.
_NAMED = {
    "segments_name": lambda: NameTaken("A segment of this name exists already. Choose a different name."),
    "static_lists_organization_id_name_fold_key": lambda: NameTaken(
        "A list of this name exists already. Choose a different name, or replace the contents of that one."
    ),
    "organizations_name_key": lambda: NameTaken("An organization of this name exists already. Choose a different one."),
    "runs_transition": IllegalTransition,
    "campaigns_name": lambda: NameTaken("A campaign or sequence of this name exists already. Choose a different name."),
    "campaign_segments_organization_id_segment_id_fkey": lambda: InUse(
        "This segment is used by a campaign or sequence. Remove it there first."
    ),
}

_FORESEEN: Mapping[str, Callable[[], SegmentEngineError]] = {
    "23505": NameTaken,
    "23503": NotFound,
    "57014": TimedOut,
    "55P03": Locked,
    "40001": lambda: Conflict("Someone else changed the same thing at the same moment. Try again."),
    "40P01": lambda: Conflict("Someone else changed the same thing at the same moment. Try again."),
    "22021": lambda: InputError(UNREADABLE),
    "22P05": lambda: InputError(UNREADABLE),
    "53400": TooLarge,
    "53100": OutOfSpace,
    "53200": OutOfSpace,
}

# A quota that is used up has no code of its own; the place in the server that could not write tells, in any language.
_WRITERS = {"mdextend", "mdzeroextend", "BufFileDumpBuffer", "XLogWrite", "XLogFileInitInternal"}
_ENDED = {"FATAL", "PANIC"}  # after these the session is over, and with PANIC all others are, too


def translate(error: DBAPIError) -> SegmentEngineError:
    """Choose our error for a driver error, by constraint name first and SQLSTATE second.

    Source: PostgreSQL error codes, appendix A of its manual.
    """
    cause = error.orig
    state = str(getattr(cause, "sqlstate", "") or "")
    told = getattr(cause, "diag", None)
    constraint = str(getattr(told, "constraint_name", "") or "")
    if constraint in _NAMED:
        return _NAMED[constraint]()
    if state in _FORESEEN:
        return _FORESEEN[state]()
    if state == "XX000" and getattr(told, "source_function", None) in _WRITERS:
        return OutOfSpace()
    if not state and _NUL in str(cause):
        return InputError(UNREADABLE)
    if state in {"42501", "42704", "22P02"}:
        log.error("access to the database is not set up right", extra={"sqlstate": state})
        return AccessRefused()
    ended = getattr(told, "severity_nonlocalized", None) in _ENDED
    gone = ended or state[:2] in {"08", "53"} or state[:3] == "57P" or state in {"25006", "25P03"}
    if gone or (isinstance(error, OperationalError) and not state):
        return Unavailable()
    return Incident(note_incident(error, "the database"))
