"""What recalculation adds to an organization of hostile names: schedules, checks, alerts, and who is told of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import time
from decimal import Decimal
from uuid import UUID

from sqlalchemy import text

from segment_engine.databases import Databases
from segment_engine.db import workers
from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.alert_rules import Channel, RuleDraft
from segment_engine.domain.alerts import OF_THE_ORGANIZATION, AlertKind
from segment_engine.domain.assertions import AssertionDraft, AssertionKind, AssertionLevel
from segment_engine.domain.schedules import daily, every, on_change, weekly
from segment_engine.domain.segment import SegmentId
from segment_engine.engine import Engine
from segment_engine.errors import InputError
from segment_engine.worker.loop import Worker
from segment_engine.worker.watching import look

_SCHEDULES = (every(60), daily(time(6), "Europe/Amsterdam"), weekly(5, time(6), "Asia/Tokyo"), on_change())
_WITHHELD, _SUSPENDED = 2, 1


def recalculate(
    engine: Engine, databases: Databases, context: OrganizationContext, named: Mapping[UUID, str], keys: Sequence[str]
) -> tuple[UUID, ...]:
    """Schedule the segments, check them, let one result be withheld, and let workers notice; gives the alerts."""
    segments, names = tuple(named), tuple(named.values())
    with databases.worker.transaction() as transaction:
        workers.beat(transaction, names[0], runs_done=0)
    for place, segment_id in enumerate(segments):
        schedule = _SCHEDULES[place % len(_SCHEDULES)]
        engine.schedules.set(context, segment_id, schedule, expected_revision=0)
        _check(engine, context, segments, place, note=names[place], key=keys[place])
        engine.runs.request(context, segment_id)
    worker = Worker(databases.worker)
    while worker.work_once():
        pass
    _write(databases, context.organization_id, _SUSPEND, segment=segments[_SUSPENDED], said=f"{names[2]} failed.")
    told = _told(engine, context, names, segments)
    _write(databases, context.organization_id, _DUE)
    look(databases.worker)
    noticed = engine.alerts.find(context)
    for card in noticed[::2]:
        engine.alerts.acknowledge(context, card.alert_id)
    _write(databases, context.organization_id, _OVER, alert=noticed[-1].alert_id)
    _write(databases, context.organization_id, _NOT_DELIVERED, said=f"{names[1]} was answered.")
    assert told >= len(names)
    assert len(noticed) > 3, "workers noticed too little"
    return tuple(card.alert_id for card in noticed)


def _check(
    engine: Engine, context: OrganizationContext, segments: Sequence[UUID], place: int, *, note: str, key: str
) -> None:
    """Set up checks that do not hold: their sentences name contacts and segments."""
    level = AssertionLevel.BLOCK if place == _WITHHELD else AssertionLevel.WARN
    other = segments[(place + 1) % len(segments)]
    for draft in (
        AssertionDraft(AssertionKind.MUST_INCLUDE, level, contacts=(key,), note=note),
        AssertionDraft(AssertionKind.COUNT_BETWEEN, lowest=1_000, note=note),
        AssertionDraft(AssertionKind.CHANGE_AT_MOST, percent=Decimal(1), note=note),
        AssertionDraft(AssertionKind.DISJOINT_FROM, other_segment_id=other, note=note),
    ):
        engine.assertions.add(context, segments[place], draft)


def _told(engine: Engine, context: OrganizationContext, names: Sequence[str], segments: Sequence[UUID]) -> int:
    """Make a rule for everything hostile that an address may hold, for the organization and for segments."""
    made = 0
    for place, payload in enumerate(payload for name in names for payload in name.split(" ¦ ")):
        segment_id = SegmentId(segments[place % len(segments)]) if place % 2 else None
        kinds = frozenset(AlertKind) - OF_THE_ORGANIZATION
        for channel, target in (
            (Channel.WEBHOOK, f"https://hooks.example.org/?{payload}"), (Channel.EMAIL, f"{payload}@example.org"),
        ):  # fmt: skip
            try:
                engine.alerts.add_rule(context, RuleDraft(kinds, channel, target, segment_id))
            except InputError:
                continue  # an address that holds blanks or brackets is none
            made += 1
    return made


_SUSPEND = """UPDATE segment_schedules SET suspended_at = clock_timestamp(), suspended_because = :said
    WHERE organization_id = :organization AND segment_id = :segment"""
_NOT_DELIVERED = """UPDATE alert_deliveries SET attempts = 3, given_up_at = clock_timestamp(), error = :said
    WHERE organization_id = :organization"""
_OVER = """UPDATE alerts SET recovered_at = clock_timestamp()
    WHERE organization_id = :organization AND alert_id = :alert"""
_DUE = "UPDATE organization_work SET look_at = now() - interval '1 hour' WHERE organization_id = :organization"


def _write(databases: Databases, organization_id: int, statement: str, **values: object) -> None:
    with databases.migrator.transaction(organization_id) as transaction:
        transaction.run(text(statement), {"organization": organization_id, **values})
