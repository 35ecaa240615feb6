"""Starts the real server and a real worker on a database, and ends them; and waits until a page has settled."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page

PROJECT = Path(__file__).resolve().parents[2]
START_SECONDS = 60
STOP_SECONDS = 10
# Streamlit says on its root element whether a run is under way; a page has settled when nothing has moved for a moment.
_SETTLED = """quiet => {
  const app = document.querySelector('[data-testid=stApp]');
  const calm = app?.dataset.testScriptState === 'notRunning' && app.dataset.testConnectionState === 'CONNECTED'
    && !document.querySelector('[data-stale=true]');
  const now = performance.now();
  if (!calm) { window.__calmSince = null; return false }
  window.__calmSince ??= now;
  return now - window.__calmSince > quiet
}"""


def settle(page: Page, *, quiet: int = 200) -> None:
    """Wait until no run is under way and everything drawn is current."""
    page.wait_for_function(_SETTLED, arg=quiet, timeout=30_000)


@contextmanager
def running(
    arguments: Sequence[str], *, database_url: str, environment: Mapping[str, str] | None = None
) -> Generator[subprocess.Popen[bytes]]:
    """Run a program of ours on a database, and end it with everything it started."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("SEGMENT_ENGINE_", "PG"))}
    process = subprocess.Popen(
        (sys.executable, "-m", *arguments), cwd=PROJECT,
        env=inherited | {"DATABASE_URL": database_url} | dict(environment or {}),
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextmanager
def serving(
    database_url: str, *options: str, port: int | None = None, environment: Mapping[str, str] | None = None,
    script: str = "app.py",
) -> Generator[str]:  # fmt: skip
    """Run the pages, or another script, on a free port of this computer; gives their address."""
    chosen = free_port() if port is None else port
    arguments = ("streamlit", "run", script, f"--server.port={chosen}", "--server.headless=true", *options)
    with running(arguments, database_url=database_url, environment=environment) as process:
        wait_for(chosen, "/_stcore/health", process)
        yield f"http://localhost:{chosen}"


def wait_for(port: int, path: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until a server answers. Raises: RuntimeError when it ends instead."""
    deadline = time.monotonic() + START_SECONDS
    while not _answers(port, path):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("The server did not start; run it by hand to see why: “streamlit run app.py”.")
        time.sleep(0.1)


def free_port() -> int:
    """Find a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("localhost", port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()
