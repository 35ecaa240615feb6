"""Imports the rows of a related table: orders of contacts, lines of orders. At most two steps from a contact."""

from __future__ import annotations

from collections.abc import Sequence

from segment_engine.compiler.staging import insert_related, update_related
from segment_engine.db.catalog import load_catalog
from segment_engine.db.relations import create_relation
from segment_engine.db.session import Database
from segment_engine.domain.catalog import Catalog, FieldType, Relation
from segment_engine.errors import InputError
from segment_engine.imports.columns import NAME, FilePlan, plan_columns
from segment_engine.imports.conduct import PLAINLY, Conduct
from segment_engine.imports.convert import ColumnConverter
from segment_engine.imports.lines import OwnColumn, key_column, read_lines, time_reader, time_type
from segment_engine.imports.read import open_file
from segment_engine.imports.report import ImportReport
from segment_engine.imports.request import RelatedImport
from segment_engine.imports.session import ImportSession, analyze, close_session, column_converters, open_session
from segment_engine.imports.words import absent


def import_related(
    database: Database, organization_id: int, request: RelatedImport, conduct: Conduct = PLAINLY
) -> ImportReport:
    """Import one file of rows of one relation; everything of it happens, or nothing.

    Shape: a row of a known id updates that row, also when it belongs to somebody else now; what hangs on it goes along.
        The same file again changes nothing.
    Raises: InputError when the file or the request cannot be used, and the errors of `Database.transaction`.
    """
    file = open_file(request.path, delimiter=request.delimiter, name=request.file_name)
    with conduct.transaction(database, organization_id) as transaction:
        session = open_session(transaction, organization_id, request, file, conduct)
        catalog = load_catalog(transaction, organization_id)
        parent = _parent(request, catalog)
        relation, plan, converters = _prepare(session, request, catalog, parent)
        stored = [name for converter in converters for name in converter.stored]
        columns = _own_columns(session, request, relation, plan)
        staged = ["row_number", "external_key", "row_key", "occurred_at"]
        session.stage([*staged, *stored], read_lines(session, columns, converters, staged=staged))
        left = _clean(session, parent)
        added, updated = _merge(session, relation, parent, stored)
        report = close_session(session, converters, plan, added=added, updated=updated, left=left)
    analyze(database, organization_id, "related_rows", conduct, changed=report.added + report.updated)
    return report


def _parent(request: RelatedImport, catalog: Catalog) -> Relation | None:
    if request.parent_relation is None:
        return None
    parent = catalog.relations.get(request.parent_relation)
    if parent is None:
        raise InputError(
            f"There is no related table {request.parent_relation}. Import it before the rows that belong to it."
        )
    if parent.parent is not None:
        raise InputError(
            f"Rows of {parent.key} belong to rows of {parent.parent}, and at most two steps lead from a contact. "
            f"Import these rows as belonging to {parent.parent}, or to contacts."
        )
    return parent


def _prepare(
    session: ImportSession, request: RelatedImport, catalog: Catalog, parent: Relation | None
) -> tuple[Relation, FilePlan, list[ColumnConverter]]:
    if not NAME.fullmatch(request.relation) or request.relation == "contact" or request.relation in catalog.events:
        raise InputError(
            f"“{request.relation}” cannot be the key of a related table. Write small letters, digits and _, beginning "
            "with a letter (not contact, nor the key of events), for example --relation orders."
        )
    known = catalog.relations.get(request.relation)
    _check_known(request, known)
    reserved = tuple(dict.fromkeys(filter(None, (request.key, request.identifier, request.time))))
    plan = plan_columns(
        session.file, request, prefix=request.relation, reserved=reserved, known={} if known is None else known.fields,
        time=request.time,
    )  # fmt: skip
    time = None if request.time is None else time_type(request.time, plan.time)
    if known is not None and known.date_only and time is FieldType.INSTANT:
        raise InputError(
            f"Rows of {request.relation} have dates only, but the column {request.time} holds times of day. "
            f"Declare --type {request.time}=date."
        )
    relation = known or create_relation(
        session.transaction, session.organization_id, key=request.relation, source=request.source,
        source_id=session.source_id(), parent=parent, time=time,
    )  # fmt: skip
    return relation, plan, column_converters(session, plan, catalog, relation)


def _check_known(request: RelatedImport, known: Relation | None) -> None:
    if known is None:
        return
    if known.source != request.source:
        raise InputError(
            f"Rows of {known.key} belong to the data source “{known.source}”, so “{request.source}” cannot add any. "
            "Import into that source, or give these rows another key with --relation."
        )
    if known.parent != request.parent_relation:
        owners = "contacts" if known.parent is None else f"rows of {known.parent}"
        raise InputError(
            f"Rows of {known.key} belong to {owners}, and stay so. Name their owner as at the first import, or give "
            "these rows another key with --relation."
        )
    if (known.time is None) != (request.time is None):
        have = "no time" if known.time is None else "a time"
        raise InputError(
            f"Rows of {known.key} have {have}, and stay so. Write --time as at the first import, or give these rows "
            "another key with --relation."
        )


def _own_columns(session: ImportSession, request: RelatedImport, relation: Relation, plan: FilePlan) -> list[OwnColumn]:
    owner = "key" if request.parent_relation is None else "parent"
    columns = [
        key_column(request.key, plan, name=owner),
        key_column(request.identifier, plan, staged="row_key", name="id"),
    ]
    if request.time is None:
        return [*columns, absent(request.identifier, "occurred_at")]
    times = time_reader(session, plan, request.time, date_only=relation.date_only)
    return [*columns, OwnColumn(request.time, "occurred_at", times.read_required)]


def _clean(session: ImportSession, parent: Relation | None) -> int:
    """Take rows without a place out of the staging table; returns how many are left."""
    session.run("analyze_staged")
    session.reject("duplicate_row", "reject_duplicate_rows")
    if parent is None:
        session.reject("unknown_contact", "reject_unknown")
        session.reject("deleted_contact", "reject_deleted")
    else:
        session.reject("unknown_parent", "reject_unknown_parents", parent=parent.number)
        session.reject("deleted_contact", "reject_parents_of_deleted", parent=parent.number)
    return session.scalar("count_staged")


def _merge(
    session: ImportSession, relation: Relation, parent: Relation | None, stored: Sequence[str]
) -> tuple[int, int]:
    """Move the staged rows into the table; returns how many were added and how many changed."""
    values: dict[str, object] = {"organization": session.organization_id, "relation_number": relation.number}
    if parent is not None:
        values["parent_relation"] = parent.number
    nested, updated = parent is not None, 0
    if session.scalar("has_related", relation=relation.number):
        updated = session.transaction.run(update_related(stored, nested=nested), values)
        if not nested:
            session.run("move_related", relation=relation.number)
    base = session.scalar("last_related_number")
    added = session.transaction.run(insert_related(stored, nested=nested), {**values, "base": base})
    if added:
        session.run("move_related_counter", rows=session.rows_read)
    return added, updated
