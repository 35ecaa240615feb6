"""What one can do with a campaign: launch, edit, and move it through its life. Each asks for the context anew."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from auth.guard import current_context, running_engine
from pages.campaign_draft import forget
from pages.campaign_launch import ask_to_launch
from pages.campaign_words import CAMPAIGN_LOOKS, day
from pages.parts import action, emphasis, flash, page
from pages.words import zone_of
from segment_engine import (
    LAUNCHED_FROM,
    Campaign,
    CampaignMove,
    CampaignState,
    OrganizationContext,
    Permission,
    moves_from,
    refusal,
)

MOVE_WORDS: dict[CampaignMove, tuple[str, str]] = {
    CampaignMove.TAKE_BACK: ("Take back to draft", ":material/undo:"),
    CampaignMove.PAUSE: ("Pause", ":material/pause:"),
    CampaignMove.RESUME: ("Resume", ":material/play_arrow:"),
    CampaignMove.FINISH: ("Finish…", ":material/flag:"),
    CampaignMove.ARCHIVE: ("Archive", ":material/inventory_2:"),
    CampaignMove.RESTORE: ("Restore", ":material/unarchive:"),
}


def actions(context: OrganizationContext, campaign: Campaign) -> None:
    """Draw the buttons; those the role does not allow are there, with the reason."""
    may = context.may(Permission.CAMPAIGNS_EDIT)
    why = None if may else refusal(context, Permission.CAMPAIGNS_EDIT)
    st.button(
        "Edit", icon=":material/edit:", key="campaign.edit", on_click=_edit, args=(campaign,),
        disabled=not may or campaign.state is CampaignState.ARCHIVED,
        help=why or ("Restore it first." if campaign.state is CampaignState.ARCHIVED else None),
    )  # fmt: skip
    _more(campaign, may=may, why=why)
    if campaign.state in LAUNCHED_FROM:
        too_early = _too_early(context, campaign)
        if st.button(
            "Launch…", icon=":material/rocket_launch:", type=emphasis(), key="campaign.launch",
            disabled=not may or too_early is not None, help=why or too_early,
        ):  # fmt: skip
            ask_to_launch(campaign)


def _too_early(context: OrganizationContext, campaign: Campaign) -> str | None:
    """Say why a scheduled campaign waits; its first day is a day of the organization's time zone."""
    today = datetime.now(zone_of(context)).date()
    if campaign.state is not CampaignState.SCHEDULED or campaign.starts_on is None or campaign.starts_on <= today:
        return None
    return f"It waits for {day(campaign.starts_on)}; launch it then. Take it back to draft to change that."


def _edit(campaign: Campaign) -> None:
    forget()
    st.switch_page(page("campaign_editor"), query_params={"id": str(campaign.campaign_id)})


def _more(campaign: Campaign, *, may: bool, why: str | None) -> None:
    moves = {
        MOVE_WORDS[move][0]: move for move in moves_from(campaign.state, launched=campaign.launched_at is not None)
    }
    chosen = st.menu_button(
        "More", list(moves), icon=":material/more_vert:", key="campaign.more", disabled=not may, help=why,
        format_func=lambda word: f"{MOVE_WORDS[moves[word]][1]} {word}",
    )  # fmt: skip
    if chosen is None:
        return
    move = moves[chosen]
    if move is CampaignMove.FINISH:
        _confirm_finish(campaign)
    else:
        _move(campaign, move)
        st.rerun()


@action
def _move(campaign: Campaign, move: CampaignMove) -> None:
    moved = running_engine().campaigns.move(
        current_context(), campaign.campaign_id, move, expected_revision=campaign.revision
    )
    flash(f"{moved.name} is {CAMPAIGN_LOOKS[moved.state].word.lower()} now.")


@st.dialog("Finish this for good?", icon=":material/flag:")
def _confirm_finish(campaign: Campaign) -> None:
    """Say what ends, and what stays."""
    st.text(campaign.name)
    st.markdown(
        f"A finished {campaign.kind.value} cannot be resumed. **Its audience, its figures and its segments stay.**"
    )
    with st.container(horizontal=True, horizontal_alignment="right"):
        st.button("Keep it going", key="campaign.keep_going", on_click=st.rerun)
        st.button(
            "Finish", type=emphasis(), icon=":material/flag:", key="campaign.confirm_finish", on_click=_finish,
            args=(campaign,),
        )  # fmt: skip


@action
def _finish(campaign: Campaign) -> None:
    _move(campaign, CampaignMove.FINISH)
    st.rerun()
