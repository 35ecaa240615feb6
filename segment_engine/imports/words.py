"""Columns of fixed words and short texts, as consents and channels have them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from segment_engine.domain.folding import BLANKS
from segment_engine.domain.operators import CHANNELS
from segment_engine.imports.arrow import Array, only_where, pa, pc
from segment_engine.imports.columns import FilePlan
from segment_engine.imports.convert import RowFilter
from segment_engine.imports.lines import OwnColumn
from segment_engine.imports.read import InputFile
from segment_engine.imports.values import as_text, without_missing

Read = Callable[[Array, RowFilter], Array]


def optional_column(file: InputFile, named: str | None, usual: str) -> str | None:
    """Give the column that was named, else the one of the usual name if the file has it."""
    return named or next((column.name for column in file.columns if column.name == usual), None)


def channel_column(column: str, plan: FilePlan) -> OwnColumn:
    """Read channels; each row needs one."""
    return OwnColumn(column, "channel", read_word(CHANNELS, plan.markers[column], name="channel", required=True))


def read_word(words: Sequence[str], markers: tuple[str, ...], *, name: str, required: bool) -> Read:
    """Read one of a few words, in either case; `name` leads to the reasons of rejection."""

    def read(array: Array, rows: RowFilter) -> Array:
        present = without_missing(array, markers)
        texts = pc.utf8_lower(pc.utf8_trim(as_text(present), characters=BLANKS))
        known = pc.is_in(texts, value_set=pa.array(words, pa.string()))
        if required:
            rows.reject(f"missing_{name}", present.is_null())
        rows.reject(f"bad_{name}", pc.and_(present.is_valid(), pc.invert(known)))
        return only_where(known, texts)

    return read


def read_text(markers: tuple[str, ...], *, name: str, most: int) -> Read:
    """Read short texts as they are and reject rows whose text cannot be stored."""

    def read(array: Array, rows: RowFilter) -> Array:
        texts = as_text(without_missing(array, markers))
        long = pc.greater(pc.utf8_length(texts), most)
        rows.reject(f"bad_{name}", pc.or_(long, pc.match_substring(texts, "\0")))
        return texts

    return read


def absent(column: str, staged: str) -> OwnColumn:
    """Fill a staged column with nothing; `column` is any column of the file."""

    def read(array: Array, _rows: RowFilter) -> Array:
        return pa.nulls(len(array), pa.string())

    return OwnColumn(column, staged, read)
