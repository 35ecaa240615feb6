"""Imports how contacts are reached: address, whether it is valid, and suppression, one contact and channel a row."""

from __future__ import annotations

from dataclasses import dataclass

from segment_engine.db.session import Database
from segment_engine.errors import InputError
from segment_engine.imports.arrow import Array, pc
from segment_engine.imports.columns import FilePlan, plan_reserved
from segment_engine.imports.conduct import PLAINLY, Conduct
from segment_engine.imports.convert import EMAIL_CHARACTERS, RowFilter
from segment_engine.imports.lines import OwnColumn, key_column, read_lines, time_reader
from segment_engine.imports.read import InputFile, open_file
from segment_engine.imports.report import ImportReport
from segment_engine.imports.request import ChannelImport
from segment_engine.imports.session import ImportSession, analyze, close_session, open_session
from segment_engine.imports.values import to_boolean, without_missing
from segment_engine.imports.words import Read, absent, channel_column, optional_column, read_text, read_word

_STAGED = ("row_number", "external_key", "channel", "address", "address_valid", "suppressed_at", "suppression")
_SUPPRESSIONS = ("hard_bounce", "complaint", "global_stop")


@dataclass(frozen=True, slots=True)
class _Delivered:
    """Which columns the file has for which part of a channel."""

    address: str | None
    valid: str | None
    suppressed_at: str | None
    suppression: str | None

    @property
    def named(self) -> tuple[str, ...]:
        return tuple(filter(None, (self.address, self.valid, self.suppressed_at, self.suppression)))


def import_channels(
    database: Database, organization_id: int, request: ChannelImport, conduct: Conduct = PLAINLY
) -> ImportReport:
    """Import one file of channels; everything of it happens, or nothing.

    Shape: what a file does not deliver stays as it is; a channel that is new, or has a new address, counts as valid and
        not suppressed unless the file says otherwise. The same file again changes nothing.
    Raises: InputError when the file or the request cannot be used, and the errors of `Database.transaction`.
    """
    file = open_file(request.path, delimiter=request.delimiter, name=request.file_name)
    delivered = _delivered(file, request)
    with conduct.transaction(database, organization_id) as transaction:
        session = open_session(transaction, organization_id, request, file, conduct)
        reserved = (request.key, request.channel, *delivered.named)
        plan = plan_reserved(file, request, reserved=reserved, time=delivered.suppressed_at)
        columns = _own_columns(session, request, plan, delivered)
        session.stage(_STAGED, read_lines(session, columns, (), staged=_STAGED))
        session.run("analyze_staged")
        session.reject("duplicate_channel", "reject_duplicate_channels")
        session.reject("unknown_contact", "reject_unknown")
        session.reject("deleted_contact", "reject_deleted")
        left = session.scalar("count_staged")
        updated = session.run(
            "update_channels", has_address=delivered.address is not None, has_valid=delivered.valid is not None,
            has_suppression=delivered.suppression is not None,
        )  # fmt: skip
        added = session.run("add_channels")
        report = close_session(session, (), plan, added=added, updated=updated, left=left)
    analyze(database, organization_id, "contact_channels", conduct, changed=report.added + report.updated)
    return report


def _delivered(file: InputFile, request: ChannelImport) -> _Delivered:
    delivered = _Delivered(
        optional_column(file, request.address, "address"),
        optional_column(file, request.valid, "valid"),
        optional_column(file, request.suppressed_at, "suppressed_at"),
        optional_column(file, request.suppression, "suppression"),
    )
    if not delivered.named:
        raise InputError(
            f"{file.name} says nothing about channels. It needs at least one of the columns address, valid, or "
            "suppressed_at with suppression."
        )
    if (delivered.suppressed_at is None) != (delivered.suppression is None):
        raise InputError(
            "A suppression needs two columns: when it began and which one it is. Name them with --suppressed-at and "
            "--suppression, or leave both out."
        )
    return delivered


def _own_columns(
    session: ImportSession, request: ChannelImport, plan: FilePlan, delivered: _Delivered
) -> list[OwnColumn]:
    columns = [key_column(request.key, plan), channel_column(request.channel, plan)]
    if delivered.address is None:
        columns.append(absent(request.key, "address"))
    else:
        texts = read_text(plan.markers[delivered.address], name="address", most=EMAIL_CHARACTERS)
        columns.append(OwnColumn(delivered.address, "address", texts))
    valid = plan.markers[delivered.valid] if delivered.valid else ()
    columns.append(OwnColumn(delivered.valid or request.key, "address_valid", _validity(valid, known=delivered.valid)))
    if delivered.suppressed_at is None or delivered.suppression is None:
        return [*columns, absent(request.key, "suppressed_at"), absent(request.key, "suppression")]
    return [*columns, *_suppression(session, plan, delivered.suppressed_at, delivered.suppression)]


def _validity(markers: tuple[str, ...], *, known: str | None) -> Read:
    """Read whether addresses are valid; what nothing is said of is valid."""

    def read(array: Array, rows: RowFilter) -> Array:
        if known is None:
            return pc.is_valid(rows.numbers)
        result = to_boolean(without_missing(array, markers))
        rows.reject("bad_valid", result.bad)
        return pc.fill_null(result.values, True)

    return read


def _suppression(session: ImportSession, plan: FilePlan, began: str, which: str) -> list[OwnColumn]:
    """Read both halves of a suppression; the second one knows the first of the same batch."""
    times = time_reader(session, plan, began)
    words = read_word(_SUPPRESSIONS, plan.markers[which], name="suppression", required=False)
    latest: list[Array] = []

    def read_time(array: Array, rows: RowFilter) -> Array:
        latest[:] = [times.read(array, rows)]
        return latest[0]

    def read_kind(array: Array, rows: RowFilter) -> Array:
        kinds = words(array, rows)
        rows.reject("half_suppression", pc.not_equal(kinds.is_valid(), latest[0].is_valid()))
        return kinds

    return [OwnColumn(began, "suppressed_at", read_time), OwnColumn(which, "suppression", read_kind)]
