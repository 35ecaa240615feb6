"""Who did what: append-only lines, written in the transaction of the act."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from segment_engine.db.queries import load_queries
from segment_engine.db.session import Transaction
from segment_engine.domain.access import OrganizationContext, PersonId
from segment_engine.domain.audit import Actor, AuditChoices, AuditLine, AuditQuery, AuditResult

_QUERIES = load_queries("audit")


def record(
    transaction: Transaction, context: OrganizationContext | Actor, *, action: str, object_kind: str, object_id: object,
    detail: Mapping[str, object] | None = None,
) -> None:  # fmt: skip
    """Write one line. If it cannot be written the act does not happen either."""
    transaction.run(
        _QUERIES["record"],
        {
            "organization": context.organization_id,
            "person": context.person_id,
            "person_name": context.person_name,
            "action": action,
            "object_kind": object_kind,
            "object_id": str(object_id),
            "result": AuditResult.DONE.value,
            "detail": json.dumps(dict(detail or {}), ensure_ascii=False),
            "request": context.request_id,
        },
    )


def record_each(
    transaction: Transaction, context: OrganizationContext, *, action: str, object_kind: str,
    objects: Mapping[UUID, Mapping[str, object]],
) -> None:  # fmt: skip
    """Write one line for each object of an act on many, with its detail."""
    lines = [
        {
            "organization": context.organization_id,
            "person": context.person_id,
            "person_name": context.person_name,
            "action": action,
            "object_kind": object_kind,
            "object_id": str(object_id),
            "result": AuditResult.DONE.value,
            "detail": json.dumps(dict(detail), ensure_ascii=False),
            "request": context.request_id,
        }
        for object_id, detail in objects.items()
    ]
    if lines:
        transaction.run(_QUERIES["record"], lines)


def refuse(
    transaction: Transaction, context: OrganizationContext, *, act: str, object_id: str | None, permission: str
) -> None:
    """Write that somebody was refused, at most once a minute for the same person and act."""
    values = {"organization": context.organization_id, "person": context.person_id, "action": act}
    transaction.run(_QUERIES["alone"], values)
    room, _, _method = act.partition(".")
    detail = {"permission": permission, "role": context.role.value}
    transaction.run(
        _QUERIES["refuse"],
        {
            **values,
            "person_name": context.person_name,
            "object_kind": room,
            "object_id": object_id or "",
            "detail": json.dumps(detail),
            "request": context.request_id,
        },
    )


# Reading -----------------------------------------------------------------------------------------------------------


def find(transaction: Transaction, organization_id: int, query: AuditQuery, *, limit: int) -> tuple[AuditLine, ...]:
    """Read some lines, the newest first, with what the things are called."""
    values = {
        "organization": organization_id, "before": query.before, "person": query.person_id,
        "actions": list(query.actions) or None, "object_kind": query.object_kind, "object_id": query.object_id,
        "result": query.result and query.result.value, "since": query.since, "until": query.until,
        "text": query.text.strip().lower() or None, "limit": limit,
    }  # fmt: skip
    lines = [_line(row) for row in transaction.rows(_QUERIES["find"], values)]
    names = _names(transaction, organization_id, lines)
    return tuple(replace(each, object_name=names.get(each.object_id, each.object_name)) for each in lines)


def _line(row: Row[Any]) -> AuditLine:
    return AuditLine(
        row.audit_number, row.happened_at, None if row.person_id is None else PersonId(row.person_id),
        row.person_name, row.action, row.object_kind, row.object_id, row.detail.get("name"), AuditResult(row.result),
        row.detail, row.request_id,
    )  # fmt: skip


def _names(transaction: Transaction, organization_id: int, lines: Iterable[AuditLine]) -> dict[str, str]:
    ids = {found for each in lines if (found := _uuid(each.object_id)) is not None}
    if not ids:
        return {}
    values = {"organization": organization_id, "ids": sorted(ids)}
    return {str(row.id): row.name for row in transaction.rows(_QUERIES["names"], values)}


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def choices(transaction: Transaction, organization_id: int) -> AuditChoices:
    """Read who and what stands in the log at all."""
    values = {"organization": organization_id}
    return AuditChoices(
        tuple((PersonId(row.person_id), row.name) for row in transaction.rows(_QUERIES["people"], values)),
        tuple(row.action for row in transaction.rows(_QUERIES["actions"], values)),
    )
