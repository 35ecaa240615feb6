"""One campaign or sequence: may it start, whom it reaches, what came of it. The engine decides about its actions."""

from __future__ import annotations

from uuid import UUID

import streamlit as st

from auth.guard import running_engine
from pages.campaign_actions import actions
from pages.campaign_audience import audience_runs, segments_panel
from pages.campaign_launch import launch_panel, reach_panel
from pages.campaign_usage import usage
from pages.campaign_words import CAMPAIGN_LOOKS, CHANNEL_ICONS, CHANNEL_WORDS, KIND_WORDS, day
from pages.parts import badge, nothing_here, page
from pages.words import ago, exact, plain
from segment_engine import LAUNCHED_FROM, Campaign, CampaignKind, OrganizationContext
from segment_engine.errors import NotFound


def render(context: OrganizationContext) -> None:
    """Draw the page of the campaign that the address names."""
    try:
        campaign = running_engine().campaigns.get(context, _asked_for())
    except NotFound:
        _not_found()
        return
    _back(campaign.kind)
    _header(context, campaign)
    if campaign.state in LAUNCHED_FROM:
        launch_panel(campaign)
        segments_panel(context, campaign)
        if campaign.launched_at is not None:
            audience_runs(context, campaign)
        return
    usage(context, campaign)
    left, right = st.columns([1, 1])
    with left:
        reach_panel(context, campaign)
    with right:
        segments_panel(context, campaign)
    audience_runs(context, campaign)


def _asked_for() -> UUID:
    """Read the id in the address; one that is none is the nil id, which no campaign has."""
    try:
        return UUID(st.query_params.get("id", ""))
    except ValueError:
        return UUID(int=0)


def _back(kind: CampaignKind) -> None:
    words = KIND_WORDS[kind]
    st.page_link(page(words.path), label=words.many.capitalize(), icon=":material/arrow_back:")


def _not_found() -> None:
    step = nothing_here(
        "No such campaign or sequence",
        "It was removed, or it belongs to an organization you are not in. Check the address, or look in the lists.",
        icon=":material/search_off:",
    )
    for words in KIND_WORDS.values():
        step.page_link(page(words.path), label=f"Show all {words.many}", icon=words.icon)


def _header(context: OrganizationContext, campaign: Campaign) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.title(plain(campaign.name), anchor=False, width="content")
        badge(CAMPAIGN_LOOKS[campaign.state])
        st.badge(CHANNEL_WORDS[campaign.channel], icon=CHANNEL_ICONS[campaign.channel], color="gray")
        st.space("stretch")
        actions(context, campaign)
    if campaign.description:
        st.text(campaign.description)
    with st.container(horizontal=True, gap="small"):
        st.caption(plain(_when(campaign)), width="content")
        if campaign.launched_at is not None:
            st.caption(
                f"Launched {ago(campaign.launched_at)}", help=exact(campaign.launched_at, context), width="content"
            )
        by = f" by {campaign.updated_by}" if campaign.updated_by else ""
        edited = f"Edited {ago(campaign.updated_at)}{by}"
        st.caption(plain(edited), help=exact(campaign.updated_at, context), width="content")


def _when(campaign: Campaign) -> str:
    """Say when it runs, in the words of its kind."""
    waiting = "Starts when it is launched" if campaign.state in LAUNCHED_FROM else "Started when it was launched"
    first = f"From {day(campaign.starts_on)}" if campaign.starts_on else waiting
    if campaign.ends_on:
        return f"{first} until {day(campaign.ends_on)}"
    endless = campaign.kind is CampaignKind.SEQUENCE
    return f"{first}, without an end" if endless else first
