"""A pool that is closed while somebody still works with it."""

from __future__ import annotations

import threading
import time

from segment_engine.databases import APP_ROLE, Databases
from segment_engine.db.session import Database
from segment_engine.postgres.local import LocalServer

CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'closed early'"


def connections_left(databases: Databases) -> int:
    """Count what the server still holds open; a backend leaves the view a moment after its connection was closed."""
    left = -1
    for _ in range(200):
        with databases.migrator.transaction() as transaction:
            left = int(transaction.connection.exec_driver_sql(CONNECTIONS).scalar_one())
        if left == 0:
            return 0
        time.sleep(0.02)
    return left


def test_work_that_outlives_its_pool_leaves_no_connection_behind(
    server: LocalServer, databases: Databases, database_name: str
) -> None:
    """A count that still runs while the engine is closed ends well, and its connection ends with it."""
    database = Database(server.url(APP_ROLE, database_name), application="closed early")
    began, closed = threading.Event(), threading.Event()
    seen: list[object] = []

    def work() -> None:
        with database.transaction(read_only=True) as transaction:
            began.set()
            closed.wait(timeout=30)
            seen.append(transaction.connection.exec_driver_sql("SELECT 1").scalar_one())

    thread = threading.Thread(target=work)
    thread.start()
    assert began.wait(timeout=30)
    database.close()
    closed.set()
    thread.join(timeout=30)
    assert seen == [1]
    assert connections_left(databases) == 0


def test_a_closed_pool_that_is_asked_again_keeps_nothing_open(
    server: LocalServer, databases: Databases, database_name: str
) -> None:
    """A page that was still drawing gets its answer, and no connection stays for it."""
    database = Database(server.url(APP_ROLE, database_name), application="closed early")
    database.close()
    with database.transaction(read_only=True) as late:
        assert late.connection.exec_driver_sql("SELECT 2").scalar_one() == 2
    assert connections_left(databases) == 0
