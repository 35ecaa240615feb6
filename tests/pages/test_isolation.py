"""No page shows anything of another organization, whatever stands in its address."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from uuid import UUID, uuid4

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from app import PLACES
from auth import guard
from segment_engine.domain.access import Role
from segment_engine.postgres.local import ADMINISTRATOR, LocalServer
from segment_engine.use_cases.organizations import LOCAL_IDENTITY
from tests.attacks.payloads import TEMPLATES
from tests.isolation.conftest import Worlds, made_worlds, worlds
from tests.isolation.marked_worlds import OURS, THEIRS, Marked
from tests.isolation.probing import ids_of
from tests.pages.conftest import DEFAULT_TIMEOUT, VISIT, Create, Visit, columns, words
from tests.sources import PROJECT, tree_of

__all__ = ("made_worlds", "worlds")
pytestmark = pytest.mark.xdist_group("marked worlds")
NOBODYS = "greymoors"
Count = Callable[..., None]
Open = Callable[..., AppTest]


def parameters() -> tuple[str, ...]:
    """Every word of the pages that could be the name of a parameter; one that is none is ignored."""
    texts = {
        node.value
        for path in (PROJECT / "pages").glob("*.py")
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return tuple(sorted(text for text in texts if re.fullmatch(r"[a-z]{1,12}(?:_[a-z]{1,12})?", text)))


@pytest.fixture
def open_page(worlds: Worlds, server: LocalServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Open pages as the operator, who has a seat in the first of the two organizations only."""
    worlds.engine.organizations.give_seat(worlds.ours.organization_id, LOCAL_IDENTITY, Role.ADMIN)
    name = str(worlds.databases.app.engine.url.database)
    monkeypatch.setenv("DATABASE_URL", server.url(ADMINISTRATOR, name))
    st.cache_resource.clear()

    def visit_page(path: str, query: dict[str, str], *, organization_id: int | None = None) -> AppTest:
        page = AppTest.from_file(str(VISIT), default_timeout=DEFAULT_TIMEOUT)
        page._page_hash = calc_hash(path)
        page.query_params.update(query)
        if organization_id is not None:
            page.session_state[guard.CHOSEN] = organization_id
        return page.run()

    yield visit_page
    st.cache_resource.clear()


def shown(page: AppTest, query: dict[str, str]) -> str:
    """Everything a person can read, in which what stood in the address is called THING."""
    text = f"{words(page)}\n{columns(page)}"
    for value in sorted({*query.values()}, key=len, reverse=True):
        text = text.replace(value, "THING")
    return re.sub(r"[\d.]+ (?:ms|s|seconds?|minutes?)\b", "MOMENT", text)


def natural(of: Marked, ids: dict[str, UUID], path: str) -> UUID:
    """What the parameter `id` of a page means."""
    if path.startswith(("campaign", "sequence")):
        return of.campaign
    return ids["data_sources.data_source_id"] if path.startswith("source") else of.segment


@pytest.mark.parametrize("path", [place.path for place in PLACES])
def test_an_address_with_anothers_things_shows_what_a_wrong_address_shows(
    worlds: Worlds, open_page: Open, scored: Count, path: str
) -> None:
    """In every parameter of every page: ids and words of others are answered like ones that never were (B1, B11)."""
    names = parameters()
    theirs, ours = worlds.theirs, worlds.ours
    ids = ids_of(worlds.databases, theirs.organization_id)
    own = ids_of(worlds.databases, ours.organization_id)
    kinds = (natural(theirs, ids, path), theirs.segment, theirs.campaign, ids["campaign_audiences.run_id"])
    tried = 0
    for turn, given in enumerate(kinds):
        first, second = ({name: str(each) for name in names} | {"id": str(each)} for each in (given, uuid4()))
        for query, nobody in ((first, theirs.word), (second, NOBODYS)):
            query.update(q=nobody, c_q=f"{nobody}-1", c_key=f"{nobody}-1", s_q=nobody, d_q=nobody)
            if turn:  # beside one's own thing, which the page does show
                query["id"] = str(natural(ours, own, path))
        pages = open_page(path, first), open_page(path, second)
        assert [bool(page.exception) for page in pages] == [False, False]
        assert shown(pages[0], first) == shown(pages[1], second)
        assert THEIRS not in shown(pages[0], first)
        tried += 2
    scored("page addresses", tried, leaks=0)


def test_two_people_in_one_server_see_their_own_each(worlds: Worlds, open_page: Open, scored: Count) -> None:
    """The same pages, one after the other, for two organizations: nothing one of them saw is kept (B11, B15)."""
    worlds.engine.organizations.give_seat(worlds.theirs.organization_id, LOCAL_IDENTITY, Role.ADMIN)
    seen: set[tuple[str, str]] = set()
    for path in ("overview", "segments", "campaigns", "operations", "cleanup", "sources"):
        for marked in (worlds.ours, worlds.theirs, worlds.ours):
            page = open_page(path, {}, organization_id=marked.organization_id)
            assert not page.exception
            other = THEIRS if marked.word == OURS else OURS
            read = f"{words(page)}\n{columns(page)}"
            # The other organization's name stands in the list of organizations, and nothing else of it.
            assert other not in read.replace(f"{other} organization", ""), path
            seen |= {(path, marked.word)} if marked.word in read else set()
        scored("page addresses", 3, leaks=0)
    assert len(seen) >= 8


def test_an_address_of_ones_own_shows_it(worlds: Worlds, open_page: Open) -> None:
    """What is compared above does show things where one may see them (B11)."""
    page = open_page("segment", {"id": str(worlds.ours.segment)})
    assert f"{OURS} everyone" in words(page)


def test_templates_in_names_are_shown_as_they_are(visit: Visit, create: Create) -> None:
    """Nothing of a template is filled in or left out, on the list and on the segment's own page (A6)."""
    made = {text: create(text) for text in TEMPLATES}
    listed = visit("segments", view="Table")
    assert not listed.exception
    found = {str(name) for names in columns(listed).values() for name in names}
    assert set(made) - found == set()
    text = '{{env "X"}}'
    assert text in words(visit("segment", id=str(made[text])))
