"""Turns generated figures into the columns of a file that a shop system could have written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from segment_engine.imports.arrow import Array, pa, parquet

Whole: TypeAlias = NDArray[np.int64]
Share: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]

_MONEY = pa.decimal128(18, 2)
_INSTANT = pa.timestamp("us", tz="UTC")


def whole(values: Whole, known: Flags | None = None) -> Array:
    """Whole numbers; where `known` is false the value is missing."""
    return pa.array(values, mask=_missing(known))


def flags(values: Flags, known: Flags | None = None) -> Array:
    """Yes or no."""
    return pa.array(values, mask=_missing(known))


def instants(microseconds: Whole, known: Flags | None = None) -> Array:
    """Moments. Units: microseconds since 1970 in UTC."""
    return pa.array(microseconds, mask=_missing(known)).cast(_INSTANT)


def dates(days: Whole, known: Flags | None = None) -> Array:
    """Dates. Units: days since 1970."""
    return pa.array(days.astype(np.int32), mask=_missing(known)).cast(pa.date32())


def money(cents: Whole, known: Flags | None = None) -> Array:
    """Amounts with two decimals, written straight into the 128-bit form of the file."""
    words = np.empty((len(cents), 2), dtype="<i8")
    words[:, 0] = cents
    words[:, 1] = cents >> 63
    present = None if known is None else pa.py_buffer(np.packbits(known, bitorder="little").tobytes())
    return pa.Array.from_buffers(_MONEY, len(cents), [present, pa.py_buffer(words.tobytes())])


def words(choices: Sequence[str], picked: Whole, known: Flags | None = None) -> Array:
    """Texts out of a list, by their position in it."""
    places = pa.array(picked.astype(np.int32), mask=_missing(known))
    return pa.DictionaryArray.from_arrays(places, pa.array(choices, pa.string()))


def sets(choices: Sequence[str], picked: Flags, known: Flags | None = None) -> Array:
    """Lists of texts, one a row. Shape: `picked` has a row for each contact and a column for each choice."""
    places = pa.array(np.nonzero(picked)[1].astype(np.int32))
    offsets = np.concatenate(([0], np.cumsum(picked.sum(axis=1)))).astype(np.int32)
    elements = pa.array(choices, pa.string()).take(places)
    return pa.ListArray.from_arrays(pa.array(offsets), elements, mask=_mask(known))


def texts(values: Sequence[str], known: Flags | None = None) -> Array:
    """Texts, one a row."""
    return pa.array(np.asarray(values, dtype=object), pa.string(), mask=_missing(known))


def plain(numbers: Whole) -> list[int]:
    """Numbers as Python counts them."""
    return numbers.tolist()


def write(path: Path, columns: Mapping[str, Array]) -> Path:
    """Write a Parquet file and return its path."""
    parquet.write_table(pa.table(dict(columns)), path, compression="NONE")
    return path


def write_earlier(path: Path, earlier: Path, *, share: float, name: str, choices: Sequence[str]) -> Path:
    """Write the first rows of a file as they were delivered before, with one column that has gone since."""
    table = parquet.read_table(path)  # pyright: ignore[reportUnknownMemberType] - pyarrow has no types for it
    kept = table.slice(0, round(table.num_rows * share))
    turns = np.arange(int(kept.num_rows), dtype=np.int64) % len(choices)
    parquet.write_table(kept.append_column(name, pa.array(choices).take(pa.array(turns))), earlier, compression="NONE")
    return earlier


def _mask(known: Flags | None) -> Array:
    return None if known is None else pa.array(~known)


def _missing(known: Flags | None) -> Flags | None:
    return None if known is None else ~known
