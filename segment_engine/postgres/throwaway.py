"""A quick server for tests and measurements, in a temporary folder, gone at the end whatever happens.

Never used by the application: its data does not survive a power cut.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from segment_engine.errors import Unavailable
from segment_engine.postgres.cluster import Cluster
from segment_engine.postgres.local import LocalServer, start, stop
from segment_engine.processes import only_one

WAIT_SECONDS = 120


@contextmanager
def throwaway_server(*, binaries: Path | None = None) -> Generator[LocalServer]:
    """Start an empty server of one's own, and at the end stop it and remove its files.

    A process that is killed leaves its server behind; the next call finds it, because the kernel has released the
    dead process's lock, and cleans up.
    """
    everything = Path(tempfile.gettempdir()).resolve() / f"segment-engine-throwaway-{os.geteuid()}"
    everything.mkdir(mode=0o711, exist_ok=True)
    with ExitStack() as held:
        with _alone(everything):
            for left in everything.glob("server-*"):
                _remove_if_abandoned(left)
            folder = Path(tempfile.mkdtemp(prefix="server-", dir=everything))
            folder.chmod(0o711)  # the server may run as another account
            held.enter_context(only_one(folder / "owner.lock", timeout_seconds=0, sentence="This folder is new."))
        held.callback(_remove_alone, folder)
        yield start(folder / "data", binaries=binaries, durable=False)


@contextmanager
def _alone(everything: Path) -> Generator[None]:
    """Make and remove folders one process at a time: the owner's lock is a file in the folder that is removed."""
    waited = "Another test run has been cleaning up for too long; try again."
    with only_one(everything / "sweep.lock", timeout_seconds=WAIT_SECONDS, sentence=waited):
        yield


def _remove_alone(folder: Path) -> None:
    with _alone(folder.parent):
        _remove(folder)


def _remove_if_abandoned(folder: Path) -> None:
    """Remove a server whose owner is dead; an owner that lives still holds its lock."""
    try:
        with only_one(folder / "owner.lock", timeout_seconds=0, sentence="Its owner lives."):
            _remove(folder)
    except Unavailable:
        return


def _remove(folder: Path) -> None:
    stop(folder / "data")
    shutil.rmtree(Cluster(folder / "data").socket_directory, ignore_errors=True)
    shutil.rmtree(folder)
