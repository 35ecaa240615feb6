"""The door in front of Streamlit, with a small server behind it: what it does to cookies over https."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from auth import door
from segment_engine.settings import load_settings
from tests.unit.test_sign_in_settings import GOOD


async def behind(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with cookies, and with every header that came through."""
    names = ",".join(name.decode() for name, _ in scope["headers"])
    answer = PlainTextResponse(names)
    answer.set_cookie("_streamlit_session", "x", httponly=True, samesite="lax")
    answer.set_cookie("already", "x", secure=True)
    await answer(scope, receive, send)


def ask(headers: dict[str, str]) -> httpx.Response:
    """Send one request through the door."""

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(door.Door(behind))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.get("/segments", headers=headers)

    # Not in this thread: the browser of other tests keeps a loop of its own running in it.
    with ThreadPoolExecutor(1) as apart:
        return apart.submit(lambda: asyncio.run(send())).result()


@pytest.mark.parametrize("public", ["https://segments.company.com", "http://localhost"])
def test_cookies_travel_over_https_only(monkeypatch: pytest.MonkeyPatch, public: str) -> None:
    """Where the public address is https, every cookie is Secure, once; on this computer they could not travel then."""
    settings = load_settings(GOOD | {"SEGMENT_ENGINE_PUBLIC_URL": public}).sign_in
    monkeypatch.setattr(door, "configured", lambda: settings)
    cookies = ask({"Accept": "text/html"}).headers.get_list("set-cookie")
    assert [cookie.partition("=")[0] for cookie in cookies] == ["_streamlit_session", "already", "return_to"]
    secure = [cookie.lower().count("; secure") for cookie in cookies]
    assert secure == ([1, 1, 1] if public.startswith("https") else [0, 1, 0])


def test_what_a_proxy_claims_does_not_come_through(monkeypatch: pytest.MonkeyPatch) -> None:
    """Headers that could speak for somebody end at the door; the others pass (C9)."""
    monkeypatch.setattr(door, "configured", lambda: None)
    passed = ask({"X-Forwarded-Host": "a", "Forwarded": "a", "Remote-User": "a", "X-Real-IP": "a", "X-Other": "a"}).text
    assert "x-other" in passed
    for name in ("forwarded", "remote", "x-real"):
        assert name not in passed
