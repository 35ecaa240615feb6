"""The first tab of a segment beside its figures: the criteria in words, and who uses it."""

from __future__ import annotations

import streamlit as st

from auth.guard import running_engine
from pages.parts import boundary, page
from pages.segment_rule import show_criteria, version_note
from pages.words import counted, plain, shortened
from segment_engine import CampaignUse, OrganizationContext, RelatedSegment, Segment

MOST_SHOWN = 6
LONGEST_NAME = 60


def criteria_card(context: OrganizationContext, segment: Segment) -> None:
    """Draw the criteria in words; the rest about them is a tab of its own."""
    with st.container(border=True, height="stretch"):
        st.subheader("Criteria", anchor=False)
        show_criteria(context, segment, short=True)
        st.space("stretch")
        version_note(segment)


def used_by(context: OrganizationContext, segment: Segment) -> None:
    """Name who would feel a change: campaigns, sequences and other segments, each a click away."""
    with st.container(border=True, height="stretch"):
        st.subheader("Used by", anchor=False)
        with boundary():
            uses = running_engine().details.uses(context, segment.segment_id)
            if not uses.campaigns and not uses.read_by:
                st.caption("No campaign uses this segment, no sequence, and no other segment reads it.")
            for use in uses.campaigns[:MOST_SHOWN]:
                campaign_link(use)
            for reader in uses.read_by[:MOST_SHOWN]:
                segment_link(reader)
            more = max(len(uses.campaigns) - MOST_SHOWN, 0) + max(len(uses.read_by) - MOST_SHOWN, 0)
            if more:
                st.caption(f"… and {more:,} more, under Usage.")


def campaign_link(use: CampaignUse) -> None:
    """Lead to a campaign or sequence; below it, how it stands and what it does with the segment."""
    with st.container(gap="xxsmall"):
        st.page_link(
            page("campaign"), label=plain(shortened(use.name, LONGEST_NAME)), query_params={"id": str(use.campaign_id)},
            icon=":material/campaign:" if use.kind == "campaign" else ":material/low_priority:",
        )  # fmt: skip
        st.caption(plain(f"{use.kind.capitalize()} · {use.state} · {use.channel} · {use.part}"))


def segment_link(related: RelatedSegment) -> None:
    """Lead to a segment; below it, how many it holds."""
    with st.container(gap="xxsmall"):
        st.page_link(
            page("segment"), label=plain(shortened(related.name, LONGEST_NAME)), icon=":material/group_work:",
            query_params={"id": str(related.segment_id)},
        )  # fmt: skip
        size = (
            "never calculated" if related.member_count is None else counted(related.member_count, "contact", "contacts")
        )
        st.caption(f"Segment · {related.state.value} · {size}")
