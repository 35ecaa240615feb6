"""Counts never differ without a stored reason: random histories with withheld results and restored versions."""

from __future__ import annotations

from itertools import pairwise
from typing import Any
from uuid import UUID

from sqlalchemy import text

from segment_engine.domain.assertions import AssertionDraft, AssertionKind, AssertionLevel
from segment_engine.domain.causes import ChangeCause, added_up
from segment_engine.domain.run import Run, RunStatus
from tests.integration.reference_worlds import calculate
from tests.property.test_causes import ACCEPT, World, worlds

__all__ = ("worlds",)  # a fixture
WORLDS, RESULTS = 3, 7
SPOILT = text(
    "DELETE FROM run_causes WHERE run_id = (SELECT run_id FROM runs WHERE segment_id = :segment AND joined_count > 0 "
    "ORDER BY published_sequence DESC LIMIT 1)"
)


def once_more(world: World) -> Run:
    """Request a run as of now and let a worker end it, whatever its end is."""
    world.engine.runs.request(world.context, world.parent)
    calculate(world.databases)
    return newest(world)


def newest(world: World) -> Run:
    """Give the newest run of the segment."""
    return world.engine.runs.find(world.context, world.parent)[0]


def restored(world: World) -> None:
    """Bring the first version back, as a new one."""
    held = world.engine.segments.get(world.context, world.parent)
    world.engine.details.restore(
        world.context, world.parent, 1, expected_revision=held.revision, accepted_warnings=ACCEPT
    )  # fmt: skip
    calculate(world.databases)


def withheld(world: World) -> bool:
    """Let a check keep the next result back, and perhaps let it pass; say whether it was kept back."""
    count = world.engine.segments.get(world.context, world.parent).member_count or 0
    draft = AssertionDraft(AssertionKind.COUNT_BETWEEN, AssertionLevel.BLOCK, lowest=count + 1, highest=count + 50)
    check = world.engine.assertions.add(world.context, world.parent, draft)
    ended = once_more(world)
    if ended.status is RunStatus.FAILED:
        assert world.engine.changes.of_run(world.context, ended.run_id) is None
        assert world.engine.segments.get(world.context, world.parent).member_count == count
        if world.rng.random() < 0.5:
            world.happen()
            calculate(world.databases)
            if newest(world).status is RunStatus.FAILED:
                world.engine.assertions.publish_anyway(world.context, world.parent)
                calculate(world.databases)
                assert newest(world).status is RunStatus.SUCCESS
    world.engine.assertions.remove(world.context, world.parent, check.assertion_id)
    return ended.status is RunStatus.FAILED


def members_as_of(world: World, run_id: UUID) -> frozenset[int]:
    """Read the members that a run published."""
    page = world.engine.segments.members(world.context, world.parent, at_run=run_id, limit=1_000)
    return frozenset(member.number for member in page.members)


def unexplained(world: World) -> list[str]:
    """Go through every result: its members, its counts and its causes must tell one story, contact by contact."""
    told = world.engine.changes.of_segment(world.context, world.parent, limit=1_000)[::-1]
    members = [members_as_of(world, each.run_id) for each in told]
    found: list[str] = []
    for place, (before, after) in enumerate(pairwise([frozenset[int](), *members])):
        moved = added_up(told[place].counts)
        if moved != (len(after - before), len(before - after)) or moved != (told[place].joined, told[place].departed):
            found.append(f"result {place}: {moved}, not {len(after - before)} and {len(before - after)}")
        if (ChangeCause.FIRST in {each.cause for each in told[place].counts}) and place:
            found.append(f"result {place} is not the first")
    for number in range(1, max(world.cities) + 1):
        moves = world.engine.changes.of_contact(world.context, world.parent, number)[::-1]
        wanted = [
            (told[place].run_id, number in after)
            for place, (before, after) in enumerate(pairwise([frozenset[int](), *members]))
            if (number in before) != (number in after)
        ]
        if [(each.run_id, each.joined) for each in moves] != wanted:
            found.append(f"contact {number}: {moves}, not {wanted}")
    return found


def test_every_difference_has_its_reason(worlds: Any) -> None:
    """Leaving and returning are intervals of their own, and every one of them has exactly one cause (T92, T93).

    A result that was kept back changes nothing; what it would have changed is told with the next one that is published.
    """
    kept_back = returned = 0
    for seed in range(100, 100 + WORLDS):
        world = worlds(seed)
        for _ in range(RESULTS):
            world.happen()
            act = world.rng.choice((once_more, once_more, restored, withheld, withheld))
            kept_back += act(world) is True
        assert unexplained(world) == [], seed
        for number in world.cities:
            moves = world.engine.changes.of_contact(world.context, world.parent, number)
            returned += sum(each.joined for each in moves) > 1
        with world.databases.migrator.transaction(world.context.organization_id) as transaction:
            transaction.run(SPOILT, {"segment": world.parent})
        assert unexplained(world) != [], "a cause that is missing would be missed"
    assert kept_back > 2
    assert returned > 2
