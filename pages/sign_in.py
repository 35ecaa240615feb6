"""What somebody sees who is not in yet: the sign-in, and, once known, that no seat waits for them."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from urllib.parse import urlsplit

import streamlit as st

from auth import guard
from auth.identity import SignIn, State
from auth.returning import PARAMETER, Outcome
from pages.parts import action, emphasis, nothing_here
from pages.words import plain
from segment_engine import Provider, SignInSettings

WIDTH = 420
FIRST_COMMANDS = ('.venv/bin/python -m segment_engine organization create "Our organization"',)
# What came of the last attempt: how it is said, and with which icon.
OUTCOMES: dict[str, tuple[str, str]] = {
    Outcome.DENIED: (
        "You, or your provider, did not allow the sign-in. Try again, or choose another account.",
        "block",
    ),
    Outcome.REFUSED: (
        "The answer of your provider could not be accepted, so nobody was signed in. Try again.",
        "gpp_bad",
    ),
    Outcome.UNREACHABLE: (
        "Your provider does not answer at the moment. Try again in a minute; whoever is signed in stays signed in.",
        "cloud_off",
    ),
    Outcome.STALE: (
        "This sign-in was begun in another browser or too long ago, so it was not finished. Begin it again here.",
        "history",
    ),
    Outcome.SIGNED_OUT: ("You have signed out.", "logout"),
}


def render(sign_in: SignIn) -> None:
    """Offer the ways in, and say why somebody is outside."""
    with _card():
        st.title("Sign in", anchor=False, width="content")
        settings = sign_in.settings
        if settings is None:
            st.error(plain(sign_in.sentence), icon=":material/lock:")
            return
        _say_why(sign_in)
        elsewhere = _opened_elsewhere(settings)
        if elsewhere is not None:
            _lead_to(settings, elsewhere)
            return
        st.text("Contact segments knows you by the account of your organization.", text_alignment="center")
        with st.container(gap="small"):
            for provider in settings.providers:
                _button(provider, alone=len(settings.providers) == 1)
        hours = "1 hour" if settings.session_hours == 1 else f"{settings.session_hours} hours"
        st.caption(f"A sign-in lasts {hours}.", text_alignment="center")


def render_without_seat(sign_in: SignIn) -> None:
    """Say who somebody is known as, that no seat is there, and what to do about it."""
    if sign_in.session is None:
        nothing_here(
            "No organization yet", "Everything belongs to an organization. Create the first one, then reload.",
            icon=":material/domain_add:", commands=FIRST_COMMANDS,
        )  # fmt: skip
        return
    identity, provider = sign_in.session.identity, sign_in.session.provider
    with _card():
        st.title("No seat yet", anchor=False, width="content")
        st.text(f"You are signed in as {identity.name}, with {provider.label}.", text_alignment="center")
        if identity.email:
            st.text(
                f"Nobody has given you a seat in an organization. Ask an administrator to invite {identity.email}, and "
                "look again.", text_alignment="center",
            )  # fmt: skip
        else:
            st.text(
                "Your provider confirms no e-mail address of yours, so an invitation cannot find you. Give these two "
                "lines to whoever runs this server, and look again.", text_alignment="center",
            )  # fmt: skip
        with st.expander("Who you are for this server", expanded=not identity.email):
            st.code(f"issuer   {identity.issuer}\nsubject  {identity.subject}", language=None, wrap_lines=True)
        with st.container(horizontal=True, horizontal_alignment="center"):
            st.button("Look again", icon=":material/refresh:", type=emphasis(), on_click=action(guard.knock_again))
            st.button("Sign out", icon=":material/logout:", on_click=action(guard.sign_out))


@contextmanager
def _card() -> Generator[None]:
    """Draw a narrow card in the middle, on a phone as wide as it is."""
    st.space("medium")
    middle = st.container(horizontal_alignment="center")
    with middle, st.container(border=True, width=WIDTH, horizontal_alignment="center", gap="medium"):
        yield


def _say_why(sign_in: SignIn) -> None:
    sentence, icon = OUTCOMES.get(st.query_params.get(PARAMETER, ""), ("", ""))
    if sentence:
        say = st.info if icon == "logout" else st.warning
        say(sentence, icon=f":material/{icon}:")
    elif sign_in.state is not State.SIGNED_OUT or sign_in.sentence:
        st.info(plain(sign_in.sentence), icon=":material/timer_off:")


def _button(provider: Provider, *, alone: bool) -> None:
    clicked = st.button(
        f"Continue with {plain(provider.label)}", key=f"sign_in.{provider.name}", icon=":material/login:",
        type=emphasis() if alone else "secondary", width="stretch",
    )  # fmt: skip
    if clicked:
        st.login(provider.name)


def _opened_elsewhere(settings: SignInSettings) -> str | None:
    """Give the address in the browser where it is not the one a sign-in comes back to."""
    url = st.context.url
    if not url or not urlsplit(url).netloc:
        return None
    here = f"{urlsplit(url).scheme}://{urlsplit(url).netloc}"
    return None if here == settings.public_url else here


def _lead_to(settings: SignInSettings, here: str) -> None:
    st.warning(
        f"You have opened {plain(here)}, and a sign-in comes back to {plain(settings.public_url)} only. Open that.",
        icon=":material/alt_route:",
    )
    st.link_button("Open the right address", settings.public_url, icon=":material/arrow_forward:", width="stretch")
