"""What a field looked like after an import: how much is missing, how many values differ, and which are common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from math import sqrt
from typing import Any

from segment_engine.domain.catalog import NUMBERS, TIMES, FieldType

COMMONEST = 10
RANGES = 10
# So many rows are looked at in full; beyond, a sample of about so many.
MOST_ROWS = 100_000
SAMPLE_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class Share:
    """One value, or one range of values, with its share of the values that are there.

    Shape: `start` and `end` are set for a range: beyond the first, up to and with the second; the first range of a
        field begins at its lowest value. Written as people read them, in ISO 8601 where they are times.
    """

    value: str
    share: float
    start: str | None = None
    end: str | None = None

    def document(self) -> dict[str, object]:
        """Give what is stored."""
        ends = {} if self.end is None else {"start": self.start, "end": self.end}
        return {"value": self.value, "share": round(self.share, 6), **ends}


@dataclass(frozen=True, slots=True)
class FieldProfile:
    """One field as of one import.

    Shape: `distribution` holds the commonest values of texts, choices, booleans and sets (of these, elements), and of
        numbers and times with few values; otherwise ranges of about equal frequency. It is empty, like `lowest` and
        `highest`, where single values would tell who a contact is.
    Units: rows. Figures of a sample are scaled to all rows.
    """

    key: str
    label: str
    type: FieldType
    row_total: int
    missing: int
    distinct: int
    lowest: str | None = None
    highest: str | None = None
    distribution: tuple[Share, ...] = ()
    sampled: bool = False

    @property
    def present(self) -> int:
        """Rows with a value."""
        return self.row_total - self.missing

    @property
    def missing_share(self) -> float:
        """Which part of the rows has no value; 0 without any rows."""
        return self.missing / self.row_total if self.row_total else 0.0

    @property
    def in_ranges(self) -> bool:
        """Whether the distribution consists of ranges."""
        return any(each.end is not None for each in self.distribution)

    @property
    def complete(self) -> bool:
        """Whether the distribution names every value there is."""
        return not self.in_ranges and len(self.distribution) == self.distinct

    @property
    def looked_at(self) -> int:
        """How many rows the shares come from, at most."""
        return min(self.row_total, SAMPLE_ROWS) if self.sampled else self.row_total


def shares_of(stored: list[dict[str, Any]]) -> tuple[Share, ...]:
    """Read a stored distribution."""
    return tuple(Share(each["value"], float(each["share"]), each.get("start"), each.get("end")) for each in stored)


def totals_of(report: Mapping[str, Any]) -> dict[str, int]:
    """Read how many rows of each kind a source held after an import; nothing for an import of an earlier release."""
    return {str(key): int(total) for key, total in report.get("totals", {}).items()}


def position(text: str, kind: FieldType) -> float:
    """Put a value that profiles write as text on a line, so that values and ranges can be compared."""
    if kind in NUMBERS:
        return float(text)
    if kind is FieldType.DATE:
        return float(date.fromisoformat(text).toordinal())
    return datetime.fromisoformat(text).timestamp()


def has_positions(kind: FieldType) -> bool:
    """Tell whether the values of a type stand on a line."""
    return kind in NUMBERS | TIMES


def estimated_distinct(different: int, once: int, looked_at: int, total: int) -> int:
    """Estimate how many different values all rows have, from those of a sample and how many of them occur once.

    Source: the estimator Duj1 of P. J. Haas and L. Stokes, “Estimating the number of classes in a finite population”
        (1998), which the planner of PostgreSQL uses as well: n·d / (n - f1 + f1·n/N).
    """
    if not looked_at or total <= looked_at:
        return different
    estimate = looked_at * different / (looked_at - once + once * looked_at / total)
    return min(total, max(different, round(estimate)))


def noise_of_share(share: float, first: int, second: int) -> float:
    """Say how far two samples of the same rows differ in a share by chance: one standard error."""
    return sqrt(max(share * (1 - share), 0.0) * (1 / max(first, 1) + 1 / max(second, 1)))
