"""Segments that name other segments, on real PostgreSQL: circles, diamonds, what is missing, and who is in use."""

from __future__ import annotations

import threading
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from segment_engine.databases import Databases
from segment_engine.db import references, segments
from segment_engine.db.session import Transaction
from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.run import Run, RunStatus
from segment_engine.domain.segment import SegmentDraft, SegmentQuery, SegmentState, SegmentStatus
from segment_engine.engine import Engine
from segment_engine.errors import Conflict, CriteriaError, InUse
from tests.integration.racing import PATIENCE_SECONDS, race
from tests.integration.reference_worlds import (
    ACCEPTED,
    EVERYONE,
    add_contacts,
    calculate,
    city,
    document,
    in_lists,
    in_segments,
    keys,
    save,
)


@pytest.fixture(autouse=True)
def contacts(databases: Databases, organization_id: int) -> None:
    """Contacts 1 and 2 live in Utrecht, 3 in Gent, of 4 nothing is known."""
    add_contacts(databases, organization_id, ["Utrecht", "Utrecht", "Gent", None])


@pytest.fixture
def utrecht(engine: Engine, context: OrganizationContext, databases: Databases) -> UUID:
    """The segment that others refer to, calculated."""
    made = save(engine, context, "Utrecht", document(city("Utrecht")))
    calculate(databases)
    return made


def edit(engine: Engine, context: OrganizationContext, segment_id: UUID, criteria: dict[str, object]) -> None:
    """Save new criteria of a segment."""
    held = engine.segments.get(context, segment_id)
    draft = SegmentDraft(held.name, "", criteria, held.state, accepted_warnings=ACCEPTED)
    engine.segments.update(context, segment_id, expected_revision=held.revision, draft=draft)


def set_state(databases: Databases, organization_id: int, segment_id: UUID, state: str) -> None:
    """Change a state behind the back of the use cases, as an older release could have left it."""
    with databases.app.transaction(organization_id) as transaction:
        transaction.run(
            text("UPDATE segments SET state = :state WHERE segment_id = :s"), {"state": state, "s": segment_id}
        )


def latest(engine: Engine, context: OrganizationContext, segment_id: UUID) -> Run:
    """Read the newest run of a segment."""
    return engine.runs.find(context, segment_id)[0]


def test_a_reference_reads_the_last_run_and_says_which(
    engine: Engine, context: OrganizationContext, databases: Databases, utrecht: UUID
) -> None:
    """A parent reads what its child published last, and keeps the child's run in its own (T50, T57)."""
    parent = save(engine, context, "Others", document(in_segments(utrecht, op="not_in_any")))
    calculate(databases)
    first = latest(engine, context, utrecht).run_id
    assert keys(engine, context, parent) == ["key-3", "key-4"]
    assert latest(engine, context, parent).read_runs == {str(utrecht): str(first)}
    edit(engine, context, utrecht, document(city("Gent")))
    calculate(databases)
    assert keys(engine, context, parent) == ["key-3", "key-4"]
    engine.runs.request(context, parent)
    calculate(databases)
    assert keys(engine, context, parent) == ["key-1", "key-2", "key-4"]
    assert latest(engine, context, parent).read_runs == {str(utrecht): str(latest(engine, context, utrecht).run_id)}


@pytest.mark.parametrize("op", ["in_any", "in_all", "not_in_any", "not_in_all"])
def test_stored_members_and_live_criteria_agree(
    engine: Engine, context: OrganizationContext, databases: Databases, utrecht: UUID, op: str
) -> None:
    """On data that stand still, evaluating the child inline gives the same members, also by hand (T57)."""
    engine.overrides.take_out(context, utrecht, "key-1", reason="Asked")
    engine.overrides.put_in(context, utrecht, "key-4", reason="Asked")
    gent = save(engine, context, "Gent", document(city("Gent", "Utrecht")))
    calculate(databases)
    stored = save(engine, context, "Stored", document(in_segments(utrecht, gent, op=op)))
    live = save(engine, context, "Live", document(in_segments(utrecht, gent, op=op, members="live")))
    calculate(databases)
    assert keys(engine, context, stored) == keys(engine, context, live)
    assert latest(engine, context, live).read_runs == {}
    assert set(latest(engine, context, stored).read_runs) == {str(utrecht), str(gent)}


def test_a_live_reference_names_the_runs_below_it(
    engine: Engine, context: OrganizationContext, databases: Databases, utrecht: UUID
) -> None:
    """Criteria that are followed live lead to runs that are read in turn; those are kept too (T57)."""
    middle = save(engine, context, "Middle", document(in_segments(utrecht)))
    top = save(engine, context, "Top", document(in_segments(middle, members="live")))
    calculate(databases)
    assert keys(engine, context, top) == ["key-1", "key-2"]
    assert latest(engine, context, top).read_runs == {str(utrecht): str(latest(engine, context, utrecht).run_id)}


def test_a_circle_is_refused_with_the_way_round(engine: Engine, context: OrganizationContext, utrecht: UUID) -> None:
    """A → B → A is refused at save, whatever the state; a segment cannot name itself either (T48, M17)."""
    middle = save(engine, context, "Middle", document(in_segments(utrecht)))
    top = save(engine, context, "Top", document(in_segments(middle, members="live")), SegmentState.DRAFT)
    for child, way in (
        (top, "“Utrecht” → “Top” → “Middle” → “Utrecht”"),
        (middle, "“Utrecht” → “Middle” → “Utrecht”"),
        (utrecht, "“Utrecht” → “Utrecht”"),
    ):
        with pytest.raises(CriteriaError) as refused:
            edit(engine, context, utrecht, document({"kind": "all_contacts"}, in_segments(child, op="not_in_any")))
        (problem,) = refused.value.problems
        assert (problem.path, problem.code) == ("$.root.of[1].segments[0]", "reference_cycle")
        assert way in problem.sentence
        found = engine.segments.lint(context, document(in_segments(child)), segment_id=utrecht)
        assert "L-CYCLE" in {finding.code for finding in found}
    assert engine.segments.get(context, utrecht).version == 1


def test_two_edits_at_the_same_moment_make_no_circle(
    engine: Engine, context: OrganizationContext, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two people let two segments read each other at once: one of them is told the way round, every time (T48).

    Without the lock that acts on references wait for, nobody is told: the locks of the two rows end one act blindly.
    """

    def errors(name: str) -> set[str]:
        left, right = (save(engine, context, f"{name} {side}", document(city("Gent"))) for side in "AB")
        calculate(databases)
        ended = race(
            lambda: edit(engine, context, left, document(in_segments(right))),
            lambda: edit(engine, context, right, document(in_segments(left))),
        )
        assert ended.count(None) == 1, ended
        return {
            each.problems[0].code if isinstance(each, CriteriaError) else repr(type(each)) for each in ended if each
        }

    assert [errors(f"Race {number}") for number in range(4)] == [{"reference_cycle"}] * 4
    together = threading.Barrier(2, timeout=PATIENCE_SECONDS)
    write = segments.add_version

    def both_have_looked(*asked: Any, **more: Any) -> None:
        if threading.current_thread() is not threading.main_thread():
            together.wait()
        write(*asked, **more)

    def at_any_time(_transaction: Transaction, _organization_id: int) -> None:
        """Wait for nobody."""

    monkeypatch.setattr(references, "one_at_a_time", at_any_time)
    monkeypatch.setattr(segments, "add_version", both_have_looked)
    assert errors("No lock") == {repr(Conflict)}


def test_two_ways_to_one_segment_are_fine(
    engine: Engine, context: OrganizationContext, databases: Databases, utrecht: UUID
) -> None:
    """A diamond is no circle, and the segment at its foot is read once (T49, M17)."""
    left = save(engine, context, "Left", document(in_segments(utrecht)))
    right = save(engine, context, "Right", document(in_segments(utrecht), city("Utrecht")))
    top = save(engine, context, "Top", document(in_segments(left, right, op="in_all", members="live")))
    calculate(databases)
    assert keys(engine, context, top) == ["key-1", "key-2"]
    assert list(latest(engine, context, top).read_runs) == [str(utrecht)]


def test_a_chain_has_an_end(engine: Engine, context: OrganizationContext, databases: Databases, utrecht: UUID) -> None:
    """Five references in a row are possible, six are refused with their names (T48)."""
    below = utrecht
    for step in range(5):
        below = save(engine, context, f"Step {step}", document(in_segments(below, members="live")))
    calculate(databases)
    assert keys(engine, context, below) == ["key-1", "key-2"]
    with pytest.raises(CriteriaError) as refused:
        save(engine, context, "Too far", document(in_segments(below)))
    (problem,) = refused.value.problems
    assert problem.code == "limit_exceeded"
    assert "“Too far” → “Step 4” → " in problem.sentence
    assert "The chain of references is 6 long" in problem.sentence


@pytest.mark.parametrize("state", ["inactive", "draft", "archived", None])
def test_a_reference_that_is_gone_fails_the_run_and_nothing_else(
    engine: Engine, context: OrganizationContext, databases: Databases, utrecht: UUID, state: str | None
) -> None:
    """The parent fails with the cause and the name; its members stay, and nobody else notices (T43, T51, M16)."""
    parent = save(engine, context, "Others", document(in_segments(utrecht, op="not_in_any")))
    calculate(databases)
    if state is None:
        with databases.app.transaction(context.organization_id) as transaction:
            transaction.run(text("DELETE FROM segments WHERE segment_id = :s"), {"s": utrecht})
    else:
        set_state(databases, context.organization_id, utrecht, state)
    other = save(engine, context, "Gent", document(city("Gent")))
    engine.runs.request(context, parent)
    calculate(databases)
    run = latest(engine, context, parent)
    cause = "reference_missing" if state is None else "reference_inactive"
    assert (run.status, run.error_class) == (RunStatus.FAILED, cause)
    assert ("does not exist" if state is None else f"“Utrecht” is {state}") in (run.error_sentence or "")
    assert keys(engine, context, parent) == ["key-3", "key-4"]
    assert keys(engine, context, other) == ["key-3"]


def test_a_reference_without_a_run_or_with_an_old_one_fails(
    engine: Engine, context: OrganizationContext, databases: Databases, utrecht: UUID
) -> None:
    """Nothing is read that was never calculated, or is older than the criteria allow (M16)."""
    aged = save(engine, context, "Aged", document(in_segments(utrecht, max_age_hours=24)))
    fresh = save(engine, context, "Fresh", document(city("Gent")), SegmentState.DRAFT)
    engine.runs.cancel(context, latest(engine, context, fresh).run_id)
    set_state(databases, context.organization_id, fresh, "active")
    never = save(engine, context, "Never", document(in_segments(fresh)), SegmentState.DRAFT)
    calculate(databases)
    assert latest(engine, context, never).error_class == "reference_not_calculated"
    assert latest(engine, context, aged).status is RunStatus.SUCCESS
    then = latest(engine, context, aged).as_of
    assert then is not None
    engine.runs.request(context, aged, as_of=then.replace(year=then.year + 1))
    calculate(databases)
    assert latest(engine, context, aged).error_class == "reference_too_old"
    assert keys(engine, context, aged) == ["key-1", "key-2"]


def test_a_field_that_is_gone_fails_its_segments_only_and_keeps_the_condition(
    engine: Engine, context: OrganizationContext, databases: Databases, utrecht: UUID
) -> None:
    """The condition stays in the document, the cause is said, all others are calculated (T40, T43)."""
    before = engine.segments.get(context, utrecht).document
    everyone = save(engine, context, "Everyone", EVERYONE)
    with databases.app.transaction(context.organization_id) as transaction:
        transaction.run(text("DELETE FROM fields"))
    engine.runs.request(context, utrecht)
    calculate(databases)
    run = latest(engine, context, utrecht)
    assert (run.status, run.error_class) == (RunStatus.FAILED, "field_missing")
    assert "contact.city" in (run.error_sentence or "")
    assert len(keys(engine, context, everyone)) == 4
    broken = engine.segments.get(context, utrecht)
    assert (broken.document, broken.criteria) == (before, None)
    with pytest.raises(CriteriaError):
        edit(engine, context, utrecht, before)
    assert engine.segments.get(context, utrecht).document == before


def test_broken_segments_are_listed_kept_out_of_nothing_and_deleted(
    engine: Engine, context: OrganizationContext, databases: Databases, utrecht: UUID
) -> None:
    """The list reads stored figures only, and a broken segment can be deleted (T42, T53)."""
    parent = save(engine, context, "Others", document(in_segments(utrecht, op="not_in_any")))
    calculate(databases)
    with databases.app.transaction(context.organization_id) as transaction:
        transaction.run(text("DELETE FROM fields"))
    for segment_id in (utrecht, parent):
        engine.runs.request(context, segment_id)
    calculate(databases)
    cards = {card.name: card for card in engine.segments.find(context, SegmentQuery()).items}
    assert (cards["Utrecht"].status, cards["Utrecht"].member_count) == (SegmentStatus.FAILED, 2)
    assert cards["Others"].status is SegmentStatus.SUCCESS
    assert all(verdict.done for verdict in engine.segments.delete(context, [utrecht, parent]))


def test_an_inactive_reference_survives_saving(
    engine: Engine, context: OrganizationContext, databases: Databases, utrecht: UUID
) -> None:
    """Saved equals reloaded: the reference is neither dropped nor changed, and its state is there to be shown (T20)."""
    parent = save(engine, context, "Others", document(in_segments(utrecht)), SegmentState.DRAFT)
    set_state(databases, context.organization_id, utrecht, "inactive")
    held = engine.segments.get(context, parent)
    draft = SegmentDraft("Other name", "", held.document, SegmentState.DRAFT)
    saved = engine.segments.update(context, parent, expected_revision=held.revision, draft=draft)
    assert saved.document == held.document
    assert engine.catalog(context, saved.document).segments[str(utrecht)].state == "inactive"


def test_active_users_keep_a_segment_and_inactive_ones_are_named(
    engine: Engine, context: OrganizationContext, utrecht: UUID
) -> None:
    """Deleting and deactivating stop at active users only, with their names (T52, T54)."""
    user = save(engine, context, "User", document(in_segments(utrecht)))
    save(engine, context, "Sleeper", document(in_segments(utrecht)), SegmentState.DRAFT)
    (kept,) = engine.segments.delete(context, [utrecht])
    assert (kept.done, kept.reason) == (False, "kept, because it is used by segment “User”")
    (stays,) = engine.segments.deactivate(context, [utrecht])
    assert (stays.done, stays.reason) == (False, "stays active, because it is used by segment “User”")
    held = engine.segments.get(context, utrecht)
    draft = SegmentDraft(held.name, "", held.document, SegmentState.INACTIVE)
    with pytest.raises(InUse, match="used by segment “User”") as refused:
        engine.segments.update(context, utrecht, expected_revision=held.revision, draft=draft)
    assert refused.value.users == ("segment “User”",)
    assert engine.segments.deactivate(context, [user])[0].done
    (left,) = engine.segments.deactivate(context, [utrecht])
    assert left.done
    assert left.reason.startswith("is inactive now; “Sleeper”, “User” still refer to it")


def test_a_selection_is_judged_as_a_whole(
    engine: Engine, context: OrganizationContext, databases: Databases, utrecht: UUID
) -> None:
    """What is used by something that goes too may go; what is used by something that stays, stays (T55)."""
    middle = save(engine, context, "Middle", document(in_segments(utrecht)))
    calculate(databases)
    top = save(engine, context, "Top", document(in_segments(middle)))
    free = save(engine, context, "Free", document(city("Gent")))
    verdicts = {
        UUID(str(each.segment_id)): each.done
        for each in engine.segments.delete(context, [utrecht, middle, free, uuid4()])
    }
    assert (verdicts[utrecht], verdicts[middle], verdicts[free]) == (False, False, True)
    assert len(verdicts) == 4
    assert all(each.done for each in engine.segments.deactivate(context, [utrecht, middle, top]))
    assert all(each.done for each in engine.segments.activate(context, [utrecht, middle, top]))
    assert all(each.done for each in engine.segments.delete(context, [utrecht, middle, top]))


def test_an_old_version_uses_nothing(engine: Engine, context: OrganizationContext, utrecht: UUID) -> None:
    """Only current criteria hold on to a segment (T54)."""
    user = save(engine, context, "User", document(in_segments(utrecht)))
    edit(engine, context, user, document(city("Gent")))
    assert engine.segments.delete(context, [utrecht])[0].done


def test_a_new_version_replaces_the_run_of_the_old_one(
    engine: Engine, context: OrganizationContext, utrecht: UUID
) -> None:
    """A corrected reference does not wait for the run it corrects (T65)."""
    parent = save(engine, context, "Others", document(in_segments(utrecht)))
    edit(engine, context, parent, document(in_segments(utrecht, op="not_in_any")))
    assert [run.status for run in engine.runs.find(context, parent)] == [RunStatus.QUEUED, RunStatus.CANCELLED]


def test_a_list_that_is_gone_fails_the_run(engine: Engine, context: OrganizationContext, databases: Databases) -> None:
    """A missing list never counts as an empty one (T51, M16)."""
    guests = engine.lists.create(context, "Guests", ["key-1"])
    outside = save(engine, context, "Others", document(in_lists(guests.list_id, op="not_in_any")))
    calculate(databases)
    with databases.app.transaction(context.organization_id) as transaction:
        transaction.run(text("DELETE FROM static_lists"))
    engine.runs.request(context, outside)
    calculate(databases)
    assert latest(engine, context, outside).error_class == "reference_missing"
    assert keys(engine, context, outside) == ["key-2", "key-3", "key-4"]
