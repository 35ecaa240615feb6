"""The segments of one contact: those that hold it, those that held it before, and what people decided by hand."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from auth.guard import running_engine
from pages import charts
from pages.contact_charts import STRETCHES
from pages.contact_moves import ask_why
from pages.contact_words import HAND_WORDS, moment_words
from pages.parts import badge, nothing_here, page
from pages.standing import readiness_badge
from pages.words import STATE_LOOKS, counted, plain, shortened
from segment_engine import ContactCard, HandRecord, Interval, Membership, OrganizationContext, SegmentState

MOST_SHOWN = 50
MOST_DRAWN = 12
ROW_HEIGHT = 30
LONGEST_NAME = 60
LONGEST_LABEL = 34
NARROWEST = 60
"""What is shorter than this part of the whole axis is drawn as a point."""


def segments_tab(context: OrganizationContext, card: ContactCard) -> None:
    """Draw every segment this contact is in, was in, or that a person decided about."""
    found = running_engine().contacts.memberships(context, card.external_key)
    if not found:
        step = nothing_here(
            "In no segment",
            "No segment holds this contact, none held it before, and nobody decided anything by hand.",
            icon=":material/group_work:",
        )
        step.button("Ask why it is not in one", icon=":material/help:", on_click=ask_why)
        return
    now = [each for each in found if each.is_member]
    before = [each for each in found if not each.is_member]
    _drawn(context, found)
    _listed(context, f"In {counted(len(now), 'segment', 'segments')} now", now)
    if before:
        _listed(context, "Not in these any more, or decided by hand", before)


def _listed(context: OrganizationContext, title: str, found: list[Membership]) -> None:
    st.subheader(title, anchor=False)
    for each in found[:MOST_SHOWN]:
        _segment(context, each)
    if len(found) > MOST_SHOWN:
        st.caption(f"{len(found) - MOST_SHOWN:,} more are not shown; ask about one of them under Why.")


def _segment(context: OrganizationContext, each: Membership) -> None:
    with st.container(border=True, gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.page_link(
                page("segment"), label=plain(shortened(each.name, LONGEST_NAME)), icon=":material/group_work:",
                query_params={"id": str(each.segment_id)}, width="content",
            )  # fmt: skip
            if each.standing is not None:
                readiness_badge(each.standing)
            if each.state is not SegmentState.ACTIVE:
                badge(STATE_LOOKS[each.state])
            st.space("stretch")
            st.button(
                "Why" if each.is_member else "Why not", key=f"contact.why.{each.segment_id}", icon=":material/help:",
                type="tertiary", on_click=ask_why, args=(str(each.segment_id),),
            )  # fmt: skip
        for interval in each.intervals:
            st.caption(plain(interval_words(interval, context)))
        for record in each.by_hand:
            st.caption(f":material/back_hand: {plain(hand_words(record, context))}")


def interval_words(interval: Interval, context: OrganizationContext) -> str:
    """Say when a stretch of membership began and ended, by the runs that made it so."""
    began = "before the runs that are kept" if interval.joined is None else moment_words(interval.joined.at, context)
    if interval.is_open:
        return f"Member since {began}"
    ended = "a run that is not kept any more" if interval.left is None else moment_words(interval.left.at, context)
    return f"Joined {began} · left {ended}"


def hand_words(record: HandRecord, context: OrganizationContext) -> str:
    """Say what a person decided, why, and whether it still counts."""
    by = f" by {record.decided_by}" if record.decided_by else ""
    ended = ""
    if record.ended_at is not None:
        ended = (
            f" · ended{f' by {record.ended_by}' if record.ended_by else ''} on {moment_words(record.ended_at, context)}"
        )
    done = HAND_WORDS[record.decision]
    return f"{done} by hand{by} on {moment_words(record.decided_at, context)}: {record.reason}{ended}"


def _drawn(context: OrganizationContext, found: tuple[Membership, ...]) -> None:
    """Draw the stretches of membership along one axis of time; the lists below say the same in words."""
    shown = [each for each in found if any(interval.joined for interval in each.intervals)][:MOST_DRAWN]
    if not shown:
        return
    now = datetime.now(UTC)
    began = min(interval.joined.at for each in shown for interval in each.intervals if interval.joined)
    rows = [
        _bar(interval, each.name, place, context, began, now)
        for place, each in enumerate(shown)
        for interval in each.intervals
    ]
    with st.container(border=True):
        st.subheader("In segments over time", anchor=False)
        alt = f"Stretches of membership in {counted(len(shown), 'segment', 'segments')}; the lists below name them"
        charts.draw(pd.DataFrame(rows), STRETCHES, height=ROW_HEIGHT * len(shown) + 40, alt=alt)
        more = (
            f"{counted(len(shown), 'segment', 'segments')} of {len(found):,} drawn. " if len(found) > len(shown) else ""
        )
        zone = f"All times are those of {context.calendar.time_zone}."
        st.caption(plain(f"{more}Stretches that reach the right edge, in green, last until now. {zone}"))


def _bar(
    interval: Interval, name: str, place: int, context: OrganizationContext, began: datetime, now: datetime
) -> dict[str, object]:  # fmt: skip
    """Give one stretch as a row of the chart; one that is too short for a bar says so."""
    first = interval.joined.at if interval.joined else began
    last = interval.left.at if interval.left else now
    return {
        "segment": shortened(name, LONGEST_LABEL), "place": place, "from": first, "to": last,
        "state": "member now" if interval.is_open else "member before", "when": interval_words(interval, context),
        "short": last - first < (now - began) / NARROWEST,
    }  # fmt: skip
