"""The demo organization: loaded once, whole or not at all, with a past that the engine itself would have computed."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Row, text

from segment_engine.compiler import compile_criteria
from segment_engine.databases import Databases, connect_local
from segment_engine.db.catalog import load_catalog
from segment_engine.db.session import Database
from segment_engine.demo import NAME, DemoReport, load_demo, sources
from segment_engine.demo.by_hand import STAFF
from segment_engine.demo.interactions import KINDS
from segment_engine.demo.later_segments import LATER_PLANS
from segment_engine.demo.load import PROVISIONAL_NAME
from segment_engine.demo.segments import PLANS as FIRST_PLANS
from segment_engine.demo.segments import REMOVED_FIELD
from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.parse import parse_criteria
from segment_engine.domain.run import Run, RunStatus
from segment_engine.domain.segment import SegmentId, SegmentQuery, SegmentState, SegmentStatus
from segment_engine.domain.segment_lists import SegmentCard
from segment_engine.engine import Engine
from segment_engine.postgres.local import LocalServer
from segment_engine.settings import Settings
from segment_engine.use_cases.organizations import LOCAL_IDENTITY
from segment_engine.worker.loop import Worker

pytestmark = pytest.mark.xdist_group("demo")  # one process loads it, not each

SCALE = 0.03
SMALL_AUDIENCE = 30
PLANS = (*FIRST_PLANS, *LATER_PLANS)


@dataclass(frozen=True)
class Demo:
    """A loaded demo and the ways to ask it."""

    report: DemoReport
    databases: Databases
    engine: Engine
    context: OrganizationContext

    def cards(self) -> dict[str, SegmentCard]:
        """Every segment by name."""
        page = self.engine.segments.find(self.context, SegmentQuery(size=100))
        return {card.name: card for card in page.items}

    def runs(self, segment_id: SegmentId) -> tuple[Run, ...]:
        """Every run of a segment, oldest first."""
        return tuple(reversed(self.engine.runs.find(self.context, segment_id, limit=1_000)))

    def rows(self, statement: str, **values: object) -> Sequence[Row[Any]]:
        """Read as the application sees it."""
        with self.databases.app.transaction(self.context.organization_id, read_only=True) as transaction:
            return transaction.rows(text(statement), values)

    def members_at(self, segment_id: SegmentId, run_id: UUID) -> set[str]:
        """List the keys of the members as they were published by a run."""
        found: set[str] = set()
        after: int | None = None
        while True:
            page = self.engine.segments.members(self.context, segment_id, after=after, limit=10_000, at_run=run_id)
            found |= {member.external_key for member in page.members}
            after = page.next_after
            if after is None:
                return found

    def evaluated(self, segment_id: SegmentId, document: dict[str, object], run: Run) -> set[str]:
        """Evaluate a segment's criteria anew as of a past run."""
        organization_id = self.context.organization_id
        assert run.as_of is not None
        with self.databases.app.transaction(organization_id, read_only=True) as transaction:
            catalog = load_catalog(transaction, organization_id, document)
            criteria = parse_criteria(document, catalog)
            compiled = compile_criteria(
                criteria, catalog=catalog, organization_id=organization_id, as_of=run.as_of, segment_id=segment_id
            )
            return {row[0] for row in transaction.rows(compiled.keys())}


def _demo(databases: Databases, report: DemoReport) -> Demo:
    engine = Engine(databases)
    return Demo(report, databases, engine, engine.context_for(LOCAL_IDENTITY, report.organization_id))


@pytest.fixture(scope="module")
def demo(server: LocalServer, administrator: Database, template: str, settings: Settings) -> Iterator[Demo]:
    """A small demo, loaded once for all tests that only look at it."""
    name = f"demo_{secrets.token_hex(6)}"
    with administrator.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        databases = connect_local(server, settings, database=name)
        yield _demo(databases, load_demo(databases, scale=SCALE))
        databases.close()
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


def test_loading_says_what_there_is(demo: Demo) -> None:
    """The report counts what was loaded, and times every part."""
    report = demo.report
    assert report.loaded
    assert report.contacts == 1_500
    assert report.events > 15_000  # and what came of the campaigns
    assert (report.segments, report.campaigns, report.sequences) == (30, 8, 2)
    assert report.seconds == sum(part.seconds for part in report.parts) > 0
    assert "30 segments" in str(report)


def test_second_loading_changes_nothing(demo: Demo) -> None:
    """With an organization of its name there, loading does nothing and says so."""
    again = load_demo(demo.databases, scale=SCALE)
    assert not again.loaded
    assert again.organization_id == demo.report.organization_id
    assert (again.runs, again.events) == (demo.report.runs, demo.report.events)
    assert "already" in str(again)


def test_every_status_and_state_occurs(demo: Demo) -> None:
    """There are segments of every status a worker does not hold at this moment, and of every state."""
    cards = demo.cards().values()
    assert {card.status for card in cards} == set(SegmentStatus) - {SegmentStatus.PROCESSING}
    assert {card.state for card in cards} == set(SegmentState)
    assert all(card.description for card in cards)


def test_history_reaches_back_ninety_days(demo: Demo) -> None:
    """Calculated segments have runs of three months whose counts move, and some of them failed with a sentence."""
    failed: list[Run] = []
    for plan in PLANS:
        card = demo.cards()[plan.name]
        runs = demo.runs(card.segment_id)
        if not plan.calculated:
            assert (card.member_count is None) == (not plan.by_worker)
            continue
        done = [run for run in runs if run.status is RunStatus.SUCCESS]
        assert (runs[-1].requested_at - runs[0].requested_at).days >= min(48, plan.first_day - 7)
        counts = {run.member_count or 0 for run in done}
        # Of a small audience few numbers are possible, and which ones depends on the day that the demo is loaded.
        assert len(counts) > (3 if max(counts) > SMALL_AUDIENCE else 1), plan.name
        failed += [run for run in runs if run.status is RunStatus.FAILED]
    assert {run.error_class for run in failed} == {"unavailable", "timeout", "field_missing", "check_failed"}
    assert all(run.error_sentence for run in failed)


def test_counts_follow_from_one_run_to_the_next(demo: Demo) -> None:
    """Members of a run are those of the run before, plus who joined, minus who left."""
    for card in demo.cards().values():
        before = 0
        for run in demo.runs(card.segment_id):
            if run.status is RunStatus.SUCCESS:
                assert run.joined_count is not None
                assert run.left_count is not None
                before += run.joined_count - run.left_count
                assert run.member_count == before


def test_segments_stand_at_their_last_success(demo: Demo) -> None:
    """Count and time of a segment are those of its newest successful run."""
    for card in demo.cards().values():
        segment = demo.engine.segments.get(demo.context, card.segment_id)
        done = [run for run in demo.runs(card.segment_id) if run.status is RunStatus.SUCCESS]
        if done:
            assert segment.published_run_id == done[-1].run_id
            assert segment.last_calculated_at == done[-1].finished_at
            assert segment.member_count == done[-1].member_count
        else:
            assert segment.last_calculated_at is None


@pytest.mark.parametrize("name", [plan.name for plan in PLANS if plan.calculated and not plan.loses_field])
def test_past_members_are_those_of_the_criteria(demo: Demo, name: str) -> None:
    """The members published by a past run are exactly those its criteria give as of that run."""
    segment = demo.engine.segments.get(demo.context, demo.cards()[name].segment_id)
    done = [run for run in demo.runs(segment.segment_id) if run.status is RunStatus.SUCCESS]
    for run in (done[0], done[len(done) // 2], done[-1]):
        members = demo.members_at(segment.segment_id, run.run_id)
        assert members == demo.evaluated(segment.segment_id, segment.document, run)
        assert len(members) == run.member_count


@pytest.mark.parametrize("name", [plan.name for plan in PLANS if plan.by_worker])
def test_a_worker_calculated_what_names_other_things(demo: Demo, name: str) -> None:
    """Segments of segments, lists, chance and limits were calculated by a worker; their members are not none."""
    segment = demo.engine.segments.get(demo.context, demo.cards()[name].segment_id)
    newest = demo.runs(segment.segment_id)[-1]
    assert newest.status is RunStatus.SUCCESS, newest.error_sentence
    members = demo.members_at(segment.segment_id, newest.run_id)
    assert members
    assert members == demo.evaluated(segment.segment_id, segment.document, newest)


def test_two_members_were_decided_by_hand(demo: Demo) -> None:
    """One was put in and one taken out, with reasons; the run after that shows both (T84)."""
    [plan] = [plan for plan in PLANS if plan.decided_by_hand]
    segment_id = demo.cards()[plan.name].segment_id
    decisions = demo.engine.overrides.find(demo.context, segment_id)
    assert {each.decision.value for each in decisions} == {"put_in", "taken_out"}
    assert all(each.reason for each in decisions)
    first, second = demo.runs(segment_id)
    before, after = (demo.members_at(segment_id, run.run_id) for run in (first, second))
    for decision in decisions:
        inside = decision.decision.value == "put_in"
        assert (decision.external_key in before, decision.external_key in after) == (not inside, inside)


def test_the_list_has_a_report_that_adds_up(demo: Demo) -> None:
    """The static list was delivered with a repeated, an unknown and an empty key."""
    [found] = demo.engine.lists.find(demo.context)
    report = found.report
    assert found.name == STAFF
    assert (report.matched, report.duplicate, report.unknown, report.invalid) == (60, 1, 1, 1)


def test_lost_field_fails_its_segment_and_keeps_members(demo: Demo) -> None:
    """The segment whose field was removed failed for exactly that reason; what was published before is still there."""
    plan = next(plan for plan in PLANS if plan.loses_field)
    card = demo.cards()[plan.name]
    newest = demo.runs(card.segment_id)[-1]
    assert card.status is SegmentStatus.FAILED
    assert newest.error_sentence is not None
    assert REMOVED_FIELD in newest.error_sentence
    assert REMOVED_FIELD not in demo.engine.catalog(demo.context).fields
    assert card.member_count
    assert demo.engine.segments.members(demo.context, card.segment_id).members


def test_history_tells_every_step(demo: Demo) -> None:
    """Every run of the past went from queued to processing to its end, at the times of its own day."""
    rows = demo.rows(
        "SELECT runs.run_id, array_agg(steps.to_status ORDER BY steps.sequence) AS steps, "
        "bool_and(steps.happened_at BETWEEN runs.requested_at AND runs.finished_at) AS within "
        "FROM runs JOIN run_status_events AS steps USING (organization_id, run_id) "
        "WHERE runs.worker = 'demo history' GROUP BY runs.organization_id, runs.run_id"
    )
    assert {tuple(row.steps) for row in rows} == {
        ("queued", "processing", "success"), ("queued", "processing", "failed")
    }  # fmt: skip
    assert all(row.within for row in rows)


def test_one_source_is_stale(demo: Demo) -> None:
    """The support desk has not delivered for longer than it may; the other sources have."""
    rows = demo.rows(
        "SELECT name FROM data_sources WHERE last_imported_at + make_interval(hours => stale_after_hours) < now()"
    )
    assert [row.name for row in rows] == ["Support desk"]
    assert set(sources.STALE_AFTER) == {row.name for row in demo.rows("SELECT name FROM data_sources")}


def test_imports_are_real_and_add_up(demo: Demo) -> None:
    """Everything came through the importer: files of every kind, nothing rejected, all rows accounted for."""
    rows = demo.rows("SELECT kind, sum(added) AS added, sum(rejected) AS rejected FROM imports GROUP BY kind")
    assert {row.kind for row in rows} == {"contacts", "events", "related_rows", "consents", "channels"}
    assert {row.rejected for row in rows} == {0}
    added = {row.kind: row.added for row in rows}
    assert (added["contacts"], added["events"]) == (1_500, demo.report.events)


def test_interactions_are_those_of_the_metrics(demo: Demo) -> None:
    """Every day of every campaign has exactly the interactions that its metrics count, within its audience."""
    metrics = demo.rows("SELECT * FROM campaign_daily_metrics WHERE sent + opened > 0")
    found = demo.rows(
        "SELECT events.campaign_id, types.interaction, (events.occurred_at AT TIME ZONE 'UTC')::date AS day, "
        "count(*) AS rows, count(DISTINCT events.contact_number) AS contacts, count(frozen.block) AS reached "
        "FROM events JOIN event_types AS types ON types.organization_id = events.organization_id "
        "AND types.number = events.event_type AND types.interaction IS NOT NULL "
        "LEFT JOIN campaign_audience_blocks AS frozen ON frozen.campaign_id = events.campaign_id "
        "AND frozen.block = events.contact_number / 4096 "
        "AND get_bit(frozen.members, events.contact_number % 4096) = 1 GROUP BY 1, 2, 3"
    )
    counted = {(row.campaign_id, row.interaction, row.day): row.rows for row in found}
    assert all(row.rows == row.contacts == row.reached for row in found)
    names = {kind: "delivered" if kind == "received" else kind for kind in KINDS}
    expected = {
        (row.campaign_id, kind, row.day): getattr(row, name)
        for row in metrics for kind, name in names.items() if getattr(row, name)
    }  # fmt: skip
    assert counted == expected
    assert {kind for _, kind, _ in counted} >= {"received", "opened", "clicked"}


def test_orders_and_lines_fit(demo: Demo) -> None:
    """Every order has lines of the same contact and moment, whose amounts are its total, for 90 days."""
    relations = demo.engine.catalog(demo.context).relations
    assert [relations[key].parent for key in ("orders", "order_lines")] == [None, "orders"]
    assert relations["orders"].retention_days == 90
    total = relations["orders"].fields["orders.total"].column
    amount = relations["order_lines"].fields["order_lines.amount"].column
    rows = demo.rows(
        f"SELECT parents.{total} AS total, sum(lines.{amount}) AS amount, "  # noqa: S608 - columns of the catalog
        "bool_and(lines.occurred_at = parents.occurred_at AND lines.contact_number = parents.contact_number) AS alike "
        "FROM related_rows AS parents LEFT JOIN related_rows AS lines "
        "ON lines.organization_id = parents.organization_id AND lines.parent_number = parents.row_number "
        "WHERE parents.parent_number IS NULL GROUP BY parents.row_number, 1"
    )
    assert len(rows) > 100
    assert all(row.alike and row.total == row.amount for row in rows)


def test_reach_has_every_shade(demo: Demo) -> None:
    """Consents in every state, some about a topic; addresses that do not work, and contacts who complained."""
    states = {(row.state, row.topic) for row in demo.rows("SELECT state, topic FROM consents")}
    assert states == {
        ("granted", None), ("pending", None), ("withdrawn", None), ("granted", "offers"), ("withdrawn", "offers"),
    }  # fmt: skip
    channels = {
        (row.channel, row.address_valid, row.suppression)
        for row in demo.rows("SELECT * FROM contact_channels WHERE address IS NOT NULL")
    }
    assert {
        ("email", False, None),
        ("email", True, "hard_bounce"),
        ("email", True, "complaint"),
        ("sms", True, None),
    } <= (channels)


def test_sets_of_both_kinds(demo: Demo) -> None:
    """Interests are a set of choices, tags a set of any texts."""
    fields = demo.engine.catalog(demo.context).fields
    assert fields["contact.interests"].values
    assert not fields["contact.tags"].values
    [row] = demo.rows(
        f"SELECT count(*) FILTER (WHERE cardinality({fields['contact.interests'].column}) > 1) AS several "  # noqa: S608 - a column of the catalog
        "FROM contacts"
    )
    assert row.several > 300


def test_audiences_are_frozen_from_named_runs(demo: Demo) -> None:
    """An audience holds whoever was in an included segment and in no excluded one, by the runs it names."""
    campaigns = demo.rows("SELECT DISTINCT campaign_id, frozen_at FROM campaign_audiences")
    assert len(campaigns) == 6
    for campaign in campaigns:
        own = {"campaign": campaign.campaign_id}
        parts = demo.rows("SELECT * FROM campaign_audiences WHERE campaign_id = :campaign", **own)
        included: set[str] = set()
        excluded: set[str] = set()
        for part in parts:
            members = demo.members_at(part.segment_id, part.run_id)
            assert part.contact_count == len(members)
            (included if part.part == "included" else excluded).update(members)
        frozen = demo.rows(
            "SELECT contacts.external_key FROM campaign_audience_blocks AS stored JOIN contacts "
            "ON contacts.organization_id = stored.organization_id AND contacts.number / 4096 = stored.block "
            "WHERE stored.campaign_id = :campaign AND get_bit(stored.members, contacts.number % 4096) = 1",
            **own,
        )
        assert {row.external_key for row in frozen} == included - excluded


def test_campaigns_of_every_kind(demo: Demo) -> None:
    """Eight campaigns: mostly mail, one text message, in every state but archived, with metrics that never widen."""
    rows = demo.rows(
        "SELECT campaigns.name, channel, state, sum(sent) AS sent, sum(delivered) AS delivered, sum(opened) AS opened, "
        "sum(clicked) AS clicked, sum(converted) AS converted, sum(unsubscribed) AS unsubscribed, "
        "sum(bounced) AS bounced FROM campaigns LEFT JOIN campaign_daily_metrics USING (organization_id, campaign_id) "
        "WHERE kind = 'campaign' "
        "GROUP BY campaigns.organization_id, campaign_id"
    )
    assert {row.state for row in rows} == {"draft", "scheduled", "running", "finished"}
    assert sorted(row.channel for row in rows) == ["email"] * 7 + ["sms"]
    for row in rows:
        if row.sent is not None:
            assert row.sent == row.delivered + row.bounced
            assert row.delivered >= row.opened >= row.clicked >= row.converted
            assert row.opened >= row.unsubscribed


def test_worker_finds_what_waits(databases: Databases) -> None:
    """Two segments wait at the end of loading; a worker brings them to success, and nothing was lost on the way."""
    demo = _demo(databases, load_demo(databases, scale=0.01))
    waiting = {name for name, card in demo.cards().items() if card.status is SegmentStatus.QUEUED}
    assert waiting == {plan.name for plan in PLANS if plan.queued}
    worker = Worker(databases.worker)
    while worker.work_once():
        pass
    assert {card.status for name, card in demo.cards().items() if name in waiting} == {SegmentStatus.SUCCESS}


def test_half_a_demo_is_removed(databases: Databases, tmp_path: Path) -> None:
    """What a killed loading left under the provisional name goes away, and the next loading is whole."""
    engine = Engine(databases)
    half = engine.organizations.create(PROVISIONAL_NAME, time_zone="Europe/Amsterdam")
    with databases.owner.transaction(read_only=True) as transaction:
        files = sources.write_files(tmp_path, today=transaction.now(), scale=0.01)
    sources.import_people(databases, half, files)
    sources.import_activity(databases, half, files)
    sources.import_orders(databases, half, files)
    sources.import_reach(databases, half, files)
    report = load_demo(databases, scale=0.01)
    assert report.loaded
    assert [(row.organization_id, row.name) for row in engine.organizations.all()] == [(report.organization_id, NAME)]


def test_two_loadings_at_once_make_one_demo(databases: Databases) -> None:
    """The second of two loadings waits for the first and then finds everything there."""
    with ThreadPoolExecutor(2) as threads:
        loadings = [threads.submit(load_demo, databases, scale=0.01) for _ in range(2)]
        reports = [loading.result() for loading in loadings]
    assert sorted(report.loaded for report in reports) == [False, True]
    assert len(Engine(databases).organizations.all()) == 1


def test_there_is_something_to_look_after(demo: Demo) -> None:
    """Owners, tags, a due review, a double, an empty result, a withheld one, and one cause that broke two segments."""
    [care] = demo.rows(
        "SELECT count(DISTINCT owner_id) AS owners, count(*) FILTER (WHERE review_on < current_date) AS due, "
        "count(*) FILTER (WHERE member_count = 0) AS empty, "
        "count(*) FILTER (WHERE status = 'failed') AS failed FROM segments"
    )
    assert (care.owners, care.failed) == (4, 3)
    assert care.due >= 3
    assert care.empty >= 1
    [tags] = demo.rows("SELECT count(DISTINCT tag_fold) AS words FROM segment_tags")
    assert tags.words > 5
    doubles = demo.rows("SELECT criteria_hash FROM segment_versions GROUP BY criteria_hash HAVING count(*) > 1")
    assert len(doubles) == 1
    causes = demo.rows(
        "SELECT error_class, count(*) AS segments FROM runs JOIN segments ON latest_run_id = run_id "
        "WHERE runs.status = 'failed' GROUP BY error_class, error_sentence ORDER BY error_class"
    )
    assert [(each.error_class, each.segments) for each in causes] == [("check_failed", 1), ("field_missing", 2)]
    [kept] = demo.rows(
        "SELECT count(*) AS schedules, count(*) FILTER (WHERE suspended_at IS NOT NULL) AS suspended, "
        "count(DISTINCT kind) AS kinds FROM segment_schedules"
    )
    assert (kept.suspended, kept.kinds) == (1, 4)
    assert kept.schedules > 10


def test_the_support_desk_delivered_twice(demo: Demo) -> None:
    """What its first delivery held and the second does not is there to be noticed."""
    rows = demo.rows(
        "SELECT file_columns FROM imports JOIN data_sources USING (organization_id, data_source_id) "
        "WHERE data_sources.name = 'Support desk' ORDER BY finished_at"
    )
    names = [{column["name"] for column in row.file_columns} for row in rows]
    assert names[0] - names[1] == {"team"}
