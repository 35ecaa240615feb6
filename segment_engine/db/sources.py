"""Data sources: stored figures, imports, who names their fields, and what a field is called."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from segment_engine.db.queries import load_queries
from segment_engine.db.session import Transaction
from segment_engine.domain.drift import Delivery, FileColumn
from segment_engine.domain.profiles import totals_of
from segment_engine.domain.sources import (
    ReadColumn,
    RejectedRows,
    RowKind,
    SourceCard,
    SourceId,
    SourceImport,
    SourceUser,
    UserKind,
    Uses,
)

_QUERIES = load_queries("sources")


def find(
    transaction: Transaction, organization_id: int, source_id: UUID | None = None
) -> tuple[SourceCard, ...]:  # fmt: skip
    """List the sources, those that are late first; with an id, that one alone."""
    values = {"organization": organization_id, "source": source_id}
    kinds: dict[UUID, list[Row[Any]]] = defaultdict(list)
    for row in transaction.rows(_QUERIES["row_kinds"], values):
        kinds[row.data_source_id].append(row)
    newest = {row.data_source_id: row for row in transaction.rows(_QUERIES["last_imports"], values)}
    return tuple(
        _card(row, kinds[row.data_source_id], newest.get(row.data_source_id))
        for row in transaction.rows(_QUERIES["find"], values)
    )


def _card(row: Row[Any], kinds: list[Row[Any]], newest: Row[Any] | None) -> SourceCard:
    totals = {} if newest is None else totals_of(newest.report)
    return SourceCard(
        SourceId(row.data_source_id), row.name,
        tuple(RowKind(kind.key, kind.label, totals.get(kind.key)) for kind in kinds),
        None if newest is None else newest.row_total, row.last_imported_at, row.watermark, row.stale_after_hours,
        row.retention_days, None if newest is None else _import(newest), row.field_count, row.segment_count,
        row.campaign_count, tuple(int(each) for each in row.recent_totals or ()),
    )  # fmt: skip


def imports(
    transaction: Transaction, organization_id: int, source_id: UUID, *, limit: int, offset: int
) -> tuple[SourceImport, ...]:  # fmt: skip
    """Read some imports of a source, newest first."""
    values = {"organization": organization_id, "source": source_id, "limit": limit, "offset": offset}
    return tuple(_import(row) for row in transaction.rows(_QUERIES["imports"], values))


def count_imports(transaction: Transaction, organization_id: int, source_id: UUID) -> int:
    """Count the imports of a source."""
    return int(transaction.scalar(_QUERIES["count_imports"], {"organization": organization_id, "source": source_id}))


def _import(row: Row[Any]) -> SourceImport:
    fields = tuple(
        ReadColumn(
            each["column"], each["key"], each["type"], each["present"], each["missing"], each["unparseable"],
            each["outside"], tuple(each["samples"]), each["new"],
        )
        for each in row.report.get("fields", ())
    )  # fmt: skip
    rejections = tuple(
        RejectedRows(each["code"], each["sentence"], each["count"], tuple(each["first_rows"]))
        for each in row.report.get("rejections", ())
    )
    return SourceImport(
        row.import_id, row.kind, row.report.get("rows"), row.file_name, row.rows_read, row.added, row.updated,
        row.unchanged, row.rejected, row.started_at, row.finished_at, row.row_total, row.watermark, row.person,
        sum(each.unparseable for each in fields), _columns(row.file_columns, {}), rejections, fields,
    )  # fmt: skip


def _columns(stored: Iterable[Mapping[str, Any]], aliases: Mapping[str, str]) -> tuple[FileColumn, ...]:
    return tuple(
        FileColumn(each["name"], each["type"], aliases.get(each["field"], each["field"]) if each["field"] else None)
        for each in stored
    )


# Names -----------------------------------------------------------------------------------------------------------


def aliases(transaction: Transaction, organization_id: int) -> dict[str, str]:
    """Read the earlier names of fields with the name each has today, the oldest first."""
    rows = transaction.rows(_QUERIES["aliases"], {"organization": organization_id})
    return {row.alias: row.key for row in rows}


def uses(transaction: Transaction, organization_id: int, keys: Iterable[str] | None = None) -> Uses:
    """Read who names which keys; every key that is named where none are given."""
    wanted = None if keys is None else list(keys)
    found: dict[str, list[SourceUser]] = defaultdict(list)
    for row in transaction.rows(_QUERIES["named_keys"], {"organization": organization_id, "keys": wanted}):
        found[row.key].append(SourceUser(UserKind(row.kind), row.user_id, row.name))
    return Uses({key: tuple(users) for key, users in found.items()})


def is_taken(transaction: Transaction, organization_id: int, key: str) -> str | None:
    """Give the field that a key leads to, under its name of today; None where it is free."""
    return transaction.scalar(_QUERIES["taken_key"], {"organization": organization_id, "key": key})


def rename(
    transaction: Transaction, organization_id: int, *, key: str, new_key: str, label: str, person_id: UUID
) -> None:  # fmt: skip
    """Give a field another name; the old one leads to it for ever."""
    values = {"organization": organization_id, "alias": key, "key": key, "new_key": new_key, "label": label}
    if key != new_key:
        transaction.run(_QUERIES["keep_alias"], {**values, "person": person_id})
    transaction.run(_QUERIES["rename"], values)


def count_imports_of(transaction: Transaction, organization_id: int, keys: Iterable[str]) -> int:
    """Count the imports that brought a field under any of its names."""
    values = {"organization": organization_id, "keys": list(keys)}
    return int(transaction.scalar(_QUERIES["count_imports_of_field"], values))


# Limits ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LockedSource:
    """A source held for a change."""

    source_id: UUID
    name: str
    stale_after_hours: int | None


def lock(transaction: Transaction, organization_id: int, source_id: UUID) -> LockedSource | None:
    """Hold the row of a source until the end of the transaction; None where there is none."""
    row = transaction.one(_QUERIES["lock"], {"organization": organization_id, "source": source_id})
    return None if row is None else LockedSource(row.data_source_id, row.name, row.stale_after_hours)


def set_limits(transaction: Transaction, organization_id: int, source_id: UUID, hours: int | None) -> None:
    """Say after how many hours without an import the source is late."""
    transaction.run(_QUERIES["set_limits"], {"organization": organization_id, "source": source_id, "hours": hours})


# Moments of a source ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReadSource:
    """A source as a run read it: the import it had then, and the newest one now."""

    source_id: UUID
    name: str
    before_id: UUID | None
    now_id: UUID | None


@dataclass(frozen=True, slots=True)
class Published:
    """The published run of a segment with its criteria, None before the first."""

    run_id: UUID | None
    document: dict[str, object] | None


def published(transaction: Transaction, organization_id: int, segment_id: UUID) -> Published | None:
    """Read the published run of a segment; None where there is no such segment."""
    row = transaction.one(_QUERIES["published"], {"organization": organization_id, "segment": segment_id})
    return None if row is None else Published(row.run_id, row.criteria)


def run_sources(transaction: Transaction, organization_id: int, run_id: UUID) -> tuple[ReadSource, ...]:
    """Read what a run read from which sources, by name."""
    rows = transaction.rows(_QUERIES["run_sources"], {"organization": organization_id, "run": run_id})
    return tuple(ReadSource(row.data_source_id, row.name, row.before_id, row.now_id) for row in rows)


def newest_pairs(
    transaction: Transaction, organization_id: int, source_id: UUID
) -> tuple[tuple[str, UUID, UUID], ...]:  # fmt: skip
    """For every kind of rows, give the last import that brought it before, and the newest: the latest first."""
    rows = transaction.rows(_QUERIES["newest_pairs"], {"organization": organization_id, "source": source_id})
    return tuple((row.rows, row.before_id, row.now_id) for row in rows)


@dataclass(frozen=True, slots=True)
class Moment:
    """A source after one import: when, how many rows of each kind, and the newest file of each kind."""

    import_id: UUID
    as_of: datetime
    totals: dict[str, int]
    deliveries: dict[str, Delivery]


def moment(
    transaction: Transaction, organization_id: int, source_id: UUID, import_id: UUID, names: Mapping[str, str]
) -> Moment | None:  # fmt: skip
    """Read a source as of one import; `names` are the aliases, so that a renamed field stays the same one."""
    values = {"organization": organization_id, "source": source_id, "import": import_id}
    row = transaction.one(_QUERIES["moment"], values)
    if row is None:
        return None
    deliveries = {
        each.rows: Delivery(_columns(each.file_columns, names), each.rows_read, str(each.import_id))
        for each in transaction.rows(_QUERIES["deliveries"], values)
    }
    return Moment(row.import_id, row.finished_at, totals_of(row.report), deliveries)
