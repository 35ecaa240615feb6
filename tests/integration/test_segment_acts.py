"""Acts on many segments: one verdict each, a rehearsal that tells the truth and changes nothing, guards that hold."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from segment_engine.databases import Databases
from segment_engine.domain.access import PERMISSIONS, OrganizationContext, Role
from segment_engine.domain.run import RunStatus
from segment_engine.domain.segment import SegmentDraft, SegmentState, Verdict
from segment_engine.domain.segment_acts import MOST_AT_ONCE, SegmentAct
from segment_engine.engine import Engine
from segment_engine.errors import InputError, InUse, LimitExceeded
from tests.integration.reference_worlds import in_segments
from tests.isolation.calls import EVERYONE
from tests.pages.conftest import document

EVERYTHING = {
    "segments": text("SELECT * FROM segments"),
    "segment_tags": text("SELECT * FROM segment_tags"),
    "runs": text("SELECT * FROM runs"),
    "run_status_events": text("SELECT * FROM run_status_events"),
    "audit_events": text("SELECT * FROM audit_events"),
}


def save(
    engine: Engine, context: OrganizationContext, name: str, state: SegmentState = SegmentState.ACTIVE,
    criteria: dict[str, object] = EVERYONE,
) -> UUID:  # fmt: skip
    """Save a segment and return its id."""
    draft = SegmentDraft(name, "", criteria, state, accepted_warnings=frozenset({"L-DUPLICATE"}))
    return engine.segments.create(context, draft).segment_id


def reading(segment_id: UUID) -> dict[str, object]:
    """Write criteria that read another segment as it is now."""
    return document(in_segments(segment_id, members="live"))


def plan(
    databases: Databases, organization_id: int, segment_id: UUID, *, state: str = "running", kind: str = "campaign"
) -> None:
    """Let a campaign or sequence in a state use a segment."""
    with databases.app.transaction(organization_id) as transaction:
        values = {"o": organization_id, "name": f"{state} {kind}", "state": state, "kind": kind}
        campaign = transaction.scalar(
            text(
                "INSERT INTO campaigns (organization_id, name, channel, state, kind) "
                "VALUES (:o, :name, 'email', :state, :kind) RETURNING campaign_id"
            ),
            values,
        )
        transaction.run(
            text("INSERT INTO campaign_segments VALUES (:o, :campaign, :segment, 'included')"),
            {"o": organization_id, "campaign": campaign, "segment": segment_id},
        )


def by_name(verdicts: tuple[Verdict, ...]) -> dict[str, Verdict]:
    """Give verdicts by the names of their segments."""
    return {verdict.name: verdict for verdict in verdicts}


def stored(databases: Databases, organization_id: int) -> dict[str, list[str]]:
    """Read everything that an act may change."""
    with databases.app.transaction(organization_id, read_only=True) as transaction:
        return {table: sorted(map(str, transaction.rows(query))) for table, query in EVERYTHING.items()}


def perform(
    engine: Engine, context: OrganizationContext, act: SegmentAct, ids: list[UUID], tags: list[str],
    owner_id: UUID | None,
) -> tuple[Verdict, ...]:  # fmt: skip
    """Carry an act out."""
    match act:
        case SegmentAct.RECALCULATE:
            return engine.runs.request_many(context, ids)
        case SegmentAct.TAG:
            return engine.segments.tag(context, ids, tags)
        case SegmentAct.UNTAG:
            return engine.segments.untag(context, ids, tags)
        case SegmentAct.SET_OWNER:
            return engine.segments.set_owner(context, ids, owner_id)
        case SegmentAct.ACTIVATE | SegmentAct.DEACTIVATE | SegmentAct.ARCHIVE | SegmentAct.UNARCHIVE:
            return getattr(engine.segments, act.value)(context, ids)
        case SegmentAct.DELETE:
            return engine.segments.delete(context, ids)


@pytest.mark.parametrize("act", list(SegmentAct))
def test_a_rehearsal_says_what_the_act_will_do_and_changes_nothing(
    engine: Engine, context: OrganizationContext, databases: Databases, act: SegmentAct
) -> None:
    """The verdicts come from the act itself: same words, same order; not one row and no line of the audit log stays."""
    used, free = save(engine, context, "Used"), save(engine, context, "Free")
    save(engine, context, "Reader", criteria=reading(used))
    draft, away = save(engine, context, "Draft", SegmentState.DRAFT), save(engine, context, "Away")
    engine.segments.archive(context, [away])
    engine.segments.tag(context, [free], ["vip"])
    plan(databases, context.organization_id, free)
    ids = [used, free, draft, away, uuid4()]
    before = stored(databases, context.organization_id)
    told = engine.segments.rehearse(context, act, ids, tags=["VIP"], owner_id=context.person_id)
    assert stored(databases, context.organization_id) == before
    assert [verdict.segment_id for verdict in told] == sorted(ids)
    assert perform(engine, context, act, ids, ["VIP"], context.person_id) == told
    assert {verdict.done for verdict in told} == {True, False}
    after = stored(databases, context.organization_id)
    new_lines = len(after["audit_events"]) - len(before["audit_events"])
    assert new_lines == sum(verdict.changed for verdict in told)


@pytest.mark.parametrize("kind", ["campaign", "sequence"])
@pytest.mark.parametrize("state", ["draft", "scheduled", "running", "paused", "finished", "archived"])
def test_archiving_never_takes_a_segment_from_a_living_plan(
    engine: Engine, context: OrganizationContext, databases: Databases, state: str, kind: str
) -> None:
    """Refused with the plan's name while it lives; no plan is archived along, none stops (T56)."""
    segment_id = save(engine, context, "Used")
    plan(databases, context.organization_id, segment_id, state=state, kind=kind)
    lives = state in {"draft", "scheduled", "running", "paused"}
    for act in (SegmentAct.DEACTIVATE, SegmentAct.ARCHIVE):
        (verdict,) = engine.segments.rehearse(context, act, [segment_id])
        assert verdict.done is not lives, act
        assert (f"it is used by {kind} “{state} {kind}”" in verdict.reason) is lives, act
    held = engine.segments.get(context, segment_id)
    for other in (SegmentState.INACTIVE, SegmentState.ARCHIVED):
        edit = SegmentDraft("Used", "", held.document, other)
        if lives:
            with pytest.raises(InUse, match=f"{state} {kind}"):
                engine.segments.update(context, segment_id, expected_revision=held.revision, draft=edit)
    assert engine.segments.archive(context, [segment_id])[0].done is not lives
    with databases.app.transaction(context.organization_id, read_only=True) as transaction:
        assert transaction.scalar(text("SELECT state FROM campaigns")) == state


def test_an_active_reader_keeps_a_segment_out_of_the_archive(engine: Engine, context: OrganizationContext) -> None:
    """Its name is given; chosen together with the reader, both go (T52, T55)."""
    read = save(engine, context, "Read")
    reader = save(engine, context, "Reader", criteria=reading(read))
    (kept,) = engine.segments.archive(context, [read])
    assert (kept.done, kept.reason) == (False, "stays active, because it is used by segment “Reader”")
    both = engine.segments.archive(context, [read, reader])
    assert all(verdict.done and verdict.changed for verdict in both)
    assert "“Reader” still refers" not in " ".join(verdict.reason for verdict in both if verdict.name == "Reader")


def test_the_archive_gives_back_what_it_took(engine: Engine, context: OrganizationContext) -> None:
    """Out of the archive a segment has the state it had before, whatever the order of the choice."""
    ids = {state: save(engine, context, state.value, state) for state in SegmentState if state.value != "archived"}
    engine.segments.archive(context, list(ids.values()))
    assert {engine.segments.get(context, each).state for each in ids.values()} == {SegmentState.ARCHIVED}
    again = engine.segments.archive(context, list(ids.values()))
    assert {(verdict.reason, verdict.changed) for verdict in again} == {("was archived already", False)}
    engine.segments.unarchive(context, list(ids.values()))
    assert {state: engine.segments.get(context, each).state for state, each in ids.items()} == {s: s for s in ids}


def test_what_cannot_be_active_any_more_comes_back_inactive(engine: Engine, context: OrganizationContext) -> None:
    """The archive is never a trap: a segment whose reference is gone comes back, inactive, with the reason."""
    read = save(engine, context, "Read")
    reader = save(engine, context, "Reader", criteria=reading(read))
    engine.segments.archive(context, [reader])
    engine.segments.delete(context, [read])
    (back,) = engine.segments.unarchive(context, [reader])
    assert back.done
    assert back.reason.startswith("is inactive now, though it was active: ")
    assert engine.segments.get(context, reader).state is SegmentState.INACTIVE


def test_an_edit_out_of_the_archive_forgets_it(engine: Engine, context: OrganizationContext) -> None:
    """Saved as inactive from the archive, the next visit to the archive remembers that, not what was before."""
    segment_id = save(engine, context, "One")
    engine.segments.archive(context, [segment_id])
    held = engine.segments.get(context, segment_id)
    edit = SegmentDraft("One", "", held.document, SegmentState.INACTIVE)
    engine.segments.update(context, segment_id, expected_revision=held.revision, draft=edit)
    engine.segments.archive(context, [segment_id])
    assert engine.segments.unarchive(context, [segment_id])[0].reason == "is inactive again"


def test_who_may_not_is_told_so_on_every_segment(engine: Engine, context: OrganizationContext) -> None:
    """A rehearsal answers everybody who may see the list; the act itself stays refused (B13)."""
    segment_id = save(engine, context, "One")
    viewer = replace(context, role=Role.VIEWER, permissions=PERMISSIONS[Role.VIEWER])
    for act in SegmentAct:
        (verdict, stranger) = sorted(
            engine.segments.rehearse(viewer, act, [segment_id, uuid4()]), key=lambda each: not each.name
        )
        assert (verdict.name, verdict.done) == ("One", False)
        assert verdict.reason.startswith("you may not: Your role (viewer) does not allow you to ")
        assert stranger.reason.startswith("does not exist")


def test_verdicts_are_reached_again_at_the_act(
    engine: Engine, context: OrganizationContext, databases: Databases
) -> None:
    """What was safe in the rehearsal and is used since then stays (T54)."""
    first, second = save(engine, context, "First"), save(engine, context, "Second")
    assert all(verdict.done for verdict in engine.segments.rehearse(context, SegmentAct.DELETE, [first, second]))
    plan(databases, context.organization_id, first)
    verdicts = by_name(engine.segments.delete(context, [first, second]))
    assert (verdicts["First"].done, verdicts["Second"].done) == (False, True)
    assert verdicts["First"].reason == "kept, because it is used by campaign “running campaign”"


def test_two_people_act_on_the_same_segments_at_once(engine: Engine, context: OrganizationContext) -> None:
    """Each segment is archived once, and both are told the truth about every one of them."""
    ids = [save(engine, context, f"Segment {number}") for number in range(12)]
    with ThreadPoolExecutor(2) as people:
        asked = [people.submit(engine.segments.archive, context, order) for order in (ids, ids[::-1])]
        reports = [each.result() for each in asked]
    assert sorted(verdict.changed for report in reports for verdict in report) == [False] * 12 + [True] * 12
    assert all(verdict.done for report in reports for verdict in report)


def test_tags_on_many(engine: Engine, context: OrganizationContext) -> None:
    """Who carried the tag already is told apart, one that is full stays as it is, and other editors notice."""
    plain, tagged, full = (save(engine, context, name) for name in ("Plain", "Tagged", "Full"))
    engine.segments.tag(context, [tagged], ["vip"])
    engine.segments.tag(context, [full], [f"tag {number}" for number in range(20)])
    revision = engine.segments.get(context, plain).revision
    verdicts = by_name(engine.segments.tag(context, [plain, tagged, full], ["VIP"]))
    assert (verdicts["Plain"].changed, verdicts["Plain"].reason) == (True, "carries “VIP” now")
    assert (verdicts["Tagged"].done, verdicts["Tagged"].changed) == (True, False)
    assert (verdicts["Full"].done, "more than 20 tags" in verdicts["Full"].reason) == (False, True)
    held = engine.segments.get(context, plain)
    assert (held.tags, held.revision, held.version) == (("vip",), revision + 1, 1)
    off = by_name(engine.segments.untag(context, [plain, tagged, full], ["Vip"]))
    assert [off[name].changed for name in ("Plain", "Tagged", "Full")] == [True, True, False]
    with pytest.raises(InputError):
        engine.segments.tag(context, [plain], [" "])


def test_an_owner_for_many(engine: Engine, context: OrganizationContext) -> None:
    """The owner is named in the verdict; nobody without a seat can be one."""
    ids = [save(engine, context, name) for name in ("A", "B")]
    name = engine.segments.owners(context)[0].name
    assert {verdict.reason for verdict in engine.segments.set_owner(context, ids, context.person_id)} == {
        f"belongs to {name} now"
    }
    again = engine.segments.set_owner(context, ids, context.person_id)
    assert {verdict.changed for verdict in again} == {False}
    assert {verdict.reason for verdict in engine.segments.set_owner(context, ids, None)} == {"belongs to nobody now"}
    with pytest.raises(InputError, match="holds a seat"):
        engine.segments.set_owner(context, ids, uuid4())


def test_many_runs_begin_with_what_is_read(engine: Engine, context: OrganizationContext, databases: Databases) -> None:
    """Nothing is queued before what it reads, and one run a segment is enough (T50, E4)."""
    first = save(engine, context, "Read")
    middle = save(engine, context, "Middle", criteria=reading(first))
    last = save(engine, context, "Reader", criteria=reading(middle))
    pairs = [(middle, first), (last, middle)]
    with databases.app.transaction(context.organization_id) as transaction:
        transaction.run(
            text("INSERT INTO segment_uses VALUES (:o, :reader, :read) ON CONFLICT DO NOTHING"),
            [{"o": context.organization_id, "reader": reader, "read": read} for reader, read in pairs],
        )
    for each in (first, middle, last):
        engine.runs.cancel(context, engine.runs.find(context, each)[0].run_id)
    verdicts = engine.runs.request_many(context, [last, middle, first])
    assert {(verdict.changed, verdict.reason) for verdict in verdicts} == {(True, "waits for a worker now")}
    runs = [engine.runs.find(context, each)[0] for each in (first, middle, last)]
    assert [run.status for run in runs] == [RunStatus.QUEUED] * 3
    assert [run.requested_at for run in runs] == sorted(run.requested_at for run in runs)
    again = engine.runs.request_many(context, [last, middle, first])
    assert {(verdict.done, verdict.changed) for verdict in again} == {(True, False)}


def test_there_is_an_end_to_how_many_are_changed_at_once(engine: Engine, context: OrganizationContext) -> None:
    """More than a thousand is refused with a sentence, before anything is locked."""
    many = [uuid4() for _ in range(MOST_AT_ONCE + 1)]
    for ask in (
        lambda: engine.segments.archive(context, many),
        lambda: engine.segments.rehearse(context, SegmentAct.DELETE, many),
        lambda: engine.runs.request_many(context, many),
    ):
        with pytest.raises(LimitExceeded, match="At most 1,000 segments"):
            ask()
