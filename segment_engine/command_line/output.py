"""Prints results: aligned text for people, one JSON document for scripts."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from uuid import UUID

Cell = object


class Output:
    """Where a command writes. `as_json` decides the form of everything."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json

    def table(self, rows: Sequence[Mapping[str, Cell]]) -> None:
        """Print rows of the same keys; in JSON a list of objects."""
        if self.as_json:
            self.document(list(rows))
            return
        if not rows:
            self.line("nothing")
            return
        heads = list(rows[0])
        texts = [[_text(row[head]) for head in heads] for row in rows]
        widths = [max(len(head), *(len(line[place]) for line in texts)) for place, head in enumerate(heads)]
        for line in [heads, *texts]:
            self.line("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())

    def record(self, values: Mapping[str, Cell]) -> None:
        """Print one thing: a line a value, or one JSON object."""
        if self.as_json:
            self.document(dict(values))
            return
        width = max((len(key) for key in values), default=0)
        for key, value in values.items():
            self.line(f"{key.ljust(width)}  {_text(value)}")

    def document(self, value: object) -> None:
        """Print JSON."""
        self.line(json.dumps(value, default=_plain, ensure_ascii=False))

    def line(self, text: str) -> None:
        """Print a line as it is."""
        sys.stdout.write(text + "\n")


def _text(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, list | tuple):
        return ", ".join(map(_text, value)) or "–"  # pyright: ignore[reportUnknownArgumentType] - any cell
    return str(_plain(value)) if isinstance(value, Enum) else str(value)


def _plain(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, UUID | Decimal):
        return str(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
