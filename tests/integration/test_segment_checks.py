"""Checks around saving, on real PostgreSQL: doubles, what the linter refuses, and warnings that were accepted."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import text

from segment_engine.databases import Databases
from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.lint.findings import Level
from segment_engine.domain.run import RunStatus
from segment_engine.domain.segment import Segment, SegmentDraft, SegmentState
from segment_engine.engine import Engine
from segment_engine.errors import CriteriaError, NameTaken, UnacceptedWarnings
from tests.integration.reference_worlds import EVERYONE, add_contacts, city, document, in_segments, save

UTRECHT = document(city("Utrecht", "Gent"))
SAME = document({"group": "any", "of": [city("Gent", "utrecht")]})
OTHER = document(city("Utrecht"))
NEVER = document(city("Utrecht"), {"kind": "attribute", "field": "contact.city", "op": "equals", "value": "Gent"})
DUPLICATE = frozenset({"L-DUPLICATE"})


@pytest.fixture(autouse=True)
def contacts(databases: Databases, organization_id: int) -> None:
    """Three contacts and the field that holds their city."""
    add_contacts(databases, organization_id, ["Utrecht", "Gent", None])


def create(
    engine: Engine, context: OrganizationContext, name: str, criteria: dict[str, object], *,
    state: SegmentState = SegmentState.ACTIVE, accepted_warnings: frozenset[str] = frozenset(),
) -> Segment:  # fmt: skip
    """Save a segment with nothing accepted unless it is said."""
    return engine.segments.create(context, SegmentDraft(name, "", criteria, state, accepted_warnings))


def test_the_same_definition_is_found_under_another_wording(engine: Engine, context: OrganizationContext) -> None:
    """Doubles are found by what they mean, from a segment and from a document alike (T73)."""
    first = create(engine, context, "Two cities", UTRECHT)
    second = save(engine, context, "Both cities", SAME)
    create(engine, context, "One city", OTHER)
    assert [(each.segment_id, each.name) for each in engine.segments.duplicates(context, first.segment_id)] == [
        (second, "Both cities")
    ]
    assert [each.name for each in engine.segments.duplicates(context, UTRECHT)] == ["Both cities", "Two cities"]
    assert engine.segments.duplicates(context, EVERYONE) == ()


def test_versions_from_before_there_were_hashes_are_found_too(
    engine: Engine, context: OrganizationContext, databases: Databases
) -> None:
    """What was saved without a hash gets one when doubles are asked for; what cannot be read stays without."""
    first = create(engine, context, "Two cities", UTRECHT)
    broken = create(engine, context, "Broken", OTHER)
    with databases.migrator.engine.begin() as connection:
        connection.execute(text("UPDATE segment_versions SET criteria_hash = NULL"))
        connection.execute(
            text('UPDATE segment_versions SET criteria = \'{"format": "none"}\' WHERE segment_id = :s'),
            {"s": broken.segment_id},
        )
    assert [each.name for each in engine.segments.duplicates(context, SAME)] == ["Two cities"]
    assert engine.segments.duplicates(context, broken.segment_id) == ()
    with databases.app.transaction(context.organization_id) as transaction:
        rows = transaction.rows(text("SELECT segment_id, criteria_hash FROM segment_versions"))
    hashes = {row.segment_id: row.criteria_hash for row in rows}
    assert hashes[broken.segment_id] is None
    assert str(hashes[first.segment_id]).startswith("sc1-")


def test_a_double_is_saved_only_by_someone_who_knows(engine: Engine, context: OrganizationContext) -> None:
    """A warning stops saving until it is accepted, and the acceptance is stored with the version (T73)."""
    first = create(engine, context, "Two cities", UTRECHT)
    with pytest.raises(UnacceptedWarnings) as refused:
        create(engine, context, "Both cities", SAME)
    assert [problem.code for problem in refused.value.problems] == ["L-DUPLICATE"]
    assert "Two cities" in str(refused.value)
    saved = create(engine, context, "Both cities", SAME, accepted_warnings=DUPLICATE | {"L-SLOW"})
    assert saved.accepted_warnings == ("L-DUPLICATE",)
    assert first.accepted_warnings == ()
    with pytest.raises(NameTaken):
        create(engine, context, "both CITIES", SAME, accepted_warnings=DUPLICATE)
    assert engine.segments.summary(context).total == 2


def test_an_error_stops_saving_as_active_and_nothing_else(engine: Engine, context: OrganizationContext) -> None:
    """A draft may be wrong; it becomes active only when the linter finds no error in it any more."""
    with pytest.raises(CriteriaError) as refused:
        create(engine, context, "Never", NEVER)
    assert [problem.code for problem in refused.value.problems] == ["L-CONTRADICTION"]
    draft = create(engine, context, "Never", NEVER, state=SegmentState.DRAFT)
    (verdict,) = engine.segments.activate(context, [draft.segment_id])
    assert (verdict.done, verdict.reason.startswith("stays draft: ")) == (False, True)
    active = SegmentDraft("Never", "", NEVER, SegmentState.ACTIVE)
    with pytest.raises(CriteriaError):
        engine.segments.update(context, draft.segment_id, expected_revision=1, draft=active)
    repaired = SegmentDraft("Sometimes", "", OTHER, SegmentState.ACTIVE)
    saved = engine.segments.update(context, draft.segment_id, expected_revision=1, draft=repaired)
    assert (saved.state, saved.version) == (SegmentState.ACTIVE, 2)


def test_accepting_a_warning_later_is_a_version_of_its_own(engine: Engine, context: OrganizationContext) -> None:
    """A stored version never changes, so who accepts something afterwards saves the next one."""
    create(engine, context, "Two cities", UTRECHT)
    draft = create(engine, context, "Both cities", SAME, state=SegmentState.DRAFT)
    (verdict,) = engine.segments.activate(context, [draft.segment_id])
    assert not verdict.done
    wanted = SegmentDraft("Both cities", "", SAME, SegmentState.ACTIVE, DUPLICATE)
    saved = engine.segments.update(context, draft.segment_id, expected_revision=1, draft=wanted)
    assert (saved.version, saved.accepted_warnings) == (2, ("L-DUPLICATE",))
    engine.segments.deactivate(context, [draft.segment_id])
    assert engine.segments.activate(context, [draft.segment_id])[0].done


def test_a_new_name_is_not_judged_again(engine: Engine, context: OrganizationContext) -> None:
    """Renaming an active segment needs no tick for what was true before, and keeps what was accepted."""
    create(engine, context, "Two cities", UTRECHT)
    saved = create(engine, context, "Both cities", SAME, accepted_warnings=DUPLICATE)
    renamed = engine.segments.update(
        context, saved.segment_id, expected_revision=1, draft=SegmentDraft("Renamed", "", saved.document)
    )
    assert (renamed.version, renamed.accepted_warnings) == (1, ("L-DUPLICATE",))
    assert [run.status for run in engine.runs.find(context, saved.segment_id)] == [RunStatus.QUEUED]


def test_a_reference_that_cannot_be_read_is_an_error_before_it_fails(
    engine: Engine, context: OrganizationContext
) -> None:
    """Saving names what a run would fail with: inactive and never calculated alike (L-REF, M16)."""
    child = save(engine, context, "Child", UTRECHT)
    naming = document(in_segments(child))
    codes = {(finding.code, finding.level) for finding in engine.segments.lint(context, naming)}
    assert ("L-REF", Level.ERROR) in codes
    with pytest.raises(CriteriaError, match="Child"):
        create(engine, context, "Parent", naming)
    assert create(engine, context, "Parent", naming, state=SegmentState.DRAFT).version == 1


def test_linting_needs_no_saved_segment(engine: Engine, context: OrganizationContext) -> None:
    """The page asks while a person types: nothing is stored, and the segment itself is no double of itself."""
    saved = create(engine, context, "Two cities", UTRECHT)
    assert [each.code for each in engine.segments.lint(context, SAME)].count("L-DUPLICATE") == 1
    own = engine.segments.lint(context, SAME, segment_id=UUID(str(saved.segment_id)))
    assert "L-DUPLICATE" not in {each.code for each in own}
    assert engine.segments.summary(context).total == 1


def test_counts_tell_the_linter_what_holds_for_nobody(engine: Engine, context: OrganizationContext) -> None:
    """With the counts of the nodes, criteria without a single member are noticed; without them nothing is claimed."""
    nobody = document(city("Arnhem"))
    counts = engine.analysis.counts(context, nobody)
    assert "L-NOBODY" in {found.code for found in engine.segments.lint(context, nobody, counts=counts)}
    assert "L-NOBODY" not in {found.code for found in engine.segments.lint(context, nobody)}
