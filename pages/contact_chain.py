"""Draws a reach chain: the answer on top, then every gate with its fact; then and now beside each other."""

from __future__ import annotations

import streamlit as st

from pages.contact_words import GATE_LOOKS, GATE_WORDS, moment_words
from pages.parts import badge, page
from pages.words import plain, shortened
from segment_engine import GateFinding, GateState, OrganizationContext, ReachChain

LONGEST_NAME = 60


def show_chain(chain: ReachChain, context: OrganizationContext) -> None:
    """Draw the answer, the gates it rests on, and a line for every segment where there are several."""
    _answer(chain)
    if chain.frozen is not None:
        then, now = st.columns(2)
        with then:
            _gates(f"When the audience was frozen: {moment_words(chain.frozen.frozen_at, context)}", chain.frozen.gates)
        with now:
            _gates(f"Now: {moment_words(chain.as_of, context)}", chain.gates, chain.now)
    elif chain.gates:
        _gates(f"Now: {moment_words(chain.as_of, context)}", chain.gates)
    _refusals(chain)
    if len(chain.segments) > 1:
        _segments(chain)


def _answer(chain: ReachChain) -> None:
    sentence = plain(chain.answer)
    if chain.is_reached and not chain.refusals:
        st.success(sentence, icon=":material/check_circle:")
    elif chain.is_reached:
        st.warning(sentence, icon=":material/warning:")
    else:
        st.error(sentence, icon=":material/block:")
    if not chain.segments:
        st.page_link(
            page("campaign"), label="Add a segment", icon=":material/group_add:",
            query_params={"id": str(chain.campaign_id)}, width="content",
        )  # fmt: skip


def _gates(title: str, gates: tuple[GateFinding, ...], answer: str = "") -> None:
    with st.container(border=True, gap="xsmall", height="stretch"):
        st.subheader(plain(title), anchor=False)
        if answer:
            st.caption(plain(answer))
        for each in gates:
            _gate(each)


def _gate(each: GateFinding) -> None:
    """Draw one gate: its word and state, and the fact; the one that closes stands in a frame of its own."""
    is_closing = each.state is GateState.CLOSED
    with st.container(border=is_closing, gap="xxsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            badge(GATE_LOOKS[each.state])
            st.markdown(f"**{GATE_WORDS[each.gate]}**", width="content")
        sentence = plain(each.sentence)
        if each.state is GateState.NOT_ASKED:
            also = " :red[It would close as well.]" if each.alone is GateState.CLOSED else ""
            st.caption(f"{sentence}{also}")
        else:
            st.markdown(sentence)


def _refusals(chain: ReachChain) -> None:
    """Say why a launch would be refused at this moment, whatever the gates say of this contact."""
    if not chain.refusals:
        return
    with st.container(border=True, gap="xsmall"):
        st.subheader("A launch is refused at the moment", anchor=False)
        for sentence in chain.refusals:
            st.text(sentence)


def _segments(chain: ReachChain) -> None:
    """Give every included segment a line: being held by one that leads through is enough."""
    with st.container(border=True, gap="xsmall"):
        st.subheader("Every included segment", anchor=False)
        st.caption("One that lets the contact through is enough. The gates above are those of the one marked.")
        for each in chain.segments:
            with st.container(gap="xxsmall"):
                with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                    badge(GATE_LOOKS[GateState.PASSED if each.stopped_at is None else GateState.CLOSED])
                    st.page_link(
                        page("segment"), label=plain(shortened(each.name, LONGEST_NAME)), width="content",
                        query_params={"id": str(each.segment_id)},
                    )  # fmt: skip
                    if each.segment_id == chain.segment_id:
                        st.badge("Shown above", icon=":material/arrow_upward:", color="gray")
                at = f"{GATE_WORDS[each.stopped_at]}: " if each.stopped_at else ""
                st.caption(plain(f"{at}{each.sentence}"))
