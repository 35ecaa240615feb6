"""Examines an installation: versions, schema, roles, row-level security, zone data, runs, workers, room, settings."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from zoneinfo import ZoneInfo

from segment_engine.databases import APP_ROLE, WORKER_ROLE, Databases
from segment_engine.db import workers
from segment_engine.db.migrate import pending
from segment_engine.db.queries import load_queries
from segment_engine.db.rights import rights_of
from segment_engine.domain.operations import WorkerState
from segment_engine.errors import SegmentEngineError, Unavailable
from segment_engine.settings import Settings

OLDEST_PYTHON = (3, 11)
# Below these, known faults in sign-in, row-level security or file handling are open.
OLDEST_PACKAGES = {"streamlit": (1, 58), "authlib": (1, 7, 1), "sqlalchemy": (2, 1), "psycopg": (3, 3)}
# The first safe release of each major version of PostgreSQL; every later major version is.
OLDEST_POSTGRES = {15: 14, 16: 10, 17: 6}
# Instants around clock changes, where old zone data gives itself away; beside them the zones of the organizations,
# month by month, five years back and two ahead.
PROBES = (
    ("Europe/Amsterdam", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 11, 1, 6, 30, tzinfo=UTC)),
    ("Asia/Kathmandu", datetime(1985, 12, 31, 18, 30, tzinfo=UTC)),
    ("Pacific/Apia", datetime(2011, 12, 30, 10, 0, tzinfo=UTC)),
)
LONGEST_WAIT_SECONDS = 900
LEAST_ROOM_BYTES = 1 << 30
_QUERIES = load_queries("doctor")


@dataclass(frozen=True)
class Finding:
    """One check: whether it passed, and what to know or to do."""

    check: str
    passed: bool
    detail: str


@dataclass(frozen=True)
class Examination:
    """Every finding, and whether the database answered at all; without it, what needs it was not examined."""

    findings: tuple[Finding, ...]
    reachable: bool

    @property
    def passed(self) -> bool:
        """Whether nothing has to be done."""
        return all(finding.passed for finding in self.findings)


Check = Callable[[], tuple[bool, str]]


def examine(databases: Databases, settings: Settings) -> Examination:
    """Run every check; one that cannot run counts as failed and says why."""
    here: dict[str, Check] = {"python": _python, "packages": _packages}
    there: dict[str, Check] = {
        "schema": lambda: _schema(databases),
        "roles": lambda: _roles(databases),
        "row-level security": lambda: _row_security(databases),
        "zone data": lambda: _zones(databases),
        "queue": lambda: _queue(databases),
        "workers": lambda: _workers(databases),
        "room": lambda: _room(databases, settings),
    }
    by_settings: dict[str, Check] = {"logins": lambda: _logins(settings), "sign-in": lambda: _sign_in(settings)}
    reachable, server = _server_found(databases)
    findings = [_finding(name, check) for name, check in here.items()]
    findings.append(server)
    for name, check in there.items():
        unseen = Finding(name, passed=False, detail="not examined: the database does not answer")
        findings.append(_finding(name, check) if reachable else unseen)
    findings += [_finding(name, check) for name, check in by_settings.items()]
    return Examination(tuple(findings), reachable)


def _finding(name: str, check: Check) -> Finding:
    try:
        return Finding(name, *check())
    except SegmentEngineError as error:
        return Finding(name, passed=False, detail=str(error))


def _python() -> tuple[bool, str]:
    running = sys.version.split()[0]
    return sys.version_info >= OLDEST_PYTHON, f"Python {running}; 3.11 or newer is needed"


def _packages() -> tuple[bool, str]:
    wrong = [problem for name, oldest in OLDEST_PACKAGES.items() if (problem := _too_old(name, oldest))]
    return not wrong, "; ".join(wrong) + ". Run `make setup`." if wrong else "new enough"


def _too_old(name: str, oldest: tuple[int, ...]) -> str:
    """Say what is wrong with a package, or nothing."""
    try:
        installed = version(name)
    except PackageNotFoundError:
        return f"{name} is not installed"
    found = tuple(int(part) if part.isdigit() else 0 for part in installed.split(".")[: len(oldest)])
    return f"{name} {installed} is older than {'.'.join(map(str, oldest))}" if found < oldest else ""


def _server_found(databases: Databases) -> tuple[bool, Finding]:
    """Ask the server first: when it does not answer, everything else would wait for it in vain."""
    try:
        with databases.app.transaction(read_only=True) as transaction:
            number = int(transaction.scalar(_QUERIES["server_version"]))
    except Unavailable as error:
        return False, Finding("database", passed=False, detail=str(error))
    return True, Finding("database", *judge_server(number))


def judge_server(number: int) -> tuple[bool, str]:
    """Judge PostgreSQL by its number: 170006 is 17.6."""
    major, minor = divmod(number, 10_000)
    running = f"PostgreSQL {major}.{minor}"
    if major < min(OLDEST_POSTGRES):
        return False, f"{running}; move to {min(OLDEST_POSTGRES)} or newer"
    least = OLDEST_POSTGRES.get(major, 0)
    if minor < least:
        return False, f"{running} has known faults in row-level security; install {major}.{least} or a newer release"
    return True, running


def _schema(databases: Databases) -> tuple[bool, str]:
    missing = pending(databases.migrator)
    return not missing, f"missing {', '.join(missing)}; run `db upgrade`" if missing else "up to date"


def _roles(databases: Databases) -> tuple[bool, str]:
    wrong: list[str] = []
    for expected, database in ((APP_ROLE, databases.app), (WORKER_ROLE, databases.worker)):
        rights = rights_of(database, expected=expected)
        wrong += [f"the login meant for {expected} acts as {rights.acting_as}, which {why}" for why in rights.reasons]
    with databases.migrator.transaction(read_only=True) as transaction:
        powerful = transaction.rows(_QUERIES["powerful_roles"])
    wrong += [f"{row.rolname} has rights it must not have; take them with ALTER ROLE" for row in powerful]
    return not wrong, "; ".join(wrong) + ". Use the roles that `db upgrade` makes." if wrong else "least privilege"


def _row_security(databases: Databases) -> tuple[bool, str]:
    with databases.migrator.transaction(read_only=True) as transaction:
        bare = [row.relname for row in transaction.rows(_QUERIES["unprotected_tables"])]
        round_it = [row.way for row in transaction.rows(_QUERIES["ways_round"])]
    problems = [f"not enabled, forced and with a policy on {', '.join(bare)}"] if bare else []
    problems += [f"walked round by {', '.join(round_it)}; drop what no release made"] if round_it else []
    whole = "enabled and forced, with a policy, on every table"
    return not problems, "; ".join(problems) + ". Restore the tables as `db upgrade` makes them." if problems else whole


def _zones(databases: Databases) -> tuple[bool, str]:
    with databases.owner.transaction(read_only=True) as transaction:
        used = [row.time_zone for row in transaction.rows(_QUERIES["zones_in_use"])]
        today = transaction.now().replace(hour=12, minute=0, second=0, microsecond=0)
        months = [today + timedelta(days=30 * step) for step in range(-60, 25)]
        probes = [*PROBES, *((zone, instant) for zone in used for instant in months)]
        theirs = {
            (row.zone, row.instant): row.local
            for row in transaction.rows(
                _QUERIES["local_times"],
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
        waited = transaction.scalar(_QUERIES["waiting"])
    if waited is None:
        return True, "no run waits"
    return waited < LONGEST_WAIT_SECONDS, f"the oldest run has waited {waited} s; start a worker if none runs"


def _workers(databases: Databases) -> tuple[bool, str]:
    with databases.worker.transaction(read_only=True) as transaction:
        known = workers.find(transaction)
        waited = transaction.scalar(_QUERIES["waiting"])
    live = [worker for worker in known if worker.state is WorkerState.LIVE]
    if live:
        return True, f"{len(live)} at work"
    silent = [worker.name for worker in known if worker.state is WorkerState.SILENT]
    missed = f" {', '.join(silent)} went silent." if silent else ""
    needed = waited is not None or bool(silent)
    return not needed, f"none is at work.{missed} Start one with `make worker`." if needed else "none is needed yet"


def _room(databases: Databases, settings: Settings) -> tuple[bool, str]:
    with databases.migrator.transaction(read_only=True) as transaction:
        size = int(transaction.scalar(_QUERIES["database_size"])) // 2**20
    if settings.database_url is not None:
        return True, f"the database takes {size:,} MB; how much room its server has left, only that machine knows"
    there = next(place for place in (settings.data_directory, *settings.data_directory.parents) if place.exists())
    free = shutil.disk_usage(there).free
    enough = free >= LEAST_ROOM_BYTES
    advice = "" if enough else f"; make room for at least {LEAST_ROOM_BYTES // 2**20:,} MB"
    return enough, f"the database takes {size:,} MB, {free // 2**20:,} MB are left{advice}"


def _logins(settings: Settings) -> tuple[bool, str]:
    if settings.database_url is None:
        return True, "the embedded server; every role logs in as itself"
    if settings.app_database_url and settings.worker_database_url:
        return True, "every role logs in as itself"
    return True, "one login takes all roles; set DATABASE_URL_APP and DATABASE_URL_WORKER to keep them apart"


def _sign_in(settings: Settings) -> tuple[bool, str]:
    if settings.fault is not None:
        return False, "SEGMENT_ENGINE_FAULT breaks this installation on purpose; remove it"
    if settings.sign_in is None:
        return True, "local mode: nobody signs in, and the pages answer on this computer only"
    names = ", ".join(provider.label for provider in settings.sign_in.providers)
    if not settings.sign_in.secure:
        return True, f"with {names}, at {settings.sign_in.public_url}; use https for anybody but yourself"
    return True, f"with {names}, at {settings.sign_in.public_url}"
