"""Single requests, without a browser: what the server refuses, ignores, hands out and remembers."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx
import pytest
from itsdangerous import URLSafeTimedSerializer

import app as pages
from auth.returning import own_path
from tests.browser.serving import PROJECT, free_port, running, wait_for
from tests.scoreboard import Scored
from tests.sign_in.asking import HTML, IDENTITY, SignInSite, begin, is_in, shown, sign_in
from tests.sign_in.conftest import SEGMENT
from tests.sign_in.hostile import Hostile

LEAKY = """import streamlit as st
from streamlit.runtime.pages_manager import PagesManager
st.title("The gate")
st.stop()
"""
TOP_LEVEL_CODE = 'import streamlit as st\nst.text("Kept behind the gate")\n'


def status_of(address: str, path: str, method: str = "GET", **headers: str) -> int:
    """Ask with headers exactly as given."""
    connection = http.client.HTTPConnection("localhost", urlsplit(address).port, timeout=10)
    connection.request(method, path, headers=headers)
    status = connection.getresponse().status
    connection.close()
    return status


def test_a_cold_server_shows_no_page_by_its_address(sign_in_site: SignInSite, tmp_path: Path, scored: Scored) -> None:
    """Every page, asked for by its address without a sign-in, shows the sign-in and nothing else (C1)."""
    for place in pages.PLACES:
        page = shown(sign_in_site.address, place.path)
        assert "Continue with Company" in page, place.path
        assert SEGMENT not in page, place.path
        assert "House of Ada" not in page, place.path
    scored("pages asked for without a sign-in", len(pages.PLACES), shown=0)
    # The same question asked of pages that run when they are read is answered with what they hold.
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "leak.py").write_text(TOP_LEVEL_CODE, encoding="utf-8")
    (tmp_path / "gate.py").write_text(LEAKY, encoding="utf-8")
    port = free_port()
    started = ("streamlit", "run", str(tmp_path / "gate.py"), f"--server.port={port}", "--server.headless=true")
    with running(started, database_url="") as process:
        wait_for(port, "/_stcore/health", process)
        assert SEGMENT in shown(f"http://localhost:{port}", "leak")


def test_the_page_is_there_for_whoever_has_a_seat(sign_in_site: SignInSite, visitor: httpx.Client) -> None:
    """The probes of these tests do see what a page holds when somebody may see it."""
    sign_in(visitor, sign_in_site, "company")
    assert SEGMENT in shown(sign_in_site.address, "segments", visitor.cookies)


def test_the_way_back_is_kept_and_leads_nowhere_else(sign_in_site: SignInSite, visitor: httpx.Client) -> None:
    """After the sign-in one is on the page one asked for, and never on another server."""
    visitor.get("/segment?id=42&a=%26b", headers=HTML)
    answer = sign_in(visitor, sign_in_site, "company")
    assert answer.headers["location"] == "/segment?id=42&a=%26b"
    assert "return_to" not in visitor.cookies
    for hostile in (
        "//evil.test", "https://evil.test", "/\\evil.test", "\\\\evil.test", "/%0d%0aSet-Cookie:x=1", "/\t/evil.test",
        "javascript:alert(1)", "/auth/logout", "/oauth2callback?code=1", "x" * 5000, "/" + "x" * 5000, "", "http:evil",
        "///evil.test", "/..//evil.test",
    ):  # fmt: skip
        visitor.cookies.set("return_to", quote(hostile, safe=""), domain="localhost.local", path="/")
        denied = visitor.get("/oauth2callback", params={"error": "access_denied"}).headers["location"]
        for where in (own_path(hostile), denied):
            assert where.startswith("/"), hostile
            assert urlsplit(where).netloc == "", hostile
            assert not where.startswith(("//", "/\\", "/auth", "/oauth2")), hostile
            assert where.isprintable(), hostile
    assert own_path("/segments?q=a&sign_in=denied") == "/segments?q=a"


def test_what_came_of_a_sign_in_is_said(sign_in_site: SignInSite, hostile: Hostile, visitor: httpx.Client) -> None:
    """A provider that is down, says no, or is asked too late: back to the page asked for, with the reason (C11)."""
    visitor.get("/segment?id=42", headers=HTML)
    hostile.up = False
    assert begin(visitor, sign_in_site, "hostile").headers["location"] == "/segment?id=42&sign_in=unreachable"
    hostile.up = True
    denied = visitor.get("/oauth2callback", params={"error": "access_denied"})
    assert denied.headers["location"] == "/segment?id=42&sign_in=denied"
    broken = visitor.get("/oauth2callback", params={"error": "server_error", "error_description": "x\r\nSet-Cookie: a"})
    assert broken.headers["location"] == "/segment?id=42&sign_in=refused"
    stale = visitor.get("/auth/login", params={"provider": "made.up.token"})
    assert stale.headers["location"] == "/segment?id=42&sign_in=stale"
    back = visitor.get("/oauth2callback")
    assert back.headers["location"] == "/segment?id=42&sign_in=signed_out"


def test_who_is_in_stays_in_while_a_provider_is_down(
    sign_in_site: SignInSite, hostile: Hostile, visitor: httpx.Client
) -> None:
    """Open sessions need no provider (C11)."""
    sign_in(visitor, sign_in_site, "hostile")
    hostile.up = False
    assert "No seat yet" in shown(sign_in_site.address, "segments", visitor.cookies)


def test_signing_out_ends_it_at_the_provider_too(sign_in_site: SignInSite, visitor: httpx.Client) -> None:
    """The provider is told, with the token it gave, and the cookies are gone here."""
    sign_in(visitor, sign_in_site, "company")
    answer = visitor.get("/auth/logout")
    there = urlsplit(answer.headers["location"])
    assert f"{there.scheme}://{there.netloc}" == sign_in_site.company
    assert there.path == "/oauth2/end_session"
    assert "id_token_hint=" in there.query
    assert f"post_logout_redirect_uri={quote(sign_in_site.address + '/oauth2callback', safe='')}" in there.query
    assert not is_in(visitor)
    sign_in(visitor, sign_in_site, "hostile")
    assert visitor.get("/auth/logout", headers={"Sec-Fetch-Site": "cross-site"}).headers["location"] == "/"
    assert is_in(visitor)
    assert visitor.get("/auth/logout").headers["location"] == "/?sign_in=signed_out"


@pytest.mark.usefixtures("hostile")
def test_files_are_handed_to_people_with_a_seat_only(sign_in_site: SignInSite, visitor: httpx.Client) -> None:
    """Without a sign-in, with a foreign, tampered or seatless one, no file is even looked for (D5)."""
    path = "/media/0123456789abcdef.csv"
    assert visitor.get(path).status_code == 401
    assert visitor.get("/media").status_code == 401
    sign_in(visitor, sign_in_site, "hostile", "eve")
    assert visitor.get(path).status_code == 401
    sign_in(visitor, sign_in_site, "company")
    assert visitor.get(path).status_code == 404  # let through, and not there
    kept = visitor.cookies[IDENTITY]
    claims = {"is_logged_in": True, "origin": sign_in_site.address, "provider": "company", "iss": sign_in_site.company,
              "sub": "ada", "iat": int(time.time())}  # fmt: skip
    signed = {secret: URLSafeTimedSerializer(secret, salt=IDENTITY).dumps(json.dumps(claims))
              for secret in (sign_in_site.cookie_secret, "another-secret-of-forty-characters-or-so")}  # fmt: skip
    for cookie, status in ((kept[:-2], 401), ("x", 401), *zip(signed.values(), (404, 401), strict=True)):
        with sign_in_site.visitor() as other:
            other.cookies.set(IDENTITY, cookie)
            assert other.get(path).status_code == status


def test_headers_make_nobody_somebody(sign_in_site: SignInSite, visitor: httpx.Client) -> None:
    """Identity headers and X-Forwarded-… change neither who one is nor where one is led (C9)."""
    claimed = {
        "X-Forwarded-User": "ada", "X-Forwarded-Email": "ada@example.org", "X-Forwarded-Host": "evil.test",
        "X-Forwarded-Proto": "https", "X-Forwarded-Prefix": "/evil", "Forwarded": "host=evil.test;proto=https",
        "Remote-User": "ada", "X-Remote-User": "ada", "X-Streamlit-User": "ada", "X-Real-IP": "10.0.0.1",
        "X-Auth-Request-User": "ada", "X-Forwarded-For": "10.0.0.1",
    }  # fmt: skip
    page = shown(sign_in_site.address, "segments", None, **claimed)
    assert "Continue with Company" in page
    assert "House of Ada" not in page
    assert visitor.get("/media/x.csv", headers=claimed).status_code == 401
    visitor.headers.update(claimed)
    answer = begin(visitor, sign_in_site, "company")
    assert "evil" not in answer.headers["location"]
    assert quote(f"{sign_in_site.address}/oauth2callback", safe="") in answer.headers["location"]


def test_foreign_names_and_pages_are_refused(sign_in_site: SignInSite) -> None:
    """Another host name, a foreign origin, the agent's and the metrics' routes: refused or not there (C13)."""
    address = sign_in_site.address
    port = urlsplit(address).port
    for host in ("evil.test", f"evil.test:{port}", f"localhost.evil.test:{port}", "", f"@localhost:{port}", "10.0.0.1"):
        assert status_of(address, "/", Host=host) == 400, host
    assert status_of(address, "/", Host=f"localhost:{port}") == 200
    upgrade = {
        "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Host": f"localhost:{port}",
    }  # fmt: skip
    assert status_of(address, "/_stcore/stream", **upgrade, Origin=address) == 101
    assert status_of(address, "/_stcore/stream", **upgrade, Origin="http://evil.test") == 403
    assert status_of(address, "/_stcore/stream", **upgrade | {"Host": "evil.test"}) == 403
    for path in ("/_stcore/agent", "/_stcore/agent/interact", "/_stcore/metrics", "/_stcore/script-health-check"):
        assert status_of(address, path) == 404, path
        assert status_of(address, path, "POST") == 404, path
    assert status_of(address, "/_stcore/upload_file/session/file", "PUT", Host=f"localhost:{port}") in {400, 403}


def test_health_is_open_and_says_nothing(sign_in_site: SignInSite) -> None:
    """Whoever watches the server needs neither its name nor a sign-in, and learns only that it runs."""
    with sign_in_site.visitor() as watcher:
        answer = watcher.get("/healthz", headers={"Host": "10.0.0.1"})
        assert (answer.status_code, answer.text) == (200, "ok")
        assert "set-cookie" not in answer.headers
    assert status_of(sign_in_site.address, "/_stcore/health", Host="10.0.0.1") == 200


ROUTES = {
    "/_stcore/health", "/_stcore/metrics", "/_stcore/host-config", "/_stcore/stream", "/media/{file_id:path}",
    "/_stcore/upload_file/{session_id}/{file_id}", "/component/{path:path}", "/_stcore/bidi-components/{path:path}",
    "/auth/login", "/auth/logout", "/oauth2callback", "/_stcore/agent/interact", "/_stcore/agent/openapi.json",
    "/_stcore/agent/mcp", "",
}  # fmt: skip
ASK_FOR_ROUTES = (
    "import app; print(*{getattr(route, 'path', '') for route in app.app._build_starlette_app().routes}, sep='|')"
)


def test_there_is_no_route_to_take_the_server_over() -> None:
    """Every route of the server is one of those known here; none sets anything up for whoever comes first (C12)."""
    command = (sys.executable, "-W", "ignore", "-c", ASK_FOR_ROUTES)
    answer = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    assert set(answer.stdout.strip().split("|")) == ROUTES


def test_cookies_are_kept_from_scripts_and_other_sites(sign_in_site: SignInSite, visitor: httpx.Client) -> None:
    """Every cookie of the sign-in is HttpOnly and SameSite=Lax."""
    visitor.get("/segment?id=1", headers=HTML)
    begun = begin(visitor, sign_in_site, "company")
    answer = visitor.get("/", headers=HTML)
    done = sign_in(visitor, sign_in_site, "company")
    cookies = [cookie for reply in (begun, answer, done) for cookie in reply.headers.get_list("set-cookie")]
    assert len(cookies) >= 4
    for cookie in cookies:
        folded = cookie.lower()
        assert "httponly" in folded, cookie
        assert "samesite=lax" in folded, cookie
