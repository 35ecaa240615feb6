"""Reads the project's own documents: tables by heading, examples, and the places where the code is quoted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
_ROW = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True)
class Table:
    """A table of a document: the heading above it, the names of its columns, and its rows of cells."""

    heading: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def column(self, name: str) -> tuple[str, ...]:
        """Give the cells of one column, without backticks."""
        place = self.columns.index(name)
        return tuple(row[place].strip("`") for row in self.rows)


def documents() -> tuple[Path, ...]:
    """List every document of the project."""
    return tuple(sorted([*PROJECT.glob("*.md"), *(PROJECT / "docs").glob("*.md")]))


@cache
def text_of(name: str) -> str:
    """Read a document by its path in the project."""
    return (PROJECT / name).read_text(encoding="utf-8")


def table(name: str, first_column: str) -> Table:
    """Find the one table of a document whose first column has this name."""
    (found,) = [each for each in _tables(name) if each.columns[0] == first_column]
    return found


def table_under(name: str, heading: str) -> Table:
    """Find the first table under a heading."""
    return next(each for each in _tables(name) if each.heading == heading)


@cache
def _tables(name: str) -> tuple[Table, ...]:
    heading, block, found = "", list[str](), list[Table]()
    for line in [*text_of(name).splitlines(), ""]:
        if line.startswith("#"):
            heading = line.lstrip("# ")
        if line.startswith("|"):
            block.append(line)
        elif block:
            cells = [tuple(cell.strip() for cell in _ROW.split(row)[1:-1]) for row in block]
            found.append(Table(heading, cells[0], tuple(cells[2:])))
            block = []
    return tuple(found)


def json_examples(path: Path) -> tuple[str, ...]:
    """Give every block marked as JSON."""
    return tuple(re.findall(r"^```json\n(.*?)^```$", path.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE))


def quoted_words(text: str) -> frozenset[str]:
    """Give every word between backticks."""
    return frozenset(re.findall(r"`([^`\n]+)`", text))


def section(name: str, heading: str) -> str:
    """Give the text under a heading, up to the next heading of any level."""
    _, _, rest = text_of(name).partition(f"{heading}\n")
    return re.split(r"^#", rest, maxsplit=1, flags=re.MULTILINE)[0]
