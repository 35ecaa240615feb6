"""What leaves the server: files when somebody clicks and may, under names nobody guesses; else nothing, anywhere."""

from __future__ import annotations

import http.client
import re
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from playwright.sync_api import Page

from segment_engine.domain.access import Role
from segment_engine.domain.audit import AuditQuery, AuditResult
from segment_engine.use_cases.organizations import LOCAL_IDENTITY
from tests.browser.acting import PATIENCE_SECONDS, calculated, expect_text, press, type_into
from tests.browser.conftest import Site, go
from tests.browser.serving import serving, settle
from tests.pages.conftest import EVERYONE

Count = Callable[..., None]
ROUTES = (
    "/", "/static/", "/app/static/", "/media/", "/component/", "/bidi-components/", "/_stcore/",
    "/_stcore/upload_file/", "/_stcore/stream/", "/overview/", "/segments/", "/auth/", "/oauth2callback/",
    "/vendor/", "/favicon.png/",
)  # fmt: skip
UP = ("../", "..%2f", "%2e%2e/", "%2e%2e%2f", "..%252f", "....//", "..\\", "..%5c", "%c0%ae%c0%ae/", "..;/", ".%00./")
WANTED = (
    "etc/passwd",
    "app.py",
    ".streamlit/secrets.toml",
    "segment_engine/settings/__init__.py",
    ".git/config",
    "pyproject.toml",
)
PLAIN = ("/etc/passwd", "//etc/passwd", "file:///etc/passwd", "%00", "~root/.ssh/id_rsa", "C:%5cWindows%5cwin.ini")
INSIDE = re.compile(rb"root:[x*]:0:0|def load_settings|st\.App\(|cookie_secret|\[core\]|\[project\]|\[build-system\]")


def fetched(address: str, path: str) -> tuple[int, bytes]:
    """Ask for exactly this path; nothing on the way makes it tidy."""
    connection = http.client.HTTPConnection("localhost", urlsplit(address).port, timeout=20)
    try:
        connection.putrequest("GET", path, skip_accept_encoding=True)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_no_address_leads_out_of_what_is_served(site: Site, scored: Count) -> None:
    """Every route with every way up: refused, or the same empty page that every address gets (D10)."""
    _, empty_page = fetched(site.address, "/")
    tried = [f"{route}{up * 8}{wanted}" for route in ROUTES for up in UP for wanted in WANTED]
    tried += [f"{route}{path}" for route in ROUTES for path in PLAIN]
    let_out = list[str]()
    for path in tried:
        status, body = fetched(site.address, path)
        if INSIDE.search(body) or not (body == empty_page or status in {301, 302, 307, 308, 400, 403, 404, 405}):
            let_out.append(f"{status} {path} {body[:60]!r}")
    scored("paths that lead out", len(tried), let_out=len(let_out))
    assert let_out == []


def _is_file(url: str) -> bool:
    return urlsplit(url).path.startswith("/media/")


def exports(site: Site) -> int:
    """Count the files the audit log knows of."""
    done = AuditQuery(actions=("segment.export",), result=AuditResult.DONE)
    return len(site.engine.audit.find(site.context, done).lines)


def wait_for_refusal(site: Site) -> None:
    """Wait until the audit log says that somebody was refused a file."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        if site.engine.audit.find(site.context, AuditQuery(result=AuditResult.REFUSED)).lines:
            return
        time.sleep(0.1)
    raise AssertionError("Nobody was refused anything.")


def test_a_file_exists_from_the_click_on_and_for_who_may(tab: Page, site: Site) -> None:
    """No bytes before the click; audited; a name of 128 random bits; and a seat lost meanwhile gives no file (D5)."""
    segment_id = site.create("Those who leave", EVERYONE)
    calculated(site, segment_id)
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url) if _is_file(request.url) else None)
    before = exports(site)
    go(tab, site, f"/segment?id={segment_id}&tab=Members")
    press(tab, "Export")
    assert (asked, exports(site)) == ([], before)
    with tab.expect_download() as waiting:
        tab.get_by_role("button", name="Download as CSV").click()
    assert re.fullmatch(r"those-who-leave-[0-9a-f]{32}\.csv", waiting.value.suggested_filename)
    assert waiting.value.path().read_bytes().startswith(b'"external_key"')
    assert exports(site) == before + 1
    site.engine.organizations.give_seat(site.context.organization_id, LOCAL_IDENTITY, Role.ANALYST)
    try:
        files = len(asked)
        tab.get_by_role("button", name="Download as Parquet").click()
        wait_for_refusal(site)
        assert (len(asked), exports(site)) == (files, before + 1)
        tab.keyboard.press("Escape")
        type_into(tab, "Search members", "nobody")
        expect_text(tab, "Ask an administrator of your organization for the permission")
        tab.reload()
        settle(tab)
        assert not tab.get_by_role("button", name="Download as CSV").count()
    finally:
        site.engine.organizations.give_seat(site.context.organization_id, LOCAL_IDENTITY, Role.ADMIN)


def buttons_over_the_table(page: Page, address: str) -> str:
    """Hover over the table of segments and read what it offers."""
    page.goto(f"{address}/segments?view=Table")
    settle(page)
    page.get_by_test_id("stDataFrame").first.hover()
    toolbar = page.get_by_test_id("stElementToolbar").first
    return toolbar.inner_html() if toolbar.count() else ""


def test_a_table_offers_no_download_and_no_copy(tab: Page, site: Site) -> None:
    """Its toolbar would walk round permission, cap and audit log; with the setting changed it is there (D4)."""
    site.create("In a table", EVERYONE)
    offered = re.compile("download|copy|clipboard", re.IGNORECASE)
    assert not offered.search(buttons_over_the_table(tab, site.address))
    with serving(site.database_url, "--client.disableDataExport=false") as address:
        assert offered.search(buttons_over_the_table(tab, address))
        tab.goto("about:blank")
