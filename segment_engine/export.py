"""Members to a file: CSV or Parquet, in flat memory."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import UUID

from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.segment import MemberPage
from segment_engine.engine import Engine
from segment_engine.errors import InputError
from segment_engine.imports.arrow import csv, pa, parquet

FORMATS = ("csv", "parquet")
COLUMNS = ("external_key", "name", "email", "city", "country")
SCHEMA: Any = pa.schema([(column, pa.string()) for column in COLUMNS])


def export_members(
    engine: Engine, context: OrganizationContext, segment_id: UUID, *, form: str, target: Path | None = None,
    at_run: UUID | None = None,
) -> int:  # fmt: skip
    """Write the members to a file, or as CSV to standard output, and return how many there were.

    Shape: the columns external_key, name, email, city, country; all text; a missing value is an empty CSV cell.
        A file appears under its name only when it is complete.
    Raises: PermissionDenied, NotFound, InputError when the file cannot be written.
    """
    pages = engine.segments.export(context, segment_id, at_run=at_run)
    if target is None:
        if form != "csv":
            raise InputError("Parquet is not text. Name a file with --output.")
        return _write(pages, sys.stdout.buffer, form)
    unfinished = target.with_name(target.name + ".unfinished")
    try:
        with unfinished.open("wb") as file:
            written = _write(pages, file, form)
        unfinished.replace(target)
    except OSError as error:
        raise InputError(f"The file {target} cannot be written: {error.strerror}. Choose another place.") from error
    finally:
        unfinished.unlink(missing_ok=True)
    return written


def _write(pages: Iterator[MemberPage], file: Any, form: str) -> int:  # noqa: ANN401 - any binary stream
    written = 0
    with ExitStack() as held:
        writer: Any = held.enter_context(
            csv.CSVWriter(file, SCHEMA) if form == "csv" else parquet.ParquetWriter(file, SCHEMA)
        )
        for page in pages:
            columns = [[getattr(member, column) or None for member in page.members] for column in COLUMNS]
            writer.write_table(pa.table([pa.array(column, pa.string()) for column in columns], schema=SCHEMA))
            written += len(page.members)
    return written
