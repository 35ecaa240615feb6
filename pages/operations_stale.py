"""What is out of date, by reason, and what brings it up to date."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import pandas as pd
import streamlit as st

from auth.guard import running_engine
from pages.operations_acts import MOST_AT_ONCE, RECALCULATE, ask, why_not
from pages.parts import badge, emphasis, nothing_here, open_clicked, page, table
from pages.standing import READINESS_LOOKS
from pages.words import counted, readable
from segment_engine import OperationsFigures, OrganizationContext, StaleGroup

ROW_HEIGHT = 36
ROWS_SHOWN = 6
ROWS_SENT = 300
_CLICK = "operations.stale_open"
# Each reason as a heading, and what it means for whoever uses the segment.
REASONS: dict[str, tuple[str, str]] = {
    "never_calculated": ("Never calculated", "They have no members yet, so no campaign can use them."),
    "stale_criteria": ("Edited since", "The members still answer the criteria from before the edit."),
    "stale_dependency": (
        "What they read has changed",
        "They read other segments that changed, failed or are inactive.",
    ),
    "too_old": ("Too old to use", "Calculated longer ago than this organization allows."),
    "stale_source": ("Imported since", "Their data were imported after the members were calculated."),
    "source_late": ("Data are late", "A source has delivered nothing for longer than usual."),
    "dependency_behind": ("What they read is behind", "They read other segments that are not up to date themselves."),
    "changed_by_hand": ("Changed by hand since", "Contacts were put in or taken out after the calculation."),
    "stale_age": ("Older than usual", "Calculated longer ago than usual; still usable with care."),
    "time_passed": ("Time has passed", "Who belongs to them changes by time alone, and has since the calculation."),
}


def stale(context: OrganizationContext, _figures: OperationsFigures) -> None:
    """Draw the tab: a block for each reason."""
    groups = running_engine().operations.stale(context)
    if not groups:
        step = nothing_here(
            "Everything is up to date",
            "Every active segment was calculated after its last edit and its last import, and recently enough.",
            icon=":material/verified:",
        )
        step.page_link(page("segments"), label="Show the segments", icon=":material/group_work:")
        return
    _all(groups)
    for group in groups:
        _group(context, group)


def _all(groups: Sequence[StaleGroup]) -> None:
    affected = {segment.segment_id for group in groups for segment in group.segments}
    helped = [
        segment.segment_id
        for group in groups if group.calculating_helps
        for segment in group.segments if not segment.under_way
    ]  # fmt: skip
    ids = list(dict.fromkeys(helped))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(
            f"{counted(len(affected), 'active segment is', 'active segments are')} out of date. One with several "
            "reasons stands under each.", width="stretch",
        )  # fmt: skip
        _button(ids, "everything", primary=True)


def _button(ids: Sequence[UUID], key: str, *, primary: bool = False) -> None:
    some = list(ids)[:MOST_AT_ONCE]
    may_not = why_not()
    which = "the first " if len(ids) > MOST_AT_ONCE else "all " if len(some) > 1 else ""
    nothing = "Each is being calculated already, or calculating does not help."
    st.button(
        f"Recalculate {which}{counted(len(some), 'segment', 'segments')}…" if some else "Recalculate…",
        icon=":material/refresh:", type=emphasis() if primary else "secondary", key=f"operations.stale.{key}",
        on_click=ask, args=(RECALCULATE, some), disabled=not some or may_not is not None,
        help=may_not or (None if some else nothing),
    )  # fmt: skip


def _group(context: OrganizationContext, group: StaleGroup) -> None:
    title, meaning = REASONS[group.code]
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.subheader(title, anchor=False, width="content")
            st.badge(counted(len(group.segments), "segment", "segments"), color="gray")
            badge(READINESS_LOOKS[group.readiness], help_text=meaning)
            st.space("stretch")
            if group.calculating_helps:
                waiting = [segment.segment_id for segment in group.segments if not segment.under_way]
                _button(waiting, group.code)
            else:
                st.page_link(page("sources"), label="Open the data sources", icon=":material/database:")
        st.caption(meaning if group.calculating_helps else f"{meaning} Calculating does not help; importing does.")
        _segments(context, group)


def _segments(context: OrganizationContext, group: StaleGroup) -> None:
    segments = group.segments[:ROWS_SENT]
    frame = pd.DataFrame(
        {
            "open": ["Open"] * len(segments),
            "name": [segment.name for segment in segments],
            "why": [readable(segment.sentence) for segment in segments],
            "members": pd.Series([segment.member_count for segment in segments], dtype="Int64"),
            "calculated": pd.Series([segment.last_calculated_at for segment in segments], dtype="datetime64[us, UTC]"),
        }
    )
    columns, click = st.column_config, f"{_CLICK}.{group.code}"
    table(
        frame,
        {
            "open": columns.ButtonColumn(
                "", type="tertiary", width=64, key=click, on_click=open_clicked,
                args=("segment", click, tuple(segment.segment_id for segment in segments)),
            ),
            "name": columns.TextColumn("Segment", width=230),
            "why": columns.TextColumn("Reason", width=545),
            "members": columns.NumberColumn("Members", format="localized", width=95),
            "calculated": columns.DatetimeColumn(
                "Calculated", format="distance", timezone=context.calendar.time_zone, width=120
            ),
        },
        key=f"operations.stale_table.{hash(tuple(segment.segment_id for segment in segments))}.{group.code}",
        row_height=ROW_HEIGHT, rows_shown=ROWS_SHOWN,
        alt=f"{counted(len(segments), 'segment', 'segments')}, each with why it is out of date",
    )  # fmt: skip
    if len(group.segments) > ROWS_SENT:
        st.caption(f"The first {ROWS_SENT:,} of {len(group.segments):,}, by name.")
