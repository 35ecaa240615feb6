"""All contacts are counted only where nobody is seen outside a result."""

from __future__ import annotations

from sqlalchemy import text

from segment_engine.databases import Databases
from segment_engine.db import checks
from segment_engine.domain.bits import ContactSet
from tests.integration.reference_worlds import add_contacts


def test_contacts_are_counted_where_the_result_may_be_everybody(databases: Databases, organization_id: int) -> None:
    """One contact outside is enough to know that it is not everybody; those who were deleted are nobody."""
    add_contacts(databases, organization_id, ["Gent"] * 5)
    with databases.migrator.engine.begin() as connection:
        connection.execute(text("UPDATE organization_counters SET last_contact_number = 5"))
        connection.execute(text("UPDATE contacts SET deleted_at = clock_timestamp() WHERE number = 2"))
    with databases.worker.transaction(organization_id, read_only=True) as transaction:
        counted = {
            numbers: checks.base(transaction, organization_id, ContactSet.of_numbers(numbers))
            for numbers in ((1, 3, 4, 5), (1, 2, 3, 4, 5), (1, 3, 4), (), (1, 2, 3, 4))
        }
    assert counted == {(1, 3, 4, 5): 4, (1, 2, 3, 4, 5): 4, (1, 3, 4): None, (): None, (1, 2, 3, 4): None}


def test_numbers_that_are_absent_are_listed_to_the_end_of_their_block() -> None:
    """Also over whole blocks that nobody is in; the count of both together is that of the numbers there are."""
    found = ContactSet.of_numbers((1, 4095, 9000))
    absent = list(found.absent(9000))
    assert absent[:3] == [0, 2, 3]
    assert sorted([*absent, *found.numbers()]) == list(range(3 * 4096))
