"""The embedded PostgreSQL server: create, start, adopt, stop; one per data directory, shared by all its users.

It listens on a Unix socket in a folder that only its owner can enter, never on TCP. It outlives whoever started it:
the next start adopts it. Every call is safe against the others and against being killed at any point.
"""

from __future__ import annotations

import os
import shlex
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

from psycopg import pq

from segment_engine.errors import SettingsError, Unavailable
from segment_engine.postgres.binaries import Account, Binaries, choose_account, find_binaries
from segment_engine.postgres.cluster import ADMINISTRATOR, DATABASE, PORT, Cluster
from segment_engine.processes import PAUSE_SECONDS, is_alive, only_one

__all__ = ("ADMINISTRATOR", "DATABASE", "LocalServer", "is_running", "start", "stop")

# Crash recovery replays up to max_wal_size and takes minutes on a slow disk; giving up sooner helps nobody.
START_TIMEOUT_SECONDS = 600
STOP_TIMEOUT_SECONDS = 60
SMALL_SHARED_MEMORY_BYTES = 1 << 30
SERVER_SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "port": str(PORT),
    # Without it the backend of a killed worker kept running and holding its locks; with it, gone in 1.3 s.
    "client_connection_check_interval": "5s",
    # A net under the limits of each role, for sessions that set none.
    "idle_in_transaction_session_timeout": "60s",
    "shared_buffers": "256MB",
    "work_mem": "32MB",
    "max_wal_size": "2GB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d %a %e ",
}
# For a server that is thrown away after the tests: nothing of it has to survive a power cut.
THROWAWAY_SETTINGS: Mapping[str, str] = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True, kw_only=True)
class LocalServer:
    """A server that answers, and where.

    Shape: started_by_us is False when it ran already and was adopted.
    """

    data_directory: Path
    socket_directory: Path
    port: int
    binaries: Binaries
    started_by_us: bool

    def url(self, user: str, database: str = DATABASE) -> str:
        """Give the address of a database for a login, in SQLAlchemy's form; this socket asks for no password."""
        query = urlencode({"host": str(self.socket_directory), "port": self.port}, quote_via=quote)
        return f"postgresql+psycopg://{quote(user, safe='')}@/{quote(database, safe='')}?{query}"


def start(data_directory: Path, *, binaries: Path | None = None, durable: bool = True) -> LocalServer:
    """Give a server that answers: the running one, or one started here, on data created at the first time.

    A server that is not durable is quick and loses its data in a power cut; only for tests.

    Shape:  the cluster holds the database `segment_engine`; its superuser is `segment_admin`.
    Raises: SettingsError when no PostgreSQL fits this computer, this account or the data that is there;
            Unavailable when the server does not come up, with the end of its log.
    """
    cluster = Cluster(_make_data_directory(data_directory))
    sentence = (
        f"PostgreSQL is being started or stopped in {cluster.data_directory} for too long; look into {cluster.log}."
    )
    with only_one(cluster.lock, timeout_seconds=START_TIMEOUT_SECONDS, sentence=sentence):
        cluster.remove_leftovers()
        found = _fitting_binaries(cluster, binaries)
        account = choose_account(found, data_directory=cluster.data_directory, cluster=cluster.directory)
        if cluster.major() is None:
            cluster.create(found, account, durable=durable)
        started_by_us = _bring_up(cluster, found, account, durable=durable)
    return LocalServer(
        data_directory=cluster.data_directory,
        socket_directory=cluster.socket_directory,
        port=PORT,
        binaries=found,
        started_by_us=started_by_us,
    )


def is_running(data_directory: Path) -> bool:
    """Say whether a server process serves this data directory; costs no connection."""
    return Cluster(data_directory.resolve()).serving_pid() is not None


def stop(data_directory: Path) -> None:
    """Stop the server of this data directory, ending its sessions; nothing to do when none runs.

    Raises: Unavailable when it does not end, or belongs to another user.
    """
    cluster = Cluster(data_directory.resolve())
    if not cluster.directory.exists():
        return
    sentence = (
        f"PostgreSQL is being started or stopped in {cluster.data_directory} for too long; look into {cluster.log}."
    )
    with only_one(cluster.lock, timeout_seconds=START_TIMEOUT_SECONDS, sentence=sentence):
        pid = cluster.serving_pid()
        if pid is None or _ended(pid, signal.SIGINT) or _ended(pid, signal.SIGQUIT):
            return
    raise Unavailable(
        f"PostgreSQL (process {pid}) did not stop. Look into {cluster.log}, then end it with `kill {pid}`."
    )


def _make_data_directory(data_directory: Path) -> Path:
    """Make the folder and give its full path without links: programs are started in other directories."""
    try:
        data_directory.mkdir(mode=0o711, parents=True, exist_ok=True)
        resolved = data_directory.resolve()
        Cluster(resolved).lock.touch(mode=0o600)
    except OSError as error:
        raise SettingsError(
            f"The data directory {data_directory} cannot be used ({error}). "
            "Give yourself the right to write there, or set SEGMENT_ENGINE_DATA to another folder."
        ) from error
    return resolved


def _fitting_binaries(cluster: Cluster, chosen: Path | None) -> Binaries:
    """Find programs of the version that wrote the data; other ones would not read it."""
    major = cluster.major()
    try:
        return find_binaries(chosen, major=major)
    except SettingsError as error:
        if major is None:
            raise
        raise SettingsError(
            f"The data in {cluster.directory} was written by PostgreSQL {major}; nothing was touched. {error} "
            f"To move to a newer version instead: with PostgreSQL {major} run `pg_dumpall` into a file, rename "
            f"{cluster.directory}, start again, and load the file with `psql`."
        ) from error


def _bring_up(cluster: Cluster, binaries: Binaries, account: Account, *, durable: bool) -> bool:
    """Wait for the running server or start one; True when started here."""
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    started = False
    while not _answers(cluster):
        if time.monotonic() > deadline:
            raise Unavailable(_not_started(cluster))
        if cluster.serving_pid() is not None:
            time.sleep(PAUSE_SECONDS)  # starting, recovering, or stopping
            continue
        cluster.forget_dead_server()
        cluster.make_socket_directory(account)
        cluster.shorten_log()
        started = cluster.run(_start_command(cluster, binaries, durable=durable), account) == 0
        # The backends of a killed server may live for a moment; and another start may have been quicker.
        if not started and cluster.serving_pid() is None:
            if "shared memory block" not in cluster.log_end():
                raise Unavailable(_not_started(cluster))
            time.sleep(PAUSE_SECONDS)
    return started


def _answers(cluster: Cluster) -> bool:
    """Ask the socket; a server that refuses a login or has no room for one still answers."""
    conninfo = (
        f"host='{_quoted(cluster.socket_directory)}' port={PORT} user={ADMINISTRATOR} dbname=postgres connect_timeout=5"
    )
    return pq.PGconn.ping(conninfo.encode()) == pq.Ping.OK


def _quoted(path: Path) -> str:
    return str(path).replace("\\", "\\\\").replace("'", "\\'")


def _start_command(cluster: Cluster, binaries: Binaries, *, durable: bool) -> tuple[str, ...]:
    """Write the command that starts the server; pg_ctl hands the options to a shell, so they are quoted for one."""
    # The server reads its socket folders as a list of names, where quotes make a name of any text.
    listed = str(cluster.socket_directory).replace('"', '""')
    settings = {**SERVER_SETTINGS, "unix_socket_directories": f'"{listed}"', **_shared_memory()}
    if not durable:
        settings.update(THROWAWAY_SETTINGS)
    options = shlex.join(word for name, value in settings.items() for word in ("-c", f"{name}={value}"))
    program = (str(binaries.directory / "pg_ctl"), "start", "--silent", "--wait", f"--timeout={START_TIMEOUT_SECONDS}")
    return (*program, "-D", cluster.directory.name, "-o", options)


def _shared_memory() -> Mapping[str, str]:
    """Avoid /dev/shm where it is small: containers have 64 MB, and parallel queries failed there."""
    if not sys.platform.startswith("linux"):
        return {}
    try:
        room = os.statvfs("/dev/shm")  # noqa: S108 -- the kernel's shared memory, only measured
    except OSError:
        return {"dynamic_shared_memory_type": "mmap"}
    small = room.f_frsize * room.f_blocks < SMALL_SHARED_MEMORY_BYTES
    return {"dynamic_shared_memory_type": "mmap"} if small else {}


def _ended(pid: int, number: signal.Signals) -> bool:
    """Send the signal and wait; True when the process is gone."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return True
    except PermissionError as error:
        raise Unavailable(f"PostgreSQL (process {pid}) belongs to another user; stop it as that user.") from error
    deadline = time.monotonic() + STOP_TIMEOUT_SECONDS
    while is_alive(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(PAUSE_SECONDS)
    return True


def _not_started(cluster: Cluster) -> str:
    return (
        f"PostgreSQL did not start in {cluster.data_directory}. Correct what it says and start again; "
        f"all of it stands in {cluster.log}:\n{cluster.log_end()}"
    )
