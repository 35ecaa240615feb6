"""Who is in front of the screen: somebody a provider vouches for, or, without any provider, whoever sits here."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import cast

import streamlit as st

from auth.claims import Doubt, Session, read_claims
from auth.ended import ENDED
from segment_engine import LOCAL_IDENTITY, Identity, SignInSettings, sign_in_of
from segment_engine.errors import SettingsError


class State(StrEnum):
    """How it stands with whoever looks at the screen."""

    LOCAL = "local"
    SIGNED_IN = "signed_in"
    SIGNED_OUT = "signed_out"
    ENDED = "ended"
    UNUSABLE = "unusable"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class SignIn:
    """The answer to “who is it?”: an identity, or None and the sentence that says why not.

    Shape: `settings` is None where nobody can sign in; `session` where nobody has.
    """

    state: State
    identity: Identity | None = None
    sentence: str = ""
    settings: SignInSettings | None = None
    session: Session | None = None

    @property
    def local(self) -> bool:
        """Whether nobody signed in because the server serves this computer only."""
        return self.state is State.LOCAL


SENTENCES = {
    Doubt.ENDED: (State.ENDED, "Your session has ended. Sign in again; you come back to this page."),
    Doubt.UNUSABLE: (
        State.UNUSABLE,
        "What your sign-in provider said cannot be used here. Sign in again, or tell whoever runs this server.",
    ),
}


def who() -> SignIn:
    """Establish the identity anew, from the server's own settings and a signed cookie, never from a header.

    Shape: without a sign-in provider, the local operator, but only while the server listens on this computer alone.
    """
    try:
        settings = configured()
    except SettingsError as problem:
        return SignIn(State.CLOSED, sentence=f"The sign-in of this server is not set up: {problem}")
    if settings is None:
        return _local()
    claims = cast("Mapping[str, object]", st.user.to_dict())
    if claims.get("is_logged_in") is not True:
        return SignIn(State.SIGNED_OUT, settings=settings)
    found = read_claims(claims, settings, now=datetime.now(UTC))
    if isinstance(found, Doubt):
        state, sentence = SENTENCES[found]
        return SignIn(state, sentence=sentence, settings=settings)
    if found in ENDED:
        return SignIn(State.SIGNED_OUT, sentence="You have signed out in this browser.", settings=settings)
    return SignIn(State.SIGNED_IN, found.identity, settings=settings, session=found)


def configured() -> SignInSettings | None:
    """Read how people sign in from what Streamlit was given; None where nobody can. Raises: SettingsError."""
    try:
        section: object = st.secrets.get("auth")
    except FileNotFoundError:  # no secrets at all
        section = None
    if section is None:
        return None
    if not isinstance(section, Mapping):
        raise SettingsError("auth must be a section, [auth], of the secrets; correct it, or remove it.")
    return _settings_of(json.dumps(section, default=dict))


@lru_cache(maxsize=4)
def _settings_of(written: str) -> SignInSettings | None:
    """Check a section once, and again when it says something else: it is asked for with every request."""
    return sign_in_of(json.loads(written))


def is_loopback(address: object) -> bool:
    """Tell whether a listening address is reachable from the same computer only; no address means every one."""
    if not isinstance(address, str):
        return False
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _local() -> SignIn:
    if is_loopback(st.get_option("server.address")):
        return SignIn(State.LOCAL, LOCAL_IDENTITY)
    return SignIn(
        State.CLOSED,
        sentence="This server can be reached from other computers, and nobody can sign in to it. Start it with "
        "--server.address=localhost; then whoever sits at this computer may use it. Or set up a sign-in: "
        "docs/sign-in.md says how.",
    )
