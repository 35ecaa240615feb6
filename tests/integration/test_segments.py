"""Segments through the engine on real PostgreSQL: create, edit, list, activate, delete, preview."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from segment_engine.databases import Databases
from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.run import RunStatus
from segment_engine.domain.segment import (
    SegmentDraft,
    SegmentQuery,
    SegmentSort,
    SegmentState,
    SegmentStatus,
)
from segment_engine.engine import Engine
from segment_engine.errors import CriteriaError, InputError, NameTaken, NotFound, StaleVersion
from segment_engine.worker.loop import Worker

EVERYONE: dict[str, object] = {
    "format": "segment-criteria",
    "version": 1,
    "base": "contacts",
    "root": {"group": "all", "of": [{"kind": "all_contacts"}]},
}
NOBODY: dict[str, object] = {**EVERYONE, "root": {"group": "none", "of": [{"kind": "all_contacts"}]}}


def create(engine: Engine, context: OrganizationContext, name: str, document: dict[str, object] = EVERYONE) -> UUID:
    """Save a segment and return its id."""
    draft = SegmentDraft(name, "", document, accepted_warnings=frozenset({"L-DUPLICATE"}))
    return engine.segments.create(context, draft).segment_id


def campaign_on(databases: Databases, organization_id: int, segment_id: UUID) -> None:
    """Let a campaign hold on to a segment."""
    with databases.app.transaction(organization_id) as transaction:
        campaign = transaction.scalar(
            text(
                "INSERT INTO campaigns (organization_id, name, channel) VALUES (:o, 'Spring', 'email') "
                "RETURNING campaign_id"
            ),
            {"o": organization_id},
        )
        transaction.run(
            text("INSERT INTO campaign_segments VALUES (:o, :campaign, :segment, 'included')"),
            {"o": organization_id, "campaign": campaign, "segment": segment_id},
        )


def test_a_new_segment_is_stored_whole_and_queued(engine: Engine, context: OrganizationContext) -> None:
    """Saved equals reloaded, defaults spelt out, calendar of the organization copied (T05, T20)."""
    segment = engine.segments.create(context, SegmentDraft("  Every  one ", " All of them. ", EVERYONE))
    assert (segment.name, segment.description) == ("Every one", "All of them.")
    assert (segment.status, segment.version, segment.revision) == (SegmentStatus.QUEUED, 1, 1)
    assert segment.document["calendar"] == {
        "time_zone": "Europe/Amsterdam",
        "week_starts_on": "monday",
        "fiscal_year_start_month": 1,
        "leap_day": "feb_28",
    }
    assert segment.created_by == "Local operator"
    assert engine.segments.get(context, segment.segment_id) == segment


def test_names_are_unique_whatever_the_case(engine: Engine, context: OrganizationContext) -> None:
    """Saving twice makes no copy (T73)."""
    create(engine, context, "Straße")
    with pytest.raises(NameTaken):
        create(engine, context, "STRASSE")
    assert engine.segments.summary(context).total == 1


@pytest.mark.parametrize("name", ["", " \u00a0 ", "x" * 201, "a\x00b", "a\x07b"])
def test_a_name_that_says_nothing_is_refused_with_a_sentence(
    engine: Engine, context: OrganizationContext, name: str
) -> None:
    """Blank, overlong and unprintable names never reach the database."""
    with pytest.raises(InputError) as refused:
        create(engine, context, name)
    assert str(refused.value).endswith(".")


def test_bad_criteria_are_refused_with_every_problem_and_nothing_is_saved(
    engine: Engine, context: OrganizationContext
) -> None:
    """Nothing is dropped to make a tree run (M13)."""
    wrong: dict[str, object] = {
        "group": "all",
        "of": [
            {"kind": "attribute", "field": "contact.none", "op": "is_set"},
            {"group": "any", "of": []},
        ],
    }
    with pytest.raises(CriteriaError) as refused:
        create(engine, context, "Wrong", {**EVERYONE, "root": wrong})
    assert {problem.code for problem in refused.value.problems} == {"unknown_field", "empty_group"}
    assert engine.segments.summary(context).total == 0


def test_an_edit_from_an_old_page_is_refused(engine: Engine, context: OrganizationContext) -> None:
    """The second of two editors is told, and the first one's work stays (E24)."""
    segment = engine.segments.create(context, SegmentDraft("One", "", EVERYONE))
    draft = SegmentDraft("Two", "", EVERYONE)
    engine.segments.update(context, segment.segment_id, expected_revision=1, draft=draft)
    with pytest.raises(StaleVersion, match="changed by another editor at"):
        engine.segments.update(context, segment.segment_id, expected_revision=1, draft=replace(draft, name="Three"))
    assert engine.segments.get(context, segment.segment_id).name == "Two"


def test_a_new_name_is_no_new_version(engine: Engine, context: OrganizationContext) -> None:
    """Only changed criteria are a version and a run."""
    segment = engine.segments.create(context, SegmentDraft("One", "", EVERYONE))
    edited = engine.segments.update(
        context, segment.segment_id, expected_revision=1, draft=SegmentDraft("Two", "New words", EVERYONE)
    )
    assert (edited.version, edited.revision) == (1, 2)
    assert len(engine.runs.find(context, segment.segment_id)) == 1


def test_the_list_searches_filters_sorts_and_pages(
    engine: Engine, context: OrganizationContext, databases: Databases
) -> None:
    """Every page holds every match once; a page beyond the end becomes the last one."""
    ids = [create(engine, context, f"Segment {number:02d}") for number in range(25)]
    odd = create(engine, context, "100 % _odd_ \\ name")
    engine.segments.deactivate(context, ids[:3])
    worker = Worker(databases.worker)
    for _ in range(5):
        worker.work_once()
    names: list[str] = []
    for page in range(1, 5):
        query = SegmentQuery(sort=SegmentSort.NAME, descending=False, page=page, size=7)
        found = engine.segments.find(context, query)
        assert (found.total, found.pages) == (26, 4)
        names += [card.name for card in found.items]
    assert names == sorted(names)
    assert len(set(names)) == 26
    assert engine.segments.find(context, SegmentQuery(page=99, size=7)).page == 4
    assert engine.segments.find(context, SegmentQuery(search='"SEGMENT 1"')).total == 10
    for literal in ("%", "_", "\\", "_ODD_"):
        assert [card.segment_id for card in engine.segments.find(context, SegmentQuery(search=literal)).items] == [odd]
    inactive = SegmentQuery(states=frozenset({SegmentState.INACTIVE}))
    assert {card.segment_id for card in engine.segments.find(context, inactive).items} == set(ids[:3])
    ready = SegmentQuery(statuses=frozenset({SegmentStatus.SUCCESS}))
    assert engine.segments.find(context, ready).total == 5
    summary = engine.segments.summary(context)
    assert (summary.total, summary.active) == (26, 23)
    assert summary.by_status == {SegmentStatus.SUCCESS: 5, SegmentStatus.QUEUED: 21}
    by_members = engine.segments.find(context, SegmentQuery(sort=SegmentSort.MEMBERS, descending=False, size=100))
    assert [card.member_count is None for card in by_members.items] == [False] * 5 + [True] * 21


def test_a_used_segment_is_kept_and_the_others_go(
    engine: Engine, context: OrganizationContext, databases: Databases
) -> None:
    """Deletion is judged row by row with a reason; contacts stay (T54, T55, T58)."""
    used, free = create(engine, context, "Used"), create(engine, context, "Free")
    campaign_on(databases, context.organization_id, used)
    verdicts = {
        UUID(str(verdict.segment_id)): verdict for verdict in engine.segments.delete(context, [used, free, uuid4()])
    }
    assert verdicts[used].done is False
    assert "campaign “Spring”" in verdicts[used].reason
    assert verdicts[free].done is True
    assert sum(not verdict.done for verdict in verdicts.values()) == 2
    with pytest.raises(NotFound):
        engine.segments.get(context, free)
    assert engine.segments.get(context, used).campaigns == ("Spring",)


def test_a_segment_at_work_can_be_deleted(engine: Engine, context: OrganizationContext, databases: Databases) -> None:
    """Deleting ends its run; the worker finds nothing to do (T53)."""
    segment_id = create(engine, context, "Working")
    assert engine.runs.find(context, segment_id)[0].status is RunStatus.QUEUED
    assert engine.segments.delete(context, [segment_id])[0].done
    assert not Worker(databases.worker).work_once()


def test_activating_twice_says_so(engine: Engine, context: OrganizationContext) -> None:
    """The report is honest about what changed."""
    segment_id = create(engine, context, "One")
    assert engine.segments.deactivate(context, [segment_id])[0].reason == "is inactive now"
    assert engine.segments.deactivate(context, [segment_id])[0].reason == "was inactive already"
    assert engine.segments.activate(context, [segment_id])[0].reason == "is active now"
    assert engine.segments.get(context, segment_id).state is SegmentState.ACTIVE


def test_preview_counts_without_saving(engine: Engine, context: OrganizationContext, databases: Databases) -> None:
    """The count before saving is the count of the run after it (M18)."""
    with databases.app.transaction(context.organization_id) as transaction:
        transaction.run(
            text(
                "INSERT INTO contacts (organization_id, number, external_key, deleted_at) "
                "SELECT :o, n, n, CASE WHEN n > 8 THEN now() END FROM generate_series(1, 10) AS n"
            ),
            {"o": context.organization_id},
        )
    preview = engine.analysis.preview(context, EVERYONE)
    assert (preview.member_count, preview.base_count) == (8, 8)
    assert engine.analysis.preview(context, NOBODY).member_count == 0
    assert engine.segments.summary(context).total == 0
    segment_id = create(engine, context, "Everyone")
    assert Worker(databases.worker).work_once()
    assert engine.segments.get(context, segment_id).member_count == 8


def test_every_act_leaves_its_line_in_the_audit_log(
    engine: Engine, context: OrganizationContext, databases: Databases
) -> None:
    """Who did what is written in the transaction of the act (RO1)."""
    segment_id = create(engine, context, "One")
    engine.runs.cancel(context, engine.runs.find(context, segment_id)[0].run_id)
    engine.runs.request(context, segment_id)
    engine.segments.deactivate(context, [segment_id])
    engine.segments.delete(context, [segment_id])
    with databases.app.transaction(context.organization_id) as transaction:
        lines = transaction.rows(text("SELECT action, person_id, request_id FROM audit_events ORDER BY audit_number"))
    assert [line.action for line in lines] == [
        "segment.create",
        "run.cancel",
        "run.request",
        "segment.inactive",
        "segment.delete",
    ]
    assert {(line.person_id, line.request_id) for line in lines} == {(context.person_id, context.request_id)}


def test_an_act_that_cannot_be_audited_does_not_happen(
    engine: Engine, context: OrganizationContext, databases: Databases
) -> None:
    """No line, no act (E25)."""
    with databases.migrator.engine.begin() as connection:
        connection.execute(text("REVOKE INSERT ON audit_events FROM segment_app"))
    with pytest.raises(Exception, match="refused this request"):
        create(engine, context, "Unseen")
    assert engine.segments.summary(context).total == 0
