"""What previews, explanations and comparisons of edits read: samples of members, one contact, published members."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from segment_engine.db.queries import load_queries
from segment_engine.db.session import Transaction
from segment_engine.domain.evaluate.records import ChannelRecord, ConsentRecord
from segment_engine.domain.segment import Member

_QUERIES = load_queries("evidence")


def last_number(transaction: Transaction, organization_id: int) -> int:
    """Read the largest number a contact was ever given."""
    return int(transaction.scalar(_QUERIES["last_number"], {"organization": organization_id}) or 0)


def members(transaction: Transaction, organization_id: int, numbers: Iterable[int]) -> tuple[Member, ...]:
    """Read who contacts are, in the order of their numbers; those not in the base are left out."""
    wanted = list(numbers)
    if not wanted:
        return ()
    rows = transaction.rows(_QUERIES["members"], {"organization": organization_id, "numbers": wanted})
    return tuple(
        Member(
            row.number, row.external_key, " ".join(part for part in (row.first_name, row.last_name) if part),
            row.email, row.city, row.country,
        )
        for row in rows
    )  # fmt: skip


def own_key(transaction: Transaction, organization_id: int, number: int) -> str | None:
    """Find the own key of a contact of the base; None when there is none of this number."""
    return transaction.scalar(_QUERIES["own_key"], {"organization": organization_id, "number": number})


def consents(transaction: Transaction, organization_id: int, number: int) -> tuple[ConsentRecord, ...]:
    """Read every record of consent of a contact."""
    rows = transaction.rows(_QUERIES["consents"], {"organization": organization_id, "number": number})
    return tuple(ConsentRecord(row.channel, row.topic, row.state, row.recorded_at, row.consent_number) for row in rows)


def channels(transaction: Transaction, organization_id: int, number: int) -> dict[str, ChannelRecord]:
    """Read how a contact can be reached, by channel."""
    rows = transaction.rows(_QUERIES["channels"], {"organization": organization_id, "number": number})
    return {row.channel: ChannelRecord(row.address, row.address_valid, row.suppressed_at) for row in rows}


def in_segments(transaction: Transaction, organization_id: int, number: int, ids: Iterable[str]) -> frozenset[str]:
    """Tell which of these segments hold a contact, by their latest successful run."""
    wanted = sorted(ids)
    if not wanted:
        return frozenset()
    values = {"organization": organization_id, "number": number, "ids": wanted}
    return frozenset(str(row.segment_id) for row in transaction.rows(_QUERIES["in_segments"], values))


def in_lists(transaction: Transaction, organization_id: int, number: int, ids: Iterable[str]) -> frozenset[str]:
    """Tell which of these static lists hold a contact."""
    wanted = sorted(ids)
    if not wanted:
        return frozenset()
    values = {"organization": organization_id, "number": number, "ids": wanted}
    return frozenset(str(row.list_id) for row in transaction.rows(_QUERIES["in_lists"], values))


def was_member(transaction: Transaction, organization_id: int, segment_id: UUID, number: int, *, sequence: int) -> bool:
    """Tell whether a published result of a segment held a contact."""
    values = {"organization": organization_id, "segment": segment_id, "number": number, "sequence": sequence}
    return bool(transaction.scalar(_QUERIES["was_member"], values))


def published_blocks(transaction: Transaction, organization_id: int, segment_id: UUID) -> dict[int, bytes]:
    """Read the members of the latest successful run: 512 bytes for each block that has any."""
    rows = transaction.rows(_QUERIES["published_blocks"], {"organization": organization_id, "segment": segment_id})
    return {row.block: bytes(row.bits) for row in rows}


def users(transaction: Transaction, organization_id: int, segment_id: UUID) -> tuple[tuple[str, str], ...]:
    """List what takes its contacts from a segment: (campaign or sequence, name)."""
    rows = transaction.rows(_QUERIES["users"], {"organization": organization_id, "segment": segment_id})
    return tuple((row.kind, row.name) for row in rows)


def run_document(transaction: Transaction, organization_id: int, run_id: UUID) -> dict[str, object]:
    """Read the criteria that were frozen in a run."""
    return transaction.scalar(_QUERIES["run_document"], {"organization": organization_id, "run": run_id})


def campaign_names(transaction: Transaction, organization_id: int, ids: Iterable[str]) -> dict[str, str]:
    """Read the names of campaigns, by id."""
    wanted = sorted(ids)
    if not wanted:
        return {}
    rows = transaction.rows(_QUERIES["campaign_names"], {"organization": organization_id, "ids": wanted})
    return {str(row.campaign_id): row.name for row in rows}
