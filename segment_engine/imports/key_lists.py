"""The keys of contacts in a file: what a static list is made of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from segment_engine.errors import InputError
from segment_engine.imports.read import open_file


def read_key_list(path: Path, *, column: str | None = None, delimiter: str | None = None) -> Iterator[str | None]:
    """Yield one key a row, exactly as in the file; None for a row without one, or that is torn.

    Shape: `column` is the one that holds the keys, the first where it is not named.
    Raises: InputError when the file cannot be read, or has no such column.
    """
    file = open_file(path, delimiter=delimiter)
    names = [each.name for each in file.columns]
    chosen = names[0] if column is None else column
    if chosen not in names:
        known = ", ".join(names)
        raise InputError(f"{path.name} has no column “{chosen}”. Choose one of {known} with --key.")
    for batch in file.batches([chosen]):
        yield from map(_key, batch.rows.column(chosen).to_pylist())
    yield from (None for _ in file.torn_rows)


def _key(value: object) -> str | None:
    """Write a key as text; a column of whole numbers with gaps is often stored as floats."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else str(value)
    return None if value is None else str(value)
