"""How segments stand: may they be used now, and why not. Stored figures only; nothing is evaluated."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from segment_engine.db import standing
from segment_engine.db.session import Database
from segment_engine.domain.access import OrganizationContext, Permission, require
from segment_engine.domain.readiness import Standing
from segment_engine.domain.segment import SegmentId
from segment_engine.errors import NotFound


class SegmentStanding:
    """The part of `Segments` that judges them: one judgement for lists, pages, campaigns and the command line."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def standing(self, context: OrganizationContext, segment_id: UUID) -> Standing:
        """Judge one segment: its readiness with every reason, the worst first.

        Raises: PermissionDenied; NotFound for an unknown id and for one of another organization alike.
        """
        require(context, Permission.SEGMENTS_VIEW)
        with self._database.transaction(context.organization_id, read_only=True) as transaction:
            found = standing.of_segments(transaction, context.organization_id, (segment_id,))
        if not found:
            raise NotFound
        return found[SegmentId(segment_id)]

    def standings(self, context: OrganizationContext, segment_ids: Iterable[UUID]) -> dict[SegmentId, Standing]:
        """Judge several segments at once; ids that do not exist are left out. Raises: PermissionDenied."""
        require(context, Permission.SEGMENTS_VIEW)
        with self._database.transaction(context.organization_id, read_only=True) as transaction:
            return standing.of_segments(transaction, context.organization_id, segment_ids)
