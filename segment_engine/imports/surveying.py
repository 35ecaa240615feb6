"""Describes a file before it is imported: its columns, a few of their values, and what each might become, with why."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from segment_engine.domain.catalog import FieldType
from segment_engine.domain.folding import BLANKS
from segment_engine.errors import InputError, LimitExceeded
from segment_engine.imports.arrow import Array, DataType, how_many, is_list, is_text, pa, pc
from segment_engine.imports.columns import normalized, schema_type
from segment_engine.imports.read import Column, open_file
from segment_engine.imports.received import FileId, ReceivedFile
from segment_engine.imports.survey import FLOAT, PATTERNS, Found, Guess
from segment_engine.imports.values import as_text, without_missing

MOST_COLUMNS = 1_000
SAMPLES = 5
FEW = 30
_SAMPLE_CHARACTERS = 60
_LOOKED_AT = 2_000  # different values of the first rows, for what cannot be told by a fast pattern
_KEPT_CHARACTERS = 200
_NEARLY = 0.9
_OFTEN = 20
_YES_OR_NO = ("yes", "no", "y", "n", "true", "false")

# How dates are written elsewhere. Days before months: where both fit, the reason says so.
_DATES = ("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%d-%m-%Y", "%Y%m%d")
_CLOCKS = (" %H:%M", " %H:%M:%S", "T%H:%M:%S")
_WORDS = {
    FieldType.BOOLEAN: "true or false",
    FieldType.INTEGER: "whole numbers",
    FieldType.DECIMAL: "numbers",
    FieldType.DATE: "dates",
    FieldType.INSTANT: "times",
}


@dataclass(frozen=True, slots=True)
class SurveyedColumn:
    """One column of a file as it is.

    Shape: `suggestion` is a type as written on the command line, empty for a column without values; `why` is the
        sentence beside it. `field_name` is what the field would be called, empty where no usable name is left.
        `held_as` is the type inside a Parquet file, empty in a CSV file. `values` are all different values where they
        are few, otherwise none.
    Units: rows.
    """

    name: str
    held_as: str
    present: int
    missing: int
    samples: tuple[str, ...]
    suggestion: str
    why: str
    field_name: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Survey:
    """A file as it is. `row_total` counts the rows that can be read, `torn_rows` those with too many or few values."""

    file_id: FileId
    file_name: str
    size: int
    form: str
    encoding: str
    delimiter: str | None
    row_total: int
    torn_rows: int
    columns: tuple[SurveyedColumn, ...]


@dataclass(slots=True)
class _Look:
    """What has been seen of one column so far."""

    column: Column
    guess: Guess = field(default_factory=Guess)
    rows: int = 0
    present: int = 0
    first: dict[str, None] = field(default_factory=dict[str, None])
    first_rows: int = 0
    near: dict[FieldType, int] = field(default_factory=dict[FieldType, int])

    @property
    def free(self) -> bool:
        """Whether its values decide the type: texts, not what a Parquet file declares."""
        return self.column.type is None or is_text(self.column.type)

    def add(self, values: Array) -> None:
        """Look at one batch."""
        present = without_missing(values, ())
        self.rows += len(present)
        self.present += len(present) - present.null_count
        texts = None
        if len(self.first) < _LOOKED_AT:
            texts = as_text(present)
            heads = pc.utf8_slice_codeunits(texts.drop_null(), 0, _KEPT_CHARACTERS)
            for text in pc.unique(heads).slice(0, _LOOKED_AT).to_pylist():
                self.first.setdefault(text)
        if self.free:
            texts = as_text(present) if texts is None else texts
            if not self.first_rows:
                self._look_closer(pc.utf8_trim(texts.drop_null(), characters=BLANKS))
            self.guess.add(texts)
        elif pa.types.is_floating(self.column.type):
            texts = pc.utf8_trim(as_text(present), characters=BLANKS)
            self.guess.present += len(texts) - texts.null_count
            self.guess.measure(pc.if_else(pc.match_substring_regex(texts, FLOAT), texts, None))

    def _look_closer(self, texts: Array) -> None:
        """Count in the first rows how many values every type would fit: a near miss is worth a word."""
        self.first_rows = len(texts)
        for kind, pattern in PATTERNS.items():
            self.near[kind] = how_many(pc.match_substring_regex(texts, pattern))

    def finished(self) -> SurveyedColumn:
        """Say what was found."""
        suggestion, why = self._typed() if self.free else self._declared()
        samples = tuple(_shortened(each) for each in list(self.first)[:SAMPLES])
        held_as = "" if self.column.type is None else str(self.column.type)
        return SurveyedColumn(
            self.column.name, held_as, self.present, self.rows - self.present, samples, suggestion, why,
            normalized(self.column.name) or "", tuple(self.first) if len(self.first) <= FEW else (),
        )  # fmt: skip

    def _declared(self) -> tuple[str, str]:
        kind: DataType = self.column.type
        if not self.present:
            return "", "There is no value in this column, so there is nothing to import."
        if pa.types.is_floating(kind):
            found = self.guess.found_number()
        elif schema_type(kind) is FieldType.DECIMAL:
            found = Found(FieldType.DECIMAL if kind.scale > 0 else FieldType.INTEGER, max(kind.scale, 0))
        else:
            found = Found(schema_type(kind))
        if found.type is None:
            return "", f"Values of type {kind} cannot be imported."
        lists = " Lists become sets." if is_list(kind) else ""
        return written(found), f"The file itself declares the type {kind}.{lists}"

    def _typed(self) -> tuple[str, str]:
        if not self.present:
            return "", "There is no value in this column, so there is nothing to import."
        found = self.guess.found()
        kind = found.type or FieldType.TEXT
        if kind is not FieldType.TEXT:
            return written(found), f"All {self.present:,} values are {_WORDS[kind]}."
        if len(self.first) <= len(_YES_OR_NO) and all(each.strip(BLANKS).lower() in _YES_OR_NO for each in self.first):
            return "boolean", f"All {self.present:,} values are yes or no."
        return self._written_elsewhere() or ("text", self._why_text())

    def _written_elsewhere(self) -> tuple[str, str] | None:
        """Recognize dates and times in the ways of other places, by the values of the first rows."""
        values = [text.strip(BLANKS) for text in self.first]
        for clock in ("", *_CLOCKS):
            fitting = [f"{date}{clock}" for date in _DATES if _all_read(values, f"{date}{clock}")]
            if fitting:
                kind = "instant" if clock else "date"
                others = f" {fitting[1]} would fit as well: check." if len(fitting) > 1 else ""
                return f"{kind}:{fitting[0]}", f"The values look like “{_shortened(values[0])}”.{others}"
        return None

    def _why_text(self) -> str:
        nearest = max(self.near, key=lambda kind: self.near[kind])
        odd = next((each for each in self.first if not _fits(each, nearest)), None)
        if odd is None or self.near[nearest] < _NEARLY * self.first_rows:
            if any(_coded(each) for each in self.first):
                return "Numbers that begin with a zero are codes and stay texts."
            if len(self.first) <= FEW and self.present >= _OFTEN * len(self.first):
                return f"The values are texts, {len(self.first):,} different ones; as a choice they are listed by name."
            return "The values are texts."
        missed = self.first_rows - self.near[nearest]
        return (
            f"Nearly all values are {_WORDS[nearest]}; of the first {self.first_rows:,}, {missed:,} are not, such as "
            f"“{_shortened(odd)}”. Choose the type, and such values count as missing."
        )


def survey_file(
    file: ReceivedFile, *, delimiter: str | None = None, progress: Callable[[int], None] = lambda _rows: None
) -> Survey:
    """Read a file once from beginning to end.

    Shape: `progress` hears how many rows were read; what it raises ends the survey.
    Raises: InputError when the file cannot be read, or has no rows; LimitExceeded for too many columns.
    """
    opened = open_file(file.path, delimiter=delimiter, name=file.name)
    if len(opened.columns) > MOST_COLUMNS:
        raise LimitExceeded(
            f"The file {file.name} has {len(opened.columns):,} columns; at most {MOST_COLUMNS:,} can be looked at "
            "here. Leave out what is not needed, or use the command line with --skip."
        )
    looks = [_Look(column) for column in opened.columns]
    rows = 0
    for batch in opened.batches([column.name for column in opened.columns]):
        for look in looks:
            look.add(batch.rows.column(look.column.name))
        rows += batch.rows.num_rows
        progress(rows)
    if not rows:
        raise InputError(
            f"The file {file.name} has names of columns and no rows below them. Export it again with its rows."
        )
    return Survey(
        file.file_id, file.name, file.size, file.form, _encoding(file), opened.delimiter, rows, len(opened.torn_rows),
        tuple(look.finished() for look in looks),
    )  # fmt: skip


def written(found: Found) -> str:
    """Write a type as on the command line; empty when there is none."""
    if found.type is None:
        return ""
    return f"{found.type.value}:{found.scale}" if found.type is FieldType.DECIMAL else found.type.value


def _encoding(file: ReceivedFile) -> str:
    if file.form == "Parquet":
        return "UTF-8"
    with file.path.open("rb") as stream:
        marked = stream.read(3) == codecs.BOM_UTF8
    return "UTF-8 with a byte order mark" if marked else "UTF-8"


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SAMPLE_CHARACTERS else f"{line[: _SAMPLE_CHARACTERS - 1]}…"


def _all_read(values: Iterable[str], pattern: str) -> bool:
    try:
        for value in values:
            datetime.strptime(value, pattern)  # noqa: DTZ007 - only whether it can be read
    except ValueError:
        return False
    return True


def _fits(text: str, kind: FieldType) -> bool:
    return bool(pc.match_substring_regex(pa.array([text.strip(BLANKS)]), PATTERNS[kind])[0].as_py())


def _coded(text: str) -> bool:
    return len(text) > 1 and text[0] == "0" and text.isascii() and text.isdecimal()
