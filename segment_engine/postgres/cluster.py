"""One data directory of the embedded server: its files, creating the cluster in it, and which process serves it.

Never starts or stops a server; `local` does.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import subprocess
import uuid
from dataclasses import dataclass
from pathlib import Path

from segment_engine.errors import SettingsError, Unavailable
from segment_engine.postgres.binaries import Account, Binaries
from segment_engine.processes import PLAIN_ENVIRONMENT, command_line, dead_pid, is_alive, works_in

ADMINISTRATOR = "segment_admin"
DATABASE = "segment_engine"
PORT = 5432  # only part of the socket's file name: there is no TCP
SOCKET_PATH_LIMIT_BYTES = 103  # macOS allows 104 with the closing zero, Linux 108
LOG_LIMIT_BYTES = 10_000_000
LOG_LINES_SHOWN = 8
BUILTIN_LOCALE_MAJOR = 17
SOCKET_ACCESS = 0o700


@dataclass(frozen=True)
class Cluster:
    """The files of one data directory, which must be an absolute path without links."""

    data_directory: Path

    @property
    def directory(self) -> Path:
        """Where PostgreSQL keeps its data; there only once it is complete."""
        return self.data_directory / "postgres"

    @property
    def log(self) -> Path:
        """What the server and the programs around it said."""
        return self.data_directory / "postgres.log"

    @property
    def lock(self) -> Path:
        """The file whose kernel lock makes starting and stopping one at a time."""
        return self.data_directory / "postgres.lock"

    @property
    def socket_directory(self) -> Path:
        """The folder of the socket: inside, or a short one named by a hash where that path is too long for a socket."""
        inside = self.data_directory / "socket"
        fits = len(os.fsencode(inside / f".s.PGSQL.{PORT}")) <= SOCKET_PATH_LIMIT_BYTES
        if fits and "," not in str(inside):  # the driver reads a comma as a list of hosts
            return inside
        digest = hashlib.sha256(os.fsencode(self.data_directory)).hexdigest()[:16]
        # Not the temporary folder of the environment: every process must come to the same path.
        return Path("/tmp") / f"segment-engine-{digest}"  # noqa: S108 -- owner and access are checked before use

    def major(self) -> int | None:
        """Give the major version that wrote the data, None when there is none yet.

        Raises: SettingsError when the folder is there but is another user's, or not PostgreSQL's.
        """
        if not self.directory.exists():
            return None
        try:
            return int((self.directory / "PG_VERSION").read_text().strip())
        except PermissionError as error:
            raise SettingsError(
                f"{self.directory} belongs to another user (number {self.directory.stat().st_uid}). Start as that "
                "user, or give the whole data directory to yourself, or set SEGMENT_ENGINE_DATA to another folder."
            ) from error
        except (FileNotFoundError, NotADirectoryError, ValueError) as error:
            raise SettingsError(
                f"{self.directory} is there but holds no PostgreSQL data. Nothing was touched; "
                "move it away, or set SEGMENT_ENGINE_DATA to another folder."
            ) from error

    def serving_pid(self) -> int | None:
        """Give the process that serves this cluster; the pid file alone is not believed, the process is looked at."""
        pid = _first_number(self.directory / "postmaster.pid")
        if pid is None or not is_alive(pid) or not works_in(pid, self.directory):
            return None
        command = command_line(pid)
        return pid if "postgres" in command or not command else None

    def forget_dead_server(self) -> None:
        """Clear what a killed server left, where its process id now belongs to somebody else.

        PostgreSQL refuses to start while the number in its pid file is in use. The number is replaced and the file
        stays: it also names the shared memory by which PostgreSQL notices orphans of the killed server.
        """
        for name in (f".s.PGSQL.{PORT}", f".s.PGSQL.{PORT}.lock"):
            (self.socket_directory / name).unlink(missing_ok=True)
        pid_file = self.directory / "postmaster.pid"
        pid = _first_number(pid_file)
        if pid is None:
            return
        rest = pid_file.read_bytes().partition(b"\n")[2]
        pid_file.write_bytes(str(dead_pid()).encode() + b"\n" + rest)

    def make_socket_directory(self, account: Account) -> None:
        """Make the folder that keeps everybody else from the socket, or check the one that is there.

        Raises: SettingsError when it belongs to somebody else or others may enter it.
        """
        folder = self.socket_directory
        owner = os.geteuid() if account.user is None else account.user
        try:
            folder.mkdir(mode=SOCKET_ACCESS)
            account.take_over(folder)
        except FileExistsError:
            pass
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or stat.S_IMODE(found.st_mode) != SOCKET_ACCESS:
            raise SettingsError(
                f"{folder} is not a folder that only the database's own account can enter, so PostgreSQL's socket "
                "would not be safe there. Remove it and start again."
            )

    def remove_leftovers(self) -> None:
        """Remove what killed creations left; an orphan of one may still write, then the rest goes the next time."""
        for left in self.data_directory.glob(".postgres.new-*"):
            shutil.rmtree(left, ignore_errors=True)

    def create(self, binaries: Binaries, account: Account, *, durable: bool) -> None:
        """Create the data with its database, in a folder beside, and move it into place only when all of it is there.

        Raises: Unavailable when PostgreSQL's programs fail, with what they said.
        """
        fresh = self.data_directory / f".postgres.new-{uuid.uuid4().hex}"
        fresh.mkdir(mode=0o700)
        account.take_over(fresh)
        try:
            self._run_or_fail(_initdb(binaries, fresh, durable=durable), account, "create its data")
            (fresh / "pg_hba.conf").write_text(
                "# No line for TCP: whoever can enter the socket's folder is trusted.\nlocal all all trust\n"
            )
            single = (str(binaries.directory / "postgres"), "--single", "-D", fresh.name, "postgres")
            self._run_or_fail(single, account, "create its database", said=f"CREATE DATABASE {DATABASE}\n")
            fresh.rename(self.directory)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)

    def run(self, command: tuple[str, ...], account: Account, *, said: str = "") -> int:
        """Run one of PostgreSQL's programs in the data directory, its output going to the log; give its exit code.

        A file and never a pipe: the server inherits it, and a pipe nobody reads would stop it one day.
        """
        # Statements with their values may stand in the log: it is for its owner alone.
        with open(self.log, "ab", opener=lambda path, flags: os.open(path, flags, 0o600)) as log:
            return subprocess.run(  # noqa: S603 -- PostgreSQL's programs with our own arguments
                (*account.prefix, *command),
                cwd=self.data_directory,
                env=PLAIN_ENVIRONMENT,
                input=said.encode(),
                stdout=log,
                stderr=log,
                user=account.process_user,
                group=account.process_group,
                extra_groups=account.process_groups,
                umask=0o077,
                start_new_session=True,  # Ctrl-C in the terminal is for us alone
                check=False,
            ).returncode

    def shorten_log(self) -> None:
        """Set a long log aside, keeping one older one."""
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT_BYTES:
            self.log.rename(self.log.with_suffix(".log.old"))

    def log_end(self) -> str:
        """Give the last lines of the log."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return "\n".join(lines[-LOG_LINES_SHOWN:])

    def _run_or_fail(self, command: tuple[str, ...], account: Account, purpose: str, *, said: str = "") -> None:
        if self.run(command, account, said=said) != 0:
            raise Unavailable(
                f"PostgreSQL could not {purpose} in {self.data_directory}. Free disk space or correct what it says, "
                f"then start again; all of it stands in {self.log}:\n{self.log_end()}"
            )


def _initdb(binaries: Binaries, folder: Path, *, durable: bool) -> tuple[str, ...]:
    """Write the command that creates a cluster: UTF-8, sorted by code point, the same on every system."""
    builtin = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
    locale = builtin if binaries.major >= BUILTIN_LOCALE_MAJOR else ("--locale=C.UTF-8",)
    sync = () if durable else ("--no-sync",)
    command = (str(binaries.directory / "initdb"), "-D", folder.name, "-U", ADMINISTRATOR, "-E", "UTF8")
    return (*command, "--auth-local=trust", "--auth-host=reject", "--no-instructions", *locale, *sync)


def _first_number(file: Path) -> int | None:
    """Read the process id at the head of a lock file of PostgreSQL; a half-written one counts as none."""
    try:
        return abs(int(file.read_text().partition("\n")[0]))
    except (OSError, ValueError):
        return None
