"""Single contacts: how they are found, what is stored of them, and what they were and are members of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from segment_engine.db.queries import Query, load_queries
from segment_engine.db.session import Transaction
from segment_engine.domain.contact import (
    ChannelState,
    ConsentEntry,
    ContactCampaign,
    FoundBy,
    FoundContact,
    HandRecord,
    Membership,
    MembershipChange,
    RowCount,
    RunMark,
)
from segment_engine.domain.overrides import Decision
from segment_engine.domain.run import RunId
from segment_engine.domain.segment import SegmentId, SegmentState

_QUERIES = load_queries("contacts")
MOST_WORDS = 4
MOST_CONSENTS = 500
MOST_CAMPAIGNS = 200


# Finding one --------------------------------------------------------------------------------------------------------


def by_identity(transaction: Transaction, organization_id: int, kind: str, value: str) -> int | None:
    """Find the number that a key, or a folded e-mail address, leads to."""
    return transaction.scalar(_QUERIES["by_identity"], {"organization": organization_id, "kind": kind, "value": value})


def by_email_start(transaction: Transaction, organization_id: int, text: str, *, limit: int) -> tuple[int, ...]:
    """Find the numbers to which addresses lead that begin with a folded text, in the order of the addresses."""
    values = {"organization": organization_id, "text": text, "limit": limit}
    return tuple(row.contact_number for row in transaction.rows(_QUERIES["by_email_start"], values))


def by_numbers(
    transaction: Transaction, organization_id: int, numbers: Sequence[int], *, found_by: FoundBy
) -> list[FoundContact]:
    """Read contacts of the base in the order of the numbers given; those not in it are left out."""
    if not numbers:
        return []
    rows = transaction.rows(_QUERIES["by_numbers"], {"organization": organization_id, "numbers": list(numbers)})
    known = {row.number: _found(row, found_by) for row in rows}
    return [known[number] for number in numbers if number in known]


def by_key_start(transaction: Transaction, organization_id: int, text: str, *, limit: int) -> list[FoundContact]:
    """Find contacts whose key begins with a text, in the order of their keys."""
    values = {"organization": organization_id, "text": text, "limit": limit}
    return [_found(row, FoundBy.KEY_START) for row in transaction.rows(_QUERIES["by_key_start"], values)]


def by_phone(
    transaction: Transaction, organization_id: int, phones: Collection[str], *, limit: int, seconds: float
) -> list[FoundContact] | None:
    """Find contacts with one of these phone numbers; None when that takes too long."""
    values = {"organization": organization_id, "phones": list(phones), "limit": limit}
    rows = transaction.rows_within(_bound(_QUERIES["by_phone"], values), seconds=seconds)
    return None if rows is None else [_found(row, FoundBy.PHONE) for row in rows]


def by_name(
    transaction: Transaction, organization_id: int, words: Sequence[str], *, limit: int, seconds: float
) -> list[FoundContact] | None:
    """Find contacts in whose names each of the folded texts begins a word; None when that takes too long.

    Shape: at most four, the one that fits fewest contacts first.
    """
    first, second, third, fourth, *_ = [*words, *[""] * MOST_WORDS]
    values = {"organization": organization_id, "limit": limit}
    asked = {**values, "first": first, "second": second, "third": third, "fourth": fourth}
    rows = transaction.rows_within(_bound(_QUERIES["by_name"], asked), seconds=seconds)
    return None if rows is None else [_found(row, FoundBy.NAME) for row in rows]


def _bound(query: Query, values: Mapping[str, Any]) -> Query:
    return Query(query.bindparams(**values))


def _found(row: Row[Any], found_by: FoundBy) -> FoundContact:
    name = full_name(row.first_name, row.last_name)
    return FoundContact(row.number, row.external_key, name, row.email, row.city, row.country, found_by)


def full_name(first: str | None, last: str | None) -> str:
    """Join what is known of a name; empty when nothing is."""
    return " ".join(part for part in (first, last) if part)


# What is known -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Identified:
    """Who a contact of the base is. Units: times in UTC."""

    number: int
    external_key: str
    name: str
    email: str | None
    created_at: datetime
    updated_at: datetime


def identity(transaction: Transaction, organization_id: int, number: int) -> Identified | None:
    """Read who a contact of the base is; None when there is none of this number."""
    row = transaction.one(_QUERIES["identity"], {"organization": organization_id, "number": number})
    if row is None:
        return None
    name = full_name(row.first_name, row.last_name)
    return Identified(row.number, row.external_key, name, row.email, row.created_at, row.updated_at)


def channels(transaction: Transaction, organization_id: int, number: int) -> tuple[ChannelState, ...]:
    """Read every channel of a contact, with what stops it."""
    rows = transaction.rows(_QUERIES["channels"], {"organization": organization_id, "number": number})
    return tuple(
        ChannelState(row.channel, row.address, row.address_valid, row.suppressed_at, row.suppression) for row in rows
    )


def consents(transaction: Transaction, organization_id: int, number: int) -> tuple[ConsentEntry, ...]:
    """Read the records of consent, by channel and topic, the newest first."""
    values = {"organization": organization_id, "number": number, "limit": MOST_CONSENTS}
    rows = transaction.rows(_QUERIES["consents"], values)
    return tuple(ConsentEntry(row.channel, row.topic, row.state, row.recorded_at) for row in rows)


def events(transaction: Transaction, organization_id: int, number: int) -> tuple[RowCount, ...]:
    """Count a contact's events by type, the type of the newest event first."""
    return _counts(transaction, "events", organization_id, number)


def relations(transaction: Transaction, organization_id: int, number: int) -> tuple[RowCount, ...]:
    """Count a contact's rows of each relation."""
    return _counts(transaction, "relations", organization_id, number)


def _counts(transaction: Transaction, query: str, organization_id: int, number: int) -> tuple[RowCount, ...]:
    rows = transaction.rows(_QUERIES[query], {"organization": organization_id, "number": number})
    return tuple(RowCount(row.key, row.label, row.rows, row.last_at, date_only=bool(row.date_only)) for row in rows)


def lists(transaction: Transaction, organization_id: int, number: int) -> tuple[str, ...]:
    """Name the static lists that hold a contact."""
    rows = transaction.rows(_QUERIES["lists"], {"organization": organization_id, "number": number})
    return tuple(row.name for row in rows)


# Which segments and campaigns --------------------------------------------------------------------------------------


def memberships(transaction: Transaction, organization_id: int, number: int) -> tuple[Membership, ...]:
    """List the segments that may hold a contact or may have held it, by name; without their history."""
    rows = transaction.rows(_QUERIES["memberships"], {"organization": organization_id, "number": number})
    return tuple(_membership(row, is_member=row.is_member) for row in rows)


def membership(transaction: Transaction, organization_id: int, number: int, segment_id: UUID) -> Membership | None:
    """Read one segment and whether it holds a contact, without its history; None when there is no such segment."""
    values = {"organization": organization_id, "number": number, "segment": segment_id}
    row = transaction.one(_QUERIES["membership"], values)
    return None if row is None else _membership(row, is_member=row.is_member)


def _membership(row: Row[Any], *, is_member: bool) -> Membership:
    state = SegmentState(row.state)
    return Membership(SegmentId(row.segment_id), row.name, state, is_member, row.last_calculated_at)


def changes(
    transaction: Transaction, organization_id: int, number: int, segment_ids: Iterable[UUID]
) -> dict[SegmentId, list[MembershipChange]]:
    """Read with which results a contact joined each segment and left it; segments without a change are left out."""
    values = {"organization": organization_id, "number": number, "segments": list(segment_ids)}
    found: dict[SegmentId, list[MembershipChange]] = defaultdict(list)
    for row in transaction.rows(_QUERIES["changes"], values):
        mark = None if row.run_id is None else RunMark(RunId(row.run_id), row.finished_at)
        found[SegmentId(row.segment_id)].append(MembershipChange(row.sequence, row.joined, mark))
    return found


def by_hand(
    transaction: Transaction, organization_id: int, number: int
) -> list[tuple[Membership, HandRecord]]:  # fmt: skip
    """Read every decision about a contact, the newest first, each with its segment (as one that does not hold it)."""
    rows = transaction.rows(_QUERIES["by_hand"], {"organization": organization_id, "number": number})
    return [
        (
            _membership(row, is_member=False),
            HandRecord(
                Decision(row.decision), row.reason, row.created_at, row.created_by_name, row.ended_at,
                row.ended_by_name,
            ),
        )
        for row in rows
    ]  # fmt: skip


def campaigns(transaction: Transaction, organization_id: int, number: int) -> tuple[ContactCampaign, ...]:
    """List campaigns and sequences, the newest first, with what they have to do with a contact."""
    values = {"organization": organization_id, "number": number, "limit": MOST_CAMPAIGNS}
    happened: dict[UUID, dict[str, int]] = defaultdict(dict)
    for row in transaction.rows(_QUERIES["interactions"], {"organization": organization_id, "number": number}):
        if row.interaction is not None:
            happened[row.campaign_id][row.interaction] = row.rows
    return tuple(
        ContactCampaign(
            row.campaign_id, row.name, row.kind, row.channel, row.state, row.selects, row.frozen_at,
            None if row.frozen_at is None else bool(row.was_in), happened.get(row.campaign_id, {}),
        )
        for row in transaction.rows(_QUERIES["campaigns"], values)
    )  # fmt: skip


# What a reach chain is told from -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Used:
    """A segment as a campaign uses it, now or by the run that an audience was frozen from.

    Units: `calculated_at`, when its members were published, and `read_at`, when that run began to read, in UTC.
    """

    segment_id: SegmentId
    name: str
    part: str
    calculated_at: datetime | None
    read_at: datetime | None
    sequence: int | None = None
    member_count: int | None = None


def received_at(
    transaction: Transaction, organization_id: int, campaign_id: UUID, number: int
) -> datetime | None:  # fmt: skip
    """Read when the first message of a campaign arrived at a contact; None where none is on record."""
    values = {"organization": organization_id, "campaign": campaign_id, "number": number}
    return transaction.scalar(_QUERIES["received_at"], values)


def campaign(transaction: Transaction, organization_id: int, campaign_id: UUID) -> tuple[str, str, str] | None:
    """Read name, kind and state of a campaign or sequence."""
    row = transaction.one(_QUERIES["campaign"], {"organization": organization_id, "campaign": campaign_id})
    return None if row is None else (row.name, row.kind, row.state)


def used_now(transaction: Transaction, organization_id: int, campaign_id: UUID) -> tuple[Used, ...]:
    """List the segments a campaign includes or leaves out, by name, with their published run."""
    rows = transaction.rows(_QUERIES["used_now"], {"organization": organization_id, "campaign": campaign_id})
    return tuple(_used(row) for row in rows)


def used_then(
    transaction: Transaction, organization_id: int, campaign_id: UUID, frozen_at: datetime
) -> tuple[Used, ...]:
    """List the segments a frozen audience was made from, with the run of each."""
    values = {"organization": organization_id, "campaign": campaign_id, "frozen_at": frozen_at}
    return tuple(_used(row) for row in transaction.rows(_QUERIES["used_then"], values))


def _used(row: Row[Any]) -> Used:
    return Used(
        SegmentId(row.segment_id), row.name, row.part, row.finished_at, row.started_at or row.finished_at,
        row.published_sequence, row.member_count,
    )  # fmt: skip
