"""What `make run` starts: the database, its migrations, the demo, a worker and the pages; and what stops all of it.

One supervisor per data directory. It may be killed at any point: the next one ends what was left and adopts the server.
"""

from __future__ import annotations

import http.client
import json
import math
import signal
import socket
import sys
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType

from segment_engine.errors import SegmentEngineError, SettingsError, Unavailable
from segment_engine.postgres import local
from segment_engine.processes import only_one
from segment_engine.settings import PROJECT_DIRECTORY, Settings, load_settings
from segment_engine.supervised import Child, Program, Trace, end, end_traced

TICK_SECONDS = 0.2
PATIENCE_SECONDS = 4
APP_TIMEOUT_SECONDS = 120
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is run once before, in this order, and what is kept running; the pages come last and answer for health."""

    directory: Path
    first: tuple[Program, ...]
    worker: Program
    pages: Program


class _StopRequested(Exception):
    """Somebody pressed Ctrl-C or ended this process politely."""


def plan_of(settings: Settings) -> Plan:
    """Write down the commands of this application."""
    engine = (sys.executable, "-m", "segment_engine")
    streamlit = (sys.executable, "-m", "streamlit", "run", "app.py", "--server.address=localhost")
    options = (f"--server.port={settings.app_port}", "--server.headless=true", "--logger.hideWelcomeMessage=true")
    return Plan(
        directory=PROJECT_DIRECTORY,
        first=(
            Program("preparation of the database", (*engine, "db", "upgrade")),
            Program("loading of the demo", (*engine, "demo", "--if-empty")),
        ),
        worker=Program("worker", (*engine, "worker")),
        pages=Program("application", (*streamlit, *options)),
    )


class Supervisor:
    """Runs a plan until it is asked to stop."""

    def __init__(self, settings: Settings, plan: Plan) -> None:
        self._settings = settings
        self._plan = plan
        self._children: list[Child] = []
        self._database_is_ours = False
        self._stop = threading.Event()
        self._ending = False
        self._record = settings.data_directory / "supervised.json"

    def run(self) -> None:
        """Start everything, say where it is, keep it running, and stop it in the opposite order.

        Raises: SegmentEngineError with a sentence when something cannot be started; nothing of ours runs on then.
        """
        self._settings.data_directory.mkdir(mode=0o711, parents=True, exist_ok=True)
        taken = (
            f"The application runs already from {self._settings.data_directory}; open {self._address()}, "
            "or stop that one first."
        )
        with only_one(self._settings.data_directory / "supervise.lock", timeout_seconds=0, sentence=taken):
            self._take_over()
            _require_free_port(self._settings.app_port)
            try:
                self._start()
                _say(f"Ready: open {self._address()} in your browser. Ctrl-C stops everything.")
                self._watch()
            except _StopRequested:
                _say("Stopping.")
            finally:
                self._end()

    def request_stop(self, _number: int = 0, _frame: FrameType | None = None) -> None:
        """Ask for the end; also the handler of the stop signals. Asked twice, it also breaks off a long wait."""
        if self._stop.is_set() and not self._ending:
            raise _StopRequested
        self._stop.set()

    def _address(self) -> str:
        return f"http://localhost:{self._settings.app_port}"

    def _start(self) -> None:
        self._look_after_database()
        for program in self._plan.first:
            self._run_once(program)
        self._add(self._plan.worker)
        pages = self._add(self._plan.pages)
        deadline = time.monotonic() + APP_TIMEOUT_SECONDS
        while not _answers(self._settings.app_port):
            if pages.exit_code() is not None or time.monotonic() > deadline:
                raise Unavailable(
                    "The application does not answer; its own message stands above. Correct that and start again."
                )
            self._pause()

    def _watch(self) -> None:
        """Start again whatever ends."""
        while True:
            self._pause()
            for child in self._children:
                sentence = child.look_after()
                if sentence is not None:
                    _say(sentence)
                    self._write_record()
            self._look_after_database()

    def _look_after_database(self) -> None:
        """Start the embedded server when it does not run; a server of your own is your own."""
        directory = self._settings.data_directory
        if self._settings.database_url is not None or local.is_running(directory):
            return
        _say(f"Starting PostgreSQL in {directory}.")
        self._database_is_ours = True
        self._write_record()
        local.start(directory, binaries=self._settings.postgres_binaries)

    def _run_once(self, program: Program) -> None:
        """Run a program to its end; when asked to stop, end it too."""
        child = Child(program, directory=self._plan.directory)
        patience = time.monotonic() + PATIENCE_SECONDS
        try:
            while (code := child.exit_code()) is None:
                if time.monotonic() > patience:
                    _say(f"The {program.name} takes a moment, the first time only.")
                    patience = math.inf
                self._pause()
        finally:
            end([child])
        if code != 0:
            raise Unavailable(f"The {program.name} failed; its own message stands above. Correct that and start again.")

    def _add(self, program: Program) -> Child:
        child = Child(program, directory=self._plan.directory)
        self._children.append(child)
        self._write_record()
        return child

    def _pause(self) -> None:
        if self._stop.wait(TICK_SECONDS):
            raise _StopRequested

    def _take_over(self) -> None:
        """End the children of a supervisor that was killed, and inherit its server."""
        try:
            written = json.loads(self._record.read_text())
            traces = [Trace(**trace) for trace in written["children"]]
            self._database_is_ours = bool(written["database_is_ours"])
        except (OSError, ValueError, KeyError, TypeError):
            return  # no record, or one that was cut off while being written
        end_traced(traces)

    def _write_record(self) -> None:
        traces = [asdict(child.trace()) for child in self._children if child.exit_code() is None]
        self._record.write_text(json.dumps({"children": traces, "database_is_ours": self._database_is_ours}))

    def _end(self) -> None:
        """Children first, so that none meets a database that is gone; then the server, if it is ours."""
        self._ending = True
        end(self._children)
        if self._database_is_ours:
            local.stop(self._settings.data_directory)
        self._record.unlink(missing_ok=True)


def _answers(port: int) -> bool:
    """Ask the pages whether they are ready."""
    connection = http.client.HTTPConnection("localhost", port, timeout=2)
    try:
        connection.request("GET", "/_stcore/health")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _require_free_port(port: int) -> None:
    """Refuse a port another program listens on; Streamlit would say so less clearly, and after the migrations."""
    for family, kind, protocol, _, address in socket.getaddrinfo("localhost", port, type=socket.SOCK_STREAM):
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(address)
            except OSError as error:
                raise Unavailable(
                    f"Port {port} cannot be used ({error.strerror}): another program listens there, or it is reserved. "
                    f"Stop that program, or choose another port: SEGMENT_ENGINE_PORT={port + 1} make run"
                ) from error


def _say(sentence: str) -> None:
    """Tell the person at the terminal, at once."""
    sys.stdout.write(sentence + "\n")
    sys.stdout.flush()


def run_plan(settings: Settings, plan: Plan) -> int:
    """Run until a signal asks to stop; give the exit code: 0 after that, 1 when something cannot run, 2 by settings."""
    supervisor = Supervisor(settings, plan)
    for number in STOP_SIGNALS:
        # A program started by `nohup` is meant to outlive its terminal.
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, supervisor.request_stop)
    try:
        supervisor.run()
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except SegmentEngineError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def main() -> int:
    """Run the application; exit code 2 when its settings are wrong."""
    try:
        settings = load_settings()
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return run_plan(settings, plan_of(settings))


if __name__ == "__main__":
    sys.exit(main())
