"""What people say about a segment beside its criteria: tags, an owner, notes, a day for a review."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from segment_engine.db import audit, labels
from segment_engine.db import segments as rows
from segment_engine.db.session import Database, Transaction
from segment_engine.domain.access import OrganizationContext, Permission, require
from segment_engine.domain.segment import Owner, Segment
from segment_engine.domain.segment_lists import TagCount
from segment_engine.errors import InputError, NotFound
from segment_engine.use_cases.stored_segments import changed_in_between, read_segment
from segment_engine.use_cases.texts import checked_tags, checked_text


class SegmentLabels:
    """The part of `Segments` that says more about a segment without touching what it means."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def describe(
        self, context: OrganizationContext, segment_id: UUID, *, expected_revision: int, tags: Sequence[str],
        owner_id: UUID | None, notes: str, review_on: date | None,
    ) -> Segment:  # fmt: skip
        """Save tags, owner, notes and the day of the next review. The criteria keep their version and their members.

        Shape: tags replace those before; a tag that exists elsewhere keeps its spelling.
        Raises: PermissionDenied, NotFound, StaleVersion when someone saved in between, InputError for an owner
            without a seat and for texts that do not fit.
        """
        require(context, Permission.SEGMENTS_EDIT)
        organization_id = context.organization_id
        with self._database.transaction(organization_id) as transaction:
            held = rows.lock(transaction, organization_id, segment_id)
            if held is None:
                raise NotFound
            if held.revision != expected_revision:
                raise changed_in_between(transaction, context, segment_id)
            wanted = checked_tags(tags)
            checked_owner(transaction, context, owner_id)
            labels.describe(
                transaction, organization_id, segment_id=segment_id, owner_id=owner_id,
                notes=checked_text(notes, of="note"), review_on=review_on, person_id=context.person_id,
            )  # fmt: skip
            labels.replace_tags(transaction, organization_id, segment_id=segment_id, tags=wanted)
            audit.record(
                transaction, context, action="segment.describe", object_kind="segment", object_id=segment_id,
                detail={"name": held.name, "tags": list(wanted)},
            )  # fmt: skip
            return read_segment(transaction, context, segment_id)

    def tags(self, context: OrganizationContext) -> tuple[TagCount, ...]:
        """List every tag with how many segments carry it, by name. Raises: PermissionDenied."""
        require(context, Permission.SEGMENTS_VIEW)
        with self._database.transaction(context.organization_id, read_only=True) as transaction:
            return labels.tags(transaction, context.organization_id)

    def owners(self, context: OrganizationContext) -> tuple[Owner, ...]:
        """List who may answer for a segment, by name: whoever holds a seat. Raises: PermissionDenied."""
        require(context, Permission.SEGMENTS_VIEW)
        with self._database.transaction(context.organization_id, read_only=True) as transaction:
            return labels.owners(transaction, context.organization_id)


def checked_owner(transaction: Transaction, context: OrganizationContext, owner_id: UUID | None) -> Owner | None:
    """Find the person who is to answer for a segment. Raises: InputError when nobody of this id holds a seat."""
    if owner_id is None:
        return None
    for owner in labels.owners(transaction, context.organization_id):
        if owner.person_id == owner_id:
            return owner
    raise InputError("Only a person who holds a seat here can own a segment. Choose somebody from the list.")
