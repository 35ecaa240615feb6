"""The embedded server, really created, raced, killed and started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from segment_engine.errors import SettingsError, Unavailable
from segment_engine.postgres import binaries, local
from segment_engine.postgres.binaries import find_binaries
from segment_engine.postgres.cluster import Cluster
from segment_engine.postgres.local import LocalServer, is_running, start, stop
from segment_engine.postgres.throwaway import throwaway_server
from segment_engine.processes import command_line, dead_pid, is_alive
from segment_engine.settings import PROJECT_DIRECTORY

SOMEBODY = 54321
CAP_DAC_OVERRIDE = 2
START = """
import sys
from pathlib import Path
from segment_engine.postgres.local import start
print(start(Path(sys.argv[1]), durable=False).started_by_us)
"""
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to hand the server to another account")


@pytest.fixture
def data(tmp_path: Path) -> Generator[Path]:
    """Give a fresh data directory; whatever serves it at the end is stopped."""
    directory = tmp_path / "data"
    yield directory
    stop(directory)


def wait_until(condition: Callable[[], object], *, seconds: float = 60) -> None:
    """Look again and again until it is so."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        threading.Event().wait(0.002)


def ask(server: LocalServer, question: str) -> object:
    """Give the single value the server answers."""
    with connect(server) as connection:
        row = connection.execute(question.encode()).fetchone()
    assert row is not None
    return row[0]


def connect(server: LocalServer, **options: bool) -> psycopg.Connection[tuple[object, ...]]:
    """Connect as the administrator."""
    address = server.url(local.ADMINISTRATOR).replace("postgresql+psycopg:", "postgresql:")
    return psycopg.connect(address, **options)  # pyright: ignore[reportArgumentType] - any option


def starter(data: Path, **environment: str) -> subprocess.Popen[str]:
    """Start a process that starts the server, ready to be killed."""
    return subprocess.Popen(
        (sys.executable, "-c", START, str(data)),
        cwd=PROJECT_DIRECTORY,
        env={"PATH": os.defpath, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> str:
    """Wait for a process and give what it printed."""
    return process.communicate(timeout=100)[0].strip()


def serving_pid(data: Path) -> int:
    """Give the server's process, which must be there."""
    pid = Cluster(data.resolve()).serving_pid()
    assert pid is not None
    return pid


def test_created_adopted_and_stopped(data: Path) -> None:
    """The first start creates it all, the second adopts it, stopping ends it, and the data stays."""
    first = start(data, durable=False)
    assert first.started_by_us
    with connect(first) as connection:
        connection.execute("CREATE TABLE kept (number int)")
    adopted = start(data, durable=False)
    assert not adopted.started_by_us
    assert adopted.url("x") == first.url("x")
    stop(data)
    assert not is_running(data)
    stop(data)  # twice is once
    again = start(data, durable=False)
    assert again.started_by_us
    assert ask(again, "SELECT count(*) FROM kept") == 0


def test_stop_without_a_server(tmp_path: Path) -> None:
    """Stopping what never was is no error and creates nothing."""
    stop(tmp_path / "data")
    assert list(tmp_path.iterdir()) == []


def test_settings_of_the_server(data: Path) -> None:
    """The server has our settings: UTF-8 in code point order, UTC, no TCP, trust on the closed socket only."""
    server = start(data, durable=False)
    for name, value in local.SERVER_SETTINGS.items():
        assert ask(server, f"SHOW {name}") == value.replace("60s", "1min"), name
    assert ask(server, "SELECT 'a' < 'B'") is False
    assert ask(server, "SELECT upper('é')") == "É"
    assert ask(server, "SHOW server_encoding") == "UTF8"
    assert ask(server, "SELECT string_agg(type || auth_method, ',') FROM pg_hba_file_rules") == "localtrust"
    assert server.socket_directory.stat().st_mode & 0o777 == 0o700
    assert ask(server, "SHOW fsync") == "off"


def test_durable_unless_asked_otherwise(data: Path) -> None:
    """What the application starts survives a power cut."""
    server = start(data)
    assert [ask(server, f"SHOW {name}") for name in local.THROWAWAY_SETTINGS] == ["on", "on", "on"]


def test_cold_start_raced_by_eight(data: Path) -> None:
    """Eight processes that start at once get one server, and one of them knows it started it."""
    answers = [finish(process) for process in [starter(data) for _ in range(8)]]
    assert sorted(answers) == ["False"] * 7 + ["True"]
    assert list(data.glob(".postgres.new-*")) == []


@pytest.mark.parametrize(
    ("sign", "orphan"),
    [("postgresql.conf", "goes on"), ("global/pg_control", "is killed"), ("pg_hba.conf", "goes on")],
)
def test_killed_while_creating(data: Path, sign: str, orphan: str) -> None:
    """A start that is killed while the data is created leaves nothing that the next start trips over."""
    process = starter(data)
    wait_until(lambda: list(data.glob(f".postgres.new-*/{sign}")) or process.poll() is not None)
    process.kill()
    finish(process)
    if orphan == "is killed":
        for pid in orphans(data):
            os.kill(pid, signal.SIGKILL)
    server = start(data, durable=False)
    assert ask(server, "SELECT 1") == 1
    wait_until(lambda: not start(data).started_by_us and not list(data.glob(".postgres.new-*")))


def orphans(data: Path) -> list[int]:
    """Give the processes that work in the data directory; none where the system has no /proc."""
    found: list[int] = []
    for link in Path("/proc").glob("[0-9]*/cwd"):
        try:
            if link.readlink().is_relative_to(data):
                found.append(int(link.parent.name))
        except OSError:
            continue
    return found


def test_killed_while_starting(data: Path) -> None:
    """A start that is killed while the server comes up is followed by one that adopts or starts it."""
    start(data, durable=False)
    stop(data)
    process = starter(data)
    wait_until((data / "postgres/postmaster.pid").exists)
    process.kill()
    finish(process)
    assert ask(start(data, durable=False), "SELECT 1") == 1


def test_server_killed_under_load(data: Path) -> None:
    """After kill -9 of the server every row whose commit was answered is there."""
    server = start(data)
    answered: list[int] = []
    with connect(server, autocommit=True) as connection:
        connection.execute("CREATE TABLE load (number int)")

    def write() -> None:
        with connect(server, autocommit=True) as connection:
            try:
                for number in range(1_000_000):
                    connection.execute("INSERT INTO load VALUES (%s)", (number,))
                    answered.append(number)
            except psycopg.OperationalError:
                return

    writer = threading.Thread(target=write)
    writer.start()
    wait_until(lambda: len(answered) > 200)
    os.kill(serving_pid(data), signal.SIGKILL)
    writer.join()
    again = start(data)
    assert again.started_by_us
    with connect(again) as connection:
        kept = {number for (number,) in connection.execute("SELECT number FROM load")}
    assert kept >= set(answered)


@pytest.mark.parametrize("foreign", ["another process", "nobody"])
def test_pid_file_of_a_dead_server(data: Path, foreign: str) -> None:
    """A left pid file whose number is nobody's, or by now another process's, does not prevent the start."""
    start(data, durable=False)
    pid_file = data / "postgres/postmaster.pid"
    left = pid_file.read_text().partition("\n")[2]
    stop(data)
    pid = os.getpid() if foreign == "another process" else dead_pid()
    pid_file.write_text(f"{pid}\n{left}")
    pid_file.chmod(0o600)
    (data / "socket/.s.PGSQL.5432.lock").write_text(f"{pid}\n{left}")
    assert not is_running(data)
    assert start(data, durable=False).started_by_us


def test_lock_of_a_killed_process(data: Path) -> None:
    """Whoever is killed while starting or stopping holds up nobody: the kernel releases the lock."""
    data.mkdir()
    hold = (
        f"import fcntl, signal; file = open({str(data / 'postgres.lock')!r}, 'w'); fcntl.flock(file, fcntl.LOCK_EX)\n"
        "print(1, flush=True); signal.pause()"
    )
    with subprocess.Popen((sys.executable, "-c", hold), stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"1\n"
        waiting = starter(data)
        holder.kill()
    assert finish(waiting) == "True"


def test_output_is_no_pipe(data: Path) -> None:
    """The server keeps no pipe of its starter open, so that nobody waits for it to end."""
    process = starter(data)
    assert process.stdout is not None
    assert process.stdout.read() == "True\n"  # reads to the end, which comes although the server runs
    assert finish(process) == ""
    assert is_running(data)


def test_foreign_environment(data: Path) -> None:
    """The caller's locale and PostgreSQL variables change nothing; neither HOME nor a terminal is needed."""
    process = starter(data, LC_ALL="xx_XX.UTF-16", PGDATA="/nowhere", PGPORT="1", PGHOST="nowhere", TZ="Asia/Tokyo")
    assert finish(process) == "True"
    server = start(data, durable=False)
    assert ask(server, "SHOW port") == "5432"
    assert ask(server, "SHOW timezone") == "UTC"


@pytest.mark.parametrize("name", ["x" * 120, "a,b", "a b%c$d'e\"f:g\\ü`h`"], ids=["long", "comma", "odd"])
def test_any_path(tmp_path: Path, name: str) -> None:
    """A path too long for a socket, or with any sign in it, works and stays apart from others."""
    data = tmp_path / name
    try:
        server = start(data, durable=False)
        assert ask(server, "SHOW data_directory") == str(data / "postgres")
        assert len(os.fsencode(server.socket_directory / ".s.PGSQL.5432")) <= 103
        assert server.socket_directory.stat().st_mode & 0o777 == 0o700
        assert server.socket_directory != Cluster(tmp_path / f"{name}2").socket_directory
    finally:
        stop(data)
        if not (data / "socket").exists():
            Cluster(data).socket_directory.rmdir()


def test_unsafe_socket_directory(data: Path) -> None:
    """A socket folder that others may enter, or that only points elsewhere, is refused."""
    (data / "socket").mkdir(parents=True)
    (data / "socket").chmod(0o755)
    with pytest.raises(SettingsError, match="only the database's own account can enter"):
        start(data, durable=False)
    (data / "socket").rmdir()
    (data / "elsewhere").mkdir(mode=0o700)
    (data / "socket").symlink_to(data / "elsewhere")
    with pytest.raises(SettingsError, match=r"Remove it and start again\."):
        start(data, durable=False)


def test_data_of_another_version(data: Path) -> None:
    """Data of a version that is not installed is left alone, and the sentence says how to move it."""
    (data / "postgres").mkdir(parents=True)
    (data / "postgres/PG_VERSION").write_text("11\n")
    with pytest.raises(
        SettingsError, match=r"written by PostgreSQL 11; nothing was touched.*pg_dumpall.*psql"
    ) as raised:
        start(data)
    assert "PG_BINDIR" in str(raised.value)
    assert sorted(path.name for path in data.rglob("*")) == ["PG_VERSION", "postgres", "postgres.lock"]


def test_folder_of_somebody_else(data: Path) -> None:
    """A folder of that name without PostgreSQL's data is left alone."""
    (data / "postgres").mkdir(parents=True)
    (data / "postgres/diary.txt").write_text("mine")
    with pytest.raises(SettingsError, match="Nothing was touched"):
        start(data)
    assert (data / "postgres/diary.txt").read_text() == "mine"


def test_unusable_data_directory(tmp_path: Path) -> None:
    """A data directory that cannot be made is one sentence."""
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="set SEGMENT_ENGINE_DATA to another folder"):
        start(tmp_path / "file/data")


def test_server_that_does_not_come_up(data: Path) -> None:
    """When the server refuses to start, its own reason is in the sentence."""
    start(data, durable=False)
    stop(data)
    with (data / "postgres/postgresql.conf").open("a") as file:
        file.write("no_such_setting = 1\n")
    with pytest.raises(Unavailable, match="no_such_setting"):
        start(data, durable=False)


def test_no_postgres_found(tmp_path: Path) -> None:
    """Without usable programs the sentence lists what was looked at and the three ways out."""
    program = tmp_path / "postgres"
    program.write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 14.9'\n")
    program.chmod(0o755)
    with pytest.raises(SettingsError, match=r"PostgreSQL\) 14\.9.*make setup.*PG_BINDIR.*DATABASE_URL"):
        find_binaries(tmp_path)


@as_root
def test_root_hands_the_server_over(data: Path) -> None:
    """Started by root the server has no rights of root, except to enter folders where there is no other way."""
    start(data, durable=False)
    status = Path(f"/proc/{serving_pid(data)}/status").read_text()
    rights = int(status.partition("CapEff:")[2].split()[0], 16)
    assert rights & ~CAP_DAC_OVERRIDE == 0


@as_root
def test_root_without_namespaces_in_a_closed_folder(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Below a folder only root may enter, as /root is in containers, the other user is given that one right."""
    data.parent.chmod(0o700)
    with without_namespaces(monkeypatch):
        server = start(data, durable=False)
        assert (data / "postgres").stat().st_uid != 0
        assert ask(server, "SELECT 1") == 1
        stop(data)
        assert start(data, durable=False).started_by_us


@contextmanager
def without_namespaces(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """Behave as on a system that forbids user namespaces, as most containers do."""
    with monkeypatch.context() as patch:
        patch.setattr(binaries, "NAMESPACE", ("false",))
        yield


@as_root
def test_root_without_namespaces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where namespaces are forbidden root drops to another user, who keeps the data from then on."""
    with without_namespaces(monkeypatch), throwaway_server() as server:
        owner = (server.data_directory / "postgres").stat().st_uid
        assert owner != 0
        assert f"Uid:\t{owner}\t" in Path(f"/proc/{serving_pid(server.data_directory)}/status").read_text()
        monkeypatch.undo()
        stop(server.data_directory)
        assert start(server.data_directory, durable=False).started_by_us
        assert f"Uid:\t{owner}\t" in Path(f"/proc/{serving_pid(server.data_directory)}/status").read_text()


@as_root
def test_root_with_nobody_to_hand_it_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no other account reaches the data directory, one sentence says what to do."""
    tmp_path.chmod(0o700)
    monkeypatch.setattr(binaries, "REACH", ("false",))
    with (
        without_namespaces(monkeypatch),
        pytest.raises(SettingsError, match=r"refuses to run as root.*SEGMENT_ENGINE_DATA"),
    ):
        start(tmp_path / "data")


@as_root
def test_cluster_of_another_user() -> None:
    """An ordinary user is told whose data it is instead of meeting a permission error of PostgreSQL."""
    with throwaway_server() as server:
        data = server.data_directory
        owner = (data / "postgres").stat().st_uid
        with pytest.raises(SettingsError, match=r"cannot be used.*postgres\.lock"), as_somebody():
            start(data)
        for path in (data, data / "postgres.lock"):
            os.chown(path, SOMEBODY, SOMEBODY)
        with pytest.raises(SettingsError, match=rf"belongs to another user \(number {owner}\)"), as_somebody():
            start(data)


@contextmanager
def as_somebody() -> Generator[None]:
    """Do something without the rights of root."""
    os.seteuid(SOMEBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_throwaway_server_is_gone() -> None:
    """A throwaway server and its files are gone after the block, also after an error in it."""
    seen: list[tuple[int, Path]] = []

    def fail() -> None:
        with throwaway_server() as server:
            seen.append((serving_pid(server.data_directory), server.data_directory))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    [(pid, directory)] = seen
    assert not is_alive(pid)
    assert not directory.parent.exists()


def test_throwaway_server_of_a_killed_run() -> None:
    """The server of a killed test run is stopped and removed by the next one, a living run's is not."""
    code = (
        "import os\nfrom segment_engine.postgres.throwaway import throwaway_server\n"
        "with throwaway_server() as server:\n    print(server.data_directory, flush=True)\n    os.kill(os.getpid(), 9)"
    )
    killed = subprocess.run(
        (sys.executable, "-c", code), cwd=PROJECT_DIRECTORY, stdout=subprocess.PIPE, text=True, check=False
    )
    left = Path(killed.stdout.strip())
    with throwaway_server() as living:
        assert not left.parent.exists()
        assert not is_running(left)
        with throwaway_server() as another:
            assert is_running(living.data_directory)
            assert another.data_directory != living.data_directory


def test_processes_are_looked_at(data: Path) -> None:
    """A process that ended but was not collected counts as dead, and a server is known by its command."""
    with subprocess.Popen(("true",)) as child:
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert not is_alive(child.pid)
    assert is_alive(os.getpid())
    assert is_alive(1)
    start(data, durable=False)
    assert "postgres" in command_line(serving_pid(data))
