"""The sample that estimates look at: always the same contacts, spread like chance over all of them."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

SAMPLE_SIZE = 20_000


@lru_cache(maxsize=16)
def sampled_numbers(last: int, most: int = SAMPLE_SIZE) -> tuple[int, ...]:
    """Choose contacts by their numbers, out of 1 to `last`: those whose numbers have the smallest hashes.

    Shape:  in ascending order. The same contacts every time; a smaller sample is part of a larger one; a contact that
            is added changes the sample by one at most.
    Source: the finalizer of MurmurHash3 (A. Appleby, fmix32): every bit of a number moves every bit of its hash, and
            no two numbers share one. Numbers that follow a pattern, such as every tenth, are not favoured.
    """
    numbers = np.arange(1, last + 1, dtype=np.uint32)
    if last <= most:
        return tuple(numbers.tolist())
    hashes = numbers.copy()
    hashes ^= hashes >> np.uint32(16)
    hashes *= np.uint32(0x85EBCA6B)
    hashes ^= hashes >> np.uint32(13)
    hashes *= np.uint32(0xC2B2AE35)
    hashes ^= hashes >> np.uint32(16)
    return tuple(sorted(numbers[np.argpartition(hashes, most)[:most]].tolist()))
