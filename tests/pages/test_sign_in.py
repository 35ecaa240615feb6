"""The sign-in, the account and local mode as a person sees them, on every page and in every state."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

import app as pages
from segment_engine.databases import Databases
from segment_engine.domain.access import LOCAL_IDENTITY, PERMISSIONS, Identity, Role
from segment_engine.engine import Engine
from segment_engine.errors import NotSignedIn, Unavailable
from segment_engine.settings import load_settings
from tests.pages.conftest import VISIT, Create, Visit, words
from tests.unit.test_sign_in_settings import GOOD

ISSUER = "https://login.company.com/realm"
ADA = Identity(ISSUER, "ada")
Enter = Callable[..., AppTest]


@pytest.fixture
def enter(visit: Visit) -> Enter:
    """Open a page of a server with a sign-in, as whom the claims say: `enter("segments", sub="ada")`."""
    assert visit  # the database is the one of this test
    settings = load_settings(
        GOOD
        | {
            "SEGMENT_ENGINE_PROVIDER_PARTNER_ISSUER": "https://partner.test",
            "SEGMENT_ENGINE_PROVIDER_PARTNER_CLIENT_ID": "segments",
            "SEGMENT_ENGINE_PROVIDER_PARTNER_CLIENT_SECRET": "kjh2oiuHKJH8shKJHs",
        }
    ).sign_in
    assert settings is not None
    section: dict[str, Any] = settings.section()

    def open_page(path: str = "segments", query: dict[str, str] | None = None, **claims: object) -> AppTest:
        page = AppTest.from_file(str(VISIT), default_timeout=30)
        page._page_hash = calc_hash(path)
        page.secrets["auth"] = section
        page.query_params.update(query or {})
        if claims:
            page.user = {"is_logged_in": True, "provider": "company", "iss": ISSUER, "iat": time.time() - 60} | claims
        return page.run()

    return open_page


def test_the_sign_in_has_a_button_for_every_provider(enter: Enter, create: Create) -> None:
    """Nobody is there yet: the ways in, and nothing of what is behind."""
    create("Secret name")
    page = enter("segments")
    assert not page.exception
    assert [title.value for title in page.title] == ["Sign in"]
    assert [button.label for button in page.button] == ["Continue with Company", "Continue with Partner"]
    assert "Secret name" not in str(page)
    assert not page.sidebar.children
    assert "12 hours" in words(page)


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        ("denied", "did not allow"), ("refused", "could not be accepted"), ("unreachable", "does not answer"),
        ("stale", "another browser"), ("signed_out", "You have signed out"),
    ],
)  # fmt: skip
def test_what_came_of_the_last_attempt_is_said(enter: Enter, outcome: str, said: str) -> None:
    """The address says what happened, and the page says it in words; anything else in the address says nothing."""
    assert said in words(enter("segments", {"sign_in": outcome}))
    assert not enter("segments", {"sign_in": f"{outcome}**x**"}).warning


def test_without_a_seat_one_reads_as_whom_one_came(enter: Enter) -> None:
    """A name that looks like formatting is a name; what to do depends on whether the address is verified."""
    page = enter(sub="new", name="*Nia* [x](http://evil.test)", email="nia@example.org", email_verified=True)
    assert not page.exception
    said = words(page)
    assert "You are signed in as *Nia* [x](http://evil.test), with Company." in said
    assert "invite nia@example.org" in said
    assert [button.label for button in page.button] == ["Look again", "Sign out"]
    unverified = words(enter(sub="other", email="nia@example.org"))
    assert "confirms no e-mail address" in unverified
    assert f"issuer   {ISSUER}\nsubject  other" in unverified


def test_an_invitation_is_found_by_looking_again(enter: Enter, engine: Engine, organization_id: int) -> None:
    """Once a seat is there, the next look opens the pages."""
    page = enter(sub="ada", name="Ada")
    assert "No seat yet" in words(page)
    engine.organizations.give_seat(organization_id, ADA, Role.VIEWER)
    page.button[0].click().run()
    assert not page.exception
    assert "Test organization" in words(page)


def test_who_leaves_is_out_at_the_next_step(
    enter: Enter, engine: Engine, databases: Databases, organization_id: int
) -> None:
    """A seat taken away, a person disabled, signed out everywhere: the next rerun shows nothing any more (C3)."""
    for sentence, ending in (
        ("No seat yet", "DELETE FROM seats USING people WHERE seats.person_id = people.person_id AND subject = 'ada'"),
        ("No seat yet", "UPDATE people SET disabled_at = clock_timestamp() WHERE subject = 'ada'"),
        ("signed out everywhere", "UPDATE people SET disabled_at = NULL, signed_out_at = now() WHERE subject = 'ada'"),
    ):
        engine.organizations.give_seat(organization_id, ADA, Role.ADMIN)
        page = enter(sub="ada")
        assert "Test organization" in words(page), sentence
        with databases.owner.transaction() as transaction:
            transaction.run(text(ending))
        page.run()
        assert not page.exception
        assert sentence in words(page)
        assert "Test organization" not in words(page)
        with databases.owner.transaction() as transaction:
            transaction.run(text("UPDATE people SET disabled_at = NULL, signed_out_at = NULL WHERE subject = 'ada'"))


def test_a_session_that_is_over_shows_the_sign_in(enter: Enter, engine: Engine, organization_id: int) -> None:
    """Twelve hours after the token was issued the page asks for a new sign-in (C5)."""
    engine.organizations.give_seat(organization_id, ADA, Role.ADMIN)
    page = enter(sub="ada", iat=time.time() - 12 * 3600 - 1)
    assert "Your session has ended" in words(page)
    assert "Test organization" not in words(page)
    assert len(page.button) == 2


def test_the_account_says_who_one_is(enter: Enter, engine: Engine, organization_id: int) -> None:
    """Name, address, role, provider and the end of the session stand in the sidebar, with the two ways out."""
    engine.organizations.give_seat(organization_id, ADA, Role.OPS_LEAD)
    page = enter(sub="ada", name="Ada *Young*", email="ada@example.org", email_verified=True)
    said = words(page)
    assert "ada@example.org" in said
    assert "Ops lead at Test organization" in said
    assert "Local mode" not in said
    assert not page.sidebar.selectbox
    page.sidebar.button(key="account_leave_everywhere").click().run()
    assert "Sign in" in [title.value for title in page.title]
    assert "signed out everywhere" in words(enter(sub="ada"))


@pytest.mark.parametrize("path", [place.path for place in pages.PLACES])
def test_a_page_without_its_permission_says_why(visit: Visit, path: str) -> None:
    """Each role on each page: it opens, or one sentence names the reason and nothing else is drawn (C2).

    Local mode is marked in the page itself, so that the mark is there where the sidebar is closed.
    """
    place = next(place for place in pages.PLACES if place.path == path)
    page = visit(path)
    for role in Role:
        page.sidebar.selectbox(key="account_role").select(role.value).run()
        assert not page.exception, role
        assert "Local mode" in page.main.markdown[0].value, role
        refused = "does not allow you to" in "\n".join(error.value.replace("\\", "") for error in page.error)
        assert refused is not bool(PERMISSIONS[role].intersection(place.permissions)), role
        if refused:
            assert not page.main.dataframe, role
            assert not page.main.button, role


def test_a_newcomer_can_try_every_role(visit: Visit, engine: Engine, create: Create) -> None:
    """In local mode a role is tried at once, what it may not do is closed, and acts are on record under it."""
    page = visit("segments")
    assert "Nobody has signed in" in words(page)
    page.sidebar.selectbox(key="account_role").select("viewer").run()
    assert "Your role: viewer" in words(page)
    assert "You try what a viewer may." in words(page)
    page.sidebar.selectbox(key="account_role").select("own").run()
    assert "Your role: admin" in words(page)
    assert create
    trying = engine.context_for(LOCAL_IDENTITY, role=Role.ANALYST)
    assert (trying.role, trying.permissions) == (Role.ANALYST, PERMISSIONS[Role.ANALYST])
    assert trying.person_name == "Local operator (trying analyst)"
    with pytest.raises(NotSignedIn):
        engine.context_for(ADA, role=Role.ADMIN)


def test_a_role_cannot_be_tried_beside_a_sign_in(enter: Enter, engine: Engine, organization_id: int) -> None:
    """What a session kept from local mode, or was told by a browser, gives nobody another role."""
    engine.organizations.give_seat(organization_id, ADA, Role.VIEWER)
    page = enter(sub="ada")
    page.session_state["auth.role"] = Role.ADMIN
    page.session_state["account_role"] = "admin"
    page.run()
    assert "Your role: viewer" in words(page)


def test_a_fresh_installation_says_what_to_do(
    visit: Visit, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without any organization there is one command to type; without a database one sentence."""
    with databases.migrator.engine.begin() as connection:
        connection.execute(text("DELETE FROM organizations"))
    assert "organization create" in words(visit())

    def fail(*_: object) -> None:
        raise Unavailable

    monkeypatch.setattr(Engine, "organizations_of", fail)
    assert "cannot be reached at the moment" in words(visit())


def test_a_broken_sign_in_lets_nobody_in(visit: Visit) -> None:
    """Settings that became unusable while the server ran close it (C10)."""
    assert visit()
    page = AppTest.from_file(str(VISIT), default_timeout=30)
    page.secrets["auth"] = {"client_id": "x"}
    page.run()
    assert "The sign-in of this server is not set up" in words(page)
    assert not page.button
