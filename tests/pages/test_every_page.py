"""Every page alike: what goes wrong inside is shown as a number, and an address may hold anything."""

from __future__ import annotations

import ast
import logging
import re
from collections.abc import Callable, Iterator
from functools import wraps
from random import Random
from typing import Any, cast

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from app import PLACES, app
from pages import parts
from segment_engine.databases import connect_local
from segment_engine.engine import Engine
from segment_engine.postgres.local import ADMINISTRATOR, LocalServer
from segment_engine.settings import Settings
from tests.databases import Copies
from tests.hostile_names import HostileWorld, make_hostile_world
from tests.pages.conftest import DEFAULT_TIMEOUT, VISIT
from tests.sources import python_files, strings

pytestmark = pytest.mark.xdist_group("every page")
INSIDE = "SELECT password FROM people; 'hunter2' in /srv/segments/segment_engine/db/people.py"
NUMBER = re.compile(r"Something unexpected went wrong.*?number ([0-9a-f]{8})")
PARAMETER = re.compile(r"id|q|kind|page|tab|view|sort|state|segment|run|campaign|[a-z]{1,2}_[a-z]+")
HOSTILE = (
    "", "\0", "'", "../../etc/passwd", "<script>alert(1)</script>", "9" * 400, "-1", "0", "1e400", "NaN", "2026-02-30",
    "00000000-0000-4000-8000-000000000000", "Failed; DROP TABLE runs", "true", "\u0663", "x" * 5_000, "%00", "{{7*7}}",
    "\u202eabc", "null", "[1]", "2", "ready",
)  # fmt: skip
SEED = 20_261_122
Count = Callable[..., None]
Open = Callable[..., AppTest]


@pytest.fixture(scope="module")
def hostile(
    server: LocalServer, settings: Settings, copies: Copies, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[HostileWorld, str]]:
    """An organization in which everything has a hostile name, and the address of its database."""
    name = copies.take()
    databases = connect_local(server, settings, database=name)
    world = make_hostile_world(Engine(databases), databases, tmp_path_factory.mktemp("hostile"))
    databases.close()
    yield world, server.url(ADMINISTRATOR, name)
    copies.give_back(name)


@pytest.fixture
def open_page(hostile: tuple[HostileWorld, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Open a page of that organization as its administrator."""
    monkeypatch.setenv("DATABASE_URL", hostile[1])
    st.cache_resource.clear()

    def open_it(path: str, **query: str) -> AppTest:
        page = AppTest.from_file(str(VISIT), default_timeout=DEFAULT_TIMEOUT)
        page._page_hash = calc_hash(path)  # AppTest switches to files only, and these pages are functions
        page.query_params.update(query)
        return page.run()

    yield open_it
    st.cache_resource.clear()


def everything_of(page: AppTest) -> str:
    """Give all that was sent to the browser, as text."""
    found: list[str] = []

    def take(block: Any) -> None:
        for child in getattr(block, "children", {}).values():
            found.append(str(getattr(child, "proto", "")))
            take(child)

    take(page._tree)
    return "\n".join(found).replace("\\", "").replace("\u2060", "")


def public_methods(room: object) -> list[str]:
    """Name what can be asked of a room."""
    kind: type[Any] = type(room)
    return [each for each in dir(kind) if not each.startswith("_") and callable(getattr(kind, each))]


class Faults:
    """Lets methods of the engine's rooms fail, and notes which were asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, engine: Engine) -> None:
        self.asked: list[str] = []
        self.failing: Callable[[str], bool] = lambda _name: False
        for name, room in vars(engine).items():
            kind = cast("Any", type(room))
            for method in [] if name.startswith("_") else public_methods(room):
                monkeypatch.setattr(kind, method, self._watched(f"{name}.{method}", getattr(kind, method)))

    def _watched(self, name: str, act: Callable[..., object]) -> Callable[..., object]:
        @wraps(act)
        def asked(*given: object, **named: object) -> object:
            self.asked.append(name)
            if self.failing(name):
                raise RuntimeError(INSIDE)
            return act(*given, **named)

        return asked


def test_whatever_fails_inside_is_a_number(
    open_page: Open, hostile: tuple[HostileWorld, str], databases: Any, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture, scored: Count,
) -> None:  # fmt: skip
    """On every page: no SQL, no path and no traceback in anything sent, and the log holds each number in full (D8)."""
    faults = Faults(monkeypatch, Engine(databases))
    queries, tried = hostile[0].queries(), 0
    for place in PLACES:
        query = queries.get(place.path, [{}])[-1]
        faults.asked.clear()
        faults.failing = lambda _name: False
        assert not open_page(place.path, **query).exception, place.path
        used = sorted(set(faults.asked))
        for chosen in (used, used[::2], used[1::2]):
            if not chosen:
                continue
            faults.failing = frozenset(chosen).__contains__
            caplog.clear()
            page = open_page(place.path, **query)
            tried += len(chosen)
            sent = everything_of(page)
            assert not page.exception, place.path
            assert all(part not in sent for part in ("SELECT password", "hunter2", "/srv/", "Traceback")), place.path
            shown = set(NUMBER.findall(sent))
            logged = {str(vars(each).get("incident")): each for each in caplog.records if each.levelno == logging.ERROR}
            assert shown, f"{place.path}: {chosen} failed, and nothing was said"
            assert shown <= set(logged), place.path
            assert all(INSIDE in str(logged[number].exc_info) for number in shown)
    scored("faults inside pages", tried, pages=len(PLACES), leaks=0)


def test_what_no_boundary_meets_ends_in_the_same_sentence() -> None:
    """Callbacks and what comes before a page have a net below them: Streamlit itself shows nothing of its own (D8)."""
    assert app._on_script_error is parts.show_uncaught  # pyright: ignore[reportPrivateUsage] -- there is no other way to see it
    page = AppTest.from_function(_fail_below_everything).run()
    (shown,) = page.error
    assert NUMBER.search(shown.value.replace("\\", "").replace("\u2060", ""))
    assert not page.exception


def _fail_below_everything() -> None:
    from pages.parts import show_uncaught  # noqa: PLC0415 - the function is run as a script of its own

    show_uncaught(RuntimeError("SELECT password FROM people"))


def parameters() -> list[str]:
    """Find every word of the pages that could be the name of a parameter."""
    words = {each for path in python_files("pages", "auth") for each in strings(path) if PARAMETER.fullmatch(each)}
    return sorted(words)


def test_an_address_may_hold_anything(
    open_page: Open, hostile: tuple[HostileWorld, str], caplog: pytest.LogCaptureFixture, scored: Count
) -> None:
    """Every parameter of every page with values nobody meant: used, ignored or refused, never a fault (D12)."""
    draw, names, tried = Random(SEED), parameters(), 0  # noqa: S311 - a repeatable choice
    queries = hostile[0].queries()
    assert len(names) >= 40
    for place in PLACES:
        kept = queries.get(place.path, [{}])[0]
        for turn in range(4):
            given = {name: draw.choice(HOSTILE) for name in names}
            given |= kept if turn % 2 else {}
            caplog.clear()
            page = open_page(place.path, **given)
            tried += len(given)
            assert not page.exception, (place.path, given)
            faults = [each.getMessage() for each in caplog.records if each.levelno >= logging.ERROR]
            assert faults == [], (place.path, given, [each.exc_text for each in caplog.records])
    scored("hostile parameters", tried, pages=len(PLACES), faults=0)


def test_the_names_of_parameters_are_found() -> None:
    """The search for them has teeth: those that stand in links of the pages are among them."""
    source = "\n".join(path.read_text("utf-8") for path in python_files("pages"))
    linked = set(re.findall(r'query_params=\{"([a-z_]+)"', source))
    assert linked <= set(parameters()) | {"ready", "status", "show"}
    assert ast.parse(source)
