"""Eight campaigns and two sequences: audiences frozen from the runs of their day, and what came of them day by day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

import numpy as np
from numpy.random import Generator

from segment_engine.databases import Databases
from segment_engine.db.queries import load_queries
from segment_engine.db.session import Transaction
from segment_engine.demo.columns import Whole, plain
from segment_engine.demo.history import History
from segment_engine.demo.interactions import Sent
from segment_engine.domain.access import OrganizationContext

_QUERIES = load_queries("demo")
_BLOCK_BYTES = 512
_UNSUBSCRIBES = 0.006
_SENT_AT = timedelta(hours=8)


@dataclass(frozen=True, slots=True)
class Campaign:
    """What is sent to whom. A negative `days_ago` lies ahead; None has no date yet.

    Units: `opens`, `clicks`, `buys` are shares of the step before; `half_life` days.
    """

    name: str
    channel: str
    days_ago: int | None
    lasts: int
    included: tuple[str, ...]
    excluded: tuple[str, ...] = ()
    opens: float = 0.3
    clicks: float = 0.14
    buys: float = 0.08
    half_life: float = 1.2
    description: str = ""


CAMPAIGNS = (
    Campaign(
        "Thank you, loyal customers", "email", 76, 14, ("Loyal customers",), opens=0.46, clicks=0.22, buys=0.17,
        description="A small gift for those who order again and again.",
    ),
    Campaign(
        "We miss you", "email", 61, 21, ("Regular buyers gone quiet",), opens=0.21, clicks=0.09, buys=0.06,
        description="Ten percent on the next order, for four weeks.",
    ),
    Campaign(
        "New arrivals", "email", 47, 14, ("Newsletter readers", "High average order value"),
        ("Needs care after a complaint",), opens=0.38, clicks=0.17, buys=0.09,
    ),
    Campaign(
        "Double points weekend", "email", 33, 7, ("Loyal customers", "Gold and platinum, resting"),
        ("Anniversary weeks, quiet since",), opens=0.41, clicks=0.2, buys=0.14, half_life=0.7,
    ),
    Campaign(
        "Last days of the sale", "sms", 19, 4, ("Browsed the sale or filled a cart, did not buy",),
        ("New contacts",), opens=0.72, clicks=0.11, buys=0.13, half_life=0.4,
    ),
    Campaign(
        "Your next order", "email", 9, 21, ("First order in the last 30 days",), ("Needs care after a complaint",),
        opens=0.44, clicks=0.19, buys=0.12, half_life=1.8,
    ),
    Campaign(
        "Birthday voucher", "email", -5, 30, ("Birthday in the next two weeks",), ("Needs care after a complaint",)
    ),
    Campaign("High lead score, second try", "email", None, 14, ("Second try, high lead score",), ("New contacts",)),
)  # fmt: skip

SEQUENCES = (
    ("Welcome", "running", "New contacts", "Needs care after a complaint"),
    ("Win back", "paused", "Regular buyers gone quiet", "Loyal customers"),
)


def add_campaigns(
    databases: Databases, context: OrganizationContext, segments: Mapping[str, UUID], histories: Mapping[str, History],
    *, today: datetime, random: Generator,
) -> tuple[Sent, ...]:  # fmt: skip
    """Write every campaign and sequence in one transaction; return what was sent."""
    sent: list[Sent] = []
    with databases.app.transaction(context.organization_id) as transaction:
        for campaign in CAMPAIGNS:
            own: dict[str, object] = {"organization": context.organization_id, "campaign": uuid4()}
            _plan(transaction, own, campaign, segments, today=today)
            if campaign.days_ago is not None and campaign.days_ago > 0:
                sent_at = _sent_at(campaign.days_ago, today)
                audience = _freeze(transaction, own, campaign, histories, at=sent_at)
                days = min(campaign.lasts, campaign.days_ago) + 1
                metrics = daily_metrics(campaign, len(audience), first=sent_at.date(), days=days, random=random)
                sent.append(Sent(campaign.name, campaign.channel, sent_at, audience, metrics))
                transaction.run(_QUERIES["add_metrics"], [{**own, **row} for row in metrics])
        for name, state, included, excluded in SEQUENCES:
            own = {"organization": context.organization_id, "campaign": uuid4()}
            created = {"name": name, "state": state, "created_at": today - timedelta(days=64)}
            transaction.run(_QUERIES["create_sequence"], own | created)
            uses = [{**own, "segment": segments[included], "part": "included"}]
            uses.append({**own, "segment": segments[excluded], "part": "excluded"})
            transaction.run(_QUERIES["use_in_campaign"], uses)
    return tuple(sent)


def _sent_at(days_ago: int, today: datetime) -> datetime:
    midnight = today.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - timedelta(days=days_ago) + _SENT_AT


def _plan(
    transaction: Transaction, own: dict[str, object], campaign: Campaign, segments: Mapping[str, UUID],
    *, today: datetime,
) -> None:  # fmt: skip
    starts = None if campaign.days_ago is None else today.date() - timedelta(days=campaign.days_ago)
    ends = None if starts is None else starts + timedelta(days=campaign.lasts)
    created = today - timedelta(days=max(campaign.days_ago or 0, 0) + 6)
    planned = {
        "name": campaign.name,
        "description": campaign.description,
        "channel": campaign.channel,
        "state": _state(starts, ends, today.date()),
    }
    launched = None if campaign.days_ago is None or campaign.days_ago < 0 else _sent_at(campaign.days_ago, today)
    dates = {"starts_on": starts, "ends_on": ends, "created_at": created, "launched_at": launched}
    transaction.run(_QUERIES["create_campaign"], own | planned | dates)
    for part, names in (("included", campaign.included), ("excluded", campaign.excluded)):
        for name in names:
            transaction.run(_QUERIES["use_in_campaign"], {**own, "segment": segments[name], "part": part})


def _state(starts: date | None, ends: date | None, today: date) -> str:
    if starts is None or ends is None:
        return "draft"
    if starts > today:
        return "scheduled"
    return "running" if ends >= today else "finished"


def _freeze(
    transaction: Transaction, own: dict[str, object], campaign: Campaign, histories: Mapping[str, History],
    *, at: datetime,
) -> Whole:  # fmt: skip
    """Keep who was to be reached at that moment, and from which runs; return their numbers."""
    reached: dict[int, int] = {}
    for name in campaign.included:
        for block, bits in _stood(transaction, own, histories[name], "included", at=at).items():
            reached[block] = reached.get(block, 0) | int.from_bytes(bits)
    for name in campaign.excluded:
        for block, bits in _stood(transaction, own, histories[name], "excluded", at=at).items():
            reached[block] = reached.get(block, 0) & ~int.from_bytes(bits)
    kept = {block: bits for block, bits in reached.items() if bits}
    frozen = {"blocks": list(kept), "bits": ["x" + bits.to_bytes(_BLOCK_BYTES).hex() for bits in kept.values()]}
    transaction.run(_QUERIES["freeze_blocks"], {**own, "frozen_at": at, **frozen})
    return np.concatenate([np.array([], dtype=np.int64), *(_numbers(block, bits) for block, bits in kept.items())])


def _numbers(block: int, bits: int) -> Whole:
    """List the contacts of one block of bits."""
    places = np.flatnonzero(np.unpackbits(np.frombuffer(bits.to_bytes(_BLOCK_BYTES), dtype=np.uint8)))
    return places.astype(np.int64) + block * _BLOCK_BYTES * 8


def _stood(
    transaction: Transaction, own: dict[str, object], history: History, part: str, *, at: datetime
) -> Mapping[int, bytes]:
    result, count = history.latest_before(at)
    used = {"segment": history.stored.segment_id, "run": result.run_id, "part": part, "contact_count": count}
    transaction.run(_QUERIES["freeze_segment"], {**own, "frozen_at": at, **used})
    return result.blocks


def daily_metrics(
    campaign: Campaign, audience: int, *, first: date, days: int, random: Generator
) -> list[dict[str, object]]:
    """Draw what came of a mailing: all sent on the first day, everything else fading from there.

    Shape: over all days, delivered ≤ sent, opened ≤ delivered, clicked ≤ opened and converted ≤ clicked; the last two
        also on every single day.
    """
    sent = round(audience * random.uniform(0.86, 0.93))  # the rest have no address, no consent, or are suppressed
    bounced = round(sent * random.uniform(0.008, 0.021))
    fading = np.exp2(-np.arange(days) / campaign.half_life) * random.uniform(0.8, 1.2, days)
    opened: Whole = np.floor((sent - bounced) * campaign.opens * fading / fading.sum()).astype(np.int64)
    clicked: Whole = random.binomial(opened, campaign.clicks)
    converted: Whole = random.binomial(clicked, campaign.buys)
    unsubscribed: Whole = random.binomial(opened, _UNSUBSCRIBES)
    rows = zip(*(plain(steps) for steps in (opened, clicked, converted, unsubscribed)), strict=True)
    return [
        {
            "day": first + timedelta(days=day),
            "sent": sent if day == 0 else 0,
            "delivered": sent - bounced if day == 0 else 0,
            "opened": opens,
            "clicked": clicks,
            "converted": buys,
            "unsubscribed": leaves,
            "bounced": bounced if day == 0 else 0,
        }
        for day, (opens, clicks, buys, leaves) in enumerate(rows)
    ]
