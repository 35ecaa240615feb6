"""A real browser on the real pages, with a real worker behind them. What must never happen is watched in every test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from segment_engine.databases import connect_local
from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.segment import SegmentDraft
from segment_engine.engine import Engine
from segment_engine.postgres.local import ADMINISTRATOR, LocalServer
from segment_engine.settings import Settings
from segment_engine.use_cases.organizations import LOCAL_IDENTITY
from tests.browser.install_browser import NOT_FOUND, arguments, find_browser
from tests.browser.serving import running, serving, settle
from tests.databases import Copies
from tests.integration.importing import Importer
from tests.pages.conftest import CONTACTS, ORDERS

DATABASE = "browser"
CONSENTS = """id,channel,state,recorded_at
0001,email,granted,2026-01-02T10:00:00Z
0003,email,granted,2026-01-02T10:00:00Z
0003,email,withdrawn,2026-03-04T10:00:00Z
0004,email,granted,2026-01-02T10:00:00Z
"""
QUIET_CHROMIUM = ("--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run")
expect.set_options(timeout=20_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what drives a browser, and keep it in one process: it shares a server, a worker and a browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))


@dataclass
class Site:
    """A running application: its address, and the engine to prepare and check what a person then sees."""

    address: str
    database_url: str
    engine: Engine
    context: OrganizationContext

    def create(self, name: str, document: dict[str, object], description: str = "") -> UUID:
        """Save a segment behind the page's back."""
        draft = SegmentDraft(name, description, document, accepted_warnings=frozenset({"L-DUPLICATE"}))
        return self.engine.segments.create(self.context, draft).segment_id


@pytest.fixture(scope="session")
def site(
    server: LocalServer, copies: Copies, settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """The application on a database of its own, with four contacts, three orders and a worker."""
    copies.execute(f"CREATE DATABASE {DATABASE} TEMPLATE {copies.template} STRATEGY file_copy")
    databases = connect_local(server, settings, database=DATABASE)
    engine = Engine(databases)
    organization_id = engine.organizations.create("Test organization", time_zone="Europe/Amsterdam")
    importer = Importer(databases.app, organization_id, tmp_path_factory.mktemp("import"))
    importer.contacts(CONTACTS, types={"tier": "ordered:bronze|silver|gold"})
    importer.events(ORDERS, types={"total": "money:EUR:2"})
    importer.consents(CONSENTS)
    url = server.url(ADMINISTRATOR, DATABASE)
    with running(("segment_engine", "worker"), database_url=url), serving(url) as address:
        yield Site(address, url, engine, engine.context_for(LOCAL_IDENTITY, organization_id))
    engine.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests."""
    program = find_browser()
    if program is None:
        pytest.fail(NOT_FOUND)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=[*arguments(), *QUIET_CHROMIUM])
        yield chromium
        chromium.close()


@pytest.fixture
def tab(browser: Browser) -> Iterator[Page]:
    """A fresh visitor. Fails when the page asked another computer for anything, or showed or threw an error."""
    visitor = browser.new_context(viewport={"width": 1440, "height": 1000}, color_scheme="light", locale="en-US")
    page = visitor.new_page()
    foreign: list[str] = []
    thrown: list[str] = []
    page.on("request", lambda request: None if _is_local(request.url) else foreign.append(request.url))
    page.on("pageerror", lambda error: thrown.append(str(error)))
    yield page
    shown = page.locator('[data-testid="stException"]').count() if not page.is_closed() else 0
    visitor.close()
    assert foreign == []
    assert thrown == []
    assert shown == 0


def _is_local(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in {"data", "blob"} or parts.hostname in {"localhost", "127.0.0.1"}


def go(page: Page, site: Site, path: str = "/") -> None:
    """Open an address and wait until everything is there."""
    page.goto(site.address + path)
    settle(page)
