"""What can be chosen by name while criteria are built: read once a visit, when a control first needs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pages.words import counted, number
from segment_engine import Engine, OrganizationContext, SegmentOffer, ValueOffer
from segment_engine.errors import SegmentEngineError

Answer = TypeVar("Answer")
Names = Mapping[str, str]


@dataclass(frozen=True)
class Choices:
    """The names of everything criteria can refer to, and the values that occur where they are few.

    Shape: `segments`, `lists` and `campaigns` by id. `values` gives the values of a field with how often each occurs,
        or None where there are too many to choose from.
    """

    segments: Callable[[], Names] = field(default=dict)
    lists: Callable[[], Names] = field(default=dict)
    campaigns: Callable[[], Names] = field(default=dict)
    topics: Callable[[str], Names] = field(default=lambda _: {})
    values: Callable[[str], Names | None] = field(default=lambda _: None)


def choices_of(engine: Engine, context: OrganizationContext, held: dict[str, Any]) -> Choices:
    """Ask the engine, and remember its answers in `held`: a name does not change between two clicks.

    What a person may not see is not offered; it can still be typed.
    """
    offers = engine.offers

    def once(what: str, ask: Callable[[], Answer], otherwise: Answer) -> Answer:
        key = f"{context.organization_id}:{what}"
        if key not in held:
            held[key] = otherwise
            with suppress(SegmentEngineError):
                held[key] = ask()
        return held[key]

    return Choices(
        segments=lambda: once(
            "segments", lambda: {each.segment_id: _segment(each) for each in offers.segments(context)}, {}
        ),
        lists=lambda: once(
            "lists", lambda: {each.list_id: _named(each.name, each.member_count) for each in offers.lists(context)}, {}
        ),
        campaigns=lambda: once(
            "campaigns", lambda: {each.campaign_id: each.name for each in offers.campaigns(context)}, {}
        ),
        topics=lambda channel: once(
            f"topics:{channel}",
            lambda: {
                each.topic: f"{each.topic} · {counted(each.records, 'record', 'records')}"
                for each in offers.topics(context)
                if each.channel == channel
            },
            {},
        ),
        values=lambda key: once(f"values:{key}", lambda: _values(offers.values(context, key)), None),
    )


def _segment(offer: SegmentOffer) -> str:
    name = _named(offer.name, offer.member_count)
    return name if offer.state == "active" else f"{name} · {offer.state}"


def _named(name: str, members: int | None) -> str:
    return f"{name} · {number(members)}"


def _values(offered: tuple[ValueOffer, ...] | None) -> Names | None:
    return None if offered is None else {str(each.value): f"{each.value} · {number(each.count)}" for each in offered}
