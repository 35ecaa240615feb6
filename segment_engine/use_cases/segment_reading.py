"""Reading one segment: in full, its sentence, its statement, its sources, its history."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from segment_engine.compiler import Sql, compile_criteria
from segment_engine.db import catalog, overrides, runs
from segment_engine.db import segments as rows
from segment_engine.db.session import Database
from segment_engine.domain.access import OrganizationContext, Permission, require
from segment_engine.domain.describe import ByHand, Sentence, describe
from segment_engine.domain.overrides import Decision
from segment_engine.domain.parse import parse_criteria
from segment_engine.domain.run import StatusEvent
from segment_engine.domain.segment import (
    Segment,
    SegmentId,
    SourceUse,
)
from segment_engine.errors import NotFound
from segment_engine.use_cases.stored_segments import labels_by_source, read_segment, stored_row


class SegmentReading:
    """The part of `Segments` that changes nothing and shows no contact."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, context: OrganizationContext, segment_id: UUID) -> Segment:
        """Read one segment with its criteria.

        Raises: PermissionDenied; NotFound for an unknown id and for one of another organization alike.
        """
        require(context, Permission.SEGMENTS_VIEW)
        with self._database.transaction(context.organization_id, read_only=True, snapshot=True) as transaction:
            return read_segment(transaction, context, segment_id)

    def id_by_name(self, context: OrganizationContext, name: str) -> SegmentId:
        """Find a segment by its name, letters of either case alike. Raises: PermissionDenied, NotFound."""
        require(context, Permission.SEGMENTS_VIEW)
        with self._database.transaction(context.organization_id, read_only=True) as transaction:
            found = rows.by_name(transaction, context.organization_id, name)
        if found is None:
            raise NotFound(f"There is no segment named “{name}”. List them to see the names.")
        return found

    def sentence(
        self, context: OrganizationContext, document: Mapping[str, object] | str | bytes, *,
        as_of: datetime | None = None, segment_id: UUID | None = None,
    ) -> Sentence:  # fmt: skip
        """Say criteria in plain English, with times resolved as of the given moment or now.

        Shape: with `segment_id` the sentence ends with how many contacts were put in or taken out by hand.
        Raises: PermissionDenied, CriteriaError.
        """
        require(context, Permission.SEGMENTS_VIEW)
        organization_id = context.organization_id
        with self._database.transaction(organization_id, read_only=True) as transaction:
            known = catalog.load_catalog(transaction, organization_id, document)
            moment = as_of or transaction.now()
            by_hand = ByHand()
            if segment_id is not None:
                counts = overrides.count_open(transaction, organization_id, segment_id)
                by_hand = ByHand(counts[Decision.PUT_IN], counts[Decision.TAKEN_OUT])
        criteria = parse_criteria(document, known, calendar=context.calendar)
        # To the minute: the bounds are for reading, and nobody reads microseconds.
        return describe(criteria, known, as_of=moment.replace(second=0, microsecond=0), by_hand=by_hand)

    def sql(self, context: OrganizationContext, segment_id: UUID) -> Sql:
        """Show the statement that finds the members, with times resolved as of the published run, or now.

        Raises: PermissionDenied, NotFound, CriteriaError, Unresolved.
        """
        require(context, Permission.SEGMENTS_VIEW)
        organization_id = context.organization_id
        with self._database.transaction(organization_id, read_only=True, snapshot=True) as transaction:
            stored = stored_row(transaction, context, segment_id)
            known = catalog.load_catalog(transaction, organization_id, stored.document)
            criteria = parse_criteria(stored.document, known, calendar=context.calendar)
            run = (
                None
                if stored.published_run_id is None
                else runs.get(transaction, organization_id, stored.published_run_id)
            )
            as_of = run.as_of if run and run.as_of else transaction.now()
        compiled = compile_criteria(
            criteria, catalog=known, organization_id=organization_id, as_of=as_of, segment_id=segment_id
        )
        return compiled.sql()

    def sources(self, context: OrganizationContext, segment_id: UUID) -> tuple[SourceUse, ...]:
        """Name the data sources that the criteria read, with the fields used and the last import.

        Raises: PermissionDenied, NotFound.
        """
        require(context, Permission.SEGMENTS_VIEW)
        organization_id = context.organization_id
        with self._database.transaction(organization_id, read_only=True) as transaction:
            stored = stored_row(transaction, context, segment_id)
            known = catalog.load_catalog(transaction, organization_id)
            used = labels_by_source(known, stored.document)
            imports = rows.last_imports(transaction, organization_id, tuple(used))
        return tuple(SourceUse(name, labels, *imports.get(name, (None, None))) for name, labels in used.items())

    def history(self, context: OrganizationContext, segment_id: UUID, *, limit: int = 60) -> tuple[StatusEvent, ...]:
        """List the status changes of the segment's runs, newest first. Raises: PermissionDenied."""
        require(context, Permission.SEGMENTS_VIEW)
        with self._database.transaction(context.organization_id, read_only=True) as transaction:
            return rows.history(transaction, context.organization_id, segment_id, limit=limit)
