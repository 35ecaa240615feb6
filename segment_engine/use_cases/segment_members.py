"""Who is in a segment: a page of members, or all of them."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from segment_engine.db import audit, members, runs
from segment_engine.db.session import Database
from segment_engine.domain.access import OrganizationContext, Permission, require
from segment_engine.domain.run import Result
from segment_engine.domain.segment import MemberPage
from segment_engine.errors import NotFound
from segment_engine.use_cases.stored_segments import stored_row

EXPORT_PAGE = 10_000


class SegmentMembers:
    """The part of `Segments` that shows contacts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def members(
        self, context: OrganizationContext, segment_id: UUID, *, after: int | None = None, limit: int = 50,
        at_run: UUID | None = None,
    ) -> MemberPage:  # fmt: skip
        """Read one page of members, now or as they were when a past run succeeded.

        Raises: PermissionDenied, NotFound (also for a run of another segment, or one that published nothing).
        """
        require(context, Permission.MEMBERS_VIEW)
        organization_id = context.organization_id
        with self._database.transaction(organization_id, read_only=True, snapshot=True) as transaction:
            stored_row(transaction, context, segment_id)
            earlier: Result | None = None
            if at_run is not None:
                earlier = runs.result(transaction, organization_id, at_run)
                if earlier is None or earlier.segment_id != segment_id:
                    raise NotFound("This run published no members of this segment. Choose one that succeeded.")
            return members.page(
                transaction, organization_id, segment_id, after=after, limit=min(max(limit, 1), 10_000),
                earlier=earlier,
            )  # fmt: skip

    def export(
        self, context: OrganizationContext, segment_id: UUID, *, at_run: UUID | None = None
    ) -> Iterator[MemberPage]:
        """Yield every member, page by page in the order of their numbers, after writing to the audit log who asked.

        Raises: PermissionDenied, NotFound.
        """
        require(context, Permission.MEMBERS_EXPORT)
        with self._database.transaction(context.organization_id) as transaction:
            stored_row(transaction, context, segment_id)
            audit.record(
                transaction, context, action="segment.export", object_kind="segment", object_id=segment_id,
                detail={"at_run": str(at_run) if at_run else None},
            )  # fmt: skip
        after: int | None = None
        while True:
            page = self.members(context, segment_id, after=after, limit=EXPORT_PAGE, at_run=at_run)
            yield page
            if page.next_after is None:
                return
            after = page.next_after
