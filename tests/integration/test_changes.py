"""Why members changed, each cause by construction, and told to people: by run, by contact, in order of precedence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from segment_engine.compiler import compile_criteria
from segment_engine.databases import Databases
from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.bits import ContactSet
from segment_engine.domain.causes import CauseCount, ChangeCause, because
from segment_engine.domain.run import Run, RunStatus
from segment_engine.domain.segment import SegmentDraft
from segment_engine.engine import Engine
from segment_engine.worker.results import causes as asked
from segment_engine.worker.sweeping import sweep
from tests.integration.campaign_world import CampaignWorld
from tests.integration.importing import Importer
from tests.integration.reference_worlds import ACCEPTED, calculate, city, document, in_segments, save

NOW = datetime.now(UTC).replace(microsecond=0)
RECENT: dict[str, object] = {
    "kind": "event", "event": "order_placed", "verb": "did", "window": {"in_last": {"n": 30, "unit": "day"}},
}  # fmt: skip


def ago(days: float) -> datetime:
    """Give the instant so many days ago."""
    return NOW - timedelta(days=days)


class Story:
    """A segment of three conditions, and what may happen to one contact at a time."""

    def __init__(self, engine: Engine, context: OrganizationContext, databases: Databases, importer: Importer) -> None:
        self.engine, self.context, self.databases, self.importer = engine, context, databases, importer
        importer.contacts("id,city\n" + "".join(f"{number},Arnhem\n" for number in range(1, 10)))
        importer.events(f"id,at\n5,{ago(45).isoformat()}\n6,{ago(44).isoformat()}\n")
        self.child = save(engine, context, "Child", document(city("Gent")))
        calculate(databases)
        self.cities = ["Utrecht"]
        self.parent = save(engine, context, "Parent", self.rule())
        self.at = 20.0
        self.run()

    def rule(self) -> dict[str, object]:
        """Write the criteria with the cities of this moment."""
        return document(city(*self.cities), RECENT, in_segments(self.child), group="any")

    def run(self) -> Run:
        """Compute the segment a little later than the last time."""
        self.at -= 0.01
        return self.run_at(self.at)

    def run_at(self, days: float) -> Run:
        """Compute the segment as of so many days ago."""
        self.at = days
        for waiting in self.engine.runs.find(self.context, self.parent):
            if waiting.status is RunStatus.QUEUED:
                self.engine.runs.cancel(self.context, waiting.run_id)
        made = self.engine.runs.request(self.context, self.parent, as_of=ago(days))
        calculate(self.databases)
        return self.engine.runs.get(self.context, made.run_id)

    def causes(self, run: Run) -> list[CauseCount]:
        """Read the causes of a run."""
        found = self.engine.changes.of_run(self.context, run.run_id)
        assert found is not None
        assert not found.is_partial
        return list(found.counts)

    # One contact each --------------------------------------------------------------------------------------------

    def decide(self, number: int) -> Run:
        """Put a contact in by hand."""
        self.engine.overrides.put_in(self.context, self.parent, str(number), reason="Asked")
        return self.run()

    def edit(self, number: int) -> Run:
        """Ask for one more city, in which a contact has lived for long."""
        name = f"City {number}"
        self.importer.contacts(f"id,city\n{number},{name}\n")
        self.run()
        self.cities.append(name)
        held = self.engine.segments.get(self.context, self.parent)
        accepted = ACCEPTED | {"L-UNKNOWN-VALUE"}
        draft = SegmentDraft("Parent", "", self.rule(), accepted_warnings=accepted)
        self.engine.segments.update(self.context, self.parent, expected_revision=held.revision, draft=draft)
        return self.run()

    def wait(self, number: int) -> Run:
        """Let the only order of a contact grow older than 30 days."""
        return self.run_at({5: 14.5, 6: 13.5}[number])

    def decide_below(self, number: int) -> Run:
        """Put a contact into the segment that is read, and calculate that one."""
        self.engine.overrides.put_in(self.context, self.child, str(number), reason="Asked")
        calculate(self.databases)
        return self.run()

    def order(self, number: int) -> Run:
        """Import an order."""
        self.importer.events(f"id,at\n{number},{ago(self.at + 1).isoformat()}\n")
        return self.run()


def nobody(*_: object) -> ContactSet:
    """Claim no contact."""
    return ContactSet()


def in_vain(*_: object, **__: object) -> bool:
    """Take too long."""
    return False


@pytest.fixture
def story(engine: Engine, context: OrganizationContext, databases: Databases, tmp_path: Path) -> Story:
    """The story in an organization of its own."""
    return Story(engine, context, databases, Importer(databases.app, context.organization_id, tmp_path))


def test_every_cause_is_told_and_none_is_forgotten(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each cause by construction, contact by contact; without its question the same change would count as data."""
    first = story.engine.changes.of_segment(story.context, story.parent)
    assert [each.counts for each in first] == [(CauseCount(ChangeCause.FIRST, 2, 0),)]
    told = {
        ChangeCause.MANUAL: (story.decide, 1, 2, True),
        ChangeCause.CRITERIA: (story.edit, 3, 4, True),
        ChangeCause.TIME: (story.wait, 5, 6, False),
        ChangeCause.DEPENDENCY: (story.decide_below, 7, 8, True),
    }
    for cause, (act, one, other, joins) in told.items():
        counts = (1, 0) if joins else (0, 1)
        assert story.causes(act(one)) == [CauseCount(cause, *counts)]
        with monkeypatch.context() as broken:
            broken.setattr(asked, "_QUESTIONS", {**asked._QUESTIONS, cause: nobody})
            assert story.causes(act(other)) == [CauseCount(ChangeCause.DATA, *counts)], cause
        (move, *_) = story.engine.changes.of_contact(story.context, story.parent, str(one))
        assert (move.joined, move.cause) == (joins, cause)
    assert story.causes(story.order(9)) == [CauseCount(ChangeCause.DATA, 1, 0)]
    (move,) = story.engine.changes.of_contact(story.context, story.parent, "9")
    assert (move.cause, because(move.cause)) == (ChangeCause.DATA, "because the data changed")
    assert story.causes(story.run()) == []


def test_what_cannot_be_told_apart_is_said(
    story: Story, engine: Engine, context: OrganizationContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A question that takes too long leaves its contacts to data, and the run says that not all was separated."""
    monkeypatch.setattr("segment_engine.db.session.Transaction.read_within", in_vain)
    run = story.wait(5)
    found = engine.changes.of_run(context, run.run_id)
    assert found is not None
    assert (found.counts, found.is_partial) == ((CauseCount(ChangeCause.DATA, 0, 1),), True)
    (move, *_) = engine.changes.of_contact(context, story.parent, "5")
    assert "could not be told apart" in because(move.cause, is_partial=move.is_partial)


def test_a_question_ends_after_its_time_and_nothing_else_does(databases: Databases) -> None:
    """What the server ends and what comes too slowly are both no answer; the snapshot goes on."""
    found: list[int] = []
    rows = text("SELECT number FROM generate_series(1, 3) AS number")

    def take(row: Any) -> None:
        found.append(row.number)

    with databases.worker.transaction() as transaction:
        sleeping = text("SELECT pg_sleep(20)")
        assert not transaction.read_within(sleeping, take=take, seconds=0.02, rows_at_once=2)
        assert transaction.read_within(rows, take=take, seconds=20.0, rows_at_once=2)
        assert found == [1, 2, 3]
        assert not transaction.read_within(rows, take=lambda _: None, seconds=-1.0, rows_at_once=2)
        assert transaction.scalar(text("SELECT 7")) == 7


def test_nothing_is_asked_without_a_change(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody joined or left, the criteria are evaluated once, as before."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(asked, "compile_criteria", refuse)
    assert story.run().status is RunStatus.SUCCESS
    assert story.engine.changes.of_segment(story.context, story.parent)[0].counts == ()


def test_a_row_that_came_in_is_data_however_many_changed(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where too many changed to look at one by one, who has a later row is still told from those time moved."""

    def between(number: int, *, leaving: int) -> list[CauseCount]:
        """Let an order of between the two instants come in for one, while that of another grows too old."""
        story.importer.events(f"id,at\n{number},{ago(19).isoformat()}\n")
        return story.causes(story.wait(leaving))

    told = [CauseCount(ChangeCause.TIME, 0, 1), CauseCount(ChangeCause.DATA, 1, 0)]
    monkeypatch.setattr(asked, "MOST_ALONE", 0)
    assert between(9, leaving=5) == told
    story.run_at(20)
    monkeypatch.setattr(asked._Asking, "with_later_rows", nobody)
    # The order that is known by now is time; the one that came in is no longer told from it.
    assert between(8, leaving=5) == [CauseCount(ChangeCause.TIME, 2, 1)]


def test_no_more_is_asked_than_can_matter(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    """Time asks once where no row came in and twice where one did; what an edit explains is not asked about time."""
    found: list[int] = []

    def counted(*given: Any, **named: Any) -> Any:
        found.append(len(named["among"]))
        return compile_criteria(*given, **named)

    monkeypatch.setattr(asked, "compile_criteria", counted)
    assert story.causes(story.wait(5)) == [CauseCount(ChangeCause.TIME, 0, 1)]
    assert found == [1]
    story.importer.events(f"id,at\n9,{ago(50).isoformat()}\n")
    assert story.causes(story.wait(6)) == [CauseCount(ChangeCause.TIME, 0, 1)]
    assert found == [1, 1, 1]
    story.edit(3)
    assert found == [1, 1, 1, 1]


# Campaigns -----------------------------------------------------------------------------------------------------------


def test_a_frozen_audience_differs_from_today_for_stored_reasons(
    engine: Engine, databases: Databases, context: OrganizationContext, tmp_path: Path
) -> None:
    """Counts of a campaign never differ from those of its segments without a stored reason (T93, T92)."""
    world = CampaignWorld.make(engine, databases, context, tmp_path)
    included, excluded = world.segment("Utrecht or Gent", "Utrecht", "Gent"), world.segment("Gent", "Gent")
    campaign = world.launch(world.campaign(included, excluded=(excluded,)))
    same = engine.changes.since_frozen(context, campaign.campaign_id)
    assert same is not None
    assert (same.joined, same.departed) == (0, 0)
    assert [(each.then, each.now, each.counts) for each in same.sources] == [(5, 5, ()), (3, 3, ())]
    engine.overrides.take_out(context, included, "c1", reason="Asked")
    Importer(databases.app, context.organization_id, tmp_path).contacts("id,city\nc6,Utrecht\nc5,Lyon\n")
    engine.runs.request(context, excluded)
    world.work()
    changed = engine.changes.since_frozen(context, campaign.campaign_id)
    assert changed is not None
    assert (changed.joined, changed.departed) == (1, 1)
    first, second = changed.sources
    assert first.counts == (CauseCount(ChangeCause.MANUAL, 0, 1), CauseCount(ChangeCause.DATA, 1, 1))
    assert second.counts == (CauseCount(ChangeCause.DATA, 0, 1),)
    assert (first.is_explained, second.is_explained) == (True, True)
    (audience,) = engine.campaigns.audiences(context, campaign.campaign_id)
    assert audience.size == 2
    (decided,) = engine.overrides.find(context, included)
    engine.overrides.end(context, included, decided.override_id)
    world.work()
    moves = engine.changes.of_contact(context, included, "c1")
    assert [(each.joined, each.cause) for each in moves] == [
        (True, ChangeCause.MANUAL), (False, ChangeCause.MANUAL), (True, ChangeCause.FIRST),
    ]  # fmt: skip
    draft = world.campaign(included, name="Summer")
    assert engine.changes.since_frozen(context, draft.campaign_id) is None


def test_who_was_deleted_is_no_difference_without_a_reason(
    engine: Engine, databases: Databases, context: OrganizationContext, tmp_path: Path
) -> None:
    """Deleted before the launch: in neither audience. Deleted since: said, also before anything is calculated again."""
    world = CampaignWorld.make(engine, databases, context, tmp_path)
    segment = world.segment("Everyone")
    world.sql("UPDATE contacts SET deleted_at = now() WHERE organization_id = :o AND number = 3")
    campaign = world.launch(world.campaign(segment))
    found = engine.changes.since_frozen(context, campaign.campaign_id)
    assert found is not None
    assert (found.joined, found.departed, found.deleted) == (0, 0, 0)
    world.sql("UPDATE contacts SET deleted_at = now() WHERE organization_id = :o AND number = 1")
    for _ in range(2):
        found = engine.changes.since_frozen(context, campaign.campaign_id)
        assert found is not None
        assert (found.joined, found.departed, found.deleted) == (0, 1, 1)
        engine.runs.request(context, segment)
        world.work()
    assert found.sources[0].is_explained


def test_reasons_that_are_not_kept_any_more_are_missed_not_made_up(
    engine: Engine, databases: Databases, context: OrganizationContext, tmp_path: Path
) -> None:
    """A campaign may be older than runs are kept: what is left of the reasons does not pass for all of them."""
    world = CampaignWorld.make(engine, databases, context, tmp_path)
    importer = Importer(databases.app, context.organization_id, tmp_path)
    segment = world.segment("Not in Lyon", "Utrecht", "Gent")
    campaign = world.launch(world.campaign(segment))
    importer.contacts("id,city\nc1,Lyon\n")
    for number in range(33):
        importer.contacts(f"id,city\nc2,{'Gent' if number % 2 else 'Lyon'}\n")
        engine.runs.request(context, segment)
        world.work()
    told = engine.changes.since_frozen(context, campaign.campaign_id)
    assert told is not None
    (source,) = told.sources
    assert (source.is_explained, source.then, source.now) == (True, 5, 3)
    now = databases_now(databases) + timedelta(days=401)
    assert sweep(databases.worker, now=now) is not None
    told = engine.changes.since_frozen(context, campaign.campaign_id)
    assert told is not None
    (source,) = told.sources
    assert (source.is_explained, source.then, source.now) == (False, 5, 3)


def databases_now(databases: Databases) -> datetime:
    """Read the database's clock."""
    with databases.worker.transaction() as transaction:
        return transaction.now()
