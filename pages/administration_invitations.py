"""Who is invited: a seat that waits for a verified address; inviting, renewing and revoking."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from auth.guard import current_context, running_engine, who
from pages.administration_words import ROLE_MEANS, ROLE_WORDS, role_column
from pages.parts import action, boundary, clicked, emphasis, flash, nothing_here, sentence_of, table
from pages.words import counted, exact, plain
from segment_engine import (
    INVITATION_DAYS,
    MOST_INVITATION_DAYS,
    Invitation,
    InvitationId,
    InvitationState,
    OrganizationContext,
    Role,
)

ROW_HEIGHT, ROWS_SHOWN = 40, 12
ASKED, NEW = "a_invitation", "new"
_CLICK, _EMAIL, _ROLE, _DAYS = "a_invited", "a_email", "a_invite_role", "a_days"
_PROBLEM = "a_invite_problem"
STATE_WORDS = {InvitationState.OPEN: "Open", InvitationState.EXPIRED: "Expired"}
HOW = (
    "The seat waits for whoever signs in with this address, once, while the sign-in provider calls it verified. "
    "Nothing is sent: tell the person to sign in."
)


def invitations(context: OrganizationContext) -> None:
    """Draw the tab."""
    found = running_engine().people.invitations(context)
    if who().local:
        st.info(
            "This server runs in local mode, so nobody can sign in to it yet. Invitations wait until a sign-in "
            "provider is configured.",
            icon=":material/computer:",
        )
    if found:
        _toolbar(found)
        _table(context, found)
    else:
        step = nothing_here("Nobody is invited", HOW, icon=":material/mail:")
        with step:
            invite_button("Invite somebody")
    open_asked(found)


def _toolbar(found: Sequence[Invitation]) -> None:
    expired = sum(each.state is InvitationState.EXPIRED for each in found)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(
            f"{counted(len(found) - expired, 'open invitation', 'open invitations')}, {expired:,} expired",
            width="content",
        )
        st.space("stretch")
        invite_button("Invite")


def invite_button(label: str) -> None:
    """Draw the way to invite somebody."""
    st.button(label, icon=":material/person_add:", type=emphasis(), key="a_invite", on_click=_ask_new)


def _ask_new() -> None:
    st.session_state[ASKED] = NEW


def _table(context: OrganizationContext, found: Sequence[Invitation]) -> None:
    columns, ids, zone = st.column_config, tuple(each.invitation_id for each in found), context.calendar.time_zone
    table(
        pd.DataFrame(
            {
                "open": ["Invitation…"] * len(found),
                "email": [each.email for each in found],
                "role": [[ROLE_WORDS[each.role]] for each in found],
                "state": [[STATE_WORDS[each.state]] for each in found],
                "expires": pd.Series([each.expires_at for each in found], dtype="datetime64[us, UTC]"),
                "by": [each.invited_by for each in found],
                "created": pd.Series([each.created_at for each in found], dtype="datetime64[us, UTC]"),
            }
        ),
        {
            "open": columns.ButtonColumn("", type="tertiary", width=100, key=_CLICK, on_click=_clicked, args=(ids,)),
            "email": columns.TextColumn("E-mail address", width=260),
            "role": role_column(),
            "state": columns.MultiselectColumn(
                "State", options=list(STATE_WORDS.values()), color=["green", "gray"], width=95
            ),
            "expires": columns.DatetimeColumn("Open until", format="D MMM YYYY, HH:mm", timezone=zone, width=150),
            "by": columns.TextColumn("Invited by", width=150),
            "created": columns.DatetimeColumn("Invited", format="distance", timezone=zone, width=125),
        },
        key=f"a_invitations.{hash(tuple(found))}", row_height=ROW_HEIGHT,
        rows_shown=None if len(found) <= ROWS_SHOWN else ROWS_SHOWN,
        alt=f"{counted(len(found), 'invitation', 'invitations')} with role, state and end",
    )  # fmt: skip


@action
def _clicked(ids: tuple[InvitationId, ...]) -> None:
    st.session_state[ASKED] = clicked(_CLICK, ids)


# Dialogs -----------------------------------------------------------------------------------------------------------


def open_asked(found: Sequence[Invitation] = ()) -> None:
    """Open the dialog that was asked for: a new invitation, or one of these."""
    asked = st.session_state.get(ASKED)
    chosen = next((each for each in found if each.invitation_id == asked), None)
    if asked == NEW:
        _invite()
    elif chosen is not None:
        _one(chosen)
    else:
        close()


def close() -> None:
    """Forget what was asked for."""
    st.session_state.pop(ASKED, None)


@st.dialog("Invite somebody", icon=":material/person_add:", on_dismiss=close)
def _invite() -> None:
    """Ask for whom, as what and for how long."""
    with boundary():
        st.caption(HOW)
        email = st.text_input("E-mail address", key=_EMAIL, placeholder="name@example.org", max_chars=254)
        role = st.selectbox(
            "Role", list(Role), index=list(Role).index(Role.VIEWER), format_func=ROLE_WORDS.__getitem__, key=_ROLE
        )
        st.caption(ROLE_MEANS[role])
        days = int(st.number_input("Open for so many days", 1, MOST_INVITATION_DAYS, INVITATION_DAYS, key=_DAYS))
        problem = st.session_state.pop(_PROBLEM, None)
        if problem:
            st.error(plain(problem), icon=":material/error:")
        with st.container(horizontal=True, horizontal_alignment="right"):
            st.button("Not now", key="a_invite_no", on_click=_close)
            st.button(
                f"Invite as {ROLE_WORDS[role].lower()}", type=emphasis(), icon=":material/person_add:",
                key="a_invite_yes", disabled=not email.strip(), on_click=_send, args=(role, days),
                help=None if email.strip() else "Type the address first.",
            )  # fmt: skip


@st.dialog("Invitation", icon=":material/mail:", on_dismiss=close)
def _one(invitation: Invitation) -> None:
    """Say how it stands; renew it or revoke it."""
    with boundary():
        context = current_context()
        st.header(plain(invitation.email), anchor=False)
        ended = "Expired" if invitation.state is InvitationState.EXPIRED else "Open until"
        by = f" by {plain(invitation.invited_by)}" if invitation.invited_by else ""
        st.text(f"Waits with the role {ROLE_WORDS[invitation.role].lower()}.")
        st.caption(
            f"{ended} {exact(invitation.expires_at, context)}. Invited {exact(invitation.created_at, context)}{by}."
        )
        with st.container(horizontal=True, horizontal_alignment="right"):
            st.button(
                f"Revoke the invitation of {plain(invitation.email)}", icon=":material/cancel:", key="a_revoke",
                on_click=_revoke, args=(invitation,),
            )  # fmt: skip
            st.button(
                f"Renew for {INVITATION_DAYS} days", icon=":material/autorenew:", type=emphasis(), key="a_renew",
                on_click=_renew, args=(invitation,),
            )  # fmt: skip


def _close() -> None:
    close()
    st.rerun()


def _send(role: Role, days: int) -> None:
    try:
        made = running_engine().people.invite(current_context(), str(st.session_state[_EMAIL]), role, days=days)
    except Exception as problem:  # noqa: BLE001 - see boundary(): said in the dialog, where it can be corrected
        st.session_state[_PROBLEM] = sentence_of(problem)
        return
    close()
    flash(f"A seat waits for {made.email}. Tell them to sign in.")
    st.rerun()


def _renew(invitation: Invitation) -> None:
    close()
    _renewed(invitation)
    st.rerun()  # the whole page: also what went wrong is said there


@action
def _renewed(invitation: Invitation) -> None:
    made = running_engine().people.invite_again(current_context(), invitation.invitation_id)
    flash(f"The seat waits for {made.email} for {INVITATION_DAYS} more days.")


def _revoke(invitation: Invitation) -> None:
    close()
    _revoked(invitation)
    st.rerun()


@action
def _revoked(invitation: Invitation) -> None:
    gone = running_engine().people.revoke(current_context(), invitation.invitation_id)
    flash(f"No seat waits for {gone.email} any more.")
