"""What all imports share: the transaction, the fields, the staging table, and the record at the end."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from segment_engine.compiler.staging import copy_staged_rows, create_staged_rows
from segment_engine.db import schedules
from segment_engine.db.catalog import create_fields, find_or_create_source
from segment_engine.db.queries import Query, load_queries
from segment_engine.db.session import Database, Transaction
from segment_engine.domain.catalog import Catalog, RowType
from segment_engine.errors import InputError
from segment_engine.imports.afterwards import Afterwards, look
from segment_engine.imports.columns import FilePlan
from segment_engine.imports.conduct import PLAINLY, Conduct, Stage
from segment_engine.imports.convert import ColumnConverter, Rejections
from segment_engine.imports.read import InputFile
from segment_engine.imports.remembering import document_of
from segment_engine.imports.report import ImportReport
from segment_engine.imports.request import ImportRequest

QUERIES: Mapping[str, Query] = load_queries("imports")
_ESCAPED = re.compile(r"\\(u0000|.)")


@dataclass(slots=True)
class ImportSession:
    """One import under way: its transaction, its file, and the tallies that become the report."""

    transaction: Transaction
    organization_id: int
    request: ImportRequest
    file: InputFile
    started_at: datetime
    zone: ZoneInfo
    conduct: Conduct = PLAINLY
    rejections: Rejections = field(default_factory=Rejections)
    rows_read: int = 0
    created_contacts: int = 0
    shared_emails: int = 0
    created_campaigns: int = 0

    def run(self, name: str, **values: object) -> int:
        """Run a named statement of this organization and return how many rows it touched."""
        return self.transaction.run(QUERIES[name], {"organization": self.organization_id, **values})

    def scalar(self, name: str, **values: object) -> int:
        """Run a named query of this organization that answers with one number."""
        return int(self.transaction.scalar(QUERIES[name], {"organization": self.organization_id, **values}) or 0)

    def reject(self, code: str, name: str, **values: object) -> None:
        """Run a query that takes rows out of the staging table, and count them."""
        for row in self.transaction.rows(QUERIES[name], {"organization": self.organization_id, **values}):
            self.rejections.add(code, row.row_count, row.first_rows or ())

    def stage(self, columns: Sequence[str], lines: Iterable[memoryview]) -> None:
        """Make the staging table and copy the file into it; the lines hold these columns in this order."""
        self.transaction.run(create_staged_rows(columns))
        self.transaction.copy(copy_staged_rows(columns), lines)
        self.conduct.tell(Stage.COMPARING, self.rows_read)

    def source_id(self) -> UUID:
        """The data source, made when it is new."""
        return find_or_create_source(self.transaction, self.organization_id, self.request.source)

    def next_contact_number(self) -> int:
        """Read and hold the last contact number given."""
        return self.scalar("last_contact_number")

    def next_event_number(self) -> int:
        """Read and hold the last event number given."""
        return self.scalar("last_event_number")

    def add_identities(self, base: int, added: int) -> None:
        """Let the keys of the contacts after `base` lead to them, and give their numbers away for good."""
        if added:
            self.run("create_key_identities", base=base)
            self.run("move_contact_counter", number=base + added)

    def refresh_figures(self, created: int) -> None:
        """Tell the planner about contacts made in this transaction, if they are many for the table."""
        if created and self.scalar("outgrown", changed=created, table_name="contacts"):
            self.run("analyze_new_contacts")


def open_session(
    transaction: Transaction, organization_id: int, request: ImportRequest, file: InputFile, conduct: Conduct = PLAINLY
) -> ImportSession:
    """Lift the time limits, wait for other imports of the organization, and read the clock.

    Raises: InputError for an unknown time zone, a source without a name, or words that cannot be meant.
    """
    if not request.source.strip():
        raise InputError("The data source needs a name. Give one with --source.")
    if not request.separator:
        raise InputError("Nothing cannot separate the elements of a set. Write for example --separator ','.")
    if request.retention_days is not None and request.retention_days < 0:
        raise InputError("A source cannot keep its rows for less than no days. Write --retention-days 0 for ever.")
    try:
        zone = ZoneInfo(request.time_zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise InputError(f"There is no time zone {request.time_zone}. Write one such as Europe/Berlin.") from error
    transaction.rows(QUERIES["no_time_limits"])
    if not transaction.scalar(QUERIES["free_for_an_import"], {"organization": organization_id}):
        conduct.tell(Stage.WAITING)
        transaction.rows(QUERIES["one_at_a_time"], {"organization": organization_id})
    conduct.tell(Stage.LOOKING)
    started_at = transaction.scalar(QUERIES["clock"])
    return ImportSession(transaction, organization_id, request, file, started_at, zone, conduct)


def column_converters(
    session: ImportSession, plan: FilePlan, catalog: Catalog, rows: RowType | None = None
) -> list[ColumnConverter]:
    """Make the fields that are new and pair every column with its field; `rows` is None for fields of contacts."""
    new = [column.new for column in plan.columns if column.new is not None]
    made = create_fields(
        session.transaction, session.organization_id, new, source=session.request.source, catalog=catalog, rows=rows
    )
    created = {each.key: each for each in made}
    return [
        ColumnConverter(
            column.column, column.known or created[column.key], column.markers, column.pattern, session.zone,
            column.known is None, session.request.separator,
        )
        for column in plan.columns
    ]  # fmt: skip


def close_session(
    session: ImportSession, converters: Sequence[ColumnConverter], plan: FilePlan, *, added: int, updated: int,
    left: int,
) -> ImportReport:  # fmt: skip
    """Record the import, so that its figures stand or fall with its rows.

    Shape: `left` is how many rows were left after all rejections.
    """
    session.conduct.tell(Stage.RECORDING, session.rows_read)
    session.rejections.add("torn_row", len(session.file.torn_rows), session.file.torn_rows[:5])
    source_id = session.source_id()
    after = look(
        session.transaction, session.organization_id, session.request, session.file, plan, converters,
        source_id=source_id, finished_at=session.transaction.scalar(QUERIES["clock"]),
        created_contacts=session.created_contacts,
    )  # fmt: skip
    report = ImportReport(
        uuid4(), session.request.kind, session.request.source, session.request.file_name,
        session.rows_read + len(session.file.torn_rows), added, updated, left - added - updated,
        session.rejections.listed(session.file.physical_row), tuple(each.report() for each in converters), plan.empty,
        session.created_contacts, session.shared_emails, session.started_at,
        session.transaction.scalar(QUERIES["clock"]), session.created_campaigns, plan.ignored,
    )  # fmt: skip
    _record(session, report, after, source_id)
    return report


def _record(session: ImportSession, report: ImportReport, after: Afterwards, source_id: UUID) -> None:
    """Write the import, how its source stands afterwards, and who did it."""
    session.run(
        "record_import", import_id=report.import_id, source=source_id, kind=report.kind, file_name=report.file_name,
        rows_read=report.rows_read, added=report.added, updated=report.updated, unchanged=report.unchanged,
        rejected=report.rejected,
        report=_stored({**report.detail(), **after.detail(), "mapping": document_of(session.request)}),
        file_columns=_stored(list(after.columns)), row_total=after.row_total, watermark=after.watermark,
        started_at=report.started_at, finished_at=report.finished_at, imported_by=session.conduct.person_id,
    )  # fmt: skip
    after.store(session.transaction, session.organization_id, report.import_id)
    session.run("touch_source", source=source_id, finished_at=report.finished_at, watermark=after.watermark)
    schedules.source_changed(session.transaction, session.organization_id, source_id)
    days = session.request.retention_days
    if days is not None:
        session.run("keep_rows", source=source_id, retention_days=days or None)
    detail: dict[str, object] = {
        "file": report.file_name,
        "added": report.added,
        "updated": report.updated,
        "rejected": report.rejected,
    }
    session.run(
        "record_audit", source=str(source_id), detail=_stored(detail), person=session.conduct.person_id,
        request=session.conduct.request_id,
    )  # fmt: skip


def _stored(detail: object) -> str:
    """Write JSON without NUL, which PostgreSQL does not take; a backslash that only looks like one stays."""
    return _ESCAPED.sub(lambda found: "�" if found[1] == "u0000" else found[0], json.dumps(detail, ensure_ascii=False))


def analyze(database: Database, organization_id: int, table: str, conduct: Conduct, *, changed: int) -> None:
    """Refresh the planner's figures after a large import; the server itself skips tables it may not analyze."""
    if conduct.rehearsal:
        return
    with database.transaction(organization_id) as transaction:
        transaction.rows(QUERIES["no_time_limits"])
        if changed and transaction.scalar(QUERIES["outgrown"], {"changed": changed, "table_name": table}):
            transaction.run(QUERIES[f"analyze_{table}"])
