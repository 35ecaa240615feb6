"""Saving segments: create, edit, activate, deactivate, delete."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid4

from segment_engine.db import audit, references, runs
from segment_engine.db import segments as rows
from segment_engine.db.session import Database, Transaction
from segment_engine.domain.access import OrganizationContext, Permission, require
from segment_engine.domain.dependants import kept_by, left_behind
from segment_engine.domain.run import RunReason
from segment_engine.domain.segment import Segment, SegmentDraft, SegmentId, SegmentState, Verdict
from segment_engine.errors import CriteriaError, InUse, NotFound
from segment_engine.use_cases.checked_drafts import CheckedDraft, checked_draft, checked_edit, weigh
from segment_engine.use_cases.findings import findings_of
from segment_engine.use_cases.stored_segments import changed_in_between, read_draft, read_segment
from segment_engine.use_cases.texts import checked_name, checked_text


class SegmentSaving:
    """The part of `Segments` that changes something. Acts that touch references wait for each other."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, context: OrganizationContext, draft: SegmentDraft) -> Segment:
        """Save a new segment and queue its first run.

        Raises: PermissionDenied, CriteriaError with every problem (for an active segment also with the errors of the
            linter), UnacceptedWarnings, InputError, NameTaken.
        """
        require(context, Permission.SEGMENTS_CREATE)
        organization_id, segment_id = context.organization_id, SegmentId(uuid4())
        with self._database.transaction(organization_id) as transaction:
            references.one_at_a_time(transaction, organization_id)
            name, description = _texts(draft)
            checked = checked_draft(transaction, context, draft, name=name)
            rows.create(
                transaction, organization_id, segment_id=segment_id, name=name, description=description,
                state=draft.state, person_id=context.person_id,
            )  # fmt: skip
            _add_version(transaction, context, segment_id, 1, checked)
            _queue(transaction, context, segment_id, RunReason.CREATED)
            audit.record(
                transaction, context, action="segment.create", object_kind="segment", object_id=segment_id,
                detail={"name": name},
            )  # fmt: skip
            return read_segment(transaction, context, segment_id)

    def update(
        self, context: OrganizationContext, segment_id: UUID, *, expected_revision: int, draft: SegmentDraft
    ) -> Segment:
        """Save an edit. Changed criteria become a new version, which replaces the run of the older one.

        Raises: PermissionDenied, NotFound, StaleVersion when someone saved in between, CriteriaError (for an active
            segment also with the errors of the linter), UnacceptedWarnings, InUse when another active segment needs
            it active, InputError, NameTaken.
        """
        require(context, Permission.SEGMENTS_EDIT)
        organization_id = context.organization_id
        with self._database.transaction(organization_id) as transaction:
            references.one_at_a_time(transaction, organization_id)
            runs.lock_active(transaction, organization_id, (segment_id,))
            held = rows.lock(transaction, organization_id, segment_id)
            if held is None:
                raise NotFound
            if held.revision != expected_revision:
                raise changed_in_between(transaction, context, segment_id)
            name, description = _texts(draft)
            checked = checked_edit(transaction, context, draft, name=name, held=held)
            if held.state is SegmentState.ACTIVE and draft.state is not SegmentState.ACTIVE:
                _refuse_while_needed(transaction, organization_id, segment_id)
            version = held.version + 1 if checked.differs_from(held) else held.version
            if version != held.version:
                _add_version(transaction, context, segment_id, version, checked)
            rows.update(
                transaction, organization_id, segment_id=segment_id, name=name, description=description,
                state=draft.state, version=version, person_id=context.person_id,
            )  # fmt: skip
            if version != held.version:
                runs.cancel_active(transaction, organization_id, segment_id)
                _queue(transaction, context, segment_id, RunReason.EDITED)
            audit.record(
                transaction, context, action="segment.update", object_kind="segment", object_id=segment_id,
                detail={"name": name, "version": version},
            )  # fmt: skip
            return read_segment(transaction, context, segment_id)

    def activate(self, context: OrganizationContext, segment_ids: Sequence[UUID]) -> tuple[Verdict, ...]:
        """Offer these segments to campaigns and sequences, where the linter finds no error in them.

        Raises: PermissionDenied.
        """
        require(context, Permission.SEGMENTS_EDIT)
        organization_id = context.organization_id
        verdicts: dict[UUID, Verdict] = {}
        waiting = sorted(set(segment_ids))
        with self._database.transaction(organization_id) as transaction:
            references.one_at_a_time(transaction, organization_id)
            while waiting:
                # Once more for those that were refused: what they refer to may be active by now.
                verdicts |= {each: _activate(transaction, context, each) for each in waiting}
                refused = [each for each in waiting if not verdicts[each].done]
                waiting = refused if len(refused) < len(waiting) else []
        return tuple(verdicts[each] for each in sorted(verdicts))

    def deactivate(self, context: OrganizationContext, segment_ids: Sequence[UUID]) -> tuple[Verdict, ...]:
        """Stop offering the segments that no other active segment needs; members and history stay.

        Raises: PermissionDenied.
        """
        require(context, Permission.SEGMENTS_EDIT)
        organization_id = context.organization_id
        wanted = sorted(set(segment_ids))
        with self._database.transaction(organization_id) as transaction:
            references.one_at_a_time(transaction, organization_id)
            users = references.naming(transaction, organization_id, wanted)
            kept = kept_by(wanted, users, {})
            return tuple(
                _set_state(
                    transaction, context, each, SegmentState.INACTIVE, needed_by=kept.get(each, ()),
                    left=left_behind(each, users, ()),
                )
                for each in wanted
            )  # fmt: skip

    def delete(self, context: OrganizationContext, segment_ids: Sequence[UUID]) -> tuple[Verdict, ...]:
        """Delete what nothing uses, and say of each segment what happened. Contacts stay.

        Raises: PermissionDenied.
        """
        require(context, Permission.SEGMENTS_DELETE)
        wanted = sorted(set(segment_ids))
        organization_id = context.organization_id
        with self._database.transaction(organization_id) as transaction:
            references.one_at_a_time(transaction, organization_id)
            runs.lock_active(transaction, organization_id, wanted)
            users = references.naming(transaction, organization_id, wanted)
            others = {each: rows.used_by(transaction, organization_id, each) for each in wanted}
            kept = kept_by(wanted, users, others)
            gone = set(wanted) - set(kept)
            return tuple(
                _delete(transaction, context, each, needed_by=kept.get(each, ()), left=left_behind(each, users, gone))
                for each in wanted
            )


def _texts(draft: SegmentDraft) -> tuple[str, str]:
    return checked_name(draft.name, of="segment"), checked_text(draft.description, of="description")


def _add_version(
    transaction: Transaction, context: OrganizationContext, segment_id: UUID, version: int, checked: CheckedDraft
) -> None:
    rows.add_version(
        transaction, context.organization_id, segment_id=segment_id, version=version, document=checked.document,
        criteria_hash=checked.criteria_hash, accepted_warnings=checked.accepted_warnings,
        person_id=context.person_id,
    )  # fmt: skip


def _queue(transaction: Transaction, context: OrganizationContext, segment_id: UUID, reason: RunReason) -> None:
    runs.request(
        transaction, context.organization_id, segment_id=segment_id, reason=reason, person_id=context.person_id
    )


def _refuse_while_needed(transaction: Transaction, organization_id: int, segment_id: UUID) -> None:
    users = references.naming(transaction, organization_id, (segment_id,))
    names = kept_by((segment_id,), users, {}).get(segment_id, ())
    if names:
        listed = ", ".join(names)
        raise InUse(f"This segment must stay active, because it is used by {listed}. Change that first.", users=names)


def _activate(transaction: Transaction, context: OrganizationContext, segment_id: UUID) -> Verdict:
    held = rows.lock(transaction, context.organization_id, segment_id)
    if held is not None and held.state is not SegmentState.ACTIVE:
        try:
            criteria, known = read_draft(transaction, context, held.document)
            findings = findings_of(transaction, context, criteria, known, segment_id=segment_id)
            weigh(findings, accepted=held.accepted_warnings)
        except CriteriaError as error:
            why = " ".join(dict.fromkeys(problem.sentence for problem in error.problems))
            return _stays(held, f"stays {held.state.value}: {why}")
    return _set_state(transaction, context, segment_id, SegmentState.ACTIVE)


def _set_state(
    transaction: Transaction, context: OrganizationContext, segment_id: UUID, state: SegmentState, *,
    needed_by: Sequence[str] = (), left: Sequence[str] = (),
) -> Verdict:  # fmt: skip
    held = rows.lock(transaction, context.organization_id, segment_id)
    if held is None:
        return _unknown(segment_id)
    if held.state is state:
        return Verdict(held.segment_id, held.name, done=True, reason=f"was {state.value} already")
    if needed_by:
        return _stays(held, f"stays {held.state.value}, because it is used by {', '.join(needed_by)}")
    rows.set_state(
        transaction, context.organization_id, segment_id=segment_id, state=state, person_id=context.person_id
    )
    audit.record(
        transaction, context, action=f"segment.{state.value}", object_kind="segment", object_id=segment_id,
        detail={"name": held.name},
    )  # fmt: skip
    return Verdict(held.segment_id, held.name, done=True, reason=f"is {state.value} now{_left(left)}")


def _delete(
    transaction: Transaction, context: OrganizationContext, segment_id: UUID, *, needed_by: Sequence[str],
    left: Sequence[str],
) -> Verdict:  # fmt: skip
    held = rows.lock(transaction, context.organization_id, segment_id)
    if held is None:
        return _unknown(segment_id)
    if needed_by:
        return _stays(held, f"kept, because it is used by {', '.join(needed_by)}")
    rows.delete(transaction, context.organization_id, segment_id)
    audit.record(
        transaction, context, action="segment.delete", object_kind="segment", object_id=segment_id,
        detail={"name": held.name},
    )  # fmt: skip
    return Verdict(held.segment_id, held.name, done=True, reason=f"deleted{_left(left)}")


def _left(names: Sequence[str]) -> str:
    """Warn of segments that are not active themselves and lose what they refer to."""
    if not names:
        return ""
    listed = ", ".join(names)
    return f"; {listed} still {'refers' if len(names) == 1 else 'refer'} to it and cannot be calculated like that"


def _stays(held: rows.LockedSegment, reason: str) -> Verdict:
    return Verdict(held.segment_id, held.name, done=False, reason=reason)


def _unknown(segment_id: UUID) -> Verdict:
    return Verdict(SegmentId(segment_id), "", done=False, reason="does not exist, or you have no access to it")
