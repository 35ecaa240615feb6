"""Names full of markup, scripts, links and formulas on every page: nothing runs or is asked, all of it is text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser

from app import PLACES
from segment_engine.databases import connect_local
from segment_engine.engine import Engine
from segment_engine.postgres.local import ADMINISTRATOR, LocalServer
from segment_engine.settings import Settings
from tests.browser.reading import Watched, watching
from tests.browser.serving import serving, settle
from tests.databases import Copies
from tests.hostile_names import PAYLOADS, HostileWorld, make_hostile_world

DATABASE = "hostile"
# Of the pages that show one thing, and have no tabs, so many things are read.
MOST = 4
WHOLE = frozenset({"operations", "administration", "segment", "source", "contacts"})
Count = Callable[..., None]


@dataclass(frozen=True)
class HostileSite:
    """The hostile organization and the database it is in."""

    world: HostileWorld
    url: str

    def addresses(self) -> list[str]:
        """Give every page with every tab it has, and with several of the things it can show."""
        asked = self.world.queries()
        return [
            f"/{place.path}?{urlencode(query)}"
            for place in PLACES
            for query in asked.get(place.path, [{}])[: None if place.path in WHOLE else MOST]
        ]


@pytest.fixture(scope="session")
def hostile_site(
    server: LocalServer, copies: Copies, settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[HostileSite]:
    """An organization in which everything has such a name."""
    copies.execute(f"CREATE DATABASE {DATABASE} TEMPLATE {copies.template} STRATEGY file_copy")
    databases = connect_local(server, settings, database=DATABASE)
    world = make_hostile_world(Engine(databases), databases, tmp_path_factory.mktemp("hostile"))
    databases.close()
    yield HostileSite(world, server.url(ADMINISTRATOR, DATABASE))
    copies.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)")


def visited(watched: Watched, address: str, paths: list[str]) -> tuple[int, dict[str, list[str]], dict[str, list[str]]]:
    """Open pages; gives how many names were read, what ran, and what was not read as it was typed."""
    read, ran, astray = 0, dict[str, list[str]](), dict[str, list[str]]()
    for path in paths:
        watched.page.goto(address + path)
        settle(watched.page)
        seen, wrong = watched.misread()
        read += seen
        executed = watched.executed()
        ran |= {path: executed} if executed else {}
        astray |= {path: wrong} if wrong else {}
    return read, ran, astray


@pytest.mark.timeout(400)
def test_hostile_names_are_text_on_every_page(browser: Browser, hostile_site: HostileSite, scored: Count) -> None:
    """Every payload, in the names of everything, on every page: 0 executed, 0 requests, read verbatim (D1, D2, A6)."""
    paths = hostile_site.addresses()
    with serving(hostile_site.url) as address, watching(browser) as watched:
        read, ran, astray = visited(watched, address, paths)
        scored(
            "hostile names", read, pages=len(paths), executed=len(ran), formatted=len(astray),
            requests=len(watched.asked),
        )  # fmt: skip
    assert (ran, watched.asked, astray) == ({}, [], {})
    assert read >= len(PAYLOADS)


def test_without_the_escape_the_same_pages_are_noticed(browser: Browser, hostile_site: HostileSite) -> None:
    """The watch has teeth: with `plain()` taken away, formatting and requests are seen at once (D2)."""
    world = hostile_site.world
    paths = [f"/segment?id={each}" for each in world.segments[1:5]]
    script = "tests/browser/without_escapes.py"
    with serving(hostile_site.url, script=script) as address, watching(browser) as watched:
        _read, _ran, astray = visited(watched, address, paths)
    assert len(astray) >= 3
    assert any("beacon.example.org" in each for each in watched.asked)
