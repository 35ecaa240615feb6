"""Data sources: how fresh they are, what they deliver, who reads them, what changed, what their fields are called."""

from __future__ import annotations

from uuid import UUID

from segment_engine.db import audit, profiles, sources
from segment_engine.db.catalog import load_catalog
from segment_engine.db.session import Database
from segment_engine.domain.access import OrganizationContext, Permission, require
from segment_engine.domain.catalog import Field
from segment_engine.domain.segment import Page
from segment_engine.domain.sources import FieldMoment, SourceCard, SourceField, SourceImport
from segment_engine.errors import InputError, NotFound
from segment_engine.use_cases.source_drift import SourceDrifting
from segment_engine.use_cases.source_renaming import SourceRenaming
from segment_engine.use_cases.stored_sources import stored_source

IMPORTS_AT_ONCE = 25
MOST_HOURS = 24 * 366


class Sources(SourceDrifting, SourceRenaming):
    """Everything a person can do with data sources but import into them."""

    def __init__(self, database: Database) -> None:
        SourceDrifting.__init__(self, database)
        SourceRenaming.__init__(self, database)
        self._database = database

    def find(self, context: OrganizationContext) -> tuple[SourceCard, ...]:
        """List the sources from stored figures, those that are late first. Raises: PermissionDenied."""
        require(context, Permission.SOURCES_VIEW)
        with self._database.transaction(context.organization_id, read_only=True) as transaction:
            return sources.find(transaction, context.organization_id)

    def get(self, context: OrganizationContext, source_id: UUID) -> SourceCard:
        """Read one source.

        Raises: PermissionDenied; NotFound for an unknown id and for one of another organization alike.
        """
        require(context, Permission.SOURCES_VIEW)
        with self._database.transaction(context.organization_id, read_only=True) as transaction:
            return stored_source(transaction, context.organization_id, source_id)

    def fields(self, context: OrganizationContext, source_id: UUID) -> tuple[SourceField, ...]:
        """List the fields of a source with their newest profiles and who uses them, by kind of rows and key.

        Raises: PermissionDenied, NotFound.
        """
        require(context, Permission.SOURCES_VIEW)
        organization_id = context.organization_id
        with self._database.transaction(organization_id, read_only=True, snapshot=True) as transaction:
            source = stored_source(transaction, organization_id, source_id)
            catalog = load_catalog(transaction, organization_id)
            newest = profiles.newest(transaction, organization_id, source_id).import_id
            known = {} if newest is None else profiles.of_imports(transaction, organization_id, [newest])[newest]
            own: list[tuple[str, Field]] = [("contact", each) for each in catalog.fields.values()]
            for rows in (*catalog.events.values(), *catalog.relations.values()):
                own += [(rows.key, each) for each in rows.fields.values()]
            mine = [(rows, field) for rows, field in own if field.source == source.name]
            uses = sources.uses(transaction, organization_id, [field.key for _, field in mine])
        return tuple(
            SourceField(
                field, rows, known.get(field.key), tuple(each for each in field.aliases if each != field.key),
                uses.of(field.key),
            )
            for rows, field in mine
        )  # fmt: skip

    def field_history(self, context: OrganizationContext, key: str) -> tuple[FieldMoment, ...]:
        """Say how much of a field was missing after each import, oldest first; nothing for an unknown key.

        Raises: PermissionDenied.
        """
        require(context, Permission.SOURCES_VIEW)
        with self._database.transaction(context.organization_id, read_only=True) as transaction:
            found = profiles.of_field(transaction, context.organization_id, key)
        return tuple(FieldMoment(when, each.missing_share, each.row_total) for when, each in found)

    def imports(self, context: OrganizationContext, source_id: UUID, *, page: int = 1) -> Page[SourceImport]:
        """List one page of the imports of a source with their reports, newest first.

        Shape: a page beyond the end is the last one.
        Raises: PermissionDenied, NotFound.
        """
        require(context, Permission.SOURCES_VIEW)
        organization_id = context.organization_id
        with self._database.transaction(organization_id, read_only=True, snapshot=True) as transaction:
            stored_source(transaction, organization_id, source_id)
            total = sources.count_imports(transaction, organization_id, source_id)
            last = max(1, -(-total // IMPORTS_AT_ONCE))
            shown = min(max(page, 1), last)
            items = sources.imports(
                transaction, organization_id, source_id, limit=IMPORTS_AT_ONCE, offset=(shown - 1) * IMPORTS_AT_ONCE
            )
        return Page(items, total, shown, IMPORTS_AT_ONCE)

    def set_limits(
        self, context: OrganizationContext, source_id: UUID, *, stale_after_hours: int | None
    ) -> SourceCard:  # fmt: skip
        """Say after how many hours without an import a source is late; None stops watching it.

        Raises: PermissionDenied, NotFound, InputError.
        """
        require(context, Permission.SOURCES_MANAGE)
        if stale_after_hours is not None and not 1 <= stale_after_hours <= MOST_HOURS:
            raise InputError(f"A source can be late after 1 to {MOST_HOURS:,} hours. Choose a figure between them.")
        organization_id = context.organization_id
        with self._database.transaction(organization_id) as transaction:
            held = sources.lock(transaction, organization_id, source_id)
            if held is None:
                raise NotFound
            sources.set_limits(transaction, organization_id, source_id, stale_after_hours)
            audit.record(
                transaction, context, action="source.limits", object_kind="data_source", object_id=source_id,
                detail={"name": held.name, "from": held.stale_after_hours, "to": stale_after_hours},
            )  # fmt: skip
            return sources.find(transaction, organization_id, source_id)[0]
