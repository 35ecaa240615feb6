"""Reads how often something must have happened, or how many values a set must have."""

from __future__ import annotations

from segment_engine.domain.criteria import Count
from segment_engine.domain.limits import COUNT
from segment_engine.domain.operators import COUNT_OPERATORS
from segment_engine.domain.places import Place


def read_count(place: Place) -> Count | None:
    """Read `{"op": "gte", "n": 2}`, or `{"op": "between", "from": 1, "to": 3}` with both ends included.

    Source: docs/criteria.md §4.2.
    """
    ranged = place.peek("op") in ("between", "not_between")
    keys = place.keys(("op", "from", "to") if ranged else ("op", "n"))
    op = keys["op"].word(COUNT_OPERATORS, code="unknown_operator")
    n = keys["from" if ranged else "n"].whole(0, COUNT)
    to = keys["to"].whole(0, COUNT) if ranged else None
    if n is not None and to is not None and n > to:
        place.refuse("range_order", f"From {n} to {to} runs backwards. Exchange the two numbers.")
    return None if op is None or n is None else Count(op, n, to)
