"""The gate, the error boundary and the settings of the server: what protects every page."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator

import pytest
import streamlit as st
from streamlit import config
from streamlit.testing.v1 import AppTest

from auth.identity import is_loopback
from segment_engine.engine import Engine
from segment_engine.errors import Unavailable
from tests.pages.conftest import VISIT, Create, Visit, words
from tests.sources import PROJECT

PAGES = ("segments", "segment", "edit")


@pytest.fixture
def reachable_from_outside() -> Iterator[None]:
    """The server as somebody might start it by mistake."""
    before = st.get_option("server.address")
    config.set_option("server.address", "0.0.0.0")  # noqa: S104 -- the mistake itself
    yield
    config.set_option("server.address", before)


@pytest.mark.usefixtures("reachable_from_outside")
@pytest.mark.parametrize("path", PAGES)
def test_local_mode_ends_where_the_network_begins(visit: Visit, create: Create, path: str) -> None:
    """A server others can reach shows nothing without a sign-in, whichever page is asked for (C1)."""
    segment_id = create("Secret name")
    page = visit(path, id=str(segment_id))
    assert not page.exception
    assert [title.value for title in page.title] == ["Sign in"]
    assert "Secret name" not in str(page)
    assert not page.sidebar.text


def test_local_mode_is_marked(visit: Visit) -> None:
    """Nobody takes it for a sign-in."""
    assert "Local mode" in words(visit())


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("localhost", True), ("127.0.0.1", True), ("::1", True), ("127.8.8.8", True), ("", False), (None, False),
        ("0.0.0.0", False), ("::", False), ("192.0.2.1", False), ("localhost.example.org", False),  # noqa: S104 -- refused
    ],
)  # fmt: skip
def test_what_counts_as_this_computer(address: object, local: bool) -> None:  # noqa: FBT001 -- a case of the table
    """Only addresses no other computer can reach; no address at all means every one of them."""
    assert is_loopback(address) is local


def test_a_configured_provider_closes_local_mode(visit: Visit) -> None:
    """With sign-in configured nobody is let in without it."""
    assert visit()
    page = AppTest.from_file(str(VISIT), default_timeout=30)
    page.secrets["auth"] = {"client_id": "x"}
    page.run()
    assert [title.value for title in page.title] == ["Sign in"]


@pytest.mark.parametrize("path", PAGES)
def test_an_unforeseen_error_is_an_incident_number(visit: Visit, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the text of the error nor a trace reaches the page (D8)."""

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("password=hunter2")

    monkeypatch.setattr(Engine, "context_for", fail)
    page = visit(path)
    assert not page.exception
    (error,) = page.error
    assert "Tell an administrator the number" in error.value
    assert "hunter2" not in str(page)
    assert "Traceback" not in str(page)


def test_a_known_error_is_its_sentence(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the engine says is said."""

    def fail(*_: object, **__: object) -> None:
        raise Unavailable

    monkeypatch.setattr(Engine, "context_for", fail)
    assert "The database cannot be reached at the moment" in words(visit())


def test_the_settings_of_the_server_are_the_safe_ones() -> None:
    """Every line a stranger could profit from is as it has to be (C13)."""
    written = tomllib.loads((PROJECT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert written["client"] == {
        "showErrorDetails": "none", "showErrorLinks": False, "toolbarMode": "minimal", "disableDataExport": True,
        "showSidebarNavigation": False,
    }  # fmt: skip
    assert written["server"] == {
        "address": "localhost", "allowedHosts": ["localhost", "127.0.0.1"], "enableXsrfProtection": True,
        "enableCORS": True, "enableStaticServing": False, "enableAgentApi": False, "maxUploadSize": 200,
        "maxMessageSize": 50, "fileWatcherType": "none", "disconnectedSessionTTL": 300,
    }  # fmt: skip
    assert written["runner"] == {"magicEnabled": False, "postScriptGC": False}
    assert written["browser"] == {"gatherUsageStats": False}
    assert "trustedUserHeaders" not in written["server"]
