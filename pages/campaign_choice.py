"""Choosing the segments of a campaign: active ones, found by name, each with its verdict, on one of two sides."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import streamlit as st

from auth.guard import running_engine
from pages.campaign_draft import Form, current, keep
from pages.campaign_words import PART_WORDS
from pages.parts import action, page
from pages.standing import readiness_badge
from pages.words import ago, counted, plain, readable, shortened
from segment_engine import CampaignSegment, OfferedSegment, OrganizationContext, Part, Readiness

LONGEST_NAME = 44
LIST_HEIGHT = 330
SEARCH = "campaign.search"
PUTS = {Part.INCLUDED: (":material/add_circle:", "Include"), Part.EXCLUDED: (":material/do_not_disturb_on:", "Exclude")}


def choose_segments(context: OrganizationContext, form: Form, chosen: Sequence[CampaignSegment]) -> None:
    """Draw what is chosen, and what may be chosen; a button puts a segment on a side or takes it off."""
    for part in Part:
        _side(part, [each for each in chosen if each.part is part], fixed=form.fixed)
    if form.fixed:
        st.caption(form.why_fixed)
        return
    search = st.text_input(
        "Find active segments", type="search", live="300ms", placeholder="Find active segments by name or description",
        icon=":material/search:", key=SEARCH, label_visibility="collapsed", max_chars=200,
    )  # fmt: skip
    offered = running_engine().campaigns.offered(context, search=search or "")
    taken = {*form.included, *form.excluded}
    _offered([each for each in offered if each.segment_id not in taken], search or "")


def _side(part: Part, chosen: Sequence[CampaignSegment], *, fixed: bool) -> None:
    hint = "in any of these" if part is Part.INCLUDED else "in none of these; kept out wins"
    st.caption(f"{PART_WORDS[part]}: {hint}")
    if not chosen:
        nobody = "Nothing is included yet. Choose below." if part is Part.INCLUDED else "Nobody is kept out."
        st.text(nobody)
    for each in chosen:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            readiness_badge(each.standing)
            st.page_link(
                page("segment"), label=plain(shortened(each.name, LONGEST_NAME)), icon="", width="content",
                query_params={"id": str(each.segment_id)},
            )  # fmt: skip
            size = "not calculated" if each.member_count is None else counted(each.member_count, "member", "members")
            st.caption(size, width="content")
            st.space("stretch")
            if not fixed:
                st.button(
                    f"Remove {plain(each.name)}", icon=":material/close:", type="tertiary", width=20, wrap=False,
                    help="Remove", key=f"campaign.remove.{each.segment_id}", on_click=_put,
                    args=(each.segment_id, None),
                )  # fmt: skip
        if each.standing.readiness is not Readiness.READY and each.standing.reasons:
            st.caption(plain(readable(each.standing.reasons[0].sentence)))


def _offered(offered: Sequence[OfferedSegment], search: str) -> None:
    with st.container(border=True, height=LIST_HEIGHT, gap="small"):
        if not offered:
            st.caption(
                "No other active segment has this text." if search else "There is no other active segment to choose."
            )
            st.page_link(page("segments"), label="Show all segments", icon=":material/group_work:")
        for each in offered:
            _one(each)


def _one(each: OfferedSegment) -> None:
    with st.container(gap=None):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            readiness_badge(each.standing)
            st.text(shortened(each.name, LONGEST_NAME), width="content")
            st.space("stretch")
            for part, (icon, what) in PUTS.items():
                st.button(
                    f"{what} {plain(each.name)}", icon=icon, type="tertiary", width=20, wrap=False, help=what,
                    key=f"campaign.{part.value}.{each.segment_id}", on_click=_put, args=(each.segment_id, part),
                )  # fmt: skip
        size = counted(each.member_count or 0, "member", "members")
        when = f", calculated {ago(each.last_calculated_at)}" if each.last_calculated_at else ""
        st.caption(
            f"{size}{when}" if each.member_count is not None else "Not calculated",
            help=plain(each.description) if each.description else None,
        )


@action
def _put(segment_id: UUID, part: Part | None) -> None:
    form = current()
    if form is not None:
        keep(form.with_segment(segment_id, part))
