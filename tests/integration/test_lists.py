"""Static lists on real PostgreSQL: what becomes of every row, replacing, deleting, and who may be named."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
from sqlalchemy import text

from segment_engine.databases import Databases
from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.lists import ListReport
from segment_engine.domain.segment import SegmentState
from segment_engine.engine import Engine
from segment_engine.errors import InputError, NameTaken, NotFound
from segment_engine.use_cases.lists import KEYS_AT_ONCE
from tests.integration.reference_worlds import add_contacts, calculate, document, in_lists, keys, save


def test_every_row_of_a_list_is_accounted_for(
    engine: Engine, context: OrganizationContext, databases: Databases
) -> None:
    """The report sums to the rows, and the same rows give the same report again (T86)."""
    add_contacts(databases, context.organization_id, [None, None, None])
    rows = ["key-1", "key-2", "key-1", "nobody", "KEY-3", None, "", " \u00a0", "x" * 256, "a\x00b", "\ud800"]
    made = engine.lists.create(context, "  Fair  guests ", rows)
    assert made.name == "Fair guests"
    assert made.report == ListReport(matched=2, duplicate=1, unknown=2, invalid=6)
    assert made.report.read == len(rows)
    assert engine.lists.replace(context, made.list_id, rows).report == made.report
    assert engine.lists.find(context) == (made,)
    assert made.created_by == "Local operator"


def test_a_contact_with_two_keys_and_a_deleted_one(
    engine: Engine, context: OrganizationContext, databases: Databases
) -> None:
    """Two keys of one contact are one member; the key of a deleted contact is nobody's (T76, T77)."""
    organization_id = context.organization_id
    add_contacts(databases, organization_id, [None, None])
    with databases.app.transaction(organization_id) as transaction:
        transaction.run(
            text("INSERT INTO identities (organization_id, kind, value, contact_number) VALUES (:o, 'key', 'old', 1)"),
            {"o": organization_id},
        )
        transaction.run(text("UPDATE contacts SET deleted_at = now() WHERE number = 2"))
    made = engine.lists.create(context, "Guests", ["old", "key-1", "key-2"])
    assert made.report == ListReport(matched=1, duplicate=1, unknown=1)


def test_a_list_longer_than_one_portion_and_one_block(
    engine: Engine, context: OrganizationContext, databases: Databases
) -> None:
    """Keys are read in portions and members kept in blocks; nobody is lost between two of them."""
    organization_id = context.organization_id
    with databases.app.transaction(organization_id) as transaction:
        for statement in (
            (
                "INSERT INTO contacts (organization_id, number, external_key) "
                "SELECT :o, n, 'key-' || n FROM generate_series(4090, 4105) AS n"
            ),
            (
                "INSERT INTO identities (organization_id, kind, value, contact_number) "
                "SELECT :o, 'key', 'key-' || n, n FROM generate_series(4090, 4105) AS n"
            ),
        ):
            transaction.run(text(statement), {"o": organization_id})
    rows = [*(f"nobody-{n}" for n in range(KEYS_AT_ONCE - 5)), *(f"key-{n}" for n in range(4106, 4089, -1))]
    made = engine.lists.create(context, "Long", iter(rows))
    assert made.report == ListReport(matched=16, unknown=KEYS_AT_ONCE - 4)
    segment_id = save(engine, context, "In the list", document(in_lists(made.list_id)))
    calculate(databases)
    assert keys(engine, context, segment_id) == [f"key-{n}" for n in range(4090, 4106)]


def test_a_list_is_made_whole_or_not_at_all(engine: Engine, context: OrganizationContext, databases: Databases) -> None:
    """A file that breaks off leaves the list, its members and its report as they were."""
    add_contacts(databases, context.organization_id, [None, None])
    before = engine.lists.create(context, "Guests", ["key-1"])

    def broken() -> Iterator[str]:
        yield from ("key-2" for _ in range(KEYS_AT_ONCE))
        raise InputError("The file breaks off here.")

    with pytest.raises(InputError):
        engine.lists.replace(context, before.list_id, broken())
    with pytest.raises(InputError):
        engine.lists.create(context, "Others", broken())
    assert engine.lists.find(context) == (before,)


def test_names_of_lists_are_unique_and_say_something(engine: Engine, context: OrganizationContext) -> None:
    """Two lists of one name cannot be told apart (T73)."""
    engine.lists.create(context, "Guests", ["nobody"])
    with pytest.raises(NameTaken, match="A list of this name exists already"):
        engine.lists.create(context, "GUESTS", ["nobody"])
    with pytest.raises(InputError, match="A list needs a name"):
        engine.lists.create(context, " ", ["nobody"])
    assert engine.lists.id_by_name(context, "guests") == engine.lists.find(context)[0].list_id
    with pytest.raises(NotFound, match="no list named"):
        engine.lists.id_by_name(context, "Hosts")


def test_a_replaced_list_counts_at_the_next_run(
    engine: Engine, context: OrganizationContext, databases: Databases
) -> None:
    """Members follow the list when they are calculated again, in both directions (T83, T85)."""
    add_contacts(databases, context.organization_id, [None, None, None])
    guests = engine.lists.create(context, "Guests", ["key-1", "key-2"])
    inside = save(engine, context, "Guests", document(in_lists(guests.list_id)))
    outside = save(engine, context, "Others", document(in_lists(guests.list_id, op="not_in_any")))
    calculate(databases)
    assert (keys(engine, context, inside), keys(engine, context, outside)) == (["key-1", "key-2"], ["key-3"])
    engine.lists.replace(context, guests.list_id, ["key-3"])
    assert keys(engine, context, inside) == ["key-1", "key-2"]
    for segment_id in (inside, outside):
        engine.runs.request(context, segment_id)
    calculate(databases)
    assert (keys(engine, context, inside), keys(engine, context, outside)) == (["key-3"], ["key-1", "key-2"])


def test_a_list_that_a_segment_names_is_kept(
    engine: Engine, context: OrganizationContext, databases: Databases
) -> None:
    """A list goes only when no segment names it, not even one that is not active (T54, T55)."""
    add_contacts(databases, context.organization_id, [None])
    used = engine.lists.create(context, "Used", ["key-1"])
    free = engine.lists.create(context, "Free", ["key-1"])
    save(engine, context, "Names it", document(in_lists(used.list_id)), SegmentState.DRAFT)
    assert engine.lists.get(context, used.list_id).used_by == ("Names it",)
    verdicts = {
        verdict.list_id: verdict for verdict in engine.lists.delete(context, [used.list_id, free.list_id, uuid4()])
    }
    assert (verdicts[used.list_id].done, verdicts[free.list_id].done) == (False, True)
    assert verdicts[used.list_id].reason == "kept, because it is used by segment “Names it”"
    assert sum(not verdict.done for verdict in verdicts.values()) == 2
    assert [each.name for each in engine.lists.find(context)] == ["Used"]


def test_acts_on_lists_are_audited(engine: Engine, context: OrganizationContext, databases: Databases) -> None:
    """Who made, replaced and deleted a list is written down (RO1)."""
    made = engine.lists.create(context, "Guests", ["nobody"])
    engine.lists.replace(context, made.list_id, ["nobody"])
    engine.lists.delete(context, [made.list_id])
    with databases.app.transaction(context.organization_id) as transaction:
        lines = transaction.rows(text("SELECT action, object_id FROM audit_events ORDER BY audit_number"))
    assert [line.action for line in lines] == ["list.create", "list.replace", "list.delete"]
    assert {line.object_id for line in lines} == {str(made.list_id)}
