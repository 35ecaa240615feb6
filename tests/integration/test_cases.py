"""The written cases, answered by PostgreSQL: through the compiler, and by the hand-written SQL of each case."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from segment_engine.compiler import compile_criteria
from segment_engine.db.session import Database
from segment_engine.domain.parse import parse_criteria
from segment_engine.postgres.local import LocalServer
from tests.case_files import Case, read_cases
from tests.property.hostile_data import CATALOG
from tests.property.hostile_tables import add_contacts, add_organization, database_copy

CASES = read_cases()


@pytest.fixture(scope="module")
def cases_database(server: LocalServer, administrator: Database, template: str) -> Iterator[Database]:
    """One database for all cases; each case is an organization of its own beside the others."""
    with database_copy(server, administrator, template) as database:
        yield database


@pytest.fixture(scope="module")
def organizations(cases_database: Database) -> dict[str, int]:
    """The contacts and events of every case, by the name of the case."""
    stored: dict[str, int] = {}
    with cases_database.transaction() as transaction:
        for case in CASES:
            number = add_organization(transaction.connection, case.name, CATALOG)
            add_contacts(transaction.connection, number, catalog=CATALOG, records=case.records)
            stored[case.name] = number
    return stored


@pytest.mark.parametrize("case", CASES, ids=str)
def test_sql_finds_who_is_expected(case: Case, organizations: dict[str, int], cases_database: Database) -> None:
    """The compiled criteria and the hand-written check find exactly the expected contacts of this organization."""
    organization_id = organizations[case.name]
    criteria = parse_criteria(case.criteria, CATALOG)
    compiled = compile_criteria(criteria, catalog=CATALOG, organization_id=organization_id, as_of=case.as_of)
    with cases_database.transaction(organization_id, read_only=True) as transaction:
        found = tuple(sorted(transaction.connection.execute(compiled.numbers()).scalars()))
        checked = tuple(
            sorted(transaction.connection.execute(text(case.check), {"organization_id": organization_id}).scalars())
        )
    assert checked == case.expected, f"the check itself: {case.promise}"
    assert found == case.expected, case.promise
