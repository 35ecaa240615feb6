"""Who is a member in the end: other segments, lists, the limit, members by hand, samples, values against values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from segment_engine.compiler import compile_criteria
from segment_engine.db.session import Database
from segment_engine.domain.criteria import Criteria
from segment_engine.domain.evaluate.records import ContactRecord, EventRecord, Overrides
from segment_engine.errors import LimitExceeded, Unresolved
from segment_engine.postgres.local import LocalServer
from tests.integration.compiler_worlds import World, add_world, at, criteria_of, event
from tests.language_catalog import AS_OF, CATALOG, CHILD, LIST, OTHER_CHILD, OTHER_LIST, segment
from tests.property.hostile_tables import database_copy

EVERYONE = {"kind": "all_contacts"}


@pytest.fixture(scope="module")
def connection(server: LocalServer, administrator: Database, template: str) -> Iterator[Connection]:
    """One database; the superuser sees past every policy, and a neighbor is in everything."""
    with database_copy(server, administrator, template) as database, database.transaction() as transaction:
        full = ContactRecord({"contact.age": 99}, segments=frozenset({CHILD}), lists=frozenset({LIST}))
        hand = {CHILD: Overrides(put_in=frozenset({3}), taken_out=frozenset({1}))}
        add_world(transaction.connection, dict.fromkeys(range(1, 9), full), overrides=hand)
        yield transaction.connection


def aged(op: str, value: int) -> dict[str, Any]:
    """A condition on the age."""
    return {"kind": "attribute", "field": "contact.age", "op": op, "value": value}


# Stored members --------------------------------------------------------------------------------------------------


def test_membership_in_segments_and_lists(connection: Connection) -> None:
    """T85: stored members of several sets, also far apart and where a set has no block: in any, in all, and neither."""
    both, one, other = frozenset({CHILD, OTHER_CHILD}), frozenset({CHILD}), frozenset({OTHER_CHILD})
    world = add_world(
        connection,
        {
            1: ContactRecord({}, segments=both, lists=frozenset({LIST, OTHER_LIST})),
            2: ContactRecord({}, segments=one),
            7: ContactRecord({}, segments=one),
            4_095: ContactRecord({}, segments=other),
            4_096: ContactRecord({}, segments=both, lists=frozenset({LIST})),
            20_000: ContactRecord({}),
        },
    )
    named = {"kind": "segment", "segments": [CHILD, OTHER_CHILD]}
    assert world.found({**named, "op": "in_any"}) == [1, 2, 7, 4_095, 4_096]
    assert world.found({**named, "op": "in_all"}) == [1, 4_096]
    assert world.found({**named, "op": "not_in_any"}) == [20_000]
    assert world.found({**named, "op": "not_in_all"}) == [2, 7, 4_095, 20_000]
    assert world.found({"kind": "static_list", "op": "in_any", "lists": [LIST, OTHER_LIST]}) == [1, 4_096]
    assert world.found({"kind": "static_list", "op": "not_in_all", "lists": [LIST, OTHER_LIST]}) == [
        2, 7, 4_095, 4_096, 20_000,
    ]  # fmt: skip


# Live members ----------------------------------------------------------------------------------------------------

PEOPLE = {number: ContactRecord({"contact.age": number * 10}) for number in range(1, 9)}
LIVE = {"kind": "segment", "op": "in_any", "segments": [CHILD], "members": "live"}
OLDEST: dict[str, Any] = {
    "top_n": 3, "ties": "cut", "order_by": [{"value": {"field": "contact.age"}, "direction": "desc"}],
}  # fmt: skip


def with_child(world: World, criteria: Criteria) -> World:
    """Know the criteria of the segment that is referred to."""
    child = segment(CHILD, "Regulars", criteria)
    return world.with_catalog(segments={**world.catalog.segments, CHILD: child})


def test_a_live_segment_is_complete(connection: Connection) -> None:
    """T57: the other segment's tree, limit and members by hand are evaluated with it, the same as if it had run."""
    hand = {CHILD: Overrides(put_in=frozenset({1}), taken_out=frozenset({8}))}
    world = add_world(connection, PEOPLE, overrides=hand)
    child = criteria_of(aged("gte", 20), limit=OLDEST)
    alone = world.members(child, segment_id=CHILD)
    assert alone == [1, 5, 6, 7]
    asking = with_child(world, child)
    assert asking.found(LIVE) == alone
    assert asking.found({**LIVE, "op": "not_in_any"}) == [2, 3, 4, 8]
    assert asking.found(LIVE, aged("lt", 70), limit={**OLDEST, "top_n": 2}) == [5, 6]


def test_two_ways_to_one_segment(connection: Connection) -> None:
    """T49 M17: a diamond is no circle; it is compiled once and gives the same answer twice."""
    world = with_child(add_world(connection, PEOPLE), criteria_of(aged("gte", 50), limit=OLDEST))
    other = criteria_of(LIVE, aged("lt", 80), catalog=world.catalog)
    asking = world.with_catalog(segments={**world.catalog.segments, OTHER_CHILD: segment(OTHER_CHILD, "B", other)})
    diamond = {"kind": "segment", "op": "in_all", "segments": [CHILD, OTHER_CHILD], "members": "live"}
    assert asking.found(diamond) == [6, 7]
    criteria = criteria_of(diamond, catalog=asking.catalog)
    compiled = compile_criteria(criteria, catalog=asking.catalog, organization_id=1, as_of=AS_OF)
    assert compiled.sql().text.count("LIMIT :top_n") == 1


def test_a_live_segment_counts_days_its_own_way(connection: Connection) -> None:
    """T21: a segment that is evaluated with another keeps its own zone."""
    seen = {"kind": "attribute", "field": "contact.seen_at", "op": "on", "value": {"day": "2026-03-10"}}
    late = at(10, 23)
    world = add_world(connection, {1: ContactRecord({"contact.seen_at": late}), 2: ContactRecord({})})
    tokyo = criteria_of(seen, calendar={"time_zone": "Asia/Tokyo"})
    assert world.found(seen) == [1]
    assert with_child(world, tokyo).found(LIVE) == []


# The limit -------------------------------------------------------------------------------------------------------


def ranked(*keys: tuple[dict[str, Any], str], top_n: int = 2, ties: str = "cut") -> dict[str, Any]:
    """A limit."""
    return {"top_n": top_n, "ties": ties, "order_by": [{"value": value, "direction": each} for value, each in keys]}


AGE = {"field": "contact.age"}


def test_missing_values_rank_last_both_ways(connection: Connection) -> None:
    """§4.17: plain DESC would put a missing value first."""
    ages = {1: 30, 2: None, 3: 20, 4: 40}
    world = add_world(connection, {number: ContactRecord({"contact.age": age}) for number, age in ages.items()})
    assert world.found(EVERYONE, limit=ranked((AGE, "desc"), top_n=3)) == [1, 3, 4]
    assert world.found(EVERYONE, limit=ranked((AGE, "asc"), top_n=3)) == [1, 3, 4]
    assert world.found(EVERYONE, limit=ranked((AGE, "asc"), top_n=9)) == [1, 2, 3, 4]


def test_ties_are_cut_by_the_own_key_or_kept(connection: Connection) -> None:
    """§4.17: exactly N, numbers before other keys and by value; or everyone who equals the N-th."""
    keys = {1: "b", 2: "010", 3: "9", 4: "B"}
    people = {number: ContactRecord({"contact.age": 30}, key=key) for number, key in keys.items()}
    world = add_world(connection, people | {6: ContactRecord({"contact.age": 31}, key="z")})
    assert world.found(EVERYONE, limit=ranked((AGE, "desc"), top_n=2)) == [3, 6]
    assert world.found(EVERYONE, limit=ranked((AGE, "desc"), top_n=3)) == [2, 3, 6]
    assert world.found(EVERYONE, limit=ranked((AGE, "desc"), top_n=4)) == [2, 3, 4, 6]
    assert world.found(EVERYONE, limit=ranked((AGE, "desc"), top_n=2, ties="keep")) == [1, 2, 3, 4, 6]
    assert world.found(EVERYONE, limit=ranked((AGE, "desc"), top_n=1, ties="keep")) == [6]


def test_what_is_ranked(connection: Connection) -> None:
    """§4.17: text by code point, an ordered choice by position, a sum of nothing as 0, an average like its equal."""
    world = add_world(
        connection,
        {
            1: ContactRecord({"contact.city": "b", "contact.size": "large"}, _orders(100, 101, 101)),
            2: ContactRecord({"contact.city": "B", "contact.size": "small"}, _orders(-50)),
            3: ContactRecord({"contact.city": "é", "contact.size": "medium"}),
            4: ContactRecord({"contact.city": None, "contact.size": "giant"}, _orders(101, 100, 101)),
        },
    )
    total = {"aggregate": {"from": {"event": "order_placed"}, "function": "sum", "of": "order_placed.total"}}
    average = {"aggregate": {"from": {"event": "order_placed"}, "function": "avg", "of": "order_placed.total"}}
    first = {"event_time": {"event": "order_placed", "which": "first"}}
    assert world.found(EVERYONE, limit=ranked(({"field": "contact.city"}, "asc"))) == [1, 2]
    assert world.found(EVERYONE, limit=ranked(({"field": "contact.city"}, "asc"), top_n=1)) == [2]
    assert world.found(EVERYONE, limit=ranked(({"field": "contact.size"}, "desc"), top_n=3)) == [1, 2, 3]
    assert world.found(EVERYONE, limit=ranked((total, "asc"))) == [2, 3]
    assert world.found(EVERYONE, limit=ranked((average, "desc"), top_n=1, ties="keep")) == [1, 4]
    assert world.found(EVERYONE, limit=ranked((first, "asc"), (AGE, "asc"), top_n=3)) == [1, 2, 4]


def _orders(*totals: int) -> tuple[EventRecord, ...]:
    return tuple(event("order_placed", at(3), total=total) for total in totals)


# Members by hand -------------------------------------------------------------------------------------------------


def test_hand_decisions_stand_around_the_limit(connection: Connection) -> None:
    """T84 T83: taken out frees a place among the first, put in comes on top, taken out is stronger."""
    hand = {CHILD: Overrides(put_in=frozenset({1, 700}), taken_out=frozenset({8}))}
    world = add_world(connection, PEOPLE, overrides=hand)
    assert world.found(aged("gte", 20), limit=OLDEST) == [6, 7, 8]
    assert world.found(aged("gte", 20), limit=OLDEST, segment_id=CHILD) == [1, 5, 6, 7]
    assert world.found(aged("gte", 70), segment_id=CHILD) == [1, 7]
    assert world.found(aged("gte", 70), segment_id=OTHER_CHILD) == [7, 8]
    assert world.found(aged("gte", 70), aged("lt", 20), group="any", segment_id=CHILD) == [1, 7]


def test_hand_decisions_beside_rows(connection: Connection) -> None:
    """T84: also where the rows of a condition lead the statement, members by hand are found and others are not."""
    bought = {"kind": "event", "event": "order_placed", "verb": "did"}
    people = {number: replace(each, events=_orders(number)) if number > 2 else each for number, each in PEOPLE.items()}
    hand = {CHILD: Overrides(put_in=frozenset({1, 3}), taken_out=frozenset({5}))}
    world = add_world(connection, people, overrides=hand)
    assert world.found(bought, segment_id=CHILD) == [1, 3, 4, 6, 7, 8]
    assert world.found(bought, aged("gte", 50), segment_id=CHILD) == [1, 3, 6, 7, 8]
    assert world.found(bought, aged("gte", 50), group="none", segment_id=CHILD) == [1, 2, 3]


# Samples ---------------------------------------------------------------------------------------------------------


def test_the_buckets_of_the_check_values(connection: Connection) -> None:
    """T78: 1 → 5951, 42 → 2582, the UUID → 1940 with the seed spring-2026, however the key is written."""
    uuid = "00000000-0000-0000-0000-000000000001"
    keys = {1: "1", 2: "0042", 3: uuid, 4: "ABCDEF00-0000-0000-0000-000000000001", 5: "x-7", 6: "000"}
    world = add_world(connection, {number: ContactRecord({}, key=key) for number, key in keys.items()})
    for number, bucket in ((1, 5951), (2, 2582), (3, 1940)):
        exactly = {"kind": "bucket", "from": bucket, "to": bucket + 1, "seed": "spring-2026"}
        assert number in world.found(exactly)
    sample = {"kind": "sample", "seed": "spring-2026"}
    found = [set(world.found({**sample, "percent": percent})) for percent in ("19.40", "19.41", "50", "100")]
    assert 3 not in found[0]
    assert 3 in found[1]
    assert found[0] <= found[1] <= found[2] <= found[3] == set(keys)


# Values against values -------------------------------------------------------------------------------------------


def compared(left: dict[str, Any], op: str, right: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Value against value."""
    return {"kind": "compare_fields", "left": left, "op": op, "right": right, **more}


def test_numbers_of_different_scales_compare_exactly(connection: Connection) -> None:
    """M7: 1.500 equals 1.5 of a sum; times multiplies without rounding, and 64 bits are no bound."""
    age, score = {"field": "contact.age"}, {"field": "contact.score"}
    largest = 2**63 - 1
    world = add_world(
        connection,
        {
            1: ContactRecord({"contact.age": 3, "contact.score": 3_000}),
            2: ContactRecord({"contact.age": 3, "contact.score": 3_001}),
            3: ContactRecord({"contact.age": largest, "contact.score": largest}),
            4: ContactRecord({"contact.age": 3}),
            5: ContactRecord({}),
        },
    )
    assert world.found(compared(score, "equals", age)) == [1]
    assert world.found(compared(score, "not_equals", age)) == [2, 3, 4, 5]
    assert world.found(compared(score, "not_equals", age, on_missing="exclude")) == [2, 3]
    assert world.found(compared(score, "lte", age)) == [1, 3]
    assert world.found(compared(score, "gt", age, times="1.000333")) == [2]
    assert world.found(compared(score, "gt", age, times="1.000334", on_missing="include")) == [4, 5]
    assert world.found(compared(age, "gte", score, times="999.999999")) == [3]


def test_averages_are_multiplied_across(connection: Connection) -> None:
    """M7: a third is a third; averages are never rounded where they are compared, and no rows are missing."""
    orders = {"event": "order_placed"}
    average = {"aggregate": {"from": orders, "function": "avg", "of": "order_placed.total"}}
    total = {"aggregate": {"from": orders, "function": "sum", "of": "order_placed.total"}}
    income = {"field": "contact.income"}
    world = add_world(
        connection,
        {
            1: ContactRecord({"contact.income": 33}, _orders(33, 33, 34)),
            2: ContactRecord({"contact.income": 33}, _orders(33, 33, 33)),
            3: ContactRecord({"contact.income": 0}),
            4: ContactRecord({"contact.income": 33}, _orders(99)),
        },
    )
    assert world.found(compared(average, "equals", income)) == [2]
    assert world.found(compared(average, "gt", income)) == [1, 4]
    assert world.found(compared(income, "lt", average)) == [1, 4]
    assert world.found(compared(average, "not_equals", average)) == [3]
    assert world.found(compared(total, "equals", average, times="3")) == [1, 2]
    assert world.found(compared(total, "equals", income)) == [3]
    assert world.found(compared(total, "lt", income, times="3.03")) == [2, 4]


def test_times_compare_by_exact_seconds_and_whole_days(connection: Connection) -> None:
    """T22 M8: the bound of an offset is included to the microsecond; dates move by whole days; rows by their first."""
    first = {"event_time": {"event": "order_placed", "which": "first"}}
    signed, seen = {"field": "contact.signed_up_at"}, {"field": "contact.seen_at"}
    week = timedelta(days=7)
    just = timedelta(microseconds=1)
    world = add_world(
        connection,
        {
            1: ContactRecord({"contact.signed_up_at": at(1), "contact.seen_at": at(1) + week}),
            2: ContactRecord({"contact.signed_up_at": at(1), "contact.seen_at": at(1) + week + just}),
            3: ContactRecord({"contact.signed_up_at": at(1)}, tuple(event("order_placed", at(day)) for day in (8, 9))),
            4: ContactRecord({"contact.birthday": date(2026, 3, 8), "contact.renewal": date(2026, 3, 1)}),
            5: ContactRecord({"contact.birthday": date(2026, 3, 9), "contact.renewal": date(2026, 3, 1)}),
        },
    )  # fmt: skip
    offset = {"offset": {"n": 7, "unit": "day"}}
    assert world.found(compared(seen, "on_or_before", signed, **offset)) == [1]
    assert world.found(compared(seen, "after", signed, **offset)) == [2]
    assert world.found(compared(signed, "before", seen, offset={"n": -168, "unit": "hour"})) == [2]
    assert world.found(compared(signed, "before", seen, on_missing="include")) == [1, 2, 3, 4, 5]
    assert world.found(compared(first, "on_or_before", signed, **offset)) == [3]
    birthday, renewal = {"field": "contact.birthday"}, {"field": "contact.renewal"}
    assert world.found(compared(birthday, "equals", renewal, **offset)) == [4]
    assert world.found(compared(birthday, "after", renewal, **offset)) == [5]
    assert world.found(compared(birthday, "not_equals", renewal, **offset)) == [1, 2, 3, 5]


def test_date_only_events_compare_with_dates(connection: Connection) -> None:
    """T22: the first visit is a date, not midnight somewhere, and compares with other dates."""
    visit = {"event_time": {"event": "visit", "which": "first"}}
    born = {"contact.birthday": date(2026, 3, 5)}
    world = add_world(
        connection,
        {
            1: ContactRecord(born, (event("visit", at(5, 0)),)),
            2: ContactRecord(born, (event("visit", at(6, 0)), event("visit", at(7, 0)))),
            3: ContactRecord(born),
        },
    )
    assert world.found(compared(visit, "equals", {"field": "contact.birthday"})) == [1]
    assert world.found(compared(visit, "equals", {"field": "contact.birthday"}, offset={"n": 1, "unit": "day"})) == [2]


def test_texts_fold_alike_or_not_at_all(connection: Connection) -> None:
    """T39 M5: two fields fold alike only where both have a folded twin; elsewhere only A-Z fold, on both sides."""
    city, code = {"field": "contact.city"}, {"field": "contact.code"}
    world = add_world(
        connection,
        {
            1: ContactRecord({"contact.city": "ÉA", "contact.code": "Éa"}),
            2: ContactRecord({"contact.city": "éa", "contact.code": "Éa"}),
            3: ContactRecord({"contact.city": "Éa", "contact.code": "Éa"}),
        },
    )
    assert world.found(compared(city, "equals", code)) == [1, 3]
    assert world.found(compared(city, "equals", code, case="exact")) == [3]
    assert world.found(compared(city, "equals", city)) == [1, 2, 3]


# References that cannot be read ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "changes", "cause"),
    [
        ({"op": "in_any", "segments": [CHILD]}, None, "reference_missing"),
        ({"op": "not_in_any", "segments": [CHILD]}, {"state": "inactive"}, "reference_inactive"),
        ({"op": "in_any", "segments": [CHILD]}, {"as_of": None, "run_id": None}, "reference_not_calculated"),
        ({"op": "in_any", "segments": [CHILD], "max_age_hours": 1}, {"as_of": at(1)}, "reference_too_old"),
        ({"op": "in_any", "segments": [CHILD], "members": "live"}, {"state": "archived"}, "reference_inactive"),
        ({"op": "in_any", "segments": [CHILD], "members": "live"}, {"criteria": None}, "reference_missing"),
    ],
)  # fmt: skip
def test_a_segment_that_cannot_be_read_is_named(
    condition: dict[str, Any], changes: dict[str, Any] | None, cause: str
) -> None:
    """T51 T43 M16: the criteria fail with the cause; the reference never counts as empty and is never left out."""
    segments = {} if changes is None else {CHILD: replace(segment(CHILD, "Regulars"), **changes)}
    catalog = replace(CATALOG, segments=segments)
    criteria = criteria_of({"kind": "segment", **condition})
    with pytest.raises(Unresolved, match="Regulars" if segments else CHILD) as refused:
        compile_criteria(criteria, catalog=catalog, organization_id=1, as_of=AS_OF)
    assert refused.value.cause == cause


def test_circles_are_refused() -> None:
    """T48 T49: a segment that leads back to itself is refused, live or by its last run, also over another one."""
    back = {"kind": "segment", "op": "in_any", "segments": [OTHER_CHILD]}
    there = criteria_of({**back, "segments": [CHILD]})
    segments = {CHILD: segment(CHILD, "A", criteria_of(back)), OTHER_CHILD: segment(OTHER_CHILD, "B", there)}
    catalog = replace(CATALOG, segments=segments)
    for members in ("live", "last_run"):
        criteria = criteria_of({**back, "members": members})
        with pytest.raises(Unresolved, match="circle") as refused:
            compile_criteria(criteria, catalog=catalog, organization_id=1, as_of=AS_OF, segment_id=CHILD)
        assert refused.value.cause == "reference_cycle"


def test_chains_are_bounded() -> None:
    """T48 M14: five segments in a chain are compiled, the sixth is refused."""
    ids = [f"00000000-0000-4000-8000-0000000001{place:02}" for place in range(6)]
    live = {"kind": "segment", "op": "in_any", "members": "live"}
    links = [criteria_of({**live, "segments": [each]}) for each in ids[1:]]
    links.append(criteria_of(EVERYONE))
    segments = {each: segment(each, each, criteria) for each, criteria in zip(ids, links, strict=True)}
    catalog = replace(CATALOG, segments=segments)
    compile_criteria(criteria_of({**live, "segments": [ids[1]]}), catalog=catalog, organization_id=1, as_of=AS_OF)
    with pytest.raises(LimitExceeded, match="more than 5"):
        compile_criteria(criteria_of({**live, "segments": [ids[0]]}), catalog=catalog, organization_id=1, as_of=AS_OF)
