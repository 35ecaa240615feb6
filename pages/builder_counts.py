"""Asks how many: times something happened, or values a set has."""

from __future__ import annotations

from typing import Any

from pages.builder_spot import Spot, word
from pages.builder_tree import fields_of
from segment_engine import COUNT_OPERATORS

COUNT_PHRASES = {key: phrase.replace("from … to …", "from") for key, (_, phrase) in COUNT_OPERATORS.items()}
MOST_TIMES = 1_000_000


def ask_count(spot: Spot, count: object, *, unit: str) -> dict[str, Any]:
    """Ask how many: a comparison with one number, or with two."""
    held = fields_of(count)
    op = spot.choice("count operator", COUNT_PHRASES, str(held.get("op", "gte")), width=112)
    if op not in {"between", "not_between"}:
        n = spot.whole("count", held.get("n"), lowest=0, highest=MOST_TIMES, width=72)
        word(unit)
        return {"op": op, "n": n}
    start = spot.whole("count from", held.get("from"), lowest=0, highest=MOST_TIMES)
    word("to")
    end = spot.whole("count to", held.get("to"), lowest=0, highest=MOST_TIMES)
    word(unit)
    return {"op": op, "from": start, "to": end}
