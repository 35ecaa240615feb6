"""What failed, by cause: who can act and how, and which segments wait for it."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from auth.guard import running_engine
from pages.editor_draft import forget
from pages.operations_acts import MOST_AT_ONCE, RECALCULATE, ask, why_not
from pages.parts import nothing_here, open_clicked, page, table
from pages.words import NOTHING, ago, counted, exact, plain, readable, shortened
from segment_engine import (
    FailedSegment,
    FailureGroup,
    OperationsFigures,
    OrganizationContext,
    Permission,
    Remedy,
    refusal,
)

ROW_HEIGHT = 36
ROWS_SHOWN = 5
MOST_GROUPS = 20
LONGEST = 600
_CLICK = "operations.failure_open"


def failures(context: OrganizationContext, _figures: OperationsFigures) -> None:
    """Draw the tab: a block for each cause."""
    groups = running_engine().operations.failures(context)
    if not groups:
        step = nothing_here(
            "Nothing stands as failed",
            "The last run of every segment succeeded, or has not ended yet. A failure appears here with its cause.",
            icon=":material/task_alt:",
        )
        step.page_link(page("segments"), label="Show the segments", icon=":material/group_work:")
        return
    total = sum(len(group.segments) for group in groups)
    st.caption(
        f"{counted(total, 'segment stands', 'segments stand')} as failed, for "
        f"{counted(len(groups), 'cause', 'causes')}. The members of the last success are kept."
    )
    for place, group in enumerate(groups[:MOST_GROUPS]):
        _group(context, group, place)
    if len(groups) > MOST_GROUPS:
        rest = groups[MOST_GROUPS:]
        st.caption(
            f"{counted(len(rest), 'rarer cause is', 'rarer causes are')} not shown, with "
            f"{counted(sum(len(group.segments) for group in rest), 'segment', 'segments')}; they appear when the "
            "causes above are gone."
        )


def _group(context: OrganizationContext, group: FailureGroup, place: int) -> None:
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.subheader(group.cause.title, anchor=False, width="content")
            st.badge(counted(len(group.segments), "segment", "segments"), color="red", icon=":material/error:")
            if group.repeatedly:
                st.badge(
                    f"{group.repeatedly:,} failing repeatedly", color="orange", icon=":material/repeat:",
                    help="Failed three times in a row or more: trying once more is not likely to help.",
                )  # fmt: skip
            st.space("stretch")
            st.caption(f"since {ago(group.since)}", help=plain(exact(group.since, context)), width="content")
        st.text(shortened(readable(group.sentence), LONGEST))
        with st.container(gap="xsmall"):
            st.markdown(f":material/person: **{group.cause.who}** can act. {group.cause.how}")
        _segments(context, group, place)
        with st.container(horizontal=True, vertical_alignment="center"):
            _retry(group, place)
            _remedy(context, group, place)


def _segments(context: OrganizationContext, group: FailureGroup, place: int) -> None:
    segments = group.segments
    frame = pd.DataFrame(
        {
            "open": ["Open"] * len(segments),
            "name": [segment.name for segment in segments],
            "condition": [readable(segment.failing.sentence) if segment.failing else None for segment in segments],
            "failures": [_in_a_row(segment) for segment in segments],
            "since": pd.Series([segment.failing_since for segment in segments], dtype="datetime64[us, UTC]"),
            "last": pd.Series([segment.failed_at for segment in segments], dtype="datetime64[us, UTC]"),
            "members": pd.Series([segment.member_count for segment in segments], dtype="Int64"),
            "kept": pd.Series([segment.last_calculated_at for segment in segments], dtype="datetime64[us, UTC]"),
        }
    )
    columns, zone, click = st.column_config, context.calendar.time_zone, f"{_CLICK}.{place}"
    table(
        frame,
        {
            "open": columns.ButtonColumn(
                "", type="tertiary", width=64, key=click, on_click=open_clicked,
                args=("segment", click, tuple(segment.segment_id for segment in segments)),
            ),
            "name": columns.TextColumn("Segment", width=260),
            "condition": columns.TextColumn("Failed at", width=260),
            "failures": columns.TextColumn("Failed in a row", width=150),
            "since": columns.DatetimeColumn("Failing since", format="distance", timezone=zone, width=120),
            "last": columns.DatetimeColumn("Failed last", format="distance", timezone=zone, width=120),
            "members": columns.NumberColumn("Members kept", format="localized", width=110),
            "kept": columns.DatetimeColumn("Calculated", format="distance", timezone=zone, width=120),
        },
        key=f"operations.failed.{hash(tuple(segment.segment_id for segment in segments))}", row_height=ROW_HEIGHT,
        rows_shown=ROWS_SHOWN,
        alt=f"{counted(len(segments), 'segment', 'segments')} that failed for this cause, with since when",
    )  # fmt: skip


def _in_a_row(segment: FailedSegment) -> str:
    times = counted(segment.failures, "time", "times") if segment.failures else NOTHING
    return f"{times}, repeatedly" if segment.repeatedly else times


def _retry(group: FailureGroup, place: int) -> None:
    ids = [segment.segment_id for segment in group.segments][:MOST_AT_ONCE]
    may_not = why_not()
    st.button(
        f"Retry {'all ' if len(ids) > 1 else ''}{counted(len(ids), 'segment', 'segments')}…", icon=":material/refresh:",
        key=f"operations.retry.{place}", on_click=ask, args=(RECALCULATE, ids),
        disabled=may_not is not None, help=may_not,
    )  # fmt: skip


def _remedy(context: OrganizationContext, group: FailureGroup, place: int) -> None:
    """Offer the way to where the cause can be removed."""
    remedy = group.cause.remedy
    if remedy is Remedy.SOURCES and context.may(Permission.SOURCES_VIEW):
        st.page_link(page("sources"), label="Open the data sources", icon=":material/database:")
    if remedy in {Remedy.SOURCES, Remedy.CRITERIA} and len(group.segments) == 1:
        may = context.may(Permission.SEGMENTS_EDIT)
        st.button(
            "Edit the criteria", icon=":material/edit:", key=f"operations.edit.{place}", on_click=_edit,
            args=(str(group.segments[0].segment_id),), disabled=not may,
            help=None if may else refusal(context, Permission.SEGMENTS_EDIT),
        )  # fmt: skip


def _edit(segment_id: str) -> None:
    forget()
    st.switch_page(page("edit"), query_params={"id": segment_id})
