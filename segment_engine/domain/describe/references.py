"""Says what criteria refer to: other segments and static lists, by name; what is gone or not in order is said so."""

from __future__ import annotations

from collections.abc import Sequence

from segment_engine.domain.catalog import Catalog
from segment_engine.domain.criteria import ListMembership, SegmentMembership, Unit
from segment_engine.domain.describe.times import length_text

_SHOWN = 5


def names_text(names: Sequence[str]) -> str:
    """Write names one after the other; five, then how many more."""
    shown = ", ".join(names[:_SHOWN])
    return shown if len(names) <= _SHOWN else f"{shown} and {len(names) - _SHOWN:,} more"


def segment_text(condition: SegmentMembership, catalog: Catalog) -> str:
    """Write membership of other segments, and which members are meant."""
    names = [segment_name(segment_id, catalog) for segment_id in condition.segments]
    if condition.members == "live":
        when = "calculated together with this one"
    elif condition.max_age_hours is None:
        when = "as of the last run"
    else:
        when = f"as of the last run, at most {length_text(condition.max_age_hours, Unit.HOUR)} old"
    return f"{_membership(condition.op, 'segment', names)} ({when})"


def segment_name(segment_id: str, catalog: Catalog) -> str:
    """Write the name of a segment between quotes, and what is wrong with it."""
    segment = catalog.segments.get(segment_id)
    if segment is None:
        return f"(unknown segment {segment_id})"
    if segment.state != "active":
        return f"“{segment.name}” ({segment.state})"
    return f"“{segment.name}”" if segment.run_id else f"“{segment.name}” (never calculated)"


def list_text(condition: ListMembership, catalog: Catalog) -> str:
    """Write membership of static lists."""
    lists = [catalog.lists.get(list_id) for list_id in condition.lists]
    names = [
        f"“{found.name}”" if found else f"(unknown list {list_id})"
        for found, list_id in zip(lists, condition.lists, strict=True)
    ]
    return _membership(condition.op, "list", names)


def campaign_names(campaign_ids: Sequence[str], catalog: Catalog) -> list[str]:
    """Write the names of campaigns between quotes."""
    found = [catalog.campaigns.get(campaign_id) for campaign_id in campaign_ids]
    return [
        f"“{campaign.name}”" if campaign else f"(unknown campaign {campaign_id})"
        for campaign, campaign_id in zip(found, campaign_ids, strict=True)
    ]


def _membership(op: str, noun: str, names: Sequence[str]) -> str:
    if len(names) == 1:
        return f"they are {'not ' if op.startswith('not_') else ''}in the {noun} {names[0]}"
    quantity = {
        "in_any": "in any of", "not_in_any": "in none of", "in_all": "in all of", "not_in_all": "not in all of",
    }[op]  # fmt: skip
    return f"they are {quantity} the {noun}s {names_text(names)}"
