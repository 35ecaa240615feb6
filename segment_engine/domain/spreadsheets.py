"""Texts in files that a spreadsheet may open: no cell is read as a formula, and every cell is read back as it was."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

# What makes a spreadsheet read a cell as a formula, in every width. Some skip a line end, tab or NUL before it; some
# skip blanks and signs that nobody sees.
_FORMULA = re.compile(
    r"[\s\0\u00ad\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]*"
    r"[=+\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b]|[\t\r\n\0]"
)
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


def safe_cell(text: str) -> str:
    """Keep a spreadsheet from reading a text as a formula: an apostrophe in front of what begins like one.

    Shape: plain numbers stay as they are, with their sign.
    """
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def csv_line(cells: Iterable[str | None]) -> str:
    """Write one line of CSV with its line end; None is an empty cell without quotes.

    Source: RFC 4180: lines end in CR LF, quotes are doubled.
    """
    quoted = ("" if cell is None else '"' + safe_cell(cell).replace('"', '""') + '"' for cell in cells)
    return ",".join(quoted) + "\r\n"


def csv_text(head: Sequence[str], rows: Iterable[Iterable[str | None]]) -> str:
    """Write a small table as CSV; what may be large is written in pieces, line by line."""
    return "".join([csv_line(head), *(csv_line(row) for row in rows)])
