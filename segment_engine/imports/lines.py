"""Reads a file batch by batch into lines for the staging table. Every kind of import names the columns it needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from zoneinfo import ZoneInfo

from segment_engine.domain.catalog import TIMES, FieldType
from segment_engine.errors import InputError
from segment_engine.imports.arrow import Array, pa
from segment_engine.imports.columns import FilePlan
from segment_engine.imports.conduct import Stage
from segment_engine.imports.convert import ColumnConverter, RowFilter, copy_lines, read_keys
from segment_engine.imports.session import ImportSession
from segment_engine.imports.survey import Found
from segment_engine.imports.times import in_utc, to_date, to_instant
from segment_engine.imports.values import Converted, without_missing

Columns = Mapping[str, Array]


@dataclass(frozen=True, slots=True)
class OwnColumn:
    """A column that is no field. Shape: `read` turns it into `staged` and rejects rows on the way."""

    column: str
    staged: str
    read: Callable[[Array, RowFilter], Array]


def key_column(column: str, plan: FilePlan, staged: str = "external_key", name: str = "key") -> OwnColumn:
    """Take a column as keys; `name` leads to the reasons of rejection: key, id or parent."""
    return OwnColumn(column, staged, partial(read_keys, markers=plan.markers[column], name=name))


@dataclass(frozen=True, slots=True)
class TimeReader:
    """How one column of times is read: `dates` of the file, held as midnight UTC where the rows are `date_only`."""

    markers: tuple[str, ...]
    dates: bool
    pattern: str | None
    zone: ZoneInfo
    date_only: bool = False

    def convert(self, array: Array) -> Converted:
        """Turn the column into times in UTC; a date is its first instant in the zone unless rows are date-only."""
        present = without_missing(array, self.markers)
        if not self.dates:
            return to_instant(present, pattern=self.pattern, zone=self.zone)
        result = to_date(present, pattern=self.pattern)
        midnights = result.values.cast(pa.timestamp("us"))
        return Converted(midnights if self.date_only else in_utc(midnights, self.zone), result.bad)

    def read(self, array: Array, rows: RowFilter) -> Array:
        """Convert, and reject rows whose time is there and cannot be read."""
        result = self.convert(array)
        rows.reject("bad_time", result.bad)
        return result.values

    def read_required(self, array: Array, rows: RowFilter) -> Array:
        """Convert, and reject rows without a usable time."""
        rows.reject("missing_time", without_missing(array, self.markers).is_null())
        return self.read(array, rows)


def time_type(column: str, found: Found | None) -> FieldType:
    """Say whether a column of times holds dates or instants.

    Raises: InputError when it holds neither.
    """
    if found is None or found.type is None or found.type not in TIMES:
        raise InputError(
            f"The column {column} holds no dates or times that can be read. Declare how they are written, "
            f"for example --type {column}=date:%d.%m.%Y or --type {column}=instant:%d/%m/%Y %H:%M."
        )
    return found.type


def time_reader(session: ImportSession, plan: FilePlan, column: str, *, date_only: bool = False) -> TimeReader:
    """Prepare reading a column of times as it was planned."""
    declared = session.request.types.get(column)
    dates = plan.time is not None and plan.time.type is FieldType.DATE
    pattern = None if declared is None else declared.pattern
    return TimeReader(plan.markers[column], dates, pattern, session.zone, date_only)


def read_lines(
    session: ImportSession, own: Sequence[OwnColumn], converters: Sequence[ColumnConverter], *, staged: Sequence[str],
    derive: Callable[[Columns, Columns], Columns] | None = None,
) -> Iterator[memoryview]:  # fmt: skip
    """Read the file to its end.

    Shape: lines of the columns `staged` and then those of the converters. `derive` makes further columns out of the own
        ones and the converted ones.
    """
    names = dict.fromkeys((*(each.column for each in own), *(converter.column for converter in converters)))
    for batch in session.file.batches(list(names)):
        rows = RowFilter(batch, session.rejections)
        read = {each.staged: each.read(batch.rows.column(each.column), rows) for each in own}
        columns = {name: values.filter(rows.keep) for name, values in read.items()}
        columns["row_number"] = rows.numbers.filter(rows.keep)
        properties: dict[str, Array] = {}
        for converter in converters:
            arrays = converter.convert(batch.rows.column(converter.column).filter(rows.keep))
            properties |= dict(zip(converter.stored, arrays, strict=True))
        if derive is not None:
            columns |= derive(columns, properties)
        session.rows_read += batch.rows.num_rows
        session.conduct.tell(Stage.READING, session.rows_read)
        yield copy_lines({name: columns[name] for name in staged} | properties)
