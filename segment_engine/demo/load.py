"""Loads the demo organization, once: files, imports, segments with their past, campaigns, and what a worker finds."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from numpy.random import default_rng

from segment_engine.databases import Databases
from segment_engine.db import readings, runs
from segment_engine.db.catalog import load_catalog
from segment_engine.db.queries import load_queries
from segment_engine.db.session import Transaction
from segment_engine.demo import sources
from segment_engine.demo.by_hand import STAFF, add_list, decide_by_hand
from segment_engine.demo.campaigns import add_campaigns
from segment_engine.demo.care import take_care
from segment_engine.demo.documents import TIME_ZONE
from segment_engine.demo.forgotten_segments import FORGOTTEN_PLANS
from segment_engine.demo.history import Stored, calculate_all, calculations
from segment_engine.demo.later_segments import LATER_PLANS
from segment_engine.demo.plans import Plan, Setting
from segment_engine.demo.segments import PLANS, REMOVED_FIELD
from segment_engine.demo.upkeep import SUSPENDED, keep_up
from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.canonical import criteria_hash
from segment_engine.domain.folding import fold
from segment_engine.domain.parse import parse_criteria
from segment_engine.domain.readings import readings_of
from segment_engine.domain.run import RunReason
from segment_engine.domain.schedules import FAILURES_ALLOWED
from segment_engine.domain.write import write_criteria
from segment_engine.errors import Unavailable
from segment_engine.use_cases.organizations import LOCAL_IDENTITY, Organizations, context_for
from segment_engine.worker.loop import Worker

NAME = "Demo organization"
PROVISIONAL_NAME = "Demo organization (being loaded)"

# Any number nobody else uses; two loadings of one database wait for each other on it.
_LOCK = 7_265_301_946_128
_QUERIES = load_queries("demo")
_PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the loading. Units: seconds."""

    name: str
    seconds: float


@dataclass(frozen=True, slots=True)
class DemoReport:
    """What the demo holds and how long its parts took.

    Shape: `loaded` is False, and `parts` empty, when the demo was there already.
    """

    organization_id: int
    loaded: bool
    contacts: int
    events: int
    segments: int
    runs: int
    campaigns: int
    sequences: int
    parts: tuple[Part, ...] = ()

    @property
    def seconds(self) -> float:
        """How long all parts took together."""
        return sum(part.seconds for part in self.parts)

    def __str__(self) -> str:
        """Say it in one sentence, followed by a line a part."""
        figures = (
            f"{self.contacts:,} contacts, {self.events:,} events, {self.segments} segments with {self.runs:,} runs"
            f", {self.campaigns} campaigns and {self.sequences} sequences"
        )
        if not self.loaded:
            return f"{NAME} is there already, with {figures}."
        lines = [f"{NAME} is loaded: {figures}, in {self.seconds:.1f} seconds."]
        return "\n".join(lines + [f"{part.seconds:6.1f} s  {part.name}" for part in self.parts])


@dataclass(slots=True)
class _Clock:
    parts: list[Part] = field(default_factory=list[Part])

    @contextmanager
    def part(self, name: str) -> Generator[None]:
        started = time.monotonic()
        yield
        self.parts.append(Part(name, time.monotonic() - started))


def load_demo(databases: Databases, *, today: datetime | None = None, scale: float = 1.0) -> DemoReport:
    """Create the demo organization and everything in it, unless there is one of its name already.

    Shape: `scale` 1 means 50,000 contacts and 500,000 events. Everything happens under a provisional name; a loading
        that was cut short is removed and done again by the next one.
    Units: `today` is when the demo's events end, by default now; it may not lie ahead.
    Raises: Unavailable.
    """
    organizations = Organizations(databases.owner)
    with databases.migrator.transaction() as holding:
        holding.rows(_QUERIES["hold"], {"key": _LOCK})
        now = (today or holding.now()).astimezone(UTC).replace(microsecond=0)
        known = {row.name: row.organization_id for row in organizations.all()}
        if NAME in known:
            return _report(databases, known[NAME], ())
        clock = _Clock()
        with clock.part("removing what an earlier loading left"):
            _remove(databases, known.get(PROVISIONAL_NAME))
        organization_id = organizations.create(PROVISIONAL_NAME, time_zone=TIME_ZONE)
        _load(databases, organization_id, clock, today=now, scale=scale)
        with databases.owner.transaction() as transaction:
            transaction.run(_QUERIES["rename_organization"], {"organization": organization_id, "name": NAME})
    return _report(databases, organization_id, clock.parts)


def _remove(databases: Databases, organization_id: int | None) -> None:
    if organization_id is None:
        return
    own = {"organization": organization_id}
    with databases.app.transaction(organization_id) as transaction:
        transaction.limit_statements(seconds=0)
        for name in (
            "remove_campaigns",
            "remove_segments",
            "remove_events",
            "remove_related",
            "remove_contacts",
        ):
            transaction.run(_QUERIES[name], own)
    with databases.owner.transaction() as transaction:
        transaction.limit_statements(seconds=0)
        transaction.run(_QUERIES["remove_organization"], own)


def _load(databases: Databases, organization_id: int, clock: _Clock, *, today: datetime, scale: float) -> None:
    context = context_for(databases.app, LOCAL_IDENTITY, organization_id)
    with tempfile.TemporaryDirectory(prefix="demo-") as directory:
        with clock.part("generating the files"):
            files = sources.write_files(Path(directory), today=today, scale=scale)
        _import(databases, organization_id, clock, files)
        with clock.part("calculating 90 days of segments"):
            stored = _create_segments(databases, context, PLANS, Setting(today.date()), today=today)
            histories = calculate_all(databases, context, stored, today=today)
        ids = {each.plan.name: each.segment_id for each in stored}
        with clock.part("adding campaigns and what came of them"):
            random = default_rng(sources.SEED)
            sent = add_campaigns(databases, context, ids, histories, today=today, random=random)
            sources.import_interactions(databases, organization_id, Path(directory), sent, today=today)
        sources.set_ages(databases, organization_id, today=today)
        with clock.part("calculating segments of segments, campaigns and orders"):
            setting = Setting(today.date(), ids, {STAFF: add_list(databases, context)}, _campaigns(databases, context))
            plans = (*LATER_PLANS, *FORGOTTEN_PLANS)
            later = _create_segments(databases, context, plans, setting, today=today, first_place=len(stored))
            calculate_all(databases, context, later, today=today)
        everything = (*stored, *later)
        named = {each.plan.name: each.segment_id for each in everything}
        keep_up(databases, context, named)
        with clock.part("losing a field"):
            _lose_field(databases, context, everything)
            for _ in range(FAILURES_ALLOWED - 1):
                _work(databases, context, [named[SUSPENDED]])
        with clock.part("letting a worker calculate"):
            _work(databases, context, [each.segment_id for each in everything if each.plan.daily])
            _calculate(databases, context, [each for each in everything if each.plan.by_worker])
        with clock.part("importing orders once more"):
            # Nothing in them is new; what was calculated from them before cannot know that.
            sources.import_orders(databases, organization_id, files)
    take_care(databases, context, named, today=today.date())
    _queue(databases, context, [each.segment_id for each in everything if each.plan.queued])


def _import(databases: Databases, organization_id: int, clock: _Clock, files: sources.Files) -> None:
    with clock.part("importing contacts"):
        sources.import_people(databases, organization_id, files)
    with clock.part("importing events"):
        sources.import_activity(databases, organization_id, files)
    with clock.part("importing orders and their lines"):
        sources.import_orders(databases, organization_id, files)
    with clock.part("importing consents and channels"):
        sources.import_reach(databases, organization_id, files)


def _campaigns(databases: Databases, context: OrganizationContext) -> dict[str, UUID]:
    with databases.app.transaction(context.organization_id, read_only=True) as transaction:
        rows = transaction.rows(_QUERIES["campaigns"], {"organization": context.organization_id})
        return {row.name: row.campaign_id for row in rows}


def _create_segments(
    databases: Databases, context: OrganizationContext, plans: Sequence[Plan], setting: Setting, *, today: datetime,
    first_place: int = 0,
) -> tuple[Stored, ...]:  # fmt: skip
    organization_id = context.organization_id
    with databases.app.transaction(organization_id) as transaction:
        found: list[Stored] = []
        for place, plan in enumerate(plans, start=first_place):
            document = plan.write(setting)
            catalog = load_catalog(transaction, organization_id, document)
            criteria = parse_criteria(document, catalog, calendar=context.calendar)
            stored = Stored(plan, place, uuid4(), write_criteria(criteria))
            planned = [each.requested_at for each in calculations(plan, place, today=today)]
            created_at = min([*planned, today - timedelta(hours=place + 1)])
            _create_segment(transaction, context, stored, criteria_hash(criteria, catalog), created_at=created_at)
            readings.write(transaction, organization_id, stored.segment_id, readings_of(stored.document, catalog))
            found.append(stored)
    return tuple(found)


def _create_segment(
    transaction: Transaction, context: OrganizationContext, stored: Stored, hashed: str, *, created_at: datetime
) -> None:
    own: dict[str, object] = {"organization": context.organization_id, "segment": stored.segment_id}
    by = {"person": context.person_id, "created_at": created_at}
    plan = stored.plan
    described = {"name": plan.name, "name_fold": fold(plan.name), "description": plan.description}
    transaction.run(_QUERIES["create_segment"], {**own, **by, **described, "state": plan.state.value})
    criteria = json.dumps(stored.document, ensure_ascii=False)
    transaction.run(_QUERIES["add_version"], {**own, **by, "criteria": criteria, "criteria_hash": hashed})


def _lose_field(databases: Databases, context: OrganizationContext, stored: Sequence[Stored]) -> None:
    """Take a field out of the catalog and let a worker find out: the failure is the real one, in its own words."""
    organization_id = context.organization_id
    with databases.app.transaction(organization_id) as transaction:
        transaction.run(_QUERIES["remove_field"], {"organization": organization_id, "key": REMOVED_FIELD})
    _work(databases, context, [each.segment_id for each in stored if each.plan.loses_field])


def _calculate(databases: Databases, context: OrganizationContext, stored: Sequence[Stored]) -> None:
    """Let a worker calculate; then somebody decides about two members by hand, and it calculates that segment again."""
    _work(databases, context, [each.segment_id for each in stored])
    decided = [each.segment_id for each in stored if each.plan.decided_by_hand]
    for segment_id in decided:
        decide_by_hand(databases, context, segment_id)
    _work(databases, context, decided)


def _work(databases: Databases, context: OrganizationContext, segment_ids: Sequence[UUID]) -> None:
    run_ids = _queue(databases, context, segment_ids)
    worker = Worker(databases.worker)
    until = time.monotonic() + _PATIENCE_SECONDS
    while _waiting(databases, context, run_ids):
        if time.monotonic() > until:
            raise Unavailable("The demo's segments are not calculated in time. Stop other workers and load it again.")
        if not worker.work_once():
            time.sleep(0.05)  # another worker of the installation has it


def _waiting(databases: Databases, context: OrganizationContext, run_ids: Sequence[UUID]) -> bool:
    with databases.app.transaction(context.organization_id, read_only=True) as transaction:
        found = [runs.get(transaction, context.organization_id, run_id) for run_id in run_ids]
    return any(run is not None and run.active for run in found)


def _queue(databases: Databases, context: OrganizationContext, segment_ids: Sequence[UUID]) -> list[UUID]:
    with databases.app.transaction(context.organization_id) as transaction:
        asked = [
            runs.request(
                transaction, context.organization_id, segment_id=segment_id, reason=RunReason.REQUESTED,
                person_id=context.person_id,
            )[0]
            for segment_id in segment_ids
        ]  # fmt: skip
    return [run_id for run_id in asked if run_id is not None]


def _report(databases: Databases, organization_id: int, parts: Sequence[Part]) -> DemoReport:
    with databases.app.transaction(organization_id, read_only=True) as transaction:
        row = transaction.one(_QUERIES["totals"], {"organization": organization_id})
    figures = (0, 0, 0, 0, 0, 0) if row is None else tuple(row)
    return DemoReport(organization_id, bool(parts), *figures, parts=tuple(parts))
