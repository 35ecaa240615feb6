"""The two views of the list: cards to get an impression, a table to compare."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from pages.parts import badge, page, table
from pages.words import (
    STATE_LOOKS,
    STATUS_LOOKS,
    ago,
    counted,
    exact,
    number,
    plain,
    readable,
    shortened,
    signed,
)
from segment_engine import OrganizationContext, SegmentCard

LONGEST_NAME = 80
ROW_HEIGHT = 40
_CLICK = "open_segment"


def show_cards(items: Sequence[SegmentCard], context: OrganizationContext) -> None:
    """Draw a card a segment; the name opens it."""
    with st.grid(3, min_column_width=280):
        for item in items:
            with st.container(border=True, height="stretch", gap="xsmall"):
                _card(item, context)


def _card(item: SegmentCard, context: OrganizationContext) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        badge(STATUS_LOOKS[item.status], help_text=readable(item.failure or ""))
        st.space("stretch")
        badge(STATE_LOOKS[item.state])
    st.page_link(
        page("segment"), label=f"**{plain(shortened(item.name, LONGEST_NAME))}**", icon="", width="stretch",
        query_params={"id": str(item.segment_id)}, help=plain(item.description),
    )  # fmt: skip
    counts = item.recent_counts
    st.metric(
        "Members", number(item.member_count), signed(_change(counts)) if item.member_count is not None else None,
        delta_color="primary", delta_description="since the run before" if _change(counts) is not None else None,
        chart_data=list(counts) if len(counts) > 1 else None, chart_type="area", label_visibility="collapsed",
        delta_arrow="off",
    )  # fmt: skip
    st.space("stretch")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        when = f"Calculated {ago(item.last_calculated_at)}" if item.last_calculated_at else "Never calculated"
        st.caption(when, help=exact(item.last_calculated_at, context) if item.last_calculated_at else None)
        if item.campaign_count:
            st.space("stretch")
            st.caption(counted(item.campaign_count, "campaign", "campaigns"), width="content")


def _change(counts: Sequence[int]) -> int | None:
    return counts[-1] - counts[-2] if len(counts) > 1 else None


def show_table(items: Sequence[SegmentCard], context: OrganizationContext) -> None:
    """Draw a row a segment; its button opens it."""
    words = [STATUS_LOOKS[item.status].word for item in items]
    frame = pd.DataFrame(
        {
            "open": ["Open"] * len(items),
            "name": [item.name for item in items],
            "status": [[word] for word in words],
            "state": [STATE_LOOKS[item.state].word for item in items],
            "members": pd.Series([item.member_count for item in items], dtype="Int64"),
            "recent": [list(item.recent_counts) for item in items],
            "calculated": pd.Series([item.last_calculated_at for item in items], dtype="datetime64[us, UTC]"),
            "campaigns": [item.campaign_count for item in items],
        }
    )
    looks = tuple(STATUS_LOOKS.values())
    columns = st.column_config
    table(
        frame,
        {
            "open": columns.ButtonColumn(
                "", type="tertiary", width=64, key=_CLICK, on_click=_open_row,
                args=(tuple(str(item.segment_id) for item in items),),
            ),
            "name": columns.TextColumn("Segment", width=300),
            "status": columns.MultiselectColumn(
                "Status", options=[look.word for look in looks], color=[look.color for look in looks], width=125
            ),
            "state": columns.TextColumn("State", width=90),
            "members": columns.NumberColumn("Members", format="localized", width=100),
            "recent": columns.AreaChartColumn("Last 30 runs", color="primary", width=130),
            "calculated": columns.DatetimeColumn(
                "Calculated", format="distance", timezone=context.calendar.time_zone, width=125
            ),
            "campaigns": columns.NumberColumn("Campaigns", width=95),
        },
        # A click is told by the number of its row: with other rows, it has to be another table.
        key=f"table.{hash(tuple(item.segment_id for item in items))}", row_height=ROW_HEIGHT,
        alt=f"{counted(len(items), 'segment', 'segments')} with status, members and time of the last run",
    )  # fmt: skip


def _open_row(ids: tuple[str, ...]) -> None:
    click = st.session_state[_CLICK]
    row: int = -1 if click is None else click.row
    if 0 <= row < len(ids):
        st.switch_page(page("segment"), query_params={"id": ids[row]})
