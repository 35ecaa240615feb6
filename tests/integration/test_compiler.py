"""Compiled criteria on real PostgreSQL: every way of asking agrees, no neighbor is seen, the plan keeps its shape."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from sqlalchemy import Connection, text

from segment_engine.compiler import Compiled, compile_criteria, pack_block
from segment_engine.db.session import Database
from segment_engine.domain.evaluate import ContactRecord, EventRecord
from segment_engine.domain.parse import parse_criteria
from segment_engine.postgres.local import LocalServer
from tests.criteria_catalog import CATALOG
from tests.property.hostile_tables import add_contacts, add_organization, database_copy

AS_OF = datetime(2026, 3, 1, 12, tzinfo=UTC)
# Around the ends of words of 32 and blocks of 4,096, and one far away.
NUMBERS = (*range(1, 70), *range(4_080, 4_120), *range(8_150, 8_200), 70_001)
ORDERED: dict[str, object] = {"kind": "event", "event": "order_placed", "verb": "did"}
TWICE = {**ORDERED, "count": {"op": "gte", "n": 2}}
AT_MOST_TWICE = {**ORDERED, "count": {"op": "lte", "n": 2}}
NEVER = {**ORDERED, "verb": "did_not"}
ADULT: dict[str, object] = {"kind": "attribute", "field": "contact.age", "op": "gte", "value": 18}
SPENT: dict[str, object] = {
    "kind": "aggregate", "from": {"event": "order_placed"}, "function": "sum", "of": "order_placed.total",
    "op": "gte", "value": "20.00",
}  # fmt: skip
TREES: tuple[tuple[str, tuple[Mapping[str, object], ...]], ...] = (
    ("all", ({"kind": "all_contacts"},)),
    ("all", (TWICE,)),
    ("all", (TWICE, SPENT, ADULT)),
    ("all", (NEVER,)),
    ("any", (TWICE, ADULT)),
    ("any", (AT_MOST_TWICE, SPENT)),
    ("none", (TWICE, NEVER)),
    ("at_least", (TWICE, SPENT, ADULT)),
)


def contacts(seed: int) -> dict[int, ContactRecord]:
    """Contacts with zero to four orders each, drawn from a seed."""
    draw = Random(seed)  # noqa: S311 - repeatable data, nothing secret
    records: dict[int, ContactRecord] = {}
    for number in NUMBERS:
        orders = tuple(
            EventRecord(
                "order_placed", number * 10 + place, AS_OF - timedelta(days=draw.randrange(1, 400)),
                {"order_placed.total": draw.randrange(0, 2_000)},
            )
            for place in range(draw.choice((0, 0, 1, 2, 3, 4)))
        )  # fmt: skip
        records[number] = ContactRecord({"contact.age": draw.choice((None, 10, 17, 18, 40))}, orders)
    return records


@pytest.fixture(scope="module")
def connection(server: LocalServer, administrator: Database, template: str) -> Iterator[Connection]:
    """Two organizations with the same contact numbers and different data; the superuser sees past every policy."""
    with database_copy(server, administrator, template) as database, database.transaction() as transaction:
        for seed in (1, 2):
            number = add_organization(transaction.connection, f"organization {seed}", CATALOG)
            assert number == seed
            gone = () if seed == 1 else NUMBERS[::3]
            add_contacts(transaction.connection, number, catalog=CATALOG, records=contacts(seed), deleted=gone)
        transaction.connection.exec_driver_sql("ANALYZE contacts, events")
        yield transaction.connection


def compiled(group: str, conditions: tuple[Mapping[str, object], ...], *, organization_id: int = 2) -> Compiled:
    """Compile one tree for one organization."""
    root = {"group": group, "of": [dict(condition) for condition in conditions]}
    document: dict[str, object] = {
        "format": "segment-criteria", "version": 1, "base": "contacts", "calendar": {"time_zone": "UTC"},
        "root": root | ({"k": 2} if group == "at_least" else {}),
    }  # fmt: skip
    return compile_criteria(
        parse_criteria(document, CATALOG), catalog=CATALOG, organization_id=organization_id, as_of=AS_OF
    )


def numbers_of(connection: Connection, asked: Compiled) -> list[int]:
    """Read the members' numbers in order."""
    return sorted(connection.execute(asked.numbers()).scalars())


@pytest.mark.parametrize(("group", "conditions"), TREES)
def test_count_numbers_keys_and_blocks_agree(
    connection: Connection, group: str, conditions: tuple[Mapping[str, object], ...]
) -> None:
    """T74 T79 M18: one predicate, one base: the four ways of asking name the same contacts."""
    asked = compiled(group, conditions)
    numbers = numbers_of(connection, asked)
    assert connection.execute(asked.count()).scalar_one() == len(numbers) == len(set(numbers))
    assert connection.execute(asked.keys()).scalars().all() == sorted(f"c{number}" for number in numbers)
    packed = {row.block: pack_block(row.words) for row in connection.execute(asked.blocks())}
    stored = [
        (block << 12) + place
        for block, bits in packed.items()
        for place in range(4_096)
        if bits[place >> 3] >> (7 - (place & 7)) & 1
    ]
    assert sorted(stored) == numbers


@pytest.mark.parametrize(("group", "conditions"), TREES)
def test_a_tree_is_true_or_false_for_every_contact(
    connection: Connection, group: str, conditions: tuple[Mapping[str, object], ...]
) -> None:
    """T12 M1 M3: a tree and its negation split the base, and neither is ever unknown."""
    kept = numbers_of(connection, compiled(group, conditions))
    negated = {"group": group, "of": [dict(condition) for condition in conditions]}
    left = numbers_of(connection, compiled("none", (negated | ({"k": 2} if group == "at_least" else {}),)))
    base = [number for number in NUMBERS if number not in NUMBERS[::3]]
    assert sorted(kept + left) == base


def test_a_packed_block_reads_as_bits_in_the_database(connection: Connection) -> None:
    """get_bit on the stored bit(4096) answers for the contact with that number."""
    asked = compiled("all", (TWICE,))
    row = next(row for row in connection.execute(asked.blocks()) if row.block == 1)
    bits = "".join(f"{byte:08b}" for byte in pack_block(row.words))
    found = connection.execute(
        text(
            "SELECT 4096 + place FROM generate_series(0, 4095) AS place "
            "WHERE get_bit(CAST(:bits AS bit(4096)), place) = 1"
        ),
        {"bits": bits},
    ).scalars()
    assert sorted(found) == [number for number in numbers_of(connection, asked) if number >> 12 == 1]


@pytest.mark.parametrize(("group", "conditions"), TREES[1:])
def test_a_neighbor_changes_nothing(
    connection: Connection, group: str, conditions: tuple[Mapping[str, object], ...]
) -> None:
    """T88 M12: the same numbers of another organization, seen past row-level security, do not leak into an answer."""
    mine = numbers_of(connection, compiled(group, conditions, organization_id=1))
    nobody = compiled(group, conditions, organization_id=999)
    assert connection.execute(nobody.count()).scalar_one() == 0
    with connection.begin_nested() as undone:
        connection.exec_driver_sql("DELETE FROM events WHERE organization_id = 2")
        connection.exec_driver_sql("UPDATE contacts SET number_1 = NULL WHERE organization_id = 2")
        assert numbers_of(connection, compiled(group, conditions, organization_id=1)) == mine
        undone.rollback()


def test_contacts_without_rows_count_as_zero(connection: Connection) -> None:
    """T02 T10: "at most 2" finds exactly those with 0, 1 or 2 orders; deleted contacts stay out."""
    records = contacts(2)
    few = [number for number in NUMBERS if len(records[number].events) <= 2 and number not in NUMBERS[::3]]
    assert numbers_of(connection, compiled("all", (AT_MOST_TWICE,))) == few
    assert any(not records[number].events for number in few)


@pytest.mark.parametrize(("group", "conditions"), TREES[1:])
def test_no_subquery_runs_once_per_contact(
    connection: Connection, group: str, conditions: tuple[Mapping[str, object], ...]
) -> None:
    """T57 T82: whatever the group, events are read once a statement; no subquery is repeated or hashed."""
    statement = compiled(group, conditions).numbers().compile(connection)
    plan = "\n".join(connection.exec_driver_sql(f"EXPLAIN {statement}", statement.params).scalars())
    assert "SubPlan" not in plan
    assert "Join" not in plan.split("InitPlan")[0]


@pytest.mark.parametrize(("group", "conditions"), TREES)
def test_the_statement_shown_is_the_one_that_runs(
    connection: Connection, group: str, conditions: tuple[Mapping[str, object], ...]
) -> None:
    """T15: what a person copies from the screen, with the values beside it, finds the same contacts."""
    asked = compiled(group, conditions)
    shown = asked.sql()
    runnable = re.sub(r"(?<!:):([a-z_]\w*)", r"%(\1)s", shown.text)
    found = connection.exec_driver_sql(runnable, dict(shown.parameters)).scalars()
    assert sorted(found) == numbers_of(connection, asked)


def test_an_empty_organization_answers(connection: Connection) -> None:
    """T11 M1: with no contact at all every tree still runs and finds nobody."""
    for group, conditions in TREES:
        nobody = compiled(group, conditions, organization_id=3)
        assert connection.execute(nobody.numbers()).all() == []
        assert connection.execute(nobody.blocks()).all() == []
