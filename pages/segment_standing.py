"""The judgement at the top of a segment: may I use it, and why, over four axes that are always shown."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from auth.guard import running_engine
from pages.standing import AXIS_WORDS, READINESS_LOOKS
from pages.words import STATE_LOOKS, STATUS_LOOKS, Look, ago, exact, plain, readable
from segment_engine import (
    Axis,
    Checks,
    Freshness,
    OrganizationContext,
    Readiness,
    Segment,
    SegmentState,
    SegmentStatus,
    Standing,
)

FRESHNESS_LOOKS: dict[Freshness, Look] = {
    Freshness.FRESH: Look("Fresh", "green", ":material/eco:"),
    Freshness.STALE_AGE: Look("Old", "orange", ":material/hourglass_bottom:"),
    Freshness.STALE_SOURCE: Look("Data changed", "orange", ":material/database:"),
    Freshness.STALE_DEPENDENCY: Look("Behind what it reads", "red", ":material/account_tree:"),
    Freshness.STALE_CRITERIA: Look("Criteria changed", "red", ":material/edit_document:"),
}
CHECKS_LOOKS: dict[Checks, Look] = {
    Checks.NONE: Look("Not checked", "gray", ":material/help:"),
    Checks.PASSED: Look("Passed", "green", ":material/verified:"),
    Checks.WARNED: Look("Odd", "orange", ":material/report:"),
    Checks.FAILED: Look("Failed", "red", ":material/gpp_bad:"),
}
VERDICTS: dict[Readiness, str] = {
    Readiness.READY: "Nothing speaks against using it.",
    Readiness.USE_WITH_CARE: "It can be used; know this first.",
    Readiness.DO_NOT_USE: "Do not build on it before this is settled.",
}
UNDER_WAY = frozenset({SegmentStatus.QUEUED, SegmentStatus.PROCESSING})


def verdict(context: OrganizationContext, segment: Segment, standing: Standing) -> None:
    """Draw the judgement and, below it, each axis with its own word, icon and sentence, the good ones too."""
    look = READINESS_LOOKS[standing.readiness]
    with st.container(border=True, gap="small", key="verdict"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.subheader(f":{look.color}[{look.icon} {look.word}]", anchor=False, width="content")
            st.caption(VERDICTS[standing.readiness], width="content")
        with st.grid(4, min_column_width=210):
            for axis in Axis:
                _axis(axis, context, segment, standing)


def _axis(axis: Axis, context: OrganizationContext, segment: Segment, standing: Standing) -> None:
    reasons = standing.of(axis)
    ahead = _ahead(context, segment) if axis is Axis.FRESHNESS else None
    word, icon, color, good = _good(axis, segment, standing)
    sentences = [readable(reason.sentence) for reason in reasons] or [good]
    if reasons:
        color = READINESS_LOOKS[reasons[0].readiness].color
        if axis is Axis.RUN and segment.last_calculated_at is not None:
            sentences.append(f"The members shown are those of {exact(segment.last_calculated_at, context)}.")
    with st.container(gap="xxsmall", key=f"axis_{axis.value}"):
        st.caption(AXIS_WORDS[axis])
        st.markdown(f":{color}[{icon} **{word}**]", help=_exact(axis, context, segment))
        for sentence in sentences:
            st.text(sentence)
        if ahead is not None:
            st.caption(plain(ahead))


def _ahead(context: OrganizationContext, segment: Segment) -> str | None:
    """Say when time alone changes the members next; nothing where it never does, or is not known."""
    if segment.member_count is None or segment.state is not SegmentState.ACTIVE:
        return None
    _, at = running_engine().changes.by_time(context, segment.segment_id)
    if at is None:
        return None
    said = (
        "Time alone may have changed members since" if at <= datetime.now(UTC) else "Members change by time alone next:"
    )
    return f"{said} {exact(at, context)}."


def _good(axis: Axis, segment: Segment, standing: Standing) -> tuple[str, str, str, str]:
    """Give word, icon, color, and the sentence for when nothing is wrong on this axis."""
    when = ago(segment.last_calculated_at)
    if axis is Axis.STATE:
        look = STATE_LOOKS[segment.state]
        return look.word, look.icon, look.color, "Campaigns and sequences can choose it."
    if axis is Axis.RUN:
        look = STATUS_LOOKS[segment.status]
        waits = f"It is being calculated; until then the result of {when} counts."
        done = f"The last calculation succeeded {when}."
        return look.word, look.icon, look.color, waits if segment.status in UNDER_WAY else done
    if axis is Axis.FRESHNESS and segment.member_count is None:
        return "Nothing yet", ":material/remove:", "gray", "There is no result whose age could be told."
    if axis is Axis.FRESHNESS and segment.state is not SegmentState.ACTIVE:
        sentence = f"Calculated {when}; whether anything has changed since is watched while it is active."
        return "Not watched", ":material/visibility_off:", "gray", sentence
    if axis is Axis.FRESHNESS:
        look = FRESHNESS_LOOKS[standing.freshness]
        return look.word, look.icon, look.color, f"Calculated {when}; nothing that it reads has changed since."
    look = CHECKS_LOOKS[standing.checks]
    known = standing.checks is not Checks.NONE
    return look.word, look.icon, look.color, _NOTHING_ODD if known else _NOT_CHECKED


_NOTHING_ODD = "Nothing odd was found in the result: its size fits its own past."
_NOT_CHECKED = "No result was checked yet; the next run will be."


def _exact(axis: Axis, context: OrganizationContext, segment: Segment) -> str | None:
    if axis not in {Axis.RUN, Axis.FRESHNESS} or segment.last_calculated_at is None:
        return None
    return plain(f"Calculated {exact(segment.last_calculated_at, context)}")
