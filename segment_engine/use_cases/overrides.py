"""Members by hand: put a contact in, take one out, end a decision, list them. They count from the next run on."""

from __future__ import annotations

from uuid import UUID

from segment_engine.db import audit, members, overrides, runs, segments
from segment_engine.db.session import Database, Transaction
from segment_engine.domain.access import OrganizationContext, Permission, require
from segment_engine.domain.overrides import Decision, Override
from segment_engine.domain.run import RunReason
from segment_engine.errors import Conflict, InputError, NotFound
from segment_engine.use_cases.stored_segments import hold_segment
from segment_engine.use_cases.texts import checked_text

_WORDS = {Decision.PUT_IN: "put in", Decision.TAKEN_OUT: "taken out"}


class Overrides:
    """The use cases around members by hand."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, context: OrganizationContext, segment_id: UUID, *, with_ended: bool = False) -> tuple[Override, ...]:
        """List the decisions about a segment with author, date and reason, the newest first.

        Raises: PermissionDenied, NotFound.
        """
        require(context, Permission.MEMBERS_VIEW)
        organization_id = context.organization_id
        with self._database.transaction(organization_id, read_only=True, snapshot=True) as transaction:
            if segments.get(transaction, organization_id, segment_id) is None:
                raise NotFound
            return overrides.find(transaction, organization_id, segment_id, with_ended=with_ended)

    def put_in(self, context: OrganizationContext, segment_id: UUID, external_key: str, *, reason: str) -> Override:
        """Make a contact a member whatever the criteria say, until someone ends it. A run is queued.

        Raises: PermissionDenied, NotFound, InputError without a reason, Conflict when something was decided before.
        """
        require(context, Permission.SEGMENTS_EDIT)
        return self._decide(context, segment_id, external_key, Decision.PUT_IN, reason)

    def take_out(self, context: OrganizationContext, segment_id: UUID, external_key: str, *, reason: str) -> Override:
        """Keep a contact out whatever the criteria say, until someone ends it. A run is queued.

        Raises: PermissionDenied, NotFound, InputError without a reason, Conflict when something was decided before.
        """
        require(context, Permission.SEGMENTS_EDIT)
        return self._decide(context, segment_id, external_key, Decision.TAKEN_OUT, reason)

    def end(self, context: OrganizationContext, segment_id: UUID, override_id: UUID) -> None:
        """Let the criteria decide again; the record stays. A run is queued.

        Raises: PermissionDenied, NotFound when there is no such decision that still counts.
        """
        require(context, Permission.SEGMENTS_EDIT)
        organization_id = context.organization_id
        with self._database.transaction(organization_id) as transaction:
            hold_segment(transaction, organization_id, segment_id)
            ended = overrides.end(
                transaction, organization_id, segment_id=segment_id, override_id=override_id,
                person_id=context.person_id,
            )  # fmt: skip
            if not ended:
                raise NotFound("There is no such decision, or it was ended already. Reload to see those that count.")
            _queue(transaction, context, segment_id)
            audit.record(
                transaction, context, action="override.end", object_kind="segment", object_id=segment_id,
                detail={"override": str(override_id)},
            )  # fmt: skip

    def _decide(
        self, context: OrganizationContext, segment_id: UUID, external_key: str, decision: Decision, reason: str
    ) -> Override:
        require(context, Permission.MEMBERS_VIEW)  # whoever names a contact learns whether it exists
        why = checked_text(reason, of="reason")
        if not why:
            raise InputError("Say why, so that others can judge it later.")
        organization_id = context.organization_id
        with self._database.transaction(organization_id) as transaction:
            hold_segment(transaction, organization_id, segment_id)
            number = members.contact_number(transaction, organization_id, external_key)
            if number is None:
                raise NotFound("There is no contact with this key. Check it letter by letter; keys are exact.")
            override_id = overrides.add(
                transaction, organization_id, segment_id=segment_id, contact_number=number, decision=decision,
                reason=why, person_id=context.person_id,
            )  # fmt: skip
            (made,) = overrides.find(transaction, organization_id, segment_id, contact_number=number)
            if override_id is None:
                raise _decided_before(made)
            _queue(transaction, context, segment_id)
            audit.record(
                transaction, context, action=f"override.{decision.value}", object_kind="segment",
                object_id=segment_id, detail={"override": str(override_id), "contact": number, "reason": why},
            )  # fmt: skip
            return made


def _queue(transaction: Transaction, context: OrganizationContext, segment_id: UUID) -> None:
    runs.renew(
        transaction, context.organization_id, segment_id=segment_id, reason=RunReason.EDITED,
        person_id=context.person_id,
    )  # fmt: skip


def _decided_before(override: Override) -> Conflict:
    day = override.created_at.strftime("%Y-%m-%d")
    who = override.created_by or "someone"
    return Conflict(
        f"This contact was {_WORDS[override.decision]} by {who} on {day} already ({override.reason}). "
        "End that decision first."
    )
