"""The schedule of a segment: what it is, when it is next, how its last runs went, and the dialog that changes it."""

from __future__ import annotations

from functools import partial
from uuid import UUID

import streamlit as st

from auth.guard import current_context, running_engine
from pages.editor_draft import dialog_closed, dialog_opened
from pages.parts import action, badge, boundary, emphasis, flash
from pages.schedule_form import ScheduleForm, ask_schedule, tell_schedule
from pages.schedule_words import SCHEDULE_LOOKS, outlook, sentence
from pages.words import REASONS, RUN_LOOKS, ago, exact, plain
from segment_engine import (
    OrganizationContext,
    Permission,
    Run,
    RunReason,
    Schedule,
    ScheduledSegment,
    Segment,
    due_after,
    refusal,
)
from segment_engine.errors import InputError

BY_ITSELF = frozenset({RunReason.SCHEDULED, RunReason.SOURCE, RunReason.DEPENDENCY})
LAST_RUNS = 5


def schedule_card(context: OrganizationContext, segment: Segment, runs: tuple[Run, ...]) -> None:
    """Draw the schedule in one row; those who may edit change it here."""
    with st.container(border=True, gap="small", key="schedule_card"), boundary():
        scheduled = running_engine().schedules.get(context, segment.segment_id)
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f":material/event_repeat: **{plain(sentence(scheduled))}**", width="content")
            if scheduled.schedule is not None:
                badge(SCHEDULE_LOOKS[scheduled.standing])
            st.space("stretch")
            _buttons(context, scheduled)
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.text(outlook(scheduled, context), width="stretch")
            _last_runs(context, runs)


def _buttons(context: OrganizationContext, scheduled: ScheduledSegment) -> None:
    may = context.may(Permission.SEGMENTS_EDIT)
    why_not = None if may else refusal(context, Permission.SEGMENTS_EDIT)
    if scheduled.suspended_at is not None:
        st.button(
            "Resume", icon=":material/play_arrow:", type=emphasis(), key="schedule.resume", on_click=_resume,
            args=(scheduled.segment_id,), disabled=not may, help=why_not,
        )  # fmt: skip
    label = "Set a schedule…" if scheduled.schedule is None else "Change…"
    if st.button(label, icon=":material/edit_calendar:", key="schedule.change", disabled=not may, help=why_not):
        dialog_opened()
        _ask(scheduled)


def _last_runs(context: OrganizationContext, runs: tuple[Run, ...]) -> None:
    """Show how the last runs that nobody asked for went, the newest at the right."""
    found = [run for run in runs if run.reason in BY_ITSELF][:LAST_RUNS]
    if not found:
        return
    newest = found[0]
    looks = [RUN_LOOKS[run.status] for run in reversed(found)]
    icons = " ".join(f":{look.color}[{look.icon}]" for look in looks)
    st.caption(
        f"Last by itself {ago(newest.finished_at or newest.requested_at)}  {icons}", width="content",
        help=plain(f"{REASONS[newest.reason]}: {RUN_LOOKS[newest.status].word}, {exact(newest.requested_at, context)}"),
    )  # fmt: skip


@action
def _resume(segment_id: UUID) -> None:
    for verdict in running_engine().schedules.resume(current_context(), (segment_id,)):
        flash(f"{verdict.name} {verdict.reason}.")


# The dialog --------------------------------------------------------------------------------------------------------


@st.dialog("When is it calculated?", icon=":material/edit_calendar:", on_dismiss=dialog_closed)
def _ask(scheduled: ScheduledSegment) -> None:
    """Ask for what a schedule needs, and say when it would be next."""
    with boundary():
        context, now = current_context(), scheduled.schedule
        form = ScheduleForm(f"{scheduled.segment_id}.{scheduled.revision}", now, context.calendar.time_zone)
        wanted = ask_schedule(form)
        due = None if wanted is None else due_after(wanted, scheduled.segment_id, scheduled.now)
        tell_schedule(context, wanted, due)
        with st.container(horizontal=True, horizontal_alignment="right"):
            st.button("Keep it as it is", key="schedule.keep", on_click=_close)
            st.button(
                "Save", type=emphasis(), icon=":material/check:", key="schedule.save", on_click=_save,
                args=(scheduled, wanted), disabled=wanted == now,
            )  # fmt: skip


def _close() -> None:
    dialog_closed()
    st.rerun()


@action
def _save(scheduled: ScheduledSegment, wanted: Schedule | None) -> None:
    dialog_closed()
    room, revision = running_engine().schedules, scheduled.revision
    act = room.remove if wanted is None else partial(room.set, schedule=wanted)
    try:
        kept = act(current_context(), scheduled.segment_id, expected_revision=revision)
    except InputError as error:
        flash(str(error), icon=":material/error:")
        return
    flash(f"{scheduled.name}: {sentence(kept)}.")
    st.rerun()
