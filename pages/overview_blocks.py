"""Blocks of the first page: campaigns at risk, what failed, and data sources that are late."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.parts import badge, page
from pages.standing import READINESS_LOOKS
from pages.words import ago, counted, exact, number, plain, readable, shortened
from segment_engine import (
    CampaignAtRisk,
    CampaignState,
    LateDelivery,
    OrganizationContext,
    Part,
    Permission,
    RecentFailure,
    SegmentAtRisk,
)

SEGMENTS_SHOWN = 2
LATE_SHOWN = 4
LONGEST_SENTENCE = 240
LONGEST_NAME = 40  # a link is one line, also on a phone


def at_risk(campaigns: Sequence[CampaignAtRisk], total: int) -> None:
    """Draw campaigns and sequences that use segments which are not ready, the nearest start first."""
    st.header("Campaigns at risk", anchor=False)
    if not campaigns:
        st.text("Every planned and running campaign and sequence stands on segments that are ready.")
    for campaign in campaigns:
        _campaign(campaign)
    if total > len(campaigns):
        st.page_link(page("campaigns"), label=f"{total - len(campaigns):,} more", icon=":material/campaign:")


def _campaign(campaign: CampaignAtRisk) -> None:
    with st.container(gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            badge(READINESS_LOOKS[campaign.readiness])
            st.page_link(
                page("campaign"), label=f"**{plain(shortened(campaign.name, LONGEST_NAME))}**", icon="",
                query_params={"id": str(campaign.campaign_id)}, width="content", help=_full(campaign.name),
            )  # fmt: skip
            st.caption(f"{campaign.kind.value.capitalize()}, {_when(campaign)}", width="content")
        for segment in campaign.segments[:SEGMENTS_SHOWN]:
            _segment(segment)
        rest = len(campaign.segments) - SEGMENTS_SHOWN
        if rest > 0:
            st.caption(f"and {counted(rest, 'segment', 'segments')} more")


def _full(name: str) -> str | None:
    """Give the whole name for the hover where it was cut."""
    return plain(name) if len(name) > LONGEST_NAME else None


def _when(campaign: CampaignAtRisk) -> str:
    if campaign.starts_on is None or campaign.days_left is None:
        return campaign.state.value
    day = f"{campaign.starts_on.day} {campaign.starts_on:%b %Y}"
    if campaign.state is CampaignState.RUNNING:
        return f"running since {day}"
    if campaign.days_left < 0:
        return f"{campaign.state.value}, was due on {day}"
    near = {0: "today", 1: "tomorrow"}.get(campaign.days_left, f"in {campaign.days_left} days")
    return f"{campaign.state.value}, starts {near} ({day})"


def _segment(segment: SegmentAtRisk) -> None:
    part = " (kept out)" if segment.part is Part.EXCLUDED else ""
    reason = shortened(readable(segment.standing.reasons[0].sentence), LONGEST_SENTENCE)
    st.caption(f"**{plain(shortened(segment.name, LONGEST_NAME))}**{part}: {plain(reason)}")


def failed(context: OrganizationContext, failures: Sequence[RecentFailure], total: int) -> None:
    """Draw the newest failures with the sentence that says why."""
    st.header("Failed", anchor=False)
    if not failures:
        st.text("The newest calculation of every active segment succeeded.")
    for failure in failures:
        with st.container(gap="xsmall"):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.page_link(
                    page("segment"), label=f"**{plain(shortened(failure.name, LONGEST_NAME))}**", icon="",
                    query_params={"id": str(failure.segment_id)}, width="content", help=_full(failure.name),
                )  # fmt: skip
                st.caption(ago(failure.failed_at), help=exact(failure.failed_at, context), width="content")
            st.caption(plain(shortened(readable(failure.sentence), LONGEST_SENTENCE)))
    if total > len(failures):
        st.page_link(
            page("segments"), label=f"Show all {number(total)}", icon=":material/filter_list:",
            query_params={"state": "Active", "status": "Failed"},
        )  # fmt: skip


def late(context: OrganizationContext, sources: Sequence[LateDelivery]) -> None:
    """Draw data sources that have delivered nothing for longer than they may."""
    st.header("Late data sources", anchor=False)
    if not sources:
        st.text("Every data source with a limit delivered in time.")
    for source in sources[:LATE_SHOWN]:
        with st.container(gap="xsmall"):
            _name(context, source)
            since = f"Last import {ago(source.last_imported_at)}" if source.last_imported_at else "Never imported"
            readers = counted(source.readers, "active segment reads it", "active segments read it")
            st.caption(
                f"{since}; every {_usual(source.allowed)} is usual. {readers}.",
                help=exact(source.last_imported_at, context) if source.last_imported_at else None,
            )  # fmt: skip
    if len(sources) > LATE_SHOWN:
        st.caption(f"and {counted(len(sources) - LATE_SHOWN, 'source', 'sources')} more")


def _usual(hours: int) -> str:
    whole_days = hours % 24 == 0 and hours > 24  # noqa: PLR2004 - hours of a day
    return counted(hours // 24, "day", "days") if whole_days else counted(hours, "hour", "hours")


def _name(context: OrganizationContext, source: LateDelivery) -> None:
    name = plain(shortened(source.name, LONGEST_NAME))
    if context.may(Permission.SOURCES_VIEW):
        st.page_link(
            page("source"), label=f"**{name}**", icon="", query_params={"id": str(source.data_source_id)},
            width="content",
        )  # fmt: skip
    else:
        st.markdown(f"**{name}**")
