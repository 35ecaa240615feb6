"""Who keeps a segment from being deactivated or deleted, judged for all that are chosen together."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from segment_engine.domain.segment import SegmentState


@dataclass(frozen=True, slots=True)
class Naming:
    """A segment whose current criteria name something by id: other segments, static lists or campaigns."""

    segment_id: UUID
    name: str
    state: SegmentState
    named: frozenset[UUID]


def kept_by(
    wanted: Collection[UUID], users: Sequence[Naming], others: Mapping[UUID, Sequence[str]]
) -> dict[UUID, tuple[str, ...]]:
    """Tell which of the chosen segments must stay, and who uses them.

    Shape: `others` names users that are no segments. An active segment counts as a user unless it is chosen as well
        and need not stay itself; segments in other states never do.
    """
    kept: dict[UUID, tuple[str, ...]] = {}
    while True:
        staying = [user for user in users if user.segment_id not in wanted or user.segment_id in kept]
        found = {each: (*_segments(each, staying), *others.get(each, ())) for each in wanted if each not in kept}
        more = {each: names for each, names in found.items() if names}
        if not more:
            return kept
        kept |= more


def _segments(segment_id: UUID, users: Sequence[Naming]) -> tuple[str, ...]:
    return tuple(
        f"segment “{user.name}”" for user in users if user.state is SegmentState.ACTIVE and segment_id in user.named
    )


def left_behind(segment_id: UUID, users: Sequence[Naming], gone: Collection[UUID]) -> tuple[str, ...]:
    """Name the segments that refer to one without keeping it, because they are not active themselves."""
    return tuple(
        f"“{user.name}”"
        for user in users
        if user.state is not SegmentState.ACTIVE and segment_id in user.named and user.segment_id not in gone
    )
