"""What contacts did in the last 365 days: orders, carts, page views, opened mails and tickets, as five files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from segment_engine.demo import columns
from segment_engine.demo.columns import Share, Whole
from segment_engine.demo.people import Population, chance
from segment_engine.demo.seasons import Year
from segment_engine.imports.arrow import Array

CHANNELS = ("web", "app", "store")
SECTIONS = ("home", "new_arrivals", "product", "sale", "checkout", "help")
MAILINGS = ("newsletter", "offer", "service", "welcome")
TOPICS = ("delivery", "return", "refund", "product", "account")
_MOST_ITEMS = 12


@dataclass(frozen=True, slots=True)
class Events:
    """Events of one type in the order of their time.

    Shape: `contacts` are positions in the population; `amounts` are cents, or empty where the type has none.
    Units: `moments` microseconds since 1970 in UTC.
    """

    contacts: Whole
    moments: Whole
    amounts: Whole
    properties: dict[str, Array]


@dataclass(frozen=True, slots=True)
class Kind:
    """An event type of the demo: how many in a year, which source delivers it, and until when.

    Shape: `evenness` 1 follows liveliness, 0 would make all contacts alike. `days_late` is how old the newest file is.
    """

    key: str
    source: str
    count: int
    describe: Callable[[int, Generator], tuple[Whole, dict[str, Array]]]
    evenness: float = 1.0
    days_late: int = 0


def draw(kind: Kind, people: Population, year: Year, random: Generator, *, count: int, until: int) -> Events:
    """Draw who does it and when, between joining and falling silent, in the rhythm of the year.

    Units: `until` microseconds since 1970; nothing happens at or after it.
    """
    ends = np.minimum(people.ends, float(year.share_before(np.array([until]))[0]))
    spans = np.maximum(ends - people.begins, 0.0)
    weights: Share = np.cumsum(people.liveliness**kind.evenness * spans)
    drawn: Share = random.random(count) * weights[-1]
    contacts = np.searchsorted(weights, drawn, side="right").astype(np.int64)
    shares = people.begins[contacts] + spans[contacts] * random.random(count)
    # Rounding may reach the very end; nothing may happen at the end itself.
    moments = np.minimum(year.moments(shares), until - 1)
    order = np.argsort(moments, kind="stable")
    amounts, properties = kind.describe(count, random)
    return Events(contacts[order], moments[order], amounts, properties)


def event_columns(events: Events, people: Population) -> dict[str, Array]:
    """Lay out the file of one event type."""
    return {
        "event_id": columns.whole(np.arange(1, len(events.contacts) + 1, dtype=np.int64)),
        "customer_number": columns.words(people.keys, events.contacts),
        "happened_at": columns.instants(events.moments),
        **events.properties,
    }


def per_contact(events: Events, people: Population, weights: Whole | None = None) -> Whole:
    """Count or add up by contact."""
    sums: Share | Whole = np.bincount(events.contacts, weights=weights, minlength=len(people.keys))
    return sums.astype(np.int64)


def _basket(count: int, random: Generator) -> tuple[Whole, Whole]:
    items = np.minimum(random.geometric(0.45, count), _MOST_ITEMS).astype(np.int64)
    cents = np.round(random.lognormal(3.25, 0.55, count) * items * 20) * 5 - 5
    return np.maximum(cents.astype(np.int64), 295), items


def _order(count: int, random: Generator) -> tuple[Whole, dict[str, Array]]:
    cents, items = _basket(count, random)
    return cents, {
        "total": columns.money(cents),
        "item_count": columns.whole(items),
        "channel": columns.words(CHANNELS, _picked((0.55, 0.33, 0.12), count, random), chance(0.97, count, random)),
        "voucher_used": columns.flags(chance(0.22, count, random)),
    }


def _cart(count: int, random: Generator) -> tuple[Whole, dict[str, Array]]:
    cents, items = _basket(count, random)
    return cents, {
        "value": columns.money(cents),
        "item_count": columns.whole(items),
        "channel": columns.words(CHANNELS[:2], _picked((0.6, 0.4), count, random)),
    }


def _page(count: int, random: Generator) -> tuple[Whole, dict[str, Array]]:
    section = _picked((0.22, 0.16, 0.36, 0.14, 0.07, 0.05), count, random)
    seconds = np.minimum(random.exponential(38.0, count), 1_800).astype(np.int64)
    return _NO_AMOUNTS, {
        "section": columns.words(SECTIONS, section),
        "seconds": columns.whole(seconds, chance(0.88, count, random)),
    }


def _mail(count: int, random: Generator) -> tuple[Whole, dict[str, Array]]:
    return _NO_AMOUNTS, {"mailing": columns.words(MAILINGS, _picked((0.58, 0.27, 0.11, 0.04), count, random))}


def _ticket(count: int, random: Generator) -> tuple[Whole, dict[str, Array]]:
    return _NO_AMOUNTS, {
        "topic": columns.words(TOPICS, _picked((0.34, 0.22, 0.16, 0.18, 0.10), count, random)),
        "satisfaction": columns.whole(random.integers(1, 6, count), chance(0.70, count, random)),
    }


_NO_AMOUNTS = np.array([], dtype=np.int64)


def _picked(shares: tuple[float, ...], count: int, random: Generator) -> Whole:
    return np.searchsorted(np.cumsum(shares[:-1]), random.random(count), side="right").astype(np.int64)


ORDERS = Kind("order_placed", "Shop", 64_000, _order)
PAGES = Kind("page_viewed", "Web tracking", 264_000, _page)
KINDS = (
    ORDERS,
    Kind("cart_filled", "Shop", 26_000, _cart),
    PAGES,
    Kind("email_opened", "CRM", 134_000, _mail, evenness=0.6),
    # The support desk stopped delivering: this is the stale source.
    Kind("support_ticket", "Support desk", 12_000, _ticket, evenness=0.5, days_late=9),
)
