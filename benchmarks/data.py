"""The data every measurement runs on: contacts and a year of events, skewed as real ones are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import text

from segment_engine.databases import Databases
from segment_engine.db.session import Database
from segment_engine.engine import Engine

AS_OF = datetime(2026, 1, 1, tzinfo=UTC)
OPENED, CLICKED, PURCHASED, VIEWED = 1, 2, 3, 4


@dataclass(frozen=True)
class Size:
    """How much there is. Units: rows."""

    contacts: int
    events: int


def generate(databases: Databases, administrator: Database, size: Size) -> int:
    """Fill a migrated, empty database and return the organization's id."""
    organization_id = Engine(databases).organizations.create("Benchmark")
    values = {"o": organization_id, "contacts": size.contacts, "events": size.events, "as_of": AS_OF}
    with administrator.transaction() as transaction:
        transaction.limit_statements(seconds=0)
        # The rows refer to each other rightly; checking every one of them again would take most of the time.
        transaction.run(text("SET LOCAL session_replication_role = replica"))
        transaction.run(text("SET LOCAL maintenance_work_mem = '1GB'"))
        for statement in _STATEMENTS:
            transaction.run(text(statement), values)
    with administrator.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("SET statement_timeout = 0")
        connection.exec_driver_sql("VACUUM (ANALYZE)")
        # The log is measured for the whole server; what the vacuum of others writes is not a run's.
        connection.exec_driver_sql("ALTER SYSTEM SET autovacuum = off")
        connection.exec_driver_sql("SELECT pg_reload_conf()")
        connection.exec_driver_sql("CHECKPOINT")
    return organization_id


_STATEMENTS = (
    "SELECT setseed(0.42)",
    """
    INSERT INTO data_sources (organization_id, data_source_id, name)
    VALUES (:o, '00000000-0000-0000-0000-000000000001', 'Generated')
    """,
    """
    INSERT INTO event_types (organization_id, number, key, label, data_source_id)
    SELECT :o, n, key, key, '00000000-0000-0000-0000-000000000001'
    FROM (VALUES (1, 'opened'), (2, 'clicked'), (3, 'purchased'), (4, 'viewed')) AS kind (n, key)
    """,
    """
    INSERT INTO fields (organization_id, key, event_type, label, type, column_name, fold_column, scale, currency)
    VALUES (:o, 'contact.score', NULL, 'Score', 'integer', 'number_1', NULL, 0, NULL),
        (:o, 'contact.income', NULL, 'Income', 'money', 'number_2', NULL, 2, 'EUR'),
        (:o, 'contact.city', NULL, 'City', 'text', 'city', 'city_fold', 0, NULL),
        (:o, 'contact.birthday', NULL, 'Birthday', 'date', 'birthday', NULL, 0, NULL),
        (:o, 'contact.vip', NULL, 'VIP', 'boolean', 'boolean_1', NULL, 0, NULL),
        (:o, 'purchased.amount', 3, 'Amount', 'money', 'number_1', NULL, 2, 'EUR'),
        (:o, 'purchased.channel', 3, 'Channel', 'text', 'text_1', NULL, 0, NULL)
    """,
    """
    INSERT INTO contacts
        (organization_id, number, external_key, city, city_fold, birthday, number_1, number_2, boolean_1)
    SELECT :o, n, 'c' || n, city, lower(city), date '1950-01-01' + (random() * 20000)::int,
        CASE WHEN random() > 0.05 THEN (random() * 1000)::int END,
        CASE WHEN random() > 0.2 THEN (random() * 10000000)::int END, random() < 0.1
    FROM (SELECT n, 'City ' || (random() * 200)::int AS city
        FROM generate_series(1, CAST(:contacts AS integer)) AS n) AS drawn
    """,
    # Indexes are built once over all events: row by row they would take most of the time.
    "ALTER TABLE events DROP CONSTRAINT events_pkey",
    "DROP INDEX events_by_type",
    """
    INSERT INTO events (organization_id, contact_number, event_type, event_key, event_number, occurred_at,
        number_1, text_1)
    SELECT :o, 1 + floor(:contacts * power(random(), 2))::int % CAST(:contacts AS integer), kind, gen_random_uuid(), n,
        CAST(:as_of AS timestamptz) - random() * interval '365 days',
        CASE WHEN kind = 3 THEN (random() * 20000)::int END, CASE WHEN kind = 3 THEN 'web' END
    FROM (SELECT n, CASE WHEN r < 0.5 THEN 1 WHEN r < 0.65 THEN 2 WHEN r < 0.75 THEN 3 ELSE 4 END AS kind
        FROM (SELECT n, random() AS r FROM generate_series(1, CAST(:events AS integer)) AS n) AS drawn) AS kinds
    """,
    "ALTER TABLE events ADD PRIMARY KEY (organization_id, contact_number, event_key)",
    """
    CREATE INDEX events_by_type ON events (organization_id, event_type, contact_number, occurred_at) INCLUDE (number_1)
    """,
    """
    UPDATE organization_counters SET last_contact_number = :contacts, last_event_number = :events
    WHERE organization_id = :o
    """,
)
