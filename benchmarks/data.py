"""The data every measurement runs on: contacts and a year of events, skewed as real ones are."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import text

from segment_engine.databases import Databases
from segment_engine.db.session import Database, Transaction
from segment_engine.engine import Engine

AS_OF = datetime(2026, 1, 1, tzinfo=UTC)
SOURCE = "00000000-0000-0000-0000-000000000001"


@dataclass(frozen=True)
class Size:
    """How much there is. Units: rows."""

    contacts: int
    events: int


def generate(databases: Databases, administrator: Database, size: Size) -> int:
    """Fill a migrated, empty database with contacts and events, and return the organization's id."""
    organization_id = Engine(databases).organizations.create("Benchmark")
    values = {
        "o": organization_id, "contacts": size.contacts, "events": size.events, "as_of": AS_OF, "source": SOURCE,
    }  # fmt: skip
    with in_bulk(administrator) as transaction:
        for statement in _STATEMENTS:
            transaction.run(text(statement), values)
    return organization_id


@contextmanager
def in_bulk(administrator: Database) -> Generator[Transaction]:
    """Open a transaction for many rows that refer to each other rightly: checking each would take most of the time."""
    with administrator.transaction() as transaction:
        transaction.limit_statements(seconds=0)
        transaction.run(text("SET LOCAL session_replication_role = replica"))
        transaction.run(text("SET LOCAL maintenance_work_mem = '1GB'"))
        yield transaction


def settle(administrator: Database) -> None:
    """Leave the database as a night without work would: vacuumed, with true estimates, everything written."""
    with administrator.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("SET statement_timeout = 0")
        connection.exec_driver_sql("VACUUM (ANALYZE)")
        # The log is measured for the whole server; what the vacuum of others writes is not a run's.
        connection.exec_driver_sql("ALTER SYSTEM SET autovacuum = off")
        connection.exec_driver_sql("SELECT pg_reload_conf()")
        connection.exec_driver_sql("CHECKPOINT")


_STATEMENTS = (
    "SELECT setseed(0.42)",
    """
    INSERT INTO data_sources (organization_id, data_source_id, name)
    VALUES (:o, :source, 'Generated')
    """,
    """
    INSERT INTO event_types (organization_id, number, key, label, data_source_id, interaction)
    SELECT :o, n, key, key, :source, interaction
    FROM (VALUES (1, 'opened', NULL), (2, 'clicked', NULL), (3, 'purchased', NULL), (4, 'viewed', NULL),
        (5, 'mail_received', 'received'), (6, 'mail_opened', 'opened')) AS kind (n, key, interaction)
    """,
    """
    INSERT INTO fields (organization_id, key, event_type, label, type, column_name, fold_column, scale, currency)
    VALUES (:o, 'contact.score', NULL, 'Score', 'integer', 'number_1', NULL, 0, NULL),
        (:o, 'contact.income', NULL, 'Income', 'money', 'number_2', NULL, 2, 'EUR'),
        (:o, 'contact.city', NULL, 'City', 'text', 'city', 'city_fold', 0, NULL),
        (:o, 'contact.birthday', NULL, 'Birthday', 'date', 'birthday', NULL, 0, NULL),
        (:o, 'contact.vip', NULL, 'VIP', 'boolean', 'boolean_1', NULL, 0, NULL),
        (:o, 'contact.budget', NULL, 'Budget', 'money', 'number_3', NULL, 2, 'EUR'),
        (:o, 'contact.signed_up_at', NULL, 'Signed up', 'instant', 'signed_up_at', NULL, 0, NULL),
        (:o, 'contact.tags', NULL, 'Tags', 'set', 'set_1', 'set_1_fold', 0, NULL),
        (:o, 'purchased.amount', 3, 'Amount', 'money', 'number_1', NULL, 2, 'EUR'),
        (:o, 'purchased.channel', 3, 'Channel', 'text', 'text_1', NULL, 0, NULL)
    """,
    # The elements are different by construction; the check of each set would take most of the time.
    "ALTER DOMAIN usable_set DROP CONSTRAINT usable_set_check",
    # What came later is drawn from hashes, so that the rest is what it was when it was measured before.
    """
    INSERT INTO contacts
        (organization_id, number, external_key, city, city_fold, birthday, signed_up_at, number_1, number_2, boolean_1,
            number_3, set_1, set_1_fold)
    SELECT :o, n, 'c' || n, city, lower(city), date '1950-01-01' + (random() * 20000)::int,
        CAST(:as_of AS timestamptz) - hash % 63072000 * interval '1 second',
        CASE WHEN random() > 0.05 THEN (random() * 1000)::int END,
        CASE WHEN random() > 0.2 THEN (random() * 10000000)::int END, random() < 0.1,
        CASE WHEN hash % 10 <> 0 THEN hash / 10 % 10000000 END, tags, lower(tags::text)::text[]
    FROM (SELECT n, hash, 'City ' || (random() * 200)::int AS city,
            CASE WHEN hash % 5 > 1 THEN (ARRAY['Tag ' || hash / 5 % 50, 'Tag ' || 50 + hash / 250 % 50,
                'Tag ' || 100 + hash / 12500 % 100])[1 : 1 + hash % 3] END AS tags
        FROM (SELECT n, hashint4(n) & 2147483647 AS hash
            FROM generate_series(1, CAST(:contacts AS integer)) AS n) AS numbered) AS drawn
    """,
    "ALTER DOMAIN usable_set ADD CONSTRAINT usable_set_check CHECK (VALUE IS NULL OR is_usable_set(VALUE)) NOT VALID",
    # Indexes are built once over all events: row by row they would take most of the time.
    "ALTER TABLE events DROP CONSTRAINT events_pkey",
    "DROP INDEX events_by_type",
    """
    INSERT INTO events (organization_id, contact_number, event_type, event_key, event_number, occurred_at,
        number_1, text_1, campaign_id)
    SELECT :o, 1 + floor(:contacts * power(random(), 2))::int % CAST(:contacts AS integer), kind, gen_random_uuid(), n,
        CAST(:as_of AS timestamptz) - random() * interval '365 days',
        CASE WHEN kind = 3 THEN (random() * 20000)::int END, CASE WHEN kind = 3 THEN 'web' END,
        CASE WHEN kind > 4 THEN ('00000000-0000-0000-0000-00000000c0' || lpad((n % 20)::text, 2, '0'))::uuid END
    FROM (SELECT n, CASE WHEN r < 0.5 THEN 1 WHEN r < 0.65 THEN 2 WHEN r < 0.75 THEN 3 WHEN r < 0.8 THEN 4
            WHEN r < 0.93 THEN 5 ELSE 6 END AS kind
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
