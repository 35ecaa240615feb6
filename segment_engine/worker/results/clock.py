"""When the passing of time alone may next change the members of a segment, without any new data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from segment_engine.compiler import compile_criteria, next_stored
from segment_engine.compiler.scope import Scope
from segment_engine.db.session import Transaction
from segment_engine.domain.catalog import Catalog
from segment_engine.domain.criteria import Criteria
from segment_engine.domain.flips.clock import (
    Watched,
    bound_of,
    is_near_clock_change,
    next_turn,
    passed_at,
    watched,
    wholly_passed_at,
)
from segment_engine.domain.moments import local_date
from segment_engine.domain.run import Claim
from segment_engine.errors import LimitExceeded, Unresolved

LONGEST_SECONDS = 5.0
UNKNOWN, NEVER, AT = "unknown", "never", "at"


@dataclass(frozen=True, slots=True)
class Clock:
    """Whether time alone changes members: `never`, `at` an instant at the earliest, or `unknown`.

    Shape: `changes_at` is set for `at`. From `outdated_at` on more than single contacts may be wrong. Units: UTC.
    """

    kind: str = UNKNOWN
    changes_at: datetime | None = None
    outdated_at: datetime | None = None


def read_clock(transaction: Transaction, claim: Claim, criteria: Criteria, catalog: Catalog) -> Clock:
    """Find the earliest instant after the result at which time alone may change it.

    Shape: to be asked in the snapshot in which the result was computed; the statement limit of the transaction changes.
        Early rather than late: before `changes_at` nothing changes with the data there is.
    Source: docs/checks.md, When time alone changes members.
    """
    found = watched(criteria, catalog)
    if not found:
        return Clock(NEVER)
    passing = [each for each in found if not each.turns]
    try:
        turned = [Clock(AT, turn, turn) for turn in (next_turn(each, claim.as_of) for each in found if each.turns)]
        return _earliest([*turned, *_reached(transaction, claim, passing, criteria, catalog)])
    except (Unresolved, LimitExceeded):
        return Clock()


def _reached(
    transaction: Transaction, claim: Claim, passing: Sequence[Watched], criteria: Criteria, catalog: Catalog
) -> Iterator[Clock]:
    """Find when each bound that does not turn reaches a stored time. Raises: Unresolved, LimitExceeded."""
    if any(is_near_clock_change(each, claim.as_of) for each in passing):
        yield Clock()
    elif passing:
        compiled = compile_criteria(criteria, catalog=catalog, organization_id=claim.organization_id, as_of=claim.as_of)
        for place in dict.fromkeys(each.place for each in passing):
            alike = [each for each in passing if each.place == place]
            yield from _next(transaction, claim, alike, compiled.scope)


def _earliest(clocks: Iterable[Clock]) -> Clock:
    known = [clock for clock in clocks if clock.kind != NEVER]
    if any(clock.kind == UNKNOWN for clock in known):
        return Clock()
    changes = [clock.changes_at for clock in known if clock.changes_at is not None]
    outdated = [clock.outdated_at for clock in known if clock.outdated_at is not None]
    return Clock(AT, min(changes), min(outdated, default=None)) if changes else Clock(NEVER)


def _next(transaction: Transaction, claim: Claim, alike: Sequence[Watched], scope: Scope) -> Iterator[Clock]:
    """Find when the bounds that watch one place next reach a stored time; never where none lies ahead of one."""
    bounds = [bound_of(each, claim.as_of) for each in alike]
    row = transaction.the_within(next_stored(scope, alike[0].place, bounds), seconds=LONGEST_SECONDS)
    if row is None:
        yield Clock()
    else:
        yield from (_clock(each, value, claim.as_of) for each, value in zip(alike, row, strict=True))


def _clock(each: Watched, value: date | None, as_of: datetime) -> Clock:
    """Say when a bound passes the stored time it reaches next."""
    if value is None:
        return Clock(NEVER)
    passed = passed_at(each, _as_watched(each, value), as_of)
    if passed is None:
        return Clock()
    return Clock(AT, passed, passed if each.dated else wholly_passed_at(each, as_of))


def _as_watched(each: Watched, value: date) -> date:
    """Give a stored time as what the bound passes: the date of a dated time that is held as an instant."""
    if not each.dated or not isinstance(value, datetime):
        return value
    at_midnight = value.astimezone(UTC)
    midnight = at_midnight.replace(hour=0, minute=0, second=0, microsecond=0)
    return at_midnight.date() if at_midnight == midnight else local_date(value, each.calendar)
