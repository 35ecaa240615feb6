"""What the kinds beyond attributes and events need: campaigns, relations, consent, channels, segments, a list.

Drawn from hashes of row numbers, so that the data of `benchmarks.data` stay as they were measured before.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from benchmarks.data import AS_OF, SOURCE, in_bulk
from benchmarks.kinds import document
from segment_engine.databases import Databases
from segment_engine.db.session import Database
from segment_engine.domain.run import RunStatus
from segment_engine.engine import Engine
from segment_engine.use_cases.organizations import LOCAL_IDENTITY
from segment_engine.worker.loop import Worker

ORDERS, LINES = 2, 3
"""Rows of the two relations for each contact."""


@dataclass(frozen=True)
class Stored:
    """A segment with a result."""

    segment_id: UUID
    name: str
    condition: dict[str, object]


LOW = Stored(
    UUID("00000000-0000-0000-0000-00000000a001"),
    "Low score",
    {"kind": "attribute", "field": "contact.score", "op": "lt", "value": 300},
)
BUYERS = Stored(
    UUID("00000000-0000-0000-0000-00000000a002"),
    "Bought in 90 days",
    {"kind": "event", "event": "purchased", "verb": "did", "window": {"in_last": {"n": 90, "unit": "day"}}},
)
LIST = UUID("00000000-0000-0000-0000-00000000b001")
CAMPAIGNS = tuple(UUID(f"00000000-0000-0000-0000-00000000c0{number:02}") for number in range(20))


def generate_language(administrator: Database, organization_id: int, contacts: int) -> None:
    """Add to the contacts and events that are there."""
    values = {
        "o": organization_id, "contacts": contacts, "as_of": AS_OF, "source": SOURCE, "orders": contacts * ORDERS,
        "list": LIST,
    }  # fmt: skip
    with in_bulk(administrator) as transaction:
        for statement in _STATEMENTS:
            transaction.run(text(statement), values)
        for place, campaign in enumerate(CAMPAIGNS):
            transaction.run(text(_CAMPAIGN), {"o": organization_id, "campaign": campaign, "name": f"Campaign {place}"})
        for segment in (LOW, BUYERS):
            named = {"o": organization_id, "segment": segment.segment_id, "name": segment.name}
            transaction.run(text(_SEGMENT), named)
            transaction.run(text(_VERSION), {**named, "criteria": json.dumps(document(segment.condition))})


def calculate(databases: Databases, administrator: Database, organization_id: int) -> None:
    """Let a worker compute the segments, and show the planner the blocks. Raises: RuntimeError when a run fails."""
    engine = Engine(databases)
    context = engine.context_for(LOCAL_IDENTITY, organization_id)
    for segment in (LOW, BUYERS):
        engine.runs.request(context, segment.segment_id, as_of=AS_OF)
        Worker(databases.worker).work_once()
        if engine.runs.find(context, segment.segment_id)[0].status is not RunStatus.SUCCESS:
            raise RuntimeError(segment.name)
    with administrator.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM (ANALYZE) membership_blocks")


_CAMPAIGN = """
    INSERT INTO campaigns (organization_id, campaign_id, name, channel, state)
    VALUES (:o, :campaign, :name, 'email', 'finished')
    """
_SEGMENT = """
    INSERT INTO segments (organization_id, segment_id, name, name_fold)
    VALUES (:o, :segment, CAST(:name AS text), lower(CAST(:name AS text)))
    """
_VERSION = """
    INSERT INTO segment_versions (organization_id, segment_id, version, criteria)
    VALUES (:o, :segment, 1, CAST(:criteria AS jsonb))
    """
_STATEMENTS = (
    """
    INSERT INTO relations (organization_id, number, key, label, parent, time, data_source_id)
    VALUES (:o, 1, 'orders', 'Orders', NULL, 'instant', :source),
        (:o, 2, 'order_lines', 'Order lines', 1, NULL, :source)
    """,
    """
    INSERT INTO fields (organization_id, key, relation, label, type, column_name, scale, currency)
    VALUES (:o, 'orders.status', 1, 'Status', 'text', 'text_1', 0, NULL),
        (:o, 'orders.total', 1, 'Total', 'money', 'number_1', 2, 'EUR'),
        (:o, 'order_lines.sku', 2, 'SKU', 'text', 'text_1', 0, NULL),
        (:o, 'order_lines.quantity', 2, 'Quantity', 'integer', 'number_1', 0, NULL)
    """,
    # Indexes are built once over all rows: row by row they would take most of the time.
    "ALTER TABLE related_rows DROP CONSTRAINT related_rows_pkey CASCADE",
    "DROP INDEX related_rows_key, related_rows_by_relation",
    """
    INSERT INTO related_rows (organization_id, contact_number, row_number, relation, row_key, occurred_at,
        number_1, text_1)
    SELECT :o, 1 + floor(:contacts * power((hashint8(n) & 1048575) / 1048576.0, 2))::int, n, 1, 'o' || n,
        CAST(:as_of AS timestamptz) - ((hashint8(n + 1) & 2147483647) % 31536000) * interval '1 second',
        (hashint8(n + 2) & 2147483647) % 20000,
        (ARRAY['shipped', 'shipped', 'shipped', 'returned', 'open'])[1 + (hashint8(n + 3) & 2147483647) % 5]
    FROM generate_series(1, CAST(:orders AS bigint)) AS n
    """,
    # Orders with an odd number have two lines, the others one.
    """
    INSERT INTO related_rows (organization_id, contact_number, row_number, relation, parent_number, row_key,
        number_1, text_1)
    SELECT :o, contact_number, CAST(:orders AS bigint) + 2 * row_number + line, 2, row_number,
        'l' || row_number || '-' || line, 1 + (hashint8(row_number * 2 + line) & 2147483647) % 9,
        'SKU-' || (hashint8(row_number * 2 + line + 7) & 2147483647) % 500
    FROM related_rows CROSS JOIN (VALUES (0), (1)) AS lines (line)
    WHERE organization_id = :o AND relation = 1 AND line <= row_number % 2
    """,
    "ALTER TABLE related_rows ADD PRIMARY KEY (organization_id, contact_number, row_number)",
    "CREATE UNIQUE INDEX related_rows_key ON related_rows (organization_id, relation, row_key)",
    """
    CREATE INDEX related_rows_by_relation
        ON related_rows (organization_id, relation, contact_number, parent_number, occurred_at)
    """,
    """
    INSERT INTO contact_channels (organization_id, contact_number, channel, address, address_valid, suppressed_at,
        suppression)
    SELECT :o, n, channel, 'address ' || n, n % 20 <> 0,
        CASE WHEN n % 33 = 0 THEN CAST(:as_of AS timestamptz) - n % 300 * interval '1 day' END,
        CASE WHEN n % 33 = 0 THEN 'hard_bounce' END
    FROM generate_series(1, CAST(:contacts AS integer)) AS n, (VALUES ('email', 1), ('sms', 3)) AS of (channel, every)
    WHERE n % every = 0
    """,
    # Most have agreed once; some took it back, some decided about news on their own, some text messages.
    """
    INSERT INTO consents (organization_id, contact_number, channel, consent_number, topic, state, recorded_at)
    SELECT :o, n, channel, n * 5::bigint + kind, topic, state,
        CAST(:as_of AS timestamptz) - ((hashint4(n) & 2147483647) % 1000 + later) * interval '1 day'
    FROM generate_series(1, CAST(:contacts AS integer)) AS n, (VALUES
        (0, 'email', NULL, 'granted', 10, 8, 300), (1, 'email', NULL, 'withdrawn', 100, 9, 0),
        (2, 'email', NULL, 'pending', 100, 5, 200), (3, 'email', 'news', 'withdrawn', 100, 10, 20),
        (4, 'sms', NULL, 'granted', 100, 10, 5)
    ) AS record (kind, channel, topic, state, of, below, later)
    WHERE (hashint4(n + 1) & 2147483647) % of < below
    """,
    """
    INSERT INTO static_lists
        (organization_id, list_id, name, name_fold, rows_read, matched, duplicate, unknown, invalid)
    VALUES (:o, :list, 'Delivered', 'delivered', 0, 0, 0, 0, 0)
    """,
    # A bit string of 4,096 from one digit for each contact: about a fifth of them.
    """
    INSERT INTO static_list_blocks (organization_id, list_id, block, members)
    SELECT :o, :list, n >> 12, string_agg(CASE WHEN n <= :contacts AND hashint4(n) % 5 = 0 THEN '1' ELSE '0' END, ''
        ORDER BY n)::bit(4096)
    FROM generate_series(0, (CAST(:contacts AS integer) | 4095)) AS n GROUP BY n >> 12
    """,
    """
    UPDATE static_lists SET rows_read = found, matched = found
    FROM (SELECT sum(bit_count(members)) AS found FROM static_list_blocks) AS counted
    WHERE organization_id = :o
    """,
    """
    UPDATE organization_counters SET last_relation = 2, last_related_number = 4 * CAST(:orders AS bigint),
        last_consent_number = 6 * CAST(:contacts AS bigint)
    WHERE organization_id = :o
    """,
)
