"""A server nobody has visited yet, asked for any page first: the gate stands in front of every one of them."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.browser.serving import free_port, serving, settle
from tests.pages.conftest import EVERYONE

UPGRADE = {
    "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}  # fmt: skip
PROVIDER = {
    "SEGMENT_ENGINE_PUBLIC_URL": "http://localhost:{port}",
    "SEGMENT_ENGINE_COOKIE_SECRET": "kJ3_9sdfKJH23kjhsdf98hKJHskjh2oiuHKJH8s",
    "SEGMENT_ENGINE_PROVIDER_COMPANY_ISSUER": "http://localhost:1",
    "SEGMENT_ENGINE_PROVIDER_COMPANY_CLIENT_ID": "segments",
    "SEGMENT_ENGINE_PROVIDER_COMPANY_CLIENT_SECRET": "hKJHskjh2oiuHKJH8s",
}


@pytest.mark.parametrize("path", ["/", "/segment?id={}", "/edit?id={}"])
def test_a_cold_server_shows_the_sign_in_and_nothing_else(tab: Page, site: Site, path: str) -> None:
    """Whoever comes first and asks for a page by its address sees the gate, not the page (C1)."""
    segment_id = site.create(f"Behind the gate {path}", EVERYONE)
    port = free_port()
    environment = {key: value.format(port=port) for key, value in PROVIDER.items()}
    with serving(site.database_url, port=port, environment=environment) as address:
        tab.goto(address + path.format(segment_id))
        expect(tab.get_by_role("heading", name="Sign in")).to_be_visible()
        settle(tab)
        assert "Behind the gate" not in tab.content()
        assert "Test organization" not in tab.content()
        tab.goto("about:blank")


@pytest.mark.parametrize("path", ["/segment?id={}", "/edit?id={}"])
def test_a_cold_server_opens_the_page_that_was_asked_for(tab: Page, site: Site, path: str) -> None:
    """In local mode the first visit may be a link to anywhere: it is neither empty nor a dead end."""
    segment_id = site.create(f"First visit {path}", EVERYONE)
    with serving(site.database_url) as address:
        tab.goto(address + path.format(segment_id))
        expect(tab.get_by_role("heading").first).to_be_visible()
        # In the editor the name stands in a field, so the markup is read; a slow server may draw it a moment later.
        tab.wait_for_function("() => document.querySelector('[data-testid=stMain]').innerHTML.includes('First visit')")
        settle(tab)
        tab.goto("about:blank")


def test_every_answer_carries_the_headers(site: Site) -> None:
    """No frame around the pages, nothing loaded from elsewhere, and no session under another name (D2)."""
    where = urlsplit(site.address)
    connection = http.client.HTTPConnection("localhost", where.port, timeout=10)
    connection.request("GET", "/segment")
    answer = connection.getresponse()
    assert "frame-ancestors 'none'" in (answer.getheader("Content-Security-Policy") or "")
    assert "default-src 'self'" in (answer.getheader("Content-Security-Policy") or "")
    assert answer.getheader("X-Content-Type-Options") == "nosniff"
    answer.read()
    connection.request("GET", "/_stcore/stream", headers=UPGRADE | {"Host": "example.org"})
    assert connection.getresponse().status >= 400
    connection.close()
