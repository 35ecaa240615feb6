"""The server is killed between a click and its answer: the truth is shown afterwards, and nothing is done twice."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import text

from segment_engine.databases import Databases, connect_local
from segment_engine.domain.segment import SegmentQuery
from segment_engine.engine import Engine
from segment_engine.postgres.local import ADMINISTRATOR, LocalServer
from segment_engine.settings import Settings
from segment_engine.use_cases.organizations import LOCAL_IDENTITY
from tests.browser.acting import choose, type_into
from tests.browser.conftest import Site, go
from tests.browser.serving import free_port, running, settle, wait_for
from tests.databases import Copies
from tests.integration.importing import Importer
from tests.pages.conftest import CONTACTS

PATIENCE_SECONDS = 30.0


@pytest.fixture
def alone(
    server: LocalServer, settings: Settings, copies: Copies, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Site, Databases]]:
    """Four contacts on a database of its own, with neither a server nor a worker yet."""
    name = copies.take()
    databases = connect_local(server, settings, database=name)
    engine = Engine(databases)
    organization_id = engine.organizations.create("Interrupted", time_zone="Europe/Amsterdam")
    Importer(databases.app, organization_id, tmp_path_factory.mktemp("import")).contacts(CONTACTS)
    url = server.url(ADMINISTRATOR, name)
    context = engine.context_for(LOCAL_IDENTITY, organization_id)
    yield Site(f"http://localhost:{free_port()}", url, engine, context), databases
    engine.close()
    copies.give_back(name)


@contextmanager
def pages_of(site: Site) -> Generator[int]:
    """Serve the pages at the address of the site; gives the process that does."""
    port = int(site.address.rpartition(":")[2])
    arguments = ("streamlit", "run", "app.py", f"--server.port={port}", "--server.headless=true")
    with running(arguments, database_url=site.database_url) as process:
        wait_for(port, "/_stcore/health", process)
        yield process.pid


def wait_until(met: Callable[[], object]) -> None:
    """Wait for something outside the browser."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not met():
        assert time.monotonic() < until, "it never happened"
        time.sleep(0.02)


@contextmanager
def held(databases: Databases, table: str) -> Generator[Callable[[], bool]]:
    """Let everybody who wants this table wait; gives a way to ask whether anybody does."""
    with databases.migrator.transaction() as transaction:
        transaction.run(text(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"), {})
        waiting = text("SELECT count(*) FROM pg_locks WHERE relation = CAST(:of AS regclass) AND NOT granted")
        yield lambda: bool(transaction.scalar(waiting, {"of": table}))


def fill_in(page: Page, site: Site) -> None:
    """Fill in a new segment that is calculated by hand."""
    go(page, site, "/edit")
    type_into(page, "Name", "Once")
    choose(page, "Condition 1 subject", "City")
    choose(page, "Condition 1 value", "Utrecht · 2")
    page.get_by_role("radio", name="By hand").click()
    settle(page)


def saved(site: Site) -> int:
    """Count the segments there are."""
    return site.engine.segments.find(site.context, SegmentQuery()).total


# Where the save stands when the server dies: before its end, and after it, while the page of the new segment is drawn.
@pytest.mark.timeout(240)
@pytest.mark.parametrize(("table", "kept"), [("audit_events", 0), ("segment_overrides", 1)])
def test_a_server_killed_between_click_and_answer_shows_the_truth(
    browser: Browser, alone: tuple[Site, Databases], table: str, kept: int
) -> None:
    """What was saved is there once, what was not is not there at all, and doing it again makes one of it (E26)."""
    site, databases = alone
    page = browser.new_context(locale="en-US").new_page()
    with pages_of(site) as server:
        fill_in(page, site)
        with held(databases, table) as wanted:
            page.get_by_role("button", name="Save segment").click()
            wait_until(wanted)
            os.killpg(server, signal.SIGKILL)
    wait_until(lambda: saved(site) == kept)
    with pages_of(site):
        go(page, site, "/segments")
        expect(page.get_by_role("link", name="Once", exact=True)).to_have_count(kept)
        fill_in(page, site)
        page.get_by_role("button", name="Save segment").click()
        if kept:
            expect(page.get_by_text("Tick those that are meant so")).to_be_visible()  # the same criteria as “Once”
        else:
            expect(page.get_by_role("heading", name="Once")).to_be_visible()
    page.context.close()
    assert saved(site) == 1
