"""The alerts of one segment: what is wrong with it now, and who is told of it alone."""

from __future__ import annotations

import streamlit as st

from auth.guard import running_engine
from pages.alert_rules import rules
from pages.alerts import alert_block
from pages.words import ago
from segment_engine import OrganizationContext, Segment


def segment_alerts(context: OrganizationContext, segment: Segment) -> None:
    """Draw the card: open alerts that concern the segment, the last one that is over, and the rules of the segment."""
    room = running_engine().alerts
    found = room.find(context, segment_id=segment.segment_id, limit=20)
    with st.container(border=True, gap="small"):
        st.subheader("Alerts", anchor=False)
        if not found:
            past = room.find(context, segment_id=segment.segment_id, only_open=False, limit=1)
            last = f" The last one was over {ago(past[0].recovered_at)}." if past else ""
            st.caption(f"No alert is open.{last}")
        for card in found:
            alert_block(context, card)
        rules(context, segment_id=segment.segment_id)
