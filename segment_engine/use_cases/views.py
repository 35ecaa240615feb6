"""Saved views: everybody keeps their own, and may share them with the organization."""

from __future__ import annotations

from uuid import UUID

from segment_engine.db import audit, views
from segment_engine.db.session import Database
from segment_engine.domain.access import OrganizationContext, Permission, refusal, require
from segment_engine.domain.views import SavedView, ViewId, checked_query
from segment_engine.errors import LimitExceeded, NotFound, PermissionDenied
from segment_engine.use_cases.texts import checked_name

MOST_VIEWS = 100


class Views:
    """The use cases around saved views of the list of segments."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, context: OrganizationContext) -> tuple[SavedView, ...]:
        """List one's own views and those that others share, by name. Raises: PermissionDenied."""
        require(context, Permission.SEGMENTS_VIEW)
        with self._database.transaction(context.organization_id, read_only=True) as transaction:
            return views.find(transaction, context.organization_id, person_id=context.person_id)

    def save(self, context: OrganizationContext, name: str, query: str, *, shared: bool = False) -> ViewId:
        """Keep the address of a list under a name, in place of one's own view of that name.

        Shape: `query` is what stands behind the question mark; parameters that are not known are left out.
        Raises: PermissionDenied, InputError for a name or query that does not fit, LimitExceeded for too many views.
        """
        require(context, Permission.SEGMENTS_VIEW)
        organization_id, person_id = context.organization_id, context.person_id
        known, kept = checked_name(name, of="view"), checked_query(query)
        with self._database.transaction(organization_id) as transaction:
            saved = views.save(
                transaction, organization_id, name=known, query=kept, shared=shared, person_id=person_id
            )  # fmt: skip
            if views.count_own(transaction, organization_id, person_id=person_id) > MOST_VIEWS:
                raise LimitExceeded(f"You keep {MOST_VIEWS} views already. Delete one that you do not need.")
            audit.record(
                transaction, context, action="view.save", object_kind="view", object_id=saved,
                detail={"name": known, "shared": shared},
            )  # fmt: skip
            return saved

    def delete(self, context: OrganizationContext, view_id: UUID) -> None:
        """Delete one's own view; whoever manages people may delete a shared one of others as well.

        Raises: PermissionDenied, NotFound for an unknown id, one of others that is not shared, and one of another
            organization alike.
        """
        require(context, Permission.SEGMENTS_VIEW)
        organization_id = context.organization_id
        with self._database.transaction(organization_id) as transaction:
            found = views.owned(transaction, organization_id, view_id, person_id=context.person_id)
            if found is None:
                raise NotFound
            name, mine = found
            if not mine and not context.may(Permission.PEOPLE_MANAGE):
                why = refusal(context, Permission.PEOPLE_MANAGE)
                raise PermissionDenied(Permission.PEOPLE_MANAGE.value, f"This view belongs to somebody else. {why}")
            views.delete(transaction, organization_id, view_id)
            audit.record(
                transaction, context, action="view.delete", object_kind="view", object_id=view_id, detail={"name": name}
            )
