"""Settings of an organization: read, rehearsed with figures, and changed with both values in the audit log."""

from __future__ import annotations

from contextlib import suppress

from segment_engine.db import audit
from segment_engine.db import organization_settings as rows
from segment_engine.db.session import Database
from segment_engine.domain.access import OrganizationContext, Permission, require
from segment_engine.domain.organization_settings import (
    OrganizationSettings,
    SettingsFigures,
    SettingsRehearsal,
    StoredSettings,
    changes,
    checked_settings,
)
from segment_engine.errors import StaleVersion

CHANGED = "Another administrator changed the settings after you opened them. Reload the page, and choose again."


class _GivenUp(Exception):
    """Ends a rehearsal: nothing that happened in its transaction stays."""


class SettingsRoom:
    """What an administrator may set for the organization."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, context: OrganizationContext) -> StoredSettings:
        """Read the settings. Raises: PermissionDenied."""
        require(context, Permission.PEOPLE_MANAGE)
        with self._database.transaction(context.organization_id, read_only=True) as transaction:
            return rows.read(transaction, context.organization_id)

    def rehearse(self, context: OrganizationContext, wanted: OrganizationSettings) -> SettingsRehearsal:
        """Say with figures what other settings would change: carried out, counted, and given up again.

        Raises: PermissionDenied, InputError.
        """
        require(context, Permission.PEOPLE_MANAGE)
        checked, organization_id = checked_settings(wanted), context.organization_id
        counted: list[SettingsFigures] = []
        differing: dict[str, tuple[object, object]] = {}
        with suppress(_GivenUp), self._database.transaction(organization_id) as transaction:
            differing = changes(rows.lock(transaction, organization_id).settings, checked)
            counted.append(rows.figures(transaction, organization_id))
            rows.update(transaction, organization_id, checked)
            counted.append(rows.figures(transaction, organization_id))
            raise _GivenUp
        return SettingsRehearsal(differing, *counted)

    def update(
        self, context: OrganizationContext, wanted: OrganizationSettings, *, expected_revision: int
    ) -> StoredSettings:
        """Store other settings; they hold from everybody's next click, and from the next run of a worker.

        Raises: PermissionDenied, InputError, StaleVersion when somebody changed them in between.
        """
        require(context, Permission.PEOPLE_MANAGE)
        checked, organization_id = checked_settings(wanted), context.organization_id
        with self._database.transaction(organization_id) as transaction:
            held = rows.lock(transaction, organization_id)
            if held.revision != expected_revision:
                raise StaleVersion(CHANGED)
            differing = changes(held.settings, checked)
            if not differing:
                return held
            rows.update(transaction, organization_id, checked)
            audit.record(
                transaction, context, action="settings.update", object_kind="organization",
                object_id=organization_id,
                detail={"changed": {name: {"from": old, "to": new} for name, (old, new) in differing.items()}},
            )  # fmt: skip
            return rows.read(transaction, organization_id)
