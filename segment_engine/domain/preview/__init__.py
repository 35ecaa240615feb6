"""How large criteria are: counted exactly, or estimated from a stable sample with its interval. It reads no data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from segment_engine.domain.segment import Member

# The 97.5 % point of the normal distribution: an interval with this z holds the truth 95 times of 100.
_Z = 1.959963984540054


class PreviewKind(StrEnum):
    """Whether every contact was looked at, or a sample of them."""

    EXACT = "exact"
    ESTIMATED = "estimated"


@dataclass(frozen=True, slots=True)
class Size:
    """A number of contacts with the interval it lies in.

    Units: contacts. An exact figure is its own interval; an estimate lies within low and high 95 times of 100.
    """

    count: int
    low: int
    high: int

    @classmethod
    def exact(cls, count: int) -> Size:
        """Make a figure that was counted."""
        return cls(count, count, count)

    def at_most(self, most: int, *, ties: bool = False) -> Size:
        """Bound the figure by a limit; with ties kept, those equal to the last one may come on top."""
        high = self.high if ties else min(self.high, most)
        return Size(min(self.count, most), min(self.low, most), high)


@dataclass(frozen=True, slots=True)
class Preview:
    """The size of criteria before saving.

    Shape: `low` and `high` equal `member_count` when it is exact. `sample_size` is how many contacts of the base an
        estimate looked at, None when all. `sample` holds up to 10 members, none for a person who may not see contacts.
        `note` says in a sentence what an estimate leaves out, or is empty.
    Units: contacts as of `as_of` (UTC); `base_count` is always exact; `seconds` the whole preview took.
    """

    member_count: int
    base_count: int
    as_of: datetime
    seconds: float
    kind: PreviewKind
    low: int
    high: int
    sample_size: int | None = None
    sample: tuple[Member, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class NodeCount:
    """The three counts of one node, and how many it lets through.

    Shape: `path` is the JSON path of the node. `true`, `false` and `unknown` add up to the base: holds by value, does
        not hold by value, value missing. `matched` are those for whom the node holds after `on_missing` has decided;
        `matched_low` and `matched_high` are its interval.
    Units: contacts.
    """

    path: str
    matched: int
    true: int
    false: int
    unknown: int
    matched_low: int
    matched_high: int


@dataclass(frozen=True, slots=True)
class FunnelStep:
    """How many contacts are left after a child of an `all` at the root and all children before it. Units: contacts."""

    path: str
    remaining: int
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class NodeCounts:
    """What every node of a tree does, in the order of the document.

    Shape: `funnel` is empty unless the root is an `all`. `member_count` is after the limit and members by hand.
        The rest as in `Preview`.
    """

    member_count: int
    base_count: int
    as_of: datetime
    seconds: float
    kind: PreviewKind
    nodes: tuple[NodeCount, ...]
    funnel: tuple[FunnelStep, ...]
    low: int
    high: int
    sample_size: int | None = None
    note: str = ""

    def of(self, path: str) -> NodeCount | None:
        """Find the counts of a node by its path."""
        return next((node for node in self.nodes if node.path == path), None)


def estimate(hits: int, looked_at: int, base: int) -> Size:
    """Scale what a sample holds to the whole base, with the Wilson interval of 95 %.

    Shape:  looking at everyone is exact. The interval never contradicts what was seen: those found are members, those
            looked at and not found are not. Nothing looked at says nothing: from none to all.
    Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference. Journal of the American
            Statistical Association 22 (1927), pages 209-212.
    """
    if looked_at >= base:
        return Size.exact(hits)
    if looked_at == 0:
        return Size(0, 0, base)
    share, z2 = hits / looked_at, _Z * _Z
    scale = 1 + z2 / looked_at
    middle = (share + z2 / (2 * looked_at)) / scale
    half = _Z / scale * math.sqrt(share * (1 - share) / looked_at + z2 / (4 * looked_at * looked_at))
    low = max(hits, math.floor((middle - half) * base))
    high = min(base - (looked_at - hits), math.ceil((middle + half) * base))
    return Size(min(max(round(share * base), low), high), low, high)


def apportion(parts: Sequence[int], base: int) -> tuple[int, ...]:
    """Scale parts so that they add up to the base exactly, by largest remainder; earlier parts win ties.

    Shape: parts of zero stay zero. Without anything in the parts, the first takes all.
    """
    total = sum(parts)
    if total == 0:
        return tuple(base if place == 0 else 0 for place in range(len(parts)))
    floors = [part * base // total for part in parts]
    by_remainder = sorted(range(len(parts)), key=lambda place: (-(parts[place] * base % total), place))
    for place in by_remainder[: base - sum(floors)]:
        floors[place] += 1
    return tuple(floors)
