"""Sets of contacts as bits in blocks, as runs store members: counted, compared and listed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

_BLOCK_BITS = 12
_BYTES = 512


@dataclass(frozen=True, eq=False)
class MemberSet:
    """Members as bits in blocks, as runs store them (512 bytes for 4,096 numbers, bit 0 the highest of byte 0)."""

    blocks: Mapping[int, bytes]

    @property
    def count(self) -> int:
        """How many there are."""
        return sum(int(np.unpackbits(_bits(bits)).sum()) for bits in self.blocks.values())

    def without(self, other: MemberSet) -> MemberSet:
        """Leave out the members of another set."""
        return MemberSet({block: _bytes(_bits(mine) & ~other.of(block)) for block, mine in self.blocks.items()})

    def also_in(self, other: MemberSet) -> MemberSet:
        """Keep the members of both sets."""
        return MemberSet({block: _bytes(_bits(mine) & other.of(block)) for block, mine in self.blocks.items()})

    def of(self, block: int) -> NDArray[np.uint8]:
        """Give the members of one block as bytes; none where it is not there."""
        return _bits(self.blocks.get(block, bytes(_BYTES)))

    def first(self, most: int) -> list[int]:
        """Give the smallest numbers."""
        return list(islice(self._numbers(), most))

    def _numbers(self) -> Iterator[int]:
        for block in sorted(self.blocks):
            for place in np.flatnonzero(np.unpackbits(_bits(self.blocks[block]))):
                yield (block << _BLOCK_BITS) + int(place)


def _bits(members: bytes) -> NDArray[np.uint8]:
    return np.frombuffer(members, dtype=np.uint8)


def _bytes(bits: NDArray[np.uint8]) -> bytes:
    return bits.tobytes()
