"""Campaigns and sequences of one contact: which have something to do with it, and why one reaches it or not."""

from __future__ import annotations

from uuid import UUID

import streamlit as st

from auth.guard import running_engine
from pages.campaign_words import CAMPAIGN_LOOKS, CHANNEL_ICONS, CHANNEL_WORDS
from pages.contact_chain import show_chain
from pages.contact_moves import ask_campaign
from pages.contact_words import CAMPAIGN, listed, moment_words
from pages.parts import badge, nothing_here, page
from pages.words import plain, shortened
from segment_engine import CampaignState, ContactCampaign, ContactCard, OrganizationContext
from segment_engine.errors import NotFound

LONGEST_NAME = 60
KIND_ICONS = {"campaign": ":material/campaign:", "sequence": ":material/low_priority:"}


def campaigns_tab(context: OrganizationContext, card: ContactCard) -> None:
    """Draw the chain of the campaign that the address names, or all campaigns to choose from."""
    asked = st.query_params.get(CAMPAIGN)
    if asked:
        _chain(context, card, asked)
        return
    found = running_engine().contacts.campaigns(context, card.external_key)
    if not found:
        step = nothing_here(
            "No campaigns yet",
            "There is no campaign and no sequence that could reach this contact.",
            icon=":material/campaign:",
        )
        step.page_link(page("campaigns"), label="Show the campaigns", icon=":material/campaign:")
        return
    concerned = [each for each in found if each.selects or each.was_in or each.interactions]
    others = [each for each in found if each not in concerned]
    if concerned:
        st.subheader("With this contact", anchor=False)
        for each in concerned:
            _campaign(context, each)
    if others:
        st.subheader("Without it", anchor=False)
        for each in others:
            _campaign(context, each)


def _campaign(context: OrganizationContext, each: ContactCampaign) -> None:
    with st.container(border=True, gap="xxsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.page_link(
                page("campaign"), label=plain(shortened(each.name, LONGEST_NAME)), icon=KIND_ICONS[each.kind],
                query_params={"id": str(each.campaign_id)}, width="content",
            )  # fmt: skip
            badge(CAMPAIGN_LOOKS[CampaignState(each.state)])
            st.badge(CHANNEL_WORDS[each.channel], icon=CHANNEL_ICONS[each.channel], color="gray")
            st.space("stretch")
            st.button(
                "Why reached, or not", key=f"contact.reach.{each.campaign_id}", icon=":material/fact_check:",
                type="tertiary", on_click=ask_campaign, args=(str(each.campaign_id),),
            )  # fmt: skip
        st.caption(plain(_fact(context, each)))


def _fact(context: OrganizationContext, each: ContactCampaign) -> str:
    """Say in a line what is known without asking the gates."""
    if each.frozen_at is not None and each.kind == "campaign":
        held = "In" if each.was_in else "Not in"
        told = f"{held} the audience that was frozen on {moment_words(each.frozen_at, context)}"
    else:
        told = "A member of its segments now" if each.selects else "Not a member of its segments now"
    happened = [
        kind if count == 1 else f"{kind} {count:,} times" for kind, count in sorted(each.interactions.items())
    ]  # fmt: skip
    return f"{told} · {listed(happened)}" if happened else told


def _chain(context: OrganizationContext, card: ContactCard, asked: str) -> None:
    st.button(
        "All campaigns of this contact", icon=":material/arrow_back:", type="tertiary", on_click=ask_campaign,
        key="contact.campaigns",
    )  # fmt: skip
    try:
        chain = running_engine().contacts.reach_chain(context, UUID(asked), card.external_key)
    except (NotFound, ValueError):
        nothing_here(
            "No such campaign or sequence",
            "It was removed, or it belongs to an organization you are not in. Choose one from the list.",
            icon=":material/search_off:",
        )
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.page_link(
            page("campaign"), label=plain(shortened(chain.campaign, LONGEST_NAME)), icon=KIND_ICONS[chain.kind],
            query_params={"id": str(chain.campaign_id)}, width="content",
        )  # fmt: skip
        badge(CAMPAIGN_LOOKS[CampaignState(chain.campaign_state)])
        st.badge(CHANNEL_WORDS[chain.channel], icon=CHANNEL_ICONS[chain.channel], color="gray")
    show_chain(chain, context)
