"""What automatic checks look at: the counts of earlier days, the rows of sources, how many contacts there are."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import islice
from uuid import UUID

from segment_engine.db.queries import load_queries
from segment_engine.db.session import Transaction
from segment_engine.domain.automatic_checks import (
    DAYS_REMEMBERED,
    FILES_REMEMBERED,
    DayCount,
    DroppedRows,
    LastFile,
)
from segment_engine.domain.bits import ContactSet
from segment_engine.domain.run import Claim

_QUERIES = load_queries("checks")
# So many numbers that were not found are looked for; where nobody has one of them any more, all contacts are counted.
_LOOKED_FOR = 1_000


def earlier_days(transaction: Transaction, claim: Claim, *, zone: str) -> tuple[DayCount, ...]:
    """List the count of each earlier day with the same criteria, nearest to this time of day, oldest first.

    Units: days and times of day are those of the zone.
    """
    values = {
        "organization": claim.organization_id,
        "segment": claim.segment_id,
        "version": claim.version,
        "as_of": claim.as_of,
        "zone": zone,
        "days": DAYS_REMEMBERED,
    }
    return tuple(DayCount(row.day, row.member_count) for row in transaction.rows(_QUERIES["days"], values))


def last_imports(transaction: Transaction, organization_id: int, source_ids: Iterable[UUID]) -> tuple[DroppedRows, ...]:
    """Read how many rows sources had before and after their last import; those imported once are left out."""
    ids = list(source_ids)
    if not ids:
        return ()
    values = {"organization": organization_id, "sources": ids}
    return tuple(DroppedRows(row.name, *row.totals) for row in transaction.rows(_QUERIES["last_imports"], values))


def last_files(transaction: Transaction, organization_id: int, source_ids: Iterable[UUID]) -> tuple[LastFile, ...]:
    """Read how many rows the last file of each kind brought, and the fewest of those before it."""
    ids = list(source_ids)
    if not ids:
        return ()
    values = {"organization": organization_id, "sources": ids, "files": FILES_REMEMBERED}
    rows = transaction.rows(_QUERIES["last_files"], values)
    return tuple(LastFile(row.name, row.brought, row.fewest, row.before) for row in rows)


def base(transaction: Transaction, organization_id: int, found: ContactSet) -> int | None:
    """Count all contacts; None where somebody is outside of those found, so that it cannot be everybody."""
    last = transaction.scalar(_QUERIES["last_number"], {"organization": organization_id}) or 0
    outside = list(islice(found.absent(last), _LOOKED_FOR))
    return transaction.scalar(_QUERIES["base"], {"organization": organization_id, "outside": outside})


def set_clock(
    transaction: Transaction, organization_id: int, segment_id: UUID, *, clock: str, changes_at: datetime | None,
    outdated_at: datetime | None,
) -> None:  # fmt: skip
    """Store when time alone changes the members that are being published."""
    values = {"organization": organization_id, "segment": segment_id, "clock": clock}
    transaction.run(_QUERIES["set_clock"], {**values, "changes_at": changes_at, "outdated_at": outdated_at})


def clock(transaction: Transaction, organization_id: int, segment_id: UUID) -> tuple[str, datetime | None] | None:
    """Read whether and when time alone changes the published members; None when there is no such segment."""
    row = transaction.one(_QUERIES["clock"], {"organization": organization_id, "segment": segment_id})
    return None if row is None else (row.clock, row.changes_at)
