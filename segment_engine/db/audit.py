"""Who did what: append-only lines, written in the transaction of the act."""

from __future__ import annotations

import json
from collections.abc import Mapping
from uuid import UUID

from segment_engine.db.queries import load_queries
from segment_engine.db.session import Transaction
from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.audit import Actor

_QUERIES = load_queries("audit")


def record(
    transaction: Transaction, context: OrganizationContext | Actor, *, action: str, object_kind: str, object_id: object,
    detail: dict[str, object] | None = None, result: str = "done",
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
            "result": result,
            "detail": json.dumps(detail or {}, ensure_ascii=False),
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
            "result": "done",
            "detail": json.dumps(dict(detail), ensure_ascii=False),
            "request": context.request_id,
        }
        for object_id, detail in objects.items()
    ]
    if lines:
        transaction.run(_QUERIES["record"], lines)
