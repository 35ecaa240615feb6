"""When a new segment is calculated, chosen where it is made; one that exists has its schedule on its own page."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import streamlit as st

from pages.editor_draft import RECOMMENDED, Draft, Reading
from pages.schedule_form import ScheduleForm, ask_schedule, tell_schedule
from segment_engine import Catalog, OrganizationContext, Permission, Schedule, looks_at_time, next_due, refusal

LOOKS_AT_TIME = (
    "These criteria also look at the time, which no data announce: members can join and leave while nothing is "
    "imported. A daily time keeps up with both."
)


def first_schedule(draft: Draft, reading: Reading, catalog: Catalog, context: OrganizationContext) -> Draft:
    """Ask when a new segment is calculated. Who may not change schedules leaves it to who may."""
    with st.container(border=True, gap="small", key="editor_schedule"):
        st.subheader("When it is calculated", anchor=False)
        if not context.may(Permission.SEGMENTS_EDIT):
            ask_schedule(_form(None, draft, context, why_not=refusal(context, Permission.SEGMENTS_EDIT)))
            tell_schedule(context, None, None)
            return replace(draft, schedule=None)
        wanted = ask_schedule(_form(draft.schedule, draft, context))
        by_clock = wanted is not None and wanted.at_time is not None
        # The next time but for the segment's own minute: there is no segment yet.
        tell_schedule(context, wanted, next_due(wanted, datetime.now(UTC)) if wanted and by_clock else None)
        if wanted == RECOMMENDED and reading.criteria is not None and looks_at_time(reading.criteria, catalog):
            st.caption(f":material/schedule: {LOOKS_AT_TIME}")
    return replace(draft, schedule=wanted)


def _form(
    held: Schedule | None, draft: Draft, context: OrganizationContext, why_not: str | None = None
) -> ScheduleForm:
    return ScheduleForm(f"new.{draft.edition}", held, context.calendar.time_zone, why_not)
