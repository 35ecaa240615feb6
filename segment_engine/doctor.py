"""Examines an installation: versions, schema, roles, row-level security, zone data, waiting runs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from zoneinfo import ZoneInfo

from segment_engine.databases import Databases
from segment_engine.db.migrate import pending
from segment_engine.db.queries import load_queries
from segment_engine.errors import SegmentEngineError
from segment_engine.settings import Settings

OLDEST_PYTHON = (3, 11)
OLDEST_POSTGRES = 150000
# Below these, known faults in sign-in, row-level security or file handling are open.
OLDEST_PACKAGES = {"streamlit": (1, 58), "authlib": (1, 7, 1), "sqlalchemy": (2, 1), "psycopg": (3, 3)}
# Instants around clock changes, where old zone data gives itself away; beside them the zones of the organizations,
# month by month, five years back and two ahead.
PROBES = (
    ("Europe/Amsterdam", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 11, 1, 6, 30, tzinfo=UTC)),
    ("Asia/Kathmandu", datetime(1985, 12, 31, 18, 30, tzinfo=UTC)),
    ("Pacific/Apia", datetime(2011, 12, 30, 10, 0, tzinfo=UTC)),
)
LONGEST_WAIT_SECONDS = 900


@dataclass(frozen=True)
class Finding:
    """One check: whether it passed, and what to know or to do."""

    check: str
    passed: bool
    detail: str


def examine(databases: Databases, settings: Settings) -> tuple[Finding, ...]:
    """Run every check; one that cannot run counts as failed and says why."""
    checks: tuple[tuple[str, Callable[[], tuple[bool, str]]], ...] = (
        ("python", _python),
        ("packages", _packages),
        ("database", lambda: _server(databases)),
        ("schema", lambda: _schema(databases)),
        ("roles", lambda: _roles(databases)),
        ("row-level security", lambda: _row_security(databases)),
        ("zone data", lambda: _zones(databases)),
        ("queue", lambda: _queue(databases)),
        ("logins", lambda: _logins(settings)),
    )
    return tuple(_finding(name, check) for name, check in checks)


def _finding(name: str, check: Callable[[], tuple[bool, str]]) -> Finding:
    try:
        return Finding(name, *check())
    except SegmentEngineError as error:
        return Finding(name, passed=False, detail=str(error))


def _python() -> tuple[bool, str]:
    running = sys.version.split()[0]
    return sys.version_info >= OLDEST_PYTHON, f"Python {running}; 3.11 or newer is needed"


def _packages() -> tuple[bool, str]:
    old = [
        f"{name} {version(name)} is older than {'.'.join(map(str, oldest))}"
        for name, oldest in OLDEST_PACKAGES.items()
        if tuple(int(part) for part in version(name).split(".")[: len(oldest)]) < oldest
    ]
    return not old, "; ".join(old) + ". Run `make setup`." if old else "new enough"


def _server(databases: Databases) -> tuple[bool, str]:
    with databases.app.transaction(read_only=True) as transaction:
        number = int(transaction.scalar(load_queries("doctor")["server_version"]))
    return number >= OLDEST_POSTGRES, f"PostgreSQL {number // 10000}.{number % 10000}; 15 or newer is needed"


def _schema(databases: Databases) -> tuple[bool, str]:
    missing = pending(databases.migrator)
    return not missing, f"missing {', '.join(missing)}; run `db upgrade`" if missing else "up to date"


def _roles(databases: Databases) -> tuple[bool, str]:
    queries = load_queries("doctor")
    wrong: list[str] = []
    for expected, database in (("segment_app", databases.app), ("segment_worker", databases.worker)):
        with database.transaction(read_only=True) as transaction:
            found = transaction.one(queries["acting_as"])
            powerful = transaction.rows(queries["powerful_roles"])
        if found is None or found.powerful:
            wrong.append(f"the connection meant for {expected} can walk round row-level security")
        wrong += [f"{row.rolname} has rights it must not have" for row in powerful if row.rolname == expected]
    return not wrong, "; ".join(wrong) + ". Use the roles the migrations create." if wrong else "least privilege"


def _row_security(databases: Databases) -> tuple[bool, str]:
    with databases.migrator.transaction(read_only=True) as transaction:
        bare = [row.relname for row in transaction.rows(load_queries("doctor")["unprotected_tables"])]
    return not bare, f"missing on {', '.join(bare)}; run `db upgrade`" if bare else "enabled and forced on every table"


def _zones(databases: Databases) -> tuple[bool, str]:
    queries = load_queries("doctor")
    with databases.owner.transaction(read_only=True) as transaction:
        used = [row.time_zone for row in transaction.rows(queries["zones_in_use"])]
        today = transaction.now().replace(hour=12, minute=0, second=0, microsecond=0)
        months = [today + timedelta(days=30 * step) for step in range(-60, 25)]
        probes = [*PROBES, *((zone, instant) for zone in used for instant in months)]
        theirs = {
            (row.zone, row.instant): row.local
            for row in transaction.rows(
                queries["local_times"],
                {"zones": [zone for zone, _ in probes], "instants": [instant for _, instant in probes]},
            )
        }
    ours = {(zone, instant): instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for zone, instant in probes}
    different = sorted({zone for zone, instant in probes if theirs[zone, instant] != ours[zone, instant]})
    return not different, (
        f"Python and the database disagree about {', '.join(different)}; update tzdata" if different else "they agree"
    )


def _queue(databases: Databases) -> tuple[bool, str]:
    with databases.worker.transaction(read_only=True) as transaction:
        waited = transaction.scalar(load_queries("doctor")["waiting"])
    if waited is None:
        return True, "no run waits"
    return waited < LONGEST_WAIT_SECONDS, f"the oldest run has waited {waited} s; start a worker if none runs"


def _logins(settings: Settings) -> tuple[bool, str]:
    if settings.database_url is None:
        return True, "the embedded server; every role logs in as itself"
    if settings.app_database_url and settings.worker_database_url:
        return True, "every role logs in as itself"
    return True, "one login takes all roles; set DATABASE_URL_APP and DATABASE_URL_WORKER to keep them apart"
