"""Opens a CSV or Parquet file and hands out its rows in batches, so that memory stays flat."""

from __future__ import annotations

import codecs
import csv as text_csv
import io
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from segment_engine.errors import InputError
from segment_engine.imports.arrow import (
    ArrowException,
    ArrowInvalid,
    DataType,
    RecordBatch,
    csv,
    is_list,
    is_text,
    pa,
    parquet,
)

_PARQUET_MARK = b"PAR1"
_CSV_BLOCK = 1024 * 1024  # the reader runs up to 32 blocks ahead; a single row must fit into one
_ROWS_AT_ONCE = 16_384
_DELIMITERS = (",", ";", "\t", "|")
_HEADER_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows. `first_row` counts the readable rows of the file from 1, the header left out."""

    first_row: int
    rows: RecordBatch


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file; `type` is None in a CSV file, where everything is text."""

    name: str
    type: DataType | None


@dataclass(slots=True)
class InputFile:
    """An opened file. After a full read, `torn_rows` numbers the CSV rows with more or fewer values than the header."""

    path: Path
    name: str
    columns: tuple[Column, ...]
    delimiter: str | None
    torn_rows: list[int] = field(default_factory=list[int])

    def batches(self, names: Sequence[str]) -> Iterator[Batch]:
        """Read the named columns from the first row on.

        Raises: InputError when the file cannot be read to its end.
        """
        rows = _parquet_rows(self.path, names) if self.delimiter is None else self._csv_rows(names)
        first_row = 1
        with _explained(self.name):
            for batch in rows:
                if batch.num_rows:
                    yield Batch(first_row, batch)
                    first_row += batch.num_rows

    def physical_row(self, readable_row: int) -> int:
        """Turn a row number of a batch into that of the file, where torn rows count too."""
        for torn in sorted(self.torn_rows):
            if torn <= readable_row:
                readable_row += 1
        return readable_row

    def _csv_rows(self, names: Sequence[str]) -> Iterator[RecordBatch]:
        torn: list[int] = []
        self.torn_rows = torn

        def leave_out(row: object) -> str:
            torn.append(int(getattr(row, "number", 0)) - 1)  # the header is row 1 to the reader
            return "skip"

        reader = csv.open_csv(
            self.path,
            # One thread: only then does the reader know the number of a torn row.
            read_options=csv.ReadOptions(use_threads=False, block_size=_CSV_BLOCK),
            parse_options=csv.ParseOptions(
                delimiter=self.delimiter, newlines_in_values=True, invalid_row_handler=leave_out
            ),
            convert_options=csv.ConvertOptions(
                column_types={column.name: pa.string() for column in self.columns},
                include_columns=list(names),
                null_values=[""],
                strings_can_be_null=True,
            ),
        )
        for batch in reader:
            for start in range(0, batch.num_rows, _ROWS_AT_ONCE):
                yield batch.slice(start, _ROWS_AT_ONCE)


def open_file(path: Path, *, delimiter: str | None = None, name: str | None = None) -> InputFile:
    """Look at the head of a file; `name` is what sentences call it, by default its own name.

    Raises: InputError when there is no such file, or it is neither CSV nor Parquet, or two columns have one name.
    """
    try:
        with path.open("rb") as stream:
            mark = stream.read(len(_PARQUET_MARK))
    except OSError as error:
        raise InputError(f"The file {path} cannot be opened ({error.strerror}). Check the path.") from error
    called = name or path.name
    with _explained(called):
        if mark == _PARQUET_MARK:
            columns = tuple(Column(each.name, _value_type(each.type)) for each in parquet.read_schema(path))
            found = None
        else:
            names, found = _csv_header(path, called, delimiter)
            columns = tuple(Column(name, None) for name in names)
    _refuse_twins(called, [column.name for column in columns])
    return InputFile(path, called, columns, found)


def _value_type(kind: DataType) -> DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _csv_header(path: Path, name: str, delimiter: str | None) -> tuple[list[str], str]:
    if path.suffix == ".parquet":
        raise InputError(f"The file {name} is called Parquet but is not. Write it again, or check the path.")
    with pa.input_stream(str(path), compression="detect") as stream:
        head: bytes = stream.read(_HEADER_BYTES)
    text = codecs.getincrementaldecoder("utf-8-sig")().decode(head)
    if not text.strip():
        raise InputError(f"The file {name} is empty. It needs a first line with the names of the columns.")
    first_line = text.splitlines()[0]
    found = delimiter or max(_DELIMITERS, key=first_line.count)
    return next(text_csv.reader(io.StringIO(text, newline=""), delimiter=found)), found


def _refuse_twins(name: str, names: list[str]) -> None:
    twins = sorted({each for each in names if names.count(each) > 1})
    if twins:
        raise InputError(f"{name} has more than one column called {', '.join(twins)}. Give each its own name.")


def _parquet_rows(path: Path, names: Sequence[str]) -> Iterator[RecordBatch]:
    with parquet.ParquetFile(path, pre_buffer=False) as file:
        if not names:
            return
        for batch in file.iter_batches(batch_size=_ROWS_AT_ONCE, columns=list(names), use_threads=False):
            yield _plain(batch)


def _plain(batch: RecordBatch) -> RecordBatch:
    """Undo dictionaries and text flavors, and refuse bytes that are no text: Parquet does not check them."""
    arrays: list[object] = []
    for array in batch.columns:
        values = array.dictionary_decode() if pa.types.is_dictionary(array.type) else array
        if is_text(values.type):
            values = values.cast(pa.string())
        if is_text(values.type) or is_list(values.type):
            values.validate(full=True)
        arrays.append(values)
    return pa.RecordBatch.from_arrays(arrays, names=batch.schema.names)


@contextmanager
def _explained(name: str) -> Generator[None]:
    try:
        yield
    except (UnicodeDecodeError, ArrowInvalid) as error:
        if "UTF" in str(error).upper():
            raise InputError(f"The file {name} is not in UTF-8. Save it as UTF-8 and import it again.") from error
        raise InputError(f"The file {name} cannot be read: {_first_line(error)}. Nothing was imported.") from error
    except (ArrowException, OSError, text_csv.Error) as error:
        raise InputError(f"The file {name} cannot be read: {_first_line(error)}. Nothing was imported.") from error


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or ["it is damaged"])[0].rstrip(".")
