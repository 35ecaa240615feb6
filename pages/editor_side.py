"""What the criteria mean so far: how many contacts, and the sentence. Its height stays the same whatever it shows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import streamlit as st

from auth.guard import current_context, running_engine
from pages.live_count import LiveCount, Outcome
from pages.parts import boundary
from pages.segment_rule import show_sentence
from pages.words import counted, number, percent, plain, seconds
from segment_engine import Catalog, Criteria, OrganizationContext, describe

POLL_SECONDS = 0.5
SIZE_HEIGHT = 172


def show_side(
    context: OrganizationContext, catalog: Catalog, criteria: Criteria | None, document: dict[str, Any], *,
    waiting_for: str, counting: LiveCount,
) -> None:  # fmt: skip
    """Draw the sentence, then the size: the sentence is there at once, the size may take its time."""
    size = st.container(border=True, height=SIZE_HEIGHT)
    with st.container(border=True):
        st.subheader("In words", anchor=False)
        if criteria is None:
            st.caption("The sentence appears when every condition is complete.")
        else:
            show_sentence(describe(criteria, catalog, as_of=datetime.now(UTC).replace(second=0, microsecond=0)))
    with size:
        st.text("Live size")
        if criteria is None:
            st.metric("Live size", "–", label_visibility="collapsed")
            st.caption(waiting_for)
            return
        outcome = counting.of(running_engine(), context, document)
        if outcome is not None:
            _show(outcome)
        else:
            st.fragment(run_every=POLL_SECONDS)(_wait)(document, counting)


def _wait(document: dict[str, Any], counting: LiveCount) -> None:
    """Look again until the size is there; then draw the page once more, which ends the looking."""
    with boundary():
        if counting.of(running_engine(), current_context(), document) is not None:
            st.rerun()
        st.skeleton(height=34)
        st.caption("Counting …")


def _show(outcome: Outcome) -> None:
    preview = outcome.preview
    if preview is None:
        st.metric("Live size", "–", label_visibility="collapsed")
        st.caption(plain(f"{outcome.sentence} You can save all the same."))
        return
    st.metric("Live size", number(preview.member_count), label_visibility="collapsed")
    share = preview.member_count / preview.base_count if preview.base_count else 0.0
    st.progress(min(1.0, share))
    whole = counted(preview.base_count, "contact", "contacts")
    st.caption(f"{percent(preview.member_count, preview.base_count)} of {whole}, counted in {seconds(preview.seconds)}")
