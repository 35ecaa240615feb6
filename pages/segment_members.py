"""The contacts of a segment, a page at a time, now or as of a past run, for those who may see contacts."""

from __future__ import annotations

from uuid import UUID

import pandas as pd
import streamlit as st

from auth.guard import current_context, running_engine
from pages.contact_words import KEY
from pages.parts import boundary, clicked, page, table
from pages.segment_download import downloads
from pages.words import counted, exact, plain
from segment_engine import (
    Decision,
    MemberRow,
    OrganizationContext,
    Permission,
    Run,
    RunStatus,
    Segment,
    refusal,
)

PAGE_SIZE = 50
MOST_RUNS = 60
ROW_HEIGHT = 36
ROWS_SHOWN = 12
SEARCH, MOMENT = "members.search", "members.moment"
NOW = "now"
BY_HAND = {Decision.PUT_IN: "Put in", Decision.TAKEN_OUT: "Taken out, leaves with the next run"}
_STARTS, _CLICK = "members.starts", "open_member"

# What a page of members belongs to: another segment, search or moment begins at the first page again.
Asked = tuple[UUID, str, str]


def members(context: OrganizationContext, segment: Segment, runs: tuple[Run, ...]) -> None:
    """Draw the published members, newest result first."""
    with st.container(border=True):
        st.subheader("Members", anchor=False)
        if not context.may(Permission.MEMBERS_VIEW):
            st.caption(f"{refusal(context, Permission.MEMBERS_VIEW)} Ask an administrator if you need to.")
        elif segment.member_count is None:
            st.caption("Nobody yet: the first run has not succeeded.")
        else:
            st.fragment(_panel)(segment, _moments(context, segment, runs))


def _moments(context: OrganizationContext, segment: Segment, runs: tuple[Run, ...]) -> dict[str, tuple[str, int]]:
    """Give the results that can be looked at: the published one first; words and count of each."""
    ended = [run for run in runs if run.status is RunStatus.SUCCESS and run.as_of is not None][:MOST_RUNS]
    now = (f"Now: run of {exact(segment.last_calculated_at, context)}", segment.member_count or 0)
    past = {
        str(run.run_id): (f"Run of {exact(run.as_of, context)}", run.member_count or 0)
        for run in ended
        if run.run_id != segment.published_run_id
    }
    return {NOW: now} | past


def _panel(segment: Segment, moments: dict[str, tuple[str, int]]) -> None:
    with boundary():
        context = current_context()
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            search = st.text_input(
                "Search members", type="search", key=SEARCH, icon=":material/search:", max_chars=200, width=300,
                placeholder="Key, e-mail or name", help="A whole key or e-mail address is found at once.",
            )  # fmt: skip
            moment = st.selectbox(
                "As of", list(moments), format_func=lambda each: moments[each][0], key=MOMENT, width=330
            )
            st.space("stretch")
            at_run = segment.published_run_id if moment == NOW else UUID(moment)
            downloads(context, segment, at_run, moments[moment][1])
        words, total = moments[moment]
        asked = (segment.segment_id, search.strip(), moment)
        if total == 0:
            st.caption(f"No contact met the criteria. {words}.")
            return
        _page(context, asked, at_run if moment != NOW else None, total)


def _page(context: OrganizationContext, asked: Asked, at_run: UUID | None, total: int) -> None:
    """Draw one page. A page begins after a contact, not at a number: nobody is skipped when members change."""
    segment_id, search, _ = asked
    starts = _starts(asked)
    found = running_engine().details.members(
        context, segment_id, search=search, after=starts[-1] if starts else None, limit=PAGE_SIZE, at_run=at_run
    )
    if not found.rows:
        none = f"No member has “{search}” in key, e-mail address or name." if search else "No further members."
        st.caption(plain(none))
    else:
        _table(context, found.rows)
    first = len(starts) * PAGE_SIZE + 1
    with st.container(horizontal=True, vertical_alignment="center"):
        shown = f"{first:,}–{first + len(found.rows) - 1:,}" if found.rows else "None"
        of = " that match the search" if search else f" of {counted(total, 'contact', 'contacts')}"
        st.caption(f"{shown}{of}", width="content")
        st.space("stretch")
        st.button(
            "Previous", icon=":material/chevron_left:", key="members_previous", disabled=not starts,
            on_click=_back, args=(asked,),
        )  # fmt: skip
        st.button(
            "Next", icon=":material/chevron_right:", icon_position="right", key="members_next",
            disabled=found.next_after is None, on_click=_on, args=(asked, found.next_after),
        )  # fmt: skip


def _starts(asked: Asked) -> tuple[int, ...]:
    held = st.session_state.get(_STARTS)
    return held[1] if held and held[0] == asked else ()


def _on(asked: Asked, after: int) -> None:
    st.session_state[_STARTS] = (asked, (*_starts(asked), after))


def _back(asked: Asked) -> None:
    st.session_state[_STARTS] = (asked, _starts(asked)[:-1])


def _table(context: OrganizationContext, found: tuple[MemberRow, ...]) -> None:
    members_found = [row.member for row in found]
    columns: dict[str, object] = {
        "open": ["Open"] * len(found),
        "Key": [member.external_key for member in members_found],
        "Name": [member.name for member in members_found],
        "E-mail": [member.email for member in members_found],
        "City": [member.city for member in members_found],
        "Country": [member.country for member in members_found],
        "Member since": pd.Series([row.since for row in found], dtype="datetime64[us, UTC]"),
        "Joined": pd.Series([row.joined_times or None for row in found], dtype="Int64"),
    }
    if any(member.by_hand for member in members_found):
        columns["By hand"] = [BY_HAND[member.by_hand] if member.by_hand else "" for member in members_found]
    looks = st.column_config
    keys = tuple(member.external_key for member in members_found)
    table(
        pd.DataFrame(columns),
        {
            "open": looks.ButtonColumn("", type="tertiary", width=64, key=_CLICK, on_click=_open, args=(keys,)),
            "Member since": looks.DatetimeColumn(
                format="D MMM YYYY, HH:mm", timezone=context.calendar.time_zone, width=150,
                help="The run with which the contact joined last, without a break since.",
            ),
            "Joined": looks.NumberColumn(
                format="%d ×", width=80,
                help="How many times it joined, as far as history is kept: whoever leaves and comes back joins again.",
            ),
        },
        key=f"members.{hash(keys)}", row_height=ROW_HEIGHT, rows_shown=ROWS_SHOWN,
        alt=f"{counted(len(found), 'contact', 'contacts')} of the segment",
    )  # fmt: skip


def _open(keys: tuple[str, ...]) -> None:
    """Show one contact: its data, its segments and its campaigns."""
    key = clicked(_CLICK, keys)
    if key is not None:
        st.switch_page(page("contacts"), query_params={KEY: key})
