"""The gate: every page, fragment and callback asks here for its context, and gets it fresh from the database."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import streamlit as st

from auth.ended import ENDED
from auth.identity import SignIn, State, who
from segment_engine import (
    Engine,
    Identity,
    OrganizationChoice,
    OrganizationContext,
    Role,
    configure_logs,
    load_settings,
)
from segment_engine.errors import NotSignedIn, SignedOut

CHOSEN = "auth.organization"
TRIED = "auth.role"
ARRIVED = "auth.arrived"
FOUND = "auth.organizations"


@dataclass(frozen=True, slots=True)
class Visit:
    """Who is there, and where they may work; without an identity, nowhere."""

    sign_in: SignIn
    choices: tuple[OrganizationChoice, ...] = ()


@st.cache_resource(show_spinner=False, on_release=Engine.close)
def running_engine() -> Engine:
    """Give the one engine of this process. Raises: SettingsError, Unavailable."""
    settings = load_settings()
    configure_logs(settings.log_format, known_secrets=settings.passwords())
    engine = Engine.start(settings)
    gc.collect()
    gc.freeze()  # with what is loaded by now taken out, a collection costs half as much
    return engine


def visit() -> Visit:
    """Establish who is there and where they may work; whoever has just signed in is noted. Raises: Unavailable."""
    sign_in = who()
    if sign_in.identity is None:
        return Visit(sign_in)
    try:
        st.session_state[FOUND] = choices = _choices(sign_in, sign_in.identity)
        return Visit(sign_in, choices)
    except SignedOut as ended:
        return Visit(SignIn(State.ENDED, sentence=str(ended), settings=sign_in.settings))


def _choices(sign_in: SignIn, identity: Identity) -> tuple[OrganizationChoice, ...]:
    key = sign_in.session and sign_in.session.key
    if key is None or st.session_state.get(ARRIVED) == key:
        return running_engine().organizations_of(identity)
    choices = running_engine().arrive(identity)
    st.session_state[ARRIVED] = key
    return choices


def knock_again() -> None:
    """Look anew for a seat: an invitation may have come since."""
    st.session_state.pop(ARRIVED, None)


def current_context() -> OrganizationContext:
    """Rebuild the context of this moment: a seat that was taken away works no more, in callbacks and fragments too.

    Raises: NotSignedIn, SignedOut, Unavailable.
    """
    identity = _identity()
    engine, chosen, role = running_engine(), st.session_state.get(CHOSEN), tried_role()
    try:
        return engine.context_for(identity, chosen, role=role)
    except SignedOut:
        raise
    except NotSignedIn:
        if chosen is None:
            raise
        del st.session_state[CHOSEN]  # the seat of the chosen organization is gone; the others remain
        return engine.context_for(identity, role=role)


def _identity() -> Identity:
    identity = who().identity
    if identity is None:
        raise NotSignedIn
    return identity


def organizations() -> tuple[OrganizationChoice, ...]:
    """List where the person may work, as the visit of this rerun found it."""
    return st.session_state.get(FOUND, ())


def choose_organization(organization_id: int) -> None:
    """Work in another organization from now on; whether the person may is asked again on every run."""
    st.session_state[CHOSEN] = organization_id


# Trying roles, in local mode only ----------------------------------------------------------------------------------


def tried_role() -> Role | None:
    """Give the role that is being tried instead of the seat's own; never one beside a sign-in."""
    tried = st.session_state.get(TRIED)
    return tried if isinstance(tried, Role) and who().local else None


def try_role(role: Role | None) -> None:
    """See and do from now on what this role may; None goes back to the seat's own. Raises: NotSignedIn."""
    if not who().local:
        raise NotSignedIn("Another role can be tried in local mode only.")
    st.session_state[TRIED] = role


# Leaving -----------------------------------------------------------------------------------------------------------


def sign_out() -> None:
    """End this sign-in here, in every tab of the browser, and at the provider."""
    session = who().session
    if session is not None:
        ENDED.end(session, now=datetime.now(UTC))
    st.logout()


def sign_out_everywhere() -> None:
    """End every sign-in of this person, on every device, from the next click on. Raises: NotSignedIn, Unavailable."""
    running_engine().sign_out_everywhere(_identity())
    sign_out()


def watch_the_end(sign_in: SignIn) -> None:
    """Let the browser ask again at the moment the session ends, so that nothing stays on an unattended screen."""
    if sign_in.session is None:
        return
    ends_at = sign_in.session.ends_at
    left = (ends_at - datetime.now(UTC)).total_seconds()

    def notice() -> None:
        if datetime.now(UTC) >= ends_at:
            st.rerun()

    watch: Callable[[], None] = st.fragment(notice, run_every=max(1.0, left + 0.5))
    watch()
