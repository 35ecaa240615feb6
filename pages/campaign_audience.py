"""The segments of a campaign with how each stands, and the runs its frozen audiences came from."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from auth.guard import running_engine
from pages.campaign_words import PART_WORDS
from pages.check_words import CAUSE_WORDS
from pages.parts import boundary, page, table
from pages.standing import readiness_badge
from pages.words import ago, counted, exact, number, plain, readable, shortened
from segment_engine import Audience, AudienceChange, Campaign, CampaignSegment, CauseCount, OrganizationContext, Part

ROW_HEIGHT = 36
LONGEST_NAME = 60
SIDES = {
    Part.INCLUDED: "In any of these",
    Part.EXCLUDED: "In none of these: kept out wins",
}


def segments_panel(context: OrganizationContext, campaign: Campaign) -> None:
    """Draw both sides with the verdict beside each segment."""
    with st.container(border=True, height="stretch"):
        st.subheader("Segments", anchor=False)
        for part in Part:
            used = campaign.part(part)
            st.caption(f"{PART_WORDS[part]}: {SIDES[part][0].lower()}{SIDES[part][1:]}")
            if not used:
                st.text("No segment" if part is Part.EXCLUDED else "No segment yet: nobody is reached.")
            for each in used:
                _segment(context, each)


def _segment(context: OrganizationContext, used: CampaignSegment) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        readiness_badge(used.standing)
        st.page_link(
            page("segment"), label=plain(shortened(used.name, LONGEST_NAME)), icon="", width="content",
            query_params={"id": str(used.segment_id)},
        )  # fmt: skip
        st.space("stretch")
        if used.member_count is None:
            st.caption("Not calculated", width="content")
        else:
            size = counted(used.member_count, "member", "members")
            st.caption(
                f"{size} · {ago(used.last_calculated_at)}", help=plain(exact(used.last_calculated_at, context)),
                width="content",
            )  # fmt: skip
    if used.standing.reasons:
        st.caption(plain(readable(used.standing.reasons[0].sentence)))


def audience_runs(context: OrganizationContext, campaign: Campaign) -> None:
    """Draw who was meant by the launches, and from which run of which segment."""
    audiences = running_engine().campaigns.audiences(context, campaign.campaign_id)
    with st.container(border=True):
        st.subheader("Where its audience came from", anchor=False)
        if not audiences:
            st.caption("No audience was frozen for it.")
            return
        _one(context, audiences[0])
        with boundary():
            _since(running_engine().changes.since_frozen(context, campaign.campaign_id))
        if len(audiences) > 1:
            with st.expander(f"Earlier audiences ({len(audiences) - 1})", icon=":material/history:"):
                for each in audiences[1:]:
                    _one(context, each)


def _since(change: AudienceChange | None) -> None:
    """Say how far today's segments are from the frozen audience, and for which stored reasons."""
    if change is None:
        return
    if not change.joined and not change.departed:
        st.caption("Frozen today from the same segments, it would hold the same contacts.")
    else:
        joined, gone = counted(change.joined, "contact", "contacts"), counted(change.departed, "contact", "contacts")
        parts = [f"hold {joined} more"] if change.joined else []
        deleted = f", {number(change.deleted)} of them deleted" if change.deleted else ""
        parts += [f"leave {gone} out{deleted}"] if change.departed else []
        st.caption(f"Frozen today from the same segments, it would {' and '.join(parts)}.")
    for source in change.sources:
        moved = [_moved(each) for each in source.counts]
        if not moved and source.is_explained:
            continue
        name = shortened(source.name or "A segment that was deleted", LONGEST_NAME)
        if not source.is_explained:
            moved.append("it was deleted" if source.now is None else "other reasons are not kept any more")
        why = ", ".join(moved)
        st.caption(plain(f"{name}: {number(source.then)} then, {number(source.now)} now. {why}."))


def _moved(count: CauseCount) -> str:
    return f"{CAUSE_WORDS[count.cause].lower()} +{count.joined:,} -{count.departed:,}"


def _one(context: OrganizationContext, audience: Audience) -> None:
    reached = f", {number(audience.reach.reached)} of them reached" if audience.reach else ""
    st.caption(
        f"Frozen {ago(audience.frozen_at)}: {counted(audience.size, 'contact', 'contacts')}{reached}. "
        "Later calculations of these segments do not change it.",
        help=plain(exact(audience.frozen_at, context)),
    )
    sources = audience.sources
    frame = pd.DataFrame(
        {
            "Segment": [each.name or "a segment that was deleted" for each in sources],
            "Side": [PART_WORDS[each.part] for each in sources],
            "Members": pd.Series([each.contact_count for each in sources], dtype="Int64"),
            "As of": [exact(each.as_of, context) for each in sources],
            "Run": [str(each.run_id)[:8] for each in sources],
        }
    )
    columns = {"Members": st.column_config.NumberColumn(format="localized")}
    table(
        frame, columns, key=f"campaign.audience.{audience.frozen_at.isoformat()}", row_height=ROW_HEIGHT,
        alt=f"The {counted(len(sources), 'segment', 'segments')} of the audience, each with its run and members",
    )  # fmt: skip
