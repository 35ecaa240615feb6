"""Members by hand: who was put in or taken out, by whom, when and why; here a person makes or ends a decision."""

from __future__ import annotations

from uuid import UUID

import streamlit as st

from auth.guard import current_context, running_engine
from pages.parts import action, boundary, emphasis, flash
from pages.words import ago, exact, plain
from segment_engine import Decision, OrganizationContext, Override, Permission, Segment, refusal

CONTACT, REASON, WHAT = "by_hand.contact", "by_hand.reason", "by_hand.what"
WORDS = {Decision.PUT_IN: "Put in", Decision.TAKEN_OUT: "Taken out"}
LOOKS = {Decision.PUT_IN: ("green", ":material/person_add:"), Decision.TAKEN_OUT: ("red", ":material/person_remove:")}
SHOWN = 20
LIST_HEIGHT = 320


def by_hand(context: OrganizationContext, segment: Segment) -> None:
    """List the decisions that count, and let a person make or end one."""
    with st.container(border=True, height="stretch"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader("Members by hand", anchor=False, width="content")
            st.space("stretch")
            if context.may(Permission.SEGMENTS_EDIT) and context.may(Permission.MEMBERS_VIEW):
                _form(segment.segment_id)
        if not context.may(Permission.MEMBERS_VIEW):
            st.caption(refusal(context, Permission.MEMBERS_VIEW))
            return
        with boundary():
            found = running_engine().overrides.find(context, segment.segment_id)
            if not found:
                st.caption("Nobody was put in or taken out by hand: the criteria alone decide.")
                return
            with st.container(height="content" if len(found) <= 3 else LIST_HEIGHT, border=False):  # noqa: PLR2004 - these fit
                for each in found[:SHOWN]:
                    _decision(context, segment.segment_id, each)
            if len(found) > SHOWN:
                st.caption(f"… and {len(found) - SHOWN:,} more.")


def _decision(context: OrganizationContext, segment_id: UUID, override: Override) -> None:
    color, icon = LOOKS[override.decision]
    who = override.name or override.external_key or f"contact {override.contact_number}"
    with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False):
        with st.container(gap="xxsmall", width="stretch"):
            st.markdown(f":{color}[{icon} {WORDS[override.decision]}]  {plain(who)}")
            author = f" by {override.created_by}" if override.created_by else ""
            key = f"{override.external_key} · " if override.external_key and override.name else ""
            st.caption(
                plain(f"{key}{override.reason} · {ago(override.created_at)}{author}"),
                help=exact(override.created_at, context),
            )
        if context.may(Permission.SEGMENTS_EDIT):
            st.button(
                f"End this decision about {plain(who)}", icon=":material/close:", type="tertiary", width=20, wrap=False,
                key=f"by_hand.end.{override.override_id}", on_click=_end, args=(segment_id, override.override_id),
            )  # fmt: skip


def _form(segment_id: UUID) -> None:
    with st.popover("Decide by hand", icon=":material/back_hand:", type="tertiary"):
        st.text_input("Key of the contact", key=CONTACT)
        st.segmented_control(
            "Decision", list(Decision), default=Decision.PUT_IN, required=True, key=WHAT,
            format_func=lambda each: WORDS[each],
        )  # fmt: skip
        st.text_input("Why", key=REASON, max_chars=500, placeholder="So that others can judge it later")
        st.caption("It counts from the next run on, whatever the criteria say, until somebody ends it.")
        st.button("Save the decision", type=emphasis(), key="by_hand.save", on_click=_decide, args=(segment_id,))


@action
def _decide(segment_id: UUID) -> None:
    overrides, context = running_engine().overrides, current_context()
    chosen = st.session_state[WHAT]
    decide = overrides.put_in if chosen == Decision.PUT_IN else overrides.take_out
    made = decide(context, segment_id, st.session_state[CONTACT].strip(), reason=st.session_state[REASON])
    st.session_state[CONTACT], st.session_state[REASON] = "", ""
    flash(f"{WORDS[made.decision]}: {made.name or made.external_key}. A run is queued.")


@action
def _end(segment_id: UUID, override_id: UUID) -> None:
    running_engine().overrides.end(current_context(), segment_id, override_id)
    flash("The decision is ended: the criteria decide again. A run is queued.")
