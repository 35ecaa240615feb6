"""Sets of contacts as blocks of 4,096 bits: what checks and causes are worked out on. Whole numbers, no numpy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

BLOCK_BITS = 12
SIZE = 1 << BLOCK_BITS
BYTES = SIZE // 8


@dataclass(frozen=True, slots=True)
class ContactSet:
    """A set of contacts.

    Shape: `blocks` maps a block number to its bits, the highest one first: contact n is bit n % 4096 of block n / 4096,
        as in bit(4096). Blocks without a contact are left out.
    """

    blocks: Mapping[int, int] = field(default_factory=dict[int, int])

    @classmethod
    def of_bytes(cls, blocks: Mapping[int, bytes]) -> ContactSet:
        """Read blocks of 512 bytes each."""
        return cls._of((block, int.from_bytes(bits)) for block, bits in blocks.items())

    @classmethod
    def of_numbers(cls, numbers: Iterable[int]) -> ContactSet:
        """Collect contacts by their numbers."""
        blocks: dict[int, int] = {}
        for number in numbers:
            block = number >> BLOCK_BITS
            blocks[block] = blocks.get(block, 0) | 1 << (SIZE - 1 - number % SIZE)
        return cls(blocks)

    @classmethod
    def _of(cls, found: Iterable[tuple[int, int]]) -> ContactSet:
        return cls({block: bits for block, bits in found if bits})

    def __len__(self) -> int:
        return sum(bits.bit_count() for bits in self.blocks.values())

    def __contains__(self, number: int) -> bool:
        return bool(self.blocks.get(number >> BLOCK_BITS, 0) >> (SIZE - 1 - number % SIZE) & 1)

    def __and__(self, other: ContactSet) -> ContactSet:
        return self._of((block, bits & other.blocks.get(block, 0)) for block, bits in self.blocks.items())

    def __sub__(self, other: ContactSet) -> ContactSet:
        return self._of((block, bits & ~other.blocks.get(block, 0)) for block, bits in self.blocks.items())

    def __or__(self, other: ContactSet) -> ContactSet:
        every = self.blocks.keys() | other.blocks.keys()
        return self._of((block, self.blocks.get(block, 0) | other.blocks.get(block, 0)) for block in every)

    def __xor__(self, other: ContactSet) -> ContactSet:
        every = self.blocks.keys() | other.blocks.keys()
        return self._of((block, self.blocks.get(block, 0) ^ other.blocks.get(block, 0)) for block in every)

    def numbers(self) -> Iterator[int]:
        """List the numbers of the contacts, ascending."""
        for block in sorted(self.blocks):
            bits = self.blocks[block]
            while bits:
                place = SIZE - bits.bit_length()
                yield (block << BLOCK_BITS) + place
                bits ^= 1 << (SIZE - 1 - place)

    def absent(self, last: int) -> Iterator[int]:
        """List the numbers that are not in it, ascending, to the end of the block of this one."""
        for block in range((last >> BLOCK_BITS) + 1):
            yield from ContactSet({block: (1 << SIZE) - 1 & ~self.blocks.get(block, 0)}).numbers()

    def as_bytes(self) -> dict[int, bytes]:
        """Write blocks of 512 bytes each."""
        return {block: bits.to_bytes(BYTES) for block, bits in self.blocks.items()}
