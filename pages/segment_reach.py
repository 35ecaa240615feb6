"""Whom each channel reaches of the members, gate by gate: counted when the page is seen, from what is stored."""

from __future__ import annotations

from uuid import UUID

import pandas as pd
import streamlit as st

from auth.guard import current_context, running_engine
from pages import charts
from pages.parts import boundary, table
from pages.segment_charts import REACH
from pages.words import counted, exact, number, percent, plain, seconds
from segment_engine import ChannelReach, Gate, OrganizationContext, Segment, SegmentReach

CHANNEL = "segment.channel"
ROW_HEIGHT = 34
CHART_HEIGHT = 210
GATE_WORDS: dict[Gate, str] = {
    Gate.MEMBER: "Members",
    Gate.HAS_ADDRESS: "With an address",
    Gate.ADDRESS_VALID: "Address valid",
    Gate.NOT_SUPPRESSED: "Not suppressed",
    Gate.CONSENTED: "Consent granted: reached",
}
CHANNEL_WORDS = {"email": "E-mail", "sms": "SMS", "push": "Push", "post": "Post", "phone": "Phone"}


def reach(segment: Segment) -> None:
    """Draw the panel; its figures come when they are counted, and nothing else waits for them."""
    with st.container(border=True, height="stretch"):
        st.subheader("Whom each channel reaches", anchor=False)
        if not segment.member_count:
            st.caption("There are no members to reach yet.")
            return
        st.fragment(parallel=True)(_reach)(segment.segment_id)


def _reach(segment_id: UUID) -> None:
    with boundary():
        context = current_context()
        with st.skeleton(height=CHART_HEIGHT + 60):
            found = running_engine().details.reach(context, segment_id)
        usable = [each for each in found.channels if each.left_after(Gate.HAS_ADDRESS)]
        if not usable:
            st.caption("No member has an address on any channel. Import addresses and consents to reach somebody.")
        else:
            _channels(usable)
        st.caption(plain(_of_when(found, context)))


def _of_when(found: SegmentReach, context: OrganizationContext) -> str:
    """Say of when the consents and addresses are, and of when the members."""
    members = f"over the members of the run at {exact(found.members_as_of, context)}"
    return f"As of now ({exact(found.as_of, context)}), {members}; counted in {seconds(found.seconds)}."


def _channels(usable: list[ChannelReach]) -> None:
    names = [each.channel for each in usable]
    chosen = st.segmented_control(
        "Channel", names, default=names[0], required=True, key=CHANNEL, label_visibility="collapsed",
        format_func=lambda each: CHANNEL_WORDS[each],
    )  # fmt: skip
    shown = next((each for each in usable if each.channel == chosen), usable[0])
    members = shown.left_after(Gate.MEMBER)
    word = CHANNEL_WORDS[shown.channel]
    st.markdown(
        f"**{number(shown.reached)}** of {counted(members, 'member', 'members')} can be reached by {word}: "
        f"**{percent(shown.reached, members)}**"
    )
    frame = _frame(shown)
    charts.draw(frame, REACH, height=CHART_HEIGHT, alt=_spoken(shown))
    with st.expander("All channels as a table", icon=":material/table_rows:"):
        _table(usable)


def _frame(shown: ChannelReach) -> pd.DataFrame:
    members = shown.left_after(Gate.MEMBER)
    rows: list[dict[str, object]] = []
    before = members
    for place, gate in enumerate(GATE_WORDS):
        left = shown.left_after(gate)
        dropped = before - left
        rows.append(
            {
                "place": place, "gate": GATE_WORDS[gate], "left": left, "before": before, "dropped": dropped,
                "share": percent(left, members), "label": f"{left:,}" + (f"  ({dropped:,} fewer)" if dropped else ""),
                "room": members * 1.3,
            }
        )  # fmt: skip
        before = left
    return pd.DataFrame(rows)


def _spoken(shown: ChannelReach) -> str:
    steps = ", ".join(f"{GATE_WORDS[gate].lower()} {shown.left_after(gate):,}" for gate in GATE_WORDS)
    return f"{CHANNEL_WORDS[shown.channel]}: {steps}"


def _table(usable: list[ChannelReach]) -> None:
    frame = pd.DataFrame(
        {"Gate": list(GATE_WORDS.values())}
        | {CHANNEL_WORDS[each.channel]: [each.left_after(gate) for gate in GATE_WORDS] for each in usable}
    )
    columns = {CHANNEL_WORDS[each.channel]: st.column_config.NumberColumn(format="localized") for each in usable}
    alt = "; ".join(_spoken(each) for each in usable)
    table(frame, columns, key="segment.reach_table", alt=alt, row_height=ROW_HEIGHT)
