"""Why members changed: what the result before was made from, and the causes stored with each run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Executable, Row

from segment_engine.db.queries import Query, load_queries
from segment_engine.db.session import Parameters, Transaction
from segment_engine.domain.bits import ContactSet
from segment_engine.domain.causes import (
    Attribution,
    AudienceChange,
    CauseCount,
    ChangeCause,
    ContactMove,
    RunCauses,
    SourceChange,
)
from segment_engine.domain.run import Claim, RunId

_QUERIES = load_queries("causes")
_BLOCKS_AT_ONCE = 32
_ROWS_AT_ONCE = 8  # up to 8 KB each


@dataclass(frozen=True, slots=True)
class Counters:
    """The last numbers given to rows. None where a run did not note them."""

    last_event: int | None
    last_related: int | None
    last_consent: int | None

    @property
    def known(self) -> bool:
        """Whether all three are known."""
        return None not in (self.last_event, self.last_related, self.last_consent)


@dataclass(frozen=True, slots=True)
class Basis:
    """What a published result was made from. Units: times in UTC; `started_at` is when it began to read."""

    run_id: RunId
    version: int
    as_of: datetime
    started_at: datetime
    document: dict[str, object]
    read_runs: Mapping[str, str]
    counters: Counters


@dataclass(frozen=True, slots=True)
class Previous:
    """The result that is published now. `basis` is None where its run was removed; `count` None before the first."""

    sequence: int
    count: int | None
    basis: Basis | None


def previous(transaction: Transaction, organization_id: int, segment_id: UUID) -> Previous:
    """Read what is published now, and what it was made from."""
    row = transaction.one(_QUERIES["previous"], {"organization": organization_id, "segment": segment_id})
    if row is None:
        return Previous(0, None, None)
    if row.run_id is None or row.as_of is None or row.started_at is None:
        return Previous(row.published_sequence, row.member_count, None)
    counters = Counters(row.last_event_number, row.last_related_number, row.last_consent_number)
    basis = Basis(
        RunId(row.run_id), row.version, row.as_of, row.started_at, row.criteria, dict(row.read_runs or {}), counters
    )
    return Previous(row.published_sequence, row.member_count, basis)


def counters(transaction: Transaction, organization_id: int) -> Counters:
    """Read how far the rows go that this snapshot sees."""
    row = transaction.the(_QUERIES["counters"], {"organization": organization_id})
    return Counters(row.last_event_number, row.last_related_number, row.last_consent_number)


def decided_since(
    transaction: Transaction, organization_id: int, segment_ids: Iterable[UUID | str], moment: datetime
) -> ContactSet:
    """Find the contacts about which another decision counts now than at an earlier moment."""
    ids = [str(each) for each in segment_ids]
    if not ids:
        return ContactSet()
    values = {"organization": organization_id, "segments": ids, "moment": moment}
    return ContactSet.of_numbers(row.contact_number for row in transaction.rows(_QUERIES["decided_since"], values))


def moved_between(
    transaction: Transaction, organization_id: int, segment_id: str, *, before: str, after: str
) -> ContactSet | None:
    """Find whose membership differs between two runs of a segment; None where that can no longer be told."""
    if before == after:
        return ContactSet()
    values = {"organization": organization_id, "runs": [before, after]}
    found = {str(row.run_id): row for row in transaction.rows(_QUERIES["results_read"], values)}
    if found.keys() != {before, after}:
        return None
    first, last = sorted((found[before], found[after]), key=lambda row: row.published_sequence)
    if first.published_sequence < first.compacted_sequence:
        return None
    rows = transaction.rows(
        _QUERIES["moved_between"],
        {
            "organization": organization_id,
            "segment": segment_id,
            "after": first.published_sequence,
            "until": last.published_sequence,
        },
    )
    return ContactSet.of_bytes({row.block: bytes(row.bits) for row in rows})


def edited_since(
    transaction: Transaction, organization_id: int, segment_ids: Iterable[str], moment: datetime
) -> dict[str, dict[str, object]]:
    """Read the criteria that segments had at an earlier moment, where they have others now."""
    ids = sorted(segment_ids)
    if not ids:
        return {}
    values = {"organization": organization_id, "segments": ids, "moment": moment}
    return {str(row.segment_id): row.criteria for row in transaction.rows(_QUERIES["edited_since"], values)}


@dataclass(frozen=True, slots=True)
class Reading:
    """How blocks are read: each packed as it comes, so that memory does not grow. Units: seconds, all in all."""

    pack: Callable[[bytes], bytes]
    seconds: float

    def blocks(
        self, transaction: Transaction, statement: Query | Executable, values: Parameters | None = None
    ) -> ContactSet | None:
        """Read rows (block, words) of two bytes a contact; None when it takes too long."""
        found: dict[int, bytes] = {}

        def take(row: Row[Any]) -> None:
            found[row.block] = self.pack(row.words)

        in_time = transaction.read_within(
            statement, values, take=take, seconds=self.seconds, rows_at_once=_ROWS_AT_ONCE
        )
        return ContactSet.of_bytes(found) if in_time else None


def touched_since(
    transaction: Transaction, organization_id: int, numbers: Sequence[int] | None, moment: datetime, reading: Reading
) -> ContactSet | None:
    """Find which of these contacts, or of all, were changed themselves since a moment; None when it takes too long."""
    values = {"organization": organization_id, "numbers": numbers, "moment": moment}
    return reading.blocks(transaction, _QUERIES["touched_since"], values)


def with_later_rows(
    transaction: Transaction, organization_id: int, last: Counters, reading: Reading
) -> ContactSet | None:
    """Find the contacts that have rows behind the last ones known; None when it takes too long.

    Shape: a table whose last number is None is not looked at: nothing came there.
    """
    known = {"last_event": last.last_event, "last_related": last.last_related, "last_consent": last.last_consent}
    return reading.blocks(transaction, _QUERIES["with_later_rows"], {"organization": organization_id, **known})


def record(transaction: Transaction, claim: Claim, *, sequence: int, found: Attribution, read: Counters) -> None:
    """Store the causes of a result with its run, which is still being published."""
    of_run = {"organization": claim.organization_id, "run": claim.run_id}
    noted = {"last_event": read.last_event, "last_related": read.last_related, "last_consent": read.last_consent}
    transaction.run(
        _QUERIES["note_reading"], {**of_run, **noted, "attempt": claim.attempt, "is_partial": found.is_partial}
    )
    for each in found.counts:
        values = {"cause": each.cause.value, "joined": each.joined, "departed": each.departed}
        transaction.run(_QUERIES["add_counts"], {**of_run, **values})
    of_result = {"organization": claim.organization_id, "segment": claim.segment_id, "sequence": sequence}
    for cause, contacts in (found.contacts or {}).items():
        blocks = contacts.as_bytes()
        numbers = sorted(blocks)
        for start in range(0, len(numbers), _BLOCKS_AT_ONCE):
            portion = numbers[start : start + _BLOCKS_AT_ONCE]
            bits = [blocks[number] for number in portion]
            values = {"cause": cause.value, "blocks": portion, "bits": bits}
            transaction.run(_QUERIES["add_contacts"], {**of_result, **values})


def of_segment(
    transaction: Transaction, organization_id: int, segment_id: UUID, *, limit: int
) -> tuple[RunCauses, ...]:
    """List why the members changed with the last runs of a segment, newest first."""
    values = {"organization": organization_id, "segment": segment_id, "limit": limit}
    return tuple(_causes(row) for row in transaction.rows(_QUERIES["of_segment"], values))


def of_run(transaction: Transaction, organization_id: int, run_id: UUID) -> RunCauses | None:
    """Read why the members changed with a run; None for one that published nothing."""
    row = transaction.one(_QUERIES["of_run"], {"organization": organization_id, "run": run_id})
    return None if row is None else _causes(row)


def _causes(row: Row[Any]) -> RunCauses:
    return RunCauses(
        RunId(row.run_id), row.at, row.version, row.joined_count or 0, row.left_count or 0, _counts(row.causes),
        is_partial=row.causes_partial,
    )  # fmt: skip


def _counts(stored: Iterable[tuple[str, int, int]] | None) -> tuple[CauseCount, ...]:
    """Read counts by cause, in the order of precedence."""
    found = {ChangeCause(cause): CauseCount(ChangeCause(cause), *counts) for cause, *counts in stored or ()}
    return tuple(found[cause] for cause in ChangeCause if cause in found)


def moves_of_contact(
    transaction: Transaction, organization_id: int, segment_id: UUID, number: int, *, limit: int
) -> tuple[ContactMove, ...]:
    """List when a contact joined and left a segment and why, newest first; what no cause was stored for is left out."""
    values = {"organization": organization_id, "segment": segment_id, "number": number, "limit": limit}
    return tuple(
        ContactMove(
            segment_id, RunId(row.run_id), row.published_sequence, row.at, row.joined, ChangeCause(row.cause),
            is_partial=row.causes_partial,
        )
        for row in transaction.rows(_QUERIES["moves_of_contact"], values)
        if row.cause is not None
    )  # fmt: skip


def since_frozen(transaction: Transaction, organization_id: int, campaign_id: UUID) -> AudienceChange | None:
    """Compare the newest frozen audience with its segments of today; None when none was frozen."""
    values = {"organization": organization_id, "campaign": campaign_id}
    difference = transaction.one(_QUERIES["audience_difference"], values)
    if difference is None:
        return None
    rows = transaction.rows(_QUERIES["causes_since_frozen"], {**values, "frozen_at": difference.frozen_at})
    sources = tuple(
        SourceChange(row.segment_id, row.name, row.part, row.contact_count, row.member_count, _counts(row.causes))
        for row in rows
    )
    return AudienceChange(difference.frozen_at, difference.joined, difference.departed, sources, difference.deleted)
