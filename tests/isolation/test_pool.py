"""A connection that is used again carries nothing over, whatever happened on it before."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest
from sqlalchemy import text

from segment_engine.databases import APP_ROLE
from segment_engine.db.session import Database, Transaction
from segment_engine.errors import SegmentEngineError, Unavailable
from segment_engine.postgres.local import LocalServer
from tests.isolation.conftest import Worlds

pytestmark = pytest.mark.xdist_group("marked worlds")
Count = Callable[..., None]
TRANSACTIONS = 10_000
SEEN = text("SELECT organization_id FROM organization_work UNION SELECT organization_id FROM data_sources")


@pytest.fixture
def one(server: LocalServer, worlds: Worlds) -> Database:
    """A pool with a single connection, so that everybody gets the one that was used before."""
    name = str(worlds.databases.app.engine.url.database)
    return Database(server.url(APP_ROLE, name), application="pool of one", pool_size=1)


def test_thousands_of_turns_on_one_connection_never_mix(worlds: Worlds, one: Database, scored: Count) -> None:
    """Two organizations in turn, with errors, rollbacks and callers without any in between (B3, B4)."""
    rng = Random(1)  # noqa: S311 - the order of made-up turns
    both = (worlds.ours.organization_id, worlds.theirs.organization_id)
    failed = 0
    for _ in range(TRANSACTIONS):
        organization_id = rng.choice(both)
        trouble = rng.random()
        try:
            if trouble < 0.05:
                with one.transaction() as transaction:
                    assert transaction.rows(SEEN) == ["nothing may be read here"]
            with one.transaction(organization_id) as transaction:
                assert {row.organization_id for row in transaction.rows(SEEN)} == {organization_id}
                if trouble > 0.9:
                    transaction.run(text("SELECT 1 / 0" if trouble > 0.95 else "SELECT missing FROM nowhere"))
        except SegmentEngineError:
            failed += 1
    one.close()
    scored("turns on one connection", TRANSACTIONS, failed_on_purpose=failed, mixed=0)
    assert failed > TRANSACTIONS // 10


def test_a_setting_of_the_session_would_be_noticed(worlds: Worlds, one: Database) -> None:
    """The turns above have teeth: a setting that outlives its transaction shows another organization's rows (B3)."""
    with one.engine.connect() as connection:
        connection.exec_driver_sql(f"SET app.organization = '{worlds.theirs.organization_id}'")
        connection.commit()
    with one.transaction() as transaction:
        assert {row.organization_id for row in transaction.rows(SEEN)} == {worlds.theirs.organization_id}
    one.close()


def _killed(transaction: Transaction, migrator: Database) -> Transaction:
    """End the connection of a transaction from outside."""
    pid = transaction.scalar(text("SELECT pg_backend_pid()"))
    with migrator.transaction() as administrator:
        assert administrator.scalar(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
    return transaction


def test_a_connection_that_dies_between_is_replaced_by_a_closed_one(worlds: Worlds, one: Database) -> None:
    """Killed after the organization was chosen and before anything was read: a sentence, and then a new one (B4)."""
    mine = worlds.ours.organization_id
    with pytest.raises(Unavailable), one.transaction(mine) as transaction:
        _killed(transaction, worlds.databases.migrator).rows(SEEN)
    with pytest.raises(Unavailable), one.transaction() as transaction:
        transaction.rows(SEEN)
    with one.transaction(worlds.theirs.organization_id) as transaction:
        assert {row.organization_id for row in transaction.rows(SEEN)} == {worlds.theirs.organization_id}
    one.close()
