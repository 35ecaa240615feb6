"""The foot of the sidebar: as whom one is here and until when, leaving, and, in local mode, trying another role."""

from __future__ import annotations

import streamlit as st

from auth import guard
from auth.claims import Session
from auth.identity import SignIn
from pages.parts import action
from pages.words import exact, plain
from segment_engine import OrganizationContext, Role

ROLE_KEY = "account_role"
LOCAL_HELP = "Nobody has signed in: this server answers on this computer only; whoever sits here may use it."
OWN = "own"
ROLE_NAMES = {OWN: "My seat's own role"} | {role.value: role.value.replace("_", " ").capitalize() for role in Role}


def mark_local_mode(context: OrganizationContext) -> None:
    """Say at the head of every page that nobody has signed in, also where the sidebar is closed."""
    tried = guard.tried_role()
    acting = f"You try what {_article(context.role)} may." if tried else "Nobody has signed in."
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.badge("Local mode", icon=":material/computer:", color="orange", help=LOCAL_HELP)
        st.caption(acting, width="content")


def draw(context: OrganizationContext, sign_in: SignIn) -> None:
    """Draw the account of whoever is here."""
    if sign_in.session is not None:
        _account(context, sign_in.session)
    elif sign_in.local:
        _roles()


def _account(context: OrganizationContext, session: Session) -> None:
    identity = session.identity
    with st.popover(plain(identity.name), icon=":material/account_circle:", width="stretch", key="account"):
        st.text(identity.email or identity.subject)
        st.caption(f"{context.role.value.replace('_', ' ').capitalize()} at {plain(context.organization_name)}")
        st.caption(f"Signed in with {plain(session.provider.label)}, until {exact(session.ends_at, context)}")
        st.button(
            "Sign out", icon=":material/logout:", width="stretch", key="account_leave", on_click=action(guard.sign_out)
        )
        st.button(
            "Sign out everywhere", icon=":material/devices:", width="stretch", key="account_leave_everywhere",
            on_click=action(guard.sign_out_everywhere),
            help="Ends every sign-in of yours, on every device, from the next click on.",
        )  # fmt: skip


def _roles() -> None:
    tried = guard.tried_role()
    st.session_state[ROLE_KEY] = OWN if tried is None else tried.value
    st.selectbox(
        "Try a role", list(ROLE_NAMES), format_func=ROLE_NAMES.__getitem__, key=ROLE_KEY, on_change=_try_role,
        help="What this role may not do is closed to you until you go back, and what you do is on record under it.",
    )  # fmt: skip


@action
def _try_role() -> None:
    chosen = str(st.session_state[ROLE_KEY])
    guard.try_role(None if chosen == OWN else Role(chosen))


def _article(role: Role) -> str:
    name = role.value.replace("_", " ")
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"
