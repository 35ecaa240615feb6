"""Membership as bits in blocks: publishing, reading members, and reading a contact's segments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from segment_engine.db.queries import load_queries
from segment_engine.db.session import Transaction
from segment_engine.domain.overrides import Decision
from segment_engine.domain.run import Result
from segment_engine.domain.segment import ContactSegment, Member, MemberPage, SegmentId, SegmentState

_QUERIES = load_queries("members")
BLOCKS_AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class Published:
    """What a publishing changed. Units: contacts."""

    member_count: int
    joined: int
    departed: int


def publish(
    transaction: Transaction, organization_id: int, segment_id: UUID, *, sequence: int, blocks: Mapping[int, bytes]
) -> Published:
    """Replace the members of a segment; readers see the old ones until the transaction ends.

    Shape: `blocks` maps a block number to 512 bytes; bit i (most significant first) is contact block × 4,096 + i.
        Blocks without members may be left out.
    """
    values = {"organization": organization_id, "segment": segment_id, "sequence": sequence}
    numbers = list(blocks)
    member_count = joined = departed = 0
    # In portions, because a statement's parameters are copied on their way to the server.
    for start in range(0, len(numbers), BLOCKS_AT_ONCE):
        portion = numbers[start : start + BLOCKS_AT_ONCE]
        bits = [blocks[number] for number in portion]
        row = transaction.the(_QUERIES["publish"], {**values, "blocks": portion, "bits": bits})
        member_count += row.member_count
        joined += row.joined
        departed += row.departed
    rest = transaction.the(_QUERIES["empty_the_rest"], {**values, "blocks": numbers})
    return Published(member_count, joined, departed + rest.departed)


def page(
    transaction: Transaction, organization_id: int, segment_id: UUID, *, after: int | None, limit: int,
    earlier: Result | None = None,
) -> MemberPage:  # fmt: skip
    """Read one page of members in the order of their numbers, now or as of an earlier published result."""
    values = {
        "organization": organization_id,
        "segment": segment_id,
        "after": after or 0,
        "limit": limit + 1,
    }
    if earlier is None:
        rows = transaction.rows(_QUERIES["page"], values)
    else:
        moment = {"sequence": earlier.sequence, "moment": earlier.started_at}
        rows = transaction.rows(_QUERIES["page_as_of"], {**values, **moment})
    members = tuple(
        Member(
            row.number, row.external_key, " ".join(part for part in (row.first_name, row.last_name) if part),
            row.email, row.city, row.country, None if row.by_hand is None else Decision(row.by_hand),
        )
        for row in rows[:limit]
    )  # fmt: skip
    return MemberPage(members, members[-1].number if len(rows) > limit else None)


def contact_number(transaction: Transaction, organization_id: int, external_key: str) -> int | None:
    """Find the number behind a contact's own key; None when there is no such contact."""
    return transaction.scalar(_QUERIES["contact_number"], {"organization": organization_id, "key": external_key})


def segments_of_contact(transaction: Transaction, organization_id: int, number: int) -> tuple[ContactSegment, ...]:
    """List the segments that hold the contact now, by name."""
    rows = transaction.rows(_QUERIES["segments_of_contact"], {"organization": organization_id, "number": number})
    return tuple(_contact_segment(row.segment_id, row.name, row.state, row.since) for row in rows)


def _contact_segment(segment_id: UUID, name: str, state: str, since: datetime | None) -> ContactSegment:
    return ContactSegment(SegmentId(segment_id), name, SegmentState(state), since)
