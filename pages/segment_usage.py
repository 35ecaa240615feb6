"""Who uses a segment and what came of it: dependencies, audiences, engagement, and whom it shares with others."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from auth.guard import running_engine
from pages import charts
from pages.parts import boundary, table
from pages.segment_charts import DEPENDENCIES
from pages.segment_engagement import engagement
from pages.segment_overlap import overlap
from pages.segment_overview import campaign_link, segment_link
from pages.words import counted, number, shortened
from segment_engine import FrozenAudience, OrganizationContext, RelatedSegment, Run, Segment, SegmentUses

ROW_HEIGHT = 36
ROWS_SHOWN = 8
LONGEST_LABEL = 26
MOST_NODES = 12
LIST_HEIGHT = 280
LEFTMOST, STEP, STEM = 0.05, 1.1, 0.45
GAP = 0.04  # between a node and its arrow
ROW = 36


def usage(context: OrganizationContext, segment: Segment, _runs: tuple[Run, ...]) -> None:
    """Draw the dependencies first; every block below asks one question of its own."""
    with boundary():
        _dependencies(segment, running_engine().details.uses(context, segment.segment_id))
    with boundary():
        engagement(context, segment)
    with boundary():
        _audiences(context, running_engine().details.audiences(context, segment.segment_id))
    overlap(segment)


# Dependencies ------------------------------------------------------------------------------------------------------


def _dependencies(segment: Segment, uses: SegmentUses) -> None:
    with st.container(border=True):
        st.subheader("What it depends on, and what depends on it", anchor=False)
        if not (uses.reads or uses.read_by or uses.campaigns):
            st.caption("It reads no other segment; no segment, campaign or sequence uses it.")
            return
        _picture(segment, uses)
        left, right = st.columns(2)
        with left:
            _listed("Reads", uses.reads, nothing="No other segment.")
            _listed("Read by", uses.read_by, nothing="No other segment.")
        with right:
            st.markdown("**Campaigns and sequences**")
            with st.container(height="content" if len(uses.campaigns) <= 4 else LIST_HEIGHT, border=False):  # noqa: PLR2004 - these fit
                for use in uses.campaigns:
                    campaign_link(use)
            if not uses.campaigns:
                st.caption("None.")


def _listed(title: str, found: Sequence[RelatedSegment], *, nothing: str) -> None:
    st.markdown(f"**{title}**")
    with st.container(height="content" if len(found) <= 4 else LIST_HEIGHT, border=False):  # noqa: PLR2004 - these fit
        for related in found:
            segment_link(related)
    if not found:
        st.caption(nothing)


def _picture(segment: Segment, uses: SegmentUses) -> None:
    """Draw the same as nodes and arrows, from what it reads on the left to who uses it on the right."""
    reads = [(each.name, "segment", each.member_count) for each in uses.reads][:MOST_NODES]
    users = [(each.name, "segment", each.member_count) for each in uses.read_by]
    users += [(each.name, each.kind, None) for each in uses.campaigns]
    users = users[:MOST_NODES]
    middle = LEFTMOST + (STEP if reads else 0)
    rows = [_node(middle, 0.5, segment.name, "this segment", segment.member_count)]
    for place, (name, what, members) in enumerate(reads):
        y = _height(place, len(reads))
        rows += [_node(LEFTMOST, y, name, what, members), *_arrow(LEFTMOST, y, middle, 0.5)]
    # Its name stands above the line to its users before that fans out, so that no arrow crosses it.
    fork = middle + STEM if users else middle
    rows += [_edge(middle, 0.5, fork + GAP, 0.5)] if users else []
    for place, (name, what, members) in enumerate(users):
        y = _height(place, len(users))
        rows += [_node(middle + STEP, y, name, what, members), *_arrow(fork, 0.5, middle + STEP, y)]
    height = 70 + ROW * max(len(reads), len(users), 2)
    alt = (
        f"It reads {counted(len(uses.reads), 'segment', 'segments')}; "
        f"{counted(len(uses.read_by), 'segment reads', 'segments read')} it; "
        f"{counted(len(uses.campaigns), 'campaign or sequence uses', 'campaigns and sequences use')} it"
    )
    charts.draw(pd.DataFrame(rows), DEPENDENCIES, height=height, alt=alt)
    left_out = len(uses.reads) + len(uses.read_by) + len(uses.campaigns) - len(reads) - len(users)
    if left_out:
        st.caption(f"{left_out:,} more stand in the lists below.")


def _height(place: int, of: int) -> float:
    return 1 - (place + 0.5) / of


def _node(x: float, y: float, name: str, what: str, members: int | None) -> dict[str, object]:
    label = shortened(name, LONGEST_LABEL)
    return {"part": "node", "x": x, "y": y, "name": label, "full": name, "what": what, "members": number(members)}


def _arrow(x: float, y: float, to_x: float, to_y: float) -> list[dict[str, object]]:
    return [_edge(x, y, to_x - GAP, to_y), {"part": "arrow", "x": to_x - GAP, "y": to_y}]


def _edge(x: float, y: float, to_x: float, to_y: float) -> dict[str, object]:
    return {"part": "edge", "x": x + GAP, "y": y, "x2": to_x, "y2": to_y}


# Audiences ---------------------------------------------------------------------------------------------------------


def _audiences(context: OrganizationContext, found: tuple[FrozenAudience, ...]) -> None:
    with st.container(border=True):
        st.subheader("Audiences it was frozen into", anchor=False)
        if not found:
            st.caption("None yet: an audience is frozen when a campaign that names the segment starts.")
            return
        zone = context.calendar.time_zone
        looks = st.column_config
        frame = pd.DataFrame(
            {
                "Frozen": [each.frozen_at for each in found],
                "Campaign or sequence": [each.name for each in found],
                "Channel": [each.channel for each in found],
                "Part": [each.part for each in found],
                "Contacts": [each.contact_count for each in found],
                "Members as of": pd.Series([each.as_of for each in found], dtype="datetime64[us, UTC]"),
                "Run": [str(each.run_id)[:8] for each in found],
            }
        )
        table(
            frame,
            {
                "Frozen": looks.DatetimeColumn(format="D MMM YYYY, HH:mm", timezone=zone, width=150),
                "Campaign or sequence": looks.TextColumn(width=260),
                "Contacts": looks.NumberColumn(format="localized", width=95),
                "Members as of": looks.DatetimeColumn(format="D MMM YYYY, HH:mm", timezone=zone, width=150),
            },
            key="segment.audiences", row_height=ROW_HEIGHT, rows_shown=ROWS_SHOWN,
            alt=f"{counted(len(found), 'audience', 'audiences')}, newest first, with run and number of contacts",
        )  # fmt: skip
