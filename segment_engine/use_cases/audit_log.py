"""The audit log: who did what, searched and exported by those who may read it. Nobody changes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import datetime
from enum import Enum
from uuid import UUID

from segment_engine.db import audit
from segment_engine.db.session import Database
from segment_engine.domain.access import OrganizationContext, Permission, require
from segment_engine.domain.audit import (
    LINES_AT_ONCE,
    LONGEST_SEARCHED,
    MOST_EXPORTED,
    AuditChoices,
    AuditLine,
    AuditPage,
    AuditQuery,
)
from segment_engine.errors import InputError, NotFound

MOST_AT_ONCE = 2_000


class AuditLog:
    """Reading the audit log of an organization."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, context: OrganizationContext, query: AuditQuery, *, limit: int = LINES_AT_ONCE) -> AuditPage:
        """Read one page of the lines, the newest first. Raises: PermissionDenied, InputError."""
        require(context, Permission.AUDIT_VIEW)
        _check(query)
        shown = min(max(limit, 1), MOST_AT_ONCE)
        with self._database.transaction(context.organization_id, read_only=True) as transaction:
            found = audit.find(transaction, context.organization_id, query, limit=shown + 1)
        return AuditPage(found[:shown], found[shown - 1].number if len(found) > shown else None)

    def get(self, context: OrganizationContext, number: int) -> AuditLine:
        """Read one line.

        Raises: PermissionDenied; NotFound for an unknown number and for one of another organization alike.
        """
        require(context, Permission.AUDIT_VIEW)
        with self._database.transaction(context.organization_id, read_only=True) as transaction:
            found = audit.find(transaction, context.organization_id, AuditQuery(before=number + 1), limit=1)
        if not found or found[0].number != number:
            raise NotFound
        return found[0]

    def choices(self, context: OrganizationContext) -> AuditChoices:
        """List who and what stands in the log, to choose from. Raises: PermissionDenied."""
        require(context, Permission.AUDIT_VIEW)
        with self._database.transaction(context.organization_id, read_only=True) as transaction:
            return audit.choices(transaction, context.organization_id)

    def export(
        self, context: OrganizationContext, query: AuditQuery, *, most: int = MOST_EXPORTED
    ) -> Iterator[tuple[AuditLine, ...]]:
        """Yield the lines, the newest first, after writing to the log who asked for which; at most so many.

        Raises: PermissionDenied, InputError.
        """
        require(context, Permission.AUDIT_VIEW)
        _check(query)
        with self._database.transaction(context.organization_id) as transaction:
            audit.record(
                transaction, context, action="audit.export", object_kind="audit_log",
                object_id=context.organization_id, detail=_narrowed(query),
            )  # fmt: skip
        left, before = min(most, MOST_EXPORTED), query.before
        while left:
            page = self.find(context, replace(query, before=before), limit=min(MOST_AT_ONCE, left))
            yield page.lines
            left, before = left - len(page.lines), page.next_before
            if before is None:
                return


def _check(query: AuditQuery) -> None:
    if len(query.text) > LONGEST_SEARCHED:
        raise InputError(f"A search of the log has at most {LONGEST_SEARCHED} characters. Shorten it.")
    if "\0" in f"{query.text}{query.object_id or ''}":
        raise InputError("A search of the log holds a sign that no line can hold. Type it again.")
    if query.since is not None and query.until is not None and query.since >= query.until:
        raise InputError("The period ends before it begins. Choose a later end, or an earlier beginning.")


def _narrowed(query: AuditQuery) -> dict[str, object]:
    """Say by what an export was narrowed, as JSON can hold it."""
    values = ((each.name, getattr(query, each.name)) for each in fields(query))
    return {name: _plain(value) for name, value in values if value not in {None, "", ()}}


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    return str(value) if isinstance(value, UUID) else value
