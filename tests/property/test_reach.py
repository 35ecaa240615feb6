"""Reach against its two definitions: the compiled condition `reachable`, and the gates asked of single records.

The contacts are those of the hostile worlds: withdrawn after granted, pending, only a topic, stopped in the future,
addresses missing or invalid, deleted, and neighbors with the same numbers in other organizations.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from segment_engine.compiler import compile_criteria
from segment_engine.db import reach
from segment_engine.db.session import Database, Transaction
from segment_engine.domain.criteria import Criteria, Group, GroupKind, Reachable, SegmentMembership
from segment_engine.domain.evaluate.records import ContactRecord
from segment_engine.domain.evaluate.standing import consent_state
from segment_engine.domain.evaluate.times import Clock, read_clock, ticks
from segment_engine.domain.operators import CHANNELS
from segment_engine.domain.reach import Gate
from segment_engine.postgres.local import LocalServer
from tests.property.comparison import StoredWorld, store_worlds
from tests.property.hostile_data import SCENES
from tests.property.hostile_references import EMPTY, RECENT, VIPS
from tests.property.hostile_tables import database_copy

Sides = tuple[tuple[str, ...], tuple[str, ...]]
SIDES: tuple[Sides, ...] = (((VIPS,), ()), ((VIPS, RECENT), ()), ((VIPS, RECENT), (EMPTY,)), ((RECENT,), (VIPS,)))


@pytest.fixture(scope="module")
def stored(
    server: LocalServer, administrator: Database, template: str
) -> Iterator[tuple[Transaction, tuple[StoredWorld, ...]]]:
    """Every scene as an organization of one database, read as the superuser: no policy hides a forgotten clause."""
    with database_copy(server, administrator, template) as database:
        worlds = store_worlds(database, range(SCENES))
        with database.transaction() as transaction:
            transaction.limit_statements(seconds=60)
            yield transaction, worlds


def criteria_of(sides: Sides, *conditions: Reachable) -> Criteria:
    """Write the same audience as criteria: in any of these, in none of those, and what else is asked."""
    included, excluded = sides
    apart = (SegmentMembership("not_in_any", excluded),) if excluded else ()
    return Criteria(Group(GroupKind.ALL, (SegmentMembership("in_any", included), *apart, *conditions)))


def counted(transaction: Transaction, world: StoredWorld, criteria: Criteria) -> int:
    """Count the members of criteria by the compiler."""
    compiled = compile_criteria(
        criteria, catalog=world.world.catalog, organization_id=world.organization_id, as_of=world.world.as_of
    )
    return int(transaction.scalar(compiled.count()))


def passed(record: ContactRecord, channel: str, clock: Clock) -> tuple[bool, ...]:
    """Ask the last four gates of one record."""
    held = record.channels.get(channel)
    stopped = held is not None and held.suppressed_at is not None and ticks(held.suppressed_at) < clock.now
    return (
        held is not None and held.address is not None, held is not None and held.valid, not stopped,
        consent_state(record, channel, None, clock) == "granted",
    )  # fmt: skip


def expected(world: StoredWorld, sides: Sides, channel: str) -> list[int]:
    """Count gate by gate in Python, from the stored members of everyone to the last gate."""
    included, excluded = (set(side) for side in sides)
    clock = read_clock(world.world.as_of, criteria_of(sides).calendar)
    left = {number: record for number, record in world.world.records.items() if record.segments & included}
    counts = [len(left)]
    left = {number: record for number, record in left.items() if number not in world.world.deleted}
    counts.append(len(left))
    left = {number: record for number, record in left.items() if not record.segments & excluded}
    counts.append(len(left))
    for gate in range(4):
        left = {number: record for number, record in left.items() if passed(record, channel, clock)[gate]}
        counts.append(len(left))
    return counts


@pytest.mark.parametrize("sides", SIDES, ids=["one", "two", "an empty one barred", "overlapping"])
def test_every_gate_counts_whom_its_definition_lets_through(
    stored: tuple[Transaction, tuple[StoredWorld, ...]], sides: Sides
) -> None:
    """T91: the gates sum to the segments, and whom they leave is whom the condition `reachable` finds, per channel."""
    transaction, worlds = stored
    reached = dropped = 0
    for world in worlds:
        found = reach.waterfall(
            transaction, world.organization_id, included=ids(sides[0]), excluded=ids(sides[1]), channels=CHANNELS,
            as_of=world.world.as_of,
        )  # fmt: skip
        assert tuple(each.channel for each in found) == CHANNELS
        for each in found:
            counts = expected(world, sides, each.channel)
            assert [each.stored, *(step.contacts_left for step in each.steps)] == counts, each.channel
            assert each.reached + sum(step.dropped for step in each.steps) == each.stored
            assert each.left_after(Gate.NOT_EXCLUDED) == counted(transaction, world, criteria_of(sides))
            compiled = criteria_of(sides, Reachable(each.channel, "is_reachable"))
            assert each.reached == counted(transaction, world, compiled), each.channel
            reached += each.reached
            dropped += sum(step.dropped > 0 for step in each.steps)
    assert reached > 0
    assert dropped > SCENES


def ids(names: Sequence[str]) -> list[UUID]:
    """Give ids as the database takes them."""
    return [UUID(each) for each in names]


def test_one_contact_stops_at_the_gate_that_counts_it(stored: tuple[Transaction, tuple[StoredWorld, ...]]) -> None:
    """The facts of single contacts add up to the waterfall: nobody is counted at a gate that let them through."""
    transaction, worlds = stored
    sides: Sides = ((VIPS, RECENT), (EMPTY,))
    for world in worlds[:4]:
        for channel in CHANNELS[:2]:
            campaign = a_campaign(transaction, world.organization_id, channel, sides)
            (counted_at,) = reach.waterfall(
                transaction, world.organization_id, included=ids(sides[0]), excluded=ids(sides[1]),
                channels=[channel], as_of=world.world.as_of,
            )  # fmt: skip
            stops: list[Gate | None] = []
            for number in world.world.records:
                facts = reach.gates_of_contact(
                    transaction, world.organization_id, campaign_id=campaign, contact_number=number,
                    as_of=world.world.as_of,
                )  # fmt: skip
                assert facts is not None
                stops.append(facts.stopped_at)
            assert stops.count(None) == counted_at.reached
            for step in counted_at.steps[1:]:
                assert stops.count(step.gate) == step.dropped, step.gate


def a_campaign(transaction: Transaction, organization_id: int, channel: str, sides: Sides) -> UUID:
    """Write a campaign with its segments straight into the tables."""
    campaign = uuid4()
    values = {"o": organization_id, "c": campaign, "name": str(campaign), "channel": channel}
    transaction.run(
        text(
            "INSERT INTO campaigns (organization_id, campaign_id, name, channel) "
            "VALUES (:o, cast(:c AS uuid), :name, :channel)"
        ),
        values,
    )
    for part, names in zip(("included", "excluded"), sides, strict=True):
        for name in names:
            transaction.run(
                text("INSERT INTO campaign_segments VALUES (:o, cast(:c AS uuid), cast(:s AS uuid), :part)"),
                {**values, "s": name, "part": part},
            )
    return campaign


def test_without_segments_nobody_is_reached(stored: tuple[Transaction, tuple[StoredWorld, ...]]) -> None:
    """No segment, an unknown one and an unknown campaign are nothing, not everyone."""
    transaction, worlds = stored
    organization = worlds[0].organization_id
    for included in ([], [uuid4()]):
        (found,) = reach.waterfall(transaction, organization, included=included, excluded=[], channels=["email"])
        assert (found.stored, found.reached) == (0, 0)
    assert reach.gates_of_contact(transaction, organization, campaign_id=uuid4(), contact_number=1) is None
