"""The contacts of a segment, a page at a time, for those who may see contacts."""

from __future__ import annotations

from uuid import UUID

import pandas as pd
import streamlit as st

from auth.guard import current_context, running_engine
from pages.parts import boundary, table
from pages.words import counted, exact
from segment_engine import Member, OrganizationContext, Permission, Segment, refusal

PAGE_SIZE = 50
ROW_HEIGHT = 36
ROWS_SHOWN = 10
_STARTS = "members.starts"


def members(context: OrganizationContext, segment: Segment) -> None:
    """Draw the newest published members."""
    with st.container(border=True):
        st.subheader("Members", anchor=False)
        if not context.may(Permission.MEMBERS_VIEW):
            st.caption(f"{refusal(context, Permission.MEMBERS_VIEW)} Ask an administrator if you need to.")
        elif segment.member_count is None:
            st.caption("Nobody yet: the first run has not succeeded.")
        elif segment.member_count == 0:
            st.caption(f"No contact met the criteria, as of {exact(segment.last_calculated_at, context)}.")
        else:
            st.fragment(_page)(segment.segment_id, segment.member_count, exact(segment.last_calculated_at, context))


def _page(segment_id: UUID, member_count: int, as_of: str) -> None:
    """Draw one page. A page begins after a contact, not at a number: nobody is skipped when members change."""
    with boundary():
        starts = _starts(segment_id)
        after = starts[-1] if starts else None
        found = running_engine().segments.members(current_context(), segment_id, after=after, limit=PAGE_SIZE)
        _table(found.members)
        first = len(starts) * PAGE_SIZE + 1
        with st.container(horizontal=True, vertical_alignment="center"):
            shown = f"{first:,}–{first + len(found.members) - 1:,} of " if found.members else ""
            st.caption(f"{shown}{counted(member_count, 'contact', 'contacts')}, as of {as_of}", width="content")
            st.space("stretch")
            st.button(
                "Previous", icon=":material/chevron_left:", key="members_previous", disabled=not starts,
                on_click=_back, args=(segment_id,),
            )  # fmt: skip
            st.button(
                "Next", icon=":material/chevron_right:", icon_position="right", key="members_next",
                disabled=found.next_after is None, on_click=_on, args=(segment_id, found.next_after),
            )  # fmt: skip


def _starts(segment_id: UUID) -> tuple[int, ...]:
    held = st.session_state.get(_STARTS)
    return held[1] if held and held[0] == segment_id else ()


def _on(segment_id: UUID, after: int) -> None:
    st.session_state[_STARTS] = (segment_id, (*_starts(segment_id), after))


def _back(segment_id: UUID) -> None:
    st.session_state[_STARTS] = (segment_id, _starts(segment_id)[:-1])


def _table(found: tuple[Member, ...]) -> None:
    frame = pd.DataFrame(
        {
            "Key": [member.external_key for member in found],
            "Name": [member.name for member in found],
            "E-mail": [member.email for member in found],
            "City": [member.city for member in found],
            "Country": [member.country for member in found],
        }
    )
    alt = f"{counted(len(found), 'contact', 'contacts')} of the segment"
    table(frame, key="members", alt=alt, row_height=ROW_HEIGHT, rows_shown=ROWS_SHOWN)
