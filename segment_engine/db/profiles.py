"""Profiles of fields, one set an import: written once with the import, read to see how the data changed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from segment_engine.db.queries import load_queries
from segment_engine.db.session import Transaction
from segment_engine.domain.catalog import EventType, FieldType, RowType
from segment_engine.domain.profiles import FieldProfile, shares_of, totals_of

_QUERIES = load_queries("profiles")


@dataclass(frozen=True, slots=True)
class Delivered:
    """What the newest import of a source left behind.

    Shape: `totals` counts the rows of every kind, empty where nobody counted; None everywhere before the first import.
    """

    import_id: UUID | None
    totals: dict[str, int]
    watermark: datetime | None


def newest(transaction: Transaction, organization_id: int, source_id: UUID) -> Delivered:
    """Read what the newest import of a source left behind."""
    row = transaction.one(_QUERIES["newest"], {"organization": organization_id, "source": source_id})
    if row is None:
        return Delivered(None, {}, None)
    return Delivered(row.import_id, totals_of(row.report), row.watermark)


def count_rows(transaction: Transaction, organization_id: int, rows: RowType | None) -> int:
    """Count contacts that are not deleted, or the rows of one event type or relation."""
    if rows is None:
        return int(transaction.scalar(_QUERIES["count_contacts"], {"organization": organization_id}))
    name = "count_events" if isinstance(rows, EventType) else "count_related"
    return int(transaction.scalar(_QUERIES[name], {"organization": organization_id, "number": rows.number}))


def count_kind(transaction: Transaction, organization_id: int, kind: str) -> int:
    """Count the records of consent, or the channels of contacts: what an import of this kind brings."""
    return int(transaction.scalar(_QUERIES[f"count_{kind}"], {"organization": organization_id}))


def last_contact(transaction: Transaction, organization_id: int) -> int:
    """Read the highest number a contact can have."""
    return int(transaction.scalar(_QUERIES["last_contact"], {"organization": organization_id}) or 0)


def latest_staged(transaction: Transaction) -> datetime | None:
    """Read the latest time among the rows an import is about to leave, which is not ahead of the clock."""
    return transaction.scalar(_QUERIES["latest_staged"])


def write(
    transaction: Transaction, organization_id: int, import_id: UUID, profiles: Sequence[FieldProfile]
) -> None:  # fmt: skip
    """Store the profiles of an import."""
    values = [
        {
            "organization": organization_id, "import_id": import_id, "key": each.key, "label": each.label,
            "type": each.type.value, "row_total": each.row_total, "missing": each.missing,
            "distinct_count": each.distinct, "lowest": each.lowest, "highest": each.highest,
            "distribution": json.dumps([share.document() for share in each.distribution], ensure_ascii=False),
            "sampled": each.sampled,
        }
        for each in profiles
    ]  # fmt: skip
    if values:
        transaction.run(_QUERIES["write"], values)


def carry_over(
    transaction: Transaction, organization_id: int, *, before: UUID, now: UUID, keys: Iterable[str]
) -> None:  # fmt: skip
    """Repeat the profiles of fields that an import did not touch, under the names they have now."""
    values = {"organization": organization_id, "before": before, "now": now, "keys": list(keys)}
    transaction.run(_QUERIES["carry_over"], values)


def of_imports(
    transaction: Transaction, organization_id: int, import_ids: Iterable[UUID]
) -> dict[UUID, dict[str, FieldProfile]]:
    """Read the profiles of imports, by import and by the key a field has today."""
    wanted = list(import_ids)
    values = {"organization": organization_id, "imports": wanted}
    found: dict[UUID, dict[str, FieldProfile]] = {each: {} for each in wanted}
    for row in transaction.rows(_QUERIES["of_imports"], values):
        found[row.import_id][row.current_key] = _profile(row)
    return found


def of_field(transaction: Transaction, organization_id: int, key: str) -> tuple[tuple[datetime, FieldProfile], ...]:
    """Read every profile of one field with the time of its import, oldest first."""
    rows = transaction.rows(_QUERIES["of_field"], {"organization": organization_id, "key": key})
    return tuple((row.finished_at, _profile(row)) for row in rows)


def _profile(row: Row[Any]) -> FieldProfile:
    return FieldProfile(
        row.current_key, row.label, FieldType(row.type), row.row_total, row.missing, row.distinct_count, row.lowest,
        row.highest, shares_of(row.distribution), row.sampled,
    )  # fmt: skip
