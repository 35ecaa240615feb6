"""The pages on the real engine and real PostgreSQL, driven by AppTest: no browser, and nothing replaced."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from segment_engine.databases import Databases
from segment_engine.domain.access import OrganizationContext, Role
from segment_engine.domain.segment import SegmentDraft
from segment_engine.engine import Engine
from segment_engine.postgres.local import ADMINISTRATOR, LocalServer
from segment_engine.use_cases.organizations import LOCAL_IDENTITY
from segment_engine.worker.loop import Worker
from tests.integration.importing import Importer

VISIT = Path(__file__).with_name("visit.py")
DEFAULT_TIMEOUT = 30
CONTACTS = """id,name,city,tier,score,email
0001,Ada,Utrecht,gold,10,ada@example.org
0002,Bo,Gent,silver,25,
0003,Cy,Utrecht,gold,40,cy@example.org
0004,Di,,bronze,,di@example.org
"""
ORDERS = """id,at,total
0001,2026-01-05T10:00:00Z,12.50
0001,2026-02-05T10:00:00Z,99.00
0003,2026-02-06T10:00:00Z,20.00
"""

Document = dict[str, object]
Visit = Callable[..., AppTest]
Create = Callable[..., UUID]


def document(*conditions: Document, group: str = "all") -> Document:
    """Write a criteria document of one group."""
    root: Document = {"group": group, "of": list(conditions)}
    return {"format": "segment-criteria", "version": 1, "base": "contacts", "root": root}


EVERYONE = document({"kind": "all_contacts"})
IN_UTRECHT = document({"kind": "attribute", "field": "contact.city", "op": "equals", "value": "Utrecht"})


@pytest.fixture(scope="session", autouse=True)
def installed_components() -> Iterator[None]:
    """Let Streamlit look through the installed packages once: for every AppTest anew it takes 0.1 s."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield


@pytest.fixture
def visit(
    server: LocalServer, database_name: str, organization_id: int, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Visit]:
    """Open a page as the local operator: `visit("segment", id=…)`."""
    assert organization_id > 0
    monkeypatch.setenv("DATABASE_URL", server.url(ADMINISTRATOR, database_name))
    st.cache_resource.clear()

    def open_page(path: str = "segments", **query: str) -> AppTest:
        page = AppTest.from_file(str(VISIT), default_timeout=DEFAULT_TIMEOUT)
        page._page_hash = calc_hash(path)  # AppTest switches to files only, and these pages are functions
        page.query_params.update(query)
        return page.run()

    yield open_page
    st.cache_resource.clear()


@pytest.fixture
def contacts(databases: Databases, organization_id: int, tmp_path: Path) -> Importer:
    """Four contacts and three orders, imported from files."""
    importer = Importer(databases.app, organization_id, tmp_path)
    importer.contacts(CONTACTS, types={"tier": "ordered:bronze|silver|gold"})
    importer.events(ORDERS, types={"total": "money:EUR:2"})
    return importer


@pytest.fixture
def create(engine: Engine, context: OrganizationContext) -> Create:
    """Save a segment; its first calculation waits for a worker."""

    def save(name: str, criteria: Document = EVERYONE, description: str = "") -> UUID:
        draft = SegmentDraft(name, description, criteria, accepted_warnings=frozenset({"L-DUPLICATE"}))
        return engine.segments.create(context, draft).segment_id

    return save


@pytest.fixture
def work(databases: Databases) -> Callable[[], None]:
    """Let a worker do everything that waits."""

    def until_done() -> None:
        worker = Worker(databases.worker)
        while worker.work_once():
            pass

    return until_done


@pytest.fixture
def role(engine: Engine, organization_id: int) -> Callable[[Role], None]:
    """Change the role of the local operator; it holds from the next run of a page on."""
    return lambda role: engine.organizations.give_seat(organization_id, LOCAL_IDENTITY, role)


def words(page: AppTest) -> str:
    """Give every text a person can read on a page, in one string."""
    kinds = ("title", "subheader", "markdown", "caption", "text", "error", "warning", "info", "toast", "code")
    found = [str(getattr(element, "value", "")) for kind in kinds for element in page.get(kind)]
    found += [f"{metric.label} {metric.value} {metric.delta}" for metric in page.metric]
    found += [str(element.proto.label) for kind in ("page_link", "button", "menu_button") for element in page.get(kind)]
    return "\n".join(found).replace("\\", "").replace("\u2060", "")


def columns(page: AppTest) -> dict[str, list[Any]]:
    """Give the columns of every table on a page by their names."""
    found: dict[str, list[Any]] = {}
    for table in page.dataframe:
        frame: Any = table.value
        found |= {str(name): list(frame[name]) for name in frame}
    return found
