"""Reads a file once to find what types its columns have. It looks at every row, because the last one may decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from segment_engine.domain.catalog import FieldType
from segment_engine.domain.folding import BLANKS
from segment_engine.imports.arrow import Array, how_many, only_where, pc
from segment_engine.imports.read import InputFile
from segment_engine.imports.times import ISO_DATE, ISO_INSTANT
from segment_engine.imports.values import MOST_DIGITS, as_text, without_missing

MOST_DECIMALS = 9

# A leading zero marks a code, not a number: 00123 stays text.
PATTERNS = {
    FieldType.BOOLEAN: "^(?i:true|false)$",
    FieldType.INTEGER: r"^-?(0|[1-9][0-9]{0,17})$",
    FieldType.DECIMAL: r"^-?(0|[1-9][0-9]{0,17})(\.[0-9]+)?$",
    FieldType.DATE: ISO_DATE,
    FieldType.INSTANT: ISO_INSTANT,
}
FLOAT = r"^-?[0-9]+(\.[0-9]+)?$"


@dataclass(frozen=True, slots=True)
class Found:
    """What a column turned out to be; `type` is None when it has no value at all."""

    type: FieldType | None
    scale: int = 0


@dataclass(slots=True)
class Guess:
    """The running tally of one column."""

    present: int = 0
    matching: dict[FieldType, int] = field(default_factory=lambda: dict.fromkeys(PATTERNS, 0))
    most_decimals: int = 0
    most_whole_digits: int = 0

    def add(self, texts: Array) -> None:
        """Count which types the values of a batch could have."""
        texts = pc.utf8_trim(texts, characters=BLANKS)
        before, self.present = self.present, self.present + len(texts) - texts.null_count
        for kind, pattern in PATTERNS.items():
            # A column that is out of the running for a type needs no further look, unless it might be a time.
            if self.matching[kind] == before or kind in {FieldType.DATE, FieldType.INSTANT}:
                self.matching[kind] += how_many(pc.match_substring_regex(texts, pattern))
        if self.matching[FieldType.DECIMAL] == self.present:
            self.measure(texts)

    def measure(self, texts: Array) -> None:
        """Keep the most digits before and after the point."""
        length = pc.utf8_length(texts)
        point = pc.find_substring(texts, ".")
        whole = pc.if_else(pc.less(point, 0), length, point)
        decimals = pc.if_else(pc.less(point, 0), 0, pc.subtract(pc.subtract(length, point), 1))
        self.most_whole_digits = max(self.most_whole_digits, int(pc.max(whole).as_py() or 0))
        self.most_decimals = max(self.most_decimals, int(pc.max(decimals).as_py() or 0))

    def found(self) -> Found:
        """Answer for a column that may become anything."""
        if not self.present:
            return Found(None)
        for kind in (FieldType.BOOLEAN, FieldType.INTEGER, FieldType.DATE, FieldType.INSTANT):
            if self.matching[kind] == self.present:
                return Found(kind)
        if self.matching[FieldType.DECIMAL] == self.present and self._fits():
            return Found(FieldType.DECIMAL, self.most_decimals)
        return Found(FieldType.TEXT)

    def _fits(self) -> bool:
        return self.most_decimals <= MOST_DECIMALS and self.most_whole_digits + self.most_decimals <= MOST_DIGITS

    def found_number(self) -> Found:
        """Answer for a column that is known to hold numbers: the finest scale there is room for."""
        if not self.most_whole_digits:
            return Found(None if not self.present else FieldType.INTEGER)
        scale = min(self.most_decimals, MOST_DECIMALS, max(MOST_DIGITS - self.most_whole_digits, 0))
        return Found(FieldType.DECIMAL if scale else FieldType.INTEGER, scale)

    def found_time(self) -> Found:
        """Answer for the column of the time: what most values look like; the others are rejected later."""
        dates, instants = self.matching[FieldType.DATE], self.matching[FieldType.INSTANT]
        if not max(dates, instants):
            return Found(None)
        return Found(FieldType.DATE if dates > instants else FieldType.INSTANT)


def survey(
    file: InputFile, markers: Mapping[str, tuple[str, ...]], *, texts: Sequence[str], numbers: Sequence[str],
    times: Sequence[str],
) -> dict[str, Found]:  # fmt: skip
    """Find the types of columns: free choice for `texts`, the scale for `numbers`, date or instant for `times`.

    Raises: InputError when the file cannot be read to its end.
    """
    names = (*texts, *numbers, *times)
    guesses = {name: Guess() for name in names}
    for batch in file.batches(names) if names else ():
        for name, guess in guesses.items():
            values = as_text(without_missing(batch.rows.column(name), markers[name]))
            if name in numbers:
                values = pc.utf8_trim(values, characters=BLANKS)
                guess.present += len(values) - values.null_count
                guess.measure(only_where(pc.match_substring_regex(values, FLOAT), values))
            else:
                guess.add(values)
    return {
        name: guess.found_number() if name in numbers else guess.found_time() if name in times else guess.found()
        for name, guess in guesses.items()
    }
