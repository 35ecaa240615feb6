"""The schedule of a segment: what it is, when it is next, how its last runs went, and the dialog that changes it."""

from __future__ import annotations

from datetime import time
from functools import cache, partial
from uuid import UUID
from zoneinfo import available_timezones

import streamlit as st

from auth.guard import current_context, running_engine
from pages.editor_draft import dialog_closed, dialog_opened
from pages.parts import action, badge, boundary, emphasis, flash
from pages.schedule_words import SCHEDULE_LOOKS, outlook, sentence
from pages.words import REASONS, RUN_LOOKS, ago, exact, plain
from segment_engine import (
    FEWEST_MINUTES,
    MOST_MINUTES,
    WEEKDAYS,
    OrganizationContext,
    Permission,
    Run,
    RunReason,
    Schedule,
    ScheduledSegment,
    ScheduleKind,
    Segment,
    due_after,
    refusal,
)
from segment_engine.errors import InputError

BY_ITSELF = frozenset({RunReason.SCHEDULED, RunReason.SOURCE, RunReason.DEPENDENCY})
LAST_RUNS = 5
KINDS: dict[str, ScheduleKind | None] = {
    "By hand": None,
    "Interval": ScheduleKind.EVERY,
    "Daily": ScheduleKind.DAILY,
    "Weekly": ScheduleKind.WEEKLY,
    "New data": ScheduleKind.SOURCE,
}
UNITS = {"minutes": 1, "hours": 60}
USUAL_TIME, USUAL_HOURS = time(6), 1


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
        now = scheduled.schedule
        words = {kind: word for word, kind in KINDS.items()}
        chosen = st.segmented_control(
            "Kind of schedule", list(KINDS), default=words[now.kind if now else None], key=_key(scheduled, "kind"),
            label_visibility="collapsed", required=True,
        )  # fmt: skip
        wanted = _wanted(scheduled, KINDS[chosen])
        _preview(scheduled, wanted)
        with st.container(horizontal=True, horizontal_alignment="right"):
            st.button("Keep it as it is", key="schedule.keep", on_click=_close)
            st.button(
                "Save", type=emphasis(), icon=":material/check:", key="schedule.save", on_click=_save,
                args=(scheduled, wanted), disabled=wanted == now,
            )  # fmt: skip


def _key(scheduled: ScheduledSegment, name: str) -> str:
    """Name a control so that another revision begins with its own values."""
    return f"schedule.{name}.{scheduled.segment_id}.{scheduled.revision}"


def _wanted(scheduled: ScheduledSegment, kind: ScheduleKind | None) -> Schedule | None:
    if kind is None or kind is ScheduleKind.SOURCE:
        return None if kind is None else Schedule(kind)
    if kind is ScheduleKind.EVERY:
        return Schedule(kind, every_minutes=_often(scheduled))
    now = scheduled.schedule
    with st.container(horizontal=True, gap="small"):
        weekday = None
        if kind is ScheduleKind.WEEKLY:
            chosen = st.selectbox(
                "On", WEEKDAYS, index=((now and now.weekday) or 1) - 1, key=_key(scheduled, "weekday"), width=140
            )
            weekday = WEEKDAYS.index(chosen) + 1
        at_time = st.time_input(
            "At", value=(now and now.at_time) or USUAL_TIME, step=300, key=_key(scheduled, "at"), width=110
        )
        usual = (now and now.time_zone) or current_context().calendar.time_zone
        zone = st.selectbox("In the time zone", _zones(usual), key=_key(scheduled, "zone"), width=230)
    return Schedule(kind, at_time=at_time, weekday=weekday, time_zone=zone)


@cache
def _zones(first: str) -> tuple[str, ...]:
    """List the zones there are, the usual one first."""
    return (first, *sorted(zone for zone in available_timezones() if "/" in zone and zone != first))


def _often(scheduled: ScheduledSegment) -> int:
    minutes = (scheduled.schedule and scheduled.schedule.every_minutes) or 60 * USUAL_HOURS
    in_hours = minutes % 60 == 0
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        unit = st.session_state.get(_key(scheduled, "unit")) or ("hours" if in_hours else "minutes")
        size = UNITS[unit]
        amount = st.number_input(
            "Every", min_value=max(1, FEWEST_MINUTES // size), max_value=MOST_MINUTES // size, step=1,
            value=max(1, FEWEST_MINUTES // size, minutes // size), key=_key(scheduled, f"every.{unit}"), width=130,
        )  # fmt: skip
        st.segmented_control(
            "Unit", list(UNITS), default="hours" if in_hours else "minutes", key=_key(scheduled, "unit"),
            label_visibility="collapsed", required=True,
        )  # fmt: skip
    return int(amount) * size


def _preview(scheduled: ScheduledSegment, wanted: Schedule | None) -> None:
    if wanted is None:
        st.caption("It is calculated when it is created, edited, or somebody asks for it.")
    elif wanted.kind is ScheduleKind.SOURCE:
        st.caption(
            "A minute after the last file of a delivery it is calculated once, after what it reads itself. A changed "
            "result of a segment that it reads is followed in the same way."
        )
    else:
        due = due_after(wanted, scheduled.segment_id, scheduled.now)
        st.caption(plain(f"{wanted.sentence}. The next one: {exact(due, current_context())}"))
        if wanted.kind is not ScheduleKind.EVERY:
            st.caption("Each segment has a minute of its own within the five after that time; not all begin at once.")


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
