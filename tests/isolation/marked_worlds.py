"""Two organizations with a row in every table, everything named in one of them bearing a word the other never uses."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import text

from segment_engine.databases import Databases
from segment_engine.db.session import Database
from segment_engine.domain.access import OrganizationContext, Role
from segment_engine.domain.campaign import CampaignDraft, CampaignKind
from segment_engine.domain.segment import SegmentDraft, SegmentState
from segment_engine.engine import Engine
from segment_engine.use_cases.organizations import Identity
from segment_engine.worker.loop import Worker
from tests.integration.importing import Importer

OURS, THEIRS = "alderwood", "bluefinch"
TENANT_TABLES = """
    SELECT relname::text FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attname = 'organization_id'
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT attisdropped ORDER BY 1
"""


@dataclass(frozen=True)
class Marked:
    """One of the two: who acts in it, its word, and the ids of what there is in it."""

    context: OrganizationContext
    word: str
    segment: UUID
    listed: UUID
    campaign: UUID

    @property
    def organization_id(self) -> int:
        """Its number."""
        return self.context.organization_id


def names(database: Database, statement: str) -> list[str]:
    """Run a catalog query as the migrating login and return its first column."""
    with database.engine.connect() as connection:
        return [str(row[0]) for row in connection.execute(text(statement))]


def make_worlds(engine: Engine, databases: Databases, folder: Path) -> tuple[Marked, Marked]:
    """Fill two organizations in the same way, each with its own word."""
    first, second = (_make(engine, databases, folder, word) for word in (OURS, THEIRS))
    return first, second


def _make(engine: Engine, databases: Databases, folder: Path, word: str) -> Marked:
    organization_id = engine.organizations.create(f"{word} organization")
    person = Identity(f"https://{word}.example.org", word, f"{word} admin")
    engine.organizations.give_seat(organization_id, person, Role.ADMIN)
    context = engine.context_for(person, organization_id)
    _deliver(Importer(databases.app, context.organization_id, folder), word)
    listed = engine.lists.create(context, f"{word} list", [f"{word}-1", f"{word}-2"]).list_id
    town = criteria({"kind": "attribute", "field": "contact.city", "op": "equals", "value": f"{word} town"})
    segment = engine.segments.create(context, _draft(f"{word} everyone", everyone())).segment_id
    small = engine.segments.create(context, _draft(f"{word} town", town)).segment_id
    nested = criteria({"kind": "segment", "op": "in_any", "segments": [str(small)]})
    _work(databases)
    engine.segments.create(context, _draft(f"{word} nested", nested))
    engine.segments.tag(context, [segment], [f"{word} tag"])
    engine.views.save(context, f"{word} view", f"q={word}", shared=True)
    engine.overrides.take_out(context, small, f"{word}-2", reason=f"{word} asked")
    _work(databases)
    draft = CampaignDraft(CampaignKind.CAMPAIGN, f"{word} campaign", f"{word} described", included=(segment,))
    campaign = engine.campaigns.create(context, draft)
    engine.campaigns.launch(context, campaign.campaign_id, expected_revision=campaign.revision)
    with databases.migrator.transaction(context.organization_id) as transaction:
        values: dict[str, Any] = {
            "o": context.organization_id, "word": word, "segment": segment, "campaign": campaign.campaign_id,
        }  # fmt: skip
        for statement in _REST:
            transaction.run(text(statement), values)
    return Marked(context, word, segment, listed, campaign.campaign_id)


def everyone() -> dict[str, object]:
    """Write the smallest criteria."""
    return criteria({"kind": "all_contacts"})


def criteria(condition: dict[str, object]) -> dict[str, object]:
    """Write criteria of one condition."""
    root = {"group": "all", "of": [condition]}
    return {"format": "segment-criteria", "version": 1, "base": "contacts", "root": root}


def _draft(name: str, document: dict[str, object]) -> SegmentDraft:
    every = frozenset({"L-DUPLICATE", "L-EMPTY", "L-UNKNOWN"})
    return SegmentDraft(name, f"{name} described", document, SegmentState.ACTIVE, every)


def _work(databases: Databases) -> None:
    worker = Worker(databases.worker)
    while worker.work_once():
        pass


def _deliver(importer: Importer, word: str) -> None:
    """Import some of everything: contacts, events, rows, history of campaigns, consents, addresses."""
    keys = [f"{word}-{number}" for number in (1, 2, 3)]

    def rows(header: str, form: str) -> str:
        return "\n".join((header, *(form.format(key=key, word=word) for key in keys))) + "\n"

    importer.contacts(
        rows(f"id,city,first_name,email,{word}_score", "{key},{word} town,{word} first,{key}@example.org,7"),
        source=f"{word} source",
    )
    importer.events(
        rows(f"id,at,{word}_total", "{key},2026-01-05T10:00:00Z,5"), source=f"{word} source", event=f"{word}_bought"
    )
    importer.related(rows("id,no,thing", "{key},{key},{word} thing"), f"{word}_orders", source=f"{word} source")
    importer.channels(rows("id,channel,address", "{key},email,{key}@example.org"))
    importer.consents(rows("id,channel,state,recorded_at", "{key},email,granted,2020-01-01T00:00:00Z"))


# What no method fills by itself, or only in years.
_FILLING = """
-- The operator who made both organizations would be the one person they share.
DELETE FROM seats WHERE organization_id = :o AND person_id IN (SELECT person_id FROM people WHERE issuer = 'local');
INSERT INTO sequences (organization_id, name) VALUES (:o, :word || ' sequence');
INSERT INTO sequence_segments SELECT :o, sequence_id, :segment, 'included' FROM sequences WHERE organization_id = :o;
INSERT INTO campaign_daily_metrics (organization_id, campaign_id, day, sent)
    VALUES (:o, :campaign, '2026-01-01', 5);
INSERT INTO field_aliases (organization_id, alias, key)
    VALUES (:o, 'contact.' || :word || '_points', 'contact.' || :word || '_score');
INSERT INTO invitations (organization_id, email, email_fold, role, expires_at)
    VALUES (:o, :word || '@example.org', :word || '@example.org', 'viewer', now() + interval '7 days');
INSERT INTO segment_schedules (organization_id, segment_id, kind, every_minutes, next_due_at)
    VALUES (:o, :segment, 'every', 60, now() + interval '1 hour');
INSERT INTO run_causes (organization_id, run_id, cause, joined, departed)
    SELECT :o, run_id, 'criteria', 1, 0 FROM runs WHERE organization_id = :o ON CONFLICT DO NOTHING;
INSERT INTO membership_causes (organization_id, segment_id, published_sequence, cause, block, contacts)
    VALUES (:o, :segment, 99, 'time', 0, cast(5 AS bit(4096)));
INSERT INTO segment_assertions (organization_id, segment_id, kind, level, lowest, note)
    VALUES (:o, :segment, 'count_between', 'warn', 1, :word || ' expected');
INSERT INTO alerts (organization_id, trouble_key, kind, sentence)
    VALUES (:o, :word || ' trouble', 'run_failed', :word || ' failed');
INSERT INTO alert_segments (organization_id, alert_id, segment_id)
    SELECT :o, alert_id, :segment FROM alerts WHERE organization_id = :o;
INSERT INTO alert_rules (organization_id, kinds, channel, target)
    VALUES (:o, '{run_failed}', 'email', :word || '@example.org');
INSERT INTO alert_deliveries (organization_id, alert_id, rule_id, news)
    SELECT :o, alert_id, rule_id, 'opened' FROM alerts JOIN alert_rules USING (organization_id)
    WHERE organization_id = :o
"""
_REST = tuple(statement.strip() for statement in _FILLING.split(";\n"))
