"""Makes worker processes within milliseconds: one process that has everything imported, and forks on request.

It ends, and its workers with it, when whoever started it lets go of it, however that ends.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from types import TracebackType
from typing import Any, Self, TextIO

from tests.faults.workshop import work


class Forge:
    """The process from which workers come, seen from outside."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.forge"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    def start(self, **options: Any) -> int:
        """Start a worker; `options` are those of `work`. Shape: its process id."""
        return int(self._asked({"start": options}))

    def wait(self, pid: int) -> str:
        """Wait until the process ended or was stopped. Shape: “exited 0”, “signaled 9”, “stopped 19”."""
        return self._asked({"wait": pid})

    def kill(self, pid: int) -> None:
        """End the process at once and see it gone."""
        os.kill(pid, signal.SIGKILL)
        while self.wait(pid).startswith("stopped"):
            continue

    def _asked(self, question: dict[str, Any]) -> str:
        sent, heard = self._process.stdin, self._process.stdout
        assert sent is not None
        assert heard is not None
        print(json.dumps(question), file=sent, flush=True)
        return heard.readline().strip()


def serve(asked: TextIO, answers: TextIO) -> None:
    """Do what is asked, line by line, until there is nobody left to ask."""
    alive: set[int] = set()
    try:
        while select.select([asked], [], [])[0] and (line := asked.readline()):
            question = json.loads(line)
            if "start" in question:
                pid = _forked(question["start"])
                alive.add(pid)
                print(pid, file=answers, flush=True)
            else:
                print(_waited(question["wait"], alive), file=answers, flush=True)
    finally:
        for pid in alive:
            os.kill(pid, signal.SIGKILL)


def _forked(options: dict[str, Any]) -> int:
    pid = os.fork()
    if pid:
        return pid
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    os.dup2(2, 1)
    code = 1
    try:
        work(**options)
        code = 0
    finally:
        os._exit(code)


def _waited(pid: int, alive: set[int]) -> str:
    _, status = os.waitpid(pid, os.WUNTRACED)
    if os.WIFSTOPPED(status):
        return f"stopped {os.WSTOPSIG(status)}"
    alive.discard(pid)
    return f"signaled {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else f"exited {os.WEXITSTATUS(status)}"


if __name__ == "__main__":
    serve(sys.stdin, sys.stdout)
