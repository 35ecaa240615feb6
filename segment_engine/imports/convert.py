"""Turns batches of a file into rows for the staging table, and counts what was left out on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as each_with
from zoneinfo import ZoneInfo

from segment_engine.domain.catalog import NUMBERS, Field, FieldType
from segment_engine.imports.arrow import Array, RecordBatch, csv, how_many, only_where, pa, pc
from segment_engine.imports.read import Batch
from segment_engine.imports.report import SAMPLES, FieldReport, Rejection
from segment_engine.imports.sets import array_literals, elements, folded_sets, to_set
from segment_engine.imports.times import to_date, to_instant
from segment_engine.imports.values import (
    Converted,
    as_text,
    converted,
    folded,
    to_boolean,
    to_scaled,
    to_text,
    without_missing,
)

KEY_CHARACTERS = 255
EMAIL_CHARACTERS = 320
_LARGEST_EXACT_FLOAT = 2.0**53


class Rejections:
    """Counts rejected rows by reason and remembers the first few of each."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._first_rows: dict[str, list[int]] = {}

    def add(self, code: str, count: int, rows: Sequence[int]) -> None:
        """Count rows; their numbers are kept while there are fewer than five."""
        if count:
            self._counts[code] = self._counts.get(code, 0) + count
            self._first_rows[code] = sorted([*self._first_rows.get(code, []), *rows])[:SAMPLES]

    def listed(self, physical_row: Callable[[int], int]) -> tuple[Rejection, ...]:
        """List the reasons, the most frequent first; `physical_row` turns row numbers into those of the file."""
        order = sorted(self._counts, key=lambda code: (-self._counts[code], code))
        return tuple(
            Rejection(
                code,
                self._counts[code],
                tuple(self._first_rows[code] if code == "torn_row" else map(physical_row, self._first_rows[code])),
            )
            for code in order
        )


class RowFilter:
    """Follows the rows of one batch that are still in."""

    def __init__(self, batch: Batch, rejections: Rejections) -> None:
        first = batch.first_row
        self.numbers: Array = pa.array(range(first, first + batch.rows.num_rows), pa.int64())
        self.keep: Array = pa.array([True]).take(pa.array([0] * batch.rows.num_rows, pa.int32()))
        self._rejections = rejections

    def reject(self, code: str, mask: Array) -> None:
        """Take rows out, unless an earlier reason did; a missing entry of the mask means no."""
        mask = pc.and_(pc.fill_null(mask, False), self.keep)
        count = how_many(mask)
        if count:
            self._rejections.add(code, count, self.numbers.filter(mask).slice(0, SAMPLES).to_pylist())
            self.keep = pc.and_(self.keep, pc.invert(mask))


@dataclass(slots=True)
class Tally:
    """What has become of the values of one column so far."""

    present: int = 0
    missing: int = 0
    unparseable: int = 0
    outside: int = 0
    samples: list[str] = each_with(default_factory=list[str])

    def sample(self, values: Array, mask: Array) -> None:
        """Keep up to five different texts."""
        for text in pc.unique(as_text(values.filter(mask))).slice(0, SAMPLES).to_pylist():
            if len(self.samples) < SAMPLES and text[:100] not in self.samples:
                self.samples.append(text[:100])


@dataclass(slots=True)
class ColumnConverter:
    """Converts one column of every batch and keeps its tally."""

    column: str
    field: Field
    markers: tuple[str, ...]
    pattern: str | None
    zone: ZoneInfo
    new: bool
    separator: str
    tally: Tally = each_with(default_factory=Tally)

    @property
    def stored(self) -> tuple[str, ...]:
        """The typed columns this fills: the value and, if the field has one, its folded twin."""
        return (self.field.column,) if self.field.fold_column is None else (self.field.column, self.field.fold_column)

    def convert(self, array: Array) -> list[Array]:
        """Give one array per stored column."""
        present = without_missing(array, self.markers)
        if self.field.type is FieldType.SET:
            result = to_set(present, separator=self.separator, markers=self.markers)
            self._count(present, result, listed=elements(result.values))
            return [array_literals(result.values), array_literals(folded_sets(result.values))]
        result = convert_values(present, self.field, pattern=self.pattern, zone=self.zone)
        self._count(present, result, listed=result.values)
        return [result.values] if self.field.fold_column is None else [result.values, folded(result.values)]

    def _count(self, present: Array, result: Converted, *, listed: Array) -> None:
        tally, rows, bad = self.tally, len(present), how_many(result.bad)
        tally.present += rows - result.values.null_count
        tally.unparseable += bad
        tally.missing += result.values.null_count - bad
        if bad:
            tally.sample(present, result.bad)
        if self.field.values:
            known = pc.is_in(listed, value_set=pa.array(self.field.values, pa.string()))
            outside = pc.and_(pc.invert(known), listed.is_valid())
            tally.outside += how_many(outside)
            tally.sample(listed, outside)

    def report(self) -> FieldReport:
        """Close the tally."""
        tally = self.tally
        return FieldReport(
            self.column, self.field.key, self.field.type.value, tally.present, tally.missing, tally.unparseable,
            tally.outside, tuple(tally.samples), self.new,
        )  # fmt: skip


def convert_values(present: Array, target: Field, *, pattern: str | None, zone: ZoneInfo) -> Converted:
    """Convert a column into the stored form of a field."""
    if target.type in NUMBERS:
        return to_scaled(present, target.scale)
    match target.type:
        case FieldType.BOOLEAN:
            return to_boolean(present)
        case FieldType.DATE:
            return to_date(present, pattern=pattern)
        case FieldType.INSTANT:
            return to_instant(present, pattern=pattern, zone=zone)
        case _:
            result = to_text(present)
    if target.column == "email":  # it becomes part of a key, and no mailbox is longer
        short = pc.less_equal(pc.utf8_length(result.values), EMAIL_CHARACTERS)
        return converted(only_where(short, result.values), present)
    return result


def read_keys(array: Array, rows: RowFilter, *, markers: tuple[str, ...], name: str = "key") -> Array:
    """Take keys exactly as they are in the file and reject rows without a usable one; `name` leads to the reasons."""
    present = without_missing(array, markers)
    keys = _whole_numbers(present) if pa.types.is_floating(array.type) else as_text(present)
    rows.reject(f"missing_{name}", present.is_null())
    rows.reject(f"bad_{name}", pc.or_kleene(keys.is_null(), pc.match_substring(keys, "\0")))
    rows.reject(f"{name}_too_long", pc.greater(pc.utf8_length(keys), KEY_CHARACTERS))
    return keys


def _whole_numbers(values: Array) -> Array:
    """Write floats that are whole numbers without a point: a column of integers with gaps is often stored as floats."""
    exact = pc.and_(pc.equal(pc.floor(values), values), pc.less_equal(pc.abs(values), _LARGEST_EXACT_FLOAT))
    return only_where(exact, values).cast(pa.int64()).cast(pa.string())


def copy_lines(columns: Mapping[str, Array]) -> memoryview:
    """Write arrays as the CSV that COPY reads; a missing value is an empty field without quotes."""
    batch: RecordBatch = pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))
    sink = pa.BufferOutputStream()
    csv.write_csv(batch, sink, csv.WriteOptions(include_header=False))
    return memoryview(sink.getvalue())
