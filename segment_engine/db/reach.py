"""Whom segments reach, from their stored members, and the facts behind every gate for one contact."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from segment_engine.db.queries import load_queries
from segment_engine.db.session import Transaction
from segment_engine.domain.reach import (
    ChannelReach,
    ConsentFact,
    ContactGates,
    FrozenFact,
    Gate,
    SegmentHold,
    channel_reach,
)

_QUERIES = load_queries("reach")


def waterfall(
    transaction: Transaction, organization_id: int, *, included: Sequence[UUID], excluded: Sequence[UUID],
    channels: Sequence[str], as_of: datetime | None = None,
) -> tuple[ChannelReach, ...]:  # fmt: skip
    """Count whom every gate leaves, for each channel in the order asked; contacts count once however many segments.

    Shape: `as_of` decides which consents and suppressions count; the database's clock when it is None.
    Raises: LimitExceeded when it takes longer than a statement may.
    """
    rows = transaction.rows(
        _QUERIES["waterfall"],
        {
            "organization": organization_id, "included": list(included), "excluded": list(excluded),
            "channels": list(channels), "as_of": as_of,
        },
    )  # fmt: skip
    return tuple(
        channel_reach(row.channel, row.stored, {gate: getattr(row, gate.value) for gate in Gate}) for row in rows
    )


def gates_of_contact(
    transaction: Transaction, organization_id: int, *, campaign_id: UUID, contact_number: int,
    as_of: datetime | None = None,
) -> ContactGates | None:  # fmt: skip
    """Read what one contact shows at every gate of a campaign; None when there is no such campaign.

    Shape: a number without a contact has `exists` False, like one that was deleted.
    """
    ids = {"organization": organization_id, "campaign": campaign_id, "number": contact_number}
    row = transaction.one(_QUERIES["gates"], {**ids, "as_of": as_of})
    if row is None:
        return None
    holds = transaction.rows(_QUERIES["holds"], ids)
    moment = {"channel": row.channel, "as_of": row.as_of}
    consents = transaction.rows(_QUERIES["newest_consents"], {**ids, **moment})
    frozen = transaction.rows(_QUERIES["frozen_audiences"], ids)
    return ContactGates(
        contact_number, row.channel, row.as_of, row.found, _holds(holds, "included"), _holds(holds, "excluded"),
        row.has_address, row.address_valid, row.suppressed_at, row.suppression,
        tuple(ConsentFact(each.topic, each.state, each.recorded_at) for each in consents),
        tuple(FrozenFact(each.frozen_at, each.holds) for each in frozen),
    )  # fmt: skip


def _holds(rows: Sequence[Row[Any]], part: str) -> tuple[SegmentHold, ...]:
    return tuple(SegmentHold(row.segment_id, row.name, row.holds) for row in rows if row.part == part)
