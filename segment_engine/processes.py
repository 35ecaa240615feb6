"""Other processes of this computer: is one alive, what is it, where does it work, who may do what to a file.

Looks only; it never ends a process. Works on Linux through /proc and elsewhere through `ps`.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from segment_engine.errors import Unavailable

# Programs are started with a fixed environment: the caller's locale or library paths must not change what they do.
PLAIN_ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath + ":/usr/sbin:/sbin"}
PAUSE_SECONDS = 0.02


def is_alive(pid: int) -> bool:
    """Say whether the process still runs; one that has ended but was not yet collected counts as dead."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not _state(pid).startswith("Z")


def command_line(pid: int) -> str:
    """Give the command the process was started with, or an empty text when it cannot be seen."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return _ask_ps(pid, "command")


def works_in(pid: int, directory: Path) -> bool:
    """Say whether the process may be working in the directory; True also when that cannot be found out."""
    try:
        return Path(f"/proc/{pid}/cwd").readlink() == directory
    except OSError:
        return True


def dead_pid() -> int:
    """Give a process id that belongs to nobody at this moment."""
    with subprocess.Popen(("true",), env=PLAIN_ENVIRONMENT, stdin=subprocess.DEVNULL) as process:  # noqa: S607 -- any shell has it
        process.wait()
    return process.pid


@contextmanager
def only_one(path: Path, *, timeout_seconds: float, sentence: str) -> Generator[None]:
    """Hold a lock that the kernel releases by itself when this process ends, however it ends.

    Raises: Unavailable with the given sentence when another process keeps it longer than the time-out.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        deadline = time.monotonic() + timeout_seconds
        while not _try_lock(descriptor):
            if time.monotonic() >= deadline:
                raise Unavailable(sentence)
            time.sleep(PAUSE_SECONDS)
        yield
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _state(pid: int) -> str:
    """Give the one-letter state, "" when unknown; the name before it may hold spaces and parentheses."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].strip()
    except OSError:
        return _ask_ps(pid, "stat")


def _ask_ps(pid: int, column: str) -> str:
    """Ask `ps`, which every system without /proc has; one with neither gives an empty text."""
    try:
        answer = subprocess.run(  # noqa: S603 -- a fixed program, a number and a fixed word
            ("ps", "-o", f"{column}=", "-p", str(pid)),  # noqa: S607 -- its folder differs between systems
            env=PLAIN_ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        return ""
    return answer.stdout.strip()
