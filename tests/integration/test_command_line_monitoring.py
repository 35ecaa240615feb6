"""For monitoring: `status --check` ends with how urgent it is to look, and `watch` looks where no worker does."""

from __future__ import annotations

import json

from sqlalchemy import text

from segment_engine.databases import Databases
from segment_engine.db import workers
from tests.integration.test_command_line import Run, files, loaded, run

__all__ = ("files", "loaded", "run")  # fixtures


def sql(databases: Databases, statement: str) -> None:
    """Change what no use case can."""
    with databases.migrator.transaction() as transaction:
        transaction.run(text(statement))


def test_how_urgent_it_is_to_look(loaded: Run, databases: Databases) -> None:
    """No worker: now. A worker and nothing wrong: fine. An alert nobody knows of: soon. Without --check: always 0."""
    assert loaded("status", "--check")[0] == 7
    assert loaded("status")[0] == 0
    with databases.worker.transaction() as transaction:
        workers.beat(transaction, "one", runs_done=0)
    code, output, _ = loaded("status", "--check", "--json")
    found = json.loads(output)
    assert (code, found["look"], found["live_workers"], found["alerts"]["open"]) == (0, "fine", 1, 0)
    sql(
        databases,
        "INSERT INTO alerts (organization_id, trouble_key, kind, sentence) "
        "SELECT organization_id, 'empty:x', 'empty', 'Empty.' FROM organizations",
    )
    code, output, _ = loaded("status", "--check")
    assert (code, "1 open alerts (1 not acknowledged)" in output) == (6, True)
    sql(databases, "UPDATE alerts SET acknowledged_at = now()")
    assert loaded("status", "--check")[0] == 0


def test_without_any_worker_somebody_else_looks(loaded: Run, databases: Databases) -> None:
    """The command finds that runs wait and nobody works, opens the alert, and tells it as far as it can."""
    sql(
        databases,
        "WITH made AS (INSERT INTO segments (organization_id, name, name_fold) "
        "SELECT organization_id, 'Waits', 'waits' FROM organizations RETURNING organization_id, segment_id) "
        "INSERT INTO runs (organization_id, segment_id, version, criteria, reason) "
        "SELECT organization_id, segment_id, 1, '{}', 'requested' FROM made",
    )
    code, output, _ = loaded("watch", "--json")
    assert (code, json.loads(output)) == (0, {"looked_at": 1, "delivered": 0, "later": 0})
    with databases.migrator.transaction() as transaction:
        (row,) = transaction.rows(text("SELECT kind, recovered_at FROM alerts"))
    assert (row.kind, row.recovered_at) == ("no_worker", None)
