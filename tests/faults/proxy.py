"""A way to the server that loses the answer to a COMMIT, or the COMMIT itself, of the transaction one waits for."""

from __future__ import annotations

import socket
import struct
import tempfile
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import make_url

SOCKET = ".s.PGSQL.5432"
_LENGTH = struct.Struct("!I")


class Proxy:
    """Hands on everything between clients and the server, message by message, until it is to lose one."""

    def __init__(self, folder: Path, server: Path) -> None:
        self._server = server / SOCKET
        self._folder = folder
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / SOCKET))
        self._listener.listen()
        self._marker, self._happens = b"", False
        self.cuts = 0
        self._frozen = False
        self._visits: list[_Visit] = []
        self._door = threading.Thread(target=self._welcome, name="proxy", daemon=True)
        self._door.start()

    def url(self, url: str) -> str:
        """Give an address of the server, by way of this."""
        return make_url(url).update_query_dict({"host": str(self._folder)}).render_as_string(hide_password=False)

    def cut(self, marker: str, *, happens: bool) -> None:
        """Break the connection at the next COMMIT of a transaction with this text: it happens, or it does not."""
        self._marker, self._happens = marker.encode(), happens

    def freeze(self, *, for_all: bool = False) -> None:
        """Hand on nothing more for whoever is here now, and break nothing off; `for_all` who will come, too."""
        self._frozen = for_all
        for visit in self._visits:
            visit.frozen.set()

    def close(self) -> None:
        """Let nobody in any more, and end what is left."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._door.join()
        for visit in self._visits:
            visit.end()

    def verdict(self, said: bytes) -> bool | None:
        """Say whether a COMMIT of a transaction that said this goes through all the same; None to leave it alone."""
        if not self._marker or self._marker not in said:
            return None
        self._marker = b""
        self.cuts += 1
        return self._happens

    def _welcome(self) -> None:
        with suppress(OSError):  # closed
            while True:
                client, _ = self._listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(str(self._server))
                self._visits.append(_Visit(self, client, server, frozen=self._frozen))


class _Visit:
    """One connection, with a thread for each direction."""

    def __init__(self, proxy: Proxy, client: socket.socket, server: socket.socket, *, frozen: bool) -> None:
        self._proxy, self._client, self._server = proxy, client, server
        self._muted = False
        self.frozen, self._over = threading.Event(), threading.Event()
        if frozen:
            self.frozen.set()
        self._threads = [threading.Thread(target=each, daemon=True) for each in (self._asked, self._answered)]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Close both sides, and wait until that was noticed."""
        self._over.set()
        self._break()
        for thread in self._threads:
            thread.join()
        self._client.close()
        self._server.close()

    def _break(self) -> None:
        for side in (self._client, self._server):
            with suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)

    def _handed_on(self, message: bytes) -> bytes:
        """Give what was read, unless nothing goes through any more: then never."""
        if self.frozen.is_set():
            self._over.wait()
            raise EOFError
        return message

    def _asked(self) -> None:
        with suppress(OSError, EOFError):
            self._server.sendall(self._handed_on(_read(self._client, kind=False)))
            said = b""
            while True:
                message = self._handed_on(_read(self._client))
                text = message[5:].strip(b"\0").upper() if message[:1] in b"QP" else b""
                said = b"" if text.startswith(b"BEGIN") else said + message
                verdict = self._proxy.verdict(said) if text.startswith(b"COMMIT") else None
                if verdict is False:
                    break
                self._muted = self._muted or verdict is True
                self._server.sendall(message)
        self._break()

    def _answered(self) -> None:
        with suppress(OSError, EOFError):
            while True:
                message = self._handed_on(_read(self._server))
                if not self._muted:
                    self._client.sendall(message)
                elif message[:1] == b"Z":
                    break  # the server is ready for the next one: it happened
        self._break()


def _read(source: socket.socket, *, kind: bool = True) -> bytes:
    """Read one message; the first one of a client has no kind. Raises: EOFError."""
    head = _exactly(source, 5 if kind else 4)
    (length,) = _LENGTH.unpack(head[-4:])
    return head + _exactly(source, length - 4)


def _exactly(source: socket.socket, count: int) -> bytes:
    found = bytearray()
    while len(found) < count:
        part = source.recv(count - len(found))
        if not part:
            raise EOFError
        found += part
    return bytes(found)


@contextmanager
def proxy_of(server: Path) -> Generator[Proxy]:
    """Open a way to the server whose socket lies in this folder."""
    with tempfile.TemporaryDirectory(prefix="segment-engine-proxy-") as folder:
        proxy = Proxy(Path(folder), server)
        try:
            yield proxy
        finally:
            proxy.close()
