"""Whom a segment shares with others, from stored members: what belongs together, and what is the same twice."""

from __future__ import annotations

from uuid import UUID

import pandas as pd
import streamlit as st

from auth.guard import current_context, running_engine
from pages.parts import boundary, open_clicked, table
from pages.words import STATE_LOOKS, counted, number, percent
from segment_engine import Overlap, Segment, SharedMembers

ROW_HEIGHT = 36
PANEL_HEIGHT = 200
SAME, INSIDE, HOLDS = "The same members", "This one lies within it", "It lies within this one"
_CLICK = "open_overlap"


def overlap(segment: Segment) -> None:
    """Draw the panel; comparing waits until the rest of the page is there."""
    with st.container(border=True):
        st.subheader("Whom it shares with other segments", anchor=False)
        if not segment.member_count:
            st.caption("There are no members to compare yet.")
            return
        st.fragment(_overlap)(segment.segment_id)


def _overlap(segment_id: UUID) -> None:
    with boundary():
        with st.skeleton(height=PANEL_HEIGHT):
            found = running_engine().details.overlap(current_context(), segment_id)
        if not found.shared:
            st.caption(f"None of its members is in another segment. {_compared(found)}")
            return
        _table(found)
        st.caption(_compared(found))


def _compared(found: Overlap) -> str:
    """Say how many segments were looked at; a part is never passed off as the whole."""
    if found.compared < found.comparable:
        return (
            f"Compared {found.compared:,} of {found.comparable:,} segments, the largest first; then the time was up. "
            "Smaller ones may share members too."
        )
    shown = f"The {len(found.shared):,} with most in common of " if len(found.shared) < found.compared else ""
    segments = counted(found.compared, "segment", "segments")
    return f"{shown}{segments} compared, by the members of the last run of each."


def mark_of(each: SharedMembers, member_count: int) -> str:
    """Say when one of two segments lies within the other, or both have the same members."""
    inside, holds = each.shared == member_count, each.shared == each.other_count
    if inside and holds:
        return SAME
    return INSIDE if inside else HOLDS if holds else ""


def _table(found: Overlap) -> None:
    shared, looks = found.shared, st.column_config
    frame = pd.DataFrame(
        {
            "open": ["Open"] * len(shared),
            "Segment": [each.name for each in shared],
            "State": [STATE_LOOKS[each.state].word for each in shared],
            "Shared": [each.shared for each in shared],
            "Of this one": [each.shared / max(found.member_count, 1) for each in shared],
            "Of the other": [each.shared / max(each.other_count, 1) for each in shared],
            "Its members": [each.other_count for each in shared],
            "Note": [mark_of(each, found.member_count) for each in shared],
        }
    )
    share = looks.ProgressColumn(format="percent", min_value=0, max_value=1, width=130)
    count = looks.NumberColumn(format="localized", width=95)
    ids = tuple(str(each.segment_id) for each in shared)
    most = shared[0]
    table(
        frame,
        {
            "open": looks.ButtonColumn(
                "", type="tertiary", width=64, key=_CLICK, on_click=open_clicked, args=("segment", _CLICK, ids)
            ),
            "Segment": looks.TextColumn(width=250), "State": looks.TextColumn(width=80), "Shared": count,
            "Of this one": share, "Of the other": share, "Its members": count, "Note": looks.TextColumn(width=180),
        },
        key=f"segment.overlap.{hash(ids)}", row_height=ROW_HEIGHT,
        alt=f"{counted(len(shared), 'segment', 'segments')} by shared members; most with {most.name}: "
        f"{number(most.shared)}, {percent(most.shared, found.member_count)} of this one",
    )  # fmt: skip
