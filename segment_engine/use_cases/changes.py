"""Why members changed: run by run, for one contact, and when time alone changes them next. Nothing is evaluated."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from segment_engine.db import causes, members, runs
from segment_engine.db import checks as stored_clock
from segment_engine.db.session import Database
from segment_engine.domain.access import OrganizationContext, Permission, require
from segment_engine.domain.causes import AudienceChange, ContactMove, RunCauses
from segment_engine.errors import NotFound
from segment_engine.use_cases.campaign_reading import stored_campaign
from segment_engine.use_cases.explaining import NO_CONTACT
from segment_engine.use_cases.stored_segments import stored_row

MOST_MOVES = 50


class Changes:
    """The use cases around the causes of change. Causes are stored with every result and read here."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_segment(self, context: OrganizationContext, segment_id: UUID, *, limit: int = 60) -> tuple[RunCauses, ...]:
        """List why the members changed with the last results, newest first. Raises: PermissionDenied, NotFound."""
        require(context, Permission.SEGMENTS_VIEW)
        with self._database.transaction(context.organization_id, read_only=True) as transaction:
            stored_row(transaction, context, segment_id)
            return causes.of_segment(transaction, context.organization_id, segment_id, limit=limit)

    def of_run(self, context: OrganizationContext, run_id: UUID) -> RunCauses | None:
        """Read why the members changed with a run; None for one that published nothing.

        Raises: PermissionDenied, NotFound.
        """
        require(context, Permission.SEGMENTS_VIEW)
        with self._database.transaction(context.organization_id, read_only=True) as transaction:
            if runs.get(transaction, context.organization_id, run_id) is None:
                raise NotFound
            return causes.of_run(transaction, context.organization_id, run_id)

    def of_contact(self, context: OrganizationContext, segment_id: UUID, contact: str | int) -> tuple[ContactMove, ...]:
        """List when a contact, by its key or number, joined and left a segment and why, newest first.

        Raises: PermissionDenied, NotFound.
        """
        require(context, Permission.MEMBERS_VIEW)
        organization_id = context.organization_id
        with self._database.transaction(organization_id, read_only=True, snapshot=True) as transaction:
            stored_row(transaction, context, segment_id)
            number = (
                contact if isinstance(contact, int) else members.contact_number(transaction, organization_id, contact)
            )
            if number is None:
                raise NotFound(NO_CONTACT)
            return causes.moves_of_contact(transaction, organization_id, segment_id, number, limit=MOST_MOVES)

    def since_frozen(self, context: OrganizationContext, campaign_id: UUID) -> AudienceChange | None:
        """Compare a campaign's newest frozen audience with its segments of today; None when none was frozen.

        Raises: PermissionDenied, NotFound.
        """
        require(context, Permission.CAMPAIGNS_VIEW)
        with self._database.transaction(context.organization_id, read_only=True, snapshot=True) as transaction:
            stored_campaign(transaction, context, campaign_id)
            return causes.since_frozen(transaction, context.organization_id, campaign_id)

    def by_time(self, context: OrganizationContext, segment_id: UUID) -> tuple[str, datetime | None]:
        """Tell whether time alone changes the published members: never, at an instant at the earliest, or unknown.

        Raises: PermissionDenied, NotFound.
        """
        require(context, Permission.SEGMENTS_VIEW)
        with self._database.transaction(context.organization_id, read_only=True) as transaction:
            found = stored_clock.clock(transaction, context.organization_id, segment_id)
        if found is None:
            raise NotFound
        return found
