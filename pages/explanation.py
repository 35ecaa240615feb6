"""Draws an explanation: the answer first, then every condition with what is known of the contact."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
import streamlit as st

from pages.parts import table
from pages.words import calm, counted, exact, plain
from segment_engine import DecidedBy, EvidenceRows, Explanation, NodeExplanation, OrganizationContext, Truth

ROW_HEIGHT = 32
LOOKS = {
    Truth.TRUE: ("green", ":material/check_circle:", "true"),
    Truth.FALSE: ("red", ":material/cancel:", "not true"),
    Truth.UNKNOWN: ("orange", ":material/help:", "no value"),
}


def show_explanation(found: Explanation, context: OrganizationContext) -> None:
    """Draw an explanation: the answer first, then the tree."""
    color, icon = ("green", ":material/check_circle:") if found.member else ("gray", ":material/do_not_disturb_on:")
    st.markdown(f":{color}[{icon}] **{plain(found.sentence)}**")
    st.caption(plain(f"Contact {found.external_key}, as of {exact(found.as_of, context)}"))
    if found.by_hand is not None:
        hand = found.by_hand
        who = f" by {hand.decided_by}" if hand.decided_by else ""
        done = f"{'Put in' if hand.decision == 'put_in' else 'Taken out'} by hand{who}"
        st.info(
            plain(f"{done} on {exact(hand.decided_at, context)}: {hand.reason}"),
            icon=":material/back_hand:",
        )
    if found.standing is not None:
        place = f"Place {found.standing.rank:,} of {found.standing.ranked:,}" if found.standing.rank else "Not ranked"
        st.markdown(f":material/leaderboard: {place}; the first {found.standing.top_n:,} are kept.")
    if found.past_run is not None and found.past_run.note:
        st.warning(plain(found.past_run.note), icon=":material/history:")
    _node(found.root, context)
    if found.changes_text:
        st.caption(f":material/schedule: {plain(calm(found.changes_text))}")


def _node(node: NodeExplanation, context: OrganizationContext) -> None:
    color, icon, word = LOOKS[node.truth]
    title = f":{color}[{icon} {word}]  {plain(calm(node.text))}"
    if node.children:
        with st.container(border=True, gap="xsmall"):
            st.markdown(f"{title}{_choice(node)}")
            for child in node.children:
                _node(child, context)
        return
    with st.container(gap="xxsmall"):
        st.markdown(f"{title}{_choice(node)}")
        known = " · ".join(f"{fact.label}: {'–' if fact.text is None else fact.text}" for fact in node.facts)
        if known:
            st.caption(plain(calm(known)))
        for rows in node.rows:
            _rows(rows, node.path, context)
        for flip in node.flips:
            st.caption(f":material/swap_horiz: {plain(calm(flip))}")


def _choice(node: NodeExplanation) -> str:
    """Say what the choice for missing values answered, where it decided."""
    if node.decided_by is not DecidedBy.ON_MISSING:
        return ""
    return f" :gray[→ {'counted in' if node.holds else 'left out'}, by the choice for missing values]"


def _rows(rows: EvidenceRows, path: str, context: OrganizationContext) -> None:
    if not rows.rows:
        st.caption(plain(f"{rows.name}: none"))
        return
    total = f"{'at least ' if rows.at_least else ''}{rows.total:,}"
    with st.expander(plain(f"{rows.name}: {total}"), icon=":material/table_rows:"):
        frame = pd.DataFrame(
            [
                {"When": _moment(row.happened_at, context)} | {fact.label: fact.text or "–" for fact in row.values}  # noqa: PD011 - facts, no data frame
                for row in rows.rows
            ]
        )
        alt = counted(len(rows.rows), "row", "rows")
        table(frame, key=f"why.rows.{path}.{rows.name}", alt=alt, row_height=ROW_HEIGHT, rows_shown=8)


def _moment(moment: datetime | None, context: OrganizationContext) -> str:
    return exact(moment, context) if moment is not None else ""
