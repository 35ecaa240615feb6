"""What versions and runs read, stored beside them: lists ask these rows instead of documents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from segment_engine.db.queries import load_queries
from segment_engine.db.session import Transaction
from segment_engine.domain.readings import Readings

_QUERIES = load_queries("readings")


@dataclass(frozen=True, slots=True)
class Delivered:
    """How far a data source had been delivered at one moment. Units: times in UTC."""

    data_source_id: UUID
    import_id: UUID | None
    imported_at: datetime | None
    watermark: datetime | None


def write(transaction: Transaction, organization_id: int, segment_id: UUID, readings: Readings) -> None:
    """Store what the current version of a segment reads, in place of what was stored before."""
    values = {"organization": organization_id, "segment": segment_id}
    transaction.run(_QUERIES["clear_sources"], values)
    transaction.run(_QUERIES["clear_uses"], values)
    transaction.run(_QUERIES["add_sources"], {**values, **_parameters(readings)})
    transaction.run(_QUERIES["add_uses"], {**values, "segments": sorted(readings.segments)})


def write_if_missing(transaction: Transaction, organization_id: int, segment_id: UUID, readings: Readings) -> None:
    """Store what the current version reads unless something is stored already."""
    values = {"organization": organization_id, "segment": segment_id}
    if not transaction.scalar(_QUERIES["has_any"], values):
        write(transaction, organization_id, segment_id, readings)


def delivered(transaction: Transaction, organization_id: int, readings: Readings) -> tuple[Delivered, ...]:
    """Read how far every source had been delivered; in the snapshot of a calculation, this is what it sees."""
    rows = transaction.rows(_QUERIES["delivered"], {"organization": organization_id, **_parameters(readings)})
    return tuple(Delivered(row.data_source_id, row.import_id, row.last_imported_at, row.watermark) for row in rows)


def record(transaction: Transaction, organization_id: int, run_id: UUID, seen: tuple[Delivered, ...]) -> None:
    """Keep with a run what it saw of its sources."""
    for each in seen:
        transaction.run(
            _QUERIES["record"],
            {
                "organization": organization_id,
                "run": run_id,
                "data_source": each.data_source_id,
                "import_id": each.import_id,
                "imported_at": each.imported_at,
                "watermark": each.watermark,
            },
        )


def _parameters(readings: Readings) -> dict[str, object]:
    return {"sources": sorted(readings.sources), "kinds": sorted(readings.kinds)}
