"""Why one contact is a member, on real PostgreSQL: the root is the membership, the evidence is what is stored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from segment_engine.compiler import compile_criteria
from segment_engine.compiler.analysis import compile_analysis
from segment_engine.domain.access import PERMISSIONS, Role
from segment_engine.domain.evaluate import ContactRecord
from segment_engine.domain.explanation import DecidedBy, Explanation, NodeExplanation, Truth
from segment_engine.domain.parse import parse_criteria
from segment_engine.domain.segment import SegmentDraft
from segment_engine.errors import InputError, NotFound, PermissionDenied
from segment_engine.worker.loop import Worker
from tests.integration.analysed_documents import CITY, KINDS, LIMIT, NAMES, TREES, attribute, document, event, last
from tests.integration.analysed_fixture import world
from tests.integration.analysed_worlds import AS_OF, World

__all__ = ["world"]  # the fixture

TICK = timedelta(microseconds=1)
ACCEPTED = frozenset({"L-DUPLICATE", "L-TOP-ZERO", "L-REDUNDANT"})


def explained(world: World, number: int, asked: dict[str, object], *, as_of: datetime = AS_OF) -> Explanation:
    """Explain one contact and one document."""
    return world.engine.analysis.explain(world.context, number, document=asked, as_of=as_of)


def member_keys(world: World, asked: dict[str, object], *, as_of: datetime = AS_OF) -> set[str]:
    """Find the keys of all members, as a run would."""
    return set(world.engine.evaluation.keys(world.context, asked, as_of=as_of))


def conditions(node: NodeExplanation) -> Iterator[NodeExplanation]:
    """List the conditions of an explained tree."""
    for child in node.children:
        yield from conditions(child)
    if not node.children:
        yield node


def drawn(world: World, name: str, count: int) -> list[int]:
    """Draw contacts of the base, others for every name."""
    return Random(name).sample(sorted(world.base), count)  # noqa: S311 - repeatable, nothing secret


@pytest.mark.parametrize("name", [*NAMES, *TREES])
def test_the_root_is_the_membership_for_everyone(world: World, name: str) -> None:
    """T75 M18: for each of a thousand contacts the explained answer is the compiled membership."""
    asked = parse_criteria(TREES.get(name) or document(KINDS[name]), world.catalog, calendar=world.context.calendar)
    organization_id = world.context.organization_id
    found = compile_criteria(asked, catalog=world.catalog, organization_id=organization_id, as_of=AS_OF).numbers()
    answers = compile_analysis(asked, catalog=world.catalog, organization_id=organization_id, as_of=AS_OF).answers()
    with world.databases.app.transaction(organization_id, read_only=True) as transaction:
        members = {row[0] for row in transaction.rows(found)}
        rows = transaction.rows(answers)
    assert {row.number for row in rows} == set(world.base)
    assert {row.number for row in rows if row.holds_0} == {row.number for row in rows if row.member} == members


@pytest.mark.parametrize("name", [*NAMES, *TREES])
def test_an_explanation_says_what_the_run_decides(world: World, name: str) -> None:
    """T08 M18: one by one: member, root and sentence agree with the members, and every condition has words."""
    asked = TREES.get(name) or document(KINDS[name])
    members = member_keys(world, asked)
    for number in drawn(world, name, 6):
        told = explained(world, number, asked)
        assert told.member is told.root.holds is (f"key-{number}" in members)
        assert told.sentence.startswith("A member: " if told.member else "Not a member: ")
        for node in conditions(told.root):
            assert node.text
            assert node.flips or node.kind == "compare_fields"
            assert (node.truth is Truth.UNKNOWN) is (node.decided_by is DecidedBy.ON_MISSING)
            assert node.truth is Truth.UNKNOWN or node.holds is (node.truth is Truth.TRUE)


@pytest.mark.parametrize("name", [*NAMES, *TREES])
def test_time_alone_changes_the_answer_exactly_then(world: World, name: str) -> None:
    """T13: the compiled criteria answer otherwise from the instant named on, and as now just before it."""
    asked = TREES.get(name) or document(KINDS[name])
    told = [explained(world, number, asked) for number in drawn(world, name, 12)]
    changing = [each for each in told if each.changes_at is not None][:3]
    for each in changing:
        assert each.changes_at is not None
        assert each.changes_text.startswith("Without new data the contact ")
        for at, flipped in ((each.changes_at - TICK, False), (each.changes_at, True)):
            member = each.external_key in member_keys(world, asked, as_of=at)
            assert (member is not each.member) is flipped, (each.external_key, at)
    if not any(each.changes_at for each in told):
        later = member_keys(world, asked, as_of=AS_OF + timedelta(days=3))
        quiet = [each for each in told if each.changes_text == "Time alone never changes the answer."]
        assert all((each.external_key in later) is each.member for each in quiet)


# What is said ----------------------------------------------------------------------------------------------------


def a_contact(world: World, wanted: object) -> int:
    """Find a contact of the base with an exact number of orders in the last 30 days."""
    since = AS_OF - timedelta(days=30)

    def recent(record: ContactRecord) -> int:
        return sum(row.type == "order_placed" and since <= row.time < AS_OF for row in record.events)

    return next(number for number, record in world.base.items() if recent(record) == wanted)


def test_rows_are_shown_newest_first_with_what_is_needed(world: World) -> None:
    """T10: the rows that count, their number, their named properties, and how many more are needed."""
    asked = document(
        event(
            "order_placed", count={"op": "gte", "n": 3}, window=last(30, "day"),
            where={"group": "any", "of": [
                {"kind": "property", "field": "order_placed.items", "op": "gte", "value": 1}]},
        )
    )  # fmt: skip
    number = a_contact(world, 2)
    (node,) = conditions(explained(world, number, asked).root)
    (rows,) = node.rows
    stored = sorted(
        (row.time for row in world.records[number].events if row.type == "order_placed" and row.time < AS_OF),
        reverse=True,
    )
    assert (rows.total, [row.happened_at for row in rows.rows]) == (2, stored[:2])
    assert [fact.label for fact in rows.rows[0].values] == ["items"]
    assert node.flips[0] == "needs 1 more Order placed"
    assert "from 26 Feb 2026 11:30 until 28 Mar 2026 11:30" in node.text


def test_a_window_says_when_the_contact_leaves_and_why(world: World) -> None:
    """The day of leaving stands in words, with the row that lets go."""
    number = a_contact(world, 1)
    told = explained(world, number, document(KINDS["event"]))
    assert told.changes_at is not None
    assert "leaves on " in told.changes_text
    assert "is older than 30 days." in told.changes_text
    (node,) = conditions(told.root)
    assert node.changes_at == told.changes_at
    assert node.flips[-1].startswith("no longer holds from ")


def test_a_missing_value_is_told_from_a_wrong_one(world: World) -> None:
    """T01 T07: unknown is decided by the choice for missing values, and the explanation says that and what to do."""
    asked = document(attribute("age", "gte", 0))
    number = next(number for number, record in world.base.items() if record.values["contact.age"] is None)
    (node,) = conditions(explained(world, number, asked).root)
    assert (node.truth, node.holds, node.decided_by) == (Truth.UNKNOWN, False, DecidedBy.ON_MISSING)
    assert node.facts[0].text is None
    assert node.flips == ("age is not known; holds once age is at least 0",)


def test_reachability_names_the_closed_gates(world: World) -> None:
    """T91: what stands between a contact and a channel, gate by gate."""
    asked = document({"kind": "reachable", "channel": "email", "op": "is_reachable"})
    number = next(number for number, record in world.base.items() if not record.channels and not record.consents)
    (node,) = conditions(explained(world, number, asked).root)
    assert [(fact.label, fact.text) for fact in node.facts] == [
        ("email address", None), ("address valid", None), ("consent for email", "not on record"), ("stopped", "no"),
    ]  # fmt: skip
    assert node.flips == ("to be reached, it needs an address and consent that is granted",)


def test_any_all_and_none_of_a_list_are_three_answers(world: World) -> None:
    """T18: what was chosen is explained as chosen: any, all and none of the same values differ."""
    number = next(number for number, record in world.base.items() if record.values["contact.tags"] == ("A",))
    answers = {
        op: explained(world, number, document(attribute("tags", op, ["a", "b"]))).member
        for op in ("includes_any", "includes_all", "includes_none")
    }
    assert answers == {"includes_any": True, "includes_all": False, "includes_none": False}


def test_a_contact_with_too_many_rows_is_explained_from_the_newest(world: World) -> None:
    """So many rows are not all read: the number is said to be a lower bound, and nothing is foreseen from it."""
    number = max(world.base)
    with world.databases.migrator.transaction() as transaction:
        transaction.run(
            text(
                "INSERT INTO events (organization_id, contact_number, event_type, event_key, event_number, "
                "occurred_at) SELECT :o, :n, 1, gen_random_uuid(), 900000 + i, :at - i * interval '1 second' "
                "FROM generate_series(1, 1200) AS i"
            ),
            {"o": world.context.organization_id, "n": number, "at": AS_OF},
        )
    told = explained(world, number, document(KINDS["event"]))
    (node,) = conditions(told.root)
    assert (node.rows[0].total, node.rows[0].at_least, len(node.rows[0].rows)) == (1_000, True, 20)
    assert (node.holds, node.flips, told.changes_at) == (True, (), None)
    assert told.changes_text.startswith("It cannot be told")
    with world.databases.migrator.transaction() as transaction:
        transaction.run(text("DELETE FROM events WHERE event_number > 900000"))


# By hand, limits, other segments and past runs -------------------------------------------------------------------


def saved(world: World, name: str, asked: dict[str, object], *, calculate: bool = False) -> UUID:
    """Save a segment, and let a worker calculate it."""
    draft = SegmentDraft(name, "", asked, accepted_warnings=ACCEPTED)
    segment_id = world.engine.segments.create(world.context, draft).segment_id
    worker = Worker(world.databases.worker)
    while calculate and worker.work_once():
        pass
    return segment_id


def test_a_decision_by_hand_is_stronger_and_is_shown(world: World) -> None:
    """T84: who was taken out or put in reads so, with the words of whoever decided, and what the criteria say."""
    asked = document(KINDS["number"])
    keys = member_keys(world, asked)
    inside = next(number for number in world.base if f"key-{number}" in keys)
    outside = next(number for number in world.base if f"key-{number}" not in keys)
    segment_id = saved(world, "Decided", asked)
    world.engine.overrides.take_out(world.context, segment_id, f"key-{inside}", reason="asked to")
    world.engine.overrides.put_in(world.context, segment_id, f"key-{outside}", reason="a friend")
    taken = world.engine.analysis.explain(world.context, f"key-{inside}", segment_id=segment_id)
    put = world.engine.analysis.explain(world.context, f"key-{outside}", segment_id=segment_id)
    assert (taken.member, taken.root.holds, taken.sentence) == (
        False, True, "Not a member: taken out by hand (asked to).",
    )  # fmt: skip
    assert (put.member, put.root.holds, put.sentence) == (True, False, "A member: put in by hand (a friend).")
    assert put.by_hand is not None
    assert (put.by_hand.decision, put.by_hand.decided_by) == ("put_in", "Local operator")


@pytest.mark.parametrize("ties", ["cut", "keep"])
def test_a_limit_says_the_place(world: World, ties: str) -> None:
    """The place in the order, among how many, and whether the limit keeps it, agree with the members."""
    asked = document(KINDS["number"], limit={**LIMIT, "ties": ties})
    keys, all_keys = member_keys(world, asked), member_keys(world, document(KINDS["number"]))
    places: list[int] = []
    for number in [n for n in world.base if f"key-{n}" in all_keys][:25]:
        told = explained(world, number, asked)
        assert told.standing is not None
        assert told.standing.rank is not None
        assert told.member is told.standing.inside is (f"key-{number}" in keys)
        assert told.member or told.standing.rank > 40
        assert told.standing.ranked == len(all_keys)
        assert f"at place {told.standing.rank}, {'' if told.member else 'not '}among the first 40" in told.sentence
        places.append(told.standing.rank)
    assert len(set(places)) == len(places)
    outside = next(n for n in world.base if f"key-{n}" not in all_keys)
    nowhere = explained(world, outside, asked).standing
    assert nowhere is not None
    assert (nowhere.rank, nowhere.ranked, nowhere.inside) == (None, None, False)


def test_other_segments_are_explained_as_they_were_read(world: World) -> None:
    """Stored members of the last run for one reading, the criteria as they are now for the other."""
    child = saved(world, "Child", document(KINDS["event"]), calculate=True)
    stored: dict[str, object] = {"kind": "segment", "op": "in_any", "segments": [str(child)]}
    live: dict[str, object] = {**stored, "members": "live"}
    for number in drawn(world, "segments", 8):
        of_run, now = explained(world, number, document(stored)), explained(world, number, document(live))
        (node,) = conditions(of_run.root)
        said = "member" if of_run.member else "not a member"
        assert [(fact.label, fact.text) for fact in node.facts] == [("segment “Child”", said)]
        assert now.member is explained(world, number, document(KINDS["event"])).member
        assert now.changes_at == explained(world, number, document(KINDS["event"])).changes_at


def test_a_past_run_is_explained_beside_what_it_stored(world: World) -> None:
    """T62 T83: what that run stored, what its criteria say of today's data, and a note when the two differ."""
    segment_id = saved(world, "Past", document(CITY), calculate=True)
    run = world.engine.runs.find(world.context, segment_id)[0]
    number = next(n for n, record in world.base.items() if record.values["contact.city"] == "Utrecht")

    def told() -> Explanation:
        return world.engine.analysis.explain(world.context, f"key-{number}", at_run=run.run_id)

    before = told().past_run
    assert before is not None
    assert (before.run_id, before.stored, before.again, before.note) == (run.run_id, True, True, "")
    moved = text("UPDATE contacts SET city = :city, city_fold = :fold WHERE organization_id = :o AND number = :n")
    values = {"o": world.context.organization_id, "n": number}
    with world.databases.migrator.transaction() as transaction:
        transaction.run(moved, {**values, "city": "Lyon", "fold": "lyon"})
    after = told()
    assert after.as_of == run.as_of
    assert after.past_run is not None
    assert (after.past_run.stored, after.past_run.again, after.member) == (True, False, False)
    assert after.past_run.note.startswith("The run found the contact a member; the same criteria")
    with world.databases.migrator.transaction() as transaction:
        transaction.run(moved, {**values, "city": "Utrecht", "fold": "utrecht"})
    other = saved(world, "Other", document(KINDS["number"]))
    with pytest.raises(NotFound, match="published no members"):
        world.engine.analysis.explain(world.context, number, segment_id=other, at_run=run.run_id)


# Who may see what ------------------------------------------------------------------------------------------------


def test_without_the_permission_nobody_is_explained(world: World) -> None:
    """With criteria of one's own the bare answer would tell any value of any contact, so viewers may not ask."""
    viewer = replace(world.context, role=Role.VIEWER, permissions=PERMISSIONS[Role.VIEWER])
    with pytest.raises(PermissionDenied):
        world.engine.analysis.explain(viewer, 1, document=document(KINDS[NAMES[0]]), as_of=AS_OF)


def test_nobody_outside_the_base_is_explained(world: World) -> None:
    """Deleted contacts, those of nobody and those of another organization read the same."""
    other = world.engine.organizations.create(f"Other {uuid4()}")
    stranger = replace(world.context, organization_id=other)
    everyone = document(KINDS["all contacts"])
    asks = [
        (world.context, 50),
        (world.context, "key-50"),
        (world.context, 999_999),
        (stranger, "key-1"),
        (stranger, 1),
    ]
    for context, contact in asks:
        with pytest.raises(NotFound, match="There is no contact with this key"):
            world.engine.analysis.explain(context, contact, document=everyone)
    with pytest.raises(NotFound):
        world.engine.analysis.explain(world.context, 1, segment_id=uuid4())
    with pytest.raises(InputError, match="nothing to explain"):
        world.engine.analysis.explain(world.context, 1)
