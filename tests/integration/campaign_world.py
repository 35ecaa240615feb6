"""Campaigns over six contacts: who is reached by e-mail, who is not and why, and segments calculated by a worker."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import text

from segment_engine.databases import Databases
from segment_engine.domain.access import PERMISSIONS, OrganizationContext, Role
from segment_engine.domain.campaign import Campaign, CampaignDraft, CampaignKind
from segment_engine.domain.segment import SegmentDraft, SegmentState
from segment_engine.engine import Engine
from segment_engine.worker.loop import Worker
from tests.integration.importing import Importer

CONTACTS = """id,city
c1,Utrecht
c2,Utrecht
c3,Gent
c4,Gent
c5,Gent
c6,Lyon
"""
# c1, c2 and c4 are reached; c3 has no address, c5 is suppressed, c6 has withdrawn.
CHANNELS = """id,channel,address,valid,suppressed_at,suppression
c1,email,a@example.org,yes,,
c2,email,b@example.org,yes,,
c4,email,d@example.org,yes,,
c5,email,e@example.org,yes,2020-01-01T00:00:00Z,complaint
c6,email,f@example.org,yes,,
c1,sms,+310000001,yes,,
"""
CONSENTS = """id,channel,topic,state,recorded_at
c1,email,,granted,2020-01-01T00:00:00Z
c2,email,,granted,2020-01-01T00:00:00Z
c4,email,,granted,2020-01-01T00:00:00Z
c5,email,,granted,2020-01-01T00:00:00Z
c6,email,,granted,2020-01-01T00:00:00Z
c6,email,,withdrawn,2020-02-01T00:00:00Z
"""


def document(*cities: str) -> dict[str, object]:
    """Write criteria: everyone, or who lives in one of these cities."""
    condition: dict[str, object] = {"kind": "all_contacts"}
    if cities:
        condition = {"kind": "attribute", "field": "contact.city", "op": "is_any_of", "value": list(cities)}
    root = {"group": "all", "of": [condition]}
    return {"format": "segment-criteria", "version": 1, "base": "contacts", "root": root}


@dataclass(frozen=True)
class CampaignWorld:
    """An engine over six contacts, and short ways to make what a test needs."""

    engine: Engine
    databases: Databases
    context: OrganizationContext

    @classmethod
    def make(cls, engine: Engine, databases: Databases, context: OrganizationContext, folder: Path) -> CampaignWorld:
        """Import the contacts, their channels and consents."""
        importer = Importer(databases.app, context.organization_id, folder)
        importer.contacts(CONTACTS)
        importer.channels(CHANNELS)
        importer.consents(CONSENTS)
        return cls(engine, databases, context)

    def segment(self, name: str, *cities: str, state: SegmentState = SegmentState.ACTIVE, run: bool = True) -> UUID:
        """Save a segment, and let a worker calculate it."""
        draft = SegmentDraft(name, "", document(*cities), state, frozenset({"L-DUPLICATE", "L-EMPTY", "L-UNKNOWN"}))
        segment_id = self.engine.segments.create(self.context, draft).segment_id
        if run:
            self.work()
        return segment_id

    def work(self) -> None:
        """Let a worker do everything that waits."""
        worker = Worker(self.databases.worker)
        while worker.work_once():
            pass

    def campaign(self, *included: UUID, excluded: tuple[UUID, ...] = (), name: str = "Spring", **more: Any) -> Campaign:
        """Save a draft."""
        kind = more.pop("kind", CampaignKind.CAMPAIGN)
        draft = CampaignDraft(kind, name, included=included, excluded=excluded, **more)
        return self.engine.campaigns.create(self.context, draft)

    def launch(self, campaign: Campaign, **more: Any) -> Campaign:
        """Launch it as it was seen."""
        return self.engine.campaigns.launch(
            self.context, campaign.campaign_id, expected_revision=campaign.revision, **more
        )

    def codes(self, campaign: Campaign) -> dict[str, str]:
        """Give the verdict of every check by its code."""
        found = self.engine.campaigns.readiness(self.context, campaign.campaign_id)
        return {check.code: check.verdict.value for check in found.checks}

    def sql(self, statement: str, **values: object) -> list[dict[str, Any]]:
        """Run a statement in the organization; `:o` is its id."""
        with self.databases.app.transaction(self.context.organization_id) as transaction:
            found = transaction.connection.execute(text(statement), {"o": self.context.organization_id, **values})
            return [dict(row) for row in found.mappings()] if found.returns_rows else []

    def acting(self, role: Role) -> OrganizationContext:
        """Give the same person in another role."""
        return replace(self.context, role=role, permissions=PERMISSIONS[role])
