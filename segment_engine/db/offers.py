"""What a builder may offer: short lists from stored rows. It evaluates nothing."""

from __future__ import annotations

from segment_engine.db.queries import load_queries
from segment_engine.db.session import Transaction
from segment_engine.domain.offers import CampaignOffer, ListOffer, SegmentOffer, TopicOffer

_QUERIES = load_queries("offers")
MOST = 1_000


def segments(transaction: Transaction, organization_id: int) -> tuple[SegmentOffer, ...]:
    """List segments by name."""
    rows = transaction.rows(_QUERIES["segments"], {"organization": organization_id, "limit": MOST})
    return tuple(
        SegmentOffer(
            str(row.segment_id), row.name, row.state, row.status, row.member_count, row.last_calculated_at
        )
        for row in rows
    )  # fmt: skip


def lists(transaction: Transaction, organization_id: int) -> tuple[ListOffer, ...]:
    """List static lists by name."""
    rows = transaction.rows(_QUERIES["lists"], {"organization": organization_id, "limit": MOST})
    return tuple(ListOffer(str(row.list_id), row.name, row.matched, row.created_at) for row in rows)


def campaigns(transaction: Transaction, organization_id: int) -> tuple[CampaignOffer, ...]:
    """List campaigns by name."""
    rows = transaction.rows(_QUERIES["campaigns"], {"organization": organization_id, "limit": MOST})
    return tuple(CampaignOffer(str(row.campaign_id), row.name, row.channel, row.state) for row in rows)


def topics(transaction: Transaction, organization_id: int) -> tuple[TopicOffer, ...]:
    """List the topics of consent by channel."""
    rows = transaction.rows(_QUERIES["topics"], {"organization": organization_id, "limit": MOST})
    return tuple(TopicOffer(row.channel, row.topic, row.records) for row in rows)
