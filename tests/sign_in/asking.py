"""Asking the server as a browser would, without one: the steps of a sign-in, and what a page shows."""

from __future__ import annotations

import time
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
from joserfc import jwt
from joserfc.jwk import OctKey
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.web.server.starlette.starlette_app_utils import generate_xsrf_token_string
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from segment_engine.databases import Databases
from segment_engine.engine import Engine
from tests.sign_in.hostile import Hostile

HTML = {"Accept": "text/html"}
IDENTITY = "_streamlit_user"


@dataclass
class SignInSite:
    """The pages with a sign-in: where they are, who vouches, and the engine behind them."""

    address: str
    cookie_secret: str
    company: str
    partner: str
    hostile: Hostile
    engine: Engine
    databases: Databases
    organization_id: int

    def visitor(self) -> httpx.Client:
        """Give a browser of its own: cookies are kept, redirects are followed by hand."""
        return httpx.Client(base_url=self.address, timeout=20, trust_env=False, verify=False)  # noqa: S501 - plain http on loopback; without it no certificates are loaded


def begin(visitor: httpx.Client, site: SignInSite, provider: str) -> httpx.Response:
    """Press the button of a provider: the server signs which one it was, and leads there."""
    claims = {"provider": provider, "exp": int(time.time()) + 60}
    token = jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(site.cookie_secret))
    return visitor.get("/auth/login", params={"provider": token})


def sign_in(visitor: httpx.Client, site: SignInSite, provider: str, subject: str = "ada") -> httpx.Response:
    """Sign in with a provider and come back: the answer of the callback."""
    return visitor.get(callback_of(begin(visitor, site, provider), subject))


def callback_of(begun: httpx.Response, subject: str, **form: str) -> str:
    """Say at the provider who one is, and give the address it leads back to."""
    there = begun.headers["location"]
    with httpx.Client(timeout=20, trust_env=False, verify=False) as person:  # noqa: S501 - as above
        answer = person.get(there)
        if answer.status_code == 200:
            answer = person.post(there, data={"sub": subject} | form)
        return answer.headers["location"]


def is_in(visitor: httpx.Client) -> bool:
    """Tell whether this browser keeps a sign-in."""
    return IDENTITY in visitor.cookies


def shown(address: str, path: str, cookies: httpx.Cookies | None = None, **headers: str) -> str:
    """Open a page as a browser does, by its websocket, and give everything it was sent."""
    where = urlsplit(address)
    token = generate_xsrf_token_string()
    sent = f"_streamlit_xsrf={token}"
    sent += "".join(f"; {cookie.name}={cookie.value}" for cookie in (cookies.jar if cookies else ()))
    asked = BackMsg()
    asked.rerun_script.page_name = path
    received: list[str] = []
    with connect(
        f"ws://{where.netloc}/_stcore/stream", subprotocols=[Subprotocol("streamlit"), Subprotocol(token)],
        origin=Origin(address), max_size=None,
        additional_headers=headers | {"Cookie": sent}, proxy=None,
    ) as socket:  # fmt: skip
        socket.send(asked.SerializeToString())
        while not received or "script_finished" not in received[-1]:
            message = ForwardMsg()
            message.ParseFromString(socket.recv(timeout=30, decode=False))
            received.append(str(message))
    return "\n".join(received)
