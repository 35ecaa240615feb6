"""Cleanup on real PostgreSQL: each kind of candidate where it really exists, and what only looks like one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from segment_engine.databases import Databases
from segment_engine.db import members, runs
from segment_engine.domain.access import OrganizationContext, Role
from segment_engine.domain.cleanup import Alike, CandidateReason, CleanupQuery, CleanupReport
from segment_engine.domain.run import Claim
from segment_engine.domain.segment import SegmentDraft, SegmentId, SegmentState
from segment_engine.domain.segment_acts import SegmentAct
from segment_engine.engine import Engine
from segment_engine.errors import Conflict, NotFound
from segment_engine.use_cases.cancelling import Cancellable
from segment_engine.use_cases.organizations import LOCAL_IDENTITY
from tests.integration.importing import Importer

Document = dict[str, object]
BLOCK = 4096


def document(*conditions: Document) -> Document:
    """Write a criteria document of one group."""
    root: Document = {"group": "all", "of": list(conditions)}
    return {"format": "segment-criteria", "version": 1, "base": "contacts", "root": root}


def city(name: str) -> Document:
    """Ask for a city: different names are different criteria."""
    return document({"kind": "attribute", "field": "contact.city", "op": "equals", "value": name})


@dataclass
class World:
    """An organization in which segments hold exactly the contacts a test gives them."""

    engine: Engine
    context: OrganizationContext
    databases: Databases

    def create(self, name: str, criteria: Document | None = None) -> SegmentId:
        """Save a segment whose criteria nobody else has; its first run waits."""
        draft = SegmentDraft(name, "", criteria or city(name), accepted_warnings=frozenset({"L-DUPLICATE"}))
        return self.engine.segments.create(self.context, draft).segment_id

    def holding(self, name: str, numbers: Iterable[int], criteria: Document | None = None) -> SegmentId:
        """Save a segment and publish these contacts as its members."""
        segment_id = self.create(name, criteria)
        with self.databases.worker.transaction() as transaction:
            taken = runs.claim(transaction, worker="test", lease_seconds=30)
        assert isinstance(taken, Claim)
        blocks: dict[int, bytearray] = {}
        for number in numbers:
            bits = blocks.setdefault(number // BLOCK, bytearray(BLOCK // 8))
            bits[number % BLOCK // 8] |= 128 >> number % 8
        with self.databases.worker.transaction(self.context.organization_id) as transaction:
            runs.fence(transaction, taken)
            packed = {block: bytes(bits) for block, bits in blocks.items()}
            sequence = runs.lock_published(transaction, taken) + 1
            done = members.publish(
                transaction, self.context.organization_id, taken.segment_id, sequence=sequence, blocks=packed
            )
            runs.succeed(
                transaction, taken, sequence=sequence, member_count=done.member_count, joined=done.joined,
                departed=done.departed,
            )  # fmt: skip
        return segment_id

    def sql(self, statement: str, **values: object) -> None:
        """Change what no use case can: when something happened."""
        with self.databases.app.transaction(self.context.organization_id) as transaction:
            transaction.run(text(statement), {"o": self.context.organization_id, **values})

    def made_days_ago(self, segment_id: UUID, days: int) -> None:
        """Let a segment be older than it is."""
        self.sql(
            "UPDATE segments SET created_at = now() - make_interval(days => :days) "
            "WHERE organization_id = :o AND segment_id = :segment",
            days=days, segment=segment_id,
        )  # fmt: skip

    def plan(self, name: str, segment_id: UUID, *, state: str, kind: str = "campaign") -> UUID:
        """Let a campaign or sequence in some state use a segment."""
        campaign_id = uuid4()
        self.sql(
            "INSERT INTO campaigns (organization_id, campaign_id, name, channel, state, kind) "
            "VALUES (:o, :campaign, :name, 'email', :state, :kind)",
            campaign=campaign_id, name=name, state=state, kind=kind,
        )  # fmt: skip
        self.sql(
            "INSERT INTO campaign_segments (organization_id, campaign_id, segment_id, part) "
            "VALUES (:o, :campaign, :segment, 'included')",
            campaign=campaign_id, segment=segment_id,
        )  # fmt: skip
        return campaign_id

    def frozen(self, campaign_id: UUID, segment_id: UUID, *, days: int) -> None:
        """Let an audience have been frozen from the segment some days ago."""
        self.sql(
            "INSERT INTO campaign_audiences (organization_id, campaign_id, frozen_at, segment_id, run_id, part, "
            "contact_count) "
            "VALUES (:o, :campaign, now() - make_interval(days => :days), :segment, :run, 'included', 5)",
            campaign=campaign_id, segment=segment_id, days=days, run=uuid4(),
        )  # fmt: skip

    def databases_today(self) -> date:
        """Give the day of the organization, which is not always the day of this computer."""
        with self.databases.app.transaction(self.context.organization_id, read_only=True) as transaction:
            return transaction.scalar(text("SELECT cast(now() AT TIME ZONE 'Europe/Amsterdam' AS date)"))

    def report(self, reason: CandidateReason | None = None, alike: tuple[Alike, ...] = ()) -> CleanupReport:
        """Find the candidates."""
        return self.engine.cleanup.find(self.context, CleanupQuery(reason=reason, alike=alike))

    def names(self, reason: CandidateReason, alike: tuple[Alike, ...] = ()) -> set[str]:
        """Name the candidates for a reason."""
        return {candidate.figures.name for candidate in self.report(reason, alike).candidates}


@pytest.fixture
def world(engine: Engine, context: OrganizationContext, databases: Databases, tmp_path: Path) -> World:
    """An organization whose contacts have a city, and no segment."""
    Importer(databases.app, context.organization_id, tmp_path).contacts("id,city\n0001,Utrecht\n")
    return World(engine, context, databases)


# From stored figures -----------------------------------------------------------------------------------------------


def test_unused_is_what_nobody_has_used_for_long(world: World) -> None:
    """No plan that lives, no reader, no audience and no export lately, and old enough to tell (T54)."""
    for name in (
        "forgotten", "ended long ago", "in a paused sequence", "in a draft", "frozen lately", "read", "exported",
        "young", "read by the archive", "archived",
    ):  # fmt: skip
        world.made_days_ago(world.holding(name, range(1, 6)), 200)
    ended, lately = by_name(world, "ended long ago"), by_name(world, "frozen lately")
    world.frozen(world.plan("Spring", ended, state="finished"), ended, days=120)
    world.frozen(world.plan("Autumn", lately, state="archived"), lately, days=30)
    world.plan("Onboarding", by_name(world, "in a paused sequence"), state="paused", kind="sequence")
    world.plan("Planned", by_name(world, "in a draft"), state="draft")
    world.create("reader", reading(by_name(world, "read")))
    away = world.create("reader in the archive", reading(by_name(world, "read by the archive")))
    world.engine.segments.archive(world.context, [away, by_name(world, "archived")])
    assert list(world.engine.segments.export(world.context, by_name(world, "exported")))
    world.made_days_ago(by_name(world, "young"), 89)
    assert world.names(CandidateReason.UNUSED) == {"forgotten", "ended long ago", "read by the archive"}
    (once,) = [each for each in world.report().candidates if each.figures.name == "ended long ago"]
    assert once.grounds[0].sentence.startswith("Used last 120 days ago; ")
    assert round(once.figures.idle_days) == 120


def by_name(world: World, name: str) -> UUID:
    """Find a segment of the world."""
    return world.engine.segments.id_by_name(world.context, name)


def reading(segment_id: UUID) -> Document:
    """Ask for the members of another segment."""
    return document({"kind": "segment", "op": "in_any", "segments": [str(segment_id)]})


def test_empty_is_not_what_is_used_or_being_calculated(world: World) -> None:
    """A segment that a plan uses may be empty today; one that is being calculated may have members in a moment."""
    world.holding("empty", ())
    world.holding("one member", (1,))
    world.plan("Birthdays", world.holding("empty but used", ()), state="running", kind="sequence")
    again = world.holding("empty, under way", ())
    world.engine.runs.request(world.context, again)
    assert world.names(CandidateReason.EMPTY) == {"empty"}


def test_never_calculated_is_told_from_just_made(world: World) -> None:
    """A week without any success, and no run that waits or works."""
    old, new, waiting = world.create("old"), world.create("new"), world.create("waiting")
    for each in (old, waiting):
        world.made_days_ago(each, 8)
    active = world.engine.operations.figures(world.context).queue.runs
    world.engine.runs.cancel_many(world.context, [run.run_id for run in active if run.segment_id != waiting])
    assert world.names(CandidateReason.NEVER_CALCULATED) == {"old"}
    assert new


def test_stale_is_what_nobody_keeps_current(world: World) -> None:
    """Too old to use is a candidate; a day old, or with data imported since, is the business of Operations."""
    for name, hours in (("ancient", 200), ("a day old", 30)):
        world.sql(
            "UPDATE segments SET last_calculated_at = now() - make_interval(hours => :hours) "
            "WHERE organization_id = :o AND segment_id = :segment",
            hours=hours, segment=world.holding(name, range(1, 6)),
        )  # fmt: skip
    used = world.holding("ancient but used", range(1, 6))
    world.sql(
        "UPDATE segments SET last_calculated_at = now() - interval '200 hours' "
        "WHERE organization_id = :o AND segment_id = :segment", segment=used,
    )  # fmt: skip
    world.plan("Spring", used, state="running")
    assert world.names(CandidateReason.STALE) == {"ancient"}


def test_a_review_is_past_the_day_after(world: World) -> None:
    """The day itself is not past, and a segment without a day is never due."""
    today = world.databases_today()
    for name, day in (("due yesterday", today - timedelta(days=1)), ("due today", today), ("no day", None)):
        segment_id = world.holding(name, range(1, 6))
        world.sql(
            "UPDATE segments SET review_on = cast(:day AS date) WHERE organization_id = :o AND segment_id = :segment",
            day=day, segment=segment_id,
        )  # fmt: skip
    assert world.names(CandidateReason.REVIEW_PAST) == {"due yesterday"}


def test_of_duplicates_the_used_one_stays_then_the_older(world: World) -> None:
    """Equal criteria are one group whatever their wording; all but the one to keep are candidates, and it is named."""
    same = city("Utrecht")
    reworded: Document = {**city("UTRECHT")}
    for name, criteria, days in (("oldest", same, 30), ("used", same, 10), ("newest", reworded, 5)):
        world.made_days_ago(world.holding(name, range(1, 6), criteria), days)
    world.plan("Spring", by_name(world, "used"), state="running")
    for name, days in (("older", 9), ("younger", 3)):
        world.made_days_ago(world.holding(name, range(1, 6), city("Gent")), days)
    found = world.report(CandidateReason.DUPLICATE).candidates
    sentences = {each.figures.name: each.grounds[0].sentence for each in found}
    assert sentences == {
        "oldest": "Its criteria say the same as those of “used”, which is to stay.",
        "newest": "Its criteria say the same as those of “used”, which is to stay.",
        "younger": "Its criteria say the same as those of “older”, which is to stay.",
    }


def test_the_dearest_and_longest_unused_come_first(world: World) -> None:
    """A point a day without use, ten a minute of a worker; pages cut the ranking, and figures count all of it."""
    for name, days in (("cheap and old", 120), ("dear and younger", 100), ("young", 91)):
        world.made_days_ago(world.holding(name, range(1, 6)), days)
    world.sql(
        "INSERT INTO runs (organization_id, segment_id, version, criteria, status, reason, requested_at, started_at, "
        "finished_at, error_sentence) VALUES (:o, :segment, 1, '{}', 'failed', 'requested', now() - interval '1 day', "
        "now() - interval '1 day', now() - interval '1 day' + interval '180 seconds', 'It failed.')",
        segment=by_name(world, "dear and younger"),
    )  # fmt: skip
    report = world.report()
    assert [each.figures.name for each in report.candidates] == ["dear and younger", "cheap and old", "young"]
    assert round(report.candidates[0].score) == 130
    assert round(report.seconds) == 180
    second = world.engine.cleanup.find(world.context, CleanupQuery(page=2, size=2))
    assert [each.figures.name for each in second.candidates] == ["young"]
    assert (second.total, second.pages, second.looked_at, second.by_reason[CandidateReason.UNUSED]) == (3, 2, 3, 3)
    beyond = world.engine.cleanup.find(world.context, CleanupQuery(page=9, size=2))
    assert beyond.page == 2


def test_another_organizations_segments_are_no_candidates(world: World) -> None:
    """Candidates, archive and comparison stay inside the organization (B1)."""
    world.made_days_ago(world.holding("mine", range(1, 41)), 200)
    other = world.engine.context_for(LOCAL_IDENTITY, world.engine.organizations.create("Other"))
    assert world.engine.cleanup.find(other, CleanupQuery()).looked_at == 0
    assert world.engine.cleanup.compare(other).segments == 0
    world.engine.cleanup.archive(world.context, [by_name(world, "mine")])
    assert world.engine.cleanup.archived(other) == ()


# By members --------------------------------------------------------------------------------------------------------


def test_nearly_the_same_members_are_found(world: World) -> None:
    """95 of 100 contacts in common are near, 94 are not; the same size alone, or the same criteria, are not either."""
    world.holding("base", range(1, 98))
    world.holding("near", range(3, 101))
    world.holding("same size, others", range(5_000, 5_097))
    world.holding("not near", range(1, 92))
    world.holding("twin", range(200, 300), city("Utrecht"))
    world.holding("twin again", range(200, 300), city("Utrecht"))
    likeness = world.engine.cleanup.compare(world.context)
    near = {each for each in likeness.alike if each.reason is CandidateReason.NEAR_DUPLICATE}
    assert [(each.shared, each.share) for each in near] == [(95, 0.95)]
    assert world.names(CandidateReason.NEAR_DUPLICATE, likeness.alike) == {"near"}
    (found,) = world.report(CandidateReason.NEAR_DUPLICATE, likeness.alike).candidates
    assert found.grounds[-1].sentence == "It has 95.0% of the contacts in common with “base”, by other criteria."
    assert likeness.complete


def test_contained_in_another_is_no_coincidence(world: World) -> None:
    """All members in a segment at most twice as large count; in one three times as large, or of a handful, do not."""
    world.holding("whole", [*range(1, 81), *range(9_000, 9_021)])
    world.holding("contained", [*range(1, 51), *range(9_000, 9_011)])
    world.holding("all but one", [*range(1, 61), 4_000])
    world.holding("small part", range(1, 31))
    world.holding("a handful", range(1, 20))
    world.holding("pair of the handful", range(1, 21))
    likeness = world.engine.cleanup.compare(world.context)
    assert world.names(CandidateReason.CONTAINED, likeness.alike) == {"contained", "pair of the handful"}
    sentences = [
        each.grounds[-1].sentence for each in world.report(CandidateReason.CONTAINED, likeness.alike).candidates
    ]
    assert "All its 61 contacts are in “whole” as well; they are 60% of that one." in sentences


def test_the_used_one_of_a_pair_stays(world: World) -> None:
    """Though it is younger and smaller: what a plan or a segment needs is not offered to go."""
    world.holding("older", range(1, 101))
    world.plan("Spring", world.holding("used", range(1, 99)), state="running")
    (pair,) = world.engine.cleanup.compare(world.context).alike
    assert (pair.segment_id, pair.other_id) == (by_name(world, "older"), by_name(world, "used"))


def test_a_comparison_that_is_stopped_says_how_far_it_came(world: World) -> None:
    """Without time nothing is claimed: no pair is found, and the number compared is not the number of pairs."""
    for place in range(4):
        world.holding(f"segment {place}", range(1 + place, 101 + place))
    likeness = world.engine.cleanup.compare(world.context, seconds=0)
    assert (likeness.alike, likeness.compared, likeness.pairs, likeness.complete) == ((), 0, 6, False)
    told: list[float] = []
    likeness = world.engine.cleanup.compare(world.context, told=told.append)
    assert (likeness.compared, likeness.pairs, told[-1]) == (6, 6, 1.0)


def test_a_comparison_can_be_left(world: World) -> None:
    """Whoever leaves stops it; nothing was changed."""
    handle = Cancellable()
    handle.cancel()
    with pytest.raises(Conflict):
        world.engine.cleanup.compare(world.context, cancel=handle)


# Acts --------------------------------------------------------------------------------------------------------------


def test_archiving_can_be_undone(world: World) -> None:
    """What was archived stands in the list of today with its former state, and comes back as it was (T56)."""
    active, draft = world.holding("active", range(1, 6)), world.holding("draft", range(1, 6))
    world.sql("UPDATE segments SET state = 'draft' WHERE organization_id = :o AND segment_id = :segment", segment=draft)
    verdicts = world.engine.cleanup.archive(world.context, [active, draft])
    assert [verdict.reason for verdict in verdicts] == ["is archived now", "is archived now"]
    archived = world.engine.cleanup.archived(world.context)
    assert {each.name: each.archived_from for each in archived} == {
        "active": SegmentState.ACTIVE,
        "draft": SegmentState.DRAFT,
    }
    world.engine.segments.unarchive(world.context, [active, draft])
    assert world.engine.segments.get(world.context, active).state is SegmentState.ACTIVE
    assert world.engine.segments.get(world.context, draft).state is SegmentState.DRAFT
    assert world.engine.cleanup.archived(world.context) == ()


def test_what_was_archived_days_ago_is_not_listed_as_of_today(world: World) -> None:
    """The list is for undoing what was just done; the archive itself is in the list of segments."""
    segment_id = world.holding("old", range(1, 6))
    world.engine.cleanup.archive(world.context, [segment_id])
    world.sql(
        "UPDATE segments SET updated_at = now() - interval '2 days' "
        "WHERE organization_id = :o AND segment_id = :segment",
        segment=segment_id,
    )  # fmt: skip
    assert world.engine.cleanup.archived(world.context) == ()


def test_acts_have_the_guards_of_every_other_act(world: World) -> None:
    """Used is kept with its users named, the safe ones go, and the rehearsal says the same before (T54, T55, T56)."""
    used, free = world.holding("used", range(1, 6)), world.holding("free", range(1, 6))
    world.plan("Onboarding", used, state="paused", kind="sequence")
    for act, do in (
        (SegmentAct.ARCHIVE, world.engine.cleanup.archive), (SegmentAct.DELETE, world.engine.cleanup.delete),
    ):  # fmt: skip
        before = {each.name: each for each in world.engine.cleanup.rehearse(world.context, act, [used, free])}
        assert (before["used"].done, before["free"].done) == (False, True)
        assert "sequence “Onboarding”" in before["used"].reason
        after = {each.name: each for each in do(world.context, [used, free])}
        assert after == before
    with pytest.raises(NotFound):
        world.engine.segments.get(world.context, free)
    assert world.engine.segments.get(world.context, used).state is SegmentState.ACTIVE


def test_of_duplicates_one_always_stays(world: World) -> None:
    """Choosing a whole group keeps the one to keep, says why, and deletes the others; contacts stay (T58)."""
    ids = [world.holding(name, range(1, 6), city("Utrecht")) for name in ("first", "second", "third")]
    for days, each in zip((30, 20, 10), ids, strict=True):
        world.made_days_ago(each, days)
    verdicts = {each.name: each for each in world.engine.cleanup.delete(world.context, ids)}
    assert {name: each.done for name, each in verdicts.items()} == {"first": False, "second": True, "third": True}
    assert verdicts["first"].reason == "kept, because it is like 2 others you chose, and one of them has to stay"
    with world.databases.app.transaction(world.context.organization_id, read_only=True) as transaction:
        assert transaction.scalar(text("SELECT count(*) FROM contacts")) == 1
    assert [each.name for each in world.engine.cleanup.delete(world.context, [ids[0]])] == ["first"]


def test_of_segments_alike_one_always_stays(world: World) -> None:
    """The same holds for pairs found by their members."""
    for name, numbers in (("a", range(1, 101)), ("b", range(1, 100))):
        world.holding(name, numbers)
    alike = world.engine.cleanup.compare(world.context).alike
    ids = [by_name(world, "a"), by_name(world, "b")]
    verdicts = {each.name: each.done for each in world.engine.cleanup.archive(world.context, ids, alike=alike)}
    assert verdicts == {"a": False, "b": True}


def test_whoever_may_not_is_told_before(world: World) -> None:
    """A rehearsal by somebody who may only look gives the reason as the verdict."""
    segment_id = world.holding("free", range(1, 6))
    world.engine.organizations.give_seat(world.context.organization_id, LOCAL_IDENTITY, Role.VIEWER)
    viewer = world.engine.context_for(LOCAL_IDENTITY, world.context.organization_id)
    (verdict,) = world.engine.cleanup.rehearse(viewer, SegmentAct.DELETE, [segment_id])
    assert not verdict.done
    assert "does not allow you to delete segments" in verdict.reason
