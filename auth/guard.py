"""The gate: every page, fragment and callback asks here for its context, and gets it fresh from the database."""

from __future__ import annotations

import gc

import streamlit as st

from auth.identity import SignIn, who
from segment_engine import Engine, OrganizationChoice, OrganizationContext, configure_logs, load_settings
from segment_engine.errors import NotSignedIn

CHOSEN = "auth.organization"


@st.cache_resource(show_spinner=False, on_release=Engine.close)
def running_engine() -> Engine:
    """Give the one engine of this process. Raises: SettingsError, Unavailable."""
    settings = load_settings()
    configure_logs(settings.log_format, known_secrets=settings.passwords())
    engine = Engine.start(settings)
    gc.collect()
    gc.freeze()  # with what is loaded by now taken out, a collection costs half as much
    return engine


def require_sign_in() -> SignIn:
    """Let a known person through, and show everybody else why not, and nothing more."""
    sign_in = who()
    if sign_in.identity is None:
        st.title("Sign in")
        st.error(sign_in.sentence, icon=":material/lock:")
        st.stop()
    return sign_in


def current_context() -> OrganizationContext:
    """Rebuild the context of this moment: a seat that was taken away works no more, in callbacks and fragments too.

    Raises: NotSignedIn, Unavailable.
    """
    identity = who().identity
    if identity is None:
        raise NotSignedIn
    engine, chosen = running_engine(), st.session_state.get(CHOSEN)
    try:
        return engine.context_for(identity, chosen)
    except NotSignedIn:
        if chosen is None:
            raise
        del st.session_state[CHOSEN]  # the seat of the chosen organization is gone; the others remain
        return engine.context_for(identity)


def organizations() -> tuple[OrganizationChoice, ...]:
    """List where the person may work. Raises: NotSignedIn."""
    identity = who().identity
    if identity is None:
        raise NotSignedIn
    return running_engine().organizations_of(identity)


def choose_organization(organization_id: int) -> None:
    """Work in another organization from now on; whether the person may is asked again on every run."""
    st.session_state[CHOSEN] = organization_id
