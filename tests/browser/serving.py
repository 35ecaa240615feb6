"""Starts the real server and a real worker on a database, and ends them; and waits until a page has settled."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
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
def running(arguments: Sequence[str], *, database_url: str) -> Generator[subprocess.Popen[bytes]]:
    """Run a program of ours on a database, and end it with everything it started."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("SEGMENT_ENGINE_", "PG"))}
    process = subprocess.Popen(
        (sys.executable, "-m", *arguments), cwd=PROJECT, env=environment | {"DATABASE_URL": database_url},
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
def serving(database_url: str, *options: str) -> Generator[str]:
    """Run the pages on a free port of this computer; gives their address."""
    port = _free_port()
    arguments = ("streamlit", "run", "app.py", f"--server.port={port}", "--server.headless=true", *options)
    with running(arguments, database_url=database_url) as process:
        deadline = time.monotonic() + START_SECONDS
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("The pages did not start; run “streamlit run app.py” to see why.")
            time.sleep(0.1)
        yield f"http://localhost:{port}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("localhost", port, timeout=2)
    try:
        connection.request("GET", "/_stcore/health")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()
