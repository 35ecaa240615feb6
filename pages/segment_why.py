"""Why one contact is, or is not, in the segment: now, or as of a past run."""

from __future__ import annotations

from uuid import UUID

import streamlit as st

from auth.guard import current_context, running_engine
from pages.explanation import show_explanation
from pages.parts import boundary
from pages.segment_causes import contact_moves
from pages.words import exact
from segment_engine import (
    OrganizationContext,
    Permission,
    Run,
    RunStatus,
    Segment,
    refusal,
)

KEY, MOMENT = "why.key", "why.moment"
NOW = "now"
MOST_RUNS = 60


def why(context: OrganizationContext, segment: Segment, runs: tuple[Run, ...]) -> None:
    """Draw the question; the answer is drawn when a contact was named."""
    with st.container(border=True, height="stretch"):
        st.subheader("Why is this contact in it, or not?", anchor=False)
        if not context.may(Permission.MEMBERS_VIEW):
            st.caption(refusal(context, Permission.MEMBERS_VIEW))
            return
        moments = _moments(context, runs)
        st.fragment(_question)(segment.segment_id, moments)


def _moments(context: OrganizationContext, runs: tuple[Run, ...]) -> dict[str, str]:
    ended = [run for run in runs if run.status is RunStatus.SUCCESS and run.as_of is not None][:MOST_RUNS]
    return {NOW: "Now"} | {str(run.run_id): f"Run of {exact(run.as_of, context)}" for run in ended}


def _question(segment_id: UUID, moments: dict[str, str]) -> None:
    with boundary():
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            key = st.text_input("Key of the contact", key=KEY, placeholder="As in the file it came from", width=240)
            moment = st.selectbox("As of", list(moments), format_func=lambda each: moments[each], key=MOMENT, width=290)
        if not key.strip():
            st.caption("The answer shows every condition, the contact's values, and what would change it.")
            return
        context = current_context()
        at_run = None if moment == NOW else UUID(moment)
        found = running_engine().analysis.explain(context, key.strip(), segment_id=segment_id, at_run=at_run)
        show_explanation(found, context)
        contact_moves(running_engine().changes.of_contact(context, segment_id, key.strip()), context)
