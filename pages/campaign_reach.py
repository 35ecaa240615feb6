"""Whom a campaign reaches, drawn gate by gate: now, as it was frozen, and while it is being set up."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages import charts
from pages.campaign_words import CHANNEL_WORDS, CHANNELS_IN_TEXT, DROPPED_WORDS, GATE_WORDS
from pages.segment_charts import REACH
from pages.words import counted, number, percent
from segment_engine import ChannelReach, Gate

CHART_HEIGHT = 250
ROOM = 1.4
"""How far the axis goes beyond the longest bar, so that the numbers beside it are never cut off."""


def show_reach(reach: ChannelReach) -> None:
    """Draw the answer in one line, and the gates as bars with what each stopped."""
    if not reach.stored:
        st.caption("The included segments hold nobody yet, so there is nobody to count.")
        return
    audience = reach.left_after(Gate.NOT_EXCLUDED)
    st.markdown(
        f"**{number(reach.reached)}** of {counted(audience, 'contact', 'contacts')} can be reached by "
        f"{CHANNELS_IN_TEXT[reach.channel]}: **{percent(reach.reached, audience)}**"
    )
    charts.draw(frame_of(reach), REACH, height=CHART_HEIGHT, alt=spoken(reach))


def frame_of(reach: ChannelReach) -> pd.DataFrame:
    """Give the rows of the chart: who is left after each gate, and who was stopped at it."""
    rows: list[dict[str, object]] = []
    room = ROOM * max(reach.stored, 1)
    for place, step in enumerate(reach.steps):
        # Short, because it has to fit beside the bars on a phone; the gate and the tooltip say what stopped them.
        dropped = f"  (-{step.dropped:,})" if step.dropped else ""
        rows.append(
            {
                "place": place, "gate": GATE_WORDS[step.gate], "left": step.contacts_left,
                "before": step.contacts_left + step.dropped, "dropped": step.dropped, "room": room,
                "share": percent(step.contacts_left, reach.stored), "label": f"{step.contacts_left:,}{dropped}",
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def spoken(reach: ChannelReach) -> str:
    """Say the gates in words, for who does not see the chart."""
    steps = (
        f"{GATE_WORDS[step.gate].lower()} {step.contacts_left:,}"
        + (f" ({step.dropped:,} {DROPPED_WORDS[step.gate]})" if step.dropped else "")
        for step in reach.steps
    )
    return f"{CHANNEL_WORDS[reach.channel]}, from {reach.stored:,} members: {'; '.join(steps)}"
