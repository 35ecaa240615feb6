"""Writes criteria documents in few words, so that the demo's segments read like their sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias
from uuid import UUID

Node: TypeAlias = dict[str, object]
TIME_ZONE = "Europe/Amsterdam"


def document(kind: str, *children: Node) -> Node:
    """Lay out a whole document around one group."""
    return {
        "format": "segment-criteria",
        "version": 1,
        "base": "contacts",
        "calendar": {"time_zone": TIME_ZONE},
        "root": group(kind, *children),
    }


def group(kind: str, *children: Node, k: int | None = None) -> Node:
    """Combine conditions: all, any, none, or at_least with `k`."""
    combined: Node = {"group": kind, "of": list(children)}
    return combined if k is None else combined | {"k": k}


def attribute(field: str, op: str, value: object = None, **more: object) -> Node:
    """Ask for a value of the contact."""
    return _tested({"kind": "attribute", "field": f"contact.{field}"}, op, value, more)


def event_property(field: str, op: str, value: object = None, **more: object) -> Node:
    """Ask for a value of an event, inside `where`."""
    return _tested({"kind": "property", "field": field}, op, value, more)


def did(event: str, *, window: Node, where: Node | None = None, count: Node | None = None) -> Node:
    """Ask for events, once or as often as `count` says."""
    found: Node = {"kind": "event", "event": event, "verb": "did", **_rows(window, where)}
    return found if count is None else found | {"count": count}


def did_not(event: str, *, window: Node, where: Node | None = None) -> Node:
    """Ask for no event at all."""
    return {"kind": "event", "event": event, "verb": "did_not", **_rows(window, where)}


def figure(
    function: str, of: str, op: str, value: object, *, window: Node, where: Node | None = None, **more: object
) -> Node:
    """Ask for a sum, an average or a count of different values of an event's property."""
    event = more.pop("event", of.partition(".")[0])
    asked: Node = {"kind": "aggregate", "from": {"event": event}, "function": function, "of": of}
    return _tested(asked | _rows(window, where), op, value, more)


def happened(which: str, event: str, op: str, value: object) -> Node:
    """Ask when an event happened first or last."""
    return {"kind": "event_time", "event": event, "which": which, "op": op, "value": value}


def from_campaign(
    interaction: str, verb: str, *, window: Node, campaigns: Sequence[UUID] = (), count: Node | None = None
) -> Node:
    """Ask what messages of these campaigns, or of any, led to."""
    asked: Node = {"kind": "campaign", "verb": verb, "interaction": interaction, "window": window}
    if campaigns:
        asked["campaigns"] = [str(campaign) for campaign in campaigns]
    return asked if count is None else asked | {"count": count}


def consent(channel: str, *states: str, topic: str | None = None) -> Node:
    """Ask what the contact decided about a channel."""
    return {"kind": "consent", "channel": channel, "op": "state_is", "states": list(states), "topic": topic}


def in_segments(op: str, *segments: UUID) -> Node:
    """Ask for members of other segments."""
    return {"kind": "segment", "op": op, "segments": [str(segment) for segment in segments]}


def in_lists(op: str, *lists: UUID) -> Node:
    """Ask for contacts of static lists."""
    return {"kind": "static_list", "op": op, "lists": [str(each) for each in lists]}


def in_last(n: int, unit: str = "day") -> Node:
    """Look at the time just before the calculation."""
    return {"in_last": span(n, unit)}


def span(n: int, unit: str = "day") -> Node:
    """Count a length of time."""
    return {"n": n, "unit": unit}


def at_least(n: int) -> Node:
    """Count events: n of them or more."""
    return {"op": "gte", "n": n}


def _rows(window: Node, where: Node | None) -> Node:
    return {"window": window} if where is None else {"window": window, "where": where}


def _tested(asked: Node, op: str, value: object, more: dict[str, object]) -> Node:
    return asked | {"op": op} | ({} if value is None else {"value": value}) | more
