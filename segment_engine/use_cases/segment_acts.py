"""Acts on many segments at once: each one judged, the safe ones done, and a rehearsal that changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from uuid import UUID

from segment_engine.db import segment_acts as rows
from segment_engine.db.session import Database, Transaction
from segment_engine.domain.access import OrganizationContext, Permission, refusal, require
from segment_engine.domain.segment import SegmentId, Verdict
from segment_engine.domain.segment_acts import SegmentAct
from segment_engine.use_cases import label_acts, state_acts


class _GivenUp(Exception):
    """Ends a rehearsal: nothing that happened in its transaction stays."""


class SegmentActs:
    """The part of `Segments` that does one thing to many. Each method gives one verdict for each id, by id.

    Raises: every method PermissionDenied, and LimitExceeded for more than 1,000 segments.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def rehearse(
        self, context: OrganizationContext, act: SegmentAct, segment_ids: Sequence[UUID], *, tags: Sequence[str] = (),
        owner_id: UUID | None = None,
    ) -> tuple[Verdict, ...]:  # fmt: skip
        """Tell what an act would do to each segment: the act itself is carried out and given up again.

        Shape: whoever may not do it at all gets that as the verdict on every segment.
        Raises: PermissionDenied, LimitExceeded, InputError for tags and owners that cannot be used.
        """
        require(context, Permission.SEGMENTS_VIEW)
        wanted = label_acts.at_once(segment_ids)
        if not context.may(act.permission):
            return self._refused(context, act, wanted)
        verdicts: tuple[Verdict, ...] = ()
        with suppress(_GivenUp), self._database.transaction(context.organization_id) as transaction:
            verdicts = _carry_out(transaction, context, act, wanted, tags, owner_id)
            raise _GivenUp
        return verdicts

    def _refused(self, context: OrganizationContext, act: SegmentAct, wanted: Sequence[UUID]) -> tuple[Verdict, ...]:
        with self._database.transaction(context.organization_id, read_only=True) as transaction:
            names = rows.names(transaction, context.organization_id, wanted)
        why = f"you may not: {refusal(context, act.permission)}"
        return tuple(
            Verdict(SegmentId(each), names[each], done=False, reason=why, changed=False)
            if each in names
            else state_acts.unknown(each)
            for each in wanted
        )

    def activate(self, context: OrganizationContext, segment_ids: Sequence[UUID]) -> tuple[Verdict, ...]:
        """Offer these segments to campaigns and sequences, where the linter finds no error in them."""
        require(context, Permission.SEGMENTS_EDIT)
        return self._do(context, SegmentAct.ACTIVATE, segment_ids)

    def deactivate(self, context: OrganizationContext, segment_ids: Sequence[UUID]) -> tuple[Verdict, ...]:
        """Stop offering the segments that no plan and no other active segment needs; members and history stay."""
        require(context, Permission.SEGMENTS_EDIT)
        return self._do(context, SegmentAct.DEACTIVATE, segment_ids)

    def archive(self, context: OrganizationContext, segment_ids: Sequence[UUID]) -> tuple[Verdict, ...]:
        """Put away the segments that no plan and no active segment needs; members and history stay."""
        require(context, Permission.SEGMENTS_EDIT)
        return self._do(context, SegmentAct.ARCHIVE, segment_ids)

    def unarchive(self, context: OrganizationContext, segment_ids: Sequence[UUID]) -> tuple[Verdict, ...]:
        """Bring segments back in the state they had; what cannot be active any more comes back inactive."""
        require(context, Permission.SEGMENTS_EDIT)
        return self._do(context, SegmentAct.UNARCHIVE, segment_ids)

    def delete(self, context: OrganizationContext, segment_ids: Sequence[UUID]) -> tuple[Verdict, ...]:
        """Delete what nothing uses, and say of each segment what happened. Contacts stay."""
        require(context, Permission.SEGMENTS_DELETE)
        return self._do(context, SegmentAct.DELETE, segment_ids)

    def tag(
        self, context: OrganizationContext, segment_ids: Sequence[UUID], tags: Sequence[str]
    ) -> tuple[Verdict, ...]:
        """Add tags to segments. Raises: InputError for tags that do not fit."""
        require(context, Permission.SEGMENTS_EDIT)
        return self._do(context, SegmentAct.TAG, segment_ids, tags=tags)

    def untag(
        self, context: OrganizationContext, segment_ids: Sequence[UUID], tags: Sequence[str]
    ) -> tuple[Verdict, ...]:
        """Take tags off segments. Raises: InputError for tags that do not fit."""
        require(context, Permission.SEGMENTS_EDIT)
        return self._do(context, SegmentAct.UNTAG, segment_ids, tags=tags)

    def set_owner(
        self, context: OrganizationContext, segment_ids: Sequence[UUID], owner_id: UUID | None
    ) -> tuple[Verdict, ...]:
        """Make a person, or nobody, answer for segments. Raises: InputError for a person without a seat."""
        require(context, Permission.SEGMENTS_EDIT)
        return self._do(context, SegmentAct.SET_OWNER, segment_ids, owner_id=owner_id)

    def _do(
        self, context: OrganizationContext, act: SegmentAct, segment_ids: Sequence[UUID], *, tags: Sequence[str] = (),
        owner_id: UUID | None = None,
    ) -> tuple[Verdict, ...]:  # fmt: skip
        wanted = label_acts.at_once(segment_ids)
        with self._database.transaction(context.organization_id) as transaction:
            return _carry_out(transaction, context, act, wanted, tags, owner_id)


def _carry_out(
    transaction: Transaction, context: OrganizationContext, act: SegmentAct, wanted: Sequence[UUID],
    tags: Sequence[str], owner_id: UUID | None,
) -> tuple[Verdict, ...]:  # fmt: skip
    match act:
        case SegmentAct.RECALCULATE:
            return label_acts.recalculate(transaction, context, wanted)
        case SegmentAct.TAG:
            return label_acts.tag(transaction, context, wanted, tags)
        case SegmentAct.UNTAG:
            return label_acts.untag(transaction, context, wanted, tags)
        case SegmentAct.SET_OWNER:
            return label_acts.set_owner(transaction, context, wanted, owner_id)
        case _:
            return _STATE_ACTS[act](transaction, context, wanted)


_STATE_ACTS = {
    SegmentAct.ACTIVATE: state_acts.activate,
    SegmentAct.DEACTIVATE: state_acts.deactivate,
    SegmentAct.ARCHIVE: state_acts.archive,
    SegmentAct.UNARCHIVE: state_acts.unarchive,
    SegmentAct.DELETE: state_acts.delete,
}
