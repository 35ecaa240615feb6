"""What an edit changes, on real PostgreSQL: it is what the next run records, apart from what time and data did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from segment_engine.databases import Databases
from segment_engine.domain.access import PERMISSIONS, OrganizationContext, Role
from segment_engine.domain.preview.edits import Difference, EditDiff
from segment_engine.domain.run import Run, RunStatus
from segment_engine.domain.segment import SegmentDraft
from segment_engine.engine import Engine
from segment_engine.errors import CriteriaError, NotFound
from tests.integration.analysed_documents import CITY, KINDS, LIMIT, TREES, attribute, document
from tests.integration.analysed_worlds import build_world
from tests.integration.reference_worlds import add_contacts, calculate, in_segments, save
from tests.integration.reference_worlds import document as of

ACCEPTED = frozenset({"L-DUPLICATE", "L-TOP-ZERO", "L-REDUNDANT", "L-NOBODY", "L-NEARLY-ALL"})
UTRECHT = of(attribute("city", "equals", "Utrecht"))
GENT = of(attribute("city", "equals", "Gent"))
BOTH = of(attribute("city", "is_any_of", ["Utrecht", "Gent"]))
USERS = (
    "INSERT INTO campaigns (organization_id, name, channel) VALUES (:o, 'Spring', 'email')",
    "INSERT INTO campaign_segments SELECT :o, campaign_id, :used, 'included' FROM campaigns",
    "INSERT INTO campaigns (organization_id, name, channel, kind) VALUES (:o, 'Welcome', 'email', 'sequence')",
    "INSERT INTO campaign_segments SELECT :o, campaign_id, :used, 'excluded' FROM campaigns WHERE kind = 'sequence'",
)
CITIES = ("Utrecht", "Utrecht", "Gent", "Gent", "Gent", "Lyon", None)


def keys_of(difference: Difference | None) -> list[str]:
    """Read the keys of a sample."""
    assert difference is not None
    return [member.external_key for member in difference.sample]


def edited(engine: Engine, context: OrganizationContext, segment_id: UUID, criteria: Mapping[str, object]) -> None:
    """Save new criteria."""
    held = engine.segments.get(context, segment_id)
    draft = SegmentDraft(held.name, "", dict(criteria), accepted_warnings=ACCEPTED)
    engine.segments.update(context, segment_id, expected_revision=held.revision, draft=draft)


def newest(engine: Engine, context: OrganizationContext, segment_id: UUID) -> Run:
    """Read the latest run, which succeeded."""
    run = engine.runs.find(context, segment_id)[0]
    assert run.status is RunStatus.SUCCESS
    return run


def figures(diff: EditDiff) -> tuple[int, int, int]:
    """Read what the next run will record: joined, left, and how many stay."""
    return diff.added.count, diff.removed.count, diff.kept.count


def test_an_edit_is_told_from_what_data_has_changed_since(
    engine: Engine, context: OrganizationContext, databases: Databases
) -> None:
    """Two moved contacts are the data's doing, and the other city the edit's; together they are the next run."""
    add_contacts(databases, context.organization_id, CITIES)
    segment_id = save(engine, context, "Cities", UTRECHT)
    calculate(databases)
    with databases.app.transaction(context.organization_id) as transaction:
        move = text("UPDATE contacts SET city = :city, city_fold = :fold WHERE number = :n")
        transaction.run(move, {"city": "Lyon", "fold": "lyon", "n": 1})
        transaction.run(move, {"city": "Utrecht", "fold": "utrecht", "n": 6})
    diff = engine.analysis.edit_diff(context, segment_id, BOTH)
    assert (diff.published_count, diff.old_count, diff.new_count) == (2, 2, 5)
    assert figures(diff) == (4, 1, 1)
    assert (keys_of(diff.added), keys_of(diff.removed), keys_of(diff.kept)) == (
        ["key-3", "key-4", "key-5", "key-6"], ["key-1"], ["key-2"],
    )  # fmt: skip
    assert (keys_of(diff.added_by_edit), keys_of(diff.removed_by_edit)) == (["key-3", "key-4", "key-5"], [])
    assert (keys_of(diff.added_by_time), keys_of(diff.removed_by_time)) == (["key-6"], ["key-1"])
    edited(engine, context, segment_id, BOTH)
    calculate(databases)
    run = newest(engine, context, segment_id)
    assert (run.joined_count, run.left_count, run.member_count) == (4, 1, 5)
    again = engine.analysis.edit_diff(context, segment_id, BOTH)
    assert figures(again) == (0, 0, 5)
    assert again.published_at == engine.segments.get(context, segment_id).last_calculated_at


def test_the_difference_equals_the_next_run(databases: Databases) -> None:
    """On frozen data the counts are those of the run that follows, by hand and with a limit, whatever is asked."""
    world = build_world(databases, contacts=1_000)
    engine, context = world.engine, world.context
    segment_id = save(engine, context, "Edited", document(KINDS["number"]))
    members = list(engine.evaluation.keys(context, document(KINDS["number"])))
    engine.overrides.take_out(context, segment_id, members[0], reason="asked to")
    engine.overrides.put_in(context, segment_id, "key-7", reason="a friend")
    calculate(databases)
    versions = [
        document(KINDS["money range"]), TREES["any"], document(CITY, limit=LIMIT), TREES["none"],
        document(KINDS["all contacts"]),
    ]  # fmt: skip
    for version in versions:
        before = engine.segments.get(context, segment_id)
        diff = engine.analysis.edit_diff(context, segment_id, version)
        assert diff.published_count == before.member_count
        assert diff.added_by_edit is not None
        assert diff.kept.count + diff.removed.count == diff.published_count
        assert diff.kept.count + diff.added.count == diff.new_count
        edited(engine, context, segment_id, version)
        calculate(databases)
        run = newest(engine, context, segment_id)
        assert (run.joined_count, run.left_count, run.member_count) == (
            diff.added.count, diff.removed.count, diff.new_count,
        )  # fmt: skip


def test_before_the_first_run_everything_is_new(
    engine: Engine, context: OrganizationContext, databases: Databases
) -> None:
    """Nothing was published: all members are added, and the edit is still compared with the stored criteria."""
    add_contacts(databases, context.organization_id, CITIES)
    segment_id = save(engine, context, "Fresh", GENT)
    diff = engine.analysis.edit_diff(context, segment_id, UTRECHT)
    assert (diff.published_count, diff.published_at, diff.old_count) == (None, None, 3)
    assert figures(diff) == (2, 0, 0)
    assert diff.removed_by_edit is not None
    assert diff.removed_by_edit.count == 3


def test_whatever_uses_the_segment_is_named(engine: Engine, context: OrganizationContext, databases: Databases) -> None:
    """T54: campaigns, sequences and segments that build on the segment stand beside what the edit does to it."""
    add_contacts(databases, context.organization_id, CITIES)
    segment_id = save(engine, context, "Used", UTRECHT)
    calculate(databases)
    save(engine, context, "Parent", of(in_segments(segment_id)))
    values = {"o": context.organization_id, "used": segment_id}
    with databases.app.transaction(context.organization_id) as transaction:
        for statement in USERS:
            transaction.run(text(statement), values)
    diff = engine.analysis.edit_diff(context, segment_id, GENT)
    assert (diff.campaigns, diff.sequences, diff.segments) == (
        ("Spring",), ("Welcome",), ("Parent",),
    )  # fmt: skip


def test_stored_criteria_that_broke_are_no_obstacle(
    engine: Engine, context: OrganizationContext, databases: Databases
) -> None:
    """T40: an edit that repairs a segment is compared with its published members, and what broke is said."""
    add_contacts(databases, context.organization_id, CITIES)
    segment_id = save(engine, context, "Broken", UTRECHT)
    calculate(databases)
    with databases.migrator.transaction() as transaction:
        transaction.run(text("UPDATE fields SET key = 'contact.town', label = 'Town' WHERE key = 'contact.city'"))
    diff = engine.analysis.edit_diff(context, segment_id, of(attribute("town", "equals", "Gent")))
    assert figures(diff) == (3, 2, 0)
    assert (diff.old_count, diff.added_by_edit, diff.added_by_time) == (None, None, None)
    assert "contact.city" in diff.old_problem


def test_viewers_see_the_figures_of_an_edit_and_no_contact(
    engine: Engine, context: OrganizationContext, databases: Databases
) -> None:
    """Counts for everyone who sees segments, contacts for those who may; other segments stay unknown."""
    add_contacts(databases, context.organization_id, CITIES)
    segment_id = save(engine, context, "Seen", UTRECHT)
    viewer = replace(context, role=Role.VIEWER, permissions=PERMISSIONS[Role.VIEWER])
    diff = engine.analysis.edit_diff(viewer, segment_id, BOTH)
    assert figures(diff) == (5, 0, 0)
    assert (diff.added.sample, diff.kept.sample) == ((), ())
    with pytest.raises(NotFound):
        engine.analysis.edit_diff(context, uuid4(), BOTH)
    with pytest.raises(CriteriaError):
        engine.analysis.edit_diff(context, segment_id, of(attribute("nothing", "is_set")))
