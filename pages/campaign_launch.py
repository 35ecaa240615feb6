"""What stands before the launch: the checks, whom it would reach now, and the question with the numbers."""

from __future__ import annotations

from uuid import UUID

import streamlit as st

from auth.guard import current_context, running_engine
from pages.campaign_checks import show_checks, summary_of, verdict_badge
from pages.campaign_reach import show_reach
from pages.campaign_words import CHANNELS_IN_TEXT, day
from pages.parts import boundary, emphasis, flash, sentence_of
from pages.words import counted, exact, number, plain
from segment_engine import (
    Campaign,
    CampaignKind,
    CampaignState,
    CheckVerdict,
    Gate,
    LaunchReadiness,
    OrganizationContext,
)

PANEL_HEIGHT = 330
REFUSED = "campaign.refused"
FROZEN, NOW = "As launched", "Now"


def launch_panel(campaign: Campaign) -> None:
    """Draw the checks and the reach; they come when they are counted, and nothing else waits for them."""
    with st.container(border=True):
        st.fragment(parallel=True)(_checks)(campaign.campaign_id)


def _checks(campaign_id: UUID) -> None:
    with boundary():
        context = current_context()
        with st.skeleton(height=PANEL_HEIGHT):
            readiness = running_engine().campaigns.readiness(context, campaign_id)
        left, right = st.columns([1, 1], gap="large")
        with left:
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.subheader("Before the launch", anchor=False, width="content")
                verdict_badge(readiness)
            st.caption(summary_of(readiness))
            show_checks(readiness.checks, key="campaign.check")
        with right:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.subheader("Whom it would reach now", anchor=False)
            if readiness.reach is None:
                st.caption("Include a segment to see whom it reaches.")
            else:
                show_reach(readiness.reach)


# After the launch --------------------------------------------------------------------------------------------------


def reach_panel(context: OrganizationContext, campaign: Campaign) -> None:
    """Draw whom the launch reached and whom it would reach now, one at a time."""
    audiences = running_engine().campaigns.audiences(context, campaign.campaign_id)
    newest = next((each for each in audiences if each.reach is not None), None)
    with st.container(border=True, height="stretch"):
        st.subheader("Whom it reaches", anchor=False)
        choices = [FROZEN, NOW] if newest is not None else [NOW]
        chosen = NOW
        if len(choices) > 1:
            chosen = st.segmented_control(
                "Reach of when", choices, default=FROZEN, required=True, key="campaign.when",
                label_visibility="collapsed",
            )  # fmt: skip
        if chosen == FROZEN and newest is not None and newest.reach is not None:
            show_reach(newest.reach)
            st.caption(f"Frozen with the audience at {exact(newest.frozen_at, context)}.")
        else:
            st.fragment(parallel=True)(_now)(campaign.campaign_id)


def _now(campaign_id: UUID) -> None:
    with boundary():
        with st.skeleton(height=PANEL_HEIGHT):
            readiness = running_engine().campaigns.readiness(current_context(), campaign_id)
        if readiness.reach is None:
            st.caption("It includes no segment any more.")
            return
        show_reach(readiness.reach)
        st.caption("From the members, addresses and consents of this moment; the frozen audience does not change.")


# The question ------------------------------------------------------------------------------------------------------


@st.dialog("Launch?", icon=":material/rocket_launch:", width="medium")
def ask_to_launch(campaign: Campaign) -> None:
    """Name the numbers and every warning; what blocks leaves no button to press."""
    with boundary():
        with st.skeleton(height=PANEL_HEIGHT):
            readiness = running_engine().campaigns.readiness(current_context(), campaign.campaign_id)
        st.text(campaign.name)
        refused = st.session_state.pop(REFUSED, None)
        if refused:
            st.error(plain(refused), icon=":material/error:")
        blocked = readiness.verdict is CheckVerdict.BLOCK or readiness.reach is None
        if blocked:
            st.markdown(f"**This {campaign.kind.value} cannot be launched yet.** Correct what stands in the way first.")
            show_checks(readiness.of(CheckVerdict.BLOCK), key="campaign.blocks")
        else:
            _numbers(campaign, readiness)
            show_checks(readiness.of(CheckVerdict.WARNING), key="campaign.warnings", links=False)
        with st.container(horizontal=True, horizontal_alignment="right"):
            st.button("Not yet", key="campaign.keep", on_click=st.rerun)
            st.button(
                _button(readiness), type=emphasis(), icon=":material/rocket_launch:", key="campaign.launch_now",
                on_click=_launch, args=(campaign, readiness), disabled=blocked,
            )  # fmt: skip


def _numbers(campaign: Campaign, readiness: LaunchReadiness) -> None:
    reach = readiness.reach
    if reach is None:
        return
    audience = reach.left_after(Gate.NOT_EXCLUDED)
    channel = CHANNELS_IN_TEXT[campaign.channel]
    st.markdown(
        f"The audience is frozen from the last results of its segments: "
        f"**{counted(audience, 'contact', 'contacts')}**, of whom **{number(reach.reached)}** can be reached by "
        f"**{channel}**. {_what_happens(campaign)}"
    )


def _what_happens(campaign: Campaign) -> str:
    if campaign.kind is CampaignKind.SEQUENCE:
        return "It runs at once; whoever joins its segments later enters later."
    if campaign.starts_on is None or campaign.state is CampaignState.SCHEDULED:
        return "It starts at once."
    return f"Its first day is {day(campaign.starts_on)}."


def _button(readiness: LaunchReadiness) -> str:
    """Name what pressing it does: the number reached, and the warnings it accepts."""
    if readiness.reach is None or not readiness.reach.reached:
        return "Launch"
    launch = f"aunch to {counted(readiness.reach.reached, 'contact', 'contacts')}"
    warnings = len(readiness.of(CheckVerdict.WARNING))
    return f"Accept {counted(warnings, 'warning', 'warnings')} and l{launch}" if warnings else f"L{launch}"


def _launch(campaign: Campaign, readiness: LaunchReadiness) -> None:
    """Launch what was shown: what changed since is refused by the engine, and the dialog says why."""
    try:
        _launch_as_shown(campaign, readiness)
    except Exception as problem:  # noqa: BLE001 - shown in the dialog, with fresh numbers; nothing is lost
        st.session_state[REFUSED] = sentence_of(problem)
        return
    st.rerun()


def _launch_as_shown(campaign: Campaign, readiness: LaunchReadiness) -> None:
    keys = {check.key for check in readiness.of(CheckVerdict.WARNING)}
    seen = readiness.reach.reached if readiness.reach else None
    launched = running_engine().campaigns.launch(
        current_context(), campaign.campaign_id, expected_revision=campaign.revision, accepted_warnings=keys,
        seen_reach=seen,
    )  # fmt: skip
    word = "scheduled" if launched.state is CampaignState.SCHEDULED else "running"
    flash(f"{campaign.name} is {word}. It reaches {counted(seen or 0, 'contact', 'contacts')}.")
