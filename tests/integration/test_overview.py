"""The report of the first page on real PostgreSQL: figures that agree with the list, and steps that lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import event, text

from segment_engine.databases import Databases
from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.next_steps import Topic
from segment_engine.domain.readiness import Readiness
from segment_engine.domain.segment import SegmentQuery, SegmentState, SegmentStatus, SegmentTrait
from segment_engine.engine import Engine
from tests.integration.importing import Importer
from tests.integration.reference_worlds import EVERYONE, calculate, city, document, in_segments, save

CONTACTS = "id,city\n" + "".join(f"{number},{'Utrecht' if number % 2 else 'Gent'}\n" for number in range(1, 41))
MORE = "id,city\n" + "".join(f"{number},Utrecht\n" for number in range(41, 61))
ACTIVE = frozenset({SegmentState.ACTIVE})


@pytest.fixture
def importer(databases: Databases, organization_id: int, tmp_path: Path) -> Importer:
    """Forty contacts."""
    files = Importer(databases.app, organization_id, tmp_path)
    files.contacts(CONTACTS)
    return files


def run(databases: Databases, organization_id: int, statement: str, **values: object) -> None:
    """Change stored figures as time or other pages would."""
    with databases.app.transaction(organization_id) as transaction:
        assert transaction.run(text(statement), {"o": organization_id, **values}) > 0


def plan(
    databases: Databases, organization_id: int, name: str, segment_id: UUID, *, days: int, state: str = "scheduled",
    part: str = "included",
) -> None:  # fmt: skip
    """Plan a campaign that starts in so many days."""
    run(
        databases, organization_id,
        "INSERT INTO campaigns (organization_id, name, channel, state, starts_on) "
        "VALUES (:o, :name, 'email', :state, cast(clock_timestamp() AT TIME ZONE 'Europe/Amsterdam' AS date) + :days)",
        name=name, state=state, days=days,
    )  # fmt: skip
    run(
        databases, organization_id,
        "INSERT INTO campaign_segments (organization_id, campaign_id, segment_id, part) "
        "SELECT :o, campaign_id, :segment, :part FROM campaigns WHERE organization_id = :o AND name = :name",
        name=name, segment=segment_id, part=part,
    )  # fmt: skip


def test_an_empty_organization_is_told_what_comes_first(
    engine: Engine, context: OrganizationContext, databases: Databases
) -> None:
    """Contacts first, then segments."""
    assert [step.topic for step in engine.overview.report(context).steps] == [Topic.IMPORT_CONTACTS]
    run(
        databases, context.organization_id,
        "INSERT INTO contacts (organization_id, number, external_key) VALUES (:o, 1, 'one')",
    )  # fmt: skip
    assert [step.topic for step in engine.overview.report(context).steps] == [Topic.CREATE_SEGMENT]


def test_all_good_is_calm(
    engine: Engine, context: OrganizationContext, databases: Databases, importer: Importer
) -> None:
    """With everything ready and used there is nothing to do, nothing at risk and nothing late."""
    assert importer.organization_id == context.organization_id
    everyone = save(engine, context, "Everyone", EVERYONE)
    calculate(databases)
    plan(databases, context.organization_id, "Spring", everyone, days=2)
    report = engine.overview.report(context)
    assert (report.steps, report.failed, report.changed, report.at_risk, report.late) == ((), (), (), (), ())
    assert report.figures.by_readiness == {Readiness.READY: 1}
    assert report.figures.last_calculated_at is not None


def test_every_figure_is_that_of_the_list_it_leads_to(
    engine: Engine, context: OrganizationContext, databases: Databases, importer: Importer
) -> None:
    """A figure and the list behind it never disagree (T79, T80)."""
    organization_id = context.organization_id
    everyone = save(engine, context, "Everyone", EVERYONE)
    save(engine, context, "Utrecht", document(city("Utrecht")))
    save(engine, context, "Nowhere", document(city("Nowhere")))
    calculate(databases)
    save(engine, context, "Reader", document(in_segments(everyone)))
    archived = save(engine, context, "Old", document(city("Gent")), SegmentState.INACTIVE)
    calculate(databases)
    importer.contacts(MORE)
    save(engine, context, "Waits", document(city("Utrecht")))
    run(databases, organization_id, "UPDATE segments SET review_on = '2020-01-01' WHERE name IN ('Utrecht', 'Old')")
    figures = engine.overview.report(context).figures

    def listed(**query: object) -> int:
        return engine.segments.find(context, SegmentQuery(states=ACTIVE, **query)).total  # pyright: ignore[reportArgumentType] -- by name

    for readiness in Readiness:
        assert listed(readiness=frozenset({readiness})) == figures.by_readiness.get(readiness, 0), readiness
    for status in SegmentStatus:
        assert listed(statuses=frozenset({status})) == figures.by_status.get(status, 0), status
    assert listed(traits=frozenset({SegmentTrait.STALE})) == figures.stale
    assert listed(traits=frozenset({SegmentTrait.UNUSED})) == figures.unused
    assert listed(traits=frozenset({SegmentTrait.REVIEW_DUE})) == figures.review_due == 1
    assert (figures.active, figures.by_state[SegmentState.INACTIVE], figures.stale) == (5, 1, 4)
    assert engine.segments.standing(context, archived).readiness is Readiness.DO_NOT_USE


def test_what_changed_a_lot_is_listed_by_its_share(
    engine: Engine, context: OrganizationContext, databases: Databases, importer: Importer
) -> None:
    """Up and down, the largest share first; a change of a few contacts is none."""
    made = {name: save(engine, context, name, document(city(name))) for name in ("Utrecht", "Gent")}
    everyone = save(engine, context, "Everyone", EVERYONE)
    calculate(databases)
    importer.contacts(MORE + "2,Utrecht\n")
    for each in (*made.values(), everyone):
        engine.runs.request(context, each)
    calculate(databases)
    changed = engine.overview.report(context).changed
    assert [(each.name, each.previous_member_count, each.member_count) for each in changed] == [
        ("Utrecht", 20, 41),
        ("Everyone", 40, 60),
    ]
    assert (changed[0].change, changed[0].share, changed[0].recent_counts) == (21, 1.05, (20, 41))


def test_a_campaign_on_a_segment_that_must_not_be_used_comes_first(
    engine: Engine, context: OrganizationContext, databases: Databases, importer: Importer
) -> None:
    """The nearest start on the worst segment leads; what is kept out counts like what is taken in."""
    organization_id = context.organization_id
    empty = save(engine, context, "Nobody", document(city("Nowhere")))
    stale = save(engine, context, "Utrecht", document(city("Utrecht")))
    calculate(databases)
    importer.contacts(MORE)
    plan(databases, organization_id, "Care", stale, days=1)
    plan(databases, organization_id, "Later", empty, days=60)
    plan(databases, organization_id, "Soon", empty, days=3, part="excluded")
    plan(databases, organization_id, "Over", empty, days=-9, state="finished")
    report = engine.overview.report(context)
    assert [each.name for each in report.at_risk] == ["Soon", "Care", "Later"]
    assert (report.campaigns_at_risk, report.at_risk[0].days_left, report.at_risk[0].segments[0].name) == (
        3,
        3,
        "Nobody",
    )
    assert report.steps[0].topic is Topic.CAMPAIGN
    assert "“Nobody”" in report.steps[0].why
    assert report.steps[-1].topic is Topic.CAMPAIGN or report.steps[-1].urgency.value != "now"


def test_late_sources_and_failures_are_named(
    engine: Engine, context: OrganizationContext, databases: Databases, importer: Importer
) -> None:
    """Each with what a person needs to act: since when, how many segments, and the sentence of the failure."""
    organization_id = context.organization_id
    assert importer.organization_id == organization_id
    save(engine, context, "Utrecht", document(city("Utrecht")))
    late = "UPDATE data_sources SET stale_after_hours = 24, last_imported_at = last_imported_at - interval '2 days'"
    run(databases, organization_id, late)
    run(databases, organization_id, "DELETE FROM fields WHERE key = 'contact.city'")
    calculate(databases)
    report = engine.overview.report(context)
    (source,) = report.late
    assert (source.name, source.readers, source.allowed) == ("CRM", 1, 24)
    (failure,) = report.failed
    assert failure.name == "Utrecht"
    assert "contact.city" in failure.sentence
    assert {Topic.FAILED, Topic.LATE_SOURCE} <= {step.topic for step in report.steps}


def test_reading_the_report_changes_nothing(
    engine: Engine, context: OrganizationContext, databases: Databases, importer: Importer
) -> None:
    """Opening the first page starts no run and evaluates no criteria, whatever there is to do (RO5, T72, T82)."""
    assert importer.organization_id == context.organization_id
    made = save(engine, context, "Utrecht", document(city("Utrecht")))
    calculate(databases)
    before = engine.runs.find(context, made)
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    event.listen(databases.app.engine, "before_cursor_execute", note)
    engine.overview.report(context)
    event.remove(databases.app.engine, "before_cursor_execute", note)
    assert engine.runs.find(context, made) == before
    questions = [re.sub(r"--[^\n]*", "", each) for each in sent]
    assert any("FROM segments" in each for each in questions)
    assert not any(re.search(r"\b(INSERT|UPDATE|DELETE)\b", each) for each in questions)
    assert not any(re.search(r"\b(events|related_rows|membership_blocks|criteria)\b", each) for each in questions)
