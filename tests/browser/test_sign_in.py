"""A person at a browser, a real provider, and everything between opening a link and being out again."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.serving import settle
from tests.sign_in import conftest as signing_in
from tests.sign_in.asking import IDENTITY, SignInSite, sign_in
from tests.sign_in.conftest import SEGMENT
from tests.sign_in.hostile import Hostile

# The server and the providers of tests/sign_in, once more for the process that drives the browser.
providers, sign_in_site, hostile = signing_in.providers, signing_in.sign_in_site, signing_in.hostile


@pytest.fixture
def at_the_gate(tab: Page, sign_in_site: SignInSite) -> Iterator[Page]:
    """A link to a page was opened, and nobody is signed in."""
    tab.goto(f"{sign_in_site.address}/segments?q=gate")
    expect(tab.get_by_role("heading", name="Sign in")).to_be_visible()
    yield tab
    tab.goto("about:blank")


def as_person(tab: Page, provider: str, person: str) -> None:
    """Press the button of a provider, and say there who one is."""
    tab.get_by_role("button", name=f"Continue with {provider}").click()
    tab.wait_for_url("**/oauth2/authorize**")
    tab.get_by_role("button", name=person, exact=True).click()


def test_in_by_a_link_and_out_again(at_the_gate: Page, sign_in_site: SignInSite) -> None:
    """The page asked for is there after the sign-in; another tab is out at its next step after signing out (C4)."""
    tab = at_the_gate
    as_person(tab, "Company", "ada")
    expect(tab.get_by_role("heading", name="Segments")).to_be_visible()
    settle(tab)
    assert SEGMENT in tab.content()
    assert tab.url == f"{sign_in_site.address}/segments?q=gate"
    cookies = [cookie for cookie in tab.context.cookies() if cookie.get("name", "").startswith("_streamlit_user")]
    assert cookies
    assert all(cookie.get("httpOnly") and cookie.get("sameSite") == "Lax" for cookie in cookies)
    second = tab.context.new_page()
    second.goto(f"{sign_in_site.address}/operations")
    expect(second.get_by_text("House of Ada").first).to_be_visible()
    settle(second)
    tab.get_by_role("button", name="Ada Young").click()
    tab.get_by_role("button", name="Sign out", exact=True).click()
    tab.wait_for_url("**/oauth2/end_session**")
    tab.get_by_role("button").first.click()
    expect(tab.get_by_text("You have signed out.")).to_be_visible()
    second.get_by_role("link", name="Segments").first.click()
    expect(second.get_by_role("heading", name="Sign in")).to_be_visible()
    settle(second)
    assert SEGMENT not in second.content()
    second.close()


def test_no_at_the_provider_is_said(at_the_gate: Page, sign_in_site: SignInSite) -> None:
    """Who says no there reads here that it was so, and can try again."""
    tab = at_the_gate
    tab.get_by_role("button", name="Continue with Partner").click()
    tab.wait_for_url("**/oauth2/authorize**")
    tab.get_by_role("button", name="Deny").click()
    expect(tab.get_by_text("did not allow the sign-in")).to_be_visible()
    assert tab.url == f"{sign_in_site.address}/segments?q=gate&sign_in=denied"
    as_person(tab, "Partner", "stranger")
    expect(tab.get_by_role("heading", name="No seat yet")).to_be_visible()
    expect(tab.get_by_text("You are signed in as A *Stranger*, with Partner.")).to_be_visible()


def test_another_name_of_this_computer_leads_to_the_right_one(tab: Page, sign_in_site: SignInSite) -> None:
    """Under 127.0.0.1 the sign-in could not come back, so it is not begun there."""
    tab.goto(sign_in_site.address.replace("localhost", "127.0.0.1"))
    expect(tab.get_by_text("comes back to")).to_be_visible()
    expect(tab.get_by_role("link", name="Open the right address")).to_have_attribute("href", sign_in_site.address)
    assert tab.get_by_role("button", name="Continue").count() == 0
    tab.goto("about:blank")


def test_a_screen_nobody_looks_at_is_closed_in_time(tab: Page, sign_in_site: SignInSite, hostile: Hostile) -> None:
    """At the moment a session ends the page itself asks again, without a click, and shows the sign-in (C5)."""
    hostile.changes = {"iat": int(time.time()) - 12 * 3600 + 15}
    with sign_in_site.visitor() as visitor:
        sign_in(visitor, sign_in_site, "hostile")
        kept = visitor.cookies[IDENTITY]
    tab.context.add_cookies([{"name": IDENTITY, "value": kept, "url": sign_in_site.address, "httpOnly": True}])
    tab.goto(sign_in_site.address)
    expect(tab.get_by_role("heading", name="No seat yet")).to_be_visible()
    expect(tab.get_by_text("Your session has ended.")).to_be_visible(timeout=30_000)
    tab.goto("about:blank")
