"""What every message of a campaign led to, contact by contact: exactly the figures of the campaign's daily metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
from numpy.random import Generator

from segment_engine.demo import columns
from segment_engine.demo.columns import Share, Whole
from segment_engine.demo.seasons import MICROSECONDS, microseconds
from segment_engine.imports.arrow import Array

KINDS = ("received", "bounced", "opened", "clicked", "converted", "unsubscribed")
DEVICES = ("phone", "computer", "tablet")
LINKS = ("product", "sale", "voucher", "store_finder")
_DEVICE_BELOW = (0.58, 0.93)
_LINK_BELOW = (0.5, 0.78, 0.94)
_MINUTE = 60 * MICROSECONDS
_FIRST_OPENED = timedelta(minutes=25)
_MORNING, _EVENING = timedelta(hours=6), timedelta(hours=22)

Metrics = Sequence[Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Sent:
    """A campaign that was sent. Shape: `audience` are contact numbers, `metrics` the rows of `daily_metrics`."""

    name: str
    channel: str
    sent_at: datetime
    audience: Whole
    metrics: Metrics


class _Found:
    """Interactions of one kind, of one campaign after the other."""

    def __init__(self) -> None:
        self.numbers: list[Whole] = []
        self.moments: list[Whole] = []
        self.campaigns: list[str] = []

    def add(self, campaign: str, numbers: Whole, moments: Whole) -> None:
        self.numbers.append(numbers)
        self.moments.append(moments)
        self.campaigns += [campaign] * len(numbers)


def interaction_columns(sent: Sequence[Sent], *, today: datetime, random: Generator) -> dict[str, dict[str, Array]]:
    """Lay out one file for each kind of interaction."""
    found = {kind: _Found() for kind in KINDS}
    last = microseconds(today) - 1
    for campaign in sent:
        for kind, numbers, moments in _of_campaign(campaign, today, random):
            found[kind].add(campaign.name, numbers, np.minimum(moments, last))
    return {kind: _columns(kind, each, random) for kind, each in found.items()}


def unsubscribed_columns(sent: Sequence[Sent], unsubscribed: Mapping[str, Array]) -> dict[str, Array]:
    """Lay out the file of consents taken back through the link in a message."""
    channels = {campaign.name: campaign.channel for campaign in sent}
    left = unsubscribed["campaign"].to_pylist()
    return {
        "customer_number": unsubscribed["customer_number"],
        "channel": columns.texts([channels[name] for name in left]),
        "state": columns.texts(["withdrawn"] * len(left)),
        "recorded_at": unsubscribed["happened_at"],
    }


def _of_campaign(campaign: Sent, today: datetime, random: Generator) -> list[tuple[str, Whole, Whole]]:
    bounced, received = _figure(campaign.metrics, "bounced"), _figure(campaign.metrics, "delivered")
    order: Whole = random.permutation(campaign.audience)
    start = microseconds(campaign.sent_at)
    delays = random.integers(1, 20, len(order)) * _MINUTE
    found = [
        ("bounced", order[:bounced], start + delays[:bounced]),
        ("received", order[bounced : bounced + received], start + delays[bounced : bounced + received]),
    ]
    openers: Whole = random.permutation(order[bounced : bounced + received])
    for row in campaign.metrics:
        opened, clicked, converted, left = (int(str(row[name])) for name in KINDS[2:])
        today_opened, openers = openers[:opened], openers[opened:]
        when = _times(row["day"], campaign.sent_at, today, opened, random)
        clicks = when[:clicked] + random.integers(5, 300, clicked) * MICROSECONDS
        buys = clicks[:converted] + random.integers(2, 50, converted) * _MINUTE
        found += [
            ("opened", today_opened, when),
            ("clicked", today_opened[:clicked], clicks),
            ("converted", today_opened[:converted], buys),
            ("unsubscribed", today_opened[opened - left :], when[opened - left :] + _MINUTE),
        ]
    return found


def _figure(metrics: Metrics, name: str) -> int:
    return sum(int(str(row[name])) for row in metrics)


def _times(day: object, sent_at: datetime, today: datetime, count: int, random: Generator) -> Whole:
    """Draw moments of one day, in waking hours, after the sending and before today's moment."""
    if not isinstance(day, date):
        raise TypeError(day)
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    first = max(midnight + _MORNING, sent_at + _FIRST_OPENED)
    last = min(midnight + _EVENING, today)
    if last <= first:  # so early in the day of loading that nobody is awake
        first, last = midnight, max(today, midnight)
    spread: Share = random.random(count) * (microseconds(last) - microseconds(first))
    return microseconds(first) + spread.astype(np.int64)


def _columns(kind: str, found: _Found, random: Generator) -> dict[str, Array]:
    numbers = np.concatenate([np.array([], dtype=np.int64), *found.numbers])
    moments = np.concatenate([np.array([], dtype=np.int64), *found.moments])
    more: dict[str, Array] = {}
    if kind == "opened":
        more["device"] = columns.words(DEVICES, _picked(_DEVICE_BELOW, len(numbers), random))
    elif kind == "clicked":
        more["link"] = columns.words(LINKS, _picked(_LINK_BELOW, len(numbers), random))
    elif kind == "converted":
        more["amount"] = columns.money(random.integers(600, 18_000, len(numbers)))
    return {
        "message_no": columns.texts([f"{kind}-{position + 1}" for position in range(len(numbers))]),
        "customer_number": columns.texts([f"{number:06d}" for number in columns.plain(numbers)]),
        "happened_at": columns.instants(moments),
        "campaign": columns.texts(found.campaigns),
        **more,
    }


def _picked(below: tuple[float, ...], count: int, random: Generator) -> Whole:
    return np.searchsorted(below, random.random(count), side="right").astype(np.int64)
