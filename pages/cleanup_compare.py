"""Comparing the members of all segments: it begins with a button, goes on beside the page, and can be left."""

from __future__ import annotations

from dataclasses import dataclass, field

import streamlit as st

from auth.guard import running_engine
from pages.live_count import Beside
from pages.parts import boundary
from pages.words import counted, plain
from segment_engine import Alike, Cancellable, CandidateReason, Likeness, OrganizationContext

COMPARING = "cleanup.comparing"
POLL_SECONDS = 0.5
ABOUT = (
    "Segments with different criteria may still hold the same contacts. Comparing looks at the members themselves: "
    "“nearly the same” have at least 95% of their contacts in common; a “contained” one has all its contacts in "
    "another that is at most twice as large. Segments with fewer than 20 contacts are left out."
)


@dataclass
class Comparing:
    """What is compared beside one tab: the question, how far it is (0 to 1), and the answer when it is there."""

    organization_id: int
    beside: Beside[Likeness] = field(default_factory=Beside[Likeness])
    share: float = 0.0
    asked: int = 0

    @property
    def answer(self) -> Likeness | None:
        """What was found, once everything is done."""
        return self.beside.answer_to(str(self.asked))


def _comparing(context: OrganizationContext) -> Comparing:
    held: Comparing | None = st.session_state.get(COMPARING)
    if held is None or held.organization_id != context.organization_id:
        if held is not None:
            held.beside.forget()
        held = st.session_state[COMPARING] = Comparing(context.organization_id)
    return held


def alike(context: OrganizationContext) -> tuple[Alike, ...]:
    """Give the pairs that the last comparison of this tab found."""
    answer = _comparing(context).answer
    return () if answer is None else answer.alike


def comparison(context: OrganizationContext) -> None:
    """Draw the block: a button, then how far it is, then what was found."""
    held = _comparing(context)
    waiting = held.beside.waiting
    st.fragment(run_every=POLL_SECONDS if waiting else None)(_block)(context, waiting)


def _block(context: OrganizationContext, was_waiting: bool) -> None:  # noqa: FBT001 - a fragment hands on what it was called with
    with boundary():
        held = _comparing(context)
        if held.beside.waiting is not was_waiting:
            st.rerun()  # the whole page once more: with what was found, and without looking again
        with st.container(border=True, horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(":material/join_inner: **The same contacts under another name**", help=ABOUT, width="content")
            if held.beside.waiting:
                st.progress(held.share, text=f"Comparing the members: {held.share:.0%}")
                st.button("Stop", icon=":material/close:", key="cleanup.stop", on_click=_stop, args=(context,))
                return
            st.text(_found(held), width="stretch")
            st.button(
                "Compare again" if held.asked else "Compare the members", icon=":material/compare_arrows:",
                key="cleanup.compare", on_click=_begin, args=(context,),
            )  # fmt: skip


def _found(held: Comparing) -> str:
    outcome = held.beside.outcome()
    if outcome is None:
        return "Stopped; nothing was changed." if held.asked else "Not looked for yet."
    if outcome.answer is None:
        return plain(outcome.sentence)
    found = outcome.answer
    near = sum(each.reason is CandidateReason.NEAR_DUPLICATE for each in found.alike)
    compared = f"{found.compared:,} of {counted(found.pairs, 'pair', 'pairs')} of {found.segments:,} segments compared"
    if not found.complete:
        return f"{compared} before the time was up, so pairs that are alike may be missing. Compare again later."
    return f"{compared}: {near:,} nearly the same, {len(found.alike) - near:,} contained."


def _begin(context: OrganizationContext) -> None:
    held = _comparing(context)
    held.asked, held.share = held.asked + 1, 0.0

    def told(share: float) -> None:
        held.share = share

    def compare(handle: Cancellable) -> Likeness:
        return running_engine().cleanup.compare(context, cancel=handle, told=told)

    held.beside.ask(str(held.asked), compare)


def _stop(context: OrganizationContext) -> None:
    _comparing(context).beside.forget()
