"""The place of a contact in the order of a limit is where the limit itself cuts, whatever orders it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.analysed_documents import KINDS, TOTAL, document
from tests.integration.analysed_fixture import world
from tests.integration.analysed_worlds import AS_OF, World

__all__ = ["world"]  # the fixture

ORDERED = {"event": "order_placed"}
FIRST_ORDER = {"event_time": {**ORDERED, "which": "first"}}
AVERAGE = {"aggregate": {"from": ORDERED, "function": "avg", "of": "order_placed.total"}}


def field(key: str) -> dict[str, str]:
    """Name a field of contacts as a value to rank by."""
    return {"field": f"contact.{key}"}


# Values with many equals first, so that later keys and the contact's own decide; missing ones on both sides.
ORDERS: dict[str, list[tuple[Any, str]]] = {
    "a figure": [({"aggregate": TOTAL}, "desc")],
    "an average, then a text": [(AVERAGE, "asc"), (field("city"), "desc")],
    "yes or no": [(field("vip"), "desc")],
    "an ordered choice, then a time": [(field("size"), "desc"), (field("last_seen_at"), "asc")],
    "a choice, a number, a first time": [(field("plan"), "asc"), (field("age"), "desc"), (FIRST_ORDER, "asc")],
    "a date": [(field("birthday"), "asc")],
}


def keys_of(world: World, order: list[tuple[Any, str]], *, top_n: int, ties: str) -> set[str]:
    """Find the members under a limit, as a run would."""
    return set(world.engine.evaluation.keys(world.context, asked(order, top_n=top_n, ties=ties), as_of=AS_OF))


def asked(order: list[tuple[Any, str]], *, top_n: int, ties: str) -> dict[str, object]:
    """Write criteria with this order."""
    keys = [{"value": value, "direction": direction} for value, direction in order]
    return document(KINDS["number"], limit={"top_n": top_n, "ties": ties, "order_by": keys})


@pytest.mark.parametrize("name", ORDERS)
def test_a_place_is_where_the_limit_cuts(world: World, name: str) -> None:
    """A contact at place p is kept by the first p and not by the first p - 1; with ties kept, all its equals are."""
    order = ORDERS[name]
    matched = sorted(keys_of(world, order, top_n=1_000_000, ties="cut"))
    for key in matched[:: max(1, len(matched) // 12)]:
        told = world.engine.analysis.explain(
            world.context, key, document=asked(order, top_n=40, ties="cut"), as_of=AS_OF
        )
        assert told.standing is not None
        place = told.standing.rank
        assert place is not None
        assert told.standing.ranked == len(matched)
        assert told.member is told.standing.inside is (place <= 40)
        assert key in keys_of(world, order, top_n=place, ties="cut")
        assert place == 1 or key not in keys_of(world, order, top_n=place - 1, ties="cut")
        for top_n in (max(1, place - 1), max(1, place - 30)):
            kept = world.engine.analysis.explain(
                world.context, key, document=asked(order, top_n=top_n, ties="keep"), as_of=AS_OF
            )
            assert kept.member is (key in keys_of(world, order, top_n=top_n, ties="keep"))
