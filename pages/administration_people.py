"""Who holds a seat: a table, and one dialog a person to give another role or to take the seat, with names."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from auth.guard import current_context, running_engine
from pages.administration_invitations import invite_button, open_asked
from pages.administration_words import ROLE_MEANS, ROLE_WORDS, gained_and_lost, role_column
from pages.parts import action, boundary, clicked, emphasis, flash, nothing_here, table
from pages.words import ago, counted, exact, plain
from segment_engine import OrganizationContext, PersonId, Role, SeatHolder

ROW_HEIGHT, ROWS_SHOWN = 40, 14
SEARCH, PERSON = "a_name", "a_person_open"
_CLICK, _ROLE, _SURE = "a_seat", "a_role", "a_sure"
OWN = "This is your own seat. Nobody changes their own: ask another administrator."
LOCAL = "This seat belongs to the command line and to local mode of this installation, and stays as it is."
FEW = 8


def people(context: OrganizationContext) -> None:
    """Draw the tab."""
    found = running_engine().people.find(context)
    text = _toolbar(found)
    shown = [each for each in found if text in f"{each.name} {each.email or ''} {ROLE_WORDS[each.role]}".casefold()]
    if shown:
        _table(context, shown)
    else:
        step = nothing_here(
            "Nobody by that name", "There are people with a seat, but none with this text in name, address or role.",
            icon=":material/search_off:",
        )  # fmt: skip
        step.button("Show everybody", icon=":material/filter_list_off:", on_click=_reset, key="a_reset_name")
    if len(found) == 1:
        st.info(
            "You are alone here. Invite others: a seat waits for whoever signs in with the address.",
            icon=":material/group_add:",
        )
    _open(found)
    open_asked()


def _toolbar(found: Sequence[SeatHolder]) -> str:
    admins = sum(each.role is Role.ADMIN for each in found)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        typed = (
            st.text_input(
                "Search people", type="search", live="300ms", placeholder="Search name, address or role", key=SEARCH,
                icon=":material/search:", label_visibility="collapsed", bind="query-params", width=260, max_chars=200,
            )
            if len(found) > FEW or st.query_params.get(SEARCH)
            else ""
        )  # fmt: skip
        many = counted(admins, "administrator", "administrators")
        st.caption(f"{counted(len(found), 'person', 'people')} with a seat, {many}", width="content")
        st.space("stretch")
        invite_button("Invite")
    return (typed or "").strip().casefold()


def _reset() -> None:
    st.session_state[SEARCH] = ""


def _table(context: OrganizationContext, shown: Sequence[SeatHolder]) -> None:
    columns, ids = st.column_config, tuple(each.person_id for each in shown)
    zone = context.calendar.time_zone
    table(
        pd.DataFrame(
            {
                "open": ["Seat…"] * len(shown),
                "name": [f"{each.name} (you)" if each.person_id == context.person_id else each.name for each in shown],
                "role": [[ROLE_WORDS[each.role]] for each in shown],
                "state": [_state(each) for each in shown],
                "email": [each.email for each in shown],
                "seen": pd.Series([each.last_signed_in_at for each in shown], dtype="datetime64[us, UTC]"),
                "since": pd.Series([each.since for each in shown], dtype="datetime64[us, UTC]"),
                "given": [each.given_by for each in shown],
                "issuer": [each.issuer for each in shown],
            }
        ),
        {
            "open": columns.ButtonColumn("", type="tertiary", width=70, key=_CLICK, on_click=_clicked, args=(ids,)),
            "name": columns.TextColumn("Person", width=190),
            "role": role_column(),
            "state": columns.TextColumn("Access", width=95),
            "email": columns.TextColumn("Verified e-mail", width=210),
            "seen": columns.DatetimeColumn("Last signed in", format="distance", timezone=zone, width=125),
            "since": columns.DatetimeColumn("Seat since", format="D MMM YYYY", timezone=zone, width=115),
            "given": columns.TextColumn("Given by", width=140),
            "issuer": columns.TextColumn("Signs in with", width=210),
        },
        # A click is told by the number of its row: with other rows, it has to be another table.
        key=f"a_people.{hash(tuple(shown))}", row_height=ROW_HEIGHT,
        rows_shown=None if len(shown) <= ROWS_SHOWN else ROWS_SHOWN,
        alt=f"{counted(len(shown), 'person', 'people')} with role, e-mail address and last sign-in",
    )  # fmt: skip


def _state(holder: SeatHolder) -> str:
    if holder.disabled_at is not None:
        return "Shut out"
    return "Local" if holder.local else "Open"


@action
def _clicked(ids: tuple[PersonId, ...]) -> None:
    st.session_state[PERSON] = clicked(_CLICK, ids)


# One seat ----------------------------------------------------------------------------------------------------------


def _open(found: Sequence[SeatHolder]) -> None:
    wanted = st.session_state.get(PERSON)
    holder = next((each for each in found if each.person_id == wanted), None)
    if holder is not None:
        _seat(holder)
    else:
        close()


def close() -> None:
    """Forget whose seat is looked at."""
    st.session_state.pop(PERSON, None)


@st.dialog("Seat", icon=":material/badge:", width="medium", on_dismiss=close)
def _seat(holder: SeatHolder) -> None:
    """Say who it is and since when; then another role, or the end of the seat, each with what it means."""
    with boundary():
        context = current_context()
        st.header(plain(holder.name), anchor=False)
        st.text(holder.email or "No verified e-mail address")
        given = f" by {plain(holder.given_by)}" if holder.given_by else ""
        st.caption(f"{ROLE_WORDS[holder.role]} since {exact(holder.since, context)}{given}.")
        seen = (
            "has never signed in" if holder.last_signed_in_at is None else f"signed in {ago(holder.last_signed_in_at)}"
        )
        st.caption(plain(f"Signs in with {holder.issuer} as {holder.subject}; {seen}."))
        if holder.disabled_at is not None:
            st.warning(
                "The operator of this installation has shut this person out; the seat opens nothing.",
                icon=":material/block:",
            )
        why = LOCAL if holder.local else OWN if holder.person_id == context.person_id else None
        if why:
            st.info(why, icon=":material/lock:")
        else:
            _another_role(holder)
            _end_of_seat(holder)


def _another_role(holder: SeatHolder) -> None:
    with st.container(border=True, gap="small"):
        # The revision is part of the key: after a change the box begins with the role there is.
        role = st.selectbox(
            "Role", list(Role), index=list(Role).index(holder.role), format_func=ROLE_WORDS.__getitem__,
            key=f"{_ROLE}.{holder.person_id}.{holder.revision}",
        )  # fmt: skip
        st.caption(ROLE_MEANS[role])
        gained, lost = gained_and_lost(holder.role, role)
        if gained:
            st.text(f"May then also {', '.join(gained)}.")
        if lost:
            st.text(f"May no longer {', '.join(lost)}.")
        same = role is holder.role
        st.button(
            f"Keep {plain(holder.name)} as it is" if same else f"Make {plain(holder.name)} {_article(role)}",
            type=emphasis(), disabled=same, key="a_change_role", icon=":material/swap_horiz:", on_click=_change_role,
            args=(holder, role), help="Choose another role first." if same else None,
        )  # fmt: skip


def _article(role: Role) -> str:
    word = ROLE_WORDS[role].lower()
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"


def _end_of_seat(holder: SeatHolder) -> None:
    with st.container(border=True, gap="small"):
        name = plain(holder.name)
        st.markdown(
            f"**Take the seat.** {name} is out from the next click on. Segments, campaigns and the audit log keep what "
            f"{name} did."
        )
        sure = st.checkbox(f"{name} shall not work here any more", key=f"{_SURE}.{holder.person_id}.{holder.revision}")
        st.button(
            f"Take the seat of {name}", icon=":material/person_remove:", key="a_take_seat", disabled=not sure,
            on_click=_take_seat, args=(holder,), help=None if sure else "Confirm it first.",
        )  # fmt: skip


def _change_role(holder: SeatHolder, role: Role) -> None:
    close()
    _give_role(holder, role)
    st.rerun()  # the whole page: also what went wrong is said there


@action
def _give_role(holder: SeatHolder, role: Role) -> None:
    acts = running_engine().people
    changed = acts.change_role(current_context(), holder.person_id, role, expected_revision=holder.revision)
    flash(f"{changed.name} is {_article(changed.role)} from the next click on.")


def _take_seat(holder: SeatHolder) -> None:
    close()
    _end(holder)
    st.rerun()


@action
def _end(holder: SeatHolder) -> None:
    taken = running_engine().people.take_seat(current_context(), holder.person_id, expected_revision=holder.revision)
    flash(f"{taken.name} has no seat here any more.")
