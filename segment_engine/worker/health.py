"""Answers of a worker to whoever watches it: does it live, can it work, and its figures, over HTTP."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from socket import AF_INET, AF_INET6

from segment_engine.db import metrics as figures
from segment_engine.db.migrate import migrations
from segment_engine.db.session import Database
from segment_engine.errors import SegmentEngineError, SettingsError
from segment_engine.logs import note_incident
from segment_engine.worker.metrics import WorkerMetrics

TEXT = "text/plain; charset=utf-8"
PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
Answer = tuple[HTTPStatus, str, bytes]


def ready(database: Database) -> tuple[bool, str]:
    """Tell whether a worker can work: the database answers, and its schema is the one this program knows."""
    try:
        with database.transaction(read_only=True) as transaction:
            applied = figures.applied(transaction)
    except SegmentEngineError as error:
        return False, str(error)
    if applied != len(migrations()):
        return False, "The schema is not the one of this version. Run `python -m segment_engine db upgrade`."
    return True, "ready"


@contextmanager
def answering(database: Database, metrics: WorkerMetrics, *, port: int, address: str) -> Generator[int | None]:
    """Answer /healthz, /readyz and /metrics while the block lasts; gives the port, None where port 0 says not to.

    Raises: SettingsError when the port is taken or the address is not this computer's.
    """
    if not port:
        yield None
        return
    with serving(database, metrics, port=port, address=address) as opened:
        yield opened


@contextmanager
def serving(database: Database, metrics: WorkerMetrics, *, port: int, address: str) -> Generator[int]:
    """The same at any port, also one that the system chooses for 0."""
    answers: dict[str, Callable[[], Answer]] = {
        "/healthz": lambda: _healthz(metrics),
        "/readyz": lambda: _readyz(database),
        "/metrics": lambda: (HTTPStatus.OK, PROMETHEUS, metrics.text(database)),
    }

    handler = _handler(answers)
    try:
        server = _server(handler, address, port)
    except OSError as error:
        sentence = f"The figures of the worker cannot be served on {address}, port {port}: {error.strerror}."
        raise SettingsError(f"{sentence} Choose another with SEGMENT_ENGINE_METRICS_PORT or --metrics-port.") from error
    thread = threading.Thread(target=server.serve_forever, name="health", daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()


def _handler(answers: Mapping[str, Callable[[], Answer]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """Answers three addresses and nothing else."""

        timeout = 10

        def do_GET(self) -> None:
            """Answer one question."""
            status, kind, body = _answered(answers.get(self.path.partition("?")[0], _nothing))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def version_string(self) -> str:
            """Say nothing of versions."""
            return "segment-engine"

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the library
            """Write no line for every question."""

    return Handler


def _answered(answer: Callable[[], Answer]) -> Answer:
    try:
        return answer()
    except Exception as error:  # noqa: BLE001 - whoever watches gets an answer, and the log has the reason
        incident = note_incident(error, "the answer to whoever watches this worker")
        return HTTPStatus.INTERNAL_SERVER_ERROR, TEXT, f"incident {incident}\n".encode()


def _server(handler: type[BaseHTTPRequestHandler], address: str, port: int) -> ThreadingHTTPServer:
    class Server(ThreadingHTTPServer):
        """A server on an address of either kind."""

        address_family = AF_INET6 if ip_address(address).version == 6 else AF_INET  # noqa: PLR2004 - of addresses
        daemon_threads = True

    return Server((address, port), handler)


def _healthz(metrics: WorkerMetrics) -> Answer:
    hanging = metrics.hanging()
    if hanging:
        return HTTPStatus.SERVICE_UNAVAILABLE, TEXT, f"hanging: {', '.join(hanging)}\n".encode()
    return HTTPStatus.OK, TEXT, b"alive\n"


def _readyz(database: Database) -> Answer:
    fine, sentence = ready(database)
    return HTTPStatus.OK if fine else HTTPStatus.SERVICE_UNAVAILABLE, TEXT, f"{sentence}\n".encode()


def _nothing() -> Answer:
    return HTTPStatus.NOT_FOUND, TEXT, b"There are /healthz, /readyz and /metrics.\n"
