"""Members to a file: CSV or Parquet, in flat memory."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC
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
        A file appears under its name only when it is complete, and beside it `NAME.txt` says what it holds.
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
        target.with_name(f"{target.name}.txt").write_text(
            _about(engine, context, segment_id, at_run, members=written), encoding="utf-8"
        )
        unfinished.replace(target)
    except OSError as error:
        raise InputError(f"The file {target} cannot be written: {error.strerror}. Choose another place.") from error
    finally:
        unfinished.unlink(missing_ok=True)
    return written


def _about(engine: Engine, context: OrganizationContext, segment_id: UUID, at_run: UUID | None, *, members: int) -> str:
    """Say which segment the members are of, as of when, and who is meant: a list without that is soon distrusted."""
    segment = engine.segments.get(context, segment_id)
    run_id = at_run or segment.published_run_id
    lines = [segment.name, f"Members: {members}"]
    if run_id is None:
        return "\n".join([*lines, "It has not been calculated yet.", ""])
    run = engine.runs.get(context, run_id)
    as_of = "" if run.as_of is None else run.as_of.astimezone(UTC).isoformat(timespec="seconds")
    lines += [f"As of: {as_of}", f"Run: {run.run_id}, version {run.version} of the criteria", ""]
    if run.version != segment.version or segment.criteria is None:
        lines.append("The criteria have been changed since that run.")
    else:
        said = engine.segments.sentence(context, segment.document, as_of=run.as_of, segment_id=segment_id)
        lines.append(said.text)
    return "\n".join([*lines, ""])


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
