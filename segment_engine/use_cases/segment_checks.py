"""Checks before and after saving: what the linter finds, and which other segments say the same."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from segment_engine.db import segments as rows
from segment_engine.db.catalog import load_catalog
from segment_engine.db.session import Database, Transaction
from segment_engine.domain.access import OrganizationContext, Permission, require
from segment_engine.domain.canonical import criteria_hash
from segment_engine.domain.lint.findings import Finding
from segment_engine.domain.parse import parse_criteria
from segment_engine.domain.preview import NodeCounts
from segment_engine.domain.segment import Duplicate
from segment_engine.errors import CriteriaError, Unresolved
from segment_engine.use_cases.findings import findings_of
from segment_engine.use_cases.stored_segments import stored_row

HASHES_AT_ONCE = 1_000

Document = str | bytes | Mapping[str, object]


class SegmentChecks:
    """The part of `Segments` that judges criteria."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def lint(
        self, context: OrganizationContext, document: Document, *, segment_id: UUID | None = None,
        counts: NodeCounts | None = None, informed: bool = True,
    ) -> tuple[Finding, ...]:  # fmt: skip
        """Say what is odd about criteria that are well formed: errors, warnings and notes.

        Shape: `segment_id` is the segment whose criteria they are or become, None while it is new. `counts` are
            those of the same criteria, if they were counted: they tell what holds for nobody or for nearly everyone.
            `informed` also reads what is stored in the fields, which takes up to some seconds where there is much.
        Raises: PermissionDenied, CriteriaError when they are not well formed.
        """
        require(context, Permission.SEGMENTS_VIEW)
        organization_id = context.organization_id
        with self._database.transaction(organization_id, read_only=True, snapshot=True) as transaction:
            known = load_catalog(transaction, organization_id, document)
            criteria = parse_criteria(document, known, calendar=context.calendar)
            return findings_of(
                transaction, context, criteria, known, segment_id=segment_id, informed=informed, counts=counts
            )

    def duplicates(self, context: OrganizationContext, of: UUID | Document) -> tuple[Duplicate, ...]:
        """List the other segments that say the same as a segment or a document, whatever their wording.

        Shape: none for a segment whose criteria cannot be read any more.
        Raises: PermissionDenied, NotFound, CriteriaError for a document that is not well formed.
        """
        require(context, Permission.SEGMENTS_VIEW)
        organization_id = context.organization_id
        with self._database.transaction(organization_id) as transaction:
            segment_id = of if isinstance(of, UUID) else None
            document = stored_row(transaction, context, of).document if isinstance(of, UUID) else of
            known = load_catalog(transaction, organization_id, document)
            try:
                value = criteria_hash(parse_criteria(document, known, calendar=context.calendar), known)
            except CriteriaError:
                if segment_id is None:
                    raise
                return ()
            _complete_hashes(transaction, organization_id)
            return rows.doubles(transaction, organization_id, value, other_than=segment_id)


def _complete_hashes(transaction: Transaction, organization_id: int) -> None:
    """Compute the hashes of versions that were saved before there were any; what cannot be read stays without."""
    missing = rows.without_hash(transaction, organization_id, limit=HASHES_AT_ONCE)
    if not missing:
        return
    known = load_catalog(transaction, organization_id)
    for segment_id, version, document in missing:
        try:
            value = criteria_hash(parse_criteria(document, known), known)
        except (CriteriaError, Unresolved):
            continue
        rows.set_hash(transaction, organization_id, segment_id, version, value=value)
