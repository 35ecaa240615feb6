"""What the audit log is narrowed by; all of it stands in the address."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, time, timedelta

import streamlit as st

from pages.words import plain, shortened, zone_of
from segment_engine import (
    ACTIONS,
    AuditChoices,
    AuditQuery,
    AuditResult,
    OrganizationContext,
    PersonId,
    audit_phrase,
)

TEXT, PERSON, WHAT, RESULT, PERIOD = "a_q", "a_who", "a_what", "a_result", "a_period"
SINCE, UNTIL, ABOUT = "a_since", "a_until", "a_about"
ANYBODY, ANYTHING, ANY_RESULT = "Anybody", "Any action", "Done and refused"
RESULTS = {ANY_RESULT: None, "Done": AuditResult.DONE, "Refused": AuditResult.REFUSED}
ALWAYS, BETWEEN = "Any time", "Between two days"
PERIODS: dict[str, int | None] = {
    ALWAYS: None, "Today": 1, "Last 7 days": 7, "Last 30 days": 30, "Last 365 days": 365, BETWEEN: None,
}  # fmt: skip
LONGEST = 200


def toolbar(choices: AuditChoices) -> None:
    """Draw search and filters in one row."""
    st.text_input(
        "Search the log", type="search", live="300ms", placeholder="Name, address, id, reason", key=TEXT, width=210,
        icon=":material/search:", label_visibility="collapsed", bind="query-params", max_chars=LONGEST,
        help="Found anywhere in a line: who, what, ids and details. Upper and lower case letters are alike.",
    )  # fmt: skip
    with st.popover("Filters", icon=":material/tune:", key="a_filters"):
        st.selectbox("Who", [ANYBODY, *_people(choices)], key=PERSON, bind="query-params", width=320)
        st.selectbox("What", [ANYTHING, *_actions(choices)], key=WHAT, bind="query-params", width=320)
        st.selectbox("Result", list(RESULTS), key=RESULT, bind="query-params", width=320)
    st.selectbox("Period", list(PERIODS), key=PERIOD, bind="query-params", width=170, label_visibility="collapsed")
    if st.session_state[PERIOD] == BETWEEN:
        st.date_input("From", value=None, key=SINCE, bind="query-params", width=140, format="YYYY-MM-DD")
        st.date_input("Until", value=None, key=UNTIL, bind="query-params", width=140, format="YYYY-MM-DD")
    _chips()


def _chips() -> None:
    """Show what is set behind the button, to take off."""
    for key, any_value in ((PERSON, ANYBODY), (WHAT, ANYTHING), (RESULT, ANY_RESULT)):
        value = str(st.session_state[key])
        if value != any_value:
            st.button(
                plain(shortened(value, LONGEST)), icon=":material/close:", icon_position="right",
                key=f"a_chip.{key}", on_click=_take_off, args=(key, any_value), help="Take this filter off",
            )  # fmt: skip


def _take_off(key: str, any_value: str) -> None:
    st.session_state[key] = any_value


def reset() -> None:
    """Take every filter off."""
    st.session_state[TEXT] = ""
    for key, value in ((PERSON, ANYBODY), (WHAT, ANYTHING), (RESULT, ANY_RESULT), (PERIOD, ALWAYS)):
        st.session_state[key] = value
    st.query_params.pop(ABOUT, None)


def query_of(context: OrganizationContext, choices: AuditChoices) -> AuditQuery | None:
    """Read the filters; None, with a sentence, while the period is not one."""
    since, until = _period(context)
    if since is not None and until is not None and since >= until:
        st.error("The period ends before it begins. Choose a later end.", icon=":material/error:")
        return None
    action = _actions(choices).get(str(st.session_state[WHAT]))
    return AuditQuery(
        person_id=_people(choices).get(str(st.session_state[PERSON])), actions=() if action is None else (action,),
        object_id=st.query_params.get(ABOUT) or None, result=RESULTS.get(str(st.session_state[RESULT])),
        since=since, until=until, text=str(st.session_state[TEXT] or "").strip()[:LONGEST],
    )  # fmt: skip


def _people(choices: AuditChoices) -> dict[str, PersonId]:
    """Give everybody by name; two of one name are told apart by the beginning of their ids."""
    often = Counter(name for _, name in choices.people)
    return {
        name if often[name] == 1 else f"{name} ({str(person_id)[:8]})": person_id for person_id, name in choices.people
    }


def _actions(choices: AuditChoices) -> dict[str, str]:
    """Give the actions that stand in the log by their sentences; refused methods are found by their result."""
    found = {audit_phrase(action).replace(" …", ""): action for action in choices.actions if action in ACTIONS}
    return dict(sorted(found.items()))


def _period(context: OrganizationContext) -> tuple[datetime | None, datetime | None]:
    zone = zone_of(context)
    chosen = str(st.session_state[PERIOD])
    if chosen == BETWEEN:
        first, last = st.session_state.get(SINCE), st.session_state.get(UNTIL)
        return (
            datetime.combine(first, time(), zone) if isinstance(first, date) else None,
            datetime.combine(last + timedelta(days=1), time(), zone) if isinstance(last, date) else None,
        )
    days = PERIODS.get(chosen)
    if days is None:
        return None, None
    today = datetime.now(zone).date()
    return datetime.combine(today - timedelta(days=days - 1), time(), zone), None
