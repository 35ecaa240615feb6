"""Imports events of one type. Every event has a key made of its own content, so that a file may come again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b

from segment_engine.compiler.staging import insert_events, update_events
from segment_engine.db.catalog import create_event_type, load_catalog
from segment_engine.db.session import Database
from segment_engine.domain.catalog import Catalog, EventType, FieldType
from segment_engine.errors import InputError
from segment_engine.imports.arrow import Array, pa, pc
from segment_engine.imports.campaigns import CampaignColumn, check_campaign_words
from segment_engine.imports.columns import NAME, FilePlan, plan_columns
from segment_engine.imports.conduct import PLAINLY, Conduct
from segment_engine.imports.convert import ColumnConverter, RowFilter
from segment_engine.imports.lines import Columns, OwnColumn, key_column, read_lines, time_reader, time_type
from segment_engine.imports.read import open_file
from segment_engine.imports.report import ImportReport
from segment_engine.imports.request import EventImport
from segment_engine.imports.session import ImportSession, analyze, close_session, column_converters, open_session
from segment_engine.imports.values import as_text, without_missing

_OWN = ("row_number", "external_key", "event_key", "occurred_at")
_SEPARATOR = "\x1f"


def import_events(
    database: Database, organization_id: int, request: EventImport, conduct: Conduct = PLAINLY
) -> ImportReport:
    """Import one file of events; everything of it happens, or nothing.

    Shape: with an id column, a row of a known id updates that event; without, a row is known by all its values, and
        exact repeats inside the file are events of their own. The same file again changes nothing.
    Raises: InputError when the file or the request cannot be used, and the errors of `Database.transaction`.
    """
    check_campaign_words(request)
    file = open_file(request.path, delimiter=request.delimiter, name=request.file_name)
    with conduct.transaction(database, organization_id) as transaction:
        session = open_session(transaction, organization_id, request, file, conduct)
        catalog = load_catalog(transaction, organization_id)
        event, plan, converters = _prepare(session, request, catalog)
        stored = [name for converter in converters for name in converter.stored]
        campaigns = _campaigns(session, request, plan)
        own = [*_OWN] if campaigns is None else [*_OWN, "campaign_id"]
        columns = _own_columns(session, request, event, plan, campaigns)
        keys = _EventKeys(f"{session.source_id()}:{event.key}:", identified=request.identifier is not None)
        session.stage([*own, *stored], read_lines(session, columns, converters, staged=own, derive=keys.derive))
        left = _clean(session, request)
        if campaigns is not None:
            campaigns.create_new(session, request.channel)
        added, updated = _merge(session, request, event, [*own[len(_OWN) :], *stored])
        report = close_session(session, converters, plan, added=added, updated=updated, left=left)
    analyze(database, organization_id, "events", conduct, changed=report.added + report.updated)
    analyze(database, organization_id, "contacts", conduct, changed=report.created_contacts)
    return report


def _prepare(
    session: ImportSession, request: EventImport, catalog: Catalog
) -> tuple[EventType, FilePlan, list[ColumnConverter]]:
    if not NAME.fullmatch(request.event) or request.event == "contact" or request.event in catalog.relations:
        raise InputError(
            f"“{request.event}” cannot be a key of events. Write small letters, digits and _, beginning with a letter "
            "(not contact, nor the key of a related table), for example --event order_placed."
        )
    known = catalog.events.get(request.event)
    _check_known(request, known, catalog)
    reserved = tuple(dict.fromkeys(filter(None, (request.key, request.time, request.identifier, request.campaign))))
    plan = plan_columns(
        session.file, request, prefix=request.event, reserved=reserved, known={} if known is None else known.fields,
        time=request.time,
    )  # fmt: skip
    date_only = _date_only(request, plan, known)
    event = known or create_event_type(
        session.transaction, session.organization_id, key=request.event, source=request.source, date_only=date_only,
        interaction=request.interaction,
    )  # fmt: skip
    return event, plan, column_converters(session, plan, catalog, event)


def _check_known(request: EventImport, known: EventType | None, catalog: Catalog) -> None:
    if known is not None and known.source != request.source:
        raise InputError(
            f"Events {request.event} belong to the data source “{known.source}”, so “{request.source}” cannot add any. "
            "Import into that source, or give these events another key with --event."
        )
    if known is not None and known.interaction != request.interaction:
        are = "no campaign history" if known.interaction is None else f"the campaign history “{known.interaction}”"
        raise InputError(
            f"Events {request.event} are {are}, and stay so. Give these events another key with --event, or write "
            "--interaction as at their first import."
        )
    twin = next((each.key for each in catalog.events.values() if each.interaction == request.interaction), None)
    if request.interaction is not None and twin not in {None, request.event}:
        raise InputError(
            f"The campaign history “{request.interaction}” is kept as events {twin} already. "
            f"Import it as --event {twin}."
        )


def _date_only(request: EventImport, plan: FilePlan, known: EventType | None) -> bool:
    kind = time_type(request.time, plan.time)
    if known is not None and known.date_only and kind is FieldType.INSTANT:
        raise InputError(
            f"Events {request.event} have dates only, but the column {request.time} holds times of day. "
            f"Declare --type {request.time}=date, or use another key with --event."
        )
    return kind is FieldType.DATE


def _campaigns(session: ImportSession, request: EventImport, plan: FilePlan) -> CampaignColumn | None:
    if request.campaign is None:
        return None
    return CampaignColumn(session, request.campaign, plan.markers[request.campaign])


def _own_columns(
    session: ImportSession, request: EventImport, event: EventType, plan: FilePlan, campaigns: CampaignColumn | None
) -> list[OwnColumn]:
    times = time_reader(session, plan, request.time, date_only=event.date_only)
    columns = [key_column(request.key, plan), OwnColumn(request.time, "occurred_at", times.read_required)]
    if request.identifier is not None:
        columns.append(OwnColumn(request.identifier, "identifier", _identifiers(plan.markers[request.identifier])))
    if campaigns is not None and request.campaign is not None:
        columns.append(OwnColumn(request.campaign, "campaign_id", campaigns.read))
    return columns


def _identifiers(markers: tuple[str, ...]) -> Callable[[Array, RowFilter], Array]:
    def read(array: Array, rows: RowFilter) -> Array:
        texts = as_text(without_missing(array, markers))
        rows.reject("missing_id", texts.is_null())
        return texts

    return read


class _EventKeys:
    """Makes the key of every event: from the source's own id, or from all its values."""

    def __init__(self, identity: str, *, identified: bool) -> None:
        self._start = blake2b(identity.encode(), digest_size=16)
        self._identified = identified

    def derive(self, columns: Columns, properties: Columns) -> Columns:
        """Give the column of keys."""
        if self._identified:
            return {"event_key": self._hashed(_joined([columns["external_key"], columns["identifier"]]))}
        return {"event_key": self._hashed(_content(columns, properties))}

    def _hashed(self, content: Array) -> Array:
        keys: list[str] = []
        for text in content.cast(pa.binary()).to_pylist():
            digest = self._start.copy()
            digest.update(text)
            keys.append(digest.hexdigest())
        return pa.array(keys, pa.string())


def _content(columns: Mapping[str, Array], properties: Mapping[str, Array]) -> Array:
    """Write a whole event as one text that no other event shares; missing values leave no trace in it.

    Source: a later file with one more column, empty for old events, therefore still finds them.
    """
    parts = [columns["external_key"], columns["occurred_at"].cast(pa.int64()).cast(pa.string())]
    if "campaign_id" in columns:
        parts.append(columns["campaign_id"])
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
