"""Cleanup: which segments could go and why; they are put away or deleted with the guards of every other act."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from uuid import UUID

from segment_engine.db import cleanup as rows
from segment_engine.db.session import Database, Transaction
from segment_engine.domain.access import OrganizationContext, Permission, require
from segment_engine.domain.cleanup import (
    ALIKE_SHARE,
    FEWEST_ALIKE,
    Alike,
    ArchivedSegment,
    CandidateReason,
    CleanupQuery,
    CleanupReport,
    SegmentFigures,
    duplicates,
    preference,
    report_of,
    spared,
)
from segment_engine.domain.segment import SegmentId, Verdict
from segment_engine.domain.segment_acts import SegmentAct
from segment_engine.use_cases.cancelling import Cancellable
from segment_engine.use_cases.comparing import Pair, comparable, compare
from segment_engine.use_cases.segments import Segments

SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Likeness:
    """What comparing the members of all segments found.

    Units: `pairs` that could be alike by their numbers of members, `compared` of them to the end; `segments` compared.
    """

    alike: tuple[Alike, ...]
    compared: int
    pairs: int
    segments: int

    @property
    def complete(self) -> bool:
        """Whether every pair was compared to the end."""
        return self.compared == self.pairs


class Cleanup:
    """The use cases around segments that are not needed any more."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._segments = Segments(database)

    def find(self, context: OrganizationContext, query: CleanupQuery) -> CleanupReport:
        """List the segments that could go, with every reason and what they cost, from stored figures.

        Raises: PermissionDenied.
        """
        require(context, Permission.SEGMENTS_VIEW)
        with self._database.transaction(context.organization_id, read_only=True) as transaction:
            alike = [each for pair in query.alike for each in (pair.segment_id, pair.other_id)]
            found = rows.possible(transaction, context.organization_id, unused_days=query.unused_days, alike=alike)
            looked_at, today = rows.how_many(transaction, context.organization_id)
            return report_of(found, today, query, looked_at=looked_at)

    def archived(self, context: OrganizationContext, *, limit: int = 50) -> tuple[ArchivedSegment, ...]:
        """List what was archived within the last day and can be brought back. Raises: PermissionDenied."""
        require(context, Permission.SEGMENTS_VIEW)
        with self._database.transaction(context.organization_id, read_only=True) as transaction:
            return rows.archived(transaction, context.organization_id, limit=limit)

    def compare(
        self, context: OrganizationContext, *, seconds: float = SECONDS, cancel: Cancellable | None = None,
        told: Callable[[float], None] | None = None,
    ) -> Likeness:  # fmt: skip
        """Compare the stored members of all segments, and find those with nearly the same ones, or all in another.

        Shape: after so many seconds it stops, and says how many of the pairs were compared. `told` hears how far it is,
            from 0 to 1. Segments of fewer than 20 contacts and archived ones are left out.
        Raises: PermissionDenied; Conflict once it was cancelled.
        """
        require(context, Permission.SEGMENTS_VIEW)
        handle = cancel or Cancellable()
        # One snapshot: publishing in between must not mix two states of a segment.
        with (
            self._database.transaction(context.organization_id, read_only=True, snapshot=True) as transaction,
            handle.holding(transaction),
        ):
            return _compare(transaction, context.organization_id, monotonic() + seconds, handle, told)

    def rehearse(
        self, context: OrganizationContext, act: SegmentAct, segment_ids: Sequence[UUID], *, alike: Sequence[Alike] = ()
    ) -> tuple[Verdict, ...]:
        """Tell what archiving or deleting would do to each segment; of those that are alike one always stays.

        Raises: PermissionDenied, LimitExceeded.
        """
        require(context, Permission.SEGMENTS_VIEW)
        staying = self._staying(context, segment_ids, alike)
        going = [each for each in segment_ids if each not in staying]
        return (*self._segments.rehearse(context, act, going), *staying.values())

    def archive(
        self, context: OrganizationContext, segment_ids: Sequence[UUID], *, alike: Sequence[Alike] = ()
    ) -> tuple[Verdict, ...]:
        """Put segments away; of those that are alike one always stays. Members and history are kept.

        Raises: PermissionDenied, LimitExceeded.
        """
        require(context, Permission.SEGMENTS_EDIT)
        staying = self._staying(context, segment_ids, alike)
        going = [each for each in segment_ids if each not in staying]
        return (*self._segments.archive(context, going), *staying.values())

    def delete(
        self, context: OrganizationContext, segment_ids: Sequence[UUID], *, alike: Sequence[Alike] = ()
    ) -> tuple[Verdict, ...]:
        """Delete segments that nothing uses, for good; of those that are alike one always stays. Contacts stay.

        Raises: PermissionDenied, LimitExceeded.
        """
        require(context, Permission.SEGMENTS_DELETE)
        staying = self._staying(context, segment_ids, alike)
        going = [each for each in segment_ids if each not in staying]
        return (*self._segments.delete(context, going), *staying.values())

    def _staying(
        self, context: OrganizationContext, segment_ids: Sequence[UUID], alike: Sequence[Alike]
    ) -> dict[UUID, Verdict]:
        """Judge the segments that stay because all that are like them were chosen as well."""
        with self._database.transaction(context.organization_id, read_only=True) as transaction:
            same = rows.saying_the_same(transaction, context.organization_id, segment_ids)
            read = rows.figures(transaction, context.organization_id, only=same)
        found = {each.segment_id: each for each in read}
        pairs = [(each.other_id, each.segment_id) for each in alike]
        kept = spared(set(segment_ids), [*duplicates(found.values()), *pairs])
        return {each: _kept(found[SegmentId(each)], len(others)) for each, others in kept.items() if each in found}


def _kept(figures: SegmentFigures, others: int) -> Verdict:
    like = "another one" if others == 1 else f"{others:,} others"
    return Verdict(
        figures.segment_id, figures.name, done=False, changed=False,
        reason=f"kept, because it is like {like} you chose, and one of them has to stay",
    )  # fmt: skip


def _compare(
    transaction: Transaction, organization_id: int, until: float, handle: Cancellable,
    told: Callable[[float], None] | None,
) -> Likeness:  # fmt: skip
    large = [each for each in rows.figures(transaction, organization_id) if (each.member_count or 0) >= FEWEST_ALIKE]
    found = sorted(large, key=lambda each: (each.member_count or 0, each.segment_id))
    ids = [each.segment_id for each in found]

    def read(block: int) -> dict[UUID, bytes]:
        handle.check()
        return dict(rows.block(transaction, organization_id, block, ids))

    def tell(share: float) -> None:
        if told is not None:
            told(share)

    counts = comparable([each.member_count or 0 for each in found])
    blocks = rows.fullest_blocks(transaction, organization_id, ids)
    comparison = compare(ids, counts, blocks, read, until=until, told=tell)
    alike = (_alike(found[pair.smaller], found[pair.larger], pair) for pair in comparison.found())
    return Likeness(tuple(each for each in alike if each is not None), comparison.decided, comparison.pairs, len(found))


def _alike(smaller: SegmentFigures, larger: SegmentFigures, pair: Pair) -> Alike | None:
    """Say which of a pair could go; segments whose criteria say the same are duplicates already."""
    if smaller.criteria_hash is not None and smaller.criteria_hash == larger.criteria_hash:
        return None
    sizes = (smaller.member_count or 0, larger.member_count or 0)
    share = pair.shared / (sum(sizes) - pair.shared)
    if share >= ALIKE_SHARE:
        stays, goes = sorted((smaller, larger), key=preference)
        return Alike(CandidateReason.NEAR_DUPLICATE, goes.segment_id, stays.segment_id, pair.shared, share)
    return Alike(CandidateReason.CONTAINED, smaller.segment_id, larger.segment_id, pair.shared, pair.shared / sizes[1])
