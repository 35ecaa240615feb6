"""The controls that ask for a schedule, wherever one is chosen: for a new segment, and on the page of a segment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from functools import cache
from zoneinfo import available_timezones

import streamlit as st

from pages.words import exact, plain
from segment_engine import (
    FEWEST_MINUTES,
    MOST_MINUTES,
    WEEKDAYS,
    OrganizationContext,
    Schedule,
    ScheduleKind,
)

KINDS: dict[str, ScheduleKind | None] = {
    "By hand": None,
    "Interval": ScheduleKind.EVERY,
    "Daily": ScheduleKind.DAILY,
    "Weekly": ScheduleKind.WEEKLY,
    "New data": ScheduleKind.SOURCE,
}
UNITS = {"minutes": 1, "hours": 60}
USUAL_TIME, USUAL_HOURS = time(6), 1
USUAL_ZONE = "UTC"


@dataclass(frozen=True)
class ScheduleForm:
    """One set of the controls.

    Shape: `whose` tells their keys from those of other sets; another one begins with values of its own. `held` is what
        they begin with; None is by hand. `time_zone` is that of the organization, offered first.
    """

    whose: str
    held: Schedule | None
    time_zone: str
    why_not: str | None = None

    def key(self, name: str) -> str:
        """Name a control."""
        return f"schedule.{name}.{self.whose}"


def ask_schedule(form: ScheduleForm) -> Schedule | None:
    """Draw the controls; gives the schedule they say at this moment. With `why_not` nothing can be chosen."""
    words = {kind: word for word, kind in KINDS.items()}
    chosen = st.segmented_control(
        "Kind of schedule", list(KINDS), default=words[form.held.kind if form.held else None], key=form.key("kind"),
        label_visibility="collapsed", required=True, disabled=form.why_not is not None, help=form.why_not,
    )  # fmt: skip
    kind = KINDS[chosen]
    if kind is None or kind is ScheduleKind.SOURCE:
        return None if kind is None else Schedule(kind)
    if kind is ScheduleKind.EVERY:
        return Schedule(kind, every_minutes=_often(form))
    with st.container(horizontal=True, gap="small"):
        weekday = _weekday(form) if kind is ScheduleKind.WEEKLY else None
        at_time = st.time_input(
            "At", value=(form.held and form.held.at_time) or USUAL_TIME, step=300, key=form.key("at"), width=110
        )
        held = (form.held and form.held.time_zone) or form.time_zone
        zones = _zones(form.time_zone, held)
        zone = st.selectbox("In the time zone", zones, index=zones.index(held), key=form.key("zone"), width=230)
    return Schedule(kind, at_time=at_time, weekday=weekday, time_zone=zone)


def _weekday(form: ScheduleForm) -> int:
    held = (form.held and form.held.weekday) or 1
    return WEEKDAYS.index(st.selectbox("On", WEEKDAYS, index=held - 1, key=form.key("weekday"), width=140)) + 1


@cache
def _zones(usual: str, held: str) -> tuple[str, ...]:
    """List the zones there are, the organization's first; the one in use is among them whatever it is called."""
    first = dict.fromkeys((usual, held, USUAL_ZONE))
    return (*first, *sorted(zone for zone in available_timezones() if "/" in zone and zone not in first))


def _often(form: ScheduleForm) -> int:
    minutes = (form.held and form.held.every_minutes) or 60 * USUAL_HOURS
    in_hours = minutes % 60 == 0
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        unit = st.session_state.get(form.key("unit")) or ("hours" if in_hours else "minutes")
        size = UNITS[unit]
        amount = st.number_input(
            "Every", min_value=max(1, FEWEST_MINUTES // size), max_value=MOST_MINUTES // size, step=1,
            value=max(1, FEWEST_MINUTES // size, minutes // size), key=form.key(f"every.{unit}"), width=130,
        )  # fmt: skip
        st.segmented_control(
            "Unit", list(UNITS), default="hours" if in_hours else "minutes", key=form.key("unit"),
            label_visibility="collapsed", required=True,
        )  # fmt: skip
    return int(amount) * size


def tell_schedule(context: OrganizationContext, wanted: Schedule | None, due: datetime | None) -> None:
    """Say what a choice means before it is saved; `due` is its next time, where the clock decides it."""
    if wanted is None:
        st.caption("It is calculated when it is created, edited, or somebody asks for it.")
    elif wanted.kind is ScheduleKind.SOURCE:
        st.caption(
            "A minute after the last file of a delivery it is calculated once, after what it reads itself. A changed "
            "result of a segment that it reads is followed in the same way."
        )
    elif due is None:
        st.caption(plain(f"{wanted.sentence}, from when it is saved."))
    else:
        st.caption(plain(f"{wanted.sentence}. The next one: {exact(due, context)}"))
        if wanted.kind is not ScheduleKind.EVERY:
            st.caption("Each segment has a minute of its own within the five after that time; not all begin at once.")
