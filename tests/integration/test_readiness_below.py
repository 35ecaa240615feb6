"""A result is as good as the results it was made of: what is out of date below is told above, on real PostgreSQL."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from segment_engine.databases import Databases
from segment_engine.db.standing import of_segments
from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.readiness import Freshness, Readiness
from segment_engine.domain.schedules import every
from segment_engine.domain.segment import SegmentDraft
from segment_engine.engine import Engine
from segment_engine.worker.scheduling import tick
from tests.integration.importing import Importer
from tests.integration.reference_worlds import ACCEPTED, calculate, city, document, in_segments, save
from tests.integration.scheduled_world import let_be_due, newest, schedule
from tests.integration.test_readiness import AGE, CONTACTS, Change, change, codes, importer, utrecht

__all__ = ("change", "importer", "utrecht")  # fixtures


@pytest.fixture
def chain(engine: Engine, context: OrganizationContext, databases: Databases, utrecht: UUID) -> tuple[UUID, UUID, UUID]:
    """“Top” reads “Middle”, which reads “Utrecht”; all of them calculated."""
    middle = save(engine, context, "Middle", document(in_segments(utrecht)))
    calculate(databases)
    top = save(engine, context, "Top", document(in_segments(middle)))
    calculate(databases)
    return utrecht, middle, top


def edit(engine: Engine, context: OrganizationContext, segment_id: UUID, *cities: str) -> None:
    """Ask a segment for contacts of other cities, and let nobody calculate it."""
    held = engine.segments.get(context, segment_id)
    draft = SegmentDraft(held.name, "", document(city(*cities)), accepted_warnings=ACCEPTED)
    engine.segments.update(context, segment_id, expected_revision=held.revision, draft=draft)
    engine.runs.cancel(context, newest(engine, context, segment_id).run_id)


def test_an_edit_far_below_is_told_at_once(
    engine: Engine, context: OrganizationContext, databases: Databases, chain: tuple[UUID, UUID, UUID]
) -> None:
    """Who reads a segment that must not be used must not be used, however long the way, until all is calculated (T50).

    Calculating it again from the same outdated members does not make it ready.
    """
    utrecht, middle, top = chain
    edit(engine, context, utrecht, "Utrecht", "Gent")
    for each in (middle, top):
        standing = engine.segments.standing(context, each)
        assert (codes(standing), standing.freshness) == (["stale_dependency"], Freshness.STALE_DEPENDENCY)
    sentence = engine.segments.standing(context, top).reasons[0].sentence
    assert sentence == "“Middle”, which it reads, is out of date itself; calculate that first. Recalculate it."
    engine.runs.request(context, top)
    calculate(databases)
    assert codes(engine.segments.standing(context, top)) == ["stale_dependency"]
    for each in chain:
        assert codes(engine.segments.standing(context, top)) == ["stale_dependency"]
        engine.runs.request(context, each)
        calculate(databases)
    assert {engine.segments.standing(context, each).readiness for each in chain} == {Readiness.READY}


def test_an_import_that_is_missing_below_is_missing_above(
    engine: Engine, context: OrganizationContext, databases: Databases, chain: tuple[UUID, UUID, UUID],
    importer: Importer,
) -> None:  # fmt: skip
    """Members made of members from before the last import are used with care, and say of which segment that comes."""
    utrecht, middle, top = chain
    importer.contacts(CONTACTS)
    assert codes(engine.segments.standing(context, utrecht)) == ["stale_source"]
    for each, below in ((middle, "Utrecht"), (top, "Middle")):
        standing = engine.segments.standing(context, each)
        assert (codes(standing), standing.readiness) == (["dependency_behind"], Readiness.USE_WITH_CARE)
        assert standing.freshness is Freshness.STALE_DEPENDENCY
        assert standing.reasons[0].sentence.startswith(f"“{below}”, which it reads, is not up to date itself.")
    with databases.app.transaction(context.organization_id, read_only=True) as transaction:
        everything = of_segments(transaction, context.organization_id)
        assert set(of_segments(transaction, context.organization_id, (top,))) == {top}
    assert {each: engine.segments.standing(context, each) for each in chain} == everything
    engine.runs.request(context, utrecht)
    calculate(databases)
    ready = {engine.segments.standing(context, each).readiness for each in chain}
    assert ready == {Readiness.READY}  # because the members are the same


def test_what_is_too_old_below_is_too_old_above(
    engine: Engine, context: OrganizationContext, databases: Databases, chain: tuple[UUID, UUID, UUID], change: Change
) -> None:
    """A calculation of today from members of last month is none of today; a schedule brings both up to date (T79)."""
    utrecht, middle, top = chain
    change(AGE, hours=30, segment=utrecht)
    assert codes(engine.segments.standing(context, top)) == ["dependency_behind"]
    change(AGE, hours=200, segment=utrecht)
    assert codes(engine.segments.standing(context, top)) == ["stale_dependency"]
    schedule(engine, context, top, every(60))
    let_be_due(databases, top, ago=timedelta(0))
    assert tick(databases.worker) == 3
    calculate(databases)
    assert {engine.segments.standing(context, each).readiness for each in (utrecht, middle, top)} == {Readiness.READY}


def test_what_is_evaluated_live_below_counts_from_its_edit(
    engine: Engine, context: OrganizationContext, databases: Databases, utrecht: UUID
) -> None:
    """Live criteria that name other criteria live: an edit at the end of the way is told at its beginning.

    That the stored members of what is evaluated live are out of date means nothing: nobody read them.
    """
    middle = save(engine, context, "Middle", document(in_segments(utrecht, members="live")))
    calculate(databases)
    top = save(engine, context, "Top", document(in_segments(middle, members="live")))
    calculate(databases)
    edit(engine, context, utrecht, "Gent")
    standing = engine.segments.standing(context, top)
    assert codes(standing) == ["stale_dependency"]
    assert standing.reasons[0].sentence.startswith("“Utrecht”, which it reads, was edited or changed since.")
    engine.runs.request(context, top)
    calculate(databases)
    assert codes(engine.segments.standing(context, top)) == []
    assert codes(engine.segments.standing(context, middle)) == ["stale_dependency"]


def test_an_edit_that_changes_no_meaning_makes_nothing_stale(
    engine: Engine, context: OrganizationContext, databases: Databases, utrecht: UUID
) -> None:
    """A name, a note, another spelling of the same, an edit taken back: the members still answer what is asked (E5).

    So do those of segments that read it, stored or live; and the run that a new version queues need not have ended.
    """
    stored = save(engine, context, "Stored", document(in_segments(utrecht)))
    live = save(engine, context, "Live", document(in_segments(utrecht, members="live")))
    calculate(databases)
    every_one = (utrecht, stored, live)

    def rewritten(name: str, criteria: dict[str, object]) -> set[Readiness]:
        held = engine.segments.get(context, utrecht)
        draft = SegmentDraft(name, "", criteria, accepted_warnings=ACCEPTED)
        engine.segments.update(context, utrecht, expected_revision=held.revision, draft=draft)
        return {engine.segments.standing(context, each).readiness for each in every_one}

    ready = {Readiness.READY}
    assert rewritten("People of Utrecht", document(city("Utrecht"))) == ready
    assert engine.segments.get(context, utrecht).version == 1
    assert rewritten("Utrecht", document({**city("Utrecht"), "note": "Asked for by the shop"})) == ready
    assert rewritten("Utrecht", document(city("Utrecht"), city("Utrecht"))) == ready
    assert rewritten("Utrecht", document(city("Gent"))) == {Readiness.DO_NOT_USE}
    assert rewritten("Utrecht", document(city("Utrecht"))) == ready
    assert engine.segments.get(context, utrecht).version == 5
