"""Lists of segments: find, count, narrow. Stored figures only; nothing is evaluated because somebody looks."""

from __future__ import annotations

from dataclasses import replace

from segment_engine.db import labels
from segment_engine.db import segment_lists as rows
from segment_engine.db.session import Database
from segment_engine.domain.access import OrganizationContext, Permission, require
from segment_engine.domain.segment import Page, SegmentId, SegmentQuery
from segment_engine.domain.segment_acts import MOST_AT_ONCE
from segment_engine.domain.segment_lists import ListChoices, Obstacle, SegmentCard, SegmentSummary

# The parts of a query that narrow a list; least and most are one part to a person. What was typed is meant most.
_PARTS = ("states", "statuses", "readiness", "tags", "owner_ids", "sources", "size_range", "traits", "search")


class SegmentLists:
    """The part of `Segments` that lists them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, context: OrganizationContext, query: SegmentQuery) -> Page[SegmentCard]:
        """List one page of segments from stored figures; it never evaluates criteria.

        Raises: PermissionDenied.
        """
        require(context, Permission.SEGMENTS_VIEW)
        organization_id, zone = context.organization_id, context.calendar.time_zone
        with self._database.transaction(organization_id, read_only=True, snapshot=True) as transaction:
            found = rows.matching(transaction, organization_id, query, zone=zone)
            items = rows.cards(transaction, organization_id, found.items)
        return Page(items, found.total, found.page, found.size)

    def matching(self, context: OrganizationContext, query: SegmentQuery) -> Page[SegmentId]:
        """List the ids of all that match, at most 1,000, in the order of the query; `total` counts every match.

        Raises: PermissionDenied.
        """
        require(context, Permission.SEGMENTS_VIEW)
        everything = replace(query, page=1, size=MOST_AT_ONCE)
        organization_id, zone = context.organization_id, context.calendar.time_zone
        with self._database.transaction(organization_id, read_only=True) as transaction:
            return rows.matching(transaction, organization_id, everything, zone=zone, most=MOST_AT_ONCE)

    def obstacles(self, context: OrganizationContext, query: SegmentQuery) -> tuple[Obstacle, ...]:
        """Tell which parts of a query that finds nothing hide matches, the one that hides most first.

        Shape: `part` is a field of `SegmentQuery`, or `size_range` for least and most. Empty when no single part does.
        Raises: PermissionDenied.
        """
        require(context, Permission.SEGMENTS_VIEW)
        organization_id, zone = context.organization_id, context.calendar.time_zone
        plain = SegmentQuery(size=1)
        found: list[Obstacle] = []
        with self._database.transaction(organization_id, read_only=True) as transaction:
            for part in _PARTS:
                wider = _without(query, part, plain)
                if wider != query:
                    matches = rows.matching(transaction, organization_id, replace(wider, size=1), zone=zone).total
                    found.append(Obstacle(part, matches))
        return tuple(sorted((each for each in found if each.matches), key=lambda each: -each.matches))

    def summary(self, context: OrganizationContext) -> SegmentSummary:
        """Read the figures above the list. Raises: PermissionDenied."""
        require(context, Permission.SEGMENTS_VIEW)
        with self._database.transaction(context.organization_id, read_only=True) as transaction:
            return rows.summary(transaction, context.organization_id)

    def choices(self, context: OrganizationContext) -> ListChoices:
        """Read what lists can be narrowed by: tags, owners and data sources that occur. Raises: PermissionDenied."""
        require(context, Permission.SEGMENTS_VIEW)
        organization_id = context.organization_id
        with self._database.transaction(organization_id, read_only=True) as transaction:
            return ListChoices(
                labels.tags(transaction, organization_id),
                rows.owners_of_segments(transaction, organization_id),
                rows.sources_of_segments(transaction, organization_id),
            )


def _without(query: SegmentQuery, part: str, plain: SegmentQuery) -> SegmentQuery:
    if part == "size_range":
        return replace(query, least=None, most=None)
    return replace(query, **{part: getattr(plain, part)})
