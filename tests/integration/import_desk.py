"""A desk with one clerk: hands files in and takes them through the steps, for the tests of the import desk."""

from __future__ import annotations

import time
from collections.abc import Mapping
from io import BytesIO
from typing import Any
from uuid import UUID

from sqlalchemy import text

from segment_engine.db.session import Database
from segment_engine.domain.access import OrganizationContext
from segment_engine.engine import Engine
from segment_engine.imports.jobs import ImportAct, ImportJob
from segment_engine.imports.mapping import ColumnChoice, ImportMapping
from segment_engine.imports.planning import ImportPlan
from segment_engine.imports.report import ImportReport
from tests.integration.importing import figures

PATIENCE = 60.0
CONTACTS = "id,name,city,score,since\n1,Ada,Gent,10,2026-01-02\n2,Bo,Utrecht,12,2026-02-03\n3,Cy,,x,\n,Di,Gent,1,\n"
ORDERS = "id,at,total\n1,2026-01-05T10:00:00Z,12.50\n2,2026-02-05T10:00:00Z,99.00\n9,2026-02-06T10:00:00Z,20.00\n"
HISTORY = "id,at,mailing\n1,2026-01-05T10:00:00Z,Spring\n2,2026-01-05T10:00:01Z,Spring\n"
LINES = "id,no,sku\n1,A1,x\n1,A2,y\n2,A2,z\n"
CONSENTS = "id,channel,state,recorded_at,topic\n1,email,granted,2026-01-01,news\n2,email,maybe,2026-01-01,\n"
CHANNELS = "id,channel,address,valid\n1,email,a@x.org,true\n2,phone,+31,false\n"

# For every kind of file one that fits it, and what is decided about it.
KINDS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "contacts": (CONTACTS, {"roles": {"key": "id"}, "columns": {"score": ColumnChoice(type="integer")}}),
    "events": (ORDERS, {"roles": {"key": "id", "time": "at"}, "event": "order_placed"}),
    "history": (HISTORY, {"roles": {"key": "id", "time": "at", "campaign": "mailing"}, "interaction": "opened"}),
    "related": (LINES, {"roles": {"key": "id", "id": "no"}, "relation": "lines"}),
    "consents": (
        CONSENTS,
        {"roles": {"key": "id", "channel": "channel", "state": "state", "time": "recorded_at", "topic": "topic"}},
    ),
    "channels": (
        CHANNELS,
        {"roles": {"key": "id", "channel": "channel", "address": "address", "valid": "valid"}},
    ),
}


class Clerk:
    """Takes files through the import desk of one organization."""

    def __init__(self, engine: Engine, context: OrganizationContext) -> None:
        self.engine = engine
        self.context = context
        self.imports = engine.imports

    def hand_in(self, content: str | bytes, name: str = "file.csv") -> UUID:
        """Give a file in and have it surveyed."""
        data = content.encode() if isinstance(content, str) else content
        file_id = self.imports.receive(self.context, BytesIO(data), name).file_id
        self.imports.survey(self.context, file_id)
        return file_id

    def plan(self, kind: str = "contacts", content: str | None = None, **changes: Any) -> ImportPlan:
        """Plan the file of a kind, or another one."""
        usual, decisions = KINDS[kind]
        file_id = self.hand_in(usual if content is None else content)
        decided: dict[str, Any] = {"source": "CRM", **decisions, **changes}
        return self.imports.plan(self.context, file_id, ImportMapping(kind=kind, **decided))

    def run(self, kind: str = "contacts", content: str | None = None, **changes: Any) -> ImportReport:
        """Plan and import."""
        return self.imports.run(self.context, self.plan(kind, content, **changes))

    def start(self, plan: ImportPlan, act: ImportAct = ImportAct.IMPORT) -> ImportJob:
        """Let a plan be carried out in a thread."""
        return self.imports.start(self.context, act, plan.file_id, plan=plan)

    def ended(self, job: ImportJob) -> ImportJob:
        """Wait until a job has ended."""
        deadline = time.monotonic() + PATIENCE
        while (now := self.imports.job(self.context, job.job_id)).working:
            assert time.monotonic() < deadline, "the job never ended"
        return now


def everything(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Read every row of every table an import may write, read with the eyes of the owner."""
    tables = (
        "organization_counters", "data_sources", "event_types", "fields", "relations", "contacts", "identities",
        "contact_channels", "consents", "events", "related_rows", "campaigns", "imports", "field_profiles",
        "audit_events",
    )  # fmt: skip
    with database.transaction() as transaction:
        return {
            table: sorted((tuple(row) for row in transaction.rows(text(f"SELECT * FROM {table}"))), key=repr)  # noqa: S608 - the names stand above
            for table in tables
        }


def told(report: ImportReport) -> tuple[object, ...]:
    """Give everything a report says but its id and its times."""
    return (
        figures(report), report.rejections, report.fields, report.empty_columns, report.created_contacts,
        report.shared_emails, report.created_campaigns, report.ignored_columns, report.file_name, report.source,
    )  # fmt: skip
