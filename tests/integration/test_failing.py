"""A run that fails names the condition it failed at: nobody has to take the criteria apart to find it."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text

from segment_engine.databases import Databases
from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.failures import causes
from segment_engine.domain.run import Run, RunStatus
from segment_engine.domain.segment import SegmentDraft
from segment_engine.engine import Engine
from segment_engine.errors import (
    AccessRefused,
    Conflict,
    Locked,
    OutOfSpace,
    SegmentEngineError,
    TimedOut,
    TooLarge,
    Unavailable,
)
from segment_engine.worker.loop import Pace, Worker
from tests.integration.importing import Importer
from tests.pages.conftest import CONTACTS, ORDERS

AT_ONCE = Pace(back_off=(0.0, 0.0, 0.0))
IN_UTRECHT: dict[str, object] = {"kind": "attribute", "field": "contact.city", "op": "equals", "value": "Utrecht"}
BOUGHT: dict[str, object] = {"kind": "event", "event": "order_placed", "verb": "did", "count": {"op": "gte", "n": 2}}
SPENT: dict[str, object] = {
    "kind": "aggregate", "from": {"event": "order_placed"}, "function": "sum", "of": "order_placed.total",
    "op": "gte", "value": "50.00",
}  # fmt: skip


@pytest.fixture
def segment_id(
    engine: Engine, context: OrganizationContext, databases: Databases, tmp_path: Path, organization_id: int
) -> UUID:
    """A segment of three conditions, two of them in a group of their own; its first run waits."""
    importer = Importer(databases.app, organization_id, tmp_path)
    importer.contacts(CONTACTS)
    importer.events(ORDERS, types={"total": "money:EUR:2"})
    root = {"group": "all", "of": [IN_UTRECHT, {"group": "any", "of": [BOUGHT, SPENT]}]}
    document: dict[str, object] = {"format": "segment-criteria", "version": 1, "base": "contacts", "root": root}
    return engine.segments.create(context, SegmentDraft("Shoppers", "", document)).segment_id


def worked(databases: Databases, error: SegmentEngineError | None = None) -> None:
    """Let a worker do everything that waits; each evaluation meets the error."""

    def meet(point: str) -> None:
        if error is not None and point == "before_evaluate":
            raise error

    worker = Worker(databases.worker, pace=AT_ONCE, passing=meet)
    while worker.work_once():
        pass


def failed(engine: Engine, context: OrganizationContext, segment_id: UUID) -> Run:
    """Give the newest run, which failed."""
    run = engine.runs.find(context, segment_id)[0]
    assert run.status is RunStatus.FAILED, run
    return run


def test_a_field_that_is_gone_is_named_with_its_place(
    engine: Engine, context: OrganizationContext, databases: Databases, segment_id: UUID
) -> None:
    """The path of what the criteria name, and the words for it."""
    with databases.app.transaction(context.organization_id) as transaction:
        transaction.run(text("DELETE FROM fields WHERE key = 'order_placed.total'"))
    worked(databases)
    run = failed(engine, context, segment_id)
    assert run.failing is not None
    assert run.failing.path.startswith("$.root.of[1].of[1]")
    assert "order_placed.total" in run.failing.sentence
    assert (run.error_class, run.attempt) == ("field_missing", 1)


@pytest.mark.parametrize("error", [TimedOut(), TooLarge()], ids=["timeout", "too_large"])
def test_what_takes_too_long_is_the_dearest_condition(
    engine: Engine, context: OrganizationContext, databases: Databases, segment_id: UUID, error: SegmentEngineError
) -> None:
    """The planner's costs tell which condition to narrow; the run is not repeated, because that could not help."""
    with databases.migrator.engine.begin() as connection:  # many rows for a sum, few contacts for a city
        connection.execute(
            text(
                "INSERT INTO events (organization_id, contact_number, event_type, event_key, event_number, "
                "occurred_at, number_1) SELECT :o, 1, event_type, gen_random_uuid(), 1000 + n, now(), 1 "
                "FROM generate_series(1, 20000) AS n CROSS JOIN (SELECT DISTINCT event_type FROM events) AS kinds"
            ),
            {"o": context.organization_id},
        )
        connection.execute(text("ANALYZE events"))
    worked(databases, error)
    run = failed(engine, context, segment_id)
    assert run.failing is not None
    assert run.failing.path in {"$.root.of[1].of[0]", "$.root.of[1].of[1]"}
    assert "order placed" in run.failing.sentence
    assert (run.error_class, run.attempt) == (error.code, 1)
    assert run.trouble == f"{error} It failed at: {run.failing.sentence}"
    (group,) = engine.operations.failures(context)
    assert group.segments[0].failing == run.failing


def test_what_breaks_in_the_database_is_found_by_trying(
    engine: Engine, context: OrganizationContext, databases: Databases, segment_id: UUID
) -> None:
    """An unforeseen error names the first condition that meets it alone too; the sentence gives no detail away."""
    with databases.app.transaction(context.organization_id) as transaction:
        column = transaction.scalar(text("SELECT column_name FROM fields WHERE key = 'order_placed.total'"))
    with databases.migrator.engine.begin() as connection:
        connection.exec_driver_sql(f"ALTER TABLE events RENAME COLUMN {column} TO gone")
    worked(databases)
    run = failed(engine, context, segment_id)
    assert run.failing is not None
    assert run.failing.path == "$.root.of[1].of[1]"
    assert "gone" not in f"{run.failing.sentence} {run.error_sentence}"
    assert run.error_class == "incident"


@pytest.mark.parametrize(
    "error",
    [OutOfSpace(), AccessRefused(), Locked(), Unavailable(), Conflict()],
    ids=lambda error: str(getattr(error, "code", "")),
)
def test_what_is_not_the_fault_of_the_criteria_blames_no_condition(
    engine: Engine, context: OrganizationContext, databases: Databases, segment_id: UUID, error: SegmentEngineError
) -> None:
    """Trouble around the database is tried three times, ends under its own name, and no condition is accused."""
    worked(databases, error)
    run = failed(engine, context, segment_id)
    assert (run.error_class, run.failing, run.attempt) == (error.code, None, 3)
    assert run.error_sentence == str(error)


def test_every_class_of_failure_says_who_can_act_and_how() -> None:
    """No failure ends under a name that means nothing to anybody."""
    known = {cause.code for cause in causes()}
    assert {error.code for error in (TimedOut, TooLarge, OutOfSpace, AccessRefused, Locked, Unavailable)} <= known
    assert {"criteria", "field_missing", "check_failed", "worker_lost", "incident"} <= known
    assert all(cause.who and cause.how and cause.title for cause in causes())
