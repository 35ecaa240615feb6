"""What every node of a tree answers, on real PostgreSQL: counts that add up, and the same contact by contact."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from segment_engine.compiler import Analysis, compile_analysis
from segment_engine.db.session import Database
from segment_engine.domain.criteria import Criteria, GroupKind
from segment_engine.domain.evaluate.members import members_of
from segment_engine.domain.evaluate.records import ConsentRecord, ContactRecord, Overrides, Population
from segment_engine.postgres.local import LocalServer
from tests.integration.compiler_worlds import World, add_world, at, criteria_of, event
from tests.language_catalog import AS_OF, CHILD, LIST
from tests.property.hostile_tables import database_copy
from tests.property.three_counts import counted

ADULT = {"kind": "attribute", "field": "contact.age", "op": "gte", "value": 18}
YOUNG = {"kind": "attribute", "field": "contact.age", "op": "lt", "value": 40, "on_missing": "include"}
NOT_GENT = {"kind": "attribute", "field": "contact.city", "op": "not_equals", "value": "Gent"}
HAS_CITY = {"kind": "attribute", "field": "contact.city", "op": "is_set"}
ORDERED = {"kind": "event", "event": "order_placed", "verb": "did"}
LATELY = {
    "kind": "event_time", "event": "order_placed", "which": "last", "op": "not_in_last",
    "value": {"n": 10, "unit": "day"},
}  # fmt: skip
DEAR = {
    "kind": "event_has", "event": "order_placed", "which": "first",
    "has": {"group": "all", "of": [{"kind": "property", "field": "order_placed.total", "op": "gt", "value": "1.00"}]},
}  # fmt: skip
AVERAGE = {
    "kind": "aggregate", "from": {"event": "order_placed"}, "function": "avg", "of": "order_placed.total", "op": "gt",
    "value": "1.00", "on_missing": "include",
}  # fmt: skip
RICH = {
    "kind": "compare_fields", "left": {"field": "contact.income"}, "op": "gt",
    "right": {"aggregate": {"from": {"event": "order_placed"}, "function": "max", "of": "order_placed.total"}},
}  # fmt: skip
LISTED = {"kind": "static_list", "op": "in_any", "lists": [LIST]}
GRANTED = {"kind": "consent", "channel": "email", "op": "state_is", "states": ["granted"], "topic": None}
EVERYONE = {"kind": "all_contacts"}
TOP: dict[str, Any] = {
    "top_n": 2, "ties": "cut", "order_by": [{"value": {"field": "contact.age"}, "direction": "desc"}],
}  # fmt: skip

PEOPLE = {
    1: ContactRecord({"contact.age": 30, "contact.city": "Gent", "contact.income": 500}),
    2: ContactRecord({"contact.age": 10}, (event("order_placed", at(1), total=90),), lists=frozenset({LIST})),
    3: ContactRecord(
        {"contact.city": "Utrecht", "contact.income": 500},
        (event("order_placed", at(30), total=450), event("order_placed", at(31), total=10)),
        consents=(ConsentRecord("email", None, "granted", at(1), 1),),
    ),
    4: ContactRecord({"contact.age": 80}, (event("order_placed", at(2)),)),
    5: ContactRecord({}),
}

TREES: tuple[Criteria, ...] = (
    criteria_of(ADULT, NOT_GENT),
    criteria_of(ADULT, YOUNG, HAS_CITY, EVERYONE, group="any"),
    criteria_of(ORDERED, LATELY, DEAR, AVERAGE, RICH, group="none"),
    criteria_of(LATELY, DEAR, AVERAGE, RICH, LISTED, GRANTED, group="at_least", k=3),
    criteria_of(
        {"group": "none", "of": [ADULT, {"group": "at_least", "k": 1, "of": [LATELY, NOT_GENT]}]}, YOUNG, ADULT
    ),
    criteria_of({"group": "any", "of": [{"group": "all", "of": [ADULT, YOUNG]}, DEAR]}, NOT_GENT, limit=TOP),
)
HAND = {CHILD: Overrides(put_in=frozenset({2}), taken_out=frozenset({4}))}


@pytest.fixture(scope="module")
def world(server: LocalServer, administrator: Database, template: str) -> Iterator[World]:
    """Five people, and as many of a neighbor's who have done everything."""
    with database_copy(server, administrator, template) as database, database.transaction() as transaction:
        busy = {n: ContactRecord({"contact.age": 50}, (event("order_placed", at(9), total=900),)) for n in PEOPLE}
        add_world(transaction.connection, busy)
        yield add_world(transaction.connection, PEOPLE, overrides=HAND)


def analysis_of(world: World, criteria: Criteria, among: Sequence[int] | None = None, **more: Any) -> Analysis:
    """Compile an analysis of a tree for the world."""
    return compile_analysis(
        criteria, catalog=world.catalog, organization_id=world.organization_id, as_of=AS_OF, among=among, **more
    )


def members(world: World, criteria: Criteria, *, segment_id: str | None = None) -> frozenset[int]:
    """Ask the evaluator for the members."""
    population = Population(world.records, world.overrides)
    return members_of(criteria, population, catalog=world.catalog, as_of=AS_OF, segment_id=segment_id)


@pytest.mark.parametrize("among", [None, [1, 3, 5, 900]], ids=["all", "among"])
@pytest.mark.parametrize("place", range(len(TREES)))
def test_every_node_is_counted_three_ways(world: World, place: int, among: list[int] | None) -> None:
    """M1 M2 T01: true, false and unknown by value add up to the base at every node; matched is after `on_missing`."""
    criteria = TREES[place]
    looked_at = frozenset(world.records) & frozenset(among or world.records)
    analysis = analysis_of(world, criteria, among)
    row = world.connection.execute(analysis.counts()).one()._mapping
    assert row["base"] == len(looked_at)
    expected = list(counted(criteria, frozenset(world.records), lambda tree: members(world, tree)))
    assert len(expected) == len(analysis.paths)
    for node, each in enumerate(expected):
        counts = tuple(row[f"{name}_{node}"] for name in ("matched", "true", "false", "unknown"))
        parts = (each.matched, each.true, each.false, each.unknown)
        assert counts == tuple(len(part & looked_at) for part in parts), analysis.paths[node]


@pytest.mark.parametrize("among", [None, [2], [1, 3, 5, 900]], ids=["all", "one", "among"])
@pytest.mark.parametrize("place", range(len(TREES)))
def test_every_contact_gets_the_same_answers(world: World, place: int, among: list[int] | None) -> None:
    """M18: the answers of single contacts add up to the counts, and the member column to the members."""
    criteria = TREES[place]
    analysis = analysis_of(world, criteria, among, segment_id=CHILD)
    row = world.connection.execute(analysis.counts()).one()._mapping
    answers = [answer._mapping for answer in world.connection.execute(analysis.answers())]
    assert len(answers) == len({answer["number"] for answer in answers}) == row["base"]
    found = {answer["number"] for answer in answers if answer["member"]}
    assert found == members(world, criteria, segment_id=CHILD) & frozenset(among or world.records)
    assert row["members"] == len(found)
    for node in range(len(analysis.paths)):
        assert sum(answer[f"holds_{node}"] for answer in answers) == row[f"matched_{node}"]
        assert sum(answer[f"missing_{node}"] for answer in answers) == row[f"unknown_{node}"]


def test_the_funnel_runs_down_an_all(world: World) -> None:
    """Each child of an `all` at the root is counted with those before it; other groups have no funnel."""
    funnel = world.connection.execute(analysis_of(world, criteria_of(EVERYONE, NOT_GENT, ORDERED)).counts()).one()
    assert (funnel.funnel_0, funnel.funnel_1, funnel.funnel_2) == (5, 4, 3)
    assert funnel.funnel_2 == funnel.matched_0 == funnel.members
    kinds = {criteria.root.kind: analysis_of(world, criteria).counts() for criteria in TREES}
    for kind, statement in kinds.items():
        columns = statement.selected_columns.keys()
        assert any(column.startswith("funnel") for column in columns) is (kind is GroupKind.ALL)


def test_an_empty_organization_is_counted(world: World) -> None:
    """T11: nobody at all gives one row of zeros, and no answers."""
    nobody = compile_analysis(TREES[0], catalog=world.catalog, organization_id=999, as_of=AS_OF)
    assert set(world.connection.execute(nobody.counts()).one()) == {0}
    assert world.connection.execute(nobody.answers()).all() == []
