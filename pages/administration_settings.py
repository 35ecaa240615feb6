"""The settings of the organization: chosen in three blocks, reviewed with figures, saved with what changes."""

from __future__ import annotations

from zoneinfo import available_timezones

import streamlit as st

from auth.guard import current_context, running_engine
from pages.administration_words import LEAP_WORDS, MONTHS, SETTING_WORDS, WEEK_WORDS, setting_value
from pages.parts import action, boundary, emphasis, flash
from pages.words import counted
from segment_engine import (
    LEAP_DAYS,
    WEEK_STARTS,
    OrganizationContext,
    OrganizationSettings,
    SettingsRehearsal,
    StoredSettings,
)

REVIEWED = "a_reviewed"
MOST_HOURS, LEAST_DAYS, MOST_DAYS, MOST_RUNS = 24 * 366, 7, 3660, 100


def settings(context: OrganizationContext) -> None:
    """Draw the tab."""
    stored = running_engine().settings.get(context)
    with st.grid(3, min_column_width=280):
        zone, week, month, leap = _calendar(stored)
        stale, unusable = _ages(stored)
        history, runs, at_once = _history(stored)
    wanted = OrganizationSettings(zone, week, month, leap, stale, unusable, history, runs, at_once)
    same = wanted == stored.settings
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            "Review the changes", type=emphasis(), icon=":material/fact_check:", key="a_review", disabled=same,
            on_click=_review, args=(wanted,), help="Nothing is changed yet." if same else None,
        )  # fmt: skip
        st.caption(
            "Nothing is changed yet." if same else "You see what the changes do before they are saved.", width="content"
        )
    reviewed = st.session_state.get(REVIEWED)
    if isinstance(reviewed, OrganizationSettings):
        _confirm(reviewed, stored.revision)


def _key(name: str, stored: StoredSettings) -> str:
    """Make the key of a box: with another revision it begins with what is stored."""
    return f"a_set_{name}.{stored.revision}"


def _calendar(stored: StoredSettings) -> tuple[str, str, int, str]:
    held = stored.settings
    with st.container(border=True, height="stretch", gap="small"):
        st.subheader("Calendar", anchor=False)
        st.caption(
            "For new segments and for times on the pages. Saved segments keep the calendar they were saved with."
        )
        zones = sorted({*available_timezones(), held.time_zone})
        zone = st.selectbox(
            SETTING_WORDS["time_zone"], zones, index=zones.index(held.time_zone), key=_key("zone", stored)
        )
        week = st.selectbox(
            SETTING_WORDS["week_starts_on"], WEEK_STARTS, index=WEEK_STARTS.index(held.week_starts_on),
            format_func=WEEK_WORDS.__getitem__, key=_key("week", stored),
        )  # fmt: skip
        month = st.selectbox(
            SETTING_WORDS["fiscal_year_start_month"], MONTHS, index=held.fiscal_year_start_month - 1,
            key=_key("month", stored),
        )  # fmt: skip
        leap = st.selectbox(
            SETTING_WORDS["leap_day"], LEAP_DAYS, index=LEAP_DAYS.index(held.leap_day),
            format_func=LEAP_WORDS.__getitem__, key=_key("leap", stored),
            help="For anniversaries: on which day they fall in years without a 29 February.",
        )  # fmt: skip
    return zone, week, MONTHS.index(month) + 1, leap


def _ages(stored: StoredSettings) -> tuple[int, int]:
    held = stored.settings
    with st.container(border=True, height="stretch", gap="small"):
        st.subheader("Age of results", anchor=False)
        st.caption("When members are too old for what they are used for. Nothing is recalculated because of it.")
        stale = st.number_input(
            f"{SETTING_WORDS['stale_after_hours']} (hours)", 1, MOST_HOURS, held.stale_after_hours,
            key=_key("stale", stored), help="From then on a segment is to be used with care.",
        )  # fmt: skip
        unusable = st.number_input(
            f"{SETTING_WORDS['unusable_after_hours']} (hours)", 1, MOST_HOURS, held.unusable_after_hours,
            key=_key("unusable", stored), help="From then on a campaign with the segment cannot be launched.",
        )  # fmt: skip
    return int(stale), int(unusable)


def _history(stored: StoredSettings) -> tuple[int, int, int]:
    held = stored.settings
    with st.container(border=True, height="stretch", gap="small"):
        st.subheader("History and work", anchor=False)
        st.caption("What is older is removed by a worker, for good. What is published, and the audit log, stay.")
        history = st.number_input(
            f"{SETTING_WORDS['history_days']} (days)", LEAST_DAYS, MOST_DAYS, held.history_days,
            key=_key("history", stored), help="For so long it can be told who was a member on a day.",
        )  # fmt: skip
        runs = st.number_input(
            f"{SETTING_WORDS['runs_kept_days']} (days)", LEAST_DAYS, MOST_DAYS, held.runs_kept_days,
            key=_key("runs", stored), help="For so long a run stands in the history of its segment.",
        )  # fmt: skip
        at_once = st.number_input(
            SETTING_WORDS["runs_at_once"], 1, MOST_RUNS, held.runs_at_once, key=_key("at_once", stored),
            help="How many runs of this organization workers compute at the same time, at most.",
        )  # fmt: skip
    return int(history), int(runs), int(at_once)


# Review ------------------------------------------------------------------------------------------------------------


def _review(wanted: OrganizationSettings) -> None:
    st.session_state[REVIEWED] = wanted


def close() -> None:
    """Forget what was to be reviewed."""
    st.session_state.pop(REVIEWED, None)


@st.dialog("Save these settings?", icon=":material/fact_check:", width="medium", on_dismiss=close)
def _confirm(wanted: OrganizationSettings, revision: int) -> None:
    """Say what changes from what to what, and what that does, with figures; then save."""
    with boundary():
        rehearsed = running_engine().settings.rehearse(current_context(), wanted)
        for name, (before, after) in rehearsed.changed.items():
            st.text(f"{SETTING_WORDS[name]}: {setting_value(name, before)} → {setting_value(name, after)}")
        with st.container(border=True, gap="xsmall"):
            for sentence in effects(rehearsed):
                st.text(f"• {sentence}")
        with st.container(horizontal=True, horizontal_alignment="right"):
            st.button("Not now", key="a_settings_no", on_click=_not_now)
            count = counted(len(rehearsed.changed), "change", "changes")
            st.button(
                f"Save {count}", type=emphasis(), icon=":material/save:", key="a_settings_yes", on_click=_save,
                args=(wanted, revision), disabled=not rehearsed.changed,
            )  # fmt: skip


def effects(rehearsed: SettingsRehearsal) -> list[str]:
    """Say in sentences with figures what the changes do."""
    changed, now, then = rehearsed.changed, rehearsed.now, rehearsed.then
    said: list[str] = []
    if changed.keys() & {"stale_after_hours", "unusable_after_hours"}:
        said += [
            _count("To be used with care because of age", then.stale, now.stale),
            _count("Too old to use", then.too_old, now.too_old),
            _count("Ready", then.ready, now.ready),
        ]
    if "runs_kept_days" in changed:
        said.append(
            f"Old enough to be removed: {counted(then.runs_to_sweep, 'run', 'runs')}, now {now.runs_to_sweep:,}."
        )
    if "history_days" in changed:
        said.append("Who was a member before that can then no longer be told; today's members stay.")
    if changed.keys() & {"time_zone", "week_starts_on", "fiscal_year_start_month", "leap_day"}:
        said.append("Saved segments keep their own calendar; no result changes.")
    if "time_zone" in changed and then.schedules_in_other_zones:
        kept = counted(then.schedules_in_other_zones, "schedule keeps", "schedules keep")
        said.append(f"{kept} the zone it was written in, which is another one.")
    if "runs_at_once" in changed:
        said.append("Workers keep to it from the next run they take.")
    return said


def _count(what: str, then: int, now: int) -> str:
    return f"{what}: {counted(then, 'segment', 'segments')}, now {now:,}."


def _not_now() -> None:
    close()
    st.rerun()


def _save(wanted: OrganizationSettings, revision: int) -> None:
    close()
    _saved(wanted, revision)
    st.rerun()  # the whole page: also what went wrong is said there


@action
def _saved(wanted: OrganizationSettings, revision: int) -> None:
    running_engine().settings.update(current_context(), wanted, expected_revision=revision)
    flash("The settings are saved.")
