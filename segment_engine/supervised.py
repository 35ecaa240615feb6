"""One child process of the supervisor: started, watched, started again after a growing pause, ended with its group."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from segment_engine.processes import PAUSE_SECONDS, command_line, is_alive

FIRST_PAUSE_SECONDS = 1
LONGEST_PAUSE_SECONDS = 30
HEALTHY_SECONDS = 60
END_TIMEOUT_SECONDS = 10  # a worker promises to end within 5


@dataclass(frozen=True)
class Program:
    """What a person calls it, and its command."""

    name: str
    command: tuple[str, ...]


@dataclass(frozen=True)
class Trace:
    """What is written down about a child, to find it again after this process was killed.

    Shape: `arguments` is its command without the program, whose path macOS shows differently.
    """

    pid: int
    arguments: str

    def still_runs(self) -> bool:
        """Say whether it is still the same process: its id may belong to another one by now."""
        return is_alive(self.pid) and command_line(self.pid).endswith(f" {self.arguments}")

    def is_gone(self) -> bool:
        """Say whether it has ended altogether: while ending, it shows no command any more but still holds its port."""
        shown = command_line(self.pid)
        return not is_alive(self.pid) or (shown != "" and not shown.endswith(f" {self.arguments}"))


class Child:
    """A program that is kept running, in a process group of its own: Ctrl-C reaches it only through us."""

    def __init__(self, program: Program, *, directory: Path) -> None:
        self.program = program
        self._directory = directory
        self._pause = FIRST_PAUSE_SECONDS
        self._again_at: float | None = None
        self._start()

    def trace(self) -> Trace:
        """Give what finds this child again."""
        return Trace(self._process.pid, " ".join(self.program.command[1:]))

    def exit_code(self) -> int | None:
        """Give the exit code once it has ended; below zero it is the number of the signal that ended it."""
        return self._process.poll()

    def look_after(self) -> str | None:
        """Start it again when it has ended and its pause is over; give a sentence when something happened."""
        code = self._process.poll()
        if code is None:
            return None
        if self._again_at is None:
            lived = time.monotonic() - self._started_at
            self._pause = FIRST_PAUSE_SECONDS if lived > HEALTHY_SECONDS else self._pause
            self._again_at = time.monotonic() + self._pause
            return f"The {self.program.name} ended (exit code {code}); starting it again in {self._pause} s."
        if time.monotonic() < self._again_at:
            return None
        self._again_at = None
        self._pause = min(self._pause * 2, LONGEST_PAUSE_SECONDS)
        self._start()
        return f"The {self.program.name} was started again."

    def _start(self) -> None:
        self._started_at = time.monotonic()
        self._process = subprocess.Popen(  # noqa: S603 -- our own commands
            self.program.command, cwd=self._directory, stdin=subprocess.DEVNULL, start_new_session=True
        )


def end(children: Sequence[Child]) -> None:
    """Ask all children to end, wait for them together, and end those that do not."""
    running = [child for child in children if child.exit_code() is None]
    for child in running:
        _signal_group(child.trace().pid, signal.SIGTERM)
    deadline = time.monotonic() + END_TIMEOUT_SECONDS
    while any(child.exit_code() is None for child in running) and time.monotonic() < deadline:
        time.sleep(PAUSE_SECONDS)
    for child in running:
        while child.exit_code() is None:
            _signal_group(child.trace().pid, signal.SIGKILL)
            time.sleep(PAUSE_SECONDS)


def end_traced(traces: Sequence[Trace]) -> None:
    """End the children of a supervisor that was killed."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        left = [trace for trace in traces if trace.still_runs()]
        for trace in left:
            _signal_group(trace.pid, number)
        deadline = time.monotonic() + END_TIMEOUT_SECONDS
        while not all(trace.is_gone() for trace in left) and time.monotonic() < deadline:
            time.sleep(PAUSE_SECONDS)


def _signal_group(pid: int, number: signal.Signals) -> None:
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        return
