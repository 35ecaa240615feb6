"""The two views of the list: cards to get an impression, a table to compare. Both mark what is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import pandas as pd
import streamlit as st

from auth.guard import current_context, running_engine
from pages.charts import sparkline
from pages.editor_draft import forget
from pages.parts import action, badge, clicked, flash, open_clicked, page
from pages.segments_selection import chosen_ids, drawn, mark
from pages.standing import READINESS_LOOKS, readiness_badge
from pages.words import (
    NOTHING,
    STATE_LOOKS,
    STATUS_LOOKS,
    ago,
    counted,
    exact,
    number,
    plain,
    plain_badge,
    readable,
    shortened,
    signed,
)
from segment_engine import OrganizationContext, Permission, SegmentCard

LONGEST_NAME = 80
LONGEST_TAG, TAGS_SHOWN = 24, 3
ROW_HEIGHT = 40
OPEN, EDIT, RECALCULATE = "Open", "Edit", "Recalculate"
_OPENED, _MENU, _TABLE = "open_segment", "segments.menu", "segments.table"


# Cards -------------------------------------------------------------------------------------------------------------


def show_cards(items: Sequence[SegmentCard], context: OrganizationContext) -> None:
    """Draw a card a segment; the name opens it."""
    chosen = set(chosen_ids())
    with st.grid(3, min_column_width=280):
        for item in items:
            with st.container(border=True, height="stretch", gap="xsmall"):
                _card(item, context, marked=item.segment_id in chosen)


def _card(item: SegmentCard, context: OrganizationContext, *, marked: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        badge(STATUS_LOOKS[item.status], help_text=readable(item.failure or ""))
        readiness_badge(item.standing)
        st.space("stretch")
        key = f"segments.mark.{item.segment_id}"
        st.session_state[key] = marked
        st.checkbox(
            plain(f"Select {shortened(item.name, LONGEST_NAME)}"), key=key, label_visibility="collapsed",
            on_change=_mark_card, args=(item.segment_id,), width="content",
        )  # fmt: skip
    st.page_link(
        page("segment"), label=f"**{plain(shortened(item.name, LONGEST_NAME))}**", icon="", width="stretch",
        query_params={"id": str(item.segment_id)},
        help=plain(item.description or (item.name if len(item.name) > LONGEST_NAME else "")) or None,
    )  # fmt: skip
    change = signed(item.change) if item.member_count is not None else None
    st.metric(
        "Members", number(item.member_count), change, delta_color="off",
        delta_description="since the run before" if change is not None else None,
        label_visibility="collapsed", delta_arrow="off",
    )  # fmt: skip
    past = item.recent_counts
    if len(past) > 1:
        sparkline(past, alt=f"Members over the last {len(past)} runs, from {past[0]:,} to {past[-1]:,}")
    st.space("stretch")
    _labels(item)
    _footer(item, context)


def _mark_card(segment_id: UUID) -> None:
    marked = bool(st.session_state[f"segments.mark.{segment_id}"])
    mark((segment_id,), (segment_id,) if marked else ())


def _labels(item: SegmentCard) -> None:
    """Draw the state where it is not the usual one, and the first tags."""
    if item.state.value == "active" and not item.tags:
        return
    with st.container(horizontal=True, gap="xsmall"):
        if item.state.value != "active":
            badge(STATE_LOOKS[item.state])
        for tag in item.tags[:TAGS_SHOWN]:
            st.badge(plain_badge(shortened(tag, LONGEST_TAG)), color="violet", help=plain(tag))
        if len(item.tags) > TAGS_SHOWN:
            st.badge(f"+{len(item.tags) - TAGS_SHOWN}", color="gray", help=plain(", ".join(item.tags[TAGS_SHOWN:])))


def _footer(item: SegmentCard, context: OrganizationContext) -> None:
    calculated = item.last_calculated_at
    reads = f"Reads {', '.join(item.sources)}. " if item.sources else ""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(
            f"Calculated {ago(calculated)}" if calculated else "Never calculated", width="content",
            help=plain(f"{reads}{exact(calculated, context) if calculated else ''}") or None,
        )  # fmt: skip
        if item.owner:
            st.caption(f":material/person: {plain(shortened(item.owner, LONGEST_TAG))}", width="content")
        if item.uses:
            st.space("stretch")
            st.badge(counted(item.uses, "use", "uses"), color="gray", help=plain(_uses(item)))


def _uses(item: SegmentCard) -> str:
    parts = [counted(item.campaign_count, "campaign or sequence", "campaigns and sequences")]
    if item.reader_count:
        parts.append(counted(item.reader_count, "other segment", "other segments"))
    return f"Used by {' and '.join(parts if item.campaign_count else parts[1:])}"


# The table ---------------------------------------------------------------------------------------------------------


def show_table(items: Sequence[SegmentCard], context: OrganizationContext) -> None:
    """Draw a row a segment, with a button that opens it and a menu; the marks in front choose."""
    ids = tuple(item.segment_id for item in items)
    chosen = set(chosen_ids())
    # Clicks and marks are told by the number of a row: other rows, or marks set from outside, make it another table.
    key = f"{_TABLE}.{hash(ids)}.{drawn()}"
    rows = [row for row, each in enumerate(ids) if each in chosen]
    event: Any = st.dataframe(  # pyright: ignore[reportUnknownMemberType] -- polars is not installed
        _frame(items, context), hide_index=True, placeholder=NOTHING, row_height=ROW_HEIGHT, height="content", key=key,
        alt=f"{counted(len(items), 'segment', 'segments')} with status, readiness, members and uses",
        column_config=_columns(ids, context), on_select="rerun", selection_mode="multi-row",
        selection_default={"selection": {"rows": rows, "columns": [], "cells": []}},
    )  # fmt: skip
    marked: list[int] = event["selection"]["rows"]
    mark(ids, [ids[row] for row in marked if 0 <= row < len(ids)])


def _frame(items: Sequence[SegmentCard], context: OrganizationContext) -> pd.DataFrame:
    menu = [OPEN, *([EDIT] if context.may(Permission.SEGMENTS_EDIT) else [])]
    menu += [RECALCULATE] if context.may(Permission.SEGMENTS_RECALCULATE) else []
    return pd.DataFrame(
        {
            "open": [OPEN] * len(items),
            "name": [item.name for item in items],
            "status": [[STATUS_LOOKS[item.status].word] for item in items],
            "ready": [[READINESS_LOOKS[item.standing.readiness].word] for item in items],
            "members": pd.Series([item.member_count for item in items], dtype="Int64"),
            "change": pd.Series([item.change for item in items], dtype="Int64"),
            "recent": [list(item.recent_counts) for item in items],
            "calculated": _moments([item.last_calculated_at for item in items]),
            "uses": [item.uses for item in items],
            "menu": [menu] * len(items),
            "state": [STATE_LOOKS[item.state].word for item in items],
            "owner": [item.owner for item in items],
            "tags": [list(item.tags) for item in items],
            "sources": [list(item.sources) for item in items],
            "review": pd.Series([item.review_on for item in items], dtype="object"),
            "updated": _moments([item.updated_at for item in items]),
            "created": _moments([item.created_at for item in items]),
        }
    )


def _moments(values: Sequence[datetime | None]) -> pd.Series:
    return pd.Series(values, dtype="datetime64[us, UTC]")


def _columns(ids: tuple[UUID, ...], context: OrganizationContext) -> dict[str, Any]:
    columns, zone = st.column_config, context.calendar.time_zone
    return {
        "open": columns.ButtonColumn(
            "", type="tertiary", width=58, key=_OPENED, on_click=open_clicked, args=("segment", _OPENED, ids)
        ),
        "name": columns.TextColumn("Segment", width=235),
        "status": _pill("Status", STATUS_LOOKS.values(), 118),
        "ready": _pill("Readiness", READINESS_LOOKS.values(), 122),
        "members": columns.NumberColumn("Members", format="localized", width=88),
        "change": columns.NumberColumn("Change", format="localized", width=78, help="Since the run before"),
        "recent": columns.AreaChartColumn("Last 30 runs", color="primary", width=112),
        "calculated": columns.DatetimeColumn("Calculated", format="distance", timezone=zone, width=112),
        "uses": columns.NumberColumn("Uses", width=55, help="Campaigns, sequences and other segments"),
        "menu": columns.ButtonColumn(
            "", type="tertiary", width=44, key=_MENU, on_click=_act_on_row, args=(ids,)
        ),
        "state": columns.TextColumn("State", width=80),
        "owner": columns.TextColumn("Owner", width=130),
        "tags": columns.ListColumn("Tags", width=150),
        "sources": columns.ListColumn("Reads", width=130),
        "review": columns.DateColumn("Review", width=95),
        "updated": columns.DatetimeColumn("Updated", format="distance", timezone=zone, width=112),
        "created": columns.DatetimeColumn("Created", format="distance", timezone=zone, width=112),
    }  # fmt: skip


def _pill(label: str, looks: Any, width: int) -> Any:  # noqa: ANN401 -- a column of Streamlit has no public type
    every = tuple(looks)
    return st.column_config.MultiselectColumn(
        label, options=[look.word for look in every], color=[look.color for look in every], width=width
    )


@action
def _act_on_row(ids: tuple[UUID, ...]) -> None:
    """Do what was chosen in the menu of a row."""
    segment_id = clicked(_MENU, ids)
    if segment_id is None:
        return
    chosen = st.session_state[_MENU]["label"]
    if chosen == RECALCULATE:
        for verdict in running_engine().runs.request_many(current_context(), (segment_id,)):
            flash(f"{verdict.name} {verdict.reason}.")
        return
    if chosen == EDIT:
        forget()
    st.switch_page(page("edit" if chosen == EDIT else "segment"), query_params={"id": str(segment_id)})
