"""What `make run` starts, really started, killed and stopped; small programs stand for the worker and the pages."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from segment_engine import supervised
from segment_engine.postgres.local import is_running, start, stop
from segment_engine.processes import is_alive
from segment_engine.settings import PROJECT_DIRECTORY, load_settings
from segment_engine.supervise import plan_of
from segment_engine.supervised import Child, Program, end

SUPERVISOR = """
import sys
from pathlib import Path
from segment_engine.settings import load_settings
from segment_engine.supervise import Plan, run_plan
from segment_engine.supervised import Program
here = Path(sys.argv[1])
def program(name):
    return Program(name, (sys.executable, str(here / "stand_in.py"), name, *sys.argv[1:3]))
steps = (program("first"), program("second"))
plan = Plan(directory=here, first=steps, worker=program("worker"), pages=program("pages"))
sys.exit(run_plan(load_settings(), plan))
"""
# Each writes a line when it starts and, as far as it is asked politely, one when it ends, saying whether the database
# was still there then.
STAND_IN = """
import http.server, os, pathlib, signal, sys
name, here, port = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3])
def note(word):
    with (here / "diary.txt").open("a") as diary:
        diary.write(f"{name} {word} {os.getpid()} {(here / 'data/socket/.s.PGSQL.5432').exists()}\\n")
def finish(number, frame):
    note("ends")
    os._exit(0)
signal.signal(signal.SIGTERM, finish)
note("starts")
if (here / f"{name}.fails").exists():
    sys.exit(7)
if name == "pages":
    class Health(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path == "/_stcore/health" else 404)
            self.end_headers()
        def log_message(self, *words): pass
    http.server.HTTPServer(("localhost", port), Health).serve_forever()
if name == "worker":
    signal.pause()
"""


def wait_until(condition: Callable[[], object], *, seconds: float = 60) -> None:
    """Look again and again until it is so."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        threading.Event().wait(0.01)


def free_port() -> int:
    """Give a port nobody uses."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Supervising:
    """A running supervisor. It speaks into a file: its children share that, and a pipe would stay open with them."""

    process: subprocess.Popen[bytes]
    output: Path

    def ready(self) -> str:
        """Wait until it says it is ready; give that line."""
        wait_until(lambda: "\nReady" in f"\n{self.output.read_text()}" or self.process.poll() is not None, seconds=200)
        said = self.output.read_text()
        found = re.search("^Ready.*", said, re.MULTILINE)
        assert found is not None, said
        return found[0]

    def finish(self, number: signal.Signals | None = None) -> tuple[int, str]:
        """Send a signal, wait for the end, and give the exit code and all that was said."""
        if number is not None:
            self.process.send_signal(number)
        return self.process.wait(timeout=100), self.output.read_text()


@dataclass
class Home:
    """One place to supervise in, and what was started there."""

    directory: Path
    port: int = field(default_factory=free_port)
    started: list[Supervising] = field(default_factory=list[Supervising])

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.directory / "data"

    def supervise(self, **environment: str) -> Supervising:
        """Start a supervisor."""
        return self.launch("-c", SUPERVISOR, str(self.directory), str(self.port), **environment)

    def launch(self, *arguments: str, **environment: str) -> Supervising:
        """Start Python in this place; without HOME and without a terminal."""
        own = {"PATH": os.defpath, "SEGMENT_ENGINE_DATA": str(self.data), "SEGMENT_ENGINE_PORT": str(self.port)}
        path = self.directory / f"output-{len(self.started)}.txt"
        with path.open("wb") as output:
            process = subprocess.Popen(
                (sys.executable, *arguments),
                cwd=PROJECT_DIRECTORY,
                env={**own, **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        self.started.append(Supervising(process, path))
        return self.started[-1]

    def diary(self, pattern: str) -> list[int]:
        """Give the process ids of the diary's lines that fit."""
        file = self.directory / "diary.txt"
        lines = file.read_text().splitlines() if file.exists() else []
        return [int(line.split()[2]) for line in lines if re.fullmatch(pattern, line)]

    def words(self) -> list[str]:
        """Give the diary without process ids."""
        return [re.sub(r" \d+", "", line) for line in (self.directory / "diary.txt").read_text().splitlines()]


@pytest.fixture(scope="module")
def finished_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a data directory whose cluster is created and stopped, to be copied."""
    directory = tmp_path_factory.mktemp("finished") / "data"
    start(directory, durable=False)
    stop(directory)
    return directory


@pytest.fixture
def home(tmp_path: Path, finished_data: Path) -> Generator[Home]:
    """Give a place; whatever still runs there at the end is ended."""
    (tmp_path / "stand_in.py").write_text(STAND_IN)
    place = Home(tmp_path)
    subprocess.run(("cp", "-a", str(finished_data), str(place.data)), check=True)
    (place.data / "postgres.log").unlink()
    yield place
    for supervising in place.started:
        supervising.process.kill()
        supervising.process.wait()
    for pid in place.diary(r"\w+ starts .*"):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    stop(place.data)


@pytest.fixture
def heard() -> Generator[None]:
    """A hang-up reaches what is started here, also where the tests themselves were told to outlive one (nohup)."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_started_and_stopped_in_order(home: Home, number: signal.Signals) -> None:
    """Everything starts in order and says where it is; a signal stops the children first, then the server."""
    process = home.supervise()
    assert f"http://localhost:{home.port}" in process.ready()
    assert is_running(home.data)
    code, said = process.finish(number)
    assert (code, said.splitlines()[-1]) == (0, "Stopping.")
    assert not is_running(home.data)
    assert home.words()[:2] == ["first starts True", "second starts True"]
    assert sorted(home.words()[2:4]) == ["pages starts True", "worker starts True"]
    assert sorted(home.words()[4:]) == ["pages ends True", "worker ends True"]
    assert not any(is_alive(pid) for pid in home.diary(r"\w+ starts .*"))


@pytest.mark.parametrize("name", ["worker", "pages"])
def test_child_that_dies_is_started_again(home: Home, name: str) -> None:
    """A worker or the pages, killed, come back; the person is told both times."""
    process = home.supervise()
    process.ready()
    [first] = home.diary(f"{name} starts .*")
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: len(home.diary(f"{name} starts .*")) == 2)
    code, said = process.finish(signal.SIGINT)
    assert code == 0
    assert re.search(
        rf"The {name} ended \(exit code -9\); starting it again in 1 s\.\nThe {name} was started again\.", said
    )


def test_server_that_dies_is_started_again(home: Home) -> None:
    """PostgreSQL, killed, is back without anybody's help, and still stopped at the end."""
    process = home.supervise()
    process.ready()
    pid_file = home.data / "postgres/postmaster.pid"
    first = int(pid_file.read_text().split()[0])
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: pid_file.exists() and pid_file.read_text().split()[:1] not in ([], [str(first)]))
    assert process.finish(signal.SIGINT)[0] == 0
    assert not is_running(home.data)


def test_supervisor_killed(home: Home) -> None:
    """After kill -9 of the supervisor the next one ends its children, adopts its server, and stops that at the end."""
    process = home.supervise()
    process.ready()
    old = home.diary("(worker|pages) starts .*")
    server = (home.data / "postgres/postmaster.pid").read_text()
    process.finish(signal.SIGKILL)
    assert all(is_alive(pid) for pid in old)
    again = home.supervise()
    again.ready()
    assert not any(is_alive(pid) for pid in old)
    assert len(home.diary("(worker|pages) ends .*")) == 2
    assert (home.data / "postgres/postmaster.pid").read_text().split()[:3] == server.split()[:3]
    assert again.finish(signal.SIGINT)[0] == 0
    assert not is_running(home.data)


def test_server_of_somebody_else_is_left_running(home: Home) -> None:
    """A server that ran before is used and not stopped."""
    start(home.data, durable=False)
    process = home.supervise()
    process.ready()
    assert process.finish(signal.SIGINT)[0] == 0
    assert is_running(home.data)


def test_database_url_replaces_the_server(home: Home) -> None:
    """With DATABASE_URL no server is started."""
    process = home.supervise(DATABASE_URL="postgresql://owner@db.example.org/segments")
    process.ready()
    assert process.finish(signal.SIGINT)[0] == 0
    assert not (home.data / "postgres.log").exists()


def test_port_in_use(home: Home) -> None:
    """A port that another program uses is one sentence with the way out, before anything is started."""
    with socket.socket() as other:
        other.bind(("localhost", home.port))
        other.listen()
        code, said = home.supervise().finish()
    assert code == 1
    assert re.fullmatch(rf"Port {home.port} cannot be used .* SEGMENT_ENGINE_PORT={home.port + 1} make run\n", said)
    assert not (home.data / "postgres.log").exists()


def test_second_supervisor(home: Home) -> None:
    """A second one on the same data says where the first is, and disturbs nothing."""
    process = home.supervise()
    process.ready()
    code, said = home.supervise().finish()
    assert code == 1
    assert said.startswith("The application runs already from")
    assert f"http://localhost:{home.port}" in said
    assert process.finish(signal.SIGINT)[0] == 0
    assert len(home.diary("worker starts .*")) == 1


@pytest.mark.parametrize(
    ("name", "sentence"), [("second", "The second failed"), ("pages", "The application does not answer")]
)
def test_step_that_fails(home: Home, name: str, sentence: str) -> None:
    """When a step fails nothing runs on, the server is stopped, and the sentence says which step."""
    (home.directory / f"{name}.fails").touch()
    code, said = home.supervise().finish()
    assert code == 1
    assert said.splitlines()[-1].startswith(sentence)
    assert not is_running(home.data)
    assert not any(is_alive(pid) for pid in home.diary(r"\w+ starts .*"))


def test_stopped_while_starting(home: Home) -> None:
    """Ctrl-C in the middle of the start also leaves nothing behind."""
    process = home.supervise()
    wait_until((home.data / "postgres/postmaster.pid").exists)
    code, said = process.finish(signal.SIGINT)
    assert code == 0
    assert "Ready" not in said
    assert not is_running(home.data)
    assert not any(is_alive(pid) for pid in home.diary(r"\w+ starts .*"))


def test_wrong_settings(home: Home) -> None:
    """A wrong setting is a sentence and exit code 2, never a traceback."""
    code, said = home.launch("-m", "segment_engine.supervise", SEGMENT_ENGINE_PORT="eighty").finish()
    assert code == 2
    assert said.startswith("SEGMENT_ENGINE_PORT")
    assert "Traceback" not in said


def test_child_that_will_not_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A child that ignores the request is killed, with whatever it started."""
    monkeypatch.setattr(supervised, "END_TIMEOUT_SECONDS", 0.2)
    deaf = Program("deaf", ("sh", "-c", "trap '' TERM; echo $$ > started; while :; do read line; done < /dev/zero"))
    child = Child(deaf, directory=tmp_path)
    wait_until((tmp_path / "started").exists)
    end([child])
    assert child.exit_code() == -signal.SIGKILL


def test_pauses_grow(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A program that ends again and again is started after longer and longer pauses, up to a limit."""
    monkeypatch.setattr(supervised, "FIRST_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(supervised, "LONGEST_PAUSE_SECONDS", 0.03)
    child = Child(Program("brief", ("false",)), directory=tmp_path)
    said: list[str] = []
    wait_until(lambda: said.append(child.look_after() or "") or sum("again in" in line for line in said) == 4)
    assert [line.split()[-2] for line in said if "again in" in line] == ["0.01", "0.02", "0.03", "0.03"]


def test_plan_of_the_application() -> None:
    """The real plan listens on this computer only, at the chosen port, and prepares the database first."""
    plan = plan_of(load_settings({"SEGMENT_ENGINE_PORT": "8765"}))
    assert [program.command[3:] for program in plan.first] == [("db", "upgrade"), ("demo", "--if-empty")]
    assert plan.worker.command[1:] == ("-m", "segment_engine", "worker")
    assert {"--server.address=localhost", "--server.port=8765"} <= set(plan.pages.command)


@pytest.mark.timeout(300)
def test_the_real_application(home: Home) -> None:
    """`make run` brings up the real database, demo, worker and pages; a second start is quick and keeps the data."""
    for _ in range(2):
        process = home.launch("-m", "segment_engine.supervise")
        process.ready()
        connection = http.client.HTTPConnection("localhost", home.port, timeout=10)
        connection.request("GET", "/")
        assert connection.getresponse().status == http.HTTPStatus.OK
        connection.close()
        assert process.finish(signal.SIGINT)[0] == 0
        assert not is_running(home.data)
