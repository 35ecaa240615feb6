"""The audit log as a file: CSV that a spreadsheet may open, up to a number of lines, made when somebody asks."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, replace

from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.audit import MOST_EXPORTED, AuditLine, AuditQuery
from segment_engine.domain.audit_sentences import audit_sentence
from segment_engine.domain.spreadsheets import csv_line
from segment_engine.engine import Engine

AUDIT_COLUMNS = (
    "number", "happened_at", "person", "person_id", "sentence", "result", "action", "object_kind", "object_id",
    "object_name", "detail", "request_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class AuditFile:
    """Lines of the log for a download. Shape: `cut` when there were more than it may hold."""

    data: bytes
    lines: int
    cut: bool


def audit_file_name() -> str:
    """Make a name nobody can guess: whoever has the address of a download can fetch it without a sign-in."""
    return f"audit-log-{secrets.token_hex(16)}.csv"


def make_audit_file(
    engine: Engine, context: OrganizationContext, query: AuditQuery, *, most: int = MOST_EXPORTED
) -> AuditFile:
    """Make a file of the newest lines that fit the query; who asked is in the log itself.

    Raises: PermissionDenied, InputError.
    """
    pieces, written, last = [csv_line(AUDIT_COLUMNS)], 0, None
    for lines in engine.audit.export(context, query, most=most):
        pieces += [csv_line(_cells(line)) for line in lines]
        written += len(lines)
        last = lines[-1].number if lines else last
    return AuditFile("".join(pieces).encode(), written, written >= most and _more(engine, context, query, last))


def _more(engine: Engine, context: OrganizationContext, query: AuditQuery, last: int | None) -> bool:
    return bool(engine.audit.find(context, replace(query, before=last), limit=1).lines)


def _cells(line: AuditLine) -> tuple[str | None, ...]:
    return (
        str(line.number), line.happened_at.isoformat(timespec="milliseconds"), line.person_name,
        None if line.person_id is None else str(line.person_id), audit_sentence(line), line.result.value, line.action,
        line.object_kind, line.object_id, line.object_name, json.dumps(dict(line.detail), ensure_ascii=False),
        line.request_id,
    )  # fmt: skip
