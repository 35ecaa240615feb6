"""Saving segments: create and edit one."""

from __future__ import annotations

from uuid import UUID, uuid4

from segment_engine.db import audit, readings, references, runs, schedules
from segment_engine.db import segments as rows
from segment_engine.db.session import Database, Transaction
from segment_engine.domain.access import OrganizationContext, Permission, require
from segment_engine.domain.run import RunReason
from segment_engine.domain.schedules import Schedule, checked
from segment_engine.domain.segment import Segment, SegmentDraft, SegmentId, SegmentState
from segment_engine.errors import InUse, NotFound
from segment_engine.use_cases.checked_drafts import CheckedDraft, checked_draft, checked_edit
from segment_engine.use_cases.schedules import begin_schedule
from segment_engine.use_cases.state_acts import needs
from segment_engine.use_cases.stored_segments import changed_in_between, read_segment
from segment_engine.use_cases.texts import checked_name, checked_text


class SegmentSaving:
    """The part of `Segments` that changes something. Acts that touch references wait for each other."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, context: OrganizationContext, draft: SegmentDraft, *, schedule: Schedule | None = None) -> Segment:
        """Save a new segment with its schedule, if it gets one, and queue its first run.

        Raises: PermissionDenied, also for a schedule from who may not edit; CriteriaError with every problem (for an
            active segment also with the errors of the linter), UnacceptedWarnings, InputError, NameTaken.
        """
        require(context, Permission.SEGMENTS_CREATE)
        wanted = _scheduled(context, schedule)
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
            if wanted is not None:
                begin_schedule(transaction, context, segment_id, wanted)
            return read_segment(transaction, context, segment_id)

    def update(
        self, context: OrganizationContext, segment_id: UUID, *, expected_revision: int, draft: SegmentDraft
    ) -> Segment:
        """Save an edit. Changed criteria become a new version, which replaces the run of the older one.

        Raises: PermissionDenied, NotFound, StaleVersion when someone saved in between, CriteriaError (for an active
            segment also with the errors of the linter), UnacceptedWarnings, InUse when a plan or another active segment
            needs it active, InputError, NameTaken.
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
                schedules.criteria_changed(transaction, organization_id, segment_id)
            audit.record(
                transaction, context, action="segment.update", object_kind="segment", object_id=segment_id,
                detail={"name": name, "version": version},
            )  # fmt: skip
            return read_segment(transaction, context, segment_id)


def _scheduled(context: OrganizationContext, schedule: Schedule | None) -> Schedule | None:
    """Check a schedule before anything is stored; it takes the same permission as on the page of a segment."""
    if schedule is None:
        return None
    require(context, Permission.SEGMENTS_EDIT)
    return checked(schedule)


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
    readings.write(transaction, context.organization_id, segment_id, checked.readings)


def _queue(transaction: Transaction, context: OrganizationContext, segment_id: UUID, reason: RunReason) -> None:
    runs.request(
        transaction, context.organization_id, segment_id=segment_id, reason=reason, person_id=context.person_id
    )


def _refuse_while_needed(transaction: Transaction, organization_id: int, segment_id: UUID) -> None:
    names = needs(transaction, organization_id, (segment_id,))[1].get(segment_id, ())
    if names:
        listed = ", ".join(names)
        raise InUse(f"This segment must stay active, because it is used by {listed}. Change that first.", users=names)
