"""One segment in detail: its versions, who uses it, what came of it, and whom it shares with others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from operator import attrgetter
from uuid import UUID

from segment_engine.db import reach, references, runs
from segment_engine.db import segment_details as rows
from segment_engine.db.catalog import load_catalog
from segment_engine.db.session import Database, Transaction
from segment_engine.domain.access import OrganizationContext, Permission, require
from segment_engine.domain.campaign import Figures
from segment_engine.domain.catalog import Catalog
from segment_engine.domain.describe import describe
from segment_engine.domain.operators import CHANNELS
from segment_engine.domain.parse import parse_criteria
from segment_engine.domain.references import named_ids
from segment_engine.domain.segment import Segment, SegmentDraft
from segment_engine.domain.segment_details import (
    Engagement,
    EngagementWeek,
    FrozenAudience,
    Overlap,
    SegmentReach,
    SegmentUses,
    SegmentVersion,
    SharedMembers,
)
from segment_engine.errors import CriteriaError, NotFound
from segment_engine.use_cases.asking import Stopwatch
from segment_engine.use_cases.member_search import MemberSearch
from segment_engine.use_cases.segment_saving import SegmentSaving
from segment_engine.use_cases.stored_segments import stored_row

MOST_VERSIONS = 100
MOST_AUDIENCES = 200
MOST_OTHERS = 30
MOST_OVERLAPS = 20
OVERLAP_SECONDS = 2.0
SEGMENTS_AT_ONCE = 100


class SegmentDetails(MemberSearch):
    """What the page of one segment asks beyond the segment itself. It evaluates no criteria."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._saving = SegmentSaving(database)

    def versions(
        self, context: OrganizationContext, segment_id: UUID, *, limit: int = MOST_VERSIONS
    ) -> tuple[SegmentVersion, ...]:
        """List the versions of the criteria, newest first, each as a sentence of this moment so that they compare.

        Raises: PermissionDenied, NotFound.
        """
        require(context, Permission.SEGMENTS_VIEW)
        organization_id = context.organization_id
        with self._database.transaction(organization_id, read_only=True, snapshot=True) as transaction:
            stored_row(transaction, context, segment_id)
            found = rows.versions(transaction, organization_id, segment_id, limit=limit)
            bare = load_catalog(transaction, organization_id)
            documents = [each.document for each in found]
            known = references.with_references(transaction, organization_id, bare, documents)
            moment = transaction.now().replace(second=0, microsecond=0)
        return tuple(_version(each, known, context, moment) for each in found)

    def restore(
        self, context: OrganizationContext, segment_id: UUID, version: int, *, expected_revision: int,
        accepted_warnings: Iterable[str] = (),
    ) -> Segment:  # fmt: skip
        """Save the criteria of an old version as a new one, with the checks of every edit.

        Raises: PermissionDenied; NotFound for an unknown segment or version; CriteriaError when its criteria cannot
            be read any more; and whatever `Segments.update` raises.
        """
        require(context, Permission.SEGMENTS_EDIT)
        with self._database.transaction(context.organization_id, read_only=True, snapshot=True) as transaction:
            stored = stored_row(transaction, context, segment_id)
            old = rows.version(transaction, context.organization_id, segment_id, version)
        if old is None:
            raise NotFound(f"There is no version {version} of this segment. Choose one from the list.")
        document, accepted = old
        draft = SegmentDraft(
            stored.name, stored.description, document, stored.state, frozenset(accepted) | frozenset(accepted_warnings)
        )
        return self._saving.update(context, segment_id, expected_revision=expected_revision, draft=draft)

    def uses(self, context: OrganizationContext, segment_id: UUID) -> SegmentUses:
        """Name the segments that the criteria read, and the segments and campaigns that read this one.

        Raises: PermissionDenied, NotFound.
        """
        require(context, Permission.SEGMENTS_VIEW)
        organization_id = context.organization_id
        with self._database.transaction(organization_id, read_only=True, snapshot=True) as transaction:
            stored = stored_row(transaction, context, segment_id)
            named = named_ids(stored.document).segments
            naming = references.naming(transaction, organization_id, [segment_id])
            readers = [str(each.segment_id) for each in naming if each.segment_id != segment_id]
            return SegmentUses(
                rows.segments_by_id(transaction, organization_id, set(named) - {str(segment_id)}),
                rows.segments_by_id(transaction, organization_id, readers),
                rows.campaigns(transaction, organization_id, segment_id),
            )

    def reach(self, context: OrganizationContext, segment_id: UUID) -> SegmentReach:
        """Count gate by gate whom each channel reaches now, over the members as they are stored.

        Raises: PermissionDenied, NotFound, LimitExceeded when it takes longer than a statement may.
        """
        require(context, Permission.SEGMENTS_VIEW)
        organization_id = context.organization_id
        watch = Stopwatch.start()
        with self._database.transaction(organization_id, read_only=True, snapshot=True) as transaction:
            stored = stored_row(transaction, context, segment_id)
            published = stored.published_run_id
            run = None if published is None else runs.get(transaction, organization_id, published)
            moment = transaction.now()
            channels = reach.waterfall(
                transaction, organization_id, included=[segment_id], excluded=[], channels=CHANNELS, as_of=moment
            )
        return SegmentReach(moment, None if run is None else run.as_of, channels, watch.seconds)

    def audiences(self, context: OrganizationContext, segment_id: UUID) -> tuple[FrozenAudience, ...]:
        """List the audiences that took members of the segment, newest first. Raises: PermissionDenied, NotFound."""
        require(context, Permission.CAMPAIGNS_VIEW)
        with self._database.transaction(context.organization_id, read_only=True) as transaction:
            stored_row(transaction, context, segment_id)
            return rows.audiences(transaction, context.organization_id, segment_id, limit=MOST_AUDIENCES)

    def engagement(self, context: OrganizationContext, segment_id: UUID) -> Engagement:
        """Sum up what the campaigns reported that included the segment, beside all campaigns and other segments.

        Raises: PermissionDenied, NotFound.
        """
        require(context, Permission.CAMPAIGNS_VIEW)
        organization_id = context.organization_id
        with self._database.transaction(organization_id, read_only=True, snapshot=True) as transaction:
            stored_row(transaction, context, segment_id)
            weeks = rows.engagement_by_week(transaction, organization_id, segment_id)
            others = rows.engagement_of_others(transaction, organization_id, segment_id, limit=MOST_OTHERS)
        own = [week for week in weeks if week.is_own]
        return Engagement(
            len(frozenset[UUID]().union(*(week.campaigns for week in own))),
            Figures.sum(week.figures for week in own), Figures.sum(week.figures for week in weeks), _by_week(weeks),
            others,
        )  # fmt: skip

    def overlap(
        self, context: OrganizationContext, segment_id: UUID, *, limit: int = MOST_OVERLAPS,
        seconds: float = OVERLAP_SECONDS,
    ) -> Overlap:  # fmt: skip
        """Find the segments that share most members with this one, by stored members; no contact is read.

        Units: it stops after `seconds` and says how many segments were compared by then, the largest first.
        Raises: PermissionDenied, NotFound.
        """
        require(context, Permission.SEGMENTS_VIEW)
        organization_id = context.organization_id
        watch = Stopwatch.start()
        with self._database.transaction(organization_id, read_only=True, snapshot=True) as transaction:
            stored = stored_row(transaction, context, segment_id)
            others = rows.comparable(transaction, organization_id, segment_id) if stored.member_count else ()
            found, compared = _shared(transaction, organization_id, segment_id, others, watch, seconds)
        found.sort(key=attrgetter("shared"), reverse=True)
        return Overlap(stored.member_count or 0, compared, len(others), tuple(found[:limit]))


def _version(row: rows.VersionRow, known: Catalog, context: OrganizationContext, moment: datetime) -> SegmentVersion:
    sentence, problem = None, None
    try:
        sentence = describe(parse_criteria(row.document, known, calendar=context.calendar), known, as_of=moment)
    except CriteriaError as error:
        problem = " ".join(dict.fromkeys(each.sentence for each in error.problems))
    return SegmentVersion(
        row.version, row.created_at, row.created_by, row.document, row.accepted_warnings, sentence, problem,
        row.member_count, row.calculated_at,
    )  # fmt: skip


def _by_week(weeks: Iterable[rows.WeekRow]) -> tuple[EngagementWeek, ...]:
    parts: dict[date, list[rows.WeekRow]] = defaultdict(list)
    for week in weeks:
        parts[week.starts_on].append(week)
    return tuple(
        EngagementWeek(
            day, Figures.sum(each.figures for each in held if each.is_own), Figures.sum(each.figures for each in held)
        )
        for day, held in sorted(parts.items())
    )


def _shared(
    transaction: Transaction, organization_id: int, segment_id: UUID, others: tuple[UUID, ...], watch: Stopwatch,
    seconds: float,
) -> tuple[list[SharedMembers], int]:  # fmt: skip
    """Compare the others in portions while there is time; give those that share somebody, and how many were done."""
    found: list[SharedMembers] = []
    for start in range(0, len(others), SEGMENTS_AT_ONCE):
        left = watch.left_of(seconds)
        portion = others[start : start + SEGMENTS_AT_ONCE]
        part = (
            rows.shared_members(transaction, organization_id, segment_id, portion, seconds=left) if left > 0 else None
        )
        if part is None:
            return found, start
        found += [each for each in part if each.shared]
    return found, len(others)
