"""Audiences: frozen from published runs at a launch, and read back with what came of sending to them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from segment_engine.db.queries import load_queries
from segment_engine.db.session import Transaction
from segment_engine.domain.campaign import Audience, AudienceSource, DailyFigures, Figures, Part
from segment_engine.domain.reach import ChannelReach, Gate, channel_reach

_QUERIES = load_queries("audiences")
_STORED = "stored"


def freeze(
    transaction: Transaction, organization_id: int, *, campaign_id: UUID, frozen_at: datetime, reach: ChannelReach
) -> None:
    """Keep who is meant at this moment, from which runs, and whom every gate lets through."""
    values = {"organization": organization_id, "campaign": campaign_id, "frozen_at": frozen_at}
    transaction.run(_QUERIES["freeze_runs"], values)
    transaction.run(_QUERIES["freeze_blocks"], values)
    gates = [_STORED, *(step.gate.value for step in reach.steps)]
    contacts = [reach.stored, *(step.contacts_left for step in reach.steps)]
    transaction.run(_QUERIES["freeze_reach"], {**values, "gates": gates, "contacts": contacts})


def find(transaction: Transaction, organization_id: int, campaign_id: UUID, channel: str) -> tuple[Audience, ...]:
    """List every audience of a campaign, the newest first."""
    values = {"organization": organization_id, "campaign": campaign_id}
    sizes = {row.frozen_at: row.size for row in transaction.rows(_QUERIES["sizes"], values)}
    gates: dict[datetime, dict[str, int]] = {}
    for row in transaction.rows(_QUERIES["reach"], values):
        gates.setdefault(row.frozen_at, {})[row.gate] = row.contacts
    sources: dict[datetime, list[AudienceSource]] = {}
    for row in transaction.rows(_QUERIES["sources"], values):
        sources.setdefault(row.frozen_at, []).append(_source(row))
    return tuple(
        Audience(frozen_at, sizes.get(frozen_at, 0), tuple(each), _reach(channel, gates.get(frozen_at)))
        for frozen_at, each in sources.items()
    )


def _source(row: Row[Any]) -> AudienceSource:
    return AudienceSource(row.segment_id, row.name, Part(row.part), row.run_id, row.as_of, row.contact_count)


def _reach(channel: str, contacts: dict[str, int] | None) -> ChannelReach | None:
    if contacts is None or any(gate.value not in contacts for gate in Gate):
        return None
    left = {gate: contacts[gate.value] for gate in Gate}
    return channel_reach(channel, contacts.get(_STORED, left[Gate.MEMBER]), left)


def daily_figures(transaction: Transaction, organization_id: int, campaign_id: UUID) -> Sequence[DailyFigures]:
    """Read what came of a campaign day by day."""
    rows = transaction.rows(_QUERIES["metrics"], {"organization": organization_id, "campaign": campaign_id})
    return [DailyFigures(row.day, Figures.read(row)) for row in rows]
