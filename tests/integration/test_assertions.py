"""Checks people set up, on real PostgreSQL: they are asked before a result is published, and a block withholds it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from segment_engine.databases import Databases
from segment_engine.domain.access import PERMISSIONS, OrganizationContext, Role
from segment_engine.domain.assertions import AssertionDraft, AssertionKind, AssertionLevel
from segment_engine.domain.check_results import AssertionVerdict
from segment_engine.domain.run import RunStatus
from segment_engine.domain.segment import SegmentDraft
from segment_engine.engine import Engine
from segment_engine.errors import Conflict, InputError, LimitExceeded, NotFound, PermissionDenied, StaleVersion
from segment_engine.export import export_members
from tests.integration.reference_worlds import ACCEPTED, add_contacts, calculate, city, document, keys, save

BLOCK, WARN = AssertionLevel.BLOCK, AssertionLevel.WARN
Move = Callable[[str, str], None]


@pytest.fixture
def utrecht(engine: Engine, context: OrganizationContext, databases: Databases) -> UUID:
    """Two contacts in Utrecht, one in Gent, one nowhere; the segment of Utrecht is calculated."""
    add_contacts(databases, context.organization_id, ["Utrecht", "Utrecht", "Gent", None])
    made = save(engine, context, "Utrecht", document(city("Utrecht")))
    calculate(databases)
    return made


@pytest.fixture
def move(engine: Engine, context: OrganizationContext, databases: Databases, utrecht: UUID) -> Move:
    """Let a contact move to another city, and calculate."""

    def moving(key: str, to: str) -> None:
        with databases.app.transaction(context.organization_id) as transaction:
            statement = "UPDATE contacts SET city = :c, city_fold = :f WHERE external_key = :k"
            transaction.run(text(statement), {"c": to, "f": to.lower(), "k": key})
        engine.runs.request(context, utrecht)
        calculate(databases)

    return moving


def at_least(count: int, level: AssertionLevel = BLOCK) -> AssertionDraft:
    """Demand so many contacts."""
    return AssertionDraft(AssertionKind.COUNT_BETWEEN, level, lowest=count)


def test_a_failing_block_keeps_the_old_members_and_says_so(
    engine: Engine, context: OrganizationContext, utrecht: UUID, move: Move, tmp_path: Path
) -> None:
    """The run ends failed with the figures, the members stay, and the next good result is published again (T46)."""
    engine.assertions.add(context, utrecht, at_least(2))
    before = engine.segments.get(context, utrecht)
    move("key-1", "Gent")
    (run, *_) = engine.runs.find(context, utrecht)
    assert (run.status, run.error_class) == (RunStatus.FAILED, "check_failed")
    assert "withheld the new result of 1 contact; the 2 members published before stay" in (run.error_sentence or "")
    assert "At least 2 contacts should be in it; the result has 1." in (run.error_sentence or "")
    after = engine.segments.get(context, utrecht)
    assert (keys(engine, context, utrecht), after.member_count) == (["key-1", "key-2"], 2)
    assert after.published_run_id == before.published_run_id
    found = engine.assertions.find(context, utrecht)
    assert found.withheld is not None
    assert (found.withheld.count, found.withheld.published) == (1, 2)
    assert found.set_up[0].verdict is AssertionVerdict.FAILED
    assert [each.withheld_count for each in found.history] == [1]
    assert [each.code for each in engine.segments.standing(context, utrecht).reasons] == ["last_run_failed"]
    target = tmp_path / "members.csv"
    assert export_members(engine, context, utrecht, form="csv", target=target) == 2
    assert "A check withheld the new result of 1 contact" in target.with_name("members.csv.txt").read_text("utf-8")
    export_members(engine, context, utrecht, form="csv", target=target, at_run=before.published_run_id)
    assert "withheld" not in target.with_name("members.csv.txt").read_text("utf-8")
    move("key-3", "Utrecht")
    found = engine.assertions.find(context, utrecht)
    assert (found.withheld, found.set_up[0].verdict) == (None, AssertionVerdict.PASSED)
    assert keys(engine, context, utrecht) == ["key-2", "key-3"]


def test_a_first_result_that_is_withheld_publishes_nothing(
    engine: Engine, context: OrganizationContext, databases: Databases, utrecht: UUID
) -> None:
    """Without a result before there is nobody to keep: the segment has no members, and says why."""
    made = save(engine, context, "Gent", document(city("Gent")))
    engine.assertions.add(context, made, at_least(5))
    calculate(databases)
    segment = engine.segments.get(context, made)
    assert (segment.member_count, segment.published_run_id, keys(engine, context, made)) == (None, None, [])
    (run,) = engine.runs.find(context, made)
    assert "nothing is published" in (run.error_sentence or "")
    assert utrecht != made


def test_a_person_may_publish_it_anyway_once(
    engine: Engine, context: OrganizationContext, databases: Databases, utrecht: UUID, move: Move
) -> None:
    """What one person lets pass is published with a warning that names them, is on record, and holds for one run."""
    engine.assertions.add(context, utrecht, at_least(2))
    with pytest.raises(Conflict, match="No result is withheld"):
        engine.assertions.publish_anyway(context, utrecht)
    move("key-1", "Gent")
    engine.assertions.publish_anyway(context, utrecht)
    with pytest.raises(Conflict, match="under way"):
        engine.assertions.publish_anyway(context, utrecht)
    calculate(databases)
    assert keys(engine, context, utrecht) == ["key-2"]
    found = engine.assertions.find(context, utrecht)
    assert (found.withheld, found.set_up[0].verdict) == (None, AssertionVerdict.WARNED)
    assert "Published anyway by" in found.set_up[0].sentence
    assert [each.code for each in engine.segments.standing(context, utrecht).reasons] == ["check_warned"]
    with databases.app.transaction(context.organization_id) as transaction:
        said = transaction.rows(text("SELECT action, detail FROM audit_events WHERE action = 'run.publish_anyway'"))
    assert len(said[0].detail["accepted"]) == 1
    engine.runs.request(context, utrecht)
    calculate(databases)
    assert engine.runs.find(context, utrecht)[0].error_class == "check_failed"


def test_a_check_that_was_changed_is_accepted_no_longer(
    engine: Engine, context: OrganizationContext, databases: Databases, utrecht: UUID, move: Move
) -> None:
    """Whoever lets a result pass has read the check as it was: another number withholds again."""
    made = engine.assertions.add(context, utrecht, at_least(2))
    move("key-1", "Gent")
    engine.assertions.publish_anyway(context, utrecht)
    engine.assertions.change(context, utrecht, made.assertion_id, expected_revision=1, draft=at_least(3))
    calculate(databases)
    assert engine.runs.find(context, utrecht)[0].error_class == "check_failed"


def test_a_warning_is_published_and_said(
    engine: Engine, context: OrganizationContext, utrecht: UUID, move: Move
) -> None:
    """The level decides: what warns is published, and asks for care wherever the segment is used."""
    engine.assertions.add(context, utrecht, at_least(2, WARN))
    engine.assertions.add(context, utrecht, AssertionDraft(AssertionKind.CHANGE_AT_MOST, WARN, percent=Decimal(60)))
    move("key-1", "Gent")
    assert keys(engine, context, utrecht) == ["key-2"]
    verdicts = [each.verdict for each in engine.assertions.find(context, utrecht).set_up]
    assert verdicts == [AssertionVerdict.WARNED, AssertionVerdict.PASSED]
    (reason,) = engine.segments.standing(context, utrecht).reasons
    assert (reason.code, reason.sentence) == ("check_warned", "At least 2 contacts should be in it; the result has 1.")


def test_every_kind_is_judged_on_the_members(
    engine: Engine, context: OrganizationContext, databases: Databases, utrecht: UUID, move: Move
) -> None:
    """Contacts by key or e-mail, and other segments: what holds passes, and the others say how many do not."""
    with databases.app.transaction(context.organization_id) as transaction:
        statement = "INSERT INTO identities VALUES (:o, 'email', 'b@example.com', 2)"
        transaction.run(text(statement), {"o": context.organization_id})
    gent = save(engine, context, "Gent", document(city("Gent")))
    both = save(engine, context, "Both", document(city("Gent", "Utrecht")))
    calculate(databases)
    drafts = [
        AssertionDraft(AssertionKind.MUST_INCLUDE, WARN, contacts=("key-1", "B@example.com", "key-1")),
        AssertionDraft(AssertionKind.MUST_NOT_INCLUDE, WARN, contacts=("key-4",)),
        AssertionDraft(AssertionKind.DISJOINT_FROM, WARN, other_segment_id=gent),
        AssertionDraft(AssertionKind.SUBSET_OF, WARN, other_segment_id=both),
        AssertionDraft(AssertionKind.CHANGE_AT_MOST, WARN, percent=Decimal(10)),
    ]
    for draft in drafts:
        engine.assertions.add(context, utrecht, draft)
    engine.runs.request(context, utrecht)
    calculate(databases)
    found = engine.assertions.find(context, utrecht).set_up
    assert [each.verdict for each in found] == [AssertionVerdict.PASSED] * 5
    assert found[0].contacts == ("key-1", "key-2")
    move("key-1", "Arnhem")
    move("key-3", "Utrecht")  # Gent and Both still hold what they held
    move("key-4", "Utrecht")
    found = engine.assertions.find(context, utrecht).set_up
    assert [each.sentence for each in found] == [
        "Not in it: 1 of the 2 contacts that must be.",
        "In it: 1 of the 1 contact that must not be.",
        "1 contact of the result also in “Gent”; none may be.",
        "1 contact of the result not in “Both”; all have to be.",
        "The count changes by 50.0%, from 2 to 3; at most 10 % is allowed.",
    ]


def test_what_cannot_be_judged_does_not_pass(
    engine: Engine, context: OrganizationContext, databases: Databases, utrecht: UUID
) -> None:
    """A segment that was never calculated, is archived, or is gone, is no reason to wave a result through."""
    draft = SegmentDraft("Never", "", document(city("Gent")), accepted_warnings=ACCEPTED)
    never = engine.segments.create(context, draft).segment_id
    engine.runs.cancel(context, engine.runs.find(context, never)[0].run_id)
    engine.assertions.add(context, utrecht, AssertionDraft(AssertionKind.SUBSET_OF, BLOCK, other_segment_id=never))
    engine.runs.request(context, utrecht)
    calculate(databases)
    assert "“Never” was never calculated" in (engine.runs.find(context, utrecht)[0].error_sentence or "")
    engine.runs.request(context, never)
    calculate(databases)
    engine.segments.archive(context, [never])
    engine.runs.request(context, utrecht)
    calculate(databases)
    assert "“Never” is archived and calculated no more" in (engine.runs.find(context, utrecht)[0].error_sentence or "")
    engine.segments.delete(context, [never])
    engine.runs.request(context, utrecht)
    calculate(databases)
    assert "is gone, so this cannot be judged" in (engine.runs.find(context, utrecht)[0].error_sentence or "")


def test_checks_are_set_up_changed_and_removed_with_care(
    engine: Engine, context: OrganizationContext, utrecht: UUID
) -> None:
    """Nonsense is refused, a second editor notices, contacts are named by those who may see them only."""
    refused = [
        AssertionDraft(AssertionKind.COUNT_BETWEEN),
        AssertionDraft(AssertionKind.COUNT_BETWEEN, lowest=5, highest=4),
        AssertionDraft(AssertionKind.COUNT_BETWEEN, lowest=-1),
        AssertionDraft(AssertionKind.CHANGE_AT_MOST, percent=Decimal("0.001")),
        AssertionDraft(AssertionKind.MUST_INCLUDE),
        AssertionDraft(AssertionKind.MUST_INCLUDE, contacts=("nobody",)),
        AssertionDraft(AssertionKind.SUBSET_OF),
        AssertionDraft(AssertionKind.SUBSET_OF, other_segment_id=utrecht),
    ]
    for draft in refused:
        with pytest.raises(InputError):
            engine.assertions.add(context, utrecht, draft)
    with pytest.raises(NotFound):
        engine.assertions.add(context, utrecht, AssertionDraft(AssertionKind.SUBSET_OF, other_segment_id=uuid4()))
    made = engine.assertions.add(context, utrecht, at_least(1))
    named = engine.assertions.add(context, utrecht, AssertionDraft(AssertionKind.MUST_INCLUDE, contacts=("key-1",)))
    changed = engine.assertions.change(
        context, utrecht, made.assertion_id, expected_revision=1, draft=at_least(2, WARN)
    )
    assert (changed.revision, changed.lowest, changed.level) == (2, 2, WARN)
    with pytest.raises(StaleVersion):
        engine.assertions.change(context, utrecht, made.assertion_id, expected_revision=1, draft=at_least(3))
    blind = replace(context, role=Role.VIEWER, permissions=PERMISSIONS[Role.VIEWER])
    assert [each.contacts for each in engine.assertions.find(blind, utrecht).set_up] == [(), ()]
    with pytest.raises(PermissionDenied):
        engine.assertions.remove(blind, utrecht, made.assertion_id)
    engine.assertions.remove(context, utrecht, made.assertion_id)
    with pytest.raises(NotFound):
        engine.assertions.remove(context, utrecht, made.assertion_id)
    assert [each.assertion.assertion_id for each in engine.assertions.find(context, utrecht).set_up] == [
        named.assertion_id
    ]


def test_a_segment_has_at_most_twenty_checks(engine: Engine, context: OrganizationContext, utrecht: UUID) -> None:
    """Every check is judged while the segment is held: there are not too many."""
    for _ in range(20):
        engine.assertions.add(context, utrecht, at_least(1))
    with pytest.raises(LimitExceeded):
        engine.assertions.add(context, utrecht, at_least(1))
