"""A run that fails names the condition it failed at: nobody has to take the criteria apart to find it."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text

from segment_engine.databases import Databases
from segment_engine.db import runs
from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.failures import causes
from segment_engine.domain.run import Claim, Run, RunStatus
from segment_engine.domain.segment import SegmentDraft
from segment_engine.engine import Engine
from segment_engine.errors import (
    AccessRefused,
    Conflict,
    Incident,
    Locked,
    OutOfSpace,
    SegmentEngineError,
    TimedOut,
    TooLarge,
    Unavailable,
)
from segment_engine.worker import concluding
from segment_engine.worker.failing import find_failing
from segment_engine.worker.loop import Worker
from segment_engine.worker.pace import Pace
from tests.integration.importing import Importer
from tests.integration.reference_worlds import ACCEPTED
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


def many_events(databases: Databases, organization_id: int) -> None:
    """Add many rows for a sum, few contacts for a city."""
    with databases.migrator.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO events (organization_id, contact_number, event_type, event_key, event_number, "
                "occurred_at, number_1) SELECT :o, 1, event_type, gen_random_uuid(), 1000 + n, now(), 1 "
                "FROM generate_series(1, 20000) AS n CROSS JOIN (SELECT DISTINCT event_type FROM events) AS kinds"
            ),
            {"o": organization_id},
        )
        connection.execute(text("ANALYZE events"))


@pytest.mark.parametrize("error", [TimedOut(), TooLarge()], ids=["timeout", "too_large"])
def test_what_takes_too_long_is_the_dearest_condition(
    engine: Engine, context: OrganizationContext, databases: Databases, segment_id: UUID, error: SegmentEngineError
) -> None:
    """The planner's costs tell which condition to narrow; the run is not repeated, because that could not help."""
    many_events(databases, context.organization_id)
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


def test_the_last_of_many_conditions_is_found_as_well(
    engine: Engine, context: OrganizationContext, databases: Databases, segment_id: UUID
) -> None:
    """All are tried while there is time, however many there are; a worker that has to stop tries no further."""
    others = [{**IN_UTRECHT, "value": f"City {number}"} for number in range(16)]
    rewrite(engine, context, segment_id, {"group": "any", "of": [*others, SPENT]})
    with databases.app.transaction(context.organization_id) as transaction:
        column = transaction.scalar(text("SELECT column_name FROM fields WHERE key = 'order_placed.total'"))
    with databases.migrator.engine.begin() as connection:
        connection.exec_driver_sql(f"ALTER TABLE events RENAME COLUMN {column} TO gone")
    worked(databases)
    found = failed(engine, context, segment_id).failing
    assert found is not None
    assert found.path == "$.root.of[16]"
    engine.runs.request(context, segment_id)
    stopping = StopsSoon()
    with databases.worker.transaction() as transaction:
        taken = runs.claim(transaction, worker="test", lease_seconds=30)
    assert isinstance(taken, Claim)
    assert find_failing(databases.worker, taken, Incident("1"), stopped=stopping) is None
    assert stopping.asked == 3


def test_a_ranking_that_takes_too_long_is_blamed_itself(
    engine: Engine, context: OrganizationContext, databases: Databases, segment_id: UUID
) -> None:
    """What costs most may be what the contacts are ordered by: then no condition is accused in its place."""
    many_events(databases, context.organization_id)
    spent = {key: SPENT[key] for key in ("from", "function", "of")}
    limit = {"top_n": 1, "ties": "cut", "order_by": [{"value": {"aggregate": spent}, "direction": "desc"}]}
    rewrite(engine, context, segment_id, {"group": "all", "of": [IN_UTRECHT]}, limit=limit)
    worked(databases, TimedOut())
    found = failed(engine, context, segment_id).failing
    assert found is not None
    assert found.path == "$.limit"
    assert found.sentence.startswith("Of these only the first, ordered by")


def test_a_search_that_breaks_takes_nothing_away_from_the_failure(
    engine: Engine,
    context: OrganizationContext,
    databases: Databases,
    segment_id: UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever goes wrong while the condition is looked for, the run ends with its own cause, and at once."""

    def broken(*_asked: object, **_more: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(concluding, "find_failing", broken)
    worked(databases, TimedOut())
    run = failed(engine, context, segment_id)
    assert (run.error_class, run.attempt, run.failing) == ("timeout", 1, None)


class StopsSoon:
    """A worker that is told to stop while it searches; counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self) -> bool:
        """Tell whether to stop."""
        self.asked += 1
        return self.asked == 3


def rewrite(
    engine: Engine, context: OrganizationContext, segment_id: UUID, root: dict[str, object], **more: object
) -> None:
    """Ask something else; the run of before is cancelled, and that of the new criteria waits."""
    held = engine.segments.get(context, segment_id)
    document: dict[str, object] = {"format": "segment-criteria", "version": 1, "base": "contacts", "root": root, **more}
    draft = SegmentDraft(held.name, "", document, held.state, accepted_warnings=ACCEPTED | {"L-TOP-ZERO"})
    engine.segments.update(context, segment_id, expected_revision=held.revision, draft=draft)


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
