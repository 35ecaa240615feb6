"""Why one contact is, or is not, in a segment of one's choice: now, or as of a past run."""

from __future__ import annotations

from uuid import UUID

import streamlit as st

from auth.guard import running_engine
from pages.contact_segments import hand_words, interval_words
from pages.contact_words import RUN, SEGMENT
from pages.explanation import show_explanation
from pages.parts import boundary, nothing_here, page
from pages.segment_causes import contact_moves
from pages.standing import readiness_badge
from pages.words import STATE_LOOKS, exact, plain
from segment_engine import (
    ContactCard,
    Membership,
    OrganizationContext,
    RunStatus,
    SegmentOffer,
    SegmentState,
    difference,
)
from segment_engine.errors import NotFound

NOW = "now"
MOST_RUNS = 60
SEGMENT_BOX, RUN_BOX = "contact.segment", "contact.run"


def why_tab(context: OrganizationContext, card: ContactCard) -> None:
    """Draw the question and, once a segment is chosen, the answer."""
    offers = {offer.segment_id: offer for offer in running_engine().offers.segments(context)}
    if not offers:
        step = nothing_here(
            "No segments yet",
            "There is no segment this contact could be in. Create one first.",
            icon=":material/group_work:",
        )
        step.page_link(page("segments"), label="Show the segments", icon=":material/group_work:")
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        chosen = _choice(offers)
        at_run = _moment(_runs(context, chosen)) if chosen else None
    if chosen is None:
        gone = "The segment in the address does not exist any more. " if st.query_params.get(SEGMENT) else ""
        st.caption(f"{gone}Choose a segment. It shows every condition, what is known, and what would change it.")
        return
    with boundary():
        _answer(context, card, chosen, at_run)


def _choice(offers: dict[str, SegmentOffer]) -> UUID | None:
    """Let a segment be chosen; which one stands in the address."""
    asked = st.query_params.get(SEGMENT)
    keys = list(offers)
    # The address decides, so that a link shows its answer whatever was chosen here before.
    st.session_state[SEGMENT_BOX] = asked if asked in offers else None
    st.selectbox(
        "Segment", keys, key=SEGMENT_BOX, width=460, placeholder="Choose a segment",
        format_func=lambda key: _named(offers[key]), on_change=_choose,
    )  # fmt: skip
    return UUID(asked) if asked in offers else None


def _named(offer: SegmentOffer) -> str:
    state = SegmentState(offer.state)
    return offer.name if state is SegmentState.ACTIVE else f"{offer.name} ({STATE_LOOKS[state].word.lower()})"


def _choose() -> None:
    chosen = st.session_state[SEGMENT_BOX]
    st.query_params.pop(RUN, None)
    if chosen is None:
        st.query_params.pop(SEGMENT, None)
    else:
        st.query_params[SEGMENT] = chosen


def _runs(context: OrganizationContext, segment_id: UUID) -> dict[str, str]:
    found = running_engine().runs.find(context, segment_id)
    ended = [run for run in found if run.status is RunStatus.SUCCESS and run.as_of is not None][:MOST_RUNS]
    return {NOW: "Now"} | {str(run.run_id): f"Run of {exact(run.as_of, context)}" for run in ended}


def _moment(runs: dict[str, str]) -> UUID | None:
    asked = st.query_params.get(RUN, NOW)
    st.session_state[RUN_BOX] = asked if asked in runs else NOW
    st.selectbox("As of", list(runs), key=RUN_BOX, width=340, format_func=lambda key: runs[key], on_change=_move)
    return UUID(asked) if asked in runs and asked != NOW else None


def _move() -> None:
    chosen = st.session_state[RUN_BOX]
    if chosen == NOW:
        st.query_params.pop(RUN, None)
    else:
        st.query_params[RUN] = chosen


# The answer --------------------------------------------------------------------------------------------------------


def _answer(context: OrganizationContext, card: ContactCard, segment_id: UUID, at_run: UUID | None) -> None:
    engine = running_engine()
    try:
        stored = engine.contacts.membership(context, card.external_key, segment_id)
    except NotFound:
        st.caption("This segment, or the contact, was deleted in between. Choose another one.")
        return
    with st.container(border=True, gap="xsmall"):
        _published(context, stored)
        contact_moves(engine.changes.of_contact(context, segment_id, card.external_key), context)
    # Ranked against everyone, the answer may take seconds: whoever waits sees that it is under way, and may leave.
    with st.container(border=True), st.spinner("Asking every condition …", show_time=True):
        found = engine.analysis.explain(context, card.external_key, segment_id=segment_id, at_run=at_run)
        show_explanation(found, context)
        if at_run is None:
            told = difference(stored, now=found.member)
            if told:
                st.info(plain(told), icon=":material/update:")


def _published(context: OrganizationContext, stored: Membership) -> None:
    """Say what is published: the members everyone reads are those of the last run that succeeded."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        icon = ":green[:material/check_circle:]" if stored.is_member else ":gray[:material/do_not_disturb_on:]"
        word = "A member" if stored.is_member else "Not a member"
        when = f" by the run of {exact(stored.calculated_at, context)}" if stored.calculated_at else ""
        st.markdown(f"{icon} **{plain(f'{word}{when}')}**", width="content")
        if stored.standing is not None:
            readiness_badge(stored.standing)
        st.space("stretch")
        st.page_link(
            page("segment"), label="Open the segment", icon=":material/group_work:",
            query_params={"id": str(stored.segment_id)}, width="content",
        )  # fmt: skip
    if stored.calculated_at is None:
        st.caption("It was never calculated, so it has no members yet. Below is what its criteria say of this contact.")
    for interval in stored.intervals:
        st.caption(plain(interval_words(interval, context)))
    for record in stored.by_hand:
        st.caption(f":material/back_hand: {plain(hand_words(record, context))}")
