"""What the criteria mean so far: how many contacts, the sentence, and some members. Drawn beside the criteria."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import streamlit as st

from pages.editor_counts import Counting, as_question, counting
from pages.editor_draft import DIALOG, Reading
from pages.live_count import Outcome
from pages.parts import boundary
from pages.segment_rule import show_sentence
from pages.words import counted, number, percent, plain, seconds, shortened
from segment_engine import Catalog, Member, Preview, PreviewKind, describe

POLL_SECONDS = 0.5
SIZE_HEIGHT = 196
SHOWN_MEMBERS = 5
LONGEST_NAME = 40


def show_side(catalog: Catalog, reading: Reading, held: Counting, *, waiting_for: str) -> None:
    """Draw the size, the sentence and some members. The height of the size stays the same whatever it shows."""
    outcome = held.size.outcome() if reading.criteria is not None else None
    with st.container(border=True, height=SIZE_HEIGHT, gap="xsmall"):
        # First, so that it always stands at the same place: a look that was under way when the rest was drawn anew
        # still finds where it belongs.
        looking = st.container(gap=None)
        st.text("Live size")
        if reading.criteria is None:
            st.metric("Live size", "–", label_visibility="collapsed")
            st.caption(waiting_for)
        elif outcome is None:
            st.skeleton(height=34)
            st.caption("Counting …")
        else:
            _size(outcome, reading.document)
        if held.waiting:
            with looking:
                st.fragment(run_every=POLL_SECONDS)(_wait)()
    with st.container(border=True):
        st.subheader("In words", anchor=False)
        if reading.criteria is None:
            st.caption("The sentence appears when every condition is complete.")
        else:
            show_sentence(describe(reading.criteria, catalog, as_of=datetime.now(UTC).replace(second=0, microsecond=0)))
    if outcome is not None and outcome.answer is not None and outcome.answer.sample:
        _some(outcome.answer.sample)


def _wait() -> None:
    """Look again until everything is counted; then draw the page once more, which ends the looking."""
    with boundary():
        if not counting().waiting and not st.session_state.get(DIALOG):
            st.rerun()


def _size(outcome: Outcome[Preview], document: dict[str, Any]) -> None:
    preview = outcome.answer
    if preview is None:
        st.metric("Live size", "–", label_visibility="collapsed")
        st.caption(plain(f"{outcome.sentence} You can save all the same."))
        return
    exact = preview.kind is PreviewKind.EXACT
    size = number(preview.member_count)
    st.metric("Live size", size if exact else f"≈ {size}", label_visibility="collapsed")
    share = preview.member_count / preview.base_count if preview.base_count else 0.0
    st.progress(min(1.0, share))
    whole = counted(preview.base_count, "contact", "contacts")
    if exact:
        st.caption(
            f"{percent(preview.member_count, preview.base_count)} of {whole}, counted in {seconds(preview.seconds)}"
        )
        return
    st.caption(
        f"Estimate of {whole}: between {number(preview.low)} and {number(preview.high)}, 95 times of 100",
        help=plain(preview.note) or None,
    )
    st.button(
        "Count exactly", icon=":material/calculate:", type="tertiary", key="editor.exact", on_click=_count_exactly,
        args=(as_question(document),),
    )  # fmt: skip


def _count_exactly(question: str) -> None:
    counting().exact = question


def _some(members: tuple[Member, ...]) -> None:
    """Show a few members, so that a person sees whether they are the ones that were meant."""
    with st.container(border=True, gap="xsmall"):
        st.subheader("Some of them", anchor=False)
        for member in members[:SHOWN_MEMBERS]:
            where = ", ".join(part for part in (member.city, member.country) if part)
            name = shortened(member.name or member.external_key, LONGEST_NAME)
            st.markdown(f"{plain(name)}  :gray[{plain(where)}]" if where else plain(name))
