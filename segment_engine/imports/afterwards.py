"""What an import leaves on record beside its report: the file's columns, what the source holds now, how fields look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from segment_engine.db import profiles as stored
from segment_engine.db.catalog import load_catalog
from segment_engine.db.session import Transaction
from segment_engine.domain.catalog import Catalog, EventType, Field, FieldType, Relation, RowType
from segment_engine.domain.profiles import FieldProfile
from segment_engine.imports.columns import FilePlan, schema_type
from segment_engine.imports.convert import ColumnConverter
from segment_engine.imports.profiling import profile_table
from segment_engine.imports.read import Column, InputFile
from segment_engine.imports.request import EventImport, ImportRequest, RelatedImport

CONTACTS = "contact"
# Records that belong to no source once they are here: all of them count.
_WITHOUT_FIELDS = ("consents", "channels")


@dataclass(frozen=True, slots=True)
class Afterwards:
    """How a source stands after an import.

    Shape: `rows` names what the file brought: `contact`, the key of an event type or relation, `consents` or
        `channels`; `totals` counts all kinds of rows of the source by these names. `carried` are the keys of fields the
        import did not touch, whose profiles of the import `before` still hold.
    """

    rows: str
    columns: tuple[Mapping[str, str | None], ...]
    totals: Mapping[str, int]
    watermark: datetime | None
    profiles: tuple[FieldProfile, ...]
    before: UUID | None
    carried: tuple[str, ...]

    @property
    def row_total(self) -> int:
        """Rows of the source, of every kind."""
        return sum(self.totals.values())

    def detail(self) -> dict[str, object]:
        """Give what is stored with the report."""
        return {"rows": self.rows, "totals": dict(self.totals)}

    def store(self, transaction: Transaction, organization_id: int, import_id: UUID) -> None:
        """Write the profiles; the import is on record already."""
        stored.write(transaction, organization_id, import_id, self.profiles)
        if self.before is not None and self.carried:
            stored.carry_over(transaction, organization_id, before=self.before, now=import_id, keys=self.carried)


def look(
    transaction: Transaction, organization_id: int, request: ImportRequest, file: InputFile, plan: FilePlan,
    converters: Sequence[ColumnConverter], *, source_id: UUID, finished_at: datetime, created_contacts: int,
) -> Afterwards:  # fmt: skip
    """Look at the source as it is now, before the import is recorded; `finished_at` is the time of the database."""
    catalog = load_catalog(transaction, organization_id)
    before = stored.newest(transaction, organization_id, source_id)
    rows = _rows_of(request)
    tables = _tables(catalog, request.source, rows)
    touched = {rows, CONTACTS} if created_contacts else {rows}
    fresh = [name for name in tables if name in touched or name not in before.totals]
    totals = {name: before.totals[name] for name in (*tables, *_WITHOUT_FIELDS) if name in before.totals}
    profiles: list[FieldProfile] = []
    for name in fresh:
        kind, fields = tables[name]
        totals[name] = stored.count_rows(transaction, organization_id, kind)
        profiles += profile_table(transaction, organization_id, fields, kind, total=totals[name])
    if rows in _WITHOUT_FIELDS:
        totals[rows] = stored.count_kind(transaction, organization_id, rows)
    carried = tuple(field.key for name in tables if name not in fresh for field in tables[name][1])
    watermark = _watermark(transaction, tables.get(rows), finished_at, before.watermark)
    columns = tuple(_column(each, request, plan, converters) for each in file.columns)
    return Afterwards(rows, columns, totals, watermark, tuple(profiles), before.import_id, carried)


def _rows_of(request: ImportRequest) -> str:
    if isinstance(request, EventImport):
        return request.event
    if isinstance(request, RelatedImport):
        return request.relation
    return CONTACTS if request.kind == "contacts" else request.kind


_Table = tuple[RowType | None, tuple[Field, ...]]


def _tables(catalog: Catalog, source: str, rows: str) -> dict[str, _Table]:
    """Find what a source delivers: contacts if a field of them is its own, its event types, and its relations."""
    own = tuple(field for field in catalog.fields.values() if field.source == source)
    kinds: list[RowType] = [
        each for each in (*catalog.events.values(), *catalog.relations.values()) if each.source == source
    ]
    found: dict[str, _Table] = {CONTACTS: (None, own)} if own or rows == CONTACTS else {}
    return found | {each.key: (each, tuple(each.fields.values())) for each in kinds}


def _watermark(
    transaction: Transaction, table: _Table | None, finished_at: datetime, before: datetime | None
) -> datetime | None:
    """Say how far the source has delivered: rows with a time tell; everything else is as of the import."""
    kind = None if table is None else table[0]
    timed = isinstance(kind, EventType) or (isinstance(kind, Relation) and kind.time is not None)
    latest = stored.latest_staged(transaction) if timed else finished_at
    return max((each for each in (latest, before) if each is not None), default=None)


def _column(
    column: Column, request: ImportRequest, plan: FilePlan, converters: Sequence[ColumnConverter]
) -> dict[str, str | None]:
    converter = next((each for each in converters if each.column == column.name), None)
    key = None if converter is None else converter.field.key
    return {"name": column.name, "type": _type_read(column, request, plan, converter), "field": key}


def _type_read(
    column: Column, request: ImportRequest, plan: FilePlan, converter: ColumnConverter | None
) -> str:  # fmt: skip
    """Say what stood in a column: by the schema of the file, else by what its values could be read as."""
    if column.name in plan.empty:
        return "empty"
    if column.name in request.skip or column.name in plan.ignored:
        return "not read"
    known = None if column.type is None else schema_type(column.type)
    if known is not None and known is not FieldType.TEXT:
        return known.value
    if converter is not None:
        readable = converter.tally.present >= converter.tally.unparseable
        return (converter.field.type if readable else FieldType.TEXT).value
    is_time = plan.time is not None and plan.time.type is not None and column.name == getattr(request, "time", None)
    return plan.time.type.value if is_time and plan.time and plan.time.type else FieldType.TEXT.value
