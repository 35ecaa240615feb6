"""Two locks keep organizations apart; here the second one, row-level security, is tested alone."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from segment_engine.databases import Databases
from segment_engine.db.session import Database
from segment_engine.engine import Engine
from segment_engine.errors import SegmentEngineError, Unavailable

TENANT_TABLES = """
    SELECT relname::text FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attname = 'organization_id'
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT attisdropped ORDER BY 1
"""
GLOBAL_TABLES = {"people", "schema_migrations", "workers"}  # a worker serves every organization
# What a worker sees before it has entered an organization: that something is due, and whose it is.
WORKERS_VIEW = {"runs", "organization_work", "segment_schedules", "alert_deliveries"}


def names(database: Database, statement: str) -> list[str]:
    """Run a catalog query as the migrating login and return its first column."""
    with database.engine.connect() as connection:
        return [str(row[0]) for row in connection.execute(text(statement))]


def test_every_table_belongs_to_an_organization_or_is_named_here(databases: Databases) -> None:
    """A new table cannot forget its organization (RT1)."""
    every = names(databases.migrator, "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'")
    assert set(every) - set(names(databases.migrator, TENANT_TABLES)) == GLOBAL_TABLES


def test_every_table_of_an_organization_has_forced_row_security_and_a_policy(databases: Databases) -> None:
    """Row-level security is enabled, forced and not empty on every table (RT2, B9)."""
    bare = names(
        databases.migrator,
        """
        SELECT relname::text FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attname = 'organization_id'
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT attisdropped
            AND (NOT relrowsecurity OR NOT relforcerowsecurity
                OR NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = pg_class.oid))
        """,
    )
    assert bare == []


def test_the_walk_notices_a_table_that_forgets(databases: Databases) -> None:
    """The check above has teeth: a table without row-level security is found."""
    with databases.migrator.engine.begin() as connection:
        connection.execute(text("CREATE TABLE forgetful (organization_id integer PRIMARY KEY)"))
    found = names(
        databases.migrator,
        "SELECT relname::text FROM pg_class WHERE relname = 'forgetful' AND NOT relrowsecurity",
    )
    assert found == ["forgetful"]


def test_the_organization_leads_every_key(databases: Databases) -> None:
    """organization_id stands first in every primary key, unique constraint, foreign key and index (RT1)."""
    allowed = {"people_pkey", "people_issuer_subject_key", "schema_migrations_pkey", "organizations_name_key"}
    allowed |= {"workers_pkey"}
    allowed |= {"seats_of_person"}
    allowed |= {"segment_schedules_due", "alert_deliveries_waiting"}  # queues of all organizations
    indexes = names(
        databases.migrator,
        """
        SELECT indexrelid::regclass::text FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
            LEFT JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0]
        WHERE relnamespace = 'public'::regnamespace AND attname IS DISTINCT FROM 'organization_id'
        """,
    )
    assert set(indexes) == allowed
    foreign = names(
        databases.migrator,
        """
        SELECT conname::text FROM pg_constraint
            JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
        WHERE contype = 'f' AND connamespace = 'public'::regnamespace AND attname <> 'organization_id'
            AND confrelid <> 'people'::regclass
        """,
    )
    assert foreign == []


def test_history_has_no_foreign_key_to_contacts_or_events(databases: Databases) -> None:
    """Contacts and events can be distributed over machines: only tables of the contact itself refer to them."""
    referring = names(
        databases.migrator,
        """
        SELECT conrelid::regclass::text FROM pg_constraint
        WHERE contype = 'f' AND confrelid IN ('contacts'::regclass, 'events'::regclass)
        """,
    )
    assert set(referring) == {"identities", "contact_channels", "consents", "events", "related_rows"}


def test_there_are_no_views_and_no_functions_with_the_rights_of_their_owner(databases: Databases) -> None:
    """Nothing walks round row-level security by running as somebody else (RT5)."""
    assert (
        names(
            databases.migrator,
            "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('v', 'm')",
        )
        == []
    )
    assert (
        names(
            databases.migrator,
            "SELECT proname::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef",
        )
        == []
    )


@pytest.fixture
def two_organizations(engine: Engine, databases: Databases) -> tuple[int, int]:
    """Two organizations with one row each of nearly everything that is stored."""
    ids = (engine.organizations.create("First"), engine.organizations.create("Second"))
    for organization_id in ids:
        with databases.app.transaction(organization_id) as transaction:
            for statement in (
                "INSERT INTO contacts (organization_id, number, external_key) VALUES (:o, 1, 'k')",
                "INSERT INTO data_sources (organization_id, name) VALUES (:o, 'Shop')",
                "INSERT INTO segments (organization_id, name, name_fold) VALUES (:o, 'S', 's')",
                "INSERT INTO campaigns (organization_id, name, channel) VALUES (:o, 'C', 'email')",
                (
                    "INSERT INTO relations (organization_id, number, key, label, data_source_id) "
                    "SELECT organization_id, 1, 'orders', 'Orders', data_source_id FROM data_sources"
                ),
                (
                    "INSERT INTO related_rows (organization_id, contact_number, row_number, relation, row_key) "
                    "VALUES (:o, 1, 1, 1, 'k')"
                ),
                (
                    "INSERT INTO static_lists (organization_id, name, name_fold, rows_read, matched, duplicate, "
                    "unknown, invalid) VALUES (:o, 'L', 'l', 1, 1, 0, 0, 0)"
                ),
                (
                    "INSERT INTO static_list_blocks (organization_id, list_id, block, members) "
                    "SELECT organization_id, list_id, 0, cast(0 AS bit(4096)) FROM static_lists"
                ),
                (
                    "INSERT INTO segment_overrides (organization_id, segment_id, contact_number, decision, reason) "
                    "SELECT organization_id, segment_id, 1, 'put_in', 'asked' FROM segments"
                ),
            ):
                transaction.run(text(statement), {"o": organization_id})
    return ids


@pytest.mark.parametrize("role", ["app", "worker"])
def test_a_role_without_an_organization_reads_nothing(
    databases: Databases, two_organizations: tuple[int, int], role: str
) -> None:
    """Without the setting every tenant table is closed: an error, or no row, never data (B2, RT3)."""
    database: Database = getattr(databases, role)
    probes = 0
    for table in names(databases.migrator, TENANT_TABLES):
        if role == "worker" and table in WORKERS_VIEW:
            continue
        with database.engine.connect() as connection:
            try:
                rows = connection.execute(text(f"SELECT * FROM {table}")).all()  # noqa: S608 - names of the catalog
            except DBAPIError as error:
                assert getattr(error.orig, "sqlstate", "") in {"42704", "22P02", "42501"}  # noqa: PT017 - two outcomes
            else:
                assert rows == []
        probes += 1
    assert probes >= 20
    assert two_organizations[0] != two_organizations[1]


@pytest.mark.parametrize("role", ["app", "worker"])
def test_a_role_in_one_organization_sees_no_other(
    databases: Databases, two_organizations: tuple[int, int], role: str
) -> None:
    """Without any WHERE, only rows of the chosen organization appear (B2)."""
    mine, _ = two_organizations
    database: Database = getattr(databases, role)
    seen = 0
    for table in names(databases.migrator, TENANT_TABLES):
        if role == "worker" and table in WORKERS_VIEW:
            continue
        try:
            with database.transaction(mine) as transaction:
                found = transaction.rows(text(f"SELECT DISTINCT organization_id FROM {table}"))  # noqa: S608 - as above
        except Unavailable:
            continue  # no right to read this table at all
        assert {row.organization_id for row in found} <= {mine}
        seen += len(found)
    assert seen > 0


def test_a_row_cannot_be_written_into_or_moved_to_another_organization(
    databases: Databases, two_organizations: tuple[int, int]
) -> None:
    """INSERT, UPDATE and DELETE stop at the border (B2, B5, B7)."""
    mine, theirs = two_organizations
    for statement in (
        "INSERT INTO contacts (organization_id, number, external_key) VALUES (:theirs, 2, 'x')",
        "UPDATE contacts SET organization_id = :theirs WHERE number = 1",
        "INSERT INTO identities (organization_id, kind, value, contact_number) VALUES (:theirs, 'key', 'x', 1)",
        (
            "INSERT INTO related_rows (organization_id, contact_number, row_number, relation, row_key) "
            "VALUES (:theirs, 1, 2, 1, 'x')"
        ),
        "UPDATE static_lists SET organization_id = :theirs",
        "UPDATE static_list_blocks SET organization_id = :theirs",
        "UPDATE segment_overrides SET organization_id = :theirs",
    ):
        with pytest.raises(SegmentEngineError), databases.app.transaction(mine) as transaction:
            transaction.run(text(statement), {"theirs": theirs})
    with databases.app.transaction(mine) as transaction:
        assert transaction.run(text("DELETE FROM contacts WHERE organization_id = :theirs"), {"theirs": theirs}) == 0
        assert transaction.run(text("UPDATE contacts SET city = 'x'")) == 1


@pytest.mark.parametrize("role", ["app", "worker"])
@pytest.mark.parametrize(
    "statement",
    [
        "TRUNCATE contacts",
        "CREATE TABLE mine (x integer)",
        "ALTER TABLE contacts DISABLE ROW LEVEL SECURITY",
        "DROP TABLE audit_events",
        "SET ROLE segment_owner",
        "COPY contacts TO PROGRAM 'true'",
        "SELECT pg_read_file('/etc/passwd')",
        "SELECT lo_import('/etc/passwd')",
        "UPDATE audit_events SET action = 'x'",
        "DELETE FROM audit_events",
        "UPDATE segment_versions SET criteria = '{}'",
        "DELETE FROM run_status_events",
        "DELETE FROM segment_overrides",
        "UPDATE segment_versions SET accepted_warnings = '[]'",
    ],
)
def test_the_roles_of_daily_work_cannot_take_more_rights(
    databases: Databases, organization_id: int, role: str, statement: str
) -> None:
    """Neither role has DDL, TRUNCATE, files, other roles, or a pen for history (B8, RO1)."""
    database: Database = getattr(databases, role)
    with database.engine.connect() as connection:
        connection.exec_driver_sql(f"SET app.organization = '{organization_id}'")
        with pytest.raises(DBAPIError) as refused:
            connection.exec_driver_sql(statement)
        assert getattr(refused.value.orig, "sqlstate", "") == "42501"
        connection.rollback()


def test_the_setting_does_not_survive_its_transaction(databases: Databases, two_organizations: tuple[int, int]) -> None:
    """A pooled connection never carries an organization to its next user (B3, B4, RT3)."""
    mine, theirs = two_organizations
    for turn in range(200):
        organization_id = (mine, theirs)[turn % 2]
        with databases.app.transaction(organization_id) as transaction:
            found = transaction.rows(text("SELECT organization_id FROM contacts"))
            assert [row.organization_id for row in found] == [organization_id]
        if turn % 5 == 0:
            with pytest.raises(Unavailable), databases.app.transaction() as transaction:
                transaction.rows(text("SELECT * FROM contacts"))


def test_names_and_keys_of_one_organization_say_nothing_about_another(two_organizations: tuple[int, int]) -> None:
    """The same contact key, source, segment and campaign name exist in both without a conflict (B6)."""
    mine, theirs = two_organizations
    assert mine != theirs
