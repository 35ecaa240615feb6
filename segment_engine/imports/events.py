"""Imports events of one type. Every event has a key made of its own content, so that a file may come again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b

from segment_engine.compiler.staging import copy_staged_rows, create_staged_rows, insert_events, update_events
from segment_engine.db.catalog import create_event_type, load_catalog
from segment_engine.db.session import Database
from segment_engine.domain.catalog import Catalog, EventType, FieldType
from segment_engine.errors import InputError
from segment_engine.imports.arrow import Array, pa, pc
from segment_engine.imports.columns import NAME, FilePlan, plan_columns
from segment_engine.imports.convert import ColumnConverter, RowFilter, contact_keys, copy_lines
from segment_engine.imports.read import open_file
from segment_engine.imports.report import ImportReport
from segment_engine.imports.request import EventImport
from segment_engine.imports.session import ImportSession, analyze, close_session, column_converters, open_session
from segment_engine.imports.times import in_utc, to_date, to_instant
from segment_engine.imports.values import as_text, without_missing

_OWN = ("row_number", "external_key", "event_key", "occurred_at")
_SEPARATOR = "\x1f"


def import_events(database: Database, organization_id: int, request: EventImport) -> ImportReport:
    """Import one file of events; everything of it happens, or nothing.

    Shape: with an id column, a row of a known id updates that event; without, a row is known by all its values, and
        exact repeats inside the file are events of their own. The same file again changes nothing.
    Raises: InputError when the file or the request cannot be used, and the errors of `Database.transaction`.
    """
    file = open_file(request.path, delimiter=request.delimiter)
    with database.transaction(organization_id) as transaction:
        session = open_session(transaction, organization_id, request, file)
        catalog = load_catalog(transaction, organization_id)
        event, plan, converters = _prepare(session, request, catalog)
        stored = [name for converter in converters for name in converter.stored]
        transaction.run(create_staged_rows(stored, events=True))
        lines = _EventLines(session, request, event, converters, plan)
        transaction.copy(copy_staged_rows([*_OWN, *stored]), lines.read())
        left = _clean(session, request)
        added, updated = _merge(session, request, event, stored)
        report = close_session(session, converters, plan, added=added, updated=updated, left=left)
    analyze(database, organization_id, "events", changed=report.added + report.updated)
    analyze(database, organization_id, "contacts", changed=report.created_contacts)
    return report


def _prepare(
    session: ImportSession, request: EventImport, catalog: Catalog
) -> tuple[EventType, FilePlan, list[ColumnConverter]]:
    if not NAME.fullmatch(request.event) or request.event == "contact":
        raise InputError(
            f"“{request.event}” cannot be a key of events. Write small letters, digits and _, beginning with a letter "
            "(not contact), for example --event order_placed."
        )
    known = catalog.events.get(request.event)
    if known is not None and known.source != request.source:
        raise InputError(
            f"Events {request.event} belong to the data source “{known.source}”, so “{request.source}” cannot add any. "
            "Import into that source, or give these events another key with --event."
        )
    reserved = tuple(dict.fromkeys(filter(None, (request.key, request.time, request.identifier))))
    plan = plan_columns(
        session.file, request, prefix=request.event, reserved=reserved, known={} if known is None else known.fields,
        time=request.time,
    )  # fmt: skip
    date_only = _date_only(request, plan, known)
    event = known or create_event_type(
        session.transaction, session.organization_id, key=request.event, source=request.source, date_only=date_only
    )
    return event, plan, column_converters(session, plan, catalog, event)


def _date_only(request: EventImport, plan: FilePlan, known: EventType | None) -> bool:
    kind = None if plan.time is None else plan.time.type
    if kind not in {FieldType.DATE, FieldType.INSTANT}:
        raise InputError(
            f"The column {request.time} holds no dates or times that can be read. Declare how they are written, "
            f"for example --type {request.time}=date:%d.%m.%Y or --type {request.time}=instant:%d/%m/%Y %H:%M."
        )
    if known is not None and known.date_only and kind is FieldType.INSTANT:
        raise InputError(
            f"Events {request.event} have dates only, but the column {request.time} holds times of day. "
            f"Declare --type {request.time}=date, or use another key with --event."
        )
    return kind is FieldType.DATE


class _EventLines:
    """Turns the batches of a file into lines for COPY."""

    def __init__(
        self, session: ImportSession, request: EventImport, event: EventType, converters: Sequence[ColumnConverter],
        plan: FilePlan,
    ) -> None:  # fmt: skip
        self._session = session
        self._request = request
        self._converters = converters
        self._markers = plan.markers
        declared = request.types.get(request.time)
        self._pattern = None if declared is None else declared.pattern
        self._date_only = event.date_only
        self._dates = plan.time is not None and plan.time.type is FieldType.DATE
        self._identity = f"{session.source_id()}:{event.key}:"

    def read(self) -> Iterator[memoryview]:
        """Read the file to its end."""
        request = self._request
        own = filter(None, (request.key, request.time, request.identifier))
        names = dict.fromkeys((*own, *(converter.column for converter in self._converters)))
        for batch in self._session.file.batches(list(names)):
            rows = RowFilter(batch, self._session.rejections)
            keys = contact_keys(batch.rows.column(request.key), self._markers[request.key], rows)
            times = self._times(batch.rows.column(request.time), rows)
            identifiers = self._identifiers(batch.rows, rows)
            columns = {name: values.filter(rows.keep) for name, values in (
                ("row_number", rows.numbers), ("external_key", keys), ("occurred_at", times))}  # fmt: skip
            properties: dict[str, Array] = {}
            for converter in self._converters:
                arrays = converter.convert(batch.rows.column(converter.column).filter(rows.keep))
                properties |= dict(zip(converter.stored, arrays, strict=True))
            content = (
                _content(columns, properties) if identifiers is None
                else _joined([columns["external_key"], identifiers.filter(rows.keep)])
            )  # fmt: skip
            columns["event_key"] = self._hashed(content)
            self._session.rows_read += batch.rows.num_rows
            yield copy_lines({name: columns[name] for name in _OWN} | properties)

    def _times(self, array: Array, rows: RowFilter) -> Array:
        present = without_missing(array, self._markers[self._request.time])
        rows.reject("missing_time", present.is_null())
        if self._dates:
            result = to_date(present, pattern=self._pattern)
        else:
            result = to_instant(present, pattern=self._pattern, zone=self._session.zone)
        rows.reject("bad_time", result.bad)
        times = result.values.cast(pa.timestamp("us"))
        return times if self._date_only or not self._dates else in_utc(times, self._session.zone)

    def _identifiers(self, batch: Array, rows: RowFilter) -> Array | None:
        column = self._request.identifier
        if column is None:
            return None
        texts = as_text(without_missing(batch.column(column), self._markers[column]))
        rows.reject("missing_id", texts.is_null())
        return texts

    def _hashed(self, content: Array) -> Array:
        start = blake2b(self._identity.encode(), digest_size=16)
        keys: list[str] = []
        for text in content.cast(pa.binary()).to_pylist():
            digest = start.copy()
            digest.update(text)
            keys.append(digest.hexdigest())
        return pa.array(keys, pa.string())


def _content(columns: Mapping[str, Array], properties: Mapping[str, Array]) -> Array:
    """Write a whole event as one text that no other event shares; missing values leave no trace in it.

    Source: a later file with one more column, empty for old events, therefore still finds them.
    """
    parts = [columns["external_key"], columns["occurred_at"].cast(pa.int64()).cast(pa.string())]
    for name, values in sorted(properties.items()):
        parts.append(pc.binary_join_element_wise(f"{name}=", _written(values), ""))
    return _joined(parts)


def _written(values: Array) -> Array:
    if pa.types.is_timestamp(values.type):
        return values.cast(pa.int64()).cast(pa.string())
    return values.cast(pa.string())


def _joined(parts: Sequence[Array]) -> Array:
    """Join texts so that different parts never give the same whole: each is led by its length."""
    measured = [pc.binary_join_element_wise(pc.utf8_length(part).cast(pa.string()), part, ":") for part in parts]
    return pc.binary_join_element_wise(*measured, _SEPARATOR, null_handling="skip")


def _clean(session: ImportSession, request: EventImport) -> int:
    """Take rows without a place out of the staging table; returns how many are left."""
    if request.identifier is None:
        session.run("analyze_staged")
        session.run("number_repeats")
    else:
        session.reject("duplicate_id", "reject_duplicate_ids")
        session.run("analyze_staged")
    if request.create_contacts:
        base = session.next_contact_number()
        session.created_contacts = session.run("create_bare_contacts", base=base)
        session.add_identities(base, session.created_contacts)
        session.refresh_figures(session.created_contacts)
    else:
        session.reject("unknown_contact", "reject_unknown")
    session.reject("deleted_contact", "reject_deleted")
    return session.scalar("count_staged")


def _merge(session: ImportSession, request: EventImport, event: EventType, stored: Sequence[str]) -> tuple[int, int]:
    """Move the staged rows into the table of events; returns how many were added and how many changed."""
    values: dict[str, object] = {"organization": session.organization_id}
    updated = 0
    if request.identifier is not None and session.scalar("has_events", event_type=event.number):
        updated = session.transaction.run(update_events(stored), values)
    base = session.next_event_number()
    inserting = {**values, "base": base, "event_type": event.number}
    added = session.transaction.run(insert_events(stored), inserting)
    if added:
        session.run("move_event_counter", rows=session.rows_read)
    return added, updated
