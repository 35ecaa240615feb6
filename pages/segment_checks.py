"""The checks of a segment: those people set up with their last verdict, the automatic ones, and what was found."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import pandas as pd
import streamlit as st

from auth.guard import current_context, running_engine
from pages.check_words import AUTOMATIC, LEVEL_WORDS, VERDICT_LOOKS
from pages.editor_draft import dialog_opened
from pages.parts import action, badge, boundary, emphasis, flash, table
from pages.segment_check_form import ask_for_check
from pages.words import NOTHING, ago, counted, exact, number, plain
from segment_engine import (
    CheckedRun,
    CheckLevel,
    JudgedAssertion,
    OrganizationContext,
    Permission,
    Run,
    RunStatus,
    Segment,
    SegmentChecks,
    SegmentStatus,
    WithheldResult,
    refusal,
    words_of,
)

ROW_HEIGHT = 36
ROWS_SHOWN = 8
NAMES_SHOWN = 5
VERDICT_WIDTH = 135
CHECK_FAILED = "check_failed"


def checks_tab(context: OrganizationContext, segment: Segment, _runs: tuple[Run, ...]) -> None:
    """Draw what people demand, what is looked at anyway, and what was found lately."""
    found = running_engine().assertions.find(context, segment.segment_id)
    _set_up(context, segment, found)
    left, right = st.columns([5, 3])
    with left:
        _history(context, segment, found.history)
    with right:
        _automatic(segment, found)


def withheld_banner(context: OrganizationContext, segment: Segment, runs: Sequence[Run]) -> None:
    """Say on every tab that a check withheld the last result, with its figures, and let a person decide."""
    ended = next((run for run in runs if run.status in {RunStatus.SUCCESS, RunStatus.FAILED}), None)
    if ended is None or ended.error_class != CHECK_FAILED:
        return
    with boundary():
        withheld = running_engine().assertions.find(context, segment.segment_id).withheld
        if withheld is not None:
            _banner(context, segment, withheld)


def _banner(context: OrganizationContext, segment: Segment, withheld: WithheldResult) -> None:
    kept = (
        "Nothing is published yet."
        if withheld.published is None
        else f"The {counted(withheld.published, 'member', 'members')} published before stay."
    )
    said = [each.sentence for each in withheld.findings if each.level is CheckLevel.FAILED]
    new = counted(withheld.count, "contact", "contacts")
    with st.container(border=True, gap="small", key="withheld"):
        st.warning(
            plain(" ".join((kept, *said))), icon=":material/front_hand:",
            title=f"A check withheld the result of {ago(withheld.at)}: {new}",
        )  # fmt: skip
        may = context.may(Permission.SEGMENTS_EDIT)
        why_not = "A calculation is under way; wait for its end." if may else refusal(context, Permission.SEGMENTS_EDIT)
        free = may and segment.status is SegmentStatus.FAILED
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.button(
                "Publish anyway", icon=":material/publish:", key="checks.anyway", on_click=_publish_anyway,
                args=(segment.segment_id,), disabled=not free, help=None if free else why_not,
            )  # fmt: skip
            st.caption(
                "It is calculated again, and what withheld it counts as a warning, this once. It goes on record."
            )


@action
def _publish_anyway(segment_id: UUID) -> None:
    running_engine().assertions.publish_anyway(current_context(), segment_id)
    flash("A calculation is queued; what withheld the last result counts as a warning for it.")


# Set up by people ----------------------------------------------------------------------------------------------------


def _set_up(context: OrganizationContext, segment: Segment, found: SegmentChecks) -> None:
    may = context.may(Permission.SEGMENTS_EDIT)
    with st.container(border=True, gap="small", key="checks_set_up"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader("Checks people set up", anchor=False, width="content")
            st.space("stretch")
            add = st.button(
                "Add a check…", icon=":material/add_task:", key="checks.add", disabled=not may,
                type=emphasis() if not found.set_up else "secondary",
                help=None if may else refusal(context, Permission.SEGMENTS_EDIT),
            )  # fmt: skip
        if not found.set_up:
            st.caption(
                "None yet. A check says what must hold of every new result: a size, a limit to change, contacts who "
                "must or must not be in it. One that blocks keeps the old members published when it does not hold."
            )
        for each in found.set_up:
            _check(context, segment, each)
    if add:
        dialog_opened()
        ask_for_check(segment.segment_id, None)


def _check(context: OrganizationContext, segment: Segment, judged: JudgedAssertion) -> None:
    assertion = judged.assertion
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        with st.container(width=VERDICT_WIDTH):  # one below the other, whatever the word
            badge(VERDICT_LOOKS[judged.verdict])
        with st.container(gap="xxsmall", width="stretch"):
            st.markdown(f"**{plain(words_of(assertion))}**")
            st.caption(plain(_details(judged)), help=_who(context, judged))
            if judged.sentence:
                st.text(judged.sentence)
        if context.may(Permission.SEGMENTS_EDIT):
            key = str(assertion.assertion_id)
            if st.button("Change…", icon=":material/edit:", type="tertiary", key=f"checks.change.{key}"):
                dialog_opened()
                ask_for_check(segment.segment_id, judged)
            st.button(
                "Remove", icon=":material/delete:", type="tertiary", key=f"checks.remove.{key}", on_click=_remove,
                args=(segment.segment_id, assertion.assertion_id, words_of(assertion)),
            )  # fmt: skip


def _details(judged: JudgedAssertion) -> str:
    parts = [LEVEL_WORDS[judged.assertion.level]]
    if judged.contacts:
        more = len(judged.contacts) - NAMES_SHOWN
        names = ", ".join(judged.contacts[:NAMES_SHOWN])
        parts.append(f"{names} and {more:,} more" if more > 0 else names)
    if judged.assertion.note:
        parts.append(judged.assertion.note)
    parts.append("asked of the next result" if judged.judged_at is None else f"judged {ago(judged.judged_at)}")
    return " · ".join(parts)


def _who(context: OrganizationContext, judged: JudgedAssertion) -> str:
    by = f" by {judged.assertion.created_by}" if judged.assertion.created_by else ""
    return plain(f"Set up {exact(judged.assertion.created_at, context)}{by}")


@action
def _remove(segment_id: UUID, assertion_id: UUID, words: str) -> None:
    running_engine().assertions.remove(current_context(), segment_id, assertion_id)
    flash(f"The check is removed: {words}. What it found before stays on record.")


# Automatic ones, and what was found ----------------------------------------------------------------------------------


def _automatic(segment: Segment, found: SegmentChecks) -> None:
    """List the automatic checks with their rule, and what the published result showed."""
    published = next((run for run in found.history if run.run_id == segment.published_run_id), None)
    codes = {each.code: each.level for each in published.findings} if published else {}
    with st.container(border=True, gap="small", height="stretch"):
        st.subheader("Looked at anyway", anchor=False)
        for code, (word, rule) in AUTOMATIC.items():
            level = codes.get(code)
            icon = {None: ":green[:material/verified:]", CheckLevel.WARNED: ":orange[:material/report:]"}.get(
                level, ":red[:material/gpp_bad:]"
            )
            st.markdown(f"{icon if segment.member_count is not None else ':gray[:material/help:]'} **{word}**")
            st.caption(rule)


def _history(context: OrganizationContext, segment: Segment, history: Sequence[CheckedRun]) -> None:
    with st.container(border=True, height="stretch"):
        st.subheader("Found lately", anchor=False)
        if not history:
            st.caption("Nothing was found in any result so far.")
            return
        rows = [(run, finding) for run in history for finding in run.findings]
        columns = st.column_config
        frame = pd.DataFrame(
            {
                "when": [run.at for run, _ in rows],
                "result": ["Withheld" if run.withheld_count is not None else "Published" for run, _ in rows],
                "contacts": [number(run.withheld_count or run.member_count) for run, _ in rows],
                "found": [finding.sentence or NOTHING for _, finding in rows],
            }
        )
        zone = context.calendar.time_zone
        table(
            frame,
            {
                "when": columns.DatetimeColumn("Result of", format="D MMM, HH:mm", timezone=zone, width=115),
                "result": columns.TextColumn("Result", width=90),
                "contacts": columns.TextColumn("Contacts", width=85, alignment="right"),
                "found": columns.TextColumn("What was found", width=520),
            },
            key=f"findings.{segment.segment_id}", row_height=ROW_HEIGHT, rows_shown=ROWS_SHOWN,
            alt=f"{counted(len(rows), 'finding', 'findings')}, newest first",
        )  # fmt: skip
