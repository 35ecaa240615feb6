"""Members by hand on real PostgreSQL: they outlast every run, until a person ends them."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import text

from segment_engine.databases import Databases
from segment_engine.db import runs
from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.overrides import Decision
from segment_engine.domain.run import RunStatus
from segment_engine.domain.segment import SegmentDraft
from segment_engine.engine import Engine
from segment_engine.errors import Conflict, InputError, NotFound
from tests.integration.reference_worlds import add_contacts, calculate, city, document, keys, save


@pytest.fixture
def segment_id(engine: Engine, context: OrganizationContext, databases: Databases) -> UUID:
    """Contacts 1 and 2 live in Utrecht and are members, 3 lives in Gent; everything is calculated."""
    add_contacts(databases, context.organization_id, ["Utrecht", "Utrecht", "Gent"])
    made = save(engine, context, "Utrecht", document(city("Utrecht")))
    calculate(databases)
    assert keys(engine, context, made) == ["key-1", "key-2"]
    return made


def test_a_decision_outlasts_every_run(
    engine: Engine, context: OrganizationContext, databases: Databases, segment_id: UUID
) -> None:
    """Taken out stays out and put in stays in, run after run, with author, date and reason (T84)."""
    out = engine.overrides.take_out(context, segment_id, "key-1", reason=" Asked by phone. ")
    into = engine.overrides.put_in(context, segment_id, "key-3", reason="Lives there now")
    assert (out.decision, out.reason, out.created_by) == (Decision.TAKEN_OUT, "Asked by phone.", "Local operator")
    assert engine.overrides.find(context, segment_id) == (into, out)
    for _ in range(3):
        calculate(databases)
        assert keys(engine, context, segment_id) == ["key-2", "key-3"]
        engine.runs.request(context, segment_id)


def test_a_decision_is_calculated_at_once(
    engine: Engine, context: OrganizationContext, databases: Databases, segment_id: UUID
) -> None:
    """Deciding and ending queue a run; several decisions share the one that waits (T84)."""
    taken = engine.overrides.take_out(context, segment_id, "key-1", reason="Asked")
    engine.overrides.take_out(context, segment_id, "key-2", reason="Asked")
    assert [run.status for run in engine.runs.find(context, segment_id)] == [RunStatus.QUEUED, RunStatus.SUCCESS]
    calculate(databases)
    assert keys(engine, context, segment_id) == []
    engine.overrides.end(context, segment_id, taken.override_id)
    calculate(databases)
    assert keys(engine, context, segment_id) == ["key-1"]


def test_a_run_that_works_already_is_replaced(
    engine: Engine, context: OrganizationContext, databases: Databases, segment_id: UUID
) -> None:
    """A run that may have read before the decision never publishes over it (T65, T84)."""
    engine.runs.request(context, segment_id)
    with databases.worker.transaction() as transaction:
        assert runs.claim(transaction, worker="test", lease_seconds=30) is not None
    engine.overrides.take_out(context, segment_id, "key-1", reason="Asked")
    newest, replaced, _ = engine.runs.find(context, segment_id)
    assert (newest.status, replaced.status) == (RunStatus.QUEUED, RunStatus.CANCELLED)


def test_only_members_by_hand_stay_when_the_criteria_change(
    engine: Engine, context: OrganizationContext, databases: Databases, segment_id: UUID
) -> None:
    """New criteria bring new members; who was put in or taken out by hand stays so (T83)."""
    engine.overrides.put_in(context, segment_id, "key-1", reason="Always")
    engine.overrides.take_out(context, segment_id, "key-3", reason="Never")
    draft = SegmentDraft("Gent", "", document(city("Gent")))
    engine.segments.update(context, segment_id, expected_revision=1, draft=draft)
    calculate(databases)
    assert keys(engine, context, segment_id) == ["key-1"]


def test_who_was_taken_out_is_in_no_segment(
    engine: Engine, context: OrganizationContext, databases: Databases, segment_id: UUID
) -> None:
    """A contact's segments are those that hold it now (T85)."""
    assert [held.segment_id for held in engine.contacts.segments_of(context, "key-1")] == [segment_id]
    engine.overrides.take_out(context, segment_id, "key-1", reason="Asked")
    calculate(databases)
    assert engine.contacts.segments_of(context, "key-1") == ()


def test_members_by_hand_are_marked_now_and_then(
    engine: Engine, context: OrganizationContext, databases: Databases, segment_id: UUID
) -> None:
    """Every row says whether a person decided it, also in the members of an earlier run (T84)."""
    put = engine.overrides.put_in(context, segment_id, "key-3", reason="Asked")
    calculate(databases)
    run_id = engine.runs.find(context, segment_id)[0].run_id
    engine.overrides.end(context, segment_id, put.override_id)
    engine.overrides.take_out(context, segment_id, "key-1", reason="Asked")
    now = {row.external_key: row.by_hand for row in engine.segments.members(context, segment_id).members}
    assert now == {"key-1": Decision.TAKEN_OUT, "key-2": None, "key-3": None}
    calculate(databases)
    then = {
        row.external_key: row.by_hand for row in engine.segments.members(context, segment_id, at_run=run_id).members
    }
    assert then == {"key-1": None, "key-2": None, "key-3": Decision.PUT_IN}


def test_there_is_one_open_decision_about_a_contact(
    engine: Engine, context: OrganizationContext, segment_id: UUID
) -> None:
    """The first decision stands until a person ends it, and stays on record then (T84)."""
    first = engine.overrides.take_out(context, segment_id, "key-1", reason="Asked")
    for decide in (engine.overrides.put_in, engine.overrides.take_out):
        with pytest.raises(Conflict, match=r"was taken out by Local operator on .* already \(Asked\)\. End that"):
            decide(context, segment_id, "key-1", reason="Changed my mind")
    engine.overrides.end(context, segment_id, first.override_id)
    second = engine.overrides.put_in(context, segment_id, "key-1", reason="Changed my mind")
    assert engine.overrides.find(context, segment_id) == (second,)
    both = engine.overrides.find(context, segment_id, with_ended=True)
    assert [(each.override_id, each.open, each.ended_by) for each in both] == [
        (second.override_id, True, None),
        (first.override_id, False, "Local operator"),
    ]
    with pytest.raises(NotFound, match="ended already"):
        engine.overrides.end(context, segment_id, first.override_id)


def test_a_decision_needs_a_contact_and_a_reason(
    engine: Engine, context: OrganizationContext, segment_id: UUID
) -> None:
    """Nothing is decided about nobody, or without saying why."""
    with pytest.raises(NotFound, match="no contact with this key"):
        engine.overrides.put_in(context, segment_id, "nobody", reason="Asked")
    with pytest.raises(InputError, match="Say why"):
        engine.overrides.put_in(context, segment_id, "key-3", reason="  ")
    assert engine.overrides.find(context, segment_id, with_ended=True) == ()


def test_the_sentence_ends_with_members_by_hand(engine: Engine, context: OrganizationContext, segment_id: UUID) -> None:
    """Hand decisions are said where the criteria are said, without naming a contact (T84)."""
    engine.overrides.put_in(context, segment_id, "key-3", reason="Asked")
    stored = engine.segments.get(context, segment_id)
    said = engine.segments.sentence(context, stored.document, segment_id=segment_id).text
    assert "1 contact was put in by hand" in said
    assert "by hand" not in engine.segments.sentence(context, stored.document).text


def test_decisions_are_audited_and_go_with_their_segment(
    engine: Engine, context: OrganizationContext, databases: Databases, segment_id: UUID
) -> None:
    """Who decided what is written down; deleting the segment deletes no contact (T58, RO1)."""
    put = engine.overrides.put_in(context, segment_id, "key-3", reason="Asked")
    engine.overrides.end(context, segment_id, put.override_id)
    engine.segments.delete(context, [segment_id])
    with databases.app.transaction(context.organization_id) as transaction:
        actions = [
            row.action for row in transaction.rows(text("SELECT action FROM audit_events ORDER BY audit_number"))
        ]
        left = transaction.scalar(text("SELECT count(*) FROM segment_overrides"))
        contacts = transaction.scalar(text("SELECT count(*) FROM contacts"))
    assert actions == ["segment.create", "override.put_in", "override.end", "segment.delete"]
    assert (left, contacts) == (0, 3)
