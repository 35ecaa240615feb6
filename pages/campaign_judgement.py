"""What the campaign being set up comes to: its segments at once, whom it reaches as soon as that is counted beside."""

from __future__ import annotations

import time
from dataclasses import dataclass

import streamlit as st

from auth.guard import running_engine
from pages.campaign_checks import show_checks, summary_of, verdict_badge
from pages.campaign_draft import Form, checking
from pages.campaign_reach import CHART_HEIGHT, show_reach
from pages.live_count import Outcome
from pages.parts import boundary
from pages.words import plain
from segment_engine import CampaignSegment, Cancellable, LaunchReadiness, OrganizationContext

POLL_SECONDS = 0.5
PATIENCE_SECONDS = 0.2
PANEL_HEIGHT = CHART_HEIGHT + 110


@dataclass(frozen=True)
class Judgement:
    """The chosen segments as they stand, and what came of counting; None while that is under way."""

    segments: tuple[CampaignSegment, ...]
    outcome: Outcome[LaunchReadiness] | None


def judged_beside(context: OrganizationContext, form: Form) -> Judgement:
    """Read the segments, and begin to judge the form in a thread of its own; a newer form stops the older count."""
    draft = form.draft()
    segments = running_engine().campaigns.chosen(context, draft)
    held = checking()
    if form.fixed or not form.included:
        held.forget()
        return Judgement(segments, None)

    def check(handle: Cancellable) -> LaunchReadiness:
        return running_engine().campaigns.check(context, draft, cancel=handle)

    sides = (sorted(map(str, form.included)), sorted(map(str, form.excluded)))
    held.ask(f"{context.organization_id}:{form.channel}:{form.starts_on}:{form.ends_on}:{sides}", check)
    return Judgement(segments, held.outcome(until=time.monotonic() + PATIENCE_SECONDS))


def show_judgement(form: Form, judgement: Judgement) -> None:
    """Draw the reach and the checks; the panel keeps its height while they are counted."""
    with st.container(border=True):
        # First, so that a look that was under way when the rest was drawn anew still finds where it belongs.
        looking = st.container(gap=None)
        st.subheader("Whom it reaches", anchor=False)
        if form.fixed:
            st.caption(f"{form.why_fixed} Its page shows whom it reaches.")
            return
        if not form.included:
            st.caption("Include a segment, and the contacts it reaches are counted here, each of them once.")
            return
        if judgement.outcome is None:
            st.skeleton(height=PANEL_HEIGHT)
            st.caption("Counting … You can go on, and save, meanwhile.")
            with looking:
                st.fragment(run_every=POLL_SECONDS)(_wait)()
            return
        _answer(judgement.outcome)


def _wait() -> None:
    """Look again until it is counted; then draw the page once more, which ends the looking."""
    with boundary():
        if not checking().waiting:
            st.rerun()


def _answer(outcome: Outcome[LaunchReadiness]) -> None:
    readiness = outcome.answer
    if readiness is None:
        st.caption(plain(outcome.sentence))
        return
    if readiness.reach is not None:
        show_reach(readiness.reach)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        verdict_badge(readiness)
        st.caption(summary_of(readiness), width="content")
    show_checks(readiness.checks, key="campaign.check", links=False)
