"""Servers whose disk is really full: a small disk in memory where one may be mounted, and a limit for files anywhere.

Both are the kernel's own refusals. The disk answers as a full one does; the limit as a used-up quota does.
"""

from __future__ import annotations

import errno
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from segment_engine.postgres.local import is_running, start, stop
from tests.faults.fault_world import FaultWorld, fault_world

DISK_MEGABYTES = 192
MEGABYTE = 1 << 20
LIMIT_FOR_FILES, FULL_DISK = "a limit for files", "a full disk"
FILLER = "filler"


@dataclass(frozen=True)
class SmallDisk:
    """A file system of a few megabytes."""

    path: Path

    def fill(self) -> None:
        """Take all the room there is."""
        chunk = b"x" * MEGABYTE
        try:
            with (self.path / FILLER).open("ab", buffering=0) as filler:
                while True:
                    filler.write(chunk)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise

    def make_room(self) -> None:
        """Give the room back."""
        (self.path / FILLER).unlink(missing_ok=True)


@contextmanager
def mounted(*, megabytes: int) -> Generator[SmallDisk | None]:
    """Mount a disk in memory; None where this account may not."""
    mount = shutil.which("mount")
    path = Path(tempfile.mkdtemp(prefix="segment-engine-disk-"))
    options = ("-t", "tmpfs", "-o", f"size={megabytes}m,mode=711", "tmpfs", str(path))
    done = mount and subprocess.run((mount, *options), capture_output=True, check=False).returncode == 0
    try:
        yield SmallDisk(path) if done else None
    finally:
        if done:
            subprocess.run(("umount", str(path)), check=True)
        path.rmdir()


@cache
def ways() -> tuple[str, ...]:
    """Name the ways to run out of room that this computer allows; there is always one."""
    with mounted(megabytes=1) as disk:
        return (LIMIT_FOR_FILES, *(() if disk is None else (FULL_DISK,)))


class FullServer:
    """A world whose server can run out of room, and get it back."""

    def __init__(self, world: FaultWorld, disk: SmallDisk | None) -> None:
        self.world, self._disk = world, disk

    @property
    def is_disk(self) -> bool:
        """Whether it is the disk that is full: then nothing can be written at all, what is being sorted included."""
        return self._disk is not None

    def fill(self, *, largest: int) -> None:
        """Leave no room: on the disk, or in files of so many bytes and more."""
        if self._disk is not None:
            self._disk.fill()
            return
        _, most = limit = resource.getrlimit(resource.RLIMIT_FSIZE)
        stop(self.world.server.data_directory)
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, most))  # the server inherits it
        try:
            start(self.world.server.data_directory, durable=False)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limit)

    def make_room(self) -> None:
        """Give room back, and start the server again, wherever it came to an end."""
        if self._disk is not None:
            self._disk.make_room()
        if is_running(self.world.server.data_directory):
            self.world.restart(at_once=True)  # one that cannot write does not end politely
        else:
            start(self.world.server.data_directory, durable=False)


@contextmanager
def full_server(way: str) -> Generator[FullServer]:
    """Start a server that can run out of room in this way."""
    with ExitStack() as held:
        disk = held.enter_context(mounted(megabytes=DISK_MEGABYTES)) if way == FULL_DISK else None
        assert (disk is not None) is (way == FULL_DISK)
        folder = None if disk is None else disk.path / "data"
        full = FullServer(held.enter_context(fault_world(organizations=1, segments=1, folder=folder)), disk)
        try:
            yield full
        except BaseException:
            full.make_room()  # stopping writes, too
            raise
