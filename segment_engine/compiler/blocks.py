"""Members as blocks of 4,096 bits: what a run stores."""

from __future__ import annotations

import numpy as np

BLOCK_BITS = 12
_SIZE = 1 << BLOCK_BITS


def pack_block(payload: bytes) -> bytes:
    """Pack the members of one block, as a row of `Compiled.blocks()` holds them, into its bits.

    Shape: 512 bytes; bit i is the contact numbered (block << 12) + i, bit 0 the highest bit of the first byte, as
        get_bit counts in bit(4096). The payload is the members' places in the block, two bytes each, highest first.
    """
    bits = np.zeros(_SIZE, dtype=np.uint8)
    bits[np.frombuffer(payload, dtype=">u2")] = 1
    return np.packbits(bits).tobytes()
