"""The warehouse's own view of the last orders: each order with its lines, for as long as the warehouse keeps them."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from segment_engine.demo import columns
from segment_engine.demo.activity import Events
from segment_engine.demo.columns import Whole
from segment_engine.demo.people import Population
from segment_engine.demo.seasons import DAY
from segment_engine.imports.arrow import Array

KEPT_DAYS = 90
STATUSES = ("packed", "shipped", "delivered", "returned")
CATEGORIES = ("garden", "kitchen", "sport", "travel", "books", "toys", "gift_wrap")
_STATUS_BELOW = (0.02, 0.06, 0.93)
_CATEGORY_BELOW = (0.2, 0.42, 0.56, 0.7, 0.85, 0.94)
_LINES_BELOW = (0.45, 0.75, 0.92)
_STOCK = 400


def order_columns(
    orders: Events, people: Population, *, today: int, random: Generator
) -> tuple[dict[str, Array], dict[str, Array]]:
    """Lay out the file of orders and the file of their lines, whose amounts add up to the order's.

    Units: `today` microseconds since 1970.
    """
    kept = np.flatnonzero(orders.moments >= today - KEPT_DAYS * DAY)
    numbers = [f"A{place + 1:06d}" for place in columns.plain(kept)]
    status = np.searchsorted(_STATUS_BELOW, random.random(len(kept)), side="right").astype(np.int64)
    found = {
        "order_no": columns.texts(numbers),
        "customer_number": columns.words(people.keys, orders.contacts[kept]),
        "ordered_at": columns.instants(orders.moments[kept]),
        "status": columns.words(STATUSES, status),
        "total": columns.money(orders.amounts[kept]),
    }
    return found, _lines(numbers, orders.moments[kept], orders.amounts[kept], random)


def _lines(numbers: list[str], moments: Whole, amounts: Whole, random: Generator) -> dict[str, Array]:
    counts = np.searchsorted(_LINES_BELOW, random.random(len(numbers)), side="right").astype(np.int64) + 1
    order = np.repeat(np.arange(len(numbers), dtype=np.int64), counts)
    line = np.arange(len(order), dtype=np.int64) - np.repeat(np.cumsum(counts) - counts, counts)
    share = (amounts // counts)[order]
    # What does not divide evenly stands on the first line.
    amount = np.where(line == 0, share + (amounts % counts)[order], share)
    category = np.searchsorted(_CATEGORY_BELOW, random.random(len(order)), side="right").astype(np.int64)
    stock = random.integers(1, _STOCK, len(order))
    return {
        "line_no": columns.texts(
            [
                f"{numbers[place]}-{position + 1}"
                for place, position in zip(columns.plain(order), columns.plain(line), strict=True)
            ]
        ),
        "order_no": columns.words(numbers, order),
        "ordered_at": columns.instants(moments[order]),
        "category": columns.words(CATEGORIES, category),
        "sku": columns.texts([f"SKU-{number:03d}" for number in columns.plain(stock)]),
        "amount": columns.money(amount),
    }
