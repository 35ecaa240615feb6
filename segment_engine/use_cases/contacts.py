"""Contacts: which segments one is in."""

from __future__ import annotations

from segment_engine.db import members
from segment_engine.db.session import Database
from segment_engine.domain.access import OrganizationContext, Permission, require
from segment_engine.domain.segment import ContactSegment
from segment_engine.errors import NotFound


class Contacts:
    """The use cases around single contacts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def segments_of(self, context: OrganizationContext, external_key: str) -> tuple[ContactSegment, ...]:
        """List the segments that hold the contact now, by name. Raises: PermissionDenied, NotFound."""
        require(context, Permission.MEMBERS_VIEW)
        organization_id = context.organization_id
        with self._database.transaction(organization_id, read_only=True, snapshot=True) as transaction:
            number = members.contact_number(transaction, organization_id, external_key)
            if number is None:
                raise NotFound("There is no contact with this key. Check it letter by letter; keys are exact.")
            return members.segments_of_contact(transaction, organization_id, number)
