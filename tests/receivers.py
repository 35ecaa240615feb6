"""Real servers on this computer that receive what is sent: mail through SMTP, webhooks through HTTP."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class Mailbox:
    """What a mail server was given, and how it answers: `answers` are taken one by one, then everything is accepted."""

    port: int = 0
    answers: list[str] = field(default_factory=list[str])
    letters: list[EmailMessage] = field(default_factory=list[EmailMessage])
    recipients: list[list[str]] = field(default_factory=list[list[str]])
    encrypted: list[bool] = field(default_factory=list[bool])

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - its name in aiosmtpd
        """Keep a letter, or refuse it."""
        if self.answers and (answer := self.answers.pop(0)):
            return answer
        content = cast("bytes", envelope.content)
        self.letters.append(message_from_bytes(content, _class=EmailMessage, policy=policy.default))
        self.recipients.append([str(each) for each in envelope.rcpt_tos])
        self.encrypted.append(session.ssl is not None)
        return "250 kept"


class _OnAnyPort(Controller):
    """A controller that takes the port which the system gave it."""

    def _trigger_server(self) -> None:
        server: Any = self.server
        self.port = int(server.sockets[0].getsockname()[1])
        super()._trigger_server()


@contextmanager
def mail_server(
    *, login: tuple[str, str] | None = None, tls: ssl.SSLContext | None = None, at_once: bool = False
) -> Generator[Mailbox]:
    """Run a mail server on a free port; with `login` it demands one, with `tls` it offers STARTTLS, or begins so."""
    box = Mailbox()

    def authenticator(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        fine = isinstance(given, LoginPassword) and login is not None and given == LoginPassword(
            login[0].encode(), login[1].encode()
        )  # fmt: skip
        return AuthResult(success=fine, handled=False)

    later = None if at_once else tls
    controller = _OnAnyPort(
        box, hostname="127.0.0.1", port=0, tls_context=later, require_starttls=later is not None,
        auth_required=login is not None, auth_require_tls=later is not None,
        authenticator=None if login is None else authenticator, ssl_context=tls if at_once else None,
    )  # fmt: skip
    controller.start()
    try:
        box.port = controller.port
        yield box
    finally:
        controller.stop()


@dataclass
class Received:
    """One request as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Hook:
    """A receiver of webhooks: `answers` are statuses taken one by one, then 204. It keeps every request."""

    port: int
    answers: list[int] = field(default_factory=list[int])
    requests: list[Received] = field(default_factory=list[Received])
    location: str | None = None
    drips: bool = False

    @property
    def url(self) -> str:
        """The address of the receiver."""
        return f"http://127.0.0.1:{self.port}/hooks/one"


@contextmanager
def http_server(*, tls: ssl.SSLContext | None = None) -> Generator[Hook]:
    """Run a receiver of webhooks on a free port."""
    hook = Hook(0)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            hook.requests.append(Received(self.path, headers, self.rfile.read(int(headers["content-length"]))))
            if hook.drips:
                self._drip()
                return
            self.send_response(hook.answers.pop(0) if hook.answers else 204)
            if hook.location:
                self.send_header("Location", hook.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def _drip(self) -> None:
            """Begin a header that never ends, until the other side has gone."""
            pause = threading.Event()
            with suppress(OSError):
                self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Endless: ")
                while not pause.wait(0.01):
                    self.wfile.write(b"a")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the library
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    hook.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield hook
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def certificate(folder: Path, names: Sequence[str]) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Make a certificate for these names, and give the contexts of a server that has it and a client that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    alternatives: list[x509.GeneralName] = [
        x509.IPAddress(ipaddress.ip_address(each)) if each[0].isdigit() else x509.DNSName(each) for each in names
    ]
    start = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(start).not_valid_after(start.replace(year=2100))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    form = serialization.PrivateFormat.PKCS8
    (folder / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    (folder / "certificate.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return server, ssl.create_default_context(cafile=str(folder / "certificate.pem"))
