"""A provider that says whatever a test wants: honest in everything but the token it gives out."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jws
from joserfc.jwk import RSAKey

Claims = dict[str, Any]
Forge = Callable[["Hostile", Claims], str]


def encoded(part: object) -> str:
    """Write one part of a token."""
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


class Hostile:
    """The state of the provider; a test changes it between sign-ins.

    Shape: `changes` go into the claims (None takes one out); `forge` writes the token; `issuer` and `algorithms` are
        what the provider says about itself.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self.key = RSAKey.generate_key(2048, {"kid": "known"})
        self.other_key = RSAKey.generate_key(2048, {"kid": "known"})
        self.nonce = ""
        self.reset()

    def reset(self) -> None:
        """Be honest again."""
        self.changes: Claims = {}
        self.forge: Forge = honest
        self.issuer = self.address
        self.algorithms = ["RS256"]
        self.up = True

    def metadata(self) -> Claims:
        """Describe the provider."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "jwks_uri": f"{self.address}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": self.algorithms,
        }

    def claims(self) -> Claims:
        """Write the claims of a good token, with what a test changes."""
        now = int(time.time())
        good: Claims = {
            "iss": self.address, "sub": "eve", "aud": "hostile-app", "iat": now, "exp": now + 300, "nonce": self.nonce,
            "name": "Eve", "email": "eve@example.org", "email_verified": True,
        }  # fmt: skip
        return {key: value for key, value in (good | self.changes).items() if value is not None}


def honest(provider: Hostile, claims: Claims) -> str:
    """Sign as a provider should."""
    return signed(claims, provider.key, {"alg": "RS256", "kid": "known"})


def signed(claims: Claims, key: RSAKey, header: Claims) -> str:
    """Sign with any key and any header."""
    registry = jws.JWSRegistry(algorithms=["RS256"], strict_check_header=False)
    plain = {name: value for name, value in header.items() if name != "crit"}
    if "crit" not in header:
        return jws.serialize_compact(plain, json.dumps(claims), key, registry=registry)
    # The library refuses to write what it does not know; the header is put in by hand and signed as RS256 does it.
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415 - for this one forgery only
    from cryptography.hazmat.primitives.asymmetric import padding  # noqa: PLC0415 - as above

    message = f"{encoded(header)}.{encoded(claims)}"
    private: Any = key.private_key
    signature = private.sign(message.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{message}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


@contextmanager
def running_hostile() -> Generator[Hostile]:
    """Serve on loopback until the end of the block."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    provider = Hostile(f"http://127.0.0.1:{server.server_port}")
    vars(server)["provider"] = provider  # the handler is made anew for every request
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    """Answers for the provider of its server."""

    @property
    def _provider(self) -> Hostile:
        return cast("Hostile", vars(self.server)["provider"])

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the library
        """Say nothing."""

    def do_GET(self) -> None:
        """Describe the provider, or let everybody in at once."""
        parts = urlsplit(self.path)
        if not self._provider.up:
            self.send_error(503)
        elif parts.path == "/.well-known/openid-configuration":
            self._say(self._provider.metadata())
        elif parts.path == "/jwks":
            self._say({"keys": [self._provider.key.as_dict(private=False)]})
        else:
            asked = {key: values[0] for key, values in parse_qs(parts.query).items()}
            self._provider.nonce = asked["nonce"]
            self.send_response(302)
            self.send_header("Location", f"{asked['redirect_uri']}?{urlencode({'code': 'c', 'state': asked['state']})}")
            self.end_headers()

    def do_POST(self) -> None:
        """Give out the token."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        token = self._provider.forge(self._provider, self._provider.claims())
        self._say({"access_token": "a", "token_type": "Bearer", "expires_in": 300, "id_token": token})

    def _say(self, answer: Claims) -> None:
        text = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
