"""How segments stand: the parameters of `sql/standing.sql`, and its rows as judgements.

Another query takes the expressions in like this, and may then read `standing` like a table of one row a segment:

    WITH
    -- include: standing
    SELECT … FROM segments JOIN standing ON standing.segment_id = segments.segment_id
    WHERE segments.organization_id = :organization AND standing.readiness = …

`readiness` and `reasons` are there to filter by and to count. A query that also gives `standing.*` can hand its rows to
`standing_of_row`; its columns bear the names of those of segments (state, status, version, checks, member_count), so
take these from `standing` then. For a page of a list it is cheaper to find the ids first and to ask `of_segments`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from segment_engine.db.queries import load_queries
from segment_engine.db.session import Transaction
from segment_engine.domain.checks import CheckFinding, CheckLevel, Checks
from segment_engine.domain.read_segments import ReadSegments
from segment_engine.domain.readiness import Facts, LateSource, Standing, forbidding, standing_of
from segment_engine.domain.segment import SegmentId

_QUERIES = load_queries("standings")


def standing_values(only: Iterable[UUID] | None = None) -> dict[str, object]:
    """Give the parameters that `standing.sql` needs besides the organization; None means every segment."""
    return {"only": None if only is None else list(only), "forbidding": list(forbidding())}


def of_segments(
    transaction: Transaction, organization_id: int, only: Iterable[UUID] | None = None
) -> dict[SegmentId, Standing]:
    """Judge these segments, or all; ids that do not exist are left out. Nothing is evaluated."""
    values = {"organization": organization_id, **standing_values(only)}
    rows = transaction.rows(_QUERIES["of_segments"], values)
    return {SegmentId(row.segment_id): standing_of_row(row) for row in rows}


def standing_of_row(row: Row[Any]) -> Standing:
    """Judge one row that has the columns of `standing`."""
    return standing_of(facts_of_row(row))


def facts_of_row(row: Row[Any]) -> Facts:
    """Read the facts from a row that has the columns of `standing`."""
    return Facts(
        codes=tuple(row.reasons), state=row.state, status=row.status, checks=Checks(row.checks), version=row.version,
        published_version=row.published_version, member_count=row.member_count,
        previous_member_count=row.previous_member_count, hours=float(row.hours or 0),
        hours_back=float(row.hours_back or 0), stale_after_hours=row.stale_after_hours,
        unusable_after_hours=row.unusable_after_hours, failure=row.failure,
        imported_sources=tuple(row.imported_sources or ()),
        late_sources=tuple(
            LateSource(late["name"], None if late["hours"] is None else float(late["hours"]), late["allowed"])
            for late in row.late_sources or ()
        ),
        reads=ReadSegments(
            tuple(row.changed_segments or ()), tuple(row.failed_segments or ()), tuple(row.inactive_segments or ()),
            tuple(row.outdated_segments or ()), tuple(row.behind_segments or ()),
        ),
        decisions=row.decisions, suspended=row.suspended_because,
        findings=tuple(
            CheckFinding(each["code"], CheckLevel(each["level"]), each["sentence"]) for each in row.findings
        ),
    )  # fmt: skip
