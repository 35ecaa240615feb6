"""Members to a file: CSV that a spreadsheet may open, or Parquet. Written in flat memory, or for a download."""

from __future__ import annotations

import re
import secrets
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.segment import MemberPage
from segment_engine.domain.spreadsheets import safe_cell
from segment_engine.engine import Engine
from segment_engine.errors import InputError
from segment_engine.imports.arrow import csv, pa, parquet

FORMATS = ("csv", "parquet")
COLUMNS = ("external_key", "name", "email", "city", "country")
SCHEMA: Any = pa.schema([(column, pa.string()) for column in COLUMNS])
MOST_DOWNLOADED = 100_000
MIME_TYPES = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}

_UNSAFE_IN_NAMES = re.compile(r"[^a-z0-9]+")
_LONGEST_STEM = 40


@dataclass(frozen=True, slots=True)
class MembersFile:
    """A file of members for a download. Shape: `cut` when there were more members than it may hold."""

    data: bytes
    members: int
    cut: bool


def file_name(segment_name: str, form: str) -> str:
    """Make a name nobody can guess: whoever has the address of a download can fetch it without a sign-in."""
    stem = _UNSAFE_IN_NAMES.sub("-", segment_name.lower())[:_LONGEST_STEM].strip("-") or "members"
    return f"{stem}-{secrets.token_hex(16)}.{form}"


def members_file(
    engine: Engine, context: OrganizationContext, segment_id: UUID, *, form: str, at_run: UUID | None = None,
    most: int = MOST_DOWNLOADED,
) -> MembersFile:  # fmt: skip
    """Make a file of up to `most` members in memory, in the order of their numbers; who asked is in the audit log.

    Raises: PermissionDenied, NotFound.
    """
    target = BytesIO()
    pages = _Capped(engine.segments.export(context, segment_id, at_run=at_run), most)
    written = _write(iter(pages), target, form)
    return MembersFile(target.getvalue(), written, pages.cut)


class _Capped:
    """Pages up to a number of members; `cut` tells afterwards whether any were left out."""

    def __init__(self, pages: Iterator[MemberPage], most: int) -> None:
        self._pages, self._left = pages, most
        self.cut = False

    def __iter__(self) -> Iterator[MemberPage]:
        for page in self._pages:
            kept = page.members[: self._left]
            self._left -= len(kept)
            self.cut = len(kept) < len(page.members) or (self._left == 0 and page.next_after is not None)
            yield MemberPage(kept, page.next_after)
            if self._left == 0:
                return


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
    if at_run is None:
        # What keeps them from being today's, or from being used, belongs to them: a result that was withheld, say.
        lines += [f"Mind: {each.sentence}" for each in engine.segments.standing(context, segment_id).reasons]
    return "\n".join([*lines, ""])


def _write(pages: Iterator[MemberPage], file: Any, form: str) -> int:  # noqa: ANN401 - any binary stream
    written = 0
    with ExitStack() as held:
        writer: Any = held.enter_context(_writer(file, form))
        for page in pages:
            columns = [[_cell(getattr(member, column), form) for member in page.members] for column in COLUMNS]
            writer.write_table(pa.table([pa.array(column, pa.string()) for column in columns], schema=SCHEMA))
            written += len(page.members)
    return written


def _writer(file: Any, form: str) -> Any:  # noqa: ANN401 - either of two writers without a common type
    """Open a writer. Source: RFC 4180 for CSV: lines end in CR LF, quotes are doubled."""
    if form != "csv":
        return parquet.ParquetWriter(file, SCHEMA)
    options = csv.WriteOptions(eol="\r\n", quoting_style="all_valid")
    return csv.CSVWriter(file, SCHEMA, write_options=options)


def _cell(value: str | None, form: str) -> str | None:
    """Give what is written for a value: only CSV is opened by programs that take a text for a formula."""
    return (safe_cell(value) if form == "csv" else value) if value else None
